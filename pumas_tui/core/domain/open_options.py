"""How a library is to be opened: what the command line and the full-screen program say to the door."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pumas_tui.core.domain.jobs import JobState


class RunJobs(StrEnum):
    """Which jobs this process runs."""

    ALL = "all"  # a full-screen session: whatever waits
    OWN = "own"  # a command: only what it submitted
    NONE = "none"  # a look


@dataclass(frozen=True, slots=True)
class OpenOptions:
    """How to open. `create` makes the library where there is none.

    `begin_later`: recovery and jobs wait for `Library.begin`; what is shown first comes before them.
    """

    root: str | None = None
    config: Path | None = None
    readonly: bool = False
    run_jobs: RunJobs = RunJobs.ALL
    create: bool = False
    leave_jobs: JobState = JobState.WAITING  # what becomes of jobs that run when the library closes
    offline: bool = False  # ask no server, whatever the settings say
    begin_later: bool = False
