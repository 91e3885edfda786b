"""A short list of rows to choose one from, as high as it needs, above a text that scrolls where it must."""

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.widgets import Static

from pumas_tui.tui.presenters.cells import pad
from pumas_tui.tui.presenters.prose import Line, Tone, flow
from pumas_tui.tui.widgets.cursor_list import CursorList

_MARGIN = 3  # cells before a row or a line of the text
_STYLES = {Tone.WARNING: "$warning", Tone.DANGER: "bold $error", Tone.STRONG: "bold", Tone.DIM: "dim"}


class ChoiceList(CursorList):
    """Rows of text. A move past an end posts `PastEnd`."""

    class PastEnd(Message):
        """There is no row in this direction; `step` is negative for up."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: tuple[str, ...] = ()

    @staticmethod
    def room(width: int) -> int:
        """Cells that a row's text has in a list of this width."""
        return max(width - _MARGIN - 1, 1)

    def show(self, rows: Sequence[str], cursor: int) -> None:
        """Other rows, with the cursor on this one."""
        higher = len(rows) != len(self._rows)
        self._rows = tuple(rows)
        self.set_count(len(rows))
        self.cursor = cursor
        if higher:
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return max(len(self._rows), 1)

    def paint_row(self, row: int, width: int, *, on_cursor: bool) -> Strip:
        style = self.rich_style + Style(reverse=on_cursor or None)
        return Strip([Segment(pad(f" {'>' if on_cursor else ' '} {self._rows[row]}", width), style)], width)

    def move(self, step: int) -> None:
        if self.cursor + step < 0 or self.cursor + step >= self.count:
            self.post_message(self.PastEnd(step))
        super().move(step)


class Notes(VerticalScroll, can_focus=False):
    """Paragraphs wrapped to the width; `more` tells that not all can be seen."""

    DEFAULT_CSS = """
    Notes { scrollbar-size: 0 0; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._text = Static("", markup=False)
        self._lines: tuple[Line, ...] = ()

    def compose(self) -> ComposeResult:
        yield self._text

    @property
    def more(self) -> bool:
        """There is text below what can be seen."""
        return self.max_scroll_y > self.scroll_offset.y

    def show(self, lines: Sequence[Line]) -> None:
        """Another text, from its beginning."""
        if tuple(lines) != self._lines:
            self._lines = tuple(lines)
            self.scroll_home(animate=False)
            self._paint()

    def on_resize(self) -> None:
        self._paint()

    def _paint(self) -> None:
        width = self.size.width - _MARGIN - 1
        if width > 0:
            rows = flow(self._lines, width)
            texts = [Content.styled(" " * _MARGIN + row.text, _STYLES.get(row.tone, "")) for row in rows]
            self._text.update(Content("\n").join(texts))
