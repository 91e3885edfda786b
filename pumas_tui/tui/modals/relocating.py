"""A drive, the library or an app that is somewhere else now: the dialog, and following the move."""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pumas_tui.core.domain.relocation import Relocation
from pumas_tui.core.domain.text import count, plural, safe
from pumas_tui.tui.modals.ask import ask
from pumas_tui.tui.modals.dialog import Dialog
from pumas_tui.tui.presenters.cells import pad_left
from pumas_tui.tui.presenters.prose import Hint, Line, Tone, labelled
from pumas_tui.tui.presenters.repairs import repaired
from pumas_tui.tui.widgets.frame import FramedScreen
from pumas_tui.tui.widgets.path_prompt import PathQuestion
from pumas_tui.tui.widgets.text_question import TextQuestion

if TYPE_CHECKING:
    from pumas_tui.core.library import Library

_ID_SHOWN = 4
_APPS = 2


class RelocationDialog(Dialog[bool]):
    """Follow this move? All targets were looked at."""

    trigger = frozenset({"enter", "m", "p"})

    def __init__(self, moved: Relocation, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock=clock)
        self._moved = moved

    def heading(self) -> str:
        missing = len(self._moved.missing)
        if missing:
            which = plural(missing, "file is", "files are")
            return f"Moved drive: {which} not at the new place"
        return "Moved drive"

    def body(self, width: int) -> Sequence[Line]:
        moved = self._moved
        proof = "the library's own marker says so" if moved.proven else "taken on your word"
        if moved.proven and moved.library_id:
            proof = f"library id {safe(moved.library_id)[:_ID_SHOWN]} matches"
        names = ", ".join(safe(name) for name in moved.app_names[:_APPS])
        apps = names if len(moved.app_names) <= _APPS else plural(len(moved.app_names), "app")
        where = f" in {apps}" if apps else ""
        lines = [
            *labelled("Old place", safe(moved.old), width, 12),
            *labelled("New place", f"{safe(moved.new)} ({proof})", width, 12),
            Line(),
            _counted(len(moved.links), f"link{where} gets the new path", f"links{where} get the new path"),
            _counted(moved.unchanged, "link needs no change", "links need no change"),
        ]
        if moved.apps:
            lines.append(_counted(len(moved.apps), "app moved along", "apps moved along"))
        if moved.waiting:
            lines.append(_counted(moved.waiting, "link waits for its disk", "links wait for their disk"))
        if moved.missing:
            missing = _counted(len(moved.missing), "target is not there", "targets are not there")
            lines.append(Line(f"{missing.text}: left as it is, l reads them", Tone.WARNING, clip=True))
        else:
            lines.append(Line("         all targets are at the new place (all were looked at)"))
        if moved.differing:
            words = _counted(moved.differing, "file has another size", "files have another size")
            lines.append(Line(words.text, Tone.WARNING, clip=True))
        return lines

    def full_list(self, width: int) -> Sequence[Line]:
        missing = [Line(f"not there  {safe(path)}", clip=True) for path in self._moved.missing]
        return [*missing, *(Line(f"re-point   {safe(one.path)}", clip=True) for one in self._moved.links)]

    def hints(self) -> Sequence[Sequence[Hint]]:
        if not self._moved.changes:
            return ((Hint("esc", "nothing has to change", "back"),),)
        links = len(self._moved.links)
        rewrite = f"rewrite {plural(links, 'link')}" if links else "follow the move"
        keys = [Hint("y", rewrite, "rewrite")]
        keys += [Hint("l", "read the list", "list")] if self.full_list(80) else []
        return ((*keys, Hint("esc", "not now", "not now")),)

    def press(self, key: str) -> None:
        if key == "y" and self._moved.changes:
            self.close(True)


def _counted(number: int, one: str, many: str) -> Line:
    return Line(f"  {pad_left(count(number), 5)}  {one if number == 1 else many}", clip=True)


async def follow(place: FramedScreen, library: "Library", moved: Relocation) -> bool:
    """Show what a move comes to, ask, do it, say it. False where it was put off. Raises PumasError."""
    if not await ask(place, RelocationDialog(moved)):
        place.show_message("Nothing was changed.")
        return False
    done = await library.health.relocate(moved)
    place.show_message(*repaired(done, place.keymap.first("global.undo"), "new path"))
    return True


async def moved_to(place: FramedScreen, library: "Library", old: str) -> bool:
    """Ask where what was at `old` is now, then follow it. Raises PumasError."""
    question = PathQuestion(library.imports.complete, f"Moved: where is {safe(old)} now")
    await place.show_over(question)
    new = await question.answered()
    return await follow(place, library, await library.health.relocation(old, new)) if new else False


async def moved_drive(place: FramedScreen, library: "Library") -> None:
    """What the library noticed by itself; else ask for the old place and the new one. Raises PumasError."""
    moved = await library.health.moved()
    if moved is not None:
        await follow(place, library, moved)
        return
    question = TextQuestion("Moved drive: the folder as it was before", "enter goes on, esc closes")
    await place.show_over(question)
    old = await question.answered()
    if old:
        await moved_to(place, library, old)
