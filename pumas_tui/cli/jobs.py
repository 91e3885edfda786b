"""`jobs [list|watch|cancel|retry|pause|resume|top] [ID…]`: the queue, whoever runs it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from typing import Any

import click

from pumas_tui.cli import diagnostics, output
from pumas_tui.cli.front import with_library
from pumas_tui.cli.linking import link_imported
from pumas_tui.cli.options import Verb, Wanted
from pumas_tui.cli.output import Outcome
from pumas_tui.cli.running import interruption, job_brief, narrated, report_failure, run_jobs
from pumas_tui.core.domain.errors import DecisionNeededError, NotFoundError, Trouble
from pumas_tui.core.domain.ids import JobId
from pumas_tui.core.domain.jobs import Job, JobState, JobView
from pumas_tui.core.domain.text import plural
from pumas_tui.core.library import Library, RunJobs

_WATCH_PERIOD_S = 0.5
_UNFINISHED = frozenset({JobState.WAITING, JobState.RUNNING, JobState.PAUSED, JobState.NEEDS_YOU})
_APPLIES_TO = {
    "cancel": _UNFINISHED,
    "pause": frozenset({JobState.WAITING, JobState.RUNNING}),
    "resume": frozenset({JobState.PAUSED, JobState.WAITING}),  # waiting: cut off, and nobody runs it
    "retry": frozenset({JobState.FAILED, JobState.REFUSED, JobState.CANCELLED}),
    "top": frozenset({JobState.WAITING}),
}
_RUNS = ("resume", "retry")


@click.command("jobs", cls=Verb, short_help="Look at the queue and steer it.")
@click.argument("action", type=click.Choice(["list", "watch", *_APPLIES_TO]), default="list")
@click.argument("ids", nargs=-1, type=click.IntRange(min=1), metavar="[ID…]")
@click.option("--progress", is_flag=True, help="Events as JSON lines on stdout before the answer.")
@click.pass_obj
def jobs(wanted: Wanted, action: str, ids: tuple[int, ...], progress: bool) -> Outcome:
    """The queue. Without ID every job that an action fits is meant; resume and retry run the jobs here."""
    asked = tuple(JobId(number) for number in ids)

    async def work(library: Library) -> Outcome:
        if action == "list":
            return _listed(await _pick(library, asked))
        if action == "watch":
            return await _watch(library, wanted, asked, progress)
        return await _steer(library, wanted, action, asked, progress)

    return with_library(wanted.options(RunJobs.OWN if action in _RUNS else RunJobs.NONE), work)


async def _pick(library: Library, ids: Sequence[JobId]) -> list[JobView]:
    """The jobs asked for, in that order; all of them when none is named. Raises NotFoundError."""
    known = {view.job.id: view for view in await library.jobs.list()}
    absent = [str(job_id) for job_id in ids if job_id not in known]
    if absent:
        raise NotFoundError(f"no job {', '.join(absent)}", hint="pumas-tui jobs lists them")
    return [known[job_id] for job_id in ids] if ids else list(known.values())


def _listed(views: Sequence[JobView]) -> Outcome:
    lines = output.table(
        ["ID", "STATE", "DONE", "JOB", "NOTE"],
        [
            [str(v.job.id), v.job.state.value, f"{int(v.fraction * 100)} %", _name(v.job), _note(v.job)]
            for v in views
        ],
        right=frozenset({0, 2}),
    )
    return Outcome({"jobs": [told(v) for v in views]}, lines if views else ["no jobs"])


def _name(job: Job) -> str:
    return f"{job.kind.value} {job.payload.get('name', '')}".rstrip()


def _note(job: Job) -> str:
    """What a person wants to know beside the state."""
    if job.needs:
        return "asks: " + ", ".join(need.kind.value for need in job.needs)
    if job.error is not None:
        return str(job.error.get("message", ""))
    if job.result is not None:
        prefix = "already there as " if job.result.get("status") == "duplicate" else ""
        return f"{prefix}{job.result.get('model_id', '')}"
    return ""


def told(view: JobView) -> dict[str, Any]:
    """A job as JSON."""
    job = view.job
    return job_brief(view) | {
        "model_id": job.payload.get("model_id"),
        "sources": job.payload.get("sources", []),
        "needs": [asdict(need) for need in job.needs],
        "error": job.error,
        "result": job.result,
        "attempt": job.attempt,
        "batch_id": job.batch_id,
        "created_at": job.created_at,
        "started_at": job.started_at,
        "ended_at": job.ended_at,
    }


async def _watch(library: Library, wanted: Wanted, ids: Sequence[JobId], progress: bool) -> Outcome:
    """Follow jobs that others run until none of them waits or runs."""
    going = _APPLIES_TO["pause"]
    async with narrated(library, wanted, progress, frozenset(ids) or None):
        while True:
            views = await _pick(library, ids)
            if not any(v.job.state in going for v in views):
                return _listed(views)
            await asyncio.sleep(_WATCH_PERIOD_S)


async def _steer(
    library: Library, wanted: Wanted, action: str, ids: Sequence[JobId], progress: bool
) -> Outcome:
    fits = _APPLIES_TO[action]
    views = await _pick(library, ids)
    meant = [v.job.id for v in views if v.job.state in fits]
    errors = [_misfit(v.job, action) for v in views if ids and v.job.state not in fits]
    if action == "cancel" and not ids and meant and not wanted.yes:
        what = plural(len(meant), "job")
        raise DecisionNeededError(f"cancel {what}?", hint="name the jobs, or add --yes to cancel them all")
    codes = [diagnostics.DECISION_NEEDED] * len(errors)
    if meant:
        await _verb(library, action)(meant)
    if action not in _RUNS:
        await _settled(library, action, meant)
        after = _listed(await _pick(library, meant)) if meant else _listed(())
        return Outcome(after.data, after.lines, (), errors, codes)
    ran = await run_jobs(library, meant, wanted, progress)
    unsettled = [job for job in ran.jobs if job.state is not JobState.DONE]
    failures = [report_failure(job) for job in unsettled if job.state is not JobState.PAUSED or job.error]
    errors += [found for found, _ in failures]
    codes += [code for _, code in failures]
    if ran.interrupted:
        errors.append(interruption(ran.jobs))
        codes.append(diagnostics.INTERRUPTED)
    linked = await link_imported(library, ran.jobs)
    after = _listed([JobView(job) for job in ran.jobs])
    data = {**after.data, "links": linked.data}
    return Outcome(data, [*after.lines, *linked.lines], linked.warnings, errors, codes)


def _misfit(job: Job, action: str) -> Trouble:
    return Trouble("wrong_state", f"job {job.id} is {job.state.value}: cannot {action} it")


def _verb(library: Library, action: str) -> Callable[[Sequence[JobId]], Awaitable[None]]:
    queue = library.jobs
    return {
        "cancel": queue.cancel,
        "pause": queue.pause,
        "resume": queue.resume,
        "retry": queue.retry,
        "top": queue.top,
    }[action]


_SETTLE_S = 10.0


async def _settled(library: Library, action: str, ids: Sequence[JobId]) -> None:
    """A running job stops when its owner reads the request; give it a moment, so that the answer is true."""
    if action not in ("cancel", "pause"):
        return
    until = time.monotonic() + _SETTLE_S
    while ids and time.monotonic() < until:
        views = await _pick(library, ids)
        if not any(v.job.state is JobState.RUNNING for v in views):
            return
        await asyncio.sleep(_WATCH_PERIOD_S)


VERBS = {"jobs": jobs}
