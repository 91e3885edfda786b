"""What a person sees of past changes: the history, what undoing one would do, and what lies in a trash."""

from dataclasses import dataclass

from pumas_tui.core.domain.ids import OperationId
from pumas_tui.core.domain.operations import OperationState
from pumas_tui.core.domain.text import plural


@dataclass(frozen=True, slots=True)
class OperationView:
    """A past or unfinished change. `title` is a sentence; `done` of `total` steps hold.

    `undoable`: undoing it could change something; `why_not` says why it cannot. `batch_id` groups an import
    with the links that followed it. Look-ups of one batch are one view, whose `id` is that of the batch.
    `created_at` in epoch seconds.
    """

    id: OperationId
    kind: str
    title: str
    state: OperationState
    created_at: float
    batch_id: str
    done: int
    total: int
    undoable: bool
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class UndoItem:
    """One thing that undoing would do, or cannot: `refused` says why not, empty when it can."""

    path: str
    does: str
    refused: str = ""


@dataclass(frozen=True, slots=True)
class UndoPreview:
    """What undoing a batch would do. `operations` newest first, as they would be undone."""

    title: str
    operations: tuple[OperationId, ...]
    items: tuple[UndoItem, ...]

    @property
    def possible(self) -> int:
        """Items that can be undone."""
        return sum(not item.refused for item in self.items)


@dataclass(frozen=True, slots=True)
class Undone:
    """What came of undoing or restoring. `failed`: items that could not be, each with the reason."""

    title: str
    op_id: str
    done: int
    failed: tuple[UndoItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Emptied:
    """What came of emptying a trash: items destroyed, and their bytes. `failed`: items that are still there,
    each with the reason."""

    items: int
    size_bytes: int
    failed: tuple[UndoItem, ...] = ()


@dataclass(frozen=True, slots=True)
class TrashItem:
    """Something in a trash: a model, or a file or folder that an app link displaced.

    `place`: absolute path now; `original`: where it was; `at` epoch seconds; `kind`: model | displaced. `ref`
    names it for restore and empty. `names`: hard links that its main file has (1: emptying frees the bytes).
    """

    ref: str
    kind: str
    name: str
    place: str
    original: str
    size_bytes: int
    at: float
    op_id: str
    names: int = 1


def look_up_title(models: int) -> str:
    """What look-ups that were made together came to."""
    return f"look-up: {plural(models, 'model')} filled in"
