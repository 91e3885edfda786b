"""The same answer for several conflicts: which of them, by tab, then the letter of the answer."""

from collections.abc import Sequence

from textual import events

from pumas_tui.tui.presenters.cells import cut_end, pad
from pumas_tui.tui.widgets.popup import Choices, Popup

_LABEL = 15
_EDGES = 4  # cells of border and padding


class AnswerPopup(Popup):
    """`scopes`: (name, label, how many and what they are). Posts `Picked` with the name and the letter."""

    def __init__(self, scopes: Sequence[tuple[str, str, str]], choices: Choices, *, at_once: bool) -> None:
        super().__init__(scopes[0][0], "The same answer for ...", choices, at_once=at_once)
        self._scopes = tuple(scopes)
        self._at = 0

    def _lines(self) -> str:
        room = self.app.size.width - _EDGES
        rows = [
            f" {'>' if at == self._at else ' '} {pad(label, _LABEL)} {which}"
            for at, (_, label, which) in enumerate(self._scopes)
        ]
        rows[0] = f"{pad(rows[0], 52)} tab: next one" if room >= 68 else rows[0]
        keys = "   ".join(f"{letter} {does}" for letter, does in self._choices)
        return "\n".join(cut_end(row, room) for row in (*rows, "", f" {keys}   esc no"))

    def on_key(self, event: events.Key) -> None:
        step = {"tab": 1, "down": 1, "j": 1, "shift+tab": -1, "up": -1, "k": -1}.get(event.key)
        if step is None:
            super().on_key(event)
            return
        event.stop()
        event.prevent_default()
        self._at = (self._at + step) % len(self._scopes)
        self._popup = self._scopes[self._at][0]
        self.remove_class("-waiting")
        self._text.update(self._lines())
