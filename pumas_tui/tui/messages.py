"""Textual messages that carry facts from the core to the app, already reduced and coalesced."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual.message import Message

from pumas_tui.core.domain import events
from pumas_tui.core.domain.ids import ModelUid
from pumas_tui.core.domain.jobs import JobsState

if TYPE_CHECKING:
    from pumas_tui.core.domain.network_state import NetworkState


class JobsChanged(Message):
    """The state of all jobs after what happened since the last tick."""

    def __init__(self, state: JobsState) -> None:
        super().__init__()
        self.state = state


class ModelsChanged(Message):
    """Models came, went or changed; an empty tuple means any may have."""

    def __init__(self, uids: tuple[ModelUid, ...]) -> None:
        super().__init__()
        self.uids = uids


class ScanChanged(Message):
    """A scan of the library goes on or ended."""

    def __init__(self, scan: events.LibraryScanned) -> None:
        super().__init__()
        self.scan = scan


class SourcesSeen(Message):
    """A walk over pasted folders goes on."""

    def __init__(self, scan: events.ScanAdvanced) -> None:
        super().__init__()
        self.scan = scan


class LinksChanged(Message):
    """Links were made or removed, or a change was taken back."""


class PlansMade(Message):
    """Plans were made: conflicts by name of app, the latest of each."""

    def __init__(self, conflicts: Mapping[str, int]) -> None:
        super().__init__()
        self.conflicts = conflicts


class NetworkChanged(Message):
    """What to expect of the next call."""

    def __init__(self, state: "NetworkState") -> None:
        super().__init__()
        self.state = state


class LookedUp(Message):
    """Models that waited for a look-up got one."""

    def __init__(self, event: events.LookedUp) -> None:
        super().__init__()
        self.found = event.found
        self.filled = event.filled
        self.batch_id = event.batch_id


class MessagePosted(Message):
    """A line for the message line that no row tells."""

    def __init__(self, posted: events.MessagePosted) -> None:
        super().__init__()
        self.posted = posted
