"""What stands round the client: the guard (breaker and budget, shared by all processes), retry, the cache.

A call goes `Kept(Retrying(Guarded(client)))`: every try of a retry passes the guard, and what is in the cache
passes none of them. `Dated` stands before all of them, where somebody wants to know how old answers are.
"""

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from pumas_tui.core.domain import network_state
from pumas_tui.core.domain.budget import Bucket
from pumas_tui.core.domain.errors import NetworkError, OfflineError, RateLimitedError
from pumas_tui.core.domain.kept_answers import KeptAnswer, Key, key_of
from pumas_tui.core.domain.network_state import HostState, NetworkState, NetworkStatus, Refusal
from pumas_tui.core.net.calls import (
    Answer,
    Call,
    Freshness,
    NoAnswerError,
    NothingKeptError,
    Transport,
    Why,
)

MOST_RETRIES = 2
_FIRST_PAUSE_S = 0.2
_KEPT_STATUS = (200, 404)
_KEPT_HEADERS = (
    "link",
    "x-repo-commit",
    "x-linked-etag",
    "x-linked-size",
    "etag",
    "content-length",
    "x-error-code",
)

_T = TypeVar("_T")


class Hosts(Protocol):
    """Where the state of hosts is kept; thread-safe."""

    def host(self, endpoint: str) -> HostState: ...
    def change_host(self, endpoint: str, decide: Callable[[HostState], tuple[HostState, _T]]) -> _T: ...


