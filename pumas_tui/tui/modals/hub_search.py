"""The page that searches the Hub while one types: what is kept at once, the Hub when typing rests."""

import asyncio
import time
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widgets import Input, Static

from pumas_tui.core.domain.errors import NetworkError, PumasError
from pumas_tui.core.domain.hub_values import HubModel, HubPage
from pumas_tui.core.domain.text import safe
from pumas_tui.tui.modals.searching_hub import show_files
from pumas_tui.tui.presenters import hub_search as present
from pumas_tui.tui.presenters.cells import spread
from pumas_tui.tui.presenters.frame import Severity, rule
from pumas_tui.tui.presenters.hub import repo_heads, repo_row
from pumas_tui.tui.widgets.chores import chore
from pumas_tui.tui.widgets.frame import FramedScreen, Overlay, TextLine
from pumas_tui.tui.widgets.list_page import PageRows

if TYPE_CHECKING:
    from pumas_tui.core.library import Library

REST_S = 0.3
"""Seconds after the last key before the Hub is asked."""
FEWEST = 3
"""Characters that are asked for while one types: fewer fit half the Hub, and each question costs one of its
calls. Enter asks for any."""


class HubSearchPage(Overlay):
    """Each text in the box is a question with a number; asking one ends the call of the one before.

    Rows change only where nobody chooses among them: while one types, and when `r` asks for it. `clock` gives
    seconds, `now` those since the epoch.
    """

    FOCUS = "Input"

    def __init__(
        self,
        place: FramedScreen,
        library: "Library",
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(classes="list-page")
        self._place = place
        self._library = library
        self._clock = clock
        self._now = now
        self._numbers = count(1)
        self._question = self._shown = 0
        self._words = ""
        self._page: HubPage | None = None
        self._fresh: HubPage | None = None
        self._asking_since: float | None = None
        self._ticking: Timer | None = None
        self._said = ""
        self.box = Input(compact=True, select_on_focus=False)
        self.box.cursor_blink = False
        self.rows: PageRows[HubModel] = PageRows(repo_row)
        names = ("title", "rule", "heads", "message", "keys")
        self._lines = {name: TextLine(classes=f"page-{name}") for name in names}

    def compose(self) -> ComposeResult:
        yield self._lines["title"]
        with Horizontal(classes="page-box"):
            yield Static(" / ", markup=False)
            yield self.box
        for part in ("rule", "heads"):
            yield self._lines[part]
        yield self.rows
        for part in ("message", "keys"):
            yield self._lines[part]

    def on_mount(self) -> None:
        super().on_mount()
        self._ticking = self.set_interval(1.0, self._paint, pause=True)

    def search_for(self, text: str) -> None:
        """Put these words into the box and ask for them at once."""
        with self.prevent(Input.Changed):
            self.box.value = text
        self.box.cursor_position = len(text)
        self._leave_box()

    # Asking.

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        words = " ".join(event.value.split())
        if words != self._words:
            self._ask(words, at_once=False)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self._leave_box()

    def _ask(self, words: str, *, at_once: bool) -> None:
        self.begin(words)
        self.run_worker(chore(self._search, self._question, at_once), group="hub-search", exclusive=True)

    def begin(self, words: str) -> int:
        """A new question; its number."""
        self._question, self._words = next(self._numbers), words
        self._fresh, self._said, self._asking_since = None, "", None
        if not words:
            self._page = None
            self.rows.show(())
        self._paint()
        return self._question

    async def _search(self, number: int, at_once: bool) -> None:
        network, words = self._library.network, self._words
        kept = await network.kept_search(words) if words else None
        if kept is not None:
            self.show(number, kept)
        if not words or (kept is not None and not kept.stale):
            return
        if not at_once and len(words) < FEWEST:
            self.say(present.too_few(FEWEST))
            return
        if not at_once:
            await asyncio.sleep(REST_S)
        self._asking(self._clock())
        try:
            self.show(number, await network.search(words, asked_by_user=at_once, or_older=False))
        except PumasError as error:
            self.fail(number, error, by_user=at_once)
        finally:
            if number == self._question:
                self._asking(None)

    def _asking(self, since: float | None) -> None:
        self._asking_since = since
        if self._ticking is not None:
            (self._ticking.resume if since is not None else self._ticking.pause)()
        self._paint()

    # Answers.

    def show(self, number: int, page: HubPage) -> None:
        """The answer to a question; one that is older than what is shown is dropped. A second one to the same
        question takes no row's place: it is announced."""
        if number < max(self._shown, self._question):
            return
        if self._shown == number and self._page is not None and _ids(page) != _ids(self._page):
            self._fresh = page
        else:
            self._put(page, cursor=self.rows.cursor if self._shown == number else 0)
        self._shown = number
        self._paint()

    def _put(self, page: HubPage, cursor: int) -> None:
        self._page, self._fresh = page, None
        self.rows.show(page.models)
        self.rows.cursor = cursor
        self._paint()

    def fail(self, number: int, error: PumasError, *, by_user: bool) -> None:
        """Why there is no answer; what is kept stays."""
        if number != self._question:
            return
        if self._shown != number:
            self._put(HubPage(self._words, (), 0.0), cursor=0)
            self._shown = number
        retry_at = error.retry_at if isinstance(error, NetworkError) else None
        state = self._library.network.state()
        told = present.trouble(error, retry_at, state, self._now(), by_user=by_user)
        self.say(f"{told} {present.what_is_kept(self._page)}")

    def _tell(self, text: str, severity: Severity) -> None:
        self._place.show_message(text, severity)
        if self.is_attached:
            self.say(safe(text))

    def say(self, text: str) -> None:
        """One line, safe to print; it stays until the next question."""
        self._said = text
        self._paint()

    # Keys.

    def on_key(self, event: events.Key) -> None:
        if self.box.has_focus:
            if event.key == "escape" and self.box.value:
                self.box.value = ""
            elif event.key == "escape":
                self.remove()
            elif event.key in ("down", "tab"):
                self._leave_box()
            else:
                return
        elif event.key in ("escape", "q", "h", "left", "backspace"):
            self.remove()
        elif event.character == "/" or event.key in ("tab", "shift+tab"):
            self.box.focus()
        elif event.key in ("enter", "l", "right") and self.rows.current is not None:
            work = chore(show_files, self._place, self._library, self.rows.current.repo_id, self._tell)
            self._place.run_worker(work, group="hub-files", exclusive=True)
        elif event.key == "r" and self._fresh is not None:
            self._put(self._fresh, cursor=0)
        else:
            return
        event.stop()
        event.prevent_default()

    def on_descendant_focus(self) -> None:
        self._paint()

    def _leave_box(self) -> None:
        """To the rows. Those of another question go first, so that nobody chooses among them by mistake."""
        words = " ".join(self.box.value.split())
        if not words:
            return
        other = words != self._words
        page = self._page if self._shown == self._question and not other else None
        if page is None:
            self._page = None
            self.rows.show(())
        answered = page is not None and bool(page.asked_at) and not page.stale
        if other or (self._asking_since is None and not answered):
            self._ask(words, at_once=True)
        self.rows.focus()

    # Picture.

    def on_resize(self) -> None:
        self._paint()

    def _paint(self) -> None:
        width, glyphs = self.size.width, self._place.glyphs
        if width <= 0:
            return
        asking_s = None if self._asking_since is None else self._clock() - self._asking_since
        facts = present.found(self._page, asking_s, self._now(), width)
        self._lines["title"].show(((spread("Search Hugging Face", facts, width, glyphs), "bold"),))
        self._lines["rule"].show(((rule(width, glyphs), "dim"),))
        heads = f" {repo_heads(width - 2).text}" if self.rows.count else ""
        self._lines["heads"].show(((heads, "dim"),))
        typing = self.box.has_focus
        said = present.said(self._said, self._page, self._fresh, typing=typing)
        self._lines["message"].show(((spread(said, "", width, glyphs), ""),))
        keys = present.keys(typing=typing, rows=self.rows.count, fresh=self._fresh is not None, width=width)
        self._lines["keys"].show(((spread(keys, "esc close", width, glyphs), ""),))


def _ids(page: HubPage) -> list[str]:
    return [model.repo_id for model in page.models]


async def search_hub(place: FramedScreen, library: "Library", text: str) -> None:
    """Open the page; with a text it is searched for at once. Run it in a worker."""
    page = HubSearchPage(place, library)
    await place.show_over(page)
    if text.strip():
        page.search_for(text.strip())
