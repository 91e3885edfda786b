"""Facts that travel on the bus: frozen, past tense, units in their names.

From rows (any process may have caused them): JobChanged, JobsRemoved, ModelsChanged. Local to one process:
ScanAdvanced, LibraryScanned, MessagePosted.
"""

from dataclasses import dataclass
from typing import Literal

from pumas_tui.core.domain.ids import JobId, ModelUid
from pumas_tui.core.domain.jobs import Job, Progress


@dataclass(frozen=True, slots=True)
class JobChanged:
    """A job's row or its progress changed; feed both into `jobs.reduce`."""

    job: Job | None
    progress: Progress | None
    kind: Literal["job_changed"] = "job_changed"


@dataclass(frozen=True, slots=True)
class JobsRemoved:
    """Jobs are gone from the registry; take them off every list with `jobs.without`."""

    ids: tuple[JobId, ...]
    kind: Literal["jobs_removed"] = "jobs_removed"


@dataclass(frozen=True, slots=True)
class ModelsChanged:
    """Rows of the index changed; an empty tuple means any may have."""

    uids: tuple[ModelUid, ...] = ()
    kind: Literal["models_changed"] = "models_changed"


@dataclass(frozen=True, slots=True)
class ScanAdvanced:
    """A walk goes on: files seen so far and the folder being read."""

    files_seen: int
    path: str
    kind: Literal["scan_advanced"] = "scan_advanced"


@dataclass(frozen=True, slots=True)
class LibraryScanned:
    """A rescan of the library advanced or ended: model folders read of those known."""

    folders_read: int
    folders_total: int
    elapsed_s: float
    done: bool
    kind: Literal["library_scanned"] = "library_scanned"


@dataclass(frozen=True, slots=True)
class MessagePosted:
    """A line for the message line: something happened that no row tells. `code` names its kind to scripts."""

    text: str
    severity: Literal["info", "warning", "error"] = "info"
    code: str = "notice"
    path: str | None = None
    kind: Literal["message_posted"] = "message_posted"


Event = JobChanged | JobsRemoved | ModelsChanged | ScanAdvanced | LibraryScanned | MessagePosted
