"""Settings and apps as a list in sections."""

from collections.abc import Hashable
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from pumas_tui.tui.presenters.settings import AppRow, Heading, Row, SettingRow, key_of, row_text
from pumas_tui.tui.widgets.section_list import SectionList


class SettingsList(SectionList[Row, str]):
    """The cursor stops at settings and apps; nothing can be marked."""

    STYLES_BELOW = "settings-list"
    COMPONENT_CLASSES: ClassVar[set[str]] = {"settings-list--heading"}

    def identity(self, row: Row) -> Hashable:
        return key_of(row)

    def stops_at(self, row: Row) -> bool:
        return isinstance(row, SettingRow | AppRow)

    def mark_key(self, row: Row) -> str | None:
        return None

    def paint_row(self, row: int, width: int, *, on_cursor: bool) -> Strip:
        what = self._rows[row]
        style = self.rich_style + Style(reverse=on_cursor or None)
        if isinstance(what, Heading):
            style += self.look("heading")
        return Strip([Segment(row_text(what, width, cursor=on_cursor), style)], width)
