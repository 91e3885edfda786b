"""A page over the whole window with one list: what to do with a row is said at its foot."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.app import ComposeResult
from textual.message import Message
from textual.strip import Strip

from pumas_tui.tui.presenters.cells import Glyphs, pad, spread
from pumas_tui.tui.presenters.frame import NARROW, rule
from pumas_tui.tui.widgets.cursor_list import CursorList
from pumas_tui.tui.widgets.frame import Overlay, TextLine

T = TypeVar("T")
_LEAD = 3  # cells before a row's text


class PageRows(CursorList, Generic[T]):
    """One line for each thing; `text` gives it in so many cells."""

    def __init__(self, text: Callable[[T, int], str]) -> None:
        super().__init__()
        self._text = text
        self._things: tuple[T, ...] = ()

    def show(self, things: Sequence[T]) -> None:
        """Other things; the cursor stays in its place."""
        self._things = tuple(things)
        self.set_count(len(things))

    @property
    def current(self) -> T | None:
        """The thing under the cursor."""
        return self._things[self.cursor] if self._things else None

    def paint_row(self, row: int, width: int, *, on_cursor: bool) -> Strip:
        text = self._text(self._things[row], max(width - _LEAD - 1, 1))
        style = self.rich_style + Style(reverse=on_cursor or None)
        return Strip([Segment(pad(f" {'>' if on_cursor else ' '} {text}", width), style)], width)


class ListPage(Overlay, Generic[T]):
    """Posts `Pressed` for `keys` other than those that move and leave. `say` writes its last line but one."""

    FOCUS = "PageRows"

    class Pressed(Message):
        """A key for the row in front, or for the page as a whole."""

        def __init__(self, page: "ListPage[T]", key: str) -> None:
            super().__init__()
            self.page = page
            self.key = key

    def __init__(
        self, text: Callable[[T, int], str], glyphs: Glyphs, keys: Sequence[tuple[str, str]], nothing: str
    ) -> None:
        super().__init__(classes="list-page")
        self.rows: PageRows[T] = PageRows(text)
        self._glyphs = glyphs
        self._keys = keys
        self._nothing = nothing
        self._title: tuple[str, str] = ("", "")
        self._said = ""
        self._lines = {
            name: TextLine(classes=f"page-{name}") for name in ("title", "rule", "message", "keys")
        }

    def compose(self) -> ComposeResult:
        yield self._lines["title"]
        yield self._lines["rule"]
        yield self.rows
        yield self._lines["message"]
        yield self._lines["keys"]

    def show(self, title: tuple[str, str], things: Sequence[T]) -> None:
        """What the page lists."""
        self._title = title
        self.rows.show(things)
        self._paint()

    def say(self, text: str) -> None:
        """One line, safe to print; it stays until the next."""
        self._said = text
        self._paint()

    def on_resize(self) -> None:
        self._paint()

    def _paint(self) -> None:
        width = self.size.width
        if width <= 0:
            return
        self._lines["title"].show(((spread(*self._title, width, self._glyphs), "bold"),))
        self._lines["rule"].show(((rule(width, self._glyphs), "dim"),))
        said = self._said or ("" if self.rows.count else self._nothing)
        self._lines["message"].show(((spread(said, "", width, self._glyphs), ""),))
        offered = "  ".join(f"{key} {does}" for key, does in self._keys) if self.rows.count else ""
        moves = "j k move  " if width >= NARROW and self.rows.count else ""
        self._lines["keys"].show(((spread(moves + offered, "esc close", width, self._glyphs), ""),))

    def on_key(self, event: events.Key) -> None:
        if event.key in ("escape", "q", "h", "left", "backspace"):
            self.remove()
        elif event.key in [key for key, _ in self._keys] and self.rows.count:
            self.post_message(self.Pressed(self, event.key))
        else:
            return
        event.stop()
        event.prevent_default()
