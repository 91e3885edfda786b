"""The library list: a window over any number of rows that are fetched page by page when they come in view."""

from collections.abc import Iterable
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.message import Message
from textual.strip import Strip

from pumas_tui.core.domain.actions import Scope
from pumas_tui.core.domain.files import SecurityTier
from pumas_tui.core.domain.ids import ModelUid
from pumas_tui.core.domain.models import ModelRow, Page
from pumas_tui.tui.keymap import bindings
from pumas_tui.tui.presenters.cells import UNICODE, Glyphs
from pumas_tui.tui.presenters.models import columns, row_text
from pumas_tui.tui.widgets.cursor_list import CursorList

PAGE = 100
"""Rows asked for at once: more than a tall window shows."""


class ModelList(CursorList):
    """Shows what `show` and `set_page` gave; asks for the rest with `PageWanted`.

    Marks belong to models, not to rows: they stay when the search changes.
    """

    BINDINGS = bindings(Scope.MARKS)
    COMPONENT_CLASSES: ClassVar[set[str]] = {"model-list--pickle"}

    class PageWanted(Message):
        """Rows from `offset` on are in view and not here."""

        def __init__(self, offset: int, limit: int) -> None:
            super().__init__()
            self.offset = offset
            self.limit = limit

    class MarkWanted(Message):
        """These rows are to be marked, whether they are here or not; answer with `mark`."""

        def __init__(self, offset: int, limit: int) -> None:
            super().__init__()
            self.offset = offset
            self.limit = limit

    class Marked(Message):
        """Marks changed."""

    def __init__(self, *, glyphs: Glyphs = UNICODE, id: str | None = None) -> None:
        super().__init__(id=id)
        self.glyphs = glyphs
        self.marks: dict[ModelUid, ModelRow] = {}
        self._rows: dict[int, ModelRow] = {}
        self._asked: set[int] = set()
        self._range_from: int | None = None

    def show(self, page: Page, cursor: int = 0) -> None:
        """A new result: its total, one page of it, and where the cursor stands."""
        rows = dict(enumerate(page.rows, page.offset))
        if rows == self._rows and page.total == self._count and cursor == self.cursor:
            return
        self._rows = rows
        self._asked = set()
        self._range_from = None
        self._count = page.total
        moved = self.validate_cursor(cursor) == self.cursor
        self.cursor = cursor
        self.set_count(page.total)
        if moved:  # same row number, maybe another model
            self.post_message(self.Moved(self, self.cursor))

    def set_page(self, page: Page) -> None:
        """More rows of the same result. A different total means that it changed: ask again with `show`."""
        self._rows.update(enumerate(page.rows, page.offset))
        self._asked.discard(page.offset)
        seen = range(self.top, self.top + self.size.height)
        if page.offset < seen.stop and page.offset + len(page.rows) > seen.start:
            self.refresh()
        if page.offset <= self.cursor < page.offset + len(page.rows):
            self.post_message(self.Moved(self, self.cursor))

    def watch_cursor(self, old: int, new: int) -> None:
        super().watch_cursor(old, new)
        # A page that comes before it is in view costs no second painting.
        for near in (new - PAGE // 2, new + PAGE // 2):
            if 0 <= near < self.count and near not in self._rows:
                self._want(near)

    def row(self, number: int) -> ModelRow | None:
        """The model of a row, None while it is not here."""
        return self._rows.get(number)

    @property
    def current(self) -> ModelRow | None:
        """The model under the cursor."""
        return self._rows.get(self.cursor)

    def chosen(self) -> list[ModelRow]:
        """The marked models, else the one under the cursor."""
        return list(self.marks.values()) or ([self.current] if self.current else [])

    def mark(self, rows: Iterable[ModelRow]) -> None:
        """Mark these models too."""
        self.marks.update((row.uid, row) for row in rows)
        self._marks_changed()

    def clear_marks(self) -> None:
        """Mark nothing."""
        self.marks.clear()
        self._range_from = None
        self._marks_changed()

    def _marks_changed(self) -> None:
        self.refresh()
        self.post_message(self.Marked())

    def paint_row(self, row: int, width: int, *, on_cursor: bool) -> Strip:
        model = self._rows.get(row)
        if model is None:
            self._want(row)
            return Strip([Segment(" > " if on_cursor else "", self.rich_style)]).adjust_cell_length(width)
        marked = model.uid in self.marks
        marker = f" {'>' if on_cursor else ' '}{'*' if marked else ' '} "
        text = marker + row_text(model, width, columns(self.app.size.width), self.glyphs)
        style = self.rich_style + Style(reverse=on_cursor or None, bold=marked or None)
        if on_cursor or model.security_tier is not SecurityTier.PICKLE:
            return Strip([Segment(text, style)], width)
        return self._with_warning(text, style).adjust_cell_length(width)

    def _with_warning(self, text: str, style: Style) -> Strip:
        """Only the word that warns has its own colour: each change of style costs bytes on the line."""
        word = "PICKLE" if "PICKLE" in text[-14:] else "!"
        head, _, tail = text.rpartition(word)
        warning = self.get_component_rich_style("model-list--pickle")
        return Strip([Segment(head, style), Segment(word, style + warning), Segment(tail, style)])

    def _want(self, row: int) -> None:
        offset = row - row % PAGE
        if offset not in self._asked:
            self._asked.add(offset)
            self.post_message(self.PageWanted(offset, PAGE))

    def action_mark(self) -> None:
        model = self.current
        if model is None:
            return
        if self.marks.pop(model.uid, None) is None:
            self.marks[model.uid] = model
        self.refresh_rows(self.cursor)
        self.move(1)
        self.post_message(self.Marked())

    def action_mark_range(self) -> None:
        if self._range_from is None:
            self._range_from = self.cursor
            self.mark([self.current] if self.current else [])
            return
        first, last = sorted((self._range_from, self.cursor))
        self._range_from = None
        self.post_message(self.MarkWanted(first, last - first + 1))

    def action_mark_all(self) -> None:
        if self.marks:
            self.clear_marks()
        elif self.count:
            self.post_message(self.MarkWanted(0, self.count))
