"""The body of the Library screen: the list under its heads, and the details beside it or instead of it."""

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Static

from pumas_tui.core.domain.models import ModelDetail, ModelRow, Page
from pumas_tui.tui.presenters.cells import Glyphs
from pumas_tui.tui.presenters.frame import WIDE
from pumas_tui.tui.presenters.models import columns, head
from pumas_tui.tui.widgets.cursor_list import CursorList
from pumas_tui.tui.widgets.detail import DetailView, Edge
from pumas_tui.tui.widgets.frame import TextLine
from pumas_tui.tui.widgets.model_list import ModelList

REST_S = 0.08
"""How long the cursor rests before the pane shows its model: a held key must not paint it at each row."""


class Browser(Horizontal):
    """Posts `DetailWanted` when a model's details are in view and not here; answer with `show_detail`."""

    class DetailWanted(Message):
        """The details of this model are to be shown."""

        def __init__(self, row: ModelRow) -> None:
            super().__init__()
            self.row = row

    class Turned(Message):
        """Another model is in front, or the details were opened or closed."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__(id="browser")
        self._resting: Timer | None = None
        self.opened = False
        self.rows = ModelList(glyphs=glyphs)
        self.details = DetailView()
        self._line = Edge(glyphs)
        self._heads = TextLine(id="heads")
        self._nothing = Static("", id="nothing", markup=False)

    def compose(self) -> ComposeResult:
        yield Vertical(self._heads, self.rows, self._nothing, id="left")
        yield self._line
        yield self.details

    def show(self, page: Page, row: int, nothing: str) -> None:
        """Another result; `nothing` is what to say when it is empty."""
        self._nothing.update(nothing)
        self.set_class(bool(nothing), "-nothing")
        if nothing:
            self.open(False)
        self.rows.show(page, row)

    def show_detail(self, detail: ModelDetail) -> None:
        """Details that were asked for; dropped when the cursor went on meanwhile."""
        current = self.rows.current
        if current is not None and current.uid == detail.row.uid:
            self.details.show(detail)

    def show_problem(self, row: ModelRow, problem: str) -> None:
        """Why the details of this model cannot be read; `problem` is safe to print."""
        current = self.rows.current
        if current is not None and current.uid == row.uid:
            self.details.show_row(row, problem)

    def open(self, opened: bool) -> None:
        """Give the whole body to the details, or back to the list."""
        if opened == self.opened or (opened and self.rows.current is None):
            return
        self.opened = opened
        self.set_class(opened, "-open")
        self.details.set_brief(not self.opened)
        self.screen.set_focus(self.details if opened else self.rows)
        self._rest()
        self.post_message(self.Turned())

    def refresh_detail(self) -> None:
        """Ask for the details again."""
        self._rested()

    def on_resize(self) -> None:
        self.details.set_brief(not self.opened)
        self.call_after_refresh(self._show_heads)
        self._rest()

    def _show_heads(self) -> None:
        width = self.rows.size.width
        if width:
            self._heads.show(((head(width, columns(self.app.size.width)), "bold"),))

    @on(CursorList.Moved)
    def _moved(self) -> None:
        self._rest()
        if self.opened:
            self.post_message(self.Turned())

    @on(DetailView.Step)
    def _step(self, event: DetailView.Step) -> None:
        self.rows.move(event.rows)

    def _rest(self) -> None:
        if self._resting is not None:
            self._resting.stop()
        self._resting = self.set_timer(REST_S, self._rested)

    def _rested(self) -> None:
        row = self.rows.current
        if row is None:
            self.details.show_row(None)
        elif self.opened or self.app.size.width >= WIDE:
            self.post_message(self.DetailWanted(row))
