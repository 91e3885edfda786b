"""The body of the Health screen: kinds beside the findings in wide windows, details below them."""

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.timer import Timer

from pumas_tui.tui.presenters.cells import Glyphs
from pumas_tui.tui.presenters.frame import WIDE
from pumas_tui.tui.presenters.health import Checked, KindRow, detail, finding_rows, kind_rows
from pumas_tui.tui.widgets.cursor_list import CursorList
from pumas_tui.tui.widgets.detail import Edge
from pumas_tui.tui.widgets.finding_list import FindingList, KindList
from pumas_tui.tui.widgets.lines_pane import LinesPane

REST_S = 0.08
"""How long the cursor rests before its row is shown: a held key must not paint it at each row."""
_DETAIL_FROM = 18  # lines of a window that has room for details below the list


class HealthBoard(Horizontal):
    """Shows what `show` gave. The cursor of the list that has the keys leads that of the other."""

    class Rested(Message):
        """Another finding is in front."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__(id="health-board")
        self.rows, self.kinds = FindingList(), KindList(id="kinds")
        self._detail = LinesPane(id="finding-detail")
        self._edge = Edge(glyphs)
        self._checked = Checked()
        self._resting: Timer | None = None

    def compose(self) -> ComposeResult:
        # The list comes first, for keys that are for the list look for the first; the styles dock the kinds.
        yield Vertical(self.rows, self._detail, id="findings")
        yield Vertical(self.kinds, id="kinds-pane")
        yield self._edge

    def on_resize(self) -> None:
        self.show(self._checked)

    def show(self, checked: Checked) -> None:
        """Other findings, or the same again."""
        self._checked = checked
        width, height = self.app.size
        self.rows.show(finding_rows(checked, wide=width >= WIDE))
        self.set_class(height >= _DETAIL_FROM and self.rows.finding is not None, "-detail")
        self.kinds.show(kind_rows(checked))
        if width < WIDE and self.kinds.has_focus:
            self.turn()
        self._follow()
        self.call_after_refresh(self._show_detail)  # it is wrapped to the width that the pane has by then

    def turn(self) -> None:
        """Give the keys to the other list."""
        self.screen.set_focus(
            self.kinds if self.rows.has_focus and self.app.size.width >= WIDE else self.rows
        )

    @on(CursorList.Moved)
    def _rest(self, event: CursorList.Moved) -> None:
        kind = self.kinds.current
        if event.source is self.kinds and self.kinds.has_focus and isinstance(kind, KindRow):
            self.rows.go_to_kind(kind)
        if self._resting is not None:
            self._resting.stop()
        self._resting = self.set_timer(REST_S, self._rested)

    def _follow(self) -> None:
        if not self.kinds.has_focus:
            self.kinds.go_to_finding(self.rows.finding)

    def _rested(self) -> None:
        self._follow()
        self._show_detail()
        self.post_message(self.Rested())

    def _show_detail(self) -> None:
        width = max(self._detail.size.width - 2, 20)
        self._detail.show(detail(self.rows.finding, width, path=self.app.size.width >= WIDE))
