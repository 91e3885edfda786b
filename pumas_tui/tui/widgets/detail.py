"""All that is known of one model: the pane beside the list, and the whole body when it is opened."""

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from pumas_tui.core.domain.actions import Scope
from pumas_tui.core.domain.models import ModelDetail, ModelRow
from pumas_tui.tui.keymap import bindings
from pumas_tui.tui.presenters.cells import Line
from pumas_tui.tui.presenters.models import detail_lines, name_text


class DetailView(Widget, can_focus=True):
    """Shows a row at once and the rest when it is there. Up and down post `Step`: another model.

    Only lines that changed are painted: models of one folder have most of them in common.
    """

    BINDINGS = bindings(Scope.LIST)

    class Step(Message):
        """The model this many rows further on is wanted."""

        def __init__(self, rows: int) -> None:
            super().__init__()
            self.rows = rows

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._detail: ModelDetail | None = None
        self._lines: list[Line] = []
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
        named: list[Line] = [] if row is None else [((name_text(row), "bold"),), ((problem, "bold"),)]
        self._write(named)

    def on_resize(self, _event: events.Resize) -> None:
        self._wrap()

    def _wrap(self) -> None:
        if self._detail is not None and self.content_size.width > 0:
            self._write(detail_lines(self._detail, self.content_size.width))

    def _write(self, lines: list[Line]) -> None:
        before, self._lines = self._lines[self._top :], lines
        after = lines[self._top :]
        width, height = self.content_size
        changed = [
            Region(0, y, width, 1)
            for y in range(min(height, max(len(before), len(after))))
            if before[y : y + 1] != after[y : y + 1]
        ]
        if changed:
            self.refresh(*changed)

    def render_line(self, y: int) -> Strip:
        width = self.content_size.width
        line = self._lines[y + self._top] if y + self._top < len(self._lines) else ()
        plain = self.rich_style
        pieces = [Segment(text, plain + Style.parse(style) if style else plain) for text, style in line]
        return Strip(pieces).adjust_cell_length(width, plain)

    def _scroll(self, rows: int) -> None:
        last = max(len(self._lines) - self.content_size.height, 0)
        top = max(0, min(self._top + rows, last))
        if top != self._top:
            self._top = top
            self.refresh()

    def action_down(self) -> None:
        self.post_message(self.Step(1))

    def action_up(self) -> None:
        self.post_message(self.Step(-1))

    def action_page_down(self) -> None:
        self._scroll(max(self.content_size.height - 1, 1))

    def action_page_up(self) -> None:
        self._scroll(-max(self.content_size.height - 1, 1))

    def action_half_down(self) -> None:
        self._scroll(max(self.content_size.height // 2, 1))

    def action_half_up(self) -> None:
        self._scroll(-max(self.content_size.height // 2, 1))

    def action_top(self) -> None:
        self._scroll(-len(self._lines))

    def action_bottom(self) -> None:
        self._scroll(len(self._lines))
