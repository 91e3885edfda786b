"""Small overlays at the foot of the window: a choice by one letter, and one line to type in."""

from collections.abc import Sequence

from textual import events, on
from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import Input, Static

from pumas_tui.tui.presenters.cells import cut_end, pad, width_of
from pumas_tui.tui.widgets.frame import Overlay

SHOW_AFTER_S = 0.3
"""Whoever knows the letter types it at once and need not see the popup, nor pay for painting it."""


_POPUP_EDGES = 9  # border, padding, and what stands before a label


class Popup(Overlay, can_focus=True):
    """Letters and what they do, after a prefix key. Posts `Picked`, or nothing when put off.

    It has the keys from the first moment on and shows itself a moment later.
    """

    class Picked(Message):
        """A letter of popup `name` was pressed."""

        def __init__(self, popup: str, letter: str) -> None:
            super().__init__()
            self.popup = popup
            self.letter = letter

    def __init__(self, popup: str, title: str, choices: Sequence[tuple[str, str]]) -> None:
        super().__init__(classes="popup -waiting")
        self._popup = popup
        self._choices = choices
        self.border_title = title

    def compose(self) -> ComposeResult:
        wide = max(width_of(label) for _, label in self._choices)
        wide = min(wide, self.app.size.width - _POPUP_EDGES)
        lines = [f" {letter}  {pad(cut_end(label, wide), wide)} " for letter, label in self._choices]
        yield Static("\n".join([*lines, " esc  close"]), markup=False)

    def on_mount(self) -> None:
        self.set_timer(SHOW_AFTER_S, lambda: self.remove_class("-waiting"))

    def on_key(self, event: events.Key) -> None:
        if event.key == "ctrl+c":
            return
        event.stop()
        event.prevent_default()
        letters = [letter for letter, _ in self._choices]
        if event.character in letters:
            self.post_message(self.Picked(self._popup, str(event.character)))
        if event.character in letters or event.key in ("escape", "q", "backspace"):
            self.remove()


class Prompt(Overlay):
    """One line to type in. Enter posts `Given`; esc first clears the line, then closes."""

    FOCUS = "Input"

    class Given(Message):
        """The line that was typed, without blanks around it; never empty."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, label: str, hint: str) -> None:
        super().__init__(classes="prompt")
        self._label = label
        self._hint = hint

    def compose(self) -> ComposeResult:
        yield Static(f" {self._label}", classes="prompt-label", markup=False)
        box = Input(compact=True)
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
