"""The dialogs of a set that lacks parts, or has cut-off ones: what to do, looking, what was found."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from textual.timer import Timer

from pumas_tui.core.domain.absent_parts import FoundPart
from pumas_tui.core.domain.part_offers import PartOffer
from pumas_tui.core.domain.text import plural, safe
from pumas_tui.tui.modals.dialog import Dialog
from pumas_tui.tui.presenters import missing as present
from pumas_tui.tui.presenters.job_words import parts
from pumas_tui.tui.presenters.prose import Hint, Line

MissingAnswer = Literal["look", "path", "again", "hub", "import", "remove"]
FoundAnswer = Literal["take", "path"]
_ANSWERS: Mapping[str, MissingAnswer] = {"enter": "look", "p": "path", "r": "again", "d": "remove"}
_TICK_S = 1.0


class MissingPartDialog(Dialog[MissingAnswer]):
    """`facts` of the question: name, missing (numbers), short (cut off), present, total, folder.

    `look` searches for the parts, `path` asks where one is, `again` looks into the folder once more: a part
    may have arrived meanwhile; `hub` brings them from where the Hub has them, once that is known. `told` is
    what the last answer came to.
    """

    trigger = frozenset({"enter", "l", "right"})

    def __init__(
        self,
        facts: Mapping[str, Any],
        *,
        told: Sequence[Line] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(clock=clock)
        self._facts = facts
        self._told = told
        self._offer: PartOffer | None = None
        self._present, self._total = int(facts.get("present") or 0), int(facts.get("total") or 0)

    def heading(self) -> str:
        name = safe(str(self._facts.get("name") or "?"))
        return f"{name}: {self._present} of {plural(self._total, 'part')}"

    def offer(self, found: PartOffer) -> None:
        """The Hub has what is missing: from now on it can be had from there."""
        self._offer = found
        self.refresh(layout=True)

    def body(self, width: int) -> Sequence[Line]:
        told = [Line(), *self._told] if self._told else []
        offered = [Line(), present.offered(self._offer)] if self._offer is not None else []
        return [*present.sentences(self._facts), *told, *offered]

    def hints(self) -> Sequence[Sequence[Hint]]:
        wanted = present.numbers(self._facts)
        it = "it" if len(wanted) == 1 else "them"
        which = parts(wanted) if len(wanted) == 1 else "one of them"
        have, are = plural(self._present, "part"), "is" if self._present == 1 else "are"
        offer = self._offer
        rows = [
            (Hint("enter", f"look for {it} around that folder and in the library", f"look for {it}"),),
            (Hint("p", f"paste the path of {which}", "paste its path"),),
            *(((Hint("h", present.offer_line(offer), "from the Hub"),),) if offer is not None else ()),
            (Hint("r", "look again in the folder", "look again"),),
            (Hint("w", f"import the {have} that {are} here", f"import {have}"),),
            (Hint("d", "take the model off the queue", "off queue"), Hint("esc", "decide later", "later")),
        ]
        return [row for row in rows if row[0].key != "w" or self._may_import]

    @property
    def _may_import(self) -> bool:
        """Half a file never comes in, an absent one may come later."""
        return not self._facts.get("short")

    def press(self, key: str) -> None:
        if key == "w" and self._may_import:
            self.close("import")
        elif key == "h" and self._offer is not None:
            self.close("hub")
        elif key in _ANSWERS:
            self.close(_ANSWERS[key])


class LookingDialog(Dialog[bool]):
    """A search goes on; `so_far` gives the files it saw and the folder it is in. esc stops it."""

    trigger = frozenset({"enter"})

    def __init__(
        self,
        name: str,
        so_far: Callable[[], tuple[int, str]],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(clock=clock)
        self._looked_for = safe(name)
        self._so_far = so_far
        self._ticking: Timer | None = None

    def on_mount(self) -> None:
        self._ticking = self.set_interval(_TICK_S, lambda: self.refresh(layout=True))

    def heading(self) -> str:
        return f"Looking for {self._looked_for}"

    def body(self, width: int) -> Sequence[Line]:
        return present.so_far(*self._so_far())

    def hints(self) -> Sequence[Sequence[Hint]]:
        return ((Hint("esc", "stop looking", "stop"),),)

    def press(self, key: str) -> None:
        """No other key does anything."""


class FoundPartsDialog(Dialog[FoundAnswer]):
    """Files that may be the missing parts: a name is no proof, so a person looks at where they are."""

    trigger = frozenset({"enter", "p"})

    def __init__(
        self,
        found: Sequence[FoundPart],
        wanted: Sequence[int],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(clock=clock)
        self._found = tuple(found)
        self._wanted = tuple(wanted)

    def heading(self) -> str:
        return present.found_title(self._found)

    def body(self, width: int) -> Sequence[Line]:
        return present.found_lines(self._found, self._wanted)

    def hints(self) -> Sequence[Sequence[Hint]]:
        them = "it" if len(self._found) == 1 else "them"
        whole = len(self._found) == len(self._wanted)
        enter = f"use {them}, import the whole model" if whole else f"use {them}"
        return (
            (Hint("enter", enter, f"use {them}"),),
            (Hint("p", "paste the path of another file", "paste a path"),),
            (Hint("esc", "decide later", "later"),),
        )

    def press(self, key: str) -> None:
        match key:
            case "enter":
                self.close("take")
            case "p":
                self.close("path")
