"""The only reader of the core's events: reduces them to states and posts those to the app, once a tick.

Ten jobs that each move a hundred times a second cost one message a tick. Over SSH a tick in which only
progress moved waits for the next whole second; rows that changed state never wait.
"""

import asyncio
from collections.abc import AsyncIterator, Callable

from textual.message import Message

from pumas_tui.core.domain import events
from pumas_tui.core.domain.ids import ModelUid
from pumas_tui.core.domain.jobs import JobsState, JobView, reduce, without
from pumas_tui.tui import messages

TICK_S = 0.1
SLOW_TICK_S = 1.0


class Bridge:
    """Takes facts with `take`, posts what they come to with `flush`."""

    def __init__(self, post: Callable[[Message], object], state: JobsState | None = None) -> None:
        self._post = post
        self.state = state if state is not None else JobsState()
        self._rows_changed = False
        self._progressed = False
        self._models: set[ModelUid] | None = set()
        self._scan: events.LibraryScanned | None = None
        self._sources: events.ScanAdvanced | None = None
        self._links = False
        self._plans: dict[str, int] = {}

    @property
    def urgent(self) -> bool:
        """Something other than progress waits to be posted."""
        return self._rows_changed or self._models is None or bool(self._models) or self._scan is not None

    def know(self, views: tuple[JobView, ...]) -> None:
        """Jobs that were there before the first event."""
        for view in views:
            self.state = reduce(self.state, view.job, view.progress)
        self._rows_changed = True

    def take(self, event: events.Event) -> None:
        """Note one fact; what is rare and does not add up goes on at once."""
        match event:
            case events.JobChanged(job=job, progress=progress):
                self.state = reduce(self.state, job, progress)
                self._rows_changed |= job is not None
                self._progressed = True
            case events.JobsRemoved(ids=ids):
                self.state = without(self.state, ids)
                self._rows_changed = True
            case events.ModelsChanged(uids=uids):
                self._models = None if not uids or self._models is None else self._models | set(uids)
            case events.LibraryScanned():
                self._scan = event
            case events.ScanAdvanced():
                self._sources = event
            case events.OperationChanged():
                self._links = True
            case events.PlanReady(app=app, conflicts=conflicts):
                self._plans[app] = conflicts
            case events.NetworkChanged(state=network):
                self._post(messages.NetworkChanged(network))
            case events.LookedUp():
                self._post(messages.LookedUp(event))
            case events.MessagePosted():
                self._post(messages.MessagePosted(event))

    def flush(self) -> None:
        """Post what changed since the last time: the latest of each, nothing twice."""
        if self._rows_changed or self._progressed:
            self._rows_changed = self._progressed = False
            self._post(messages.JobsChanged(self.state))
        if self._models is None or self._models:
            uids, self._models = tuple(self._models or ()), set()
            self._post(messages.ModelsChanged(uids))
        if self._scan is not None:
            scan, self._scan = self._scan, None
            self._post(messages.ScanChanged(scan))
        if self._sources is not None:
            seen, self._sources = self._sources, None
            self._post(messages.SourcesSeen(seen))
        if self._plans:
            plans, self._plans = self._plans, {}
            self._post(messages.PlansMade(plans))
        if self._links:
            self._links = False
            self._post(messages.LinksChanged())


async def run(bridge: Bridge, facts: AsyncIterator[events.Event], *, slow: bool) -> None:
    """Read facts until they end. `slow`: progress alone goes on once a second."""
    loop = asyncio.get_running_loop()
    calm_until = loop.time()
    pending: asyncio.TimerHandle | None = None

    def flush() -> None:
        nonlocal calm_until, pending
        calm_until = loop.time() + (SLOW_TICK_S if slow else TICK_S)
        pending = None
        bridge.flush()

    def schedule() -> None:
        nonlocal pending
        at = loop.time() + TICK_S if bridge.urgent else max(calm_until, loop.time() + TICK_S)
        if pending is not None and pending.when() <= at:
            return
        if pending is not None:
            pending.cancel()
        pending = loop.call_at(at, flush)

    try:
        bridge.flush()
        async for event in facts:
            bridge.take(event)
            schedule()
    finally:
        if pending is not None:
            pending.cancel()
