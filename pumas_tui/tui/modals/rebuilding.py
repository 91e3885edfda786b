"""Reading the metadata of all models again: the question before it, and doing it."""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pumas_tui.core.domain.text import plural
from pumas_tui.tui.modals.ask import ask
from pumas_tui.tui.modals.dialog import Dialog
from pumas_tui.tui.presenters.library import scanned
from pumas_tui.tui.presenters.prose import Hint, Line
from pumas_tui.tui.widgets.frame import FramedScreen

if TYPE_CHECKING:
    from pumas_tui.core.library import Library


class RebuildDialog(Dialog[bool]):
    """Rebuild the index?"""

    trigger = frozenset({"r"})

    def __init__(self, models: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock=clock)
        self._models = models

    def heading(self) -> str:
        return "Rebuild the index?"

    def body(self, width: int) -> Sequence[Line]:
        files = plural(self._models, "metadata.json file")
        return [
            Line(
                f"Reads about {files} again and compares names and sizes. The list stays usable. No file of "
                "a model is changed, and fields you set by hand are kept."
            )
        ]

    def hints(self) -> Sequence[Sequence[Hint]]:
        return ((Hint("y", "rebuild", "rebuild"), Hint("esc", "no", "no")),)

    def press(self, key: str) -> None:
        if key == "y":
            self.close(True)


async def rebuild(place: FramedScreen, library: "Library") -> None:
    """Ask, rebuild, say what came of it. Raises PumasError."""
    models = (await library.models.search("", limit=1)).total
    if not await ask(place, RebuildDialog(models)):
        place.show_message("Nothing was rebuilt.")
        return
    place.show_message("Rebuilding the index ...")
    place.show_message(*scanned(await library.models.rescan(deep=True)))
