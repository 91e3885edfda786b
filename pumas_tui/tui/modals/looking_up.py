"""Looking models up, one after the other: ask the Hub, show the answer, do what a person says of it."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Literal

from pumas_tui.core.domain.errors import PumasError
from pumas_tui.core.domain.identification import Identification
from pumas_tui.core.domain.ids import ModelUid
from pumas_tui.core.domain.text import safe
from pumas_tui.core.domain.vocabulary import Trust
from pumas_tui.tui.modals.ask import ask
from pumas_tui.tui.modals.editing import edit_models
from pumas_tui.tui.modals.lookup import Files, LookupAnswer, LookupDialog, Tensors, Took
from pumas_tui.tui.modals.searching_hub import show_files
from pumas_tui.tui.modals.tensors import compare_tensors
from pumas_tui.tui.presenters.models import trust_word
from pumas_tui.tui.widgets.frame import FramedScreen
from pumas_tui.tui.widgets.text_question import TextQuestion

if TYPE_CHECKING:
    from pumas_tui.core.library import Library

Wanted = Literal["done", "next", "stop"]
"""After a model: it is settled or left alone; one that waits is to follow; the form to edit it is open."""
_WORDS_HINT = "enter searches for exactly these, esc goes back"


async def look_up(place: FramedScreen, library: "Library", uids: Sequence[ModelUid]) -> None:
    """Look these models up in turn, then those that wait. Run it in a worker."""
    try:
        waiting = [ModelUid(row.uid) for row in await library.network.pending()]
        todo = [*uids, *(uid for uid in waiting if uid not in uids)]
        for number, uid in enumerate(todo):
            turn = _Turn(place, library, uid, len(waiting), more=number + 1 < len(todo))
            wanted = await turn.settle()
            if wanted == "stop" or (wanted != "next" and number + 1 >= len(uids)):
                return  # those that wait come only to who asks for the next one
    except PumasError as error:
        place.show_message(error.message, "error")


class _Turn:
    """One model."""

    def __init__(
        self, place: FramedScreen, library: "Library", uid: ModelUid, waiting: int, *, more: bool
    ) -> None:
        self._place = place
        self._library = library
        self._uid = uid
        self._waiting = waiting
        self._more = more

    async def settle(self) -> Wanted:
        """Ask until it is settled or put off. Raises PumasError."""
        words, network = "", self._library.network
        while True:
            detail = await self._library.models.get(self._uid)
            changes = partial(network.changes, detail)
            dialog = LookupDialog(detail, changes, network.state, waiting=self._waiting, more=self._more)
            name = safe(detail.row.official_name)
            match await self._asked(dialog, words):
                case Took(candidate, fields):
                    await network.confirm(self._uid, candidate, only=fields)
                    self._place.show_message(
                        f"Taken over from {candidate.repo_id}: {name}. The badge is Manual."
                    )
                    return "done"
                case Files(repo_id):
                    await show_files(self._place, self._library, repo_id)
                case Tensors(candidate):
                    await compare_tensors(self._place, self._library, self._uid, candidate)
                case "manual":
                    await self._library.editing.protect(self._uid)
                    self._place.show_message(f"{name} is Manual now: lookups leave it alone.")
                    return "done"
                case "edit":
                    await edit_models(self._place, self._library, [detail.row])
                    return "stop"
                case "words":
                    words = await self._other_words(words) or words
                case "next":
                    return "next"
                case _:
                    return "done"

    async def _asked(self, dialog: LookupDialog, words: str) -> LookupAnswer | None:
        """Open the dialog and ask meanwhile; closing it stops the asking."""

        async def asking() -> None:
            try:
                network = self._library.network
                found = await network.identify(self._uid, words=words, tell=dialog.found)
                waits = found.trust is Trust.PENDING
                kept = await network.kept(dialog.detail, words=words) if waits else None
            except PumasError as error:
                dialog.close(None)
                self._place.show_message(error.message, "error")
                return
            dialog.show(found, kept)
            self._tell(found)

        task = asyncio.ensure_future(asking())
        try:
            return await ask(self._place, dialog)
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def _tell(self, found: Identification) -> None:
        if found.filled and found.best is not None:
            self._place.show_message(
                f"{trust_word(found.trust)}: details filled in from {found.best.repo_id}.  u undo"
            )

    async def _other_words(self, before: str) -> str | None:
        prompt = TextQuestion("Search Hugging Face for", _WORDS_HINT, before)
        await self._place.show_over(prompt)
        return await prompt.answered()
