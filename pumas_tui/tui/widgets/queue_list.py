"""The import queue as a list."""

from collections.abc import Hashable
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from pumas_tui.core.domain.actions import Scope
from pumas_tui.core.domain.ids import JobId
from pumas_tui.tui.keymap import bindings
from pumas_tui.tui.presenters.imports import Gap, Heading, JobRow, More, QueueRow, Section, row_text
from pumas_tui.tui.presenters.prose import Tone
from pumas_tui.tui.widgets.section_list import SectionList

_FLAG_AT = 3  # cells before the sign that says that a row needs the user


class QueueList(SectionList[QueueRow, JobId]):
    """Jobs in sections. Marks belong to jobs."""

    BINDINGS = bindings(Scope.MARKS)
    STYLES_BELOW = "queue-list"
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "queue-list--heading",
        "queue-list--flag",
        "queue-list--danger",
        "queue-list--done",
    }

    def identity(self, row: QueueRow) -> Hashable:
        match row:
            case JobRow():
                return ("job", row.job_id)
            case More():
                return ("more", row.section.value)
            case Heading():
                return ("heading", row.section.value)
            case Gap():
                return ("gap", 0)

    def stops_at(self, row: QueueRow) -> bool:
        return isinstance(row, JobRow | More)

    def mark_key(self, row: QueueRow) -> JobId | None:
        return row.job_id if isinstance(row, JobRow) else None

    def paint_row(self, row: int, width: int, *, on_cursor: bool) -> Strip:
        what = self._rows[row]
        marked = isinstance(what, JobRow) and what.job_id in self.marks
        text = row_text(what, width, cursor=on_cursor, marked=marked)
        style = self.rich_style + Style(reverse=on_cursor or None, bold=marked or None)
        match what:
            case Heading():
                return Strip([Segment(text, style + self.look("heading"))], width)
            case JobRow(flag="!") if not on_cursor:
                flag = self.look("danger" if what.tone is Tone.DANGER else "flag")
                head, sign, tail = text[:_FLAG_AT], text[_FLAG_AT], text[_FLAG_AT + 1 :]
                return Strip([Segment(head, style), Segment(sign, style + flag), Segment(tail, style)], width)
            case JobRow(section=Section.DONE) if not on_cursor:
                return Strip([Segment(text, style + self.look("done"))], width)
            case _:
                return Strip([Segment(text, style)], width)
