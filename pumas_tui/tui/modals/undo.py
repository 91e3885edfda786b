"""Taking the last change back: the dialog that shows what that does, and doing it."""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pumas_tui.core.domain.errors import NotFoundError, PumasError
from pumas_tui.core.domain.history import UndoItem, Undone, UndoPreview
from pumas_tui.core.domain.text import count, plural, safe
from pumas_tui.tui.modals.ask import ask
from pumas_tui.tui.modals.dialog import Dialog
from pumas_tui.tui.presenters.prose import Hint, Line, Tone
from pumas_tui.tui.widgets.frame import FramedScreen

if TYPE_CHECKING:
    from pumas_tui.core.library import Library

_LISTED = 5


class UndoDialog(Dialog[bool]):
    """Take a change back? With what cannot be, each with its reason."""

    trigger = frozenset({"u"})

    def __init__(self, preview: UndoPreview, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock=clock)
        self._title = safe(preview.title)
        self._items = preview.items
        self._refused = [item for item in preview.items if item.refused]

    def heading(self) -> str:
        return f"Undo: {self._title}?"

    def body(self, width: int) -> Sequence[Line]:
        can = len(self._items) - len(self._refused)
        if not self._refused:
            lines = [Line(f"Takes back {plural(can, 'step')}:"), Line()]
            lines += [_told(item) for item in self._items[:_LISTED]]
        else:
            lines = [Line(f"Takes back {count(can)} of {plural(len(self._items), 'step')}."), Line()]
            cannot = len(self._refused)
            lines.append(Line(f"{count(cannot)} cannot be taken back and {_stay(cannot)}:", Tone.WARNING))
            lines += [_told(item) for item in self._refused[:_LISTED]]
        more = len(self._refused or self._items) - _LISTED
        if more > 0:
            lines.append(Line(f"  ... {count(more)} more, l reads them all", Tone.DIM))
        return lines

    def full_list(self, width: int) -> Sequence[Line]:
        return [_told(item) for item in self._items] if len(self._items) > _LISTED else ()

    def hints(self) -> Sequence[Sequence[Hint]]:
        if len(self._refused) == len(self._items):
            return ((Hint("esc", "nothing can be taken back", "back"),),)
        take = "take it back, leave the rest alone" if self._refused else "take it back"
        return ((Hint("y", take, "take back"), Hint("esc", "no", "no")),)

    def press(self, key: str) -> None:
        if key == "y" and len(self._refused) < len(self._items):
            self.close(True)


def _stay(number: int) -> str:
    return "stays" if number == 1 else "stay"


def _told(item: UndoItem) -> Line:
    why = f": {safe(item.refused)}" if item.refused else ""
    return Line(f"  {safe(item.does)}  {safe(item.path)}{why}", hang=4)


async def undo_last(place: FramedScreen, library: "Library") -> None:
    """Show what undoing the last change would do, ask, do it, say it. Run it in a worker."""
    try:
        preview = await library.history.preview_undo()
    except NotFoundError:
        place.show_message("Nothing to undo.")
        return
    except PumasError as error:
        place.show_message(error.message, "error")
        return
    if not await ask(place, UndoDialog(preview)):
        place.show_message("Nothing was undone.")
        return
    try:
        # Each by its name: what happens meanwhile must not be what is taken back.
        undone = [await library.history.undo(op) for op in preview.operations]
    except PumasError as error:
        place.show_message(error.message, "error")
        return
    _tell(place, undone, f"Undone: {preview.title}.")


async def take_back(place: FramedScreen, library: "Library", batch_id: str, models: int) -> None:
    """Take back what look-ups filled in together, in so many models. Run it in a worker."""
    try:
        undone = await library.history.undo(batch_id)
    except PumasError as error:
        place.show_message(error.message, "error")
        return
    _tell(place, [undone], f"Taken back: what was filled in, in {plural(models, 'model')}. The badges stay.")


def _tell(place: FramedScreen, undone: Sequence[Undone], done: str) -> None:
    failed = [item for one in undone for item in one.failed]
    if failed:
        first = failed[0]
        said = f"Undone, but {plural(len(failed), 'step')} could not be: {first.path}: {first.refused}"
        place.show_message(said, "warning")
    else:
        place.show_message(done)
