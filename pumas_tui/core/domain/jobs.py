"""Jobs as values: the row, its progress, what it needs from the user, and the one reducer that keeps state.

A job is a row in registry.db before anything happens; its progress is a row in runtime.db. Every front end
rebuilds the same `JobsState` from `JobChanged` events with `reduce`, whoever runs the job.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from pumas_tui.core.domain.errors import WaitsForNetworkError
from pumas_tui.core.domain.ids import JobId


class JobKind(StrEnum):
    """Kinds of work."""

    IMPORT = "import"
    DOWNLOAD = "download"
    SCAN = "scan"


class JobState(StrEnum):
    """Where a job stands. `needs_you` waits for `answer`; the last four are final."""

    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    NEEDS_YOU = "needs_you"
    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """No runner will touch it again unless it is retried."""
        return self in _FINAL


_FINAL = frozenset({JobState.DONE, JobState.FAILED, JobState.REFUSED, JobState.CANCELLED})


class JobRequest(StrEnum):
    """How anyone asks the owner of a running job; acknowledged by a change of `state`."""

    PAUSE = "pause"
    CANCEL = "cancel"


class Stage(StrEnum):
    """What a running job is doing, in order."""

    CHECKING = "checking"
    RESUMING = "resuming"  # what an earlier run copied is read again for the hashes
    STAGING = "staging"
    COMMITTING = "committing"
    INDEXING = "indexing"
    LINKING = "linking"


class NeedKind(StrEnum):
    """Questions that only the user can answer."""

    PICKLE = "pickle"
    MISSING_PART = "missing_part"
    DUPLICATE = "duplicate"
    NAME_TAKEN = "name_taken"
    DISK_FULL = "disk_full"


@dataclass(frozen=True, slots=True)
class Need:
    """One question: `choices` are the answers a front end may give, `facts` what it shows (JSON values)."""

    kind: NeedKind
    choices: tuple[str, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Job:
    """A row of `jobs`. Times are seconds since the epoch. `rev` grows with every change of any row."""

    id: JobId
    kind: JobKind
    payload: Mapping[str, Any]
    state: JobState
    priority: int = 0
    lane: str = ""
    request: JobRequest | None = None
    needs: tuple[Need, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)  # NeedKind value -> choice
    owner: str | None = None
    attempt: int = 0
    error: Mapping[str, Any] | None = None  # {code, message, path, hint}
    result: Mapping[str, Any] | None = None
    rev: int = 0
    batch_id: str = ""
    created_at: float = 0.0
    started_at: float | None = None
    ended_at: float | None = None

    @property
    def waits_for_network(self) -> bool:
        """It found none, and goes on by itself when there is one again."""
        return self.state is JobState.PAUSED and (self.error or {}).get("code") == WaitsForNetworkError.code


@dataclass(frozen=True, slots=True)
class Progress:
    """A row of `progress`: how far a running job is. `rate` in bytes per second, short moving average."""

    job_id: JobId
    stage: Stage
    bytes_done: int
    bytes_total: int
    rate: float
    at: float
    rev: int = 0


@dataclass(frozen=True, slots=True)
class JobView:
    """What a front end shows of a job: its row, its last progress, and when bytes last moved."""

    job: Job
    progress: Progress | None = None
    first_progress: Progress | None = None
    moved_at: float | None = None

    @property
    def fraction(self) -> float:
        """0..1; reaches 1 only with the final fact."""
        if self.job.state is JobState.DONE:
            return 1.0
        if self.progress is None or self.progress.bytes_total <= 0:
            return 0.0
        return min(self.progress.bytes_done / self.progress.bytes_total, 0.999)

    @property
    def needs_the_user(self) -> bool:
        """It has a question, or was paused by an error (a full disk)."""
        state = self.job.state
        return state is JobState.NEEDS_YOU or (state is JobState.PAUSED and bool(self.job.error))


@dataclass(frozen=True, slots=True)
class JobsState:
    """All jobs a front end knows, by id."""

    jobs: Mapping[JobId, JobView] = field(default_factory=dict)

    def of_state(self, *states: JobState) -> tuple[JobView, ...]:
        """Views in these states, best priority first, then oldest."""
        found = [v for v in self.jobs.values() if v.job.state in states]
        return tuple(sorted(found, key=lambda v: (-v.job.priority, v.job.id)))


def reduce(state: JobsState, job: Job | None, progress: Progress | None) -> JobsState:
    """The state after a fact: a changed row, a progress row, or both. Older facts (`rev`) are dropped."""
    job_id = job.id if job is not None else progress.job_id if progress is not None else None
    if job_id is None:
        return state
    old = state.jobs.get(job_id)
    if old is None and job is None:
        return state
    view = old if old is not None else JobView(job)  # type: ignore[arg-type]
    if job is not None and job.rev >= view.job.rev:
        restarted = job.attempt != view.job.attempt
        view = JobView(job) if restarted else replace(view, job=job)
    if progress is not None:
        view = _progressed(view, progress)
    return JobsState({**state.jobs, job_id: view})


def without(state: JobsState, ids: Collection[JobId]) -> JobsState:
    """The state after jobs were removed from the registry."""
    return JobsState({job_id: view for job_id, view in state.jobs.items() if job_id not in ids})


def _progressed(view: JobView, progress: Progress) -> JobView:
    last = view.progress
    if last is not None and progress.rev < last.rev:
        return view
    new_stage = last is None or last.stage is not progress.stage
    moved = new_stage or last is None or progress.bytes_done > last.bytes_done
    return replace(
        view,
        progress=progress,
        first_progress=progress if new_stage or view.first_progress is None else view.first_progress,
        moved_at=progress.at if moved else view.moved_at,
    )


_ETA_AFTER_S = 5.0
_STALLED_AFTER_S = 10.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How a job is getting on: at most one of `eta_s` and `stalled_s` is set. rate in bytes per second."""

    rate: float
    eta_s: float | None
    stalled_s: float | None


def pace(view: JobView, now: float) -> Pace:
    """Rate is the short moving average, ETA the overall one; none in the first 5 s; stalled after 10 s."""
    progress, first = view.progress, view.first_progress
    if view.job.state is not JobState.RUNNING or progress is None or first is None:
        return Pace(0.0, None, None)
    still = now - (view.moved_at if view.moved_at is not None else progress.at)
    if still >= _STALLED_AFTER_S:
        return Pace(0.0, None, still)
    elapsed = progress.at - first.at
    done = progress.bytes_done - first.bytes_done
    if elapsed < _ETA_AFTER_S or done <= 0:
        return Pace(progress.rate, None, None)
    left = progress.bytes_total - progress.bytes_done
    return Pace(progress.rate, left * elapsed / done, None)


def round_eta(seconds: float) -> str:
    """`~35 s` in steps of 5 under 90 s, `~4 min` under 90 min, else `~3 h`."""
    if seconds < 90:
        return f"~{max(5, round(seconds / 5) * 5)} s"
    if seconds < 90 * 60:
        return f"~{round(seconds / 60)} min"
    return f"~{round(seconds / 3600)} h"
