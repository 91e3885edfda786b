"""What follows on the question of missing parts: a search, a path, parts for the import."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pumas_tui.core.domain.absent_parts import FoundPart, PartSearch
from pumas_tui.core.domain.errors import PumasError
from pumas_tui.core.domain.jobs import JobState, JobView, Need
from pumas_tui.core.domain.text import safe
from pumas_tui.tui.modals.ask import ask
from pumas_tui.tui.modals.fetching import HubParts
from pumas_tui.tui.modals.missing import FoundPartsDialog, LookingDialog, MissingPartDialog
from pumas_tui.tui.presenters import missing as present
from pumas_tui.tui.presenters.imports import plain_name
from pumas_tui.tui.presenters.job_words import parts
from pumas_tui.tui.presenters.prose import Line, Tone
from pumas_tui.tui.widgets.frame import FramedScreen
from pumas_tui.tui.widgets.path_prompt import PathQuestion

if TYPE_CHECKING:
    from pumas_tui.core.library import Library


async def settle_missing(screen: FramedScreen, library: "Library", view: JobView, need: Need) -> str:
    """Ask about the parts that a job lacks until it is settled or put off.

    What came of it, to be said; raises PumasError.
    """
    hub = HubParts(library, view.job.id)
    try:
        return await _settle(screen, library, view, need, hub)
    finally:
        hub.stop()


async def _settle(screen: FramedScreen, library: "Library", view: JobView, need: Need, hub: HubParts) -> str:
    asking = _Missing(screen, library, view, need)
    told: Sequence[Line] = ()
    while True:
        dialog = MissingPartDialog(need.facts, told=told)
        hub.show_on(dialog)
        answer = await ask(screen, dialog)
        match answer:
            case "hub":
                return await hub.get()
            case "look":
                said = await asking.look()
            case "path":
                said = await asking.path()
            case "again":
                return await asking.again()
            case "remove":
                await library.jobs.remove([view.job.id])
                return f"Off the queue: {asking.name}. No file was touched."
            case "import":
                await library.jobs.answer(view.job.id, need.kind, answer)
                return f"Queued: {asking.name}."
            case _:
                return f"Nothing decided: {asking.name}."
        if isinstance(said, str):
            return said
        told = said


class _Missing:
    """One job and the parts it lacks. Methods give what came of it, or lines to show with the question."""

    def __init__(self, screen: FramedScreen, library: "Library", view: JobView, need: Need) -> None:
        self._screen = screen
        self._library = library
        self._view = view
        self._wanted = present.numbers(need.facts)
        self.name = plain_name(view.job.payload)

    async def look(self) -> str | Sequence[Line]:
        """Search, and use what was found if the user wants it."""
        try:
            search = await self._search()
        except PumasError as error:
            return [Line(safe(error.message), Tone.WARNING)]
        if not search.found:
            return present.searched(search)
        return await self._offer(search.found)

    async def _search(self) -> PartSearch:
        hunt = self._library.imports.part_search(self._view.job.id)
        dialog = LookingDialog(f"{parts(self._wanted)} of {self.name}", lambda: hunt.so_far)
        running = asyncio.create_task(hunt.run())
        running.add_done_callback(lambda _: dialog.close(True))
        try:
            await ask(self._screen, dialog)
        finally:
            hunt.stop()
        return await running

    async def _offer(self, found: Sequence[FoundPart]) -> str | Sequence[Line]:
        answer = await ask(self._screen, FoundPartsDialog(found, self._wanted))
        if answer == "take":
            return await self._add(found)
        return await self.path() if answer == "path" else ()

    async def path(self) -> str | Sequence[Line]:
        """Ask for the path of a part and use that file."""
        which = parts(self._wanted) if len(self._wanted) == 1 else "a missing part"
        prompt = PathQuestion(self._library.imports.complete, f"Path of {which} of {self.name}")
        await self._screen.show_over(prompt)
        typed = await prompt.answered()
        if typed is None:
            return ()
        try:
            return await self._add([await self._library.imports.part_at(self._view.job.id, typed)])
        except PumasError as error:
            return [Line(safe(error.message), Tone.WARNING)]

    async def _add(self, found: Sequence[FoundPart]) -> str:
        job = await self._library.imports.add_parts(self._view.job.id, found)
        which = parts([part.number for part in found]).capitalize()
        if job.state is JobState.NEEDS_YOU:
            return f"{which} of {self.name} is known now; there is more to answer."
        return f"{which} of {self.name} is known now: the whole model is queued."

    async def again(self) -> str:
        """Inspect the same sources again: parts that arrived beside them make a better candidate."""
        from pumas_tui.core.domain import (
            import_payload,
        )  # the first picture does without what describes models

        order = import_payload.decode(self._view.job.payload)
        known = {member.entry.path for member in order.candidate.members}
        found = await self._library.imports.inspect_paths(sorted(known))
        better = [
            one
            for one in found.candidates
            if known & {member.entry.path for member in one.candidate.members}
            and len(one.candidate.missing) + len(one.short) < len(self._wanted)
        ]
        if not better:
            return f"Nothing new beside the other parts of {self.name}."
        await self._library.imports.submit(better, order.choices)
        await self._library.jobs.remove([self._view.job.id])
        return f"More parts are there: {self.name} is queued again."
