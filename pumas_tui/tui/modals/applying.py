"""Applying a plan: the questions before it, how far it is, what is said of what came of it."""

import threading
from enum import StrEnum
from typing import TYPE_CHECKING

from pumas_tui.core.domain.mapping_answers import counts, displaced
from pumas_tui.core.domain.plan import Act, Answer, Applied, Resolution
from pumas_tui.tui.modals.ask import ask
from pumas_tui.tui.modals.mapping import AppliedDialog, ApplyDialog, RealFilesDialog
from pumas_tui.tui.presenters.mapping import Sheet
from pumas_tui.tui.presenters.mapping_changes import applied_text, problems
from pumas_tui.tui.presenters.mapping_notes import progress_line
from pumas_tui.tui.widgets.frame import FramedScreen

if TYPE_CHECKING:
    from pumas_tui.core.library import Library


class Next(StrEnum):
    """What is wanted after a plan was applied."""

    BACK = "back"
    AGAIN = "again"  # what failed, once more
    UNDO = "undo"


class Applying:
    """Applies one plan at a time over a screen."""

    def __init__(self, place: FramedScreen, library: "Library") -> None:
        self._place = place
        self._library = library
        self._stop: threading.Event | None = None
        self._progress: tuple[str, int, int] | None = None  # written by the worker thread as a whole

    @property
    def runs(self) -> bool:
        """A plan is being applied."""
        return self._stop is not None

    def stop(self) -> bool:
        """Stop after what is being done; False when nothing is."""
        if self._stop is not None:
            self._stop.set()
        return self._stop is not None

    def tell(self) -> None:
        """Say how far it is."""
        if self._progress is not None:
            self._place.show_message(progress_line(*self._progress))

    async def agreed(self, sheet: Sheet) -> Sheet | None:
        """Ask about real files, then about the whole. What is to be applied, None where it was put off."""
        files = displaced(sheet.plan, sheet.answers)
        if files:
            which = await ask(self._place, RealFilesDialog(files))
            if which is None:
                return None
            if which == "same":
                others = {one.target for one in files if not one.is_same}
                kept = {target: one for target, one in sheet.answers.items() if target not in others}
                sheet = sheet.answered(kept)
        if not counts(sheet.plan, sheet.answers).changes:
            self._place.show_message("Nothing to apply: every conflict is skipped.")
            return None
        return sheet if await ask(self._place, ApplyDialog(sheet, sheet.plan.header.app)) else None

    async def do(self, sheet: Sheet) -> Applied:
        """Apply it; what is removed was in the list that was agreed to. Raises PumasError."""
        app = sheet.plan.header.app

        def on_progress(done: int, total: int) -> None:
            self._progress = (app, done, total)

        self._stop = threading.Event()
        try:
            return await self._library.mapping.apply(
                sheet.plan, sheet.answers, on_progress=on_progress, stop=self._stop, confirmed=True
            )
        finally:
            self._stop = self._progress = None

    async def told(self, sheet: Sheet, applied: Applied) -> Next:
        """Say what came of it: in the message line, or in a dialog where not all went well."""
        bad = problems(sheet, applied)
        if bad:
            dialog = AppliedDialog(applied, bad)
            answer = await ask(self._place, dialog)
            if answer == "copy":
                await self._place.copy_out(dialog.text)
            return {"again": Next.AGAIN, "undo": Next.UNDO}.get(answer or "", Next.BACK)
        done = [result for result in applied.results if result.state == "done"]
        added = sum(result.action.act is Act.CREATE for result in done)
        key = self._place.keymap.first("global.undo")
        self._place.show_message(applied_text(added, len(done) - added, applied.app, key))
        return Next.BACK


def left(sheet: Sheet, applied: Applied) -> dict[str, Answer]:
    """Answers that still have something to say: those of what failed, and what was left out or skipped."""
    failed = {result.action.target for result in problems(sheet, applied)}
    return {
        target: answer
        for target, answer in sheet.answers.items()
        if target in failed or answer.resolution is Resolution.SKIP
    }
