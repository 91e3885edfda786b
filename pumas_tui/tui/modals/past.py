"""The pages of the trash and of past changes: bringing things back, taking changes back, emptying."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual import on

from pumas_tui.core.domain.errors import PumasError
from pumas_tui.core.domain.history import OperationView, TrashItem
from pumas_tui.core.domain.text import plural, safe, size
from pumas_tui.tui.modals.ask import ask
from pumas_tui.tui.modals.deletion import NumberDialog
from pumas_tui.tui.modals.undo import UndoDialog
from pumas_tui.tui.presenters import past as present
from pumas_tui.tui.presenters.prose import Line, Tone
from pumas_tui.tui.widgets.chores import chore
from pumas_tui.tui.widgets.frame import READ_ONLY, FramedScreen
from pumas_tui.tui.widgets.list_page import ListPage

if TYPE_CHECKING:
    from pumas_tui.core.library import Library

_MOST = 200
"""Past changes that a page lists."""


class TrashPage(ListPage[TrashItem]):
    """What lies in the trash. `now` gives epoch seconds."""

    def __init__(
        self, place: FramedScreen, library: "Library", *, now: Callable[[], float] = time.time
    ) -> None:
        keys = (("enter", "bring back"), ("e", "empty ..."))
        super().__init__(
            lambda item, width: present.trash_text(item, now(), width), place.glyphs, keys, "Empty."
        )
        self._place = place
        self._library = library

    async def read(self) -> None:
        """Show what is there. Raises DiskError."""
        self.show_items(await self._library.history.trash())

    def show_items(self, items: tuple[TrashItem, ...]) -> None:
        """Show these things."""
        self._items = items
        self.show(present.trash_title(items), items)

    @on(ListPage.Pressed)
    def _pressed(self, event: ListPage.Pressed) -> None:
        event.stop()
        item = self.rows.current
        if self._place.readonly:
            self.say(READ_ONLY)
        elif item is not None:
            work = chore(self._restore, item) if event.key == "enter" else chore(self._empty)
            self._place.run_worker(work, group="past", exclusive=True)

    async def _restore(self, item: TrashItem) -> None:
        try:
            done = await self._library.history.restore(item.ref)
            await self.read()
        except PumasError as error:
            self.say(safe(error.message))
            return
        if done.failed:
            first = done.failed[0]
            self.say(f"Not all of it: {safe(first.path)}: {safe(first.refused)}")
        else:
            self.say(f"Brought back: {safe(item.name)}.")

    async def _empty(self) -> None:
        items, total = self._items, sum(item.size_bytes for item in self._items)
        shared = sum(item.size_bytes for item in items if item.names > 1)
        lines = [Line(f"No undo. {plural(len(items), 'thing')} of {size(total)} go for good:"), Line()]
        lines += [Line(f"  {size(item.size_bytes):>9}  {safe(item.name)}", clip=True) for item in items[:5]]
        if len(items) > 5:
            lines.append(Line(f"  ... {plural(len(items) - 5, 'more thing')}", Tone.DIM))
        if shared:
            said = f"! {size(shared)} of it has other hard links, and is not free until those go too."
            lines += [Line(), Line(said, Tone.WARNING, hang=2)]
        asked = "Type the number of things to go on"
        if not await ask(self._place, NumberDialog("Empty the trash?", lines, asked, len(items))):
            self.say("Nothing was removed.")
            return
        try:
            done = await self._library.history.empty([item.ref for item in items], total)
            await self.read()
        except PumasError as error:
            self.say(safe(error.message))
            return
        self.say(f"Gone for good: {present.emptied_words(done)}.")


class HistoryPage(ListPage[OperationView]):
    """Past changes, newest first. `now` gives epoch seconds."""

    def __init__(
        self, place: FramedScreen, library: "Library", *, now: Callable[[], float] = time.time
    ) -> None:
        keys = (("enter", "show, take back ..."),)
        super().__init__(
            lambda view, width: present.operation_text(view, now(), width),
            place.glyphs,
            keys,
            "Nothing was changed yet.",
        )
        self._place = place
        self._library = library

    async def read(self) -> None:
        """Show what was changed. Raises DiskError."""
        self.show_views(await self._library.history.list(_MOST))

    def show_views(self, views: tuple[OperationView, ...]) -> None:
        """Show these changes."""
        self.show(present.history_title(views), views)

    @on(ListPage.Pressed)
    def _pressed(self, event: ListPage.Pressed) -> None:
        event.stop()
        view = self.rows.current
        if view is not None and not view.undoable:
            self.say(f"It stays as it is: {safe(view.why_not) or view.state.value}.")
        elif view is not None:
            self._place.run_worker(chore(self._undo, view), group="past", exclusive=True)

    async def _undo(self, view: OperationView) -> None:
        try:
            preview = await self._library.history.preview_undo(view.id)
            if not await ask(self._place, UndoDialog(preview)):
                self.say("Nothing was undone.")
                return
            if self._place.readonly:
                self.say(READ_ONLY)
                return
            done = await self._library.history.undo(view.id)
            await self.read()
        except PumasError as error:
            self.say(safe(error.message))
            return
        if done.failed:
            first = done.failed[0]
            self.say(f"Not all of it: {safe(first.path)}: {safe(first.refused)}")
        else:
            self.say(f"Undone: {safe(view.title)}.")


async def show_trash(place: FramedScreen, library: "Library") -> None:
    """Open the page of the trash. Raises PumasError."""
    page = TrashPage(place, library)
    await place.show_over(page)
    await page.read()


async def show_history(place: FramedScreen, library: "Library") -> None:
    """Open the page of past changes. Raises PumasError."""
    page = HistoryPage(place, library)
    await place.show_over(page)
    await page.read()
