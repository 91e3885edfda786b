"""The Library screen: search as you type, a list of any length, all that is known of the model in front."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Static

from pumas_tui.core.domain.actions import Scope
from pumas_tui.core.domain.errors import DiskError, PumasError
from pumas_tui.core.domain.events import LibraryScanned
from pumas_tui.core.domain.ids import ModelUid
from pumas_tui.core.domain.models import Order, Page
from pumas_tui.core.domain.text import plural, safe
from pumas_tui.tui import terminal
from pumas_tui.tui.keymap import Keymap, bindings
from pumas_tui.tui.presenters import library as say
from pumas_tui.tui.presenters import models as present
from pumas_tui.tui.presenters.frame import KeyHint
from pumas_tui.tui.widgets.browser import Browser
from pumas_tui.tui.widgets.chores import chore
from pumas_tui.tui.widgets.frame import FramedScreen
from pumas_tui.tui.widgets.model_list import PAGE, ModelList
from pumas_tui.tui.widgets.popup import Popup
from pumas_tui.tui.widgets.search_line import SearchLine

if TYPE_CHECKING:  # opening a library loads databases and readers: not before the first paint
    from pumas_tui.core.library import Library


class LibraryScreen(FramedScreen):
    """`models_rev` grows when models changed, `scan` follows a rescan; both are set from above."""

    PLACE = "library"
    SCOPE: ClassVar[Scope] = Scope.LIBRARY
    BINDINGS = bindings(Scope.LIBRARY)
    AUTO_FOCUS = "ModelList"

    models_rev: reactive[int] = reactive(0, init=False, repaint=False)
    scan: reactive[LibraryScanned | None] = reactive(None, init=False, repaint=False)

    def __init__(
        self,
        library: "Library",
        *,
        ascii_only: bool = False,
        keymap: Keymap | None = None,
        readonly: bool = False,
    ) -> None:
        super().__init__(ascii_only=ascii_only, keymap=keymap, readonly=readonly)
        self._models = library.models
        self._paths = library.paths
        self.line = SearchLine(library.settings.ui.search_debounce_ms / 1000)
        self.browser = Browser(self.glyphs)
        self._trouble = Static("", id="trouble", markup=False)
        self._order = Order()
        self._text = ""
        self._asked = 0  # number of the newest question; answers to older ones are dropped
        self._all = self._total = 0

    def compose_second_line(self) -> Iterable[Widget]:
        yield self.line
        yield from super().compose_second_line()

    def compose_body(self) -> Iterable[Widget]:
        yield self._trouble
        yield self.browser

    def on_mount(self) -> None:
        self._ask()
        if not self.readonly:
            self.rescan(quiet=True)

    def on_resize(self) -> None:
        self._show_counts()
        if not self._all:  # what an empty library says depends on the width
            self._ask()

    def hints(self) -> list[KeyHint]:
        offered = super().hints()
        if self.browser.opened:
            back = KeyHint(self.keymap.first("screen.back"), "back", 95)
            return [back, *(hint for hint in offered if hint.label in ("copy", "import"))]
        return offered if self._all else [hint for hint in offered if hint.label in ("import", "copy")]

    def search_for(self, text: str) -> None:
        """Put a text into the search box and look for it."""
        self.browser.open(False)
        self.line.box.value = safe(" ".join(text.split()), 200)
        self.set_focus(self.line.box)

    def _ask(self, *, keep_row: bool = False) -> None:
        """Ask for what is in the box; the cursor stays on its model if that is in the answer."""
        self._asked += 1
        self._text, rows = self.line.text, self.browser.rows
        keep = rows.current.uid if rows.current else None
        self.run_worker(chore(self._query, self._asked, self._text, keep, rows.cursor if keep_row else 0))

    async def _query(self, asked: int, text: str, keep: ModelUid | None, row: int) -> None:
        at = await self._models.position(keep, text, self._order) if keep is not None else None
        row = row if at is None else at
        page = await self._models.search(text, order=self._order, limit=PAGE, offset=row - row % PAGE)
        if not page.rows and page.total:
            row = page.total - 1
            page = await self._models.search(text, order=self._order, limit=PAGE, offset=row - row % PAGE)
        of = page.total if not text.strip() else (await self._models.search("", limit=1)).total
        nothing = "" if page.total else await self._why_nothing(text, of)
        if asked != self._asked or not self.is_attached:
            return
        current = self.browser.rows.current
        if keep is not None and current is not None and current.uid != keep:
            self._ask(keep_row=True)  # the cursor went on meanwhile: it must not be put back
        else:
            self._show(page, row, of, nothing)

    async def _why_nothing(self, text: str, of: int) -> str:
        if not of:
            return say.empty(self._paths.root, self.keymap, self.size.width)
        words = text.split()
        shorter = say.without_each(words)
        hits = {word: (await self._models.search(rest, limit=1)).total for word, rest in shorter}
        return say.no_hits(words, hits)

    def _show(self, page: Page, row: int, of: int, nothing: str) -> None:
        self._all, self._total = of, page.total
        self.browser.show(page, row, nothing)
        self._show_counts()
        self.refresh_keys()

    def _show_counts(self) -> None:
        facts = present.Counts(self._total, self._all, bool(self._text.strip()), say.goes_on(self.scan))
        self.line.show_counts(present.counts_text(facts, self._order, self.size.width))

    @on(SearchLine.Changed)
    def _typed(self) -> None:
        self._ask()

    @on(SearchLine.Left)
    def _to_list(self) -> None:
        self._ask()
        self.set_focus(self.browser.rows)

    @on(ModelList.PageWanted)
    @on(ModelList.MarkWanted)
    def _rows_wanted(self, event: ModelList.PageWanted | ModelList.MarkWanted) -> None:
        mark = isinstance(event, ModelList.MarkWanted)
        self.run_worker(chore(self._fetch, self._asked, event.offset, event.limit, mark=mark))

    async def _fetch(self, asked: int, offset: int, limit: int, *, mark: bool) -> None:
        page = await self._models.search(self._text, order=self._order, limit=limit, offset=offset)
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
            self.browser.show_detail(await self._models.get(wanted.row.uid))
        except PumasError as error:
            self.browser.show_problem(wanted.row, safe(error.message))

    @on(Browser.Turned)
    def _turned(self) -> None:
        opened, rows = self.browser.opened, self.browser.rows
        self.set_class(opened, "-open")
        if opened and rows.current is not None:
            self.show_title(*present.breadcrumb(rows.current, rows.cursor, rows.count))
        self.refresh_keys()

    def watch_models_rev(self) -> None:
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
        trouble = ""
        try:
            report = await self._models.rescan()
            if report.problems or not quiet:
                self.show_message(*say.scanned(report))
        except DiskError as error:
            trouble = say.unreadable(self._paths.models, error.message, self.keymap)
        except PumasError as error:
            self.show_message(error.message, "warning")
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
        elif self.line.text:
            self.line.box.value = ""
            self.set_focus(rows)
        elif self.line.box.has_focus:
            self.set_focus(rows)
        elif rows.marks:
            rows.clear_marks()

    async def action_order(self) -> None:
        await self.show_over(Popup("order", "Order", present.ORDER_CHOICES))

    async def action_copy(self) -> None:
        await self.show_over(Popup("copy", "Copy", say.copy_choices(bool(self.browser.rows.current))))

    @on(Popup.Picked)
    def _picked(self, event: Popup.Picked) -> None:
        if event.popup == "copy":
            self.run_worker(chore(self._copy, event.letter))
            return
        self._order = present.reordered(self._order, event.letter)
        self._ask()

    async def _copy(self, letter: str) -> None:
        rows = self.browser.rows
        chosen = list(rows.marks.values()) or ([rows.current] if rows.current else [])
        text = say.copy_text(letter, chosen, self._paths, self.message, self.header.host)
        await terminal.copy(text, self.app.copy_to_clipboard)
        self.show_message(f"Copied {plural(len(text), 'character')}: {text}")
