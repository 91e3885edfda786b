"""What happened to imports while no window was open, in one sentence."""

from collections.abc import Sequence

from pumas_tui.core.domain.jobs import JobState, JobView
from pumas_tui.core.domain.text import count
from pumas_tui.tui.presenters.imports import Section, section_of
from pumas_tui.tui.presenters.jobs import percent

AWAY_S = 60.0
"""Whoever was gone for less has not been away."""


def welcome(jobs: Sequence[JobView], since: float, now: float) -> str:
    """`Welcome back. While this window was away (38 min): 4 imported, 1 needs you.`; empty: nothing to tell.

    `since`: when a window was last open; both in epoch seconds.
    """
    away = now - since
    told = _news(jobs, since) if away >= AWAY_S else ()
    return f"Welcome back. While this window was away ({_span(away)}): {', '.join(told)}." if told else ""


def _news(jobs: Sequence[JobView], since: float) -> list[str]:
    ended = [view.job for view in jobs if (view.job.ended_at or 0.0) >= since]
    done = [job for job in ended if job.state is JobState.DONE]
    here = sum((job.result or {}).get("status") == "duplicate" for job in done)
    failed = sum(job.state in (JobState.FAILED, JobState.REFUSED) for job in ended)
    asking = sum(section_of(view) is Section.NEED_YOU for view in jobs)
    waiting = sum(view.job.state is JobState.WAITING for view in jobs)
    running = [view for view in jobs if view.job.state is JobState.RUNNING]
    shares = " and ".join(percent(view) for view in running) if len(running) < 3 else ""
    told = (
        (len(done) - here, "imported"),
        (here, "already here"),
        (failed, "failed"),
        (asking, "needs you" if asking == 1 else "need you"),
        (len(running), f"still copying ({shares})" if shares else "still copying"),
        (waiting, "waiting"),
    )
    return [f"{count(number)} {words}" for number, words in told if number]


def _span(seconds: float) -> str:
    """`38 min`, `5 h`, `3 days`."""
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min"
    if seconds < 48 * 3600:
        return f"{round(seconds / 3600)} h"
    return f"{round(seconds / 86400)} days"
