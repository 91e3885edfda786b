"""Findings: what a look at library, links and apps found wrong, each with evidence and, where there is one,
a repair.

What could not be looked at is never a finding: it is told apart, and nothing is concluded from it.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pumas_tui.core.domain.errors import Trouble
from pumas_tui.core.domain.ids import AppUid, ModelId, ModelUid
from pumas_tui.core.domain.repairs import Repair
from pumas_tui.core.domain.text import plural


class FindingKind(StrEnum):
    """What is the matter, in the order in which a report shows it."""

    LAST_COPY = "last_copy"  # a hard link of ours whose file has no name in the library any more
    HASH_MISMATCH = "hash_mismatch"  # a file's content is not what was imported
    SIZE_MISMATCH = "size_mismatch"  # a file of a model has another size than recorded
    PHANTOM_MODEL = "phantom_model"  # a model is described, but files of it are not there
    MISSING_SOURCE = "missing_source"  # links lead to a model that is not in the library any more
    BROKEN_LINK = "broken_link"  # a link of ours that leads nowhere, is gone, or was replaced
    BAD_METADATA = "bad_metadata"  # a metadata.json that needs repair
    PART_MISSING = "part_missing"  # a set in the library lacks parts that never came in
    BAD_OVERRIDE = "bad_override"  # an overrides.json, or a range in it, that cannot be read
    BAD_CONFIG = "bad_config"  # a mapping config, or a folder of an app, that cannot be used
    DUPLICATE_MODEL = "duplicate_model"  # a second folder with one uid, or with the very same content
    GHOST_APP = "ghost_app"  # an app whose folder is gone though its disk is there
    OFFLINE_DRIVE = "offline_drive"  # an app waits for its disk
    SANDBOXED_APP = "sandboxed_app"  # an app that may not see the library from inside its box
    ORPHANED_LINK = "orphaned_link"  # leads into the library, and is not on record
    FOREIGN_DEAD_LINK = "foreign_dead_link"  # not ours, and leads nowhere; only told
    STRAY_WEIGHTS = "stray_weights"  # weights in the library that belong to no model
    LEFTOVER_OPERATION = "leftover_operation"  # something that a change left half done
    LOW_SPACE = "low_space"  # little room on the library's disk
    PENDING_LOOKUP = "pending_lookup"  # nobody has asked yet what a model is


class Severity(StrEnum):
    """ERROR: something does not work or may be lost. WARNING: look at it. INFO: only told."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


FILLABLE = frozenset({FindingKind.PHANTOM_MODEL, FindingKind.SIZE_MISMATCH, FindingKind.HASH_MISMATCH})
"""A model is described, and files of it are not what its record says: a file with the recorded SHA-256 fills
it."""
FETCHABLE = FILLABLE | {FindingKind.PART_MISSING}
"""A model is described, and files of it are not what they should be: they may be had again from the Hub."""
_ERRORS = frozenset(
    {
        FindingKind.LAST_COPY,
        FindingKind.HASH_MISMATCH,
        FindingKind.SIZE_MISMATCH,
        FindingKind.PHANTOM_MODEL,
        FindingKind.MISSING_SOURCE,
        FindingKind.BROKEN_LINK,
        FindingKind.BAD_METADATA,
    }
)
_INFOS = frozenset({FindingKind.PENDING_LOOKUP, FindingKind.FOREIGN_DEAD_LINK})
_ORDER = {kind: n for n, kind in enumerate(FindingKind)}
_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def severity_of(kind: FindingKind) -> Severity:
    """How bad a finding of this kind is."""
    if kind in _ERRORS:
        return Severity.ERROR
    return Severity.INFO if kind in _INFOS else Severity.WARNING


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. `message`, `path` and `evidence` may hold outside strings.

    `path`: absolute place it is about. `app`: name of the app concerned, empty for none. `evidence`: lines
    that say why it is believed. `repair`: what puts it right; `instead`: another way that a person may
    choose, such as removing a link that would be adopted.
    """

    kind: FindingKind
    message: str
    path: str
    severity: Severity
    app: str = ""
    app_uid: AppUid | None = None
    model_uid: ModelUid | None = None
    model_id: ModelId | None = None
    evidence: tuple[str, ...] = ()
    repair: Repair | None = None
    instead: Repair | None = None

    @property
    def key(self) -> str:
        """The same for the same thing in two checks, different for any two findings of one."""
        return f"{self.kind.value}:{self.app_uid or ''}:{self.path}"


@dataclass(frozen=True, slots=True)
class HealthReport:
    """What a check came to. `models_right`, `links_right`: looked at and as they should be; `apps_seen`: here
    and looked at; `links_waiting`: on record at apps whose disk is out, counted apart. `not_checked`: what
    could not be looked at. `stopped`: the check was broken off; what was found stays true. `checked_at` in
    epoch seconds."""

    findings: tuple[Finding, ...]
    models_right: int
    links_right: int
    apps_seen: int
    links_waiting: int
    not_checked: tuple[Trouble, ...]
    elapsed_s: float
    checked_at: float
    stopped: bool = False

    @property
    def status(self) -> str:
        """`healthy`, `3 warnings` or `2 errors`: the worst there is; what is only told does not count."""
        counts = Counter(f.severity for f in self.findings)
        if counts[Severity.ERROR]:
            return plural(counts[Severity.ERROR], "error")
        if counts[Severity.WARNING]:
            return plural(counts[Severity.WARNING], "warning")
        return "healthy"

    def of(self, *kinds: FindingKind) -> tuple[Finding, ...]:
        """Findings of these kinds, in the report's order."""
        return tuple(f for f in self.findings if f.kind in kinds)


def finding(kind: FindingKind, message: str, path: str, **more: object) -> Finding:
    """A finding with the severity of its kind, unless `more` says another."""
    values = {"severity": severity_of(kind), **more}
    return Finding(kind, message, path, **values)  # type: ignore[arg-type]


def ordered(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """The worst first, then by kind, app and place; each key once."""
    once = {f.key: f for f in found}
    return tuple(sorted(once.values(), key=_place))


def _place(one: Finding) -> tuple[int, int, str, str]:
    return _RANK[one.severity], _ORDER[one.kind], one.app, one.path
