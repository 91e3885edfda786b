"""Deleting and renaming the models in front: the questions, doing it, and the line that offers to undo it."""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pumas_tui.core.domain.deletion import Deletion
from pumas_tui.core.domain.models import ModelRow
from pumas_tui.core.domain.operations import StepResult
from pumas_tui.core.domain.renaming import RenamePlan
from pumas_tui.core.domain.text import plural, safe
from pumas_tui.tui.modals.ask import ask
from pumas_tui.tui.modals.deletion import Delete, DeleteDialog, for_good, which
from pumas_tui.tui.modals.dialog import Dialog
from pumas_tui.tui.presenters.past import emptied_words
from pumas_tui.tui.presenters.prose import Hint, Line, Tone, labelled
from pumas_tui.tui.widgets.frame import FramedScreen
from pumas_tui.tui.widgets.text_question import TextQuestion

if TYPE_CHECKING:
    from pumas_tui.core.library import Library


async def delete_models(place: FramedScreen, library: "Library", rows: Sequence[ModelRow]) -> bool:
    """Show what goes with these models, ask, do it, say it. True where something went. Raises PumasError."""
    deletion = await library.deleting.plan([row.uid for row in rows])
    how = await ask(place, DeleteDialog(deletion))
    if how is Delete.FOR_GOOD and not await ask(place, for_good(deletion)):
        how = None
    match how:
        case None:
            place.show_message("Nothing was deleted.")
        case Delete.UNLINK:
            await _unlink(place, library, deletion)
        case Delete.TRASH:
            done = await library.deleting.delete(deletion)
            _tell(place, deletion, done.links, done.failed)
        case Delete.FOR_GOOD:
            await _destroy(place, library, deletion)
    return how is not None


def _tell(place: FramedScreen, deletion: Deletion, gone: int, failed: Sequence[StepResult]) -> None:
    """What was moved to the trash, with so many links."""
    undo, settings, trash = (
        place.keymap.first(name) for name in ("global.undo", "global.settings", "settings.trash")
    )
    links = f" and {plural(gone, 'link')}" if gone else ""
    if failed:
        said = f"Not all of {which(deletion)} went: {failed[0].step.target}: {failed[0].message}."
        place.show_message(f"{said}   {undo} undo", "warning")
    else:
        keys = f"{undo} undo   {settings} {trash} trash"
        place.show_message(f"Moved {which(deletion)}{links} to the trash.   {keys}")


async def _unlink(place: FramedScreen, library: "Library", deletion: Deletion) -> None:
    plans = await library.mapping.plan_unlink(models=[model.uid for model in deletion.models])
    done = [await library.mapping.apply(plan, confirmed=True) for plan in plans if plan.actions]
    gone = sum(applied.count("done") for applied in done)
    undo = place.keymap.first("global.undo")
    failed = sum(applied.count("failed") for applied in done)
    also = f" {plural(failed, 'link')} could not be removed." if failed else ""
    said = f"Removed {plural(gone, 'link')} of {which(deletion)}; the model stays.{also}   {undo} undo"
    place.show_message(said, "warning" if failed else "info")


async def _destroy(place: FramedScreen, library: "Library", deletion: Deletion) -> None:
    """By way of the trash: up to the last moment all of it could be brought back."""
    done = await library.deleting.delete(deletion)
    mine = [item for item in await library.history.trash() if item.op_id == done.op_id]
    if done.failed or len(mine) < len(deletion.models):
        _tell(place, deletion, done.links, done.failed)
        return
    emptied = await library.history.empty([item.ref for item in mine], sum(item.size_bytes for item in mine))
    links = f" and {plural(done.links, 'link')}" if done.links else ""
    place.show_message(f"Deleted {which(deletion)}{links} for good: {emptied_words(emptied)}.")


class RenameDialog(Dialog[bool]):
    """Rename this model? With the links that follow."""

    trigger = frozenset({"r"})

    def __init__(self, plan: RenamePlan, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock=clock)
        self._plan = plan

    def heading(self) -> str:
        return f"Rename {safe(self._plan.old_id.rpartition('/')[2])}?"

    def body(self, width: int) -> Sequence[Line]:
        plan = self._plan
        lines = [
            *labelled("From", safe(plan.old_id), width),
            *labelled("To", safe(plan.new_id), width),
            Line(),
        ]
        follow = plural(len(plan.following), "link follows", "links follow")
        lines.append(Line(f"Its folder moves, {follow}. u takes it back."))
        if plan.staying:
            words = plural(len(plan.staying), "link is in an app that is", "links are in apps that are")
            lines.append(Line(f"{words} not here now: those follow when it is back.", Tone.WARNING))
        return lines

    def full_list(self, width: int) -> Sequence[Line]:
        return [Line(safe(link.path), clip=True) for link in self._plan.following]

    def hints(self) -> Sequence[Sequence[Hint]]:
        read = [Hint("l", "read the links", "links")] if self._plan.following else []
        return ((Hint("y", "rename it", "rename"), *read, Hint("esc", "no", "no")),)

    def press(self, key: str) -> None:
        if key == "y":
            self.close(True)


async def rename_model(place: FramedScreen, library: "Library", row: ModelRow) -> None:
    """Ask for another id, show what follows, do it, say it. Raises PumasError."""
    hint = "TYPE/FAMILY/NAME; enter shows what changes, esc closes"
    question = TextQuestion("Rename: the new id", hint, row.model_id)
    await place.show_over(question)
    text = await question.answered()
    if text is None or text == row.model_id:
        return
    plan = await library.renaming.plan(row.uid, text)
    if not await ask(place, RenameDialog(plan)):
        place.show_message("Nothing was renamed.")
        return
    done = await library.renaming.rename(plan)
    undo = place.keymap.first("global.undo")
    if done.failed:
        first = done.failed[0]
        said = (
            f"{plural(len(done.failed), 'step')} not done: {first.step.target}: {first.message}.  {undo} undo"
        )
        place.show_message(said, "warning")
    else:
        place.show_message(
            f"Renamed to {done.model_id}, {plural(done.links, 'link')} followed.   {undo} undo"
        )
