"""The block below the queue: one job in full where there is room, else a line that says what its keys do."""

from collections.abc import Sequence
from typing import ClassVar

from textual.content import Content
from textual.widget import Widget

from pumas_tui.tui.presenters.prose import Line, Tone, flow


class QueueDetail(Widget):
    """Paints the lines it was given, cut at its width."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"queue-detail--strong", "queue-detail--danger"}

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: tuple[Line, ...] = ()

    def show(self, lines: Sequence[Line]) -> None:
        """Paint these unless they are on the screen already."""
        if tuple(lines) != self._lines:
            self._lines = tuple(lines)
            self.refresh()

    def render(self) -> Content:
        rows = flow(self._lines, max(1, self.content_size.width - 1))
        return Content("\n").join([self._content(row) for row in rows])

    def _content(self, line: Line) -> Content:
        content = Content(line.text)
        if line.tone in (Tone.STRONG, Tone.DANGER) and line.text:
            return content.stylize(self.get_visual_style(f"queue-detail--{line.tone.value}"))
        return content
