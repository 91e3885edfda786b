"""A mapping plan: every action a change of links would take, as values that are shown, kept and applied.

The preview shows the very plan that apply takes. `source` is always relative to models/, `target` to the
app's base; both posix, without `..`. Who makes one is `domain.planner`; its JSON is `domain.plan_json`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pumas_tui.core.domain.errors import Trouble
from pumas_tui.core.domain.extra_roots import FILE_NAME
from pumas_tui.core.domain.ids import AppUid, LibraryId, ModelUid
from pumas_tui.core.domain.links import Link, LinkKind
from pumas_tui.core.domain.text import plural

SCHEMA = "pumas.plan/1"


class Act(StrEnum):
    """What a plan would do at one target."""

    CREATE = "create"
    KEEP = "keep"  # already right
    REPLACE_OURS = "replace_ours"  # our link to an old place
    CONFLICT = "conflict"  # something that is not ours is there, or two want one name
    REMOVE_STALE = "remove_stale"  # ours, and no rule wants it any more
    REMOVE_BROKEN = "remove_broken"  # ours, and its source is gone
    REFUSE = "refuse"  # left out, with the reason


class ConflictKind(StrEnum):
    """What is in the way."""

    OTHER_LINK = "other_link"  # a link, not ours, to another file
    DEAD_LINK = "dead_link"  # a link, not ours, to nothing
    SAME_FILE = "same_file"  # a real file with the very same content
    OTHER_FILE = "other_file"  # a real file with other or unknown content
    FOLDER = "folder"  # a real folder
    TWO_MODELS = "two_models"  # two models of the library want one name
    CASE = "case"  # a name that differs in case only, where case does not count


class Resolution(StrEnum):
    """How a conflict is answered."""

    SKIP = "skip"
    OVERWRITE = "overwrite"  # what is there goes to the trash, then the link is made
    RENAME = "rename"  # what is there gets the name NAME.old, then the link is made
    OTHER_NAME = "other_name"  # the link gets another name


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to one conflict. `name`: the link's file name for OTHER_NAME, else empty."""

    resolution: Resolution
    name: str = ""


@dataclass(frozen=True, slots=True)
class There:
    """What is at a target now. `size_bytes`, `mtime_ns` of a file; `items` of a folder; `link_text` of a
    link and `leads_to`, the absolute path it resolves to or would."""

    fingerprint: str
    size_bytes: int = 0
    mtime_ns: int = 0
    items: int = 0
    link_text: str = ""
    leads_to: str = ""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Why a target cannot just be taken. `allowed` holds SKIP always; `why_not` says per resolution that is
    not allowed what stands against it (a folder with 12 files; nowhere to put it).

    `free_name`: a name for OTHER_NAME that nothing has; `old_name`: the name that RENAME gives to what is
    there. `by_rule`: `suggested` is what the rule says of conflicts, and counts where nobody answers.
    """

    kind: ConflictKind
    there: There
    suggested: Resolution
    allowed: tuple[Resolution, ...]
    why_not: Mapping[Resolution, str] = field(default_factory=dict)
    free_name: str = ""
    old_name: str = ""
    by_rule: bool = False


@dataclass(frozen=True, slots=True)
class PlannedAction:
    """One action at one target. For REFUSE `target` may be empty (nothing fits the model).

    `reason` is `code: words`. `link_text` is what a symbolic link will say (for one that is kept or goes:
    what it says); `inode` that of the file a hard link names; `before` the target's fingerprint when the
    plan was made. `size_bytes` of what the link gives access to. `known`: what the registry had at the
    target. `only_row`: a removal that only makes the registry forget `known`, and touches nothing on disk.
    """

    act: Act
    reason: str
    target: str
    model_uid: ModelUid | None = None
    model_id: str = ""
    rule: str = ""
    config: str = ""
    source: str = ""
    sha256: str = ""
    link_kind: LinkKind | None = None
    link_text: str = ""
    is_folder: bool = False
    size_bytes: int = 0
    inode: int | None = None
    before: str = "absent"
    known: Link | None = None
    only_row: bool = False
    conflict: Conflict | None = None

    @property
    def folder(self) -> str:
        """The part of the target before its last `/`; empty for one at the base itself."""
        return self.target.rpartition("/")[0]

    @property
    def code(self) -> str:
        """The machine's part of the reason: new, moved, right, adopted, stale, broken, gone, bad_config, …"""
        return self.reason.partition(": ")[0]

    @property
    def words(self) -> str:
        """The part of the reason that is for people."""
        return self.reason.partition(": ")[2]

    @property
    def remembers(self) -> bool:
        """A link that is right, and of which the registry knows nothing or something else."""
        if self.act is not Act.KEEP:
            return False
        known = self.known
        is_same = known is not None and (known.target, known.model_uid, known.source, known.kind) == (
            self.target,
            self.model_uid,
            self.source,
            self.link_kind,
        )
        return not is_same


@dataclass(frozen=True, slots=True)
class PlanHeader:
    """Whose plan it is; apply refuses any other library, host, app base or rule set. Epoch seconds."""

    library_id: LibraryId
    host: str
    app_uid: AppUid
    app: str
    base: str
    rules_sha256: str
    created_at: float


@dataclass(frozen=True, slots=True)
class Offer:
    """Another way for `models` models that no link can lead to: `text`, lines for a file of the app's own.

    `file` is absolute, and empty where it is not known from which place the app reads it.
    """

    file: str
    text: str
    models: int

    @property
    def words(self) -> str:
        """What the lines are for, in one line; not safe for a terminal yet."""
        file = self.file or f"{FILE_NAME}, beside its main.py"
        them = "it where it is" if self.models == 1 else "them where they are"
        return f"{plural(self.models, 'model')} cannot be linked; the app reads {them} with this in {file}"


@dataclass(frozen=True, slots=True)
class Plan:
    """All actions for one app, conflicts first, then by act and target; `warnings` concern the whole of it.

    `models`: the models it was made for, None for all of the library (then it also removes). `offer` is for
    people to act on; no file that a plan is kept in has it.
    """

    header: PlanHeader
    actions: tuple[PlannedAction, ...]
    warnings: tuple[Trouble, ...] = ()
    models: tuple[ModelUid, ...] | None = None
    offer: Offer | None = None

    def of(self, *acts: Act) -> tuple[PlannedAction, ...]:
        """Actions of these kinds, in plan order."""
        return tuple(a for a in self.actions if a.act in acts)

    def count(self, act: Act) -> int:
        """How many actions of a kind."""
        return sum(a.act is act for a in self.actions)

    @property
    def changes(self) -> bool:
        """Applying it with every conflict skipped would change something on the disk or in the registry."""
        return any(a.remembers or a.act not in (Act.KEEP, Act.CONFLICT, Act.REFUSE) for a in self.actions)


@dataclass(frozen=True, slots=True)
class ActionResult:
    """What came of one action. `state`: done | skipped | failed | kept."""

    action: PlannedAction
    state: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of a plan. `op_id` is empty where nothing had to change; `warnings` such as what was cut
    off; `error`: why nothing at all could be done in this app, where others go on."""

    app: str
    op_id: str
    results: tuple[ActionResult, ...]
    elapsed_s: float = 0.0
    warnings: tuple[Trouble, ...] = ()
    error: Trouble | None = None

    @property
    def failed(self) -> tuple[ActionResult, ...]:
        """Actions that could not be done, each with its message."""
        return tuple(r for r in self.results if r.state == "failed")

    def count(self, state: str) -> int:
        """How many results of a state."""
        return sum(r.state == state for r in self.results)
