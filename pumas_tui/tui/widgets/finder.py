"""Lists that filter while one types: `?` over the whole window and the palette at its foot."""

from collections.abc import Callable

from rich.segment import Segment
from rich.style import Style
from textual import events, on
from textual.app import ComposeResult
from textual.message import Message
from textual.strip import Strip
from textual.widgets import Input

from pumas_tui.core.domain.actions import Action
from pumas_tui.tui.presenters.cells import Glyphs, pad, spread
from pumas_tui.tui.presenters.frame import NARROW, rule
from pumas_tui.tui.presenters.help import Found, FoundRow, first_action, help_rows, palette_rows
from pumas_tui.tui.widgets.cursor_list import CursorList
from pumas_tui.tui.widgets.frame import FramedScreen, Overlay, TextLine

Find = Callable[[str, int, bool], Found]
"""(what was typed, width in cells, all screens?) -> rows."""

_FEW_KEYS = "up down  enter run  esc clear, close"
_MOVES = {
    "down": "down",
    "up": "up",
    "pagedown": "page_down",
    "pageup": "page_up",
    "ctrl+d": "half_down",
}


class FoundList(CursorList, can_focus=False):
    """Rows of actions; headings and explanations are passed over."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[FoundRow, ...] = ()

    def show(self, rows: tuple[FoundRow, ...]) -> None:
        """Other rows, cursor on the first that can be chosen."""
        self._rows = rows
        self.set_count(len(rows))
        self.cursor = first_action(rows)

    @property
    def current(self) -> Action | None:
        """The action under the cursor."""
        return self._rows[self.cursor].action if self._rows else None

    def lands_on(self, row: int, step: int) -> int:
        onwards = range(row, self.count) if step > 0 else range(row, -1, -1)
        return next((number for number in onwards if self._rows[number].action is not None), self.cursor)

    def paint_row(self, row: int, width: int, *, on_cursor: bool) -> Strip:
        found = self._rows[row]
        style = self.rich_style + Style(reverse=on_cursor or None, dim=found.dim or None)
        if found.action is None and not found.dim:
            style += Style(bold=True)
        text = " >" + found.text[2:] if on_cursor else found.text
        return Strip([Segment(pad(text, width), style)], width)


class Finder(Overlay):
    """A text box over a list of actions. Enter posts `Chosen`; esc first clears the box, then closes."""

    FOCUS = "Input"

    class Chosen(Message):
        """This action is to be done, once the finder is removed: focus goes back first."""

        def __init__(self, finder: "Finder", action: Action) -> None:
            super().__init__()
            self.finder = finder
            self.action = action

    def __init__(self, find: Find, glyphs: Glyphs, *, title: str, keys: str, id: str) -> None:
        super().__init__(id=id)
        self._find = find
        self._glyphs = glyphs
        self._title = title
        self._keys = keys
        self._everywhere = False
        self._box = Input(
            placeholder="type to filter", classes="finder-box", compact=True, select_on_focus=False
        )
        self._box.cursor_blink = False
        self._rows = FoundList()
        self._head, self._rule, self._foot = (
            TextLine(classes=f"finder-{name}") for name in ("title", "rule", "keys")
        )

    def compose(self) -> ComposeResult:
        yield from (self._head, self._box, self._rule, self._rows, self._foot)

    def on_resize(self) -> None:
        self._filter()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._filter()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        action = self._rows.current
        if action is not None and action.runnable:
            self.post_message(self.Chosen(self, action))

    def on_key(self, event: events.Key) -> None:
        if event.key in _MOVES:
            getattr(self._rows, f"action_{_MOVES[event.key]}")()
        elif event.key == "tab":
            self._everywhere = not self._everywhere
            self._filter()
        elif event.key == "escape":
            self._back()
        else:
            return
        event.stop()
        event.prevent_default()

    def _back(self) -> None:
        if self._box.value:
            self._box.value = ""
        else:
            self.remove()

    def _filter(self) -> None:
        width = self.size.width
        if width <= 0:
            return
        found = self._find(self._box.value, width, self._everywhere)
        self._rows.show(found.rows)
        counts = f"{found.hits} of {found.total}"
        title = spread(self._title, counts, width, self._glyphs)
        self._head.show(((title, "bold"),))
        self._rule.show(((rule(width, self._glyphs), "dim"),))
        keys = self._keys if width >= NARROW else _FEW_KEYS
        self._foot.show(((spread(keys, "", width, self._glyphs), ""),))


def help_finder(place: FramedScreen) -> Finder:
    """`?`: the keys of a screen, with the same on the command line."""

    def find(text: str, width: int, everywhere: bool) -> Found:
        return help_rows(place.SCOPE, place.keymap, text, width, place.glyphs, everywhere=everywhere)

    keys = "up down move  enter run  tab all screens  esc clear, close"
    return Finder(find, place.glyphs, title="Keys on this screen", keys=keys, id="help")


def palette(place: FramedScreen) -> Finder:
    """`:`: every action by its name."""

    def find(text: str, width: int, _everywhere: bool) -> Found:
        return palette_rows(place.SCOPE, place.keymap, text, width, place.glyphs, readonly=place.readonly)

    keys = "up down move  enter run  esc clear, close"
    return Finder(find, place.glyphs, title="All actions", keys=keys, id="palette")
