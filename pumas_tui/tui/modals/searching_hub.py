"""Searching the Hub: words, repositories, files, a yes, jobs."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from pumas_tui.core.domain.errors import PumasError
from pumas_tui.core.domain.text import plural
from pumas_tui.tui.modals.ask import ask
from pumas_tui.tui.modals.hub import DownloadDialog, HubFilesDialog, HubSearchDialog
from pumas_tui.tui.widgets.frame import FramedScreen
from pumas_tui.tui.widgets.text_question import TextQuestion

if TYPE_CHECKING:
    from pumas_tui.core.library import Library

_HINT = "words of a repository's name; enter searches, esc closes"
_numbers = count(1)


async def search_hub(place: FramedScreen, library: "Library", text: str) -> None:
    """Search for this, or for what is typed first where it is empty. Run it in a worker."""
    words = text.strip() or await _typed(place, "")
    while words:
        dialog = HubSearchDialog(words, next(_numbers))
        answer = await _while_asking(place, dialog, partial(_ask, library, dialog, words))
        if answer is None:
            return
        if answer == "/":
            words = await _typed(place, words) or words
        else:
            await show_files(place, library, answer)


async def _ask(library: "Library", dialog: HubSearchDialog, words: str) -> None:
    try:
        dialog.show(await library.network.search(words, dialog.seq))
    except PumasError as error:
        dialog.fail(error)


async def _while_asking(
    place: FramedScreen, dialog: HubSearchDialog, work: Callable[[], Awaitable[None]]
) -> str | None:
    """The dialog's answer; what is still being asked then ends."""
    asking = asyncio.ensure_future(work())
    try:
        return await ask(place, dialog)
    finally:
        asking.cancel()
        with suppress(asyncio.CancelledError):
            await asking


async def _typed(place: FramedScreen, before: str) -> str:
    prompt = TextQuestion("Search Hugging Face for", _HINT, before)
    await place.show_over(prompt)
    return await prompt.answered() or ""


async def show_files(place: FramedScreen, library: "Library", repo_id: str) -> None:
    """Show the files of a repository and download what is chosen."""
    place.show_message(f"Reading the list of files of {repo_id} ...")
    try:
        model = await library.network.files(repo_id)
        place.message = None
        planned = await ask(place, HubFilesDialog(model, readonly=place.readonly))
        if planned is None or not await ask(place, DownloadDialog(repo_id, planned)):
            return
        submitted = await library.network.submit(planned)
        place.show_message(f"Queued: {plural(len(submitted.jobs), 'download')} from {repo_id}.")
    except PumasError as error:
        place.show_message(f"{error.message} ({error.hint})" if error.hint else error.message, "error")
