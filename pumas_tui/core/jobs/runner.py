"""The runner: claims job rows, runs a handler for each in a thread of its own, writes what came of it.

It never talks to a front end: whoever shows jobs reads the rows. A running job is asked to pause or stop
through its row's `request`; the handler sees a `threading.Event` and answers by raising CancelledError.
"""

import logging
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from pumas_tui.core.domain.errors import (
    CancelledError,
    DiskFullError,
    PumasError,
    RefusedError,
    WaitsForNetworkError,
    trouble,
)
from pumas_tui.core.domain.ids import JobId
from pumas_tui.core.domain.jobs import Job, JobKind, JobRequest, JobState, Need, Progress, Stage
from pumas_tui.core.domain.lanes import Turns
from pumas_tui.core.domain.text import safe

_log = logging.getLogger(__name__)
_PERIOD_S = 0.1
_HEARTBEAT_S = 5.0
_WRITE_AGAIN_S = 1.0
_REPORT_EVERY_S = 0.1
_RATE_WINDOW_S = 3.0
_STUCK_S = 5.0


class JobRows(Protocol):
    """The part of the job store that a runner uses; thread-safe."""

    def claim(
        self,
        owner: str,
        kinds: Collection[JobKind],
        turns: Turns,
        batches: Collection[str] | None = None,
    ) -> Job | None: ...
    def get(self, job_id: JobId) -> Job: ...
    def finish(
        self,
        job_id: JobId,
        owner: str,
        state: JobState,
        result: Mapping[str, Any] | None = None,
        error: Mapping[str, Any] | None = None,
    ) -> bool: ...
    def set_needs(self, job_id: JobId, owner: str, needs: Sequence[Need]) -> bool: ...
    def requeue(self, job_id: JobId, owner: str) -> bool: ...


class ProgressRows(Protocol):
    """The part of runtime.db that a runner uses; thread-safe."""

    def put_progress(self, progress: Progress) -> None: ...
    def clear(self, job_id: JobId) -> None: ...


@dataclass(frozen=True, slots=True)
class Finished:
    """The handler did all of it; `result` goes into the row."""

    result: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asks:
    """The handler stopped before it changed anything: the user must answer first."""

    needs: tuple[Need, ...]


Outcome = Finished | Asks


class JobContext:
    """What a handler gets: when to stop, where to say how far it is, and whether no other job runs here.

    `unwanted` tells, once `cancel` is set, that the job will not go on: what it made may go. Used by the
    job's thread.
    """

    def __init__(self, job: Job, rows: ProgressRows, alone: Callable[[], bool]) -> None:
        self.cancel = threading.Event()
        self.unwanted = threading.Event()
        self.alone = alone
        self._job = job
        self._rows = rows
        self._written_at = 0.0
        self._stage: Stage | None = None
        self._window: list[tuple[float, int]] = []

    def report(self, stage: Stage, bytes_done: int, bytes_total: int) -> None:
        """Say how far; written at most ten times a second, always at a new stage."""
        now = time.monotonic()
        if stage is not self._stage:
            self._window = []
        elif now - self._written_at < _REPORT_EVERY_S:
            return
        self._stage, self._written_at = stage, now
        self._window.append((now, bytes_done))
        while self._window[0][0] < now - _RATE_WINDOW_S:
            self._window.pop(0)
        then, done_then = self._window[0]
        rate = (bytes_done - done_then) / (now - then) if now > then else 0.0
        with suppress(PumasError):  # a job must not fail because nobody can be told how far it is
            self._rows.put_progress(Progress(self._job.id, stage, bytes_done, bytes_total, rate, time.time()))


Handler = Callable[[Job, JobContext], Outcome]


@dataclass(slots=True)
class _Running:
    job: Job
    context: JobContext
    thread: threading.Thread
    request: JobRequest | None = None


@dataclass(slots=True)
class RunnerOptions:
    """`batches` None: any job; else only jobs of these batches (a CLI verb runs its own). `after` is called
    in a job's thread once its row says what came of it; it must not raise."""

    owner: str
    width: int
    turns: Turns
    heartbeat: Callable[[], None]
    batches: set[str] | None = None
    after: Callable[[JobId], None] = lambda _: None
    kinds: tuple[JobKind, ...] = field(default=(JobKind.IMPORT, JobKind.DOWNLOAD))


