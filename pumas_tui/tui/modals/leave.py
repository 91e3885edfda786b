"""The dialog before leaving with answers that were not applied."""

import time
from collections.abc import Callable, Sequence
from enum import StrEnum

from pumas_tui.core.domain.text import plural
from pumas_tui.tui.modals.dialog import Dialog
from pumas_tui.tui.presenters.prose import Hint, Line


class Leave(StrEnum):
    """What to do with the answers."""

    LEAVE = "leave"  # they are kept for the next time
    APPLY = "apply"


class LeaveDialog(Dialog[Leave]):
    """Leave with so many answers to conflicts that are not applied?"""

    trigger = frozenset({"q"})

    def __init__(self, answers: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock=clock)
        self._answers = answers

    def heading(self) -> str:
        verb = "is" if self._answers == 1 else "are"
        return f"{plural(self._answers, 'conflict answer')} {verb} not applied"

    def body(self, width: int) -> Sequence[Line]:
        kept = "The answer is" if self._answers == 1 else "The answers are"
        return [Line(f"Nothing was changed. {kept} kept for this plan.")]

    def hints(self) -> Sequence[Sequence[Hint]]:
        return (
            (
                Hint("enter", "leave, keep the answers", "leave"),
                Hint("a", "apply first", "apply"),
                Hint("esc", "stay", "stay"),
            ),
        )

    def press(self, key: str) -> None:
        if key == "enter":
            self.close(Leave.LEAVE)
        elif key == "a":
            self.close(Leave.APPLY)
