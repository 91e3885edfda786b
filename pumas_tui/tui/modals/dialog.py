"""The base of all dialogs: a box on the `dialogs` layer of the screen in front.

A dialog is a widget, not a screen: opening it repaints only its own cells. It takes every key while it is
shown, ignores those of its first quarter second (typed ahead, or late on a slow line), and `esc` always means
that nothing happens. A key that does harm is never the key that opened the dialog, never enter, never space.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import ClassVar, Generic, TypeVar

from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from pumas_tui.tui.presenters.prose import Hint, Line, Tone, clip, flow, hint_rows, short_hint_rows

T = TypeVar("T")

GRACE_S = 0.25
MAX_ROWS = 18
NARROW = 60
MANY = 1_000_000  # rows: past any end
_LEAVE_TO_THE_APP = frozenset({"ctrl+c", "ctrl+z", "ctrl+l"})
_BACK = frozenset({"escape", "q"})
_SCROLL = {"j": 1, "down": 1, "k": -1, "up": -1}
_PAGES = {"ctrl+d": 0.5, "ctrl+u": -0.5, "pagedown": 1.0, "pageup": -1.0}
_ENDS = {"g": -MANY, "home": -MANY, "G": MANY, "end": MANY}


class Dialog(Widget, Generic[T], can_focus=True):
    """A question. Subclasses say heading, body and hints, and call `close(value)` from `press`.

    `await dialog.answered()` gives the value, None when it was put off. `clock` gives seconds.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"dialog--{tone.value}" for tone in Tone}
    trigger: ClassVar[frozenset[str]] = frozenset()
    """Keys that open this dialog; none of them does harm inside."""
    reading_keys: ClassVar[frozenset[str]] = frozenset({"l"})
    """Keys that show the full list, and close it again."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._shown_at: float | None = None
        self._answered = asyncio.Event()
        self._value: T | None = None
        self._top = 0
        self._reading = False
        self._notice = ""

    # What a subclass says.

    def heading(self) -> str:
        """The title on the border."""
        raise NotImplementedError

    def body(self, width: int) -> Sequence[Line]:
        """What the dialog has to say, `width` cells wide; empty lines part paragraphs."""
        raise NotImplementedError

    def hints(self) -> Sequence[Sequence[Hint]]:
        """Rows of keys."""
        raise NotImplementedError

    def full_list(self, width: int) -> Sequence[Line]:
        """What `l` shows; empty: there is nothing more to read."""
        return ()

    def press(self, key: str) -> None:
        """A key that is not for reading or leaving: a character, or Textual's name of a key."""
        raise NotImplementedError

    # What a subclass may call.

    def close(self, value: T | None) -> None:
        """Give the answer; the first one counts."""
        if not self._answered.is_set():
            self._value = value
            self._answered.set()

    def notice(self, text: str) -> None:
        """A line above the keys: why a key did nothing."""
        self._notice = text
        self.show_end()

    def show_end(self) -> None:
        """Scroll to the last line of the body, where boxes to tick and notices stand."""
        self._top = MANY
        self.refresh(layout=True)

    async def answered(self) -> T | None:
        """Wait for the answer."""
        await self._answered.wait()
        return self._value

    # Life.

    def on_mount(self) -> None:
        self.focus()
        self.call_after_refresh(self._now_shown)

    def _now_shown(self) -> None:
        self._shown_at = self._clock()

    def on_resize(self) -> None:
        self.border_title = Content(clip(self.heading(), max(8, self.size.width - 6)))

    def on_blur(self) -> None:
        if self.app.app_focus and not self._answered.is_set():
            self.call_later(self.focus)

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        self.notice("Answer this first. What was pasted was not taken.")

    def on_key(self, event: events.Key) -> None:
        if event.key in _LEAVE_TO_THE_APP:
            return
        event.stop()
        event.prevent_default()
        if self._shown_at is None or self._clock() - self._shown_at < GRACE_S:
            return
        self._take(_name(event))

    def _take(self, key: str) -> None:
        if self._scrolled(key):
            return
        if key in self.reading_keys and self.full_list(self._width):
            self._read(not self._reading)
        elif key in _BACK and self._reading:
            self._read(False)
        elif key in _BACK:
            self.close(None)
        elif not self._reading:
            self._notice = ""
            self.press(key)
            self.refresh(layout=True)

    def _read(self, reading: bool) -> None:
        self._reading, self._top = reading, 0
        self.refresh(layout=True)

    def _scrolled(self, key: str) -> bool:
        page = max(1, self.content_size.height - 4)
        step = _SCROLL.get(key) or _ENDS.get(key) or round(_PAGES.get(key, 0) * page)
        if step:
            self._top += step
            self.refresh()
        return bool(step)

    # Picture.

    @property
    def _width(self) -> int:
        return max(1, self.content_size.width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return max(1, min(self._most, len(self._rows(width)) + 1 + len(self._keys(width))))

    @property
    def _most(self) -> int:
        return min(MAX_ROWS, self.app.size.height) - self.gutter.height

    def _rows(self, width: int) -> list[Line]:
        lines = self.full_list(width) if self._reading else self.body(width)
        noticed = [Line(), Line(self._notice, Tone.WARNING)] if self._notice else []
        return flow([*lines, *noticed], width)

    def _keys(self, width: int) -> list[Line]:
        rows: Sequence[Sequence[Hint]] = self.hints()
        if self._reading:
            rows = ((Hint("j k", "move", "move"), Hint("l, esc", "back", "back")),)
        roomy = hint_rows(rows, width)
        tight = width < NARROW or len(roomy) > self._most - 4
        return [Line(text) for text in (short_hint_rows(rows, width) if tight else roomy)]

    def render(self) -> Content:
        width, height = self._width, max(1, self.content_size.height)
        rows, keys = self._rows(width), self._keys(width)
        room = max(1, height - len(keys) - 1)
        hidden = len(rows) - room
        self._top = max(0, min(self._top, hidden)) if hidden > 0 else 0
        middle = Line()
        if hidden > 0:
            last = self._top + room
            middle = Line(f"-- {self._top + 1}-{last} of {len(rows)}, j k: more --", Tone.DIM)
        shown = [*rows[self._top : self._top + room], *[Line()] * -hidden, middle, *keys]
        return Content("\n").join([self._content(line) for line in shown])

    def _content(self, line: Line) -> Content:
        content = Content(line.text)
        if line.tone is Tone.PLAIN or not line.text:
            return content
        return content.stylize(self.get_visual_style(f"dialog--{line.tone.value}"))


def _name(event: events.Key) -> str:
    """The key as `press` gets it: the character itself, else Textual's name of the key."""
    if event.key != "space" and event.character is not None and event.is_printable:
        return event.character
    return event.key
