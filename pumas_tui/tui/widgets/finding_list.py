"""Findings as a list, any number of them, and their kinds as one that leads through it."""

from collections.abc import Hashable
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from pumas_tui.core.domain.actions import Scope
from pumas_tui.core.domain.findings import Finding
from pumas_tui.tui.keymap import bindings
from pumas_tui.tui.presenters.health import FindingRow, Heading, KindRow, Row, Section, key_of, row_text
from pumas_tui.tui.widgets.section_list import SectionList

_SIGN_AT = 3  # cells before the sign of a kind


class FindingList(SectionList[Row, str]):
    """Marks are keys of findings: they stay when the next check finds the same again."""

    BINDINGS = bindings(Scope.MARKS)
    STYLES_BELOW = "finding-list"
    COMPONENT_CLASSES: ClassVar[set[str]] = {"finding-list--heading"}

    def identity(self, row: Row) -> Hashable:
        return key_of(row)

    def stops_at(self, row: Row) -> bool:
        return isinstance(row, FindingRow)

    def mark_key(self, row: Row) -> str | None:
        return row.finding.key if isinstance(row, FindingRow) else None

    @property
    def finding(self) -> Finding | None:
        """The finding under the cursor."""
        row = self.current
        return row.finding if isinstance(row, FindingRow) else None

    def chosen_findings(self) -> tuple[Finding, ...]:
        """The marked findings in the order of the list, else the one under the cursor."""
        keys = set(self.chosen())
        return tuple(
            row.finding for row in self._rows if isinstance(row, FindingRow) and row.finding.key in keys
        )

    def go_to_kind(self, wanted: KindRow) -> None:
        """Put the cursor on the first finding of a kind."""
        for row in self._rows:
            if isinstance(row, FindingRow) and row.finding.kind is wanted.kind:
                self.go_to(key_of(row))
                return

    def paint_row(self, row: int, width: int, *, on_cursor: bool) -> Strip:
        what = self._rows[row]
        marked = isinstance(what, FindingRow) and what.finding.key in self.marks
        style = self.rich_style + Style(reverse=on_cursor or None, bold=marked or None)
        if isinstance(what, Heading):
            style += self.look("heading")
        return Strip([Segment(row_text(what, width, cursor=on_cursor, marked=marked), style)], width)


class KindList(SectionList[Row, str]):
    """Kinds of findings with their numbers; nothing can be marked."""

    STYLES_BELOW = "kind-list"
    COMPONENT_CLASSES: ClassVar[set[str]] = {"kind-list--heading", "kind-list--fix", "kind-list--look"}

    def go_to_finding(self, wanted: Finding | None) -> None:
        """Put the cursor on the kind of a finding."""
        for row in self._rows:
            if isinstance(row, KindRow) and wanted is not None and row.kind is wanted.kind:
                self.go_to(key_of(row))
                return

    def identity(self, row: Row) -> Hashable:
        return key_of(row)

    def stops_at(self, row: Row) -> bool:
        return isinstance(row, KindRow)

    def mark_key(self, row: Row) -> str | None:
        return None

    def paint_row(self, row: int, width: int, *, on_cursor: bool) -> Strip:
        what = self._rows[row]
        on_cursor = on_cursor and self.stops_at(what)
        text = row_text(what, width, cursor=on_cursor)
        style = self.rich_style + Style(reverse=(on_cursor and self.has_focus) or None)
        match what:
            case Heading():
                return Strip([Segment(text, style + self.look("heading"))], width)
            case KindRow(section=Section.FIX | Section.LOOK as section) if not on_cursor:
                look = style + self.look("fix" if section is Section.FIX else "look")
                head, sign, tail = text[:_SIGN_AT], text[_SIGN_AT], text[_SIGN_AT + 1 :]
                return Strip([Segment(head, style), Segment(sign, look), Segment(tail, style)], width)
            case _:
                return Strip([Segment(text, style)], width)

    def on_focus(self) -> None:
        self.refresh_rows(self.cursor)

    def on_blur(self) -> None:
        self.refresh_rows(self.cursor)