class Runner:
    """One scheduling thread plus one thread per running job."""

    def __init__(
        self,
        jobs: JobRows,
        progress: ProgressRows,
        handlers: Mapping[JobKind, Handler],
        options: RunnerOptions,
    ) -> None:
        self._jobs = jobs
        self._progress = progress
        self._handlers = handlers
        self._options = options
        self._running: dict[JobId, _Running] = {}
        self._wake = threading.Event()
        self._stopping = False
        self._stop_state = JobState.WAITING
        self._troubles: dict[JobId | None, tuple[float, PumasError]] = {}  # by job; None: claiming
        self._thread = threading.Thread(target=self._run, name="runner", daemon=True)

    def start(self) -> None:
        """Begin to claim jobs."""
        self._thread.start()

    def wake(self) -> None:
        """Look for work now."""
        self._wake.set()

    def stuck(self) -> PumasError | None:
        """What has kept rows from being written for some seconds; None while all goes well."""
        late = time.monotonic() - _STUCK_S
        return next((error for since, error in list(self._troubles.values()) if since <= late), None)

    def _failed(self, key: JobId | None, error: PumasError) -> None:
        since, _ = self._troubles.get(key, (time.monotonic(), error))
        self._troubles[key] = (since, error)

    def own(self, batch_id: str) -> None:
        """Take this batch as one's own."""
        if self._options.batches is not None:
            self._options.batches.add(batch_id)
        self.wake()

    def stop(self, leave: JobState = JobState.WAITING) -> None:
        """Cancel what runs, put it back as `leave` (waiting or paused), wait for every thread."""
        self._stop_state = leave
        self._stopping = True
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        beat = 0.0
        while not self._stopping:
            now = time.monotonic()
            try:
                if now - beat >= _HEARTBEAT_S:
                    self._options.heartbeat()
                    beat = now
                self._reap()
                self._obey_requests()
                while self._start_one():
                    pass
                self._troubles.pop(None, None)
            except PumasError as error:  # a full or vanished disk: the rows are where they were; look again
                self._failed(None, error)
                _log.warning("runner: %s", safe(error.message))
            self._wake.wait(_PERIOD_S)
            self._wake.clear()
        for running in list(self._running.values()):
            running.context.cancel.set()
        for running in list(self._running.values()):
            running.thread.join()

    def _reap(self) -> None:
        for job_id, running in list(self._running.items()):
            if not running.thread.is_alive():
                del self._running[job_id]

    def _obey_requests(self) -> None:
        for running in self._running.values():
            row = self._jobs.get(running.job.id)
            if row.request is not None and not running.context.cancel.is_set():
                running.request = row.request
                if row.request is JobRequest.CANCEL:
                    running.context.unwanted.set()
                running.context.cancel.set()

    def _start_one(self) -> bool:
        if len(self._running) >= self._options.width:
            return False
        own = None if self._options.batches is None else sorted(self._options.batches)
        job = self._jobs.claim(self._options.owner, self._options.kinds, self._options.turns, own)
        if job is None:
            return False
        context = JobContext(job, self._progress, lambda: len(self._running) == 1)
        thread = threading.Thread(target=self._work, args=(job, context), name=f"job-{job.id}", daemon=True)
        self._running[job.id] = _Running(job, context, thread)
        thread.start()
        return True

    def _work(self, job: Job, context: JobContext) -> None:
        write = self._outcome_of(job, context)
        while True:
            try:
                write()
                self._troubles.pop(job.id, None)
                break
            except PumasError as error:  # what came of it must not be lost to a disk full for a moment
                self._failed(job.id, error)
                _log.warning("job %s: %s", job.id, safe(error.message))
                if self._stopping:
                    break  # the row says running by a process that is gone: the next start asks the disk
                time.sleep(_WRITE_AGAIN_S)
        self._options.after(job.id)
        self._wake.set()

    def _outcome_of(self, job: Job, context: JobContext) -> Callable[[], object]:
        """Run the handler; what is to be written about it."""
        owner, rows = self._options.owner, self._jobs
        try:
            outcome = self._handlers[job.kind](job, context)
        except CancelledError:
            return lambda: self._stopped(job)
        except DiskFullError as error:  # waits until somebody has made room; the next job may need less
            row = _as_row(error) | {"missing_bytes": error.missing_bytes, "kept_bytes": error.kept_bytes}
            return lambda: rows.finish(job.id, owner, JobState.PAUSED, error=row)
        except WaitsForNetworkError as error:
            row = _as_row(error)
            return lambda: rows.finish(job.id, owner, JobState.PAUSED, error=row)
        except RefusedError as error:
            row = _as_row(error)
            return lambda: rows.finish(job.id, owner, JobState.REFUSED, error=row)
        except PumasError as error:
            row = _as_row(error)
            return lambda: rows.finish(job.id, owner, JobState.FAILED, error=row)
        except Exception as error:  # noqa: BLE001 - the runner is where the unexpected ends
            _log.exception("job %s ended by an error that nobody expected", job.id)
            row = {"code": "unexpected", "message": f"{type(error).__name__}: {error}"}
            return lambda: rows.finish(job.id, owner, JobState.FAILED, error=row)
        if isinstance(outcome, Asks):
            needs = outcome.needs
            return lambda: rows.set_needs(job.id, owner, needs)
        result = outcome.result
        return lambda: rows.finish(job.id, owner, JobState.DONE, result=result)

    def _stopped(self, job: Job) -> None:
        running = self._running.get(job.id)
        request = running.request if running is not None else None
        owner = self._options.owner
        if request is JobRequest.CANCEL:
            self._jobs.finish(job.id, owner, JobState.CANCELLED)
        elif request is JobRequest.PAUSE or self._stop_state is JobState.PAUSED:
            self._jobs.finish(job.id, owner, JobState.PAUSED)
            return  # how far it came stays known
        else:
            self._jobs.requeue(job.id, owner)
        with suppress(PumasError):
            self._progress.clear(job.id)


def _as_row(error: PumasError) -> dict[str, Any]:
    value = trouble(error)
    return {"code": value.code, "message": value.message, "path": value.path, "hint": value.hint}
