"""The dialog of a name under which the library keeps other content."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from pumas_tui.core.domain.text import safe, size
from pumas_tui.tui.modals.dialog import Dialog
from pumas_tui.tui.presenters.prose import Hint, Line

TakenAnswer = Literal["rename", "remove"]


class NameTakenDialog(Dialog[TakenAnswer]):
    """`facts` of the question: model_id; `there` and `new`: name, size_bytes, precision, quantization."""

    trigger = frozenset({"enter", "l", "right"})

    def __init__(self, facts: Mapping[str, Any], *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock=clock)
        self._model_id = safe(str(facts.get("model_id") or "?"))
        self._there: Mapping[str, Any] = facts.get("there") or {}
        self._new: Mapping[str, Any] = facts.get("new") or {}

    def heading(self) -> str:
        return "A different model has this folder"

    def body(self, width: int) -> Sequence[Line]:
        held = safe(str(self._there.get("model_id") or self._model_id))
        there, new = _content(self._there), _content(self._new)
        return [
            Line(f"{held}/ holds {there or 'files that nothing is known of'}."),
            Line(f"The new one is {new}: other content of the same name."),
        ]

    def hints(self) -> Sequence[Sequence[Hint]]:
        name = self._model_id.rpartition("/")[2]
        return (
            (Hint("enter", f"new model: {name}-.... (4 digits of its hash)", "new model"),),
            (Hint("d", "take it off the queue", "off queue"), Hint("esc", "decide later", "later")),
        )

    def press(self, key: str) -> None:
        match key:
            case "enter":
                self.close("rename")
            case "d":
                self.close("remove")


def _content(facts: Mapping[str, Any]) -> str:
    """`a model of 4.7 GB, Q4_K_M`; empty where nothing is known."""
    if not facts.get("size_bytes"):
        return ""
    form = safe(str(facts.get("quantization") or facts.get("precision") or ""))
    return ", ".join(part for part in (size(int(facts["size_bytes"])), form) if part)
