"""All that is known of one model: the pane beside the list, and the whole body when it is opened."""

from rich.segment import Segment
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from pumas_tui.core.domain.actions import Scope
from pumas_tui.core.domain.models import ModelDetail, ModelRow
from pumas_tui.tui.keymap import bindings
from pumas_tui.tui.presenters.cells import Glyphs, pad
from pumas_tui.tui.presenters.models import detail_lines, name_text, wrapped


class Edge(Widget):
    """The line between list and details, a widget of its own: what is beside it is painted without it."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__(id="edge")
        self._glyphs = glyphs

    def render_line(self, y: int) -> Strip:
        return Strip([Segment(f"{self._glyphs.pipe} ", self.rich_style)], 2)


class DetailView(Widget, can_focus=True):
    """Shows a row at once and the rest when it is there. Up and down post `Step`: another model.

    Only lines that changed are painted, each in one style: every change of style is bytes on a slow line.
    """

    BINDINGS = bindings(Scope.LIST)

    class Step(Message):
        """The model this many rows further on is wanted."""

        def __init__(self, rows: int) -> None:
            super().__init__()
            self.rows = rows

    def __init__(self) -> None:
        super().__init__(id="detail")
        self._brief = False
        self._detail: ModelDetail | None = None
        self._lines: list[str] = []
        self._top = 0

    def show(self, detail: ModelDetail) -> None:
        """Paint a model, from its first line on if it is another one."""
        if self._detail is None or self._detail.row.uid != detail.row.uid:
            self._top = 0
        self._detail = detail
        self._wrap()

    def show_row(self, row: ModelRow | None, problem: str = "") -> None:
        """Only the name, while the rest is read or cannot be; nothing without a row."""
        self._detail = None
        self._top = 0
        width = max(self.size.width - 2, 1)
        named = (
            []
            if row is None
            else [*wrapped(name_text(row), width), *(wrapped(problem, width) if problem else ())]
        )
        self._write(named)

    def set_brief(self, brief: bool) -> None:
        """Stand beside the list: only what fits there."""
        if brief != self._brief:
            self._brief = brief
            self._wrap()
            self.refresh()

    def on_resize(self, _event: events.Resize) -> None:
        self._wrap()

    def _wrap(self) -> None:
        if self._detail is not None and self.size.width > 2:
            self._write(detail_lines(self._detail, self.size.width - 2, brief=self._brief))

    def _write(self, lines: list[str]) -> None:
        before, self._lines = self._lines, lines
        rows = range(self._top, min(self._top + self.size.height, max(len(before), len(lines))))
        changed = [row - self._top for row in rows if before[row : row + 1] != lines[row : row + 1]]
        if changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

    def render_line(self, y: int) -> Strip:
        row, width = y + self._top, self.size.width
        margin = "" if self._brief else " "
        text = margin + (self._lines[row] if row < len(self._lines) else "")
        return Strip([Segment(pad(text, width), self.rich_style)], width)

    def _scroll(self, rows: int) -> None:
        last = max(len(self._lines) - self.size.height, 0)
        top = max(0, min(self._top + rows, last))
        if top != self._top:
            self._top = top
            self.refresh()

    def action_down(self) -> None:
        self.post_message(self.Step(1))

    def action_up(self) -> None:
        self.post_message(self.Step(-1))

    def action_page_down(self) -> None:
        self._scroll(max(self.size.height - 1, 1))

    def action_page_up(self) -> None:
        self._scroll(-max(self.size.height - 1, 1))

    def action_half_down(self) -> None:
        self._scroll(max(self.size.height // 2, 1))

    def action_half_up(self) -> None:
        self._scroll(-max(self.size.height // 2, 1))

    def action_top(self) -> None:
        self._scroll(-len(self._lines))

    def action_bottom(self) -> None:
        self._scroll(len(self._lines))
