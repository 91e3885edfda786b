"""The Library screen: search as you type, a list of any length, all that is known of the model in front."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Unpack

from textual import on
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Static

from pumas_tui.core.domain.actions import Scope
from pumas_tui.core.domain.errors import PumasError
from pumas_tui.core.domain.events import LibraryScanned
from pumas_tui.core.domain.ids import ModelUid
from pumas_tui.core.domain.models import Order, Page
from pumas_tui.core.domain.query import filter_words
from pumas_tui.core.domain.text import safe
from pumas_tui.tui.keymap import bindings
from pumas_tui.tui.modals.rescanning import rescan
from pumas_tui.tui.presenters import filters
from pumas_tui.tui.presenters import library as say
from pumas_tui.tui.presenters import models as present
from pumas_tui.tui.presenters.frame import KeyHint
from pumas_tui.tui.widgets.asks_the_hub import AsksTheHub
from pumas_tui.tui.widgets.browser import Browser
from pumas_tui.tui.widgets.chores import chore, telling
from pumas_tui.tui.widgets.frame import FrameOptions
from pumas_tui.tui.widgets.model_list import PAGE, ModelList
from pumas_tui.tui.widgets.popup import Choices, Inner, Popup
from pumas_tui.tui.widgets.search_line import SearchLine

if TYPE_CHECKING:  # opening a library loads databases and readers: not before the first paint
    from pumas_tui.core.library import Library


class LibraryScreen(AsksTheHub):
    """`scan` follows a rescan; it is set from above."""

    PLACE = "library"
    SCOPE: ClassVar[Scope] = Scope.LIBRARY
    BINDINGS = bindings(Scope.LIBRARY)
    AUTO_FOCUS = "ModelList"

    scan: reactive[LibraryScanned | None] = reactive(None, init=False, repaint=False)

    def __init__(self, library: "Library", **options: Unpack[FrameOptions]) -> None:
        super().__init__(**options)
        self._library = library
        self.line = SearchLine(library.settings.ui.search_debounce_ms / 1000)
        self.browser = Browser(self.glyphs)
        self._trouble = Static("", id="trouble", markup=False)
        self._order = Order()
        self._text = ""
        self._asked = self._all = self._total = 0  # answers to other than the newest question are dropped

    def compose_second_line(self) -> Iterable[Widget]:
        return (self.line, *super().compose_second_line())

    def compose_body(self) -> Iterable[Widget]:
        return (self._trouble, self.browser)

    def on_resize(self) -> None:
        self._show_counts()
        self._turned()
        if not self._all:  # at first; and what an empty library says depends on the width
            self._ask()

    def hints(self) -> list[KeyHint]:
        back = self.keymap.first("screen.back")
        return say.fitting(super().hints(), back, opened=self.browser.opened, found=self._total, of=self._all)

    def search_for(self, text: str) -> None:
        """Put a text into the search box and look for it."""
        self.browser.open(False)
        self.line.put(safe(" ".join(text.split()), 200))
        self.set_focus(self.line.box)

    def _ask(self, *, keep_row: bool = False) -> None:
        """Ask for what is in the box; the cursor stays on its model if that is in the answer."""
        self._asked += 1
        self._text, rows = self.line.text, self.browser.rows
        keep = rows.current.uid if rows.current else None
        row = rows.cursor if keep_row else 0
        self.run_worker(telling(self.show_message, self._query, self._asked, self._text, keep, row))

    async def _query(self, asked: int, text: str, keep: ModelUid | None, row: int) -> None:
        at = await self._library.models.position(keep, text, self._order) if keep is not None else None
        row = row if at is None else at
        page = await self._library.models.search(text, order=self._order, limit=PAGE, offset=row - row % PAGE)
        if not page.rows and page.total:
            row = page.total - 1
            page = await self._library.models.search(
                text, order=self._order, limit=PAGE, offset=row - row % PAGE
            )
        of = page.total if not text.strip() else await self._hits("")
        nothing = "" if page.total else await say.why_nothing(text, self._hits, self.keymap)
        if not of:
            nothing = say.empty(self._library.paths.root, self.keymap, self.size.width)
        if asked != self._asked or not self.is_attached:
            return
        current = self.browser.rows.current
        if keep is not None and current is not None and current.uid != keep:
            self._ask(keep_row=True)  # the cursor went on meanwhile: it must not be put back
        else:
            self._show(page, row, of, nothing)

    async def _hits(self, text: str) -> int:
        return (await self._library.models.search(text, limit=1)).total

    def _show(self, page: Page, row: int, of: int, nothing: str) -> None:
        self._all, self._total = of, page.total
        self.browser.show(page, row, nothing)
        self._show_counts()
        self.refresh_keys()

    def _show_counts(self) -> None:
        facts = filters.Counts(self._total, self._all, self._text, say.goes_on(self.scan))
        self.line.show_counts(filters.counts_text(facts, self._order, self.size.width))

    @on(SearchLine.Changed)
    @on(SearchLine.Left)
    def _typed(self, event: SearchLine.Changed | SearchLine.Left) -> None:
        self._ask()
        if isinstance(event, SearchLine.Left):
            self.set_focus(self.browser.rows)

    @on(ModelList.PageWanted)
    @on(ModelList.MarkWanted)
    def _rows_wanted(self, event: ModelList.PageWanted | ModelList.MarkWanted) -> None:
        mark = isinstance(event, ModelList.MarkWanted)
        at = (self._asked, event.offset, event.limit)
        self.run_worker(telling(self.show_message, self._fetch, *at, mark=mark))

    async def _fetch(self, asked: int, offset: int, limit: int, *, mark: bool) -> None:
        page = await self._library.models.search(self._text, order=self._order, limit=limit, offset=offset)
        if asked != self._asked:
            return
        if page.total != self._total:
            self._ask(keep_row=True)
        elif mark:
            self.browser.rows.mark(page.rows)
        else:
            self.browser.rows.set_page(page)

    @on(ModelList.Marked)
    def _marked(self) -> None:
        self.status = present.marked_text(tuple(self.browser.rows.marks.values()))

    @on(Browser.DetailWanted)
    def _detail_wanted(self, event: Browser.DetailWanted) -> None:
        self.run_worker(chore(self._detail, event), group="detail", exclusive=True)

    async def _detail(self, wanted: Browser.DetailWanted) -> None:
        try:
            self.browser.show_detail(await self._library.models.get(wanted.row.uid))
        except PumasError as error:
            self.browser.show_problem(wanted.row, safe(error.message))

    @on(Browser.Turned)
    def _turned(self) -> None:
        opened, rows = self.browser.opened, self.browser.rows
        self.set_class(opened, "-open")
        if opened and rows.current is not None:
            self.show_title(*present.breadcrumb(rows.current, rows.cursor, rows.count, self.size.width))
        self.refresh_keys()

    def models_changed(self) -> None:
        self._ask(keep_row=True)
        self.browser.refresh_detail()

    def watch_scan(self, scan: LibraryScanned | None) -> None:
        self._show_counts()
        if scan is not None and say.goes_on(scan):
            self.show_message(say.scanning(scan))
        elif self.message is not None and self.message.text.startswith(say.SCAN):
            self.message = None

    def rescan(self, *, quiet: bool = False) -> None:
        """Read again what changed on the disk, in the background; `quiet` tells only what is wrong."""
        self.run_worker(chore(self._rescan, quiet), group="rescan", exclusive=True)

    async def _rescan(self, quiet: bool) -> None:
        trouble = await rescan(self, self._library, quiet=quiet)
        self._trouble.update(trouble)
        self.set_class(bool(trouble), "-trouble")

    def action_search(self) -> None:
        self.browser.open(False)
        self.set_focus(self.line.box)

    def action_open(self) -> None:
        self.browser.open(True)

    def action_back(self) -> None:
        rows = self.browser.rows
        if self.browser.opened:
            self.browser.open(False)
        elif self.line.text or self.line.box.has_focus:
            self.line.put("")
            self.set_focus(rows)
        elif rows.marks:
            rows.clear_marks()

    async def _choose(self, popup: str, choices: Choices, inner: Inner | None = None) -> None:
        """Open a popup, at once where a mark or a filter is on: it says what the next letter is about."""
        at_once = bool(self.browser.rows.marks or filter_words(self.line.text))
        await self.show_over(Popup(popup, popup.title(), choices, inner=inner, at_once=at_once))

    async def action_filter(self) -> None:
        await self._choose("filter", filters.filter_choices(self.line.text), filters.inner_choices())

    async def action_order(self) -> None:
        await self._choose("order", present.ORDER_CHOICES)

    # Dialogs are loaded when they are first wanted: the first picture waits for none.

    def action_edit(self) -> None:
        from pumas_tui.tui.modals.editing import edit_models

        if chosen := self.browser.rows.chosen():
            self.run_worker(chore(edit_models, self, self._library, chosen))

    def action_delete(self) -> None:
        from pumas_tui.tui.modals.deleting import delete_models

        if chosen := self.browser.rows.chosen():
            self.run_worker(telling(self.show_message, delete_models, self, self._library, chosen))

    def action_rename(self) -> None:
        from pumas_tui.tui.modals.deleting import rename_model

        if row := self.browser.rows.current:
            self.run_worker(telling(self.show_message, rename_model, self, self._library, row))

    async def action_copy(self) -> None:
        await self._choose("copy", say.copy_choices(bool(self.browser.rows.current)))

    @on(Popup.Picked)
    def _picked(self, event: Popup.Picked) -> None:
        if event.popup == "copy":
            self.run_worker(chore(self._copy, event.letter))
        elif event.popup == "filter":
            self.line.put(filters.filtered(self.line.text, event.letter))
        else:
            self._order = present.reordered(self._order, event.letter)
            self._ask()

    async def _copy(self, letter: str) -> None:
        rows, paths = self.browser.rows.chosen(), self._library.paths
        await self.copy_out(say.copy_text(letter, rows, paths, self.message, self.header.host))
