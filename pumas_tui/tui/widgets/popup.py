"""Small overlays at the foot of the window: a choice by one letter, and one line to type in."""

from collections.abc import Mapping, Sequence

from textual import events, on
from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import Input, Static

from pumas_tui.tui.presenters.cells import cut_end, pad, width_of
from pumas_tui.tui.widgets.frame import Overlay

SHOW_AFTER_S = 0.3
"""Whoever knows the letter types it at once and need not see the popup, nor pay for painting it."""

_EDGES = 4  # cells of border and padding
_BEFORE_LABEL = 5  # cells of blanks and a letter
_OTHER_ROWS = 3  # border, and the line that closes
_ROWS_BELOW = 3  # of the frame: message, jobs, keys

Choices = Sequence[tuple[str, str]]
"""Letters and what they do."""
Inner = Mapping[str, tuple[str, Choices]]
"""Title and choices behind a letter."""


class Popup(Overlay, can_focus=True):
    """Letters and what they do, after a prefix key. Posts `Picked`, or nothing when put off.

    It has the keys from the first moment on and shows itself a moment later, or `at_once`. A letter in
    `inner` leads to a second title and choices in the same place.
    """

    class Picked(Message):
        """A letter of popup `name` was pressed; two letters where the first led to more."""

        def __init__(self, popup: str, letter: str) -> None:
            super().__init__()
            self.popup = popup
            self.letter = letter

    def __init__(
        self,
        popup: str,
        title: str,
        choices: Choices,
        *,
        inner: Inner | None = None,
        at_once: bool = False,
    ) -> None:
        super().__init__(classes="popup" if at_once else "popup -waiting")
        self._popup = popup
        self._choices = choices
        self._inner = inner or {}
        self._before = ""  # the letter that led to these choices
        self._text = Static(markup=False)
        self.border_title = title

    def compose(self) -> ComposeResult:
        self._text.update(self._lines())
        yield self._text

    def _lines(self) -> str:
        """The choices in as many columns as the height asks for, one below the other in each.

        Where they would not fit above the last lines of the window, they cover them.
        """
        width, height = self.app.size
        room = height - _OTHER_ROWS
        self.set_class(len(self._choices) > room - _ROWS_BELOW, "-full")
        rows = max(1, min(len(self._choices), room))
        columns = -(-len(self._choices) // rows)
        wide = min(
            max(width_of(label) for _, label in self._choices),
            (width - _EDGES) // columns - _BEFORE_LABEL,
        )
        cells = [f" {letter}  {pad(cut_end(label, wide), wide)} " for letter, label in self._choices]
        lines = ["".join(cells[row::rows]) for row in range(rows)]
        return "\n".join([*lines, " esc  close"])

    def on_mount(self) -> None:
        self.set_timer(SHOW_AFTER_S, lambda: self.remove_class("-waiting"))

    def on_key(self, event: events.Key) -> None:
        if event.key == "ctrl+c":
            return
        event.stop()
        event.prevent_default()
        letter = event.character if event.character in [letter for letter, _ in self._choices] else None
        if letter is not None and not self._before and letter in self._inner:
            self._before = letter
            self.border_title, self._choices = self._inner[letter]
            self._text.update(self._lines())
        elif letter is not None:
            self.post_message(self.Picked(self._popup, self._before + letter))
            self.remove()
        elif event.key in ("escape", "q", "backspace"):
            self.remove()


class Prompt(Overlay):
    """One line to type in. Enter posts `Given`; esc first clears the line, then closes."""

    FOCUS = "Input"

    class Given(Message):
        """The line that was typed, without blanks around it; never empty."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, label: str, hint: str, value: str = "") -> None:
        super().__init__(classes="prompt")
        self._label = label
        self._hint = hint
        self._value = value

    def compose(self) -> ComposeResult:
        yield Static(f" {self._label}", classes="prompt-label", markup=False)
        box = Input(self._value, compact=True, select_on_focus=False)
        box.cursor_blink = False
        yield box
        yield Static(f" {self._hint}", classes="prompt-hint", markup=False)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        text = event.value.strip()
        if text:
            self.post_message(self.Given(text))
            self.remove()

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape":
            event.stop()
            box = self.query_one(Input)
            if box.value:
                box.value = ""
            else:
                self.remove()
