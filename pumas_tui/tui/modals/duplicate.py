"""The dialog of content that the library has already."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from pumas_tui.core.domain.text import safe, size
from pumas_tui.tui.modals.dialog import Dialog
from pumas_tui.tui.presenters.prose import Hint, Line

DuplicateAnswer = Literal["skip", "import", "remove"]


class DuplicateDialog(Dialog[DuplicateAnswer]):
    """`name` is what people call the source; `facts` of the question: model_id, sha256, size_bytes."""

    trigger = frozenset({"enter", "l", "right"})

    def __init__(
        self, name: str, facts: Mapping[str, Any], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(clock=clock)
        self._source_name = safe(name)
        self._known_as = safe(str(facts.get("model_id") or "?")).rpartition("/")[2]
        self._sha256 = safe(str(facts.get("sha256") or ""))[:6]
        self._amount = size(int(facts.get("size_bytes") or 0))

    def heading(self) -> str:
        return f"{self._source_name} is already here"

    def body(self, width: int) -> Sequence[Line]:
        proof = f" (SHA-256 {self._sha256}...)" if self._sha256 else ""
        return [Line(f"Same content{proof} as {self._known_as}, {self._amount}.")]

    def hints(self) -> Sequence[Sequence[Hint]]:
        return (
            (Hint("enter", "skip it; remember this path as another source", "skip"),),
            (Hint("n", f"import it as a second model anyway ({self._amount} more)", "second model"),),
            (Hint("d", "take it off the queue", "off queue"), Hint("esc", "decide later", "later")),
        )

    def press(self, key: str) -> None:
        match key:
            case "enter":
                self.close("skip")
            case "n":
                self.close("import")
            case "d":
                self.close("remove")
