"""The local bus: facts from any thread of this process to every listener on the event loop."""

import asyncio
from collections.abc import AsyncIterator

from pumas_tui.core.domain.events import Event


class Bus:
    """Publish from any thread; each listener has a queue of its own, so a slow one delays nobody."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._queues: set[asyncio.Queue[Event | None]] = set()
        self._closed = False

    def publish(self, event: Event) -> None:
        """Hand a fact to all listeners. Thread-safe; silently late once the loop is gone."""
        if self._closed or self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(self._deliver, event)

    def _deliver(self, event: Event | None) -> None:
        for queue in self._queues:
            queue.put_nowait(event)

    def close(self) -> None:
        """End every listener's iteration. Call on the loop's thread."""
        self._closed = True
        self._deliver(None)

    async def events(self) -> AsyncIterator[Event]:
        """Facts from now on, in order, until the bus closes."""
        queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self._queues.add(queue)
        try:
            while not self._closed and (event := await queue.get()) is not None:
                yield event
        finally:
            self._queues.discard(queue)
