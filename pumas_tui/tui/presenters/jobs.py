"""Jobs as text: the one line that always shows, and a line per job."""

from dataclasses import dataclass, replace

from pumas_tui.core.domain import text
from pumas_tui.core.domain.jobs import JobsState, JobState, JobView, Stage, pace, round_eta
from pumas_tui.tui.presenters.cells import UNICODE, Glyphs, cut_end, pad, pad_left, spread, width_of

_STAGE = {
    Stage.CHECKING: "checking",
    Stage.STAGING: "copying",
    Stage.COMMITTING: "writing",
    Stage.INDEXING: "indexing",
    Stage.LINKING: "linking",
}
_STATE = {
    JobState.WAITING: "waiting",
    JobState.RUNNING: "starting",
    JobState.PAUSED: "paused",
    JobState.NEEDS_YOU: "needs you",
    JobState.DONE: "done",
    JobState.FAILED: "failed",
    JobState.REFUSED: "refused",
    JobState.CANCELLED: "cancelled",
}
_BAR_FROM = 72
_BAR = 12
_SPEED_FROM = 50


def rate_text(bytes_per_s: float) -> str:
    """`412 MB/s`; empty below one byte a second."""
    return f"{text.size(round(bytes_per_s))}/s" if bytes_per_s >= 1 else ""


def job_name(view: JobView) -> str:
    """What people call the job, safe to print."""
    return text.safe(str(view.job.payload.get("name", "") or view.job.kind.value))


def bar(fraction: float, width: int) -> str:
    """`[####------]`, `width` cells with its brackets."""
    inside = max(width - 2, 1)
    full = int(inside * fraction)
    return f"[{'#' * full}{'-' * (inside - full)}]"


def stage_text(view: JobView) -> str:
    """What it is doing, or where it stands."""
    if view.job.state is JobState.RUNNING and view.progress is not None:
        return _STAGE[view.progress.stage]
    return _STATE[view.job.state]


def pace_text(view: JobView, now: float) -> str:
    """`412 MB/s  ~3 min`, `stalled 0:40`, or nothing while none is known. `now`: seconds since the epoch."""
    how = pace(view, now)
    if how.stalled_s is not None:
        return f"stalled {text.clock(how.stalled_s)}"
    eta = round_eta(how.eta_s) if how.eta_s is not None else ""
    return "  ".join(part for part in (rate_text(how.rate), eta) if part)


def percent(view: JobView) -> str:
    """`61%`; 100 only when it is done."""
    return f"{int(view.fraction * 100)}%"


def job_line(view: JobView, now: float, width: int, glyphs: Glyphs = UNICODE) -> str:
    """One job in `width` cells: name, stage, bar and percent while it runs, pace or size at the right."""
    running = view.job.state is JobState.RUNNING
    right = pace_text(view, now) if running else text.size(int(view.job.payload.get("size_bytes", 0) or 0))
    drawn = bar(view.fraction, _BAR) if width >= _BAR_FROM else ""
    far = " ".join(part for part in (drawn, pad_left(percent(view), 4)) if part)
    middle = f"{pad(stage_text(view), 10)} "
    middle += far if running and view.progress is not None else " " * len(far)
    if width < _SPEED_FROM:
        right = right.rpartition("  ")[2]
    right = pad_left(right, 18 if width >= _BAR_FROM else 16 if width >= _SPEED_FROM else 8)
    room = max(width - len(middle) - len(right) - 4, 8)
    return pad(f"{pad(cut_end(job_name(view), room, glyphs), room)}  {middle}  {right}", width)


@dataclass(frozen=True, slots=True)
class JobsSummary:
    """All jobs in a few numbers; `rate`, `eta_s` and `fraction` are of all that runs."""

    running: int = 0
    waiting: int = 0
    paused: int = 0
    needs_you: int = 0
    rate: float = 0.0
    eta_s: float | None = None
    fraction: float = 0.0
    oldest: JobView | None = None


def summarise(state: JobsState, now: float) -> JobsSummary:
    """Count and add up. `now` in seconds since the epoch."""
    running = state.of_state(JobState.RUNNING)
    paces = [pace(view, now) for view in running]
    etas = [how.eta_s for how in paces if how.eta_s is not None]
    known = [view.progress for view in running if view.progress is not None]
    total = sum(progress.bytes_total for progress in known)
    return JobsSummary(
        running=len(running),
        waiting=len(state.of_state(JobState.WAITING)),
        paused=len(state.of_state(JobState.PAUSED)),
        needs_you=len(state.of_state(JobState.NEEDS_YOU)),
        rate=sum(how.rate for how in paces),
        eta_s=max(etas) if etas and len(etas) == len(running) else None,
        fraction=min(sum(progress.bytes_done for progress in known) / total, 0.999) if total else 0.0,
        oldest=min(running, key=lambda view: (view.job.started_at or 0.0, view.job.id), default=None),
    )


def jobs_line(
    state: JobsState, now: float, width: int, glyphs: Glyphs = UNICODE, *, key: str = "b", wide: int = 110
) -> str:
    """The line that always shows: the oldest running job, total speed, time left, how many need the user.

    What does not fit is left out: first the speed, then the number of running jobs, then all that waits
    except for the user.
    """
    sums = summarise(state, now)
    tail = _queue_text(sums)
    if not sums.running and not tail:
        return spread("Jobs: none", "", width, glyphs)
    right = f"{key} jobs" if key and width >= 60 else ""
    many, done, speed, left = _running_parts(sums, now, width >= wide, glyphs)
    line, least = "", _queue_text(replace(sums, waiting=0, paused=0)) or tail
    for parts, rest in (
        ((many, done, speed, left), tail),
        ((many, done, left), tail),
        ((done, left), tail),
        ((done, left), least),
    ):
        running = "  ".join(part for part in parts if part)
        line = "Jobs: " + "  |  ".join(part for part in (running, rest) if part)
        if width_of(line) + width_of(right) + 4 <= width:
            break
    return spread(line, right, width, glyphs)


def _running_parts(sums: JobsSummary, now: float, wide: bool, glyphs: Glyphs) -> tuple[str, str, str, str]:
    """Number of running jobs, how far they are, how fast, how long."""
    if not sums.running:
        return "", "", "", ""
    done = f"{int(sums.fraction * 100)}%"
    if sums.oldest is not None and wide:
        drawn = f"{bar(sums.oldest.fraction, 20)} {percent(sums.oldest)}"
        done = f"{cut_end(job_name(sums.oldest), 34, glyphs)} {drawn}"
    return f"{sums.running} running", done, rate_text(sums.rate), _time_left(sums, now)


def jobs_words(state: JobsState, now: float) -> str:
    """`Jobs run on: 61%, ~3 min.` for a window that has no room for more; empty when nothing runs."""
    sums = summarise(state, now)
    if not sums.running:
        return ""
    left = _time_left(sums, now)
    return f"Jobs run on: {int(sums.fraction * 100)}%{', ' + left if left else ''}."


def _time_left(sums: JobsSummary, now: float) -> str:
    if sums.eta_s is not None:
        return round_eta(sums.eta_s)
    how = pace(sums.oldest, now) if sums.oldest is not None else None
    return f"stalled {text.clock(how.stalled_s)}" if how is not None and how.stalled_s is not None else ""


def _queue_text(sums: JobsSummary) -> str:
    counts = ((sums.waiting, "waiting"), (sums.paused, "paused"), (sums.needs_you, "need you"))
    words = [
        f"{text.count(count)} {'needs you' if word == 'need you' and count == 1 else word}"
        for count, word in counts
        if count
    ]
    return ", ".join(words)
