"""A list in sections: headings and gaps that the cursor passes over, rows that can be marked."""

from collections.abc import Hashable, Sequence
from itertools import chain
from typing import ClassVar, Generic, TypeVar

from rich.style import Style
from textual.message import Message

from pumas_tui.tui.widgets.cursor_list import CursorList

RowT = TypeVar("RowT")
KeyT = TypeVar("KeyT", bound=Hashable)


class SectionList(CursorList, Generic[RowT, KeyT]):
    """Shows what `show` gave. Marks are keys: they stay while rows move between sections.

    Subclasses say what a row's `identity` is, which rows the cursor `stops_at`, and a row's `mark_key`.
    """

    STYLES_BELOW: ClassVar[str] = ""
    """Prefix of the component classes of a subclass."""

    class Marked(Message):
        """Marks changed."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.marks: set[KeyT] = set()
        self._rows: tuple[RowT, ...] = ()
        self._range_from: KeyT | None = None

    def identity(self, row: RowT) -> Hashable:
        """What stays the same while a row's words change."""
        raise NotImplementedError

    def stops_at(self, row: RowT) -> bool:
        """The cursor may stand on it."""
        raise NotImplementedError

    def mark_key(self, row: RowT) -> KeyT | None:
        """What a mark on this row is a mark of; None where it cannot be marked."""
        raise NotImplementedError

    def show(self, rows: Sequence[RowT]) -> None:
        """New rows. The cursor stays on its row; where nothing moved only rows that differ are painted."""
        old, self._rows = self._rows, tuple(rows)
        stood = old[self.cursor] if self.cursor < len(old) else None
        here = self.identity(stood) if stood is not None and self.stops_at(stood) else None
        if self.marks:
            self.marks &= {key for row in self._rows if (key := self.mark_key(row)) is not None}
        if len(old) == len(rows) and all(
            self.identity(a) == self.identity(b) for a, b in zip(old, rows, strict=True)
        ):
            changed = [n for n, (a, b) in enumerate(zip(old, self._rows, strict=True)) if a != b]
            self.refresh_rows(*changed)
            if self.cursor in changed:
                self.post_message(self.Moved(self, self.cursor))
            return
        at = None if here is None else self._row_of(here)
        target = self.lands_on(at if at is not None else min(self.cursor, max(len(self._rows) - 1, 0)), 1)
        stays = target == self.cursor
        self._count = len(self._rows)
        self.cursor = target
        self.set_count(len(self._rows))
        if stays:  # the same row number, something else in it
            self.post_message(self.Moved(self, self.cursor))

    def _row_of(self, identity: Hashable) -> int | None:
        """The number of the row with this identity."""
        return next((n for n, row in enumerate(self._rows) if self.identity(row) == identity), None)

    def go_to(self, identity: Hashable) -> None:
        """Put the cursor on the row with this identity, if there is one."""
        at = self._row_of(identity)
        if at is not None:
            self.cursor = at

    @property
    def current(self) -> RowT | None:
        """The row under the cursor; None in an empty list."""
        row = self._rows[self.cursor] if self.cursor < len(self._rows) else None
        return row if row is not None and self.stops_at(row) else None

    def chosen(self) -> tuple[KeyT, ...]:
        """The marked keys in the order of the list, else that of the row under the cursor."""
        keys = (self.mark_key(row) for row in self._rows) if self.marks else ()
        marked = tuple(key for key in keys if key is not None and key in self.marks)
        row = self.current
        here = self.mark_key(row) if row is not None else None
        return marked or (() if here is None else (here,))

    def clear_marks(self) -> None:
        """Mark nothing."""
        self.marks.clear()
        self._range_from = None
        self._marks_changed()

    def _marks_changed(self) -> None:
        self.refresh()
        self.post_message(self.Marked())

    def lands_on(self, row: int, step: int) -> int:
        down, up = range(row, len(self._rows)), range(min(row, len(self._rows) - 1), -1, -1)
        for number in chain(down, up) if step > 0 else chain(up, down):
            if self.stops_at(self._rows[number]):
                return number
        return 0

    def move(self, step: int) -> None:
        super().move(step)
        if step < 0 and self._top and not any(self.stops_at(row) for row in self._rows[: self.cursor]):
            self._top = 0  # the first heading is worth a look
            self.refresh()

    def look(self, name: str) -> Style:
        """The style of a component class of the subclass."""
        return self.get_component_rich_style(f"{self.STYLES_BELOW}--{name}", partial=True)

    def action_mark(self) -> None:
        row = self.current
        key = self.mark_key(row) if row is not None else None
        if key is not None:
            self.marks ^= {key}
            self.refresh_rows(self.cursor)
            self.post_message(self.Marked())
        self.move(1)

    def action_mark_range(self) -> None:
        row = self.current
        key = self.mark_key(row) if row is not None else None
        if key is None:
            return
        keys = [each for row in self._rows if (each := self.mark_key(row)) is not None]
        start = self._range_from
        if start is None or start not in keys:
            self._range_from = key
            self.marks.add(key)
        else:
            first, last = sorted((keys.index(start), keys.index(key)))
            self.marks.update(keys[first : last + 1])
            self._range_from = None
        self._marks_changed()

    def action_mark_all(self) -> None:
        if self.marks:
            self.clear_marks()
            return
        self.marks = {key for row in self._rows if (key := self.mark_key(row)) is not None}
        self._marks_changed()
