"""The part of the program that is about the network: how it is, look-ups, the Hub.

Pages that ask the Hub are loaded when one is first wanted: the first picture waits for none of them.
"""

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.timer import Timer

from pumas_tui.core.domain.network_state import NetworkState, NetworkStatus
from pumas_tui.tui import messages
from pumas_tui.tui.presenters import network as present
from pumas_tui.tui.presenters.frame import HeaderFacts
from pumas_tui.tui.widgets.asks_the_hub import HubWanted, LookupWanted
from pumas_tui.tui.widgets.burst import GAP_S
from pumas_tui.tui.widgets.chores import chore
from pumas_tui.tui.widgets.frame import FrameOptions
from pumas_tui.tui.widgets.places_app import PlacesApp

if TYPE_CHECKING:
    from pumas_tui.core.library import Library


class OnlineApp(PlacesApp, inherit_bindings=False):
    """`library` is None until it is open; then `go_online`."""

    def __init__(self, header: HeaderFacts, options: FrameOptions, *, gap_s: float = GAP_S) -> None:
        super().__init__(header, options, gap_s=gap_s)
        self.library: Library | None = None
        self._network = NetworkState(NetworkStatus.ONLINE)
        self._passing: Timer | None = None
        self._asked_for_yes = False

    def go_online(self, library: "Library") -> None:
        """Show how the network is from now on, and let look-ups go on by themselves."""
        self._network = library.network.state()
        self._passing = self.set_interval(1.0, self._show_network, pause=True)
        self._show_network()
        library.network.start(library.events())

    def _show_network(self) -> None:
        words = present.header_words(self._network, time.time())
        if words != self.header.network:
            self.header = replace(self.header, network=words)
            for screen in self.places.values():
                screen.header = self.header
        if self._passing is not None:
            (self._passing.resume if present.moves_on(self._network) else self._passing.pause)()

    def on_network_changed(self, event: messages.NetworkChanged) -> None:
        said = present.told(self._network, event.state, time.time())
        self._network = event.state
        self._show_network()
        if said:
            self.place.show_message(said)

    def on_looked_up(self, event: messages.LookedUp) -> None:
        from pumas_tui.tui.modals.arrived import UNSURE, arrived_line

        if self._asked_for_yes or not any(trust in UNSURE for _, trust in event.found):
            self.place.show_message(arrived_line(event.found, event.filled))
        elif self.library is not None:
            self._asked_for_yes = True
            self.run_worker(chore(self._arrived, self.library, event))

    async def _arrived(self, library: "Library", event: messages.LookedUp) -> None:
        from pumas_tui.tui.modals.arrived import UNSURE, ArrivedDialog
        from pumas_tui.tui.modals.ask import ask
        from pumas_tui.tui.modals.looking_up import look_up
        from pumas_tui.tui.modals.undo import take_back

        manual = (await library.models.search("trust:manual", limit=1)).total
        match await ask(self.place, ArrivedDialog(event.found, manual, event.filled)):
            case "look":
                unsure = [uid for uid, trust in event.found if trust in UNSURE]
                await look_up(self.place, library, unsure)
            case "undo":
                await take_back(self.place, library, event.batch_id, event.filled)

    def on_lookup_wanted(self, event: LookupWanted) -> None:
        from pumas_tui.tui.modals.looking_up import look_up

        if self.library is not None:
            self.run_worker(chore(look_up, self.place, self.library, event.uids))

    def on_hub_wanted(self, event: HubWanted) -> None:
        from pumas_tui.tui.modals.hub_search import search_hub

        if self.library is not None:
            self.run_worker(chore(search_hub, self.place, self.library, event.text))
