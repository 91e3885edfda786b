"""One file from the Hub, piece by piece, by Range: goes on where an earlier try ended, at a bounded speed.

The bytes go to a sink in order; what they hash to is for the caller to check. Storage that a redirect leads
to gets no token.
"""

import asyncio
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from pumas_tui.core.domain.budget import Bucket
from pumas_tui.core.domain.errors import NetworkError, OfflineError, RateLimitedError
from pumas_tui.core.net.calls import Asking, Call, NoAnswerError, UnusableAnswerError, Why, refused
from pumas_tui.core.net.client import HttpClient, host_of
from pumas_tui.core.net.transports import Gate

MOST_TRIES = 5
"""Tries in a row that brought nothing."""
_LONGEST_PAUSE_S = 300.0
_RANGE = re.compile(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18}|\*)")


class Sink(Protocol):
    """Where the bytes go. Raises what its disk says."""

    def write(self, data: bytes) -> None: ...
    def restart(self) -> None:
        """The file begins anew: what was written goes."""


class Pace:
    """A bandwidth limit that all downloads of this process share. Thread-safe."""

    def __init__(self, bytes_per_s: int, clock: Callable[[], float] = time.monotonic) -> None:
        """0: no limit."""
        self._rate = bytes_per_s
        self._clock = clock
        self._free_at = 0.0
        self._lock = threading.Lock()

    def delay(self, count: int) -> float:
        """Seconds to wait after so many bytes."""
        if not self._rate:
            return 0.0
        with self._lock:
            now = self._clock()
            self._free_at = max(self._free_at, now) + count / self._rate
            return self._free_at - now


def _growing(attempt: int) -> float:
    return float(2**attempt)


@dataclass(frozen=True, slots=True)
class Line:
    """What downloads go over. `pause` gives the seconds before the n-th new try."""

    client: HttpClient
    gate: Gate
    pace: Pace
    pause: Callable[[int], float] = field(default=_growing)


@dataclass(slots=True)
class Fetch:
    """One file: its address, its size in bytes, and how many of them the sink has."""

    url: str
    size: int
    have: int
    sink: Sink

    async def run(self, line: Line) -> None:
        """Bring the rest. Raises NetworkError and its kin, NotFoundError, and what the sink raises."""
        tries = 0
        while self.have < self.size:
            before = self.have
            try:
                await self._once(line)
            except (NoAnswerError, OfflineError, RateLimitedError) as error:
                tries = 1 if self.have > before else tries + 1
                switched_off = isinstance(error, OfflineError) and error.retry_at is None
                if tries >= MOST_TRIES or switched_off:
                    raise
                await asyncio.sleep(_wait(error, line.pause(tries)))

    async def _once(self, line: Line) -> None:
        gate = line.gate
        await asyncio.to_thread(gate.enter, Bucket.RESOLVERS, asked_by_user=True)
        headers = {"range": f"bytes={self.have}-"} if self.have else {}
        told = False
        try:
            async with line.client.stream(Call("GET", self.url, Asking(), headers=headers)) as (
                status,
                said,
                chunks,
            ):
                await asyncio.to_thread(gate.answered, Bucket.RESOLVERS, status, said)
                told = True
                self._begin(status, said, gate)
                async for chunk in chunks:
                    self._take(chunk)
                    await asyncio.sleep(line.pace.delay(len(chunk)))
        except NoAnswerError as error:
            if not told:  # that the storage fails says nothing of the Hub
                await asyncio.to_thread(gate.failed if error.host == host_of(self.url) else gate.given_up)
            raise
        except BaseException:
            if not told:
                gate.given_up()
            raise
        if self.have < self.size:
            raise NoAnswerError("the connection ended in the middle of a file", Why.CUT)

    def _begin(self, status: int, headers: Mapping[str, str], gate: Gate) -> None:
        """Check that the bytes that come are those that are wanted."""
        if status == 429:
            raise gate.limited()
        if status >= 500 or status == 408:
            raise NoAnswerError(f"the server has a fault ({status})", Why.SERVER)
        if status == 416:
            self._restart()
            raise NoAnswerError("the server has no such part of the file", Why.SERVER)
        error = refused(status, headers, "the file")
        if error is not None:
            raise error
        part = _RANGE.fullmatch(headers.get("content-range", ""))
        if status == 206 and (part is None or int(part[1]) != self.have):
            raise UnusableAnswerError("the server sent another part of the file than was asked for")
        if status != 206 and self.have:
            self._restart()

    def _restart(self) -> None:
        self.sink.restart()
        self.have = 0

    def _take(self, chunk: bytes) -> None:
        if self.have + len(chunk) > self.size:
            raise UnusableAnswerError(f"the server sends more than the {self.size} bytes it told of")
        self.sink.write(chunk)
        self.have += len(chunk)


def _wait(error: NetworkError, pause: float) -> float:
    """Until the server takes calls again, where that is known."""
    until = error.retry_at - time.time() if error.retry_at is not None else pause
    return min(max(until, pause, 0.0), _LONGEST_PAUSE_S)
