"""Operations and steps: what the journal keeps of a change, so that it can be finished, undone and shown.

A step is small and idempotent and named by what it makes true. `target` is an absolute path whose parent is
real (no link in it); `before` and `want` are fingerprints of what stands at `target` (`domain.fingerprints`).

kind          makes true                                             detail
make_dir      a folder of ours is at target                          -
link          a symbolic link with the text of `want` is at target   row, if it is in the registry; was
hard_link     target is a name of the file `source`                  source, row
unlink        the link of ours that was at target is gone            row of the link that goes; source
move          what was at target is at `to`, where nothing was       to; why: trash, rename, restore, model,
                                                                     fetch; back
remove_dir    the empty folder of ours that was at target is gone    -
forget_row    the registry does not list the link at target          row
remember_row  the registry lists the link at target                  row; was
forget_app    the registry does not know the app                     app
remember_app  the registry knows the app as `app` says               app; was
remember_base the registry lists target as the place called `base`   base
edit, adopt   a small file of a model has the content of `want`      -

`back` is where a thing that was moved goes when that is taken back, where the place that it came from is none
to keep something in: a place in a trash.
`row` is a link's row as `domain.links.row_json` writes it, and takes the place of any other of its target;
`was` is the row that it replaces. `app` is an app's row as `domain.app_records.row_json` writes it, target
its base; nothing on the disk is looked at for the steps with `app` or `base`. `source` is an absolute path;
an unlink has one if a hard link goes. The fingerprint of a hard link has size and time of no meaning: only
its inode counts (`same_file`), and so it is with `dir:0`, the fingerprint of a folder made or removed here,
whichever inode it has. A row step leaves the disk as it is: its `before` and `want` are what stands at
target. A moved thing keeps its fingerprint, so `before` of a move is also what must be found at `to`
afterwards; the folder of `to`, if it lies in a trash, is made by whoever does the step. Steps of one
operation are done in their order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pumas_tui.core.domain import fingerprints
from pumas_tui.core.domain.ids import OperationId


class OperationKind(StrEnum):
    """What a change was for."""

    IMPORT = "import"
    EDIT = "edit"
    ADOPT = "adopt"
    RENAME = "rename"
    APPLY = "apply"
    SYNC = "sync"
    UNLINK = "unlink"
    DELETE = "delete"
    RESTORE = "restore"
    REPAIR = "repair"
    RELOCATE = "relocate"
    ENRICH = "enrich"
    LOOKUP = "lookup"  # a badge with its evidence and nothing else: it says what is, and is not undone
    FETCH = "fetch"
    UNDO = "undo"


class OperationState(StrEnum):
    """Where an operation stands."""

    PLANNED = "planned"
    RUNNING = "running"
    DONE = "done"
    UNDONE = "undone"
    FAILED = "failed"


class StepKind(StrEnum):
    """What a step does; the table is in the module's first lines."""

    MAKE_DIR = "make_dir"
    LINK = "link"
    HARD_LINK = "hard_link"
    UNLINK = "unlink"
    MOVE = "move"
    REMOVE_DIR = "remove_dir"
    FORGET_ROW = "forget_row"
    REMEMBER_ROW = "remember_row"
    FORGET_APP = "forget_app"
    REMEMBER_APP = "remember_app"
    REMEMBER_BASE = "remember_base"
    EDIT = "edit"
    ADOPT = "adopt"


REGISTRY_ALONE = frozenset({StepKind.FORGET_APP, StepKind.REMEMBER_APP, StepKind.REMEMBER_BASE})
"""Kinds of steps that the disk knows nothing of."""


class StepState(StrEnum):
    """Where a step stands. SKIPPED: its target had changed meanwhile."""

    PLANNED = "planned"
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Operation:
    """A change of what users see. `plan` is a JSON object; `title` in it is a sentence for the history.

    `created_at` in epoch seconds. Operations of one `batch_id` are undone together.
    """

    id: OperationId
    kind: str
    host: str
    version: str
    created_at: float
    batch_id: str = ""
    plan: Mapping[str, Any] = field(default_factory=dict)
    state: OperationState = OperationState.RUNNING
    rev: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One step; `n` counts from 1 in the order in which steps are done."""

    n: int
    kind: str
    target: str
    want: str
    before: str
    state: StepState = StepState.PLANNED
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StepResult:
    """What came of a step. `message` says why it was skipped or failed: what, which path, what to do."""

    step: Step
    state: StepState
    message: str = ""


def registry_step(kind: StepKind, target: str, **detail: Any) -> Step:
    """A step that changes the registry alone, its number still to be given."""
    return Step(0, kind, target, fingerprints.UNSEEN, fingerprints.UNSEEN, detail=detail)
