"""What look-ups came to that went on by themselves: said once, where some of it needs a yes.

What they filled in can be taken back from here, all at once.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from pumas_tui.core.domain.ids import ModelUid
from pumas_tui.core.domain.text import plural
from pumas_tui.core.domain.vocabulary import Trust
from pumas_tui.tui.modals.dialog import Dialog
from pumas_tui.tui.presenters.models import trust_word
from pumas_tui.tui.presenters.prose import Hint, Line

UNSURE = (Trust.LOW, Trust.MODIFIED)
"""Badges whose details wait for a person."""
_ROOMY = 70
_WORDS: Mapping[Trust, tuple[str, str]] = {
    Trust.VERIFIED: ("Verified by SHA-256", "details filled in"),
    Trust.HIGH: ("High (exact file name)", "details filled in, look when you like"),
    Trust.MODIFIED: ("Modified (other content)", "not changed: needs your yes"),
    Trust.LOW: ("Low (similar name)", "not changed: needs your yes"),
    Trust.NONE: ("None (nothing found)", "not changed"),
}


ArrivedAnswer = Literal["look", "undo"]


class ArrivedDialog(Dialog[ArrivedAnswer]):
    """Whether to look at those that need a yes, or to take back what was filled in, in `filled` models.

    `manual`: how many models look-ups leave alone.
    """

    def __init__(
        self,
        found: Sequence[tuple[ModelUid, Trust]],
        manual: int,
        filled: int = 0,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(clock=clock)
        self._counts = Counter(trust for _, trust in found)
        self._manual = manual
        self._filled = filled

    def heading(self) -> str:
        return f"{plural(self._counts.total(), 'model')} waited for a lookup"

    def body(self, width: int) -> Sequence[Line]:
        lines = [
            Line(f"{self._counts[trust]:>3}  {badge:<26} {what}", clip=True)
            if width >= _ROOMY
            else Line(f"{self._counts[trust]} {badge}: {what}", hang=2)
            for trust, (badge, what) in _WORDS.items()
            if self._counts[trust]
        ]
        if self._manual:
            lines.append(Line(f"{plural(self._manual, 'model')} marked as manual were not looked up."))
        return lines

    def hints(self) -> Sequence[Sequence[Hint]]:
        unsure = sum(self._counts[trust] for trust in UNSURE)
        look, close = Hint("enter", f"look at the {unsure}", "look"), Hint("esc", "close", "close")
        back = [Hint("u", f"take back the {self._filled}", "take back")] if self._filled else []
        return ((look, close, *back),)

    def press(self, key: str) -> None:
        if key == "enter":
            self.close("look")
        elif key == "u" and self._filled:
            self.close("undo")


def arrived_line(found: Sequence[tuple[ModelUid, Trust]], filled: int = 0) -> str:
    """The same in one line, where nothing needs a yes."""
    counts = Counter(trust for _, trust in found)
    parts = ", ".join(f"{counts[trust]} {trust_word(trust)}" for trust in _WORDS if counts[trust])
    back = "  u undo" if filled else ""
    return f"Looked up {plural(len(found), 'model')}: {parts}.{back}"
