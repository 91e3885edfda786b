"""The import queue as a list: sections with headings, which the cursor passes over."""

from collections.abc import Sequence
from itertools import chain
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.message import Message
from textual.strip import Strip

from pumas_tui.core.domain.actions import Scope
from pumas_tui.core.domain.ids import JobId
from pumas_tui.tui.keymap import bindings
from pumas_tui.tui.presenters.imports import Gap, Heading, JobRow, More, QueueRow, Section, row_text
from pumas_tui.tui.presenters.prose import Tone
from pumas_tui.tui.widgets.cursor_list import CursorList

_FLAG_AT = 3  # cells before the sign that says that a row needs the user


class QueueList(CursorList):
    """Shows what `show` gave. Marks belong to jobs: they stay while rows move between sections."""

    BINDINGS = bindings(Scope.MARKS)
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "queue-list--heading",
        "queue-list--flag",
        "queue-list--danger",
        "queue-list--done",
    }

    class Marked(Message):
        """Marks changed."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.marks: set[JobId] = set()
        self._rows: tuple[QueueRow, ...] = ()
        self._range_from: JobId | None = None

    def show(self, rows: Sequence[QueueRow]) -> None:
        """New rows. The cursor stays on its job; where nothing moved only rows that differ are painted."""
        old, self._rows = self._rows, tuple(rows)
        here = _identity(old[self.cursor]) if self.cursor < len(old) else None
        self.marks &= {row.job_id for row in self._rows if isinstance(row, JobRow)}
        if [_identity(row) for row in old] == [_identity(row) for row in self._rows]:
            changed = [n for n, (a, b) in enumerate(zip(old, self._rows, strict=True)) if a != b]
            self.refresh_rows(*changed)
            if self.cursor in changed:
                self.post_message(self.Moved(self, self.cursor))
            return
        found = [n for n, row in enumerate(self._rows) if here is not None and _identity(row) == here]
        target = found[0] if found else self.lands_on(min(self.cursor, max(len(self._rows) - 1, 0)), 1)
        stays = target == self.cursor
        self._count = len(self._rows)
        self.cursor = target
        self.set_count(len(self._rows))
        if stays:  # the same row number, another job
            self.post_message(self.Moved(self, self.cursor))

    @property
    def current(self) -> JobRow | More | None:
        """The row under the cursor; None in an empty list."""
        row = self._rows[self.cursor] if self.cursor < len(self._rows) else None
        return row if isinstance(row, JobRow | More) else None

    def chosen(self) -> tuple[JobId, ...]:
        """The marked jobs in the order of the list, else the one under the cursor."""
        marked = tuple(r.job_id for r in self._rows if isinstance(r, JobRow) and r.job_id in self.marks)
        row = self.current
        return marked or ((row.job_id,) if isinstance(row, JobRow) else ())

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
            if isinstance(self._rows[number], JobRow | More):
                return number
        return 0

    def move(self, step: int) -> None:
        super().move(step)
        if step < 0 and all(not isinstance(row, JobRow | More) for row in self._rows[: self.cursor]):
            self.scroll_to(
                y=0, animate=False, force=True, immediate=True
            )  # the first heading is worth a look

    def paint_row(self, row: int, width: int, *, on_cursor: bool) -> Strip:
        what = self._rows[row]
        marked = isinstance(what, JobRow) and what.job_id in self.marks
        text = row_text(what, width, cursor=on_cursor, marked=marked)
        style = self.rich_style + Style(reverse=on_cursor or None, bold=marked or None)
        match what:
            case Heading():
                return Strip([Segment(text, style + self._look("heading"))], width)
            case JobRow(flag="!") if not on_cursor:
                flag = self._look("danger" if what.tone is Tone.DANGER else "flag")
                head, sign, tail = text[:_FLAG_AT], text[_FLAG_AT], text[_FLAG_AT + 1 :]
                return Strip([Segment(head, style), Segment(sign, style + flag), Segment(tail, style)], width)
            case JobRow(section=Section.DONE) if not on_cursor:
                return Strip([Segment(text, style + self._look("done"))], width)
            case _:
                return Strip([Segment(text, style)], width)

    def _look(self, name: str) -> Style:
        return self.get_component_rich_style(f"queue-list--{name}", partial=True)

    def action_mark(self) -> None:
        row = self.current
        if isinstance(row, JobRow):
            self.marks ^= {row.job_id}
            self.refresh_rows(self.cursor)
            self.post_message(self.Marked())
        self.move(1)

    def action_mark_range(self) -> None:
        row = self.current
        if not isinstance(row, JobRow):
            return
        jobs = [r.job_id for r in self._rows if isinstance(r, JobRow)]
        start = self._range_from
        if start is None or start not in jobs:
            self._range_from = row.job_id
            self.marks.add(row.job_id)
        else:
            first, last = sorted((jobs.index(start), jobs.index(row.job_id)))
            self.marks.update(jobs[first : last + 1])
            self._range_from = None
        self._marks_changed()

    def action_mark_all(self) -> None:
        if self.marks:
            self.clear_marks()
            return
        self.marks = {row.job_id for row in self._rows if isinstance(row, JobRow)}
        self._marks_changed()


def _identity(row: QueueRow) -> tuple[str, int | str]:
    """What stays the same while a row's words change."""
    match row:
        case JobRow():
            return ("job", row.job_id)
        case More():
            return ("more", row.section.value)
        case Heading():
            return ("heading", row.section.value)
        case Gap():
            return ("gap", 0)
