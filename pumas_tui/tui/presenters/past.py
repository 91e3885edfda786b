"""What lies in the trash, and what was changed, as lines of a page."""

import os
import time
from collections.abc import Sequence

from pumas_tui.core.domain.history import Emptied, OperationView, TrashItem
from pumas_tui.core.domain.operations import OperationState
from pumas_tui.core.domain.text import ago, count, plural, safe, size
from pumas_tui.tui.presenters.cells import ASCII, cut_end, pad, pad_left
from pumas_tui.tui.presenters.frame import NARROW, WIDE
from pumas_tui.tui.presenters.prose import clip

_DAY = 86_400


def trash_text(item: TrashItem, now: float, width: int) -> str:
    """What, from where, its size, since when, in `width` cells."""
    right = f"{pad_left(size(item.size_bytes), 8)}  {pad(ago(now - item.at), 11)}"
    name = safe(item.name.rpartition("/")[2])
    room = width - len(right) - 2
    if width < NARROW:
        return pad(f"{pad(clip(name, room), room)}  {right}", width)
    first = min(max(room * 2 // 5, 16), 40)
    where = clip(safe(os.path.dirname(item.original)), room - first - 1)
    return pad(f"{pad(clip(name, first), first)} {pad(where, room - first - 1)}  {right}", width)


def trash_title(items: Sequence[TrashItem]) -> tuple[str, str]:
    """The two ends of the page's first line."""
    total = sum(item.size_bytes for item in items)
    return "Trash", f"{plural(len(items), 'thing')}, {size(total)}" if items else ""


def emptied_words(done: Emptied) -> str:
    """What came of emptying."""
    freed = f"{plural(done.items, 'thing')}, {size(done.size_bytes)}"
    if done.failed:
        first = done.failed[0]
        return f"{freed}; {count(len(done.failed))} could not: {safe(first.path)}: {safe(first.refused)}"
    return freed


def operation_text(view: OperationView, now: float, width: int) -> str:
    """When, what, and whether it can be taken back, in `width` cells."""
    form = "%H:%M" if now - view.created_at < _DAY else "%m-%d"
    at = time.strftime("%Y-%m-%d %H:%M" if width >= WIDE else form, time.localtime(view.created_at))
    note = _note(view)
    room = width - len(at) - len(note) - 4
    return pad(f"{at}  {pad(cut_end(safe(view.title), room, ASCII), room)}  {note}", width)


def _note(view: OperationView) -> str:
    """What is to be said of it, empty for a change that is done and can be undone."""
    if view.state is not OperationState.DONE:
        return view.state.value
    if view.done < view.total:
        return f"{count(view.done)} of {count(view.total)}"
    return "" if view.undoable else "stays"


def history_title(views: Sequence[OperationView]) -> tuple[str, str]:
    """The two ends of the page's first line."""
    return "Past changes", f"the last {count(len(views))}" if views else ""
