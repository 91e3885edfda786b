"""The dialog of a sharded set of which parts are not there."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from pumas_tui.core.domain.text import plural, safe
from pumas_tui.tui.modals.dialog import Dialog
from pumas_tui.tui.presenters.job_words import parts
from pumas_tui.tui.presenters.prose import Hint, Line

MissingAnswer = Literal["import", "again", "remove"]


class MissingPartDialog(Dialog[MissingAnswer]):
    """`facts` of the question: name, missing (numbers), present, total, folder.

    `again` asks to look into the folder once more: the part may have arrived meanwhile.
    """

    trigger = frozenset({"enter", "l", "right"})

    def __init__(self, facts: Mapping[str, Any], *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock=clock)
        self._model_name = safe(str(facts.get("name") or "?"))
        self._folder = safe(str(facts.get("folder") or "?"))
        self._missing = [int(number) for number in facts.get("missing") or ()]
        self._present, self._total = int(facts.get("present") or 0), int(facts.get("total") or 0)

    def heading(self) -> str:
        return f"{self._model_name}: {self._present} of {plural(self._total, 'part')}"

    def body(self, width: int) -> Sequence[Line]:
        which = parts(self._missing).capitalize()
        verb, it = ("is", "it") if len(self._missing) <= 1 else ("are", "them")
        return [
            Line(
                f"{which} {verb} not among the pasted paths, nor beside the others in {self._folder}/. "
                f"Without {it} no app can load the model."
            )
        ]

    def hints(self) -> Sequence[Sequence[Hint]]:
        have = plural(self._present, "part")
        return (
            (Hint("r", "look again in the folder", "look again"),),
            (
                Hint(
                    "w",
                    f"import the {have} that {'is' if self._present == 1 else 'are'} here",
                    f"import {have}",
                ),
            ),
            (Hint("d", "take the model off the queue", "off queue"), Hint("esc", "decide later", "later")),
        )

    def press(self, key: str) -> None:
        match key:
            case "r":
                self.close("again")
            case "w":
                self.close("import")
            case "d":
                self.close("remove")
