"""Looking on this machine for the file that a model lacks: the search, what it found, bringing it in."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

from pumas_tui.core.domain.findings import Finding
from pumas_tui.core.domain.found_files import Searched
from pumas_tui.core.domain.refetching import Refetch
from pumas_tui.core.domain.text import plural, safe, size
from pumas_tui.tui.modals.ask import ask
from pumas_tui.tui.modals.dialog import Dialog
from pumas_tui.tui.modals.fetching import bring, fill_from_here
from pumas_tui.tui.modals.missing import LookingDialog
from pumas_tui.tui.presenters.missing import ended
from pumas_tui.tui.presenters.prose import Hint, Line, Tone
from pumas_tui.tui.widgets.frame import FramedScreen

if TYPE_CHECKING:
    from pumas_tui.core.library import Library

_SHOWN = 4
FileAnswer = Literal["take", "path"]


class FoundFileDialog(Dialog[FileAnswer]):
    """Files that are the lost ones by SHA-256, and where they are."""

    trigger = frozenset({"enter"})

    def __init__(self, plan: Refetch, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock=clock)
        self._plan = plan

    def heading(self) -> str:
        files = self._plan.files
        what = safe(files[0].wanted.name) if len(files) == 1 else plural(len(files), "file")
        return f"{what} {'was' if len(files) == 1 else 'were'} found"

    def body(self, width: int) -> Sequence[Line]:
        files = self._plan.files
        lines = [Line(safe(one.places[0]), clip=True) for one in files[:_SHOWN]]
        if len(files) > _SHOWN:
            lines.append(Line(f"and {len(files) - _SHOWN} more", Tone.DIM))
        told = (
            "Its SHA-256 is the recorded one. It is copied, and stays where it is."
            if len(files) == 1
            else "By SHA-256 they are the ones. They are copied, and stay where they are."
        )
        lines += [Line(), Line(told)]
        if self._plan.left:
            lines.append(Line(f"Still missing then: {plural(len(self._plan.left), 'file')}.", Tone.WARNING))
        return lines

    def hints(self) -> Sequence[Sequence[Hint]]:
        enter = f"put {size(self._plan.size_bytes)} into {safe(self._plan.lacking.name)}"
        return (
            (Hint("enter", enter, "use it"),),
            (Hint("p", "paste the path of another file", "paste a path"), Hint("esc", "later", "later")),
        )

    def press(self, key: str) -> None:
        if key == "enter":
            self.close("take")
        elif key == "p":
            self.close("path")


async def look_for_file(place: FramedScreen, library: "Library", finding: Finding) -> None:
    """Search, and have the model filled from what was found if the user wants it. Raises PumasError."""
    name = safe(str(finding.model_id).rpartition("/")[2])
    search = library.refetching.search(str(finding.model_id))
    dialog = LookingDialog(f"the file of {name}", lambda: search.so_far)
    running = asyncio.create_task(search.run())
    running.add_done_callback(lambda _: dialog.close(True))
    try:
        await ask(place, dialog)
    finally:
        search.stop()
    found = await running
    if not found.plan.files:
        place.show_message(_not_found(found), "warning")
        return
    answer = await ask(place, FoundFileDialog(found.plan))
    if answer == "take":
        await bring(place, library, found.plan)
    elif answer == "path":
        await fill_from_here(place, library, finding)
    else:
        place.show_message("Nothing was changed.")


def _not_found(found: Searched) -> str:
    others = f", {plural(found.others, 'file')} of its size with another content" if found.others else ""
    why = f"; {ended(found.stopped)}" if found.stopped else ""
    return f"Not found among {plural(found.files, 'file')} in {plural(found.places, 'place')}{others}{why}."
