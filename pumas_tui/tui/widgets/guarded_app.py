"""An app whose keys pass the burst guard and which sees every paste first; style sheets; a clean way out."""

import asyncio
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Sequence
from pathlib import PurePath

from textual import events
from textual.app import App
from textual.driver import Driver
from textual.message import Message
from textual.timer import Timer

from pumas_tui import assets
from pumas_tui.tui.widgets.burst import GAP_S, BurstGuard, Pasted
from pumas_tui.tui.widgets.shown_rows import ShownRows

STYLES: list[str | PurePath] = [
    assets.styles_dir() / "base.tcss",
    *sorted(assets.styles_dir().glob("[!b]*.tcss")),
]
"""All style sheets, what the screens share first."""

_LOST_S = 0.2
_HANGUP_S = 0.8
_SPACERS = {"enter": "\n", "tab": "\t"}


class KeyHandled(Message):
    """Follows a key through the same queues, so that it arrives when the key has been dealt with."""


class GuardedApp(App[int]):
    """Subclasses give `pasted`. `gap_s` is how long a key is held, 0: not at all.

    Keys are delivered one by one, each after the one before it was handled: `/` moves the focus before the
    letters behind it arrive, also when a slow line brought them in one piece.
    """

    def __init__(self, *, gap_s: float = GAP_S) -> None:
        self.shown_rows = ShownRows()
        self._styled_with: dict[str, str] = {}
        super().__init__()
        self._gap_s = gap_s
        self._guard: BurstGuard[events.Key] = BurstGuard(gap_s)
        self._guard_timer: Timer | None = None
        self._held: deque[events.Key | Pasted] = deque()
        self._busy_since: float | None = None

    def get_driver_class(self) -> type[Driver]:
        from textual.drivers.linux_driver import LinuxDriver

        rows = self.shown_rows

        class SparingDriver(LinuxDriver):
            """Writes what the terminal does not show yet."""

            def write(self, data: str) -> None:
                super().write(rows.spared(data))

        return SparingDriver

    def refresh_css(self, animate: bool = True) -> None:
        """Read all style sheets again where colours changed. Textual does it twice for each new screen, which
        has its styles already."""
        variables = self.get_css_variables()
        if variables != self._styled_with:
            self._styled_with = variables
            super().refresh_css(animate)

    async def pasted(self, text: str) -> None:
        """Text came from the clipboard or a dropped file. Must return soon: keys wait meanwhile."""
        raise NotImplementedError

    async def paste_into_focus(self, text: str) -> None:
        """Hand pasted text to the widget that has the focus."""
        await super().on_event(events.Paste(text))

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Resize):
            self.shown_rows.forget()
        if isinstance(event, events.Paste) and not event.is_forwarded:
            await self._deliver([*self._guard.flush(), Pasted(event.text)])
        elif isinstance(event, events.Key) and not event.is_forwarded:
            await self._key(event)
        else:
            await super().on_event(event)

    async def _key(self, event: events.Key) -> None:
        if event.key.startswith("alt+") and len(event.key) == len("alt+x"):
            # Escape and a key that arrive together read as alt+key, which nothing here is bound to.
            await self._deliver([*self._guard.flush(), events.Key("escape", None)])
            event = events.Key(event.key[-1], event.key[-1])
        character = event.character if event.is_printable else _SPACERS.get(event.key)
        if self._gap_s <= 0:
            await self._deliver([event])
            return
        await self._deliver(self._guard.take(event, character, time.monotonic()))
        if self._guard_timer is not None:
            self._guard_timer.stop()
            self._guard_timer = None
        if self._guard.holding:
            self._guard_timer = self.set_timer(self._guard.hold_s, self._let_go)

    async def _let_go(self) -> None:
        self._guard_timer = None
        await self._deliver(self._guard.flush())

    async def _deliver(self, released: Sequence[events.Key | Pasted]) -> None:
        self._held.extend(released)
        lost = self._busy_since is not None and time.monotonic() - self._busy_since > _LOST_S
        if self._busy_since is None or lost:
            await self._deliver_next()

    async def on_key_handled(self) -> None:
        await self._deliver_next()

    async def _deliver_next(self) -> None:
        self._busy_since = None
        while self._held and self._busy_since is None:
            item = self._held.popleft()
            if isinstance(item, Pasted):
                await self.pasted(item.text)
                continue
            target = self.focused or self.screen
            await super().on_event(item)
            if target.post_message(KeyHandled()):
                self._busy_since = time.monotonic()


def leave_on_signals(app: GuardedApp) -> None:
    """SIGTERM and SIGHUP leave like `q`. A terminal that is gone cannot hold the process back for long."""
    loop = asyncio.get_running_loop()

    def leave(number: int) -> None:
        app.exit(128 + number)
        if number == signal.SIGHUP:
            deadline = threading.Timer(_HANGUP_S, os._exit, (128 + number,))
            deadline.daemon = True
            deadline.start()

    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, leave, number)
