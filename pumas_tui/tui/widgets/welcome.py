"""The line that greets whoever comes back: what happened meanwhile, gone with the next key."""

import time
from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.widgets import Static

from pumas_tui.core.domain.actions import BY_ID
from pumas_tui.core.domain.jobs import JobView
from pumas_tui.tui.presenters.welcome import welcome
from pumas_tui.tui.widgets.chores import chore
from pumas_tui.tui.widgets.frame import FramedScreen, Overlay

_KEYS = "enter  show    esc  hide"


class Welcome(Overlay, can_focus=True):
    """Enter goes to the queue, esc hides it; any other key hides it and does what it always does."""

    def __init__(self, place: FramedScreen, text: str) -> None:
        super().__init__(classes="welcome")
        self._place = place
        self._text = text

    def compose(self) -> ComposeResult:
        yield Static(self._text, markup=False)
        yield Static(_KEYS, classes="welcome-keys", markup=False)

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        self.remove()
        if event.key == "enter":
            self._place.run_worker(chore(self._place.perform, BY_ID["global.import"]))
        elif event.key != "escape":
            self.screen.set_focus(self._focus_before)
            self.app.post_message(events.Key(event.key, event.character))


async def welcome_back(place: FramedScreen, since: float | None, jobs: Sequence[JobView]) -> None:
    """Tell over this screen what became of imports since a window was last open, if there is anything."""
    text = welcome(jobs, since, time.time()) if since is not None else ""
    if text:
        await place.show_over(Welcome(place, text))
