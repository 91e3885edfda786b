"""Facts that travel on the bus: frozen, past tense, units in their names.

From rows (any process may have caused them): JobChanged, JobsRemoved, ModelsChanged, OperationChanged,
NetworkChanged. Local to one process: ScanAdvanced, LibraryScanned, PlanReady, FindingFound,
LookedUp, MessagePosted.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pumas_tui.core.domain.ids import JobId, ModelUid
from pumas_tui.core.domain.jobs import Job, Progress

if TYPE_CHECKING:  # lists do without the network, and without health
    from pumas_tui.core.domain.findings import Finding
    from pumas_tui.core.domain.network_state import NetworkState
    from pumas_tui.core.domain.vocabulary import Trust


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
class OperationChanged:
    """Operations were written: links, models or the history are not what they were."""

    kind: Literal["operation_changed"] = "operation_changed"


@dataclass(frozen=True, slots=True)
class PlanReady:
    """A plan of an app was made, with so many conflicts, and so many other actions that change something."""

    app: str
    conflicts: int
    changes: int
    kind: Literal["plan_ready"] = "plan_ready"


@dataclass(frozen=True, slots=True)
class FindingFound:
    """A check that goes on found something."""

    finding: "Finding"
    kind: Literal["finding_found"] = "finding_found"


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


@dataclass(frozen=True, slots=True)
class NetworkChanged:
    """What to expect of the next call changed."""

    state: "NetworkState"
    kind: Literal["network_changed"] = "network_changed"


@dataclass(frozen=True, slots=True)
class LookedUp:
    """Models that waited for a look-up got one unasked: each with the badge that its answer earned.

    `filled` of them got new fields; the history undoes those together as `batch_id`.
    """

    found: tuple[tuple[ModelUid, "Trust"], ...]
    filled: int = 0
    batch_id: str = ""
    kind: Literal["looked_up"] = "looked_up"


Event = (
    JobChanged
    | JobsRemoved
    | ModelsChanged
    | OperationChanged
    | PlanReady
    | FindingFound
    | ScanAdvanced
    | LibraryScanned
    | NetworkChanged
    | LookedUp
    | MessagePosted
)
