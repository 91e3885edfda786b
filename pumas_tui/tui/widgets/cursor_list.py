"""A list with a cursor that paints as few cells as it can: the base of every list in the program.

A move inside the page repaints two rows; at the edge the view jumps two thirds of a page. There is no
scrollbar: it would be painted again at every move.
"""

from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from pumas_tui.core.domain.actions import Scope
from pumas_tui.tui.keymap import bindings

WHEEL_ROWS = 3


class CursorList(Widget, can_focus=True):
    """Rows `0 … count-1`, one line each. Subclasses give `paint_row`; those with headings also `lands_on`."""

    BINDINGS = bindings(Scope.LIST)

    cursor: reactive[int] = reactive(0, init=False, repaint=False)

    class Moved(Message):
        """The cursor stands on another row."""

        def __init__(self, source: "CursorList", row: int) -> None:
            super().__init__()
            self.source = source
            self.row = row

        @property
        def control(self) -> "CursorList":
            return self.source

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._count = 0
        self._top = 0

    @property
    def count(self) -> int:
        """How many rows there are."""
        return self._count

    @property
    def top(self) -> int:
        """The first row in view."""
        return self._top

    def set_count(self, count: int) -> None:
        """Say how many rows there are now and paint all; the cursor stays where it can."""
        self._count = count
        self.cursor = self.cursor  # validated against the new count
        self._keep_in_view()
        self.refresh()

    def paint_row(self, row: int, width: int, *, on_cursor: bool) -> Strip:
        """One row in exactly `width` cells."""
        raise NotImplementedError

    def lands_on(self, row: int, step: int) -> int:
        """Where a move to `row` ends; subclasses skip rows that are headings. `step` is its direction."""
        return row

    def render_line(self, y: int) -> Strip:
        row, width = y + self._top, self.size.width
        if row >= self._count:
            return Strip.blank(width, self.rich_style)
        return self.paint_row(row, width, on_cursor=row == self.cursor)

    def validate_cursor(self, row: int) -> int:
        return max(0, min(row, self._count - 1))

    def watch_cursor(self, old: int, new: int) -> None:
        if not self._keep_in_view():
            self.refresh_rows(old, new)
        self.post_message(self.Moved(self, new))

    def refresh_rows(self, *rows: int) -> None:
        """Paint these rows again, those of them that are in view."""
        seen = [
            Region(0, row - self._top, self.size.width, 1)
            for row in rows
            if self._top <= row < self._top + self.size.height
        ]
        if seen:
            self.refresh(*seen)

    def _keep_in_view(self) -> bool:
        """Jump half a page when the cursor left the view, fill the view at the end; True if it moved."""
        height = self.size.height
        if height <= 0:
            return False
        last_top = max(self._count - height, 0)
        inside = self._top <= self.cursor < self._top + height
        # Two thirds of the page lie ahead: a jump costs as much as twenty moves, so it should serve for many.
        behind = height // 3 if self.cursor > self._top else height - 1 - height // 3
        wanted = min(self._top if inside else max(self.cursor - behind, 0), last_top)
        if wanted == self._top:
            return False
        self._top = wanted
        self.refresh()
        return True

    def on_resize(self, _event: events.Resize) -> None:
        self._keep_in_view()

    def on_click(self, event: events.Click) -> None:
        if event.y + self._top < self._count:
            self.cursor = self.lands_on(event.y + self._top, 1)

    def on_mouse_scroll_down(self, _event: events.MouseScrollDown) -> None:
        self.move(WHEEL_ROWS)

    def on_mouse_scroll_up(self, _event: events.MouseScrollUp) -> None:
        self.move(-WHEEL_ROWS)

    def move(self, step: int) -> None:
        """Move by rows; negative is up."""
        if self._count:
            target = max(0, min(self.cursor + step, self._count - 1))
            self.cursor = self.lands_on(target, 1 if step >= 0 else -1)

    def action_down(self) -> None:
        self.move(1)

    def action_up(self) -> None:
        self.move(-1)

    def action_page_down(self) -> None:
        self.move(max(self.size.height - 1, 1))

    def action_page_up(self) -> None:
        self.move(-max(self.size.height - 1, 1))

    def action_half_down(self) -> None:
        self.move(max(self.size.height // 2, 1))

    def action_half_up(self) -> None:
        self.move(-max(self.size.height // 2, 1))

    def action_top(self) -> None:
        self.move(-self._count)

    def action_bottom(self) -> None:
        self.move(self._count)