class Gate:
    """Whether calls to one host may go out, and what came of them. Sync; any thread. Short SQL each."""

    def __init__(
        self,
        hosts: Hosts,
        endpoint: str,
        *,
        allowed: Callable[[], bool] = lambda: True,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`allowed` False: the network is off. `clock`: epoch seconds."""
        self._hosts = hosts
        self._endpoint = endpoint
        self._allowed = allowed
        self._clock = clock

    def enter(self, bucket: Bucket, *, asked_by_user: bool) -> None:
        """A call is about to go out. Raises OfflineError, RateLimitedError: then it must not."""
        if not self._allowed():
            raise OfflineError("the network is switched off", hint="--offline or network.offline says so")
        now = self._clock()
        refusal = self._hosts.change_host(
            self._endpoint,
            lambda host: network_state.admitted(host, bucket, now, asked_by_user=asked_by_user),
        )
        if refusal is not None:
            raise self._said(refusal)

    def answered(self, bucket: Bucket, status: int, headers: Mapping[str, str]) -> None:
        """An answer came."""
        now = self._clock()
        self._change(lambda host: host.answered(bucket, status, headers, now))

    def failed(self) -> None:
        """No answer came."""
        now = self._clock()
        self._change(lambda host: host.failed(now))

    def given_up(self) -> None:
        """Nobody waits for the answer any more."""
        self._change(HostState.given_up)

    def state(self) -> NetworkState:
        """What to expect of the next call."""
        host = self._hosts.host(self._endpoint)
        return network_state.state_of(host, self._clock(), allowed=self._allowed())

    def limited(self) -> RateLimitedError:
        """The error for a call that met a 429."""
        return RateLimitedError("the server asks to slow down", retry_at=self.state().retry_at)

    def _change(self, change: Callable[[HostState], HostState]) -> None:
        self._hosts.change_host(self._endpoint, lambda host: (change(host), None))

    def _said(self, refusal: Refusal) -> NetworkError:
        if refusal.status is NetworkStatus.RATE_LIMITED:
            return RateLimitedError("the server grants no more calls for now", retry_at=refusal.retry_at)
        hint = "what is in the cache stays usable; calls go on by themselves"
        return OfflineError("calls failed just before", hint=hint, retry_at=refusal.retry_at)


@dataclass(frozen=True, slots=True)
class Guarded:
    """Asks the gate before each call and tells it what came of it. A 429 and an error of the server are
    raised: RateLimitedError, NoAnswerError."""

    inner: Transport
    gate: Gate

    async def send(self, call: Call) -> Answer:
        gate = self.gate
        await asyncio.to_thread(gate.enter, call.bucket, asked_by_user=call.asking.by_user)
        try:
            answer = await self.inner.send(call)
        except NoAnswerError:
            await asyncio.to_thread(gate.failed)
            raise
        except BaseException:
            gate.given_up()  # at once: who cancels waits for nothing
            raise
        await asyncio.to_thread(gate.answered, call.bucket, answer.status, answer.headers)
        if answer.status == 429:
            raise await asyncio.to_thread(gate.limited)
        if answer.status == 408 or answer.status >= 500:
            raise NoAnswerError(f"the server has a fault ({answer.status})", Why.SERVER)
        return answer


@dataclass(frozen=True, slots=True)
class Retrying:
    """Tries a failed call again, at most twice, with growing pauses of random length, never past its end.

    A call that timed out had its time: it is not tried again.
    """

    inner: Transport
    pause: Callable[[int], float] = lambda attempt: _FIRST_PAUSE_S * 2**attempt * random.uniform(0.5, 1.5)

    async def send(self, call: Call) -> Answer:
        for attempt in range(MOST_RETRIES):
            try:
                return await self.inner.send(call)
            except NoAnswerError as error:
                pause = self.pause(attempt)
                if error.why is Why.TIMEOUT or call.left_s <= pause:
                    raise
                await asyncio.sleep(pause)
        return await self.inner.send(call)


class Answers(Protocol):
    """Where answers are kept; thread-safe."""

    def get(self, key: Key) -> KeptAnswer | None: ...
    def put(self, key: Key, answer: KeptAnswer) -> None: ...


@dataclass(frozen=True, slots=True)
class Kept:
    """Answers from the cache as the call allows, and keeps what comes. `token`: who asks.

    An answer that is too old is asked for with its etag, so that one that did not change costs no body.
    """

    inner: Transport
    answers: Answers
    endpoint: str
    token: str = field(repr=False)
    clock: Callable[[], float] = time.time

    async def send(self, call: Call) -> Answer:
        freshness = call.asking.freshness
        if not call.age_s:
            return await self.inner.send(call)
        key = key_of(self.endpoint, self.token, call.method, call.url, call.body)
        kept = await asyncio.to_thread(self.answers.get, key)
        if kept is None and freshness is Freshness.CACHED:
            raise NothingKeptError("nothing is in the cache")
        if kept is not None:
            young = kept.is_young(call.age_s, self.clock())
            if freshness is Freshness.CACHED or (young and freshness is not Freshness.FRESH):
                return _given(kept, stale=not young)
        return await self._asked(call, key, kept)

    async def _asked(self, call: Call, key: Key, kept: KeptAnswer | None) -> Answer:
        if kept is not None and kept.etag:
            call = replace(call, headers={**call.headers, "if-none-match": kept.etag})
        try:
            answer = await self.inner.send(call)
        except NetworkError:
            if kept is None or call.asking.freshness is not Freshness.KEPT:
                raise
            return _given(kept, stale=True)
        now = self.clock()
        if answer.status == 304 and kept is not None:
            kept = kept.confirmed(now)
            await asyncio.to_thread(self.answers.put, key, kept)
            return _given(kept, stale=False)
        if answer.status in _KEPT_STATUS:
            headers = tuple((n, answer.headers[n]) for n in _KEPT_HEADERS if n in answer.headers)
            etag = answer.headers.get("etag", "")
            made = KeptAnswer(self.endpoint, answer.status, etag, now, answer.body, headers)
            await asyncio.to_thread(self.answers.put, key, made)
        return replace(answer, fetched_at=now)


def _given(kept: KeptAnswer, *, stale: bool) -> Answer:
    return Answer(kept.status, dict(kept.headers), kept.body, kept.fetched_at, stale)


@dataclass(slots=True)
class Dated:
    """Notes how old the answers are that come by: of one look-up, say. `oldest`: epoch seconds, None before
    the first answer."""

    inner: Transport
    oldest: float | None = None
    stale: bool = False

    async def send(self, call: Call) -> Answer:
        answer = await self.inner.send(call)
        self.oldest = answer.fetched_at if self.oldest is None else min(self.oldest, answer.fetched_at)
        self.stale |= answer.stale
        return answer
