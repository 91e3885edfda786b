"""From a job's open question to the dialog that asks it, and from its answer to the library."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from textual.screen import Screen

from pumas_tui.core.domain import pickle_verdict
from pumas_tui.core.domain.jobs import JobView, Need, NeedKind
from pumas_tui.core.domain.text import plural
from pumas_tui.tui.modals.ask import ask
from pumas_tui.tui.modals.cancel import CancelDialog, Stop
from pumas_tui.tui.modals.duplicate import DuplicateDialog
from pumas_tui.tui.modals.name_taken import NameTakenDialog
from pumas_tui.tui.modals.parts import settle_missing
from pumas_tui.tui.modals.pickle import PickleDialog
from pumas_tui.tui.presenters.imports import plain_name
from pumas_tui.tui.presenters.job_words import asks_about_pickle, open_needs
from pumas_tui.tui.widgets.frame import FramedScreen

if TYPE_CHECKING:
    from pumas_tui.core.library import Library

_SAID = {
    "accept": "Queued",
    "import": "Queued",
    "refuse": "Kept out",
    "rename": "Queued",
    "skip": "Skipped",
}


def question(view: JobView) -> Need | None:
    """The first question of a job that has a dialog."""
    asked = (need for need in open_needs(view.job) if need.kind is not NeedKind.DISK_FULL)
    return next(asked, None)


async def settle_pickles(screen: Screen[Any], library: "Library", views: Sequence[JobView]) -> str:
    """One dialog for all pickle files of these jobs. What came of it, to be said; raises PumasError."""
    asking = [view for view in views if asks_about_pickle(view)]
    needs = [need for view in asking for need in open_needs(view.job) if need.kind is NeedKind.PICKLE]
    paths = [str(path) for need in needs for path in need.facts.get("sources") or ()]
    names = [plain_name(view.job.payload) for view in asking]
    scans = [pickle_verdict.read_facts(need.facts.get("scan")) for need in needs]
    choice = await ask(screen, PickleDialog(names, paths, scans))
    which = plain_name(asking[0].job.payload) if len(asking) == 1 else plural(len(asking), "pickle file")
    if choice is None:
        return f"Nothing decided: {which}."
    for view in asking:
        await library.jobs.answer(view.job.id, NeedKind.PICKLE, choice)
    return f"{_SAID[choice]}: {which}."


async def settle(screen: FramedScreen, library: "Library", view: JobView, need: Need) -> str:
    """Ask one question of one job. What came of it, to be said; raises PumasError."""
    if need.kind is NeedKind.PICKLE:
        return await settle_pickles(screen, library, [view])
    if need.kind is NeedKind.MISSING_PART:
        return await settle_missing(screen, library, view, need)
    name = plain_name(view.job.payload)
    if need.kind is NeedKind.NAME_TAKEN:
        choice: str | None = await ask(screen, NameTakenDialog(need.facts))
    else:
        choice = await ask(screen, DuplicateDialog(name, need.facts))
    match choice:
        case None:
            return f"Nothing decided: {name}."
        case "remove":
            await library.jobs.remove([view.job.id])
            return f"Off the queue: {name}. No file was touched."
        case _:
            await library.jobs.answer(view.job.id, need.kind, choice)
            return f"{_SAID[choice]}: {name}."


async def settle_cancel(screen: Screen[Any], library: "Library", views: Sequence[JobView]) -> str:
    """Ask what becomes of running copies. What came of it, to be said; raises PumasError."""
    answer, ids = await ask(screen, CancelDialog(views)), [view.job.id for view in views]
    which = plural(len(views), "import")
    if answer is Stop.KEEP:
        await library.jobs.pause(ids)
        return f"Stopping {which}. What is copied is kept: p goes on."
    if answer is Stop.THROW_AWAY:
        await library.jobs.cancel(ids)
        return f"Stopping {which}. Originals are not touched."
    return "Nothing was stopped."
