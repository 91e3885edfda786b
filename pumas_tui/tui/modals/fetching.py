"""Getting files into what is there: a model whose file is gone, from the Hub or from a path; an import that
lacks parts."""

import asyncio
from typing import TYPE_CHECKING

from pumas_tui.core.domain.errors import PumasError
from pumas_tui.core.domain.findings import FETCHABLE, Finding
from pumas_tui.core.domain.ids import JobId
from pumas_tui.core.domain.part_offers import PartOffer
from pumas_tui.core.domain.refetching import Refetch
from pumas_tui.core.domain.text import plural, safe, size
from pumas_tui.tui.modals.missing import MissingPartDialog
from pumas_tui.tui.presenters.frame import Severity
from pumas_tui.tui.presenters.job_words import parts
from pumas_tui.tui.presenters.prose import without_path
from pumas_tui.tui.widgets.frame import FramedScreen
from pumas_tui.tui.widgets.path_prompt import PathQuestion

if TYPE_CHECKING:
    from pumas_tui.core.library import Library


async def source_of(library: "Library", finding: Finding) -> str:
    """The repository that a finding's model came from, where its files may be had again; else empty."""
    if finding.kind not in FETCHABLE or finding.model_id is None or library.readonly:
        return ""
    try:
        return await library.refetching.source(finding.model_id)
    except PumasError:
        return ""


async def get_again(library: "Library", finding: Finding) -> tuple[str, Severity]:
    """Have what the model lacks brought; what came of asking, to be said. Raises PumasError."""
    plan = await library.refetching.plan(str(finding.model_id))
    name = safe(plan.lacking.name)
    if not plan.lacking.wanted:
        return f"{name} lacks nothing any more.", "info"
    if plan.waits:
        await library.refetching.submit(plan)
        return f"Waits for the network: {name} is got again from {safe(plan.repo.repo_id)} then.", "info"
    if not plan.files:
        one, why = plan.left[0]
        return f"{safe(one.name)} is not to be had: {safe(why)}", "warning"
    await library.refetching.submit(plan)
    files = safe(plan.files[0].wanted.name) if len(plan.files) == 1 else plural(len(plan.files), "file")
    short = f"; {plural(len(plan.left), 'file')} not found there" if plan.left else ""
    return f"Getting {files}, {size(plan.size_bytes)}, from {safe(plan.repo.repo_id)}{short}.  b jobs", "info"


async def fill_from_here(place: FramedScreen, library: "Library", finding: Finding) -> None:
    """Ask where the lost file is now, and have the model filled from there; what comes of asking is
    said. Raises PumasError."""
    name = safe(str(finding.model_id).rpartition("/")[2])
    prompt = PathQuestion(library.imports.complete, f"Path of the file of {name}, or of its folder")
    await place.show_over(prompt)
    typed = await prompt.answered()
    if typed is None:
        place.show_message("Nothing was changed.")
        return
    try:
        plan = await library.refetching.plan_from(str(finding.model_id), typed)
    except PumasError as error:
        place.show_message(f"Nothing was changed: {safe(without_path(error.message, error.path))}", "warning")
        return
    if plan.files:
        await bring(place, library, plan)
    else:
        place.show_message(f"{name} lacks nothing any more.")


async def bring(place: FramedScreen, library: "Library", plan: Refetch) -> None:
    """Have files of this machine brought into the model that lacks them. Raises PumasError."""
    await library.refetching.submit(plan)
    files = safe(plan.files[0].wanted.name) if len(plan.files) == 1 else plural(len(plan.files), "file")
    short = f"; {plural(len(plan.left), 'file')} not found there" if plan.left else ""
    told = f"Comparing SHA-256 of {files}, {size(plan.size_bytes)}, on its way in{short}.  b jobs"
    place.show_message(told)


class HubParts:
    """What the Hub has of the parts that one import lacks: asked once, while the question is in front."""

    def __init__(self, library: "Library", job_id: JobId) -> None:
        self._library = library
        self._job_id = job_id
        self._asking: asyncio.Task[None] | None = None
        self._offer: PartOffer | None = None

    def show_on(self, dialog: MissingPartDialog) -> None:
        """Have the dialog offer what there is, now or as soon as it is known."""
        library = self._library
        if self._offer is not None:
            dialog.offer(self._offer)
        elif self._asking is None and library.settings.network.lookups and not library.readonly:
            self._asking = asyncio.create_task(self._ask(dialog))

    async def _ask(self, dialog: MissingPartDialog) -> None:
        try:
            if (await self._library.network.look()).may_ask:
                self._offer = await self._library.refetching.offer(self._job_id)
        except PumasError:  # no offer: the other ways are there
            return
        if self._offer is not None:
            dialog.offer(self._offer)

    def stop(self) -> None:
        """Nobody looks any more."""
        if self._asking is not None:
            self._asking.cancel()

    async def get(self) -> str:
        """Have the parts that were offered brought; what is said of it. Raises PumasError."""
        offer = self._offer
        if offer is None:
            return "The Hub has offered nothing."
        await self._library.refetching.submit_parts(offer)
        which, repo = parts(offer.numbers), safe(offer.repo.repo_id)
        return f"Getting {which} of {safe(offer.name)} from {repo}; then the import goes on."
