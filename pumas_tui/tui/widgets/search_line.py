"""The search box of line 2 with the counts at its right."""

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input, Static

from pumas_tui.tui.presenters.cells import width_of
from pumas_tui.tui.widgets.frame import TextLine


class SearchLine(Horizontal):
    """Posts `Changed` when typing rests for `rest_s` seconds, `Left` when the user wants the list."""

    class Changed(Message):
        """Another text is in the box."""

    class Left(Message):
        """Enter or down: the box keeps its text, the list gets the keys."""

    def __init__(self, rest_s: float) -> None:
        super().__init__(id="search-line")
        self._rest_s = rest_s
        self._resting: Timer | None = None
        self.box = Input(id="search", compact=True, select_on_focus=False)
        self.box.cursor_blink = False  # a blinking cursor is traffic while nothing happens
        self._counts = TextLine(id="counts")

    def compose(self) -> ComposeResult:
        yield Static(" / ", id="slash", markup=False)
        yield self.box
        yield self._counts

    @property
    def text(self) -> str:
        """What is in the box."""
        return self.box.value

    def put(self, text: str) -> None:
        """Another text in the box, which posts `Changed` at once; the same text is no news."""
        if text == self.text:
            return
        with self.prevent(Input.Changed):
            self.box.value = text
        self.box.cursor_position = len(text)
        self._settle()
        self.post_message(self.Changed())

    def show_counts(self, text: str) -> None:
        """Write at the right end."""
        self._counts.styles.width = width_of(text) + 2
        self._counts.show(((f" {text} ", ""),))

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._settle()
        self._resting = self.set_timer(self._rest_s, self._rested)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._leave()

    def on_key(self, event: events.Key) -> None:
        if event.key == "down":
            event.stop()
            self._leave()

    def _leave(self) -> None:
        self._settle()
        self.post_message(self.Left())

    def _rested(self) -> None:
        self._resting = None
        self.post_message(self.Changed())

    def _settle(self) -> None:
        if self._resting is not None:
            self._resting.stop()
            self._resting = None
