"""The list of a mapping plan: groups that fold, actions that can be marked, any number of them."""

from collections.abc import Hashable
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from pumas_tui.core.domain.actions import Scope
from pumas_tui.tui.keymap import bindings
from pumas_tui.tui.presenters.mapping import (
    ActionRow,
    FolderRow,
    Gap,
    Group,
    Heading,
    Key,
    More,
    PlanRow,
    key_of,
    row_text,
)
from pumas_tui.tui.widgets.section_list import SectionList

_SIGN_AT = 3  # cells before the sign that says that a conflict is open
_DIM = frozenset({Group.LEFT_OUT, Group.RIGHT})


class PlanList(SectionList[PlanRow, Key]):
    """Actions under their headings. The cursor also stops at what is folded."""

    BINDINGS = bindings(Scope.MARKS, without="marks.mark_all")
    STYLES_BELOW = "plan-list"
    COMPONENT_CLASSES: ClassVar[set[str]] = {"plan-list--heading", "plan-list--open", "plan-list--dim"}

    def identity(self, row: PlanRow) -> Hashable:
        match row:
            case ActionRow():
                return key_of(row.action)
            case FolderRow(offer):
                return ("folder", offer.rule.target_subdir)
            case Heading():
                return ("heading", row.group.value)
            case More():
                return ("more", row.group.value, row.kind)
            case Gap():
                return ("gap", row.before.value)

    def stops_at(self, row: PlanRow) -> bool:
        return isinstance(row, ActionRow | FolderRow | More) or (isinstance(row, Heading) and row.folded)

    def mark_key(self, row: PlanRow) -> Key | None:
        return key_of(row.action) if isinstance(row, ActionRow) else None

    def heading_above(self) -> int:
        """The row of the heading over the cursor."""
        above = (n for n in range(self.cursor, -1, -1) if isinstance(self._rows[n], Heading))
        return next(above, self.cursor)

    def paint_row(self, row: int, width: int, *, on_cursor: bool) -> Strip:
        what = self._rows[row]
        marked = isinstance(what, ActionRow) and key_of(what.action) in self.marks
        text = row_text(what, width, cursor=on_cursor, marked=marked)
        style = self.rich_style + Style(reverse=on_cursor or None, bold=marked or None)
        match what:
            case Heading():
                return Strip([Segment(text, style + self.look("heading"))], width)
            case ActionRow(sign="?") if not on_cursor:
                head, sign, tail = text[:_SIGN_AT], text[_SIGN_AT : _SIGN_AT + 1], text[_SIGN_AT + 1 :]
                look = style + self.look("open")
                return Strip([Segment(head, style), Segment(sign, look), Segment(tail, style)], width)
            case ActionRow(group=group, sign=sign) if not on_cursor and (group in _DIM or sign == "."):
                return Strip([Segment(text, style + self.look("dim"))], width)
            case FolderRow() if not on_cursor:
                return Strip([Segment(text, style + self.look("dim"))], width)
            case _:
                return Strip([Segment(text, style)], width)
