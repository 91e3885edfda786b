"""A pane of text beside or below a list. Only lines that changed are painted, each in one style."""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from pumas_tui.tui.presenters.cells import pad
from pumas_tui.tui.presenters.prose import Line, Tone, flow


class LinesPane(Widget):
    """Shows what `show` gave, wrapped to its width; what does not fit its height is not shown."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"lines-pane--{tone.value}" for tone in Tone}

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: tuple[Line, ...] = ()
        self._rows: list[Line] = []

    def show(self, lines: Sequence[Line]) -> None:
        """Paint the rows that are not on the screen already."""
        if tuple(lines) == self._lines:
            return
        self._lines = tuple(lines)
        if self.styles.auto_dimensions:
            self._rows = []
            self.refresh(layout=True)
        self._flow()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(flow(self._lines, max(width - 2, 1)))

    def on_resize(self) -> None:
        self._flow()

    def _flow(self) -> None:
        width, height = self.size
        if width <= 1 or height <= 0:
            return
        before, self._rows = self._rows, flow(self._lines, width - 2)
        most = range(min(height, max(len(before), len(self._rows))))
        changed = [row for row in most if before[row : row + 1] != self._rows[row : row + 1]]
        if changed:
            self.refresh(*(Region(0, row, width, 1) for row in changed))

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        line = self._rows[y] if y < len(self._rows) else Line()
        style = self.rich_style
        if line.tone is not Tone.PLAIN and line.text:
            style += self.get_component_rich_style(f"lines-pane--{line.tone.value}", partial=True)
        return Strip([Segment(pad(f" {line.text}", width), style)], width)
