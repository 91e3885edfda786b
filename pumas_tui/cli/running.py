"""Jobs that a verb runs itself: wait for them, narrate, pause them when the user interrupts.

Narration is one line on stderr, rewritten at most once a second, and only where stderr is a terminal; with
`--progress` every event becomes a JSON line on stdout instead.
"""

import asyncio
import dataclasses
import signal
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Protocol, TypeVar

from pumas_tui.cli import diagnostics, output, status_line
from pumas_tui.cli.options import Wanted
from pumas_tui.cli.status_line import StatusLine
from pumas_tui.core.domain.errors import CancelledError, DiskFullError, Trouble
from pumas_tui.core.domain.events import Event, JobChanged, LibraryScanned, ScanAdvanced
from pumas_tui.core.domain.ids import JobId
from pumas_tui.core.domain.jobs import Job, JobsState, JobState, JobView, pace, reduce, round_eta
from pumas_tui.core.domain.text import plural, safe, size
from pumas_tui.core.library import Library

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

T = TypeVar("T")


@dataclasses.dataclass(frozen=True, slots=True)
class Ran:
    """Jobs after the wait, in the order asked for; `interrupted` when the user stopped it."""

    jobs: tuple[Job, ...]
    interrupted: bool


async def run_jobs(library: Library, ids: Sequence[JobId], wanted: Wanted, progress: bool) -> Ran:
    """Wait until each job is final, paused or needs the user. Ctrl-C, SIGTERM and SIGHUP pause them first."""
    if not ids:
        return Ran((), False)
    async with narrated(library, wanted, progress, frozenset(ids)) as narrator:
        with _interrupts() as stop:
            waiting = asyncio.ensure_future(library.jobs.wait(ids))
            stopping = asyncio.ensure_future(stop.wait())
            await asyncio.wait({waiting, stopping}, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            interrupted = stop.is_set() and not waiting.done()
        if interrupted:  # from here on a second Ctrl-C ends the program at once
            await library.jobs.pause(ids)
        ended = await waiting
        narrator.settle(ended)
        return Ran(ended, interrupted)


@contextmanager
def _interrupts() -> Iterator[asyncio.Event]:
    """An event that is set by the first request to stop; the usual handling is back at the end."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in _SIGNALS:
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)


async def stoppable(work: Callable[[threading.Event], Awaitable[T]]) -> T:
    """Do work in a thread that Ctrl-C, SIGTERM and SIGHUP ask to stop: it ends where that is safe.

    Raises CancelledError once it has, unless it was done before.
    """
    stop = threading.Event()
    with _interrupts() as asked:
        working = asyncio.ensure_future(work(stop))
        stopping = asyncio.ensure_future(asked.wait())
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        interrupted = asked.is_set() and not working.done()
        if interrupted:
            stop.set()
        found = await working
    if interrupted:
        raise CancelledError("interrupted", hint="what is done can be undone: pumas-tui history")
    return found


async def unbroken(work: Awaitable[T]) -> T:
    """Let short work that cannot stop halfway end first when Ctrl-C, SIGTERM or SIGHUP come."""
    with _interrupts():
        return await work


def interruption(jobs: Sequence[Job]) -> Trouble:
    """What an interrupted verb says: how to go on with what it paused."""
    paused = [str(j.id) for j in jobs if j.state is JobState.PAUSED]
    if not paused:
        return Trouble("interrupted", "interrupted; nothing is left to go on with")
    hint = f"go on with: pumas-tui jobs resume {' '.join(paused)}"
    return Trouble("interrupted", f"interrupted; {plural(len(paused), 'job')} paused", hint=hint)


class Narrator(Protocol):
    """Tells how it goes."""

    async def follow(self, events: AsyncIterator[Event]) -> None:
        """Keep up with the bus until cancelled."""

    def settle(self, jobs: Sequence[Job]) -> None:
        """These rows are how it ended; the bus may not have brought them yet."""

    def close(self) -> None:
        """Leave the stream as it was found."""


@asynccontextmanager
async def narrated(
    library: Library, wanted: Wanted, progress: bool, ids: frozenset[JobId] | None = None
) -> AsyncIterator[Narrator]:
    """Tell how it goes while the block runs. `ids` are the jobs to speak of, None for all."""
    narrator: Narrator = _Silence()
    if progress:
        narrator = _JsonLines(ids)
    elif status_line.is_wanted(wanted):
        narrator = _Line(ids)
    following = asyncio.create_task(narrator.follow(library.events()))
    await asyncio.sleep(0)  # let it subscribe before the work begins
    try:
        yield narrator
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        narrator.close()


class _Silence:
    async def follow(self, events: AsyncIterator[Event]) -> None:
        return

    def settle(self, jobs: Sequence[Job]) -> None:
        return

    def close(self) -> None:
        return


class _JsonLines:
    """Every event as a JSON line on stdout; each job's last line is the row as it ended."""

    def __init__(self, ids: frozenset[JobId] | None) -> None:
        self._ids = ids
        self._state = JobsState()

    async def follow(self, events: AsyncIterator[Event]) -> None:
        async for event in events:
            if isinstance(event, JobChanged):
                self._changed(event)
            else:
                output.write_json({"event": event.kind, **_fields(event)})

    def settle(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            known = self._state.jobs.get(job.id)
            if known is None or known.job.rev < job.rev:
                self._changed(JobChanged(job, None))

    def close(self) -> None:
        return

    def _changed(self, event: JobChanged) -> None:
        job_id = _job_id(event)
        if job_id is None or (self._ids is not None and job_id not in self._ids):
            return
        self._state = reduce(self._state, event.job, event.progress)
        view = self._state.jobs.get(job_id)
        if view is not None:
            output.write_json({"event": event.kind, **job_brief(view)})


def _fields(event: Event) -> dict[str, Any]:
    told = dataclasses.asdict(event)
    del told["kind"]
    return told


def _job_id(event: JobChanged) -> JobId | None:
    if event.job is not None:
        return event.job.id
    return event.progress.job_id if event.progress is not None else None


def job_brief(view: JobView) -> dict[str, Any]:
    """Which job, where it stands, and how far it is; bytes, bytes per second, fraction 0–1."""
    progress = view.progress
    return {
        "id": view.job.id,
        "kind": view.job.kind.value,
        "state": view.job.state.value,
        "name": view.job.payload.get("name"),
        "stage": progress.stage.value if progress is not None else None,
        "bytes_done": progress.bytes_done if progress is not None else None,
        "bytes_total": progress.bytes_total if progress is not None else None,
        "rate": progress.rate if progress is not None else None,
        "fraction": view.fraction,
    }


class _Line:
    """The one line of narration on a terminal's stderr."""

    def __init__(self, ids: frozenset[JobId] | None) -> None:
        self._ids = ids
        self._state = JobsState()
        self._scan = ""
        self._line = StatusLine()

    async def follow(self, events: AsyncIterator[Event]) -> None:
        """Keep up with the bus and redraw once a second."""
        ticking = asyncio.create_task(self._tick())
        try:
            async for event in events:
                self._take(event)
        finally:
            ticking.cancel()

    def _take(self, event: Event) -> None:
        if isinstance(event, JobChanged):
            job_id = _job_id(event)
            if self._ids is None or job_id in self._ids:
                self._state = reduce(self._state, event.job, event.progress)
        elif isinstance(event, ScanAdvanced):
            self._scan = f"{plural(event.files_seen, 'file')} seen in {safe(event.path)}"
        elif isinstance(event, LibraryScanned):
            self._scan = f"{event.folders_read:,} of {event.folders_total:,} models read"

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(status_line.EVERY_S)
            self._line.draw(narration(self._state, time.time()) or self._scan)

    def settle(self, jobs: Sequence[Job]) -> None:
        """The answer on stdout says it."""

    def close(self) -> None:
        """Leave an empty line for what comes next."""
        self._line.close()


def narration(state: JobsState, now: float) -> str:
    """`2 of 5 done, staging llama 42 %, 1.2 GB/s, ~35 s`; empty while no job is known. `now` is epoch s."""
    views = list(state.jobs.values())
    if not views:
        return ""
    over = sum(v.job.state.final for v in views)
    parts = [f"{over} of {len(views)} done"] if len(views) > 1 else []
    running = state.of_state(JobState.RUNNING)
    if running:
        parts.append(_one(running[0], now))
    if len(running) > 1:
        parts.append(f"{len(running) - 1} more running")
    return ", ".join(parts)


def _one(view: JobView, now: float) -> str:
    name = safe(str(view.job.payload.get("name", view.job.kind.value)))
    if view.progress is None:
        return f"starting {name}"
    going = pace(view, now)
    text = f"{view.progress.stage.value} {name} {int(view.fraction * 100)} %"
    if going.stalled_s is not None:
        return f"{text}, no bytes for {int(going.stalled_s)} s"
    if going.rate > 0:
        text += f", {size(int(going.rate))}/s"
    if going.eta_s is not None:
        text += f", {round_eta(going.eta_s)}"
    return text


def report_failure(job: Job) -> tuple[Trouble, int]:
    """Why a job did not do what was asked, and the exit code that stands for it."""
    name = str(job.payload.get("name", f"job {job.id}"))
    error = job.error or {}
    if job.state is JobState.CANCELLED:
        return Trouble("cancelled", f"{name} was cancelled"), diagnostics.SOME_FAILED
    if job.state is JobState.PAUSED:
        hint = f"go on with: pumas-tui jobs resume {job.id}"
        if error:
            code, message = str(error.get("code", "failed")), str(error.get("message", f"{name} is paused"))
            first = "free space, then " if code == DiskFullError.code else ""
            if job.waits_for_network:
                first = "goes on by itself in pumas-tui once the network is back; else "
            return Trouble(code, message, error.get("path"), f"{first}{hint}"), diagnostics.exit_code_of(code)
        return Trouble("paused", f"{name} is paused", hint=hint), diagnostics.SOME_FAILED
    if job.state is JobState.NEEDS_YOU:
        asked = ", ".join(need.kind.value for need in job.needs)
        hint = "answer on the Import screen of pumas-tui"
        return Trouble(
            "decision_needed", f"{name} waits for an answer: {asked}", hint=hint
        ), diagnostics.DECISION_NEEDED
    code = str(error.get("code", "failed"))
    found = Trouble(code, str(error.get("message", f"{name} failed")), error.get("path"), error.get("hint"))
    return found, diagnostics.exit_code_of(code)
