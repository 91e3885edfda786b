"""How the local Hub can misbehave, as values: given for a pattern of requests, played instead of the answer.

Each ends by itself or when the client leaves; none holds the server up.
"""

import asyncio
import threading
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from itertools import chain, repeat
from typing import Protocol

from tests.hub.exchange import Exchange
from tests.hub.wire import Answer, redirect, refusal

_MIB = 1 << 20
_GZIP = 31
_SLICE_S = 0.02


class Behaviour(Protocol):
    """What happens instead of the usual answer."""

    async def play(self, exchange: Exchange) -> None:
        """Answers, or does not."""


@dataclass(frozen=True)
class Says:
    """A fixed answer."""

    answer: Answer

    async def play(self, exchange: Exchange) -> None:
        await exchange.answer(self.answer)


def error(status: int, message: str = "", code: str = "", headers: Mapping[str, str] | None = None) -> Says:
    """An error as the Hub says it: 401, 403, 404, 5xx, with `X-Error-Code` when there is one."""
    return Says(refusal(status, message or f"Error {status}", code, headers))


def too_many(retry_after: str | None = None, headers: Mapping[str, str] | None = None) -> Says:
    """429. `retry_after` goes out as it is: `"30"`, `"-5"`, `http_date(…)`, `"100000000000"`, `"soon"`."""
    said = {} if retry_after is None else {"Retry-After": retry_after}
    return error(429, "We had to rate limit you", headers={**said, **(headers or {})})


def http_date(epoch_s: float) -> str:
    """`Wed, 21 Oct 2015 07:28:00 GMT`"""
    return formatdate(epoch_s, usegmt=True)


def body(content: bytes, kind: str = "application/json; charset=utf-8", status: int = 200) -> Says:
    """Any bytes as the body: garbage, HTML of a captive portal, the wrong JSON."""
    return Says(Answer(status, {"Content-Type": kind}, content))


def deep_json(depth: int) -> Says:
    """JSON nested deeper than a recursive reader stands."""
    return body(b"[" * depth + b"]" * depth)


def moved(to: str, status: int = 302) -> Says:
    """A redirect to an absolute or relative URL."""
    return Says(redirect(to, status))


@dataclass(frozen=True)
class Loops:
    """Redirects to the very URL that was asked for."""

    status: int = 302

    async def play(self, exchange: Exchange) -> None:
        await exchange.answer(redirect(exchange.request.target, self.status))


@dataclass(frozen=True)
class Altered:
    """The usual answer with other headers: a wrong tag, a length that lies. An empty value takes one away."""

    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None

    async def play(self, exchange: Exchange) -> None:
        usual = exchange.usual(exchange.request)
        changed = {name.lower(): value for name, value in usual.headers.items()}
        changed |= {name.lower(): value for name, value in self.headers.items()}
        kept = {name: value for name, value in changed.items() if value}
        content = usual.body if self.body is None else self.body
        await exchange.answer(replace(usual, headers=kept, body=content))


@dataclass(frozen=True)
class Slow:
    """The usual answer, its first byte after a while, then so many bytes a second."""

    first_byte_s: float = 0.0
    bytes_per_s: float = float("inf")

    async def play(self, exchange: Exchange) -> None:
        await exchange.until_gone(lambda: self._send(exchange))

    async def _send(self, exchange: Exchange) -> None:
        await asyncio.sleep(self.first_byte_s)
        usual = exchange.usual(exchange.request)
        await exchange.start(usual)
        step = max(1, int(min(self.bytes_per_s * _SLICE_S, len(usual.body) or 1)))
        for start in range(0, len(usual.body), step):
            part = usual.body[start : start + step]
            await exchange.chunk(part)
            await asyncio.sleep(len(part) / self.bytes_per_s)
        await exchange.chunk(b"", more=False)


@dataclass(frozen=True)
class Cut:
    """The usual answer until `after` bytes of its body, then the connection ends."""

    after: int
    reset: bool = False

    async def play(self, exchange: Exchange) -> None:
        await _beginning(exchange, self.after)
        end = exchange.connection.reset if self.reset else exchange.connection.close
        end()
        await exchange.gone()


@dataclass(frozen=True)
class Stalls:
    """The usual answer until `after` bytes of its body, then nothing more, on an open connection."""

    after: int

    async def play(self, exchange: Exchange) -> None:
        await _beginning(exchange, self.after)
        await exchange.gone()


class Waits:
    """Takes requests and answers them as usual once `go` is called, from any thread. `asked` came, of which
    `left` gave up before: their stream was reset, or their connection ended."""

    def __init__(self) -> None:
        self.asked = 0
        self.left = 0
        self._may_go = threading.Event()

    def go(self) -> None:
        """Those that wait get their answers, and those that come later at once."""
        self._may_go.set()

    async def play(self, exchange: Exchange) -> None:
        self.asked += 1
        answered = False

        async def answer() -> None:
            nonlocal answered
            while not self._may_go.is_set():
                await asyncio.sleep(_SLICE_S)
            answered = True
            await exchange.answer(exchange.usual(exchange.request))

        await exchange.until_gone(answer)
        self.left += not answered


@dataclass(frozen=True)
class Silent:
    """Takes the request and never answers."""

    async def play(self, exchange: Exchange) -> None:
        await exchange.gone()


@dataclass(frozen=True)
class Hangs:
    """Ends the connection without a byte of an answer: FIN, or RST."""

    reset: bool = False

    async def play(self, exchange: Exchange) -> None:
        end = exchange.connection.reset if self.reset else exchange.connection.close
        end()
        await exchange.gone()


@dataclass(frozen=True)
class GoesAway:
    """HTTP/2: GOAWAY that disowns this request and all after it, then the connection ends. HTTP/1.1: FIN."""

    async def play(self, exchange: Exchange) -> None:
        if exchange.request.http == "2":
            exchange.connection.go_away(2 * exchange.request.stream - 3 if exchange.request.stream > 1 else 0)
        exchange.connection.close()
        await exchange.gone()


@dataclass(frozen=True)
class Leaves:
    """The usual answer, then the connection ends: FIN without a warning; over HTTP/2 a GOAWAY."""

    async def play(self, exchange: Exchange) -> None:
        await exchange.answer(exchange.usual(exchange.request))
        if exchange.request.http == "2":
            await asyncio.sleep(_SLICE_S)  # HTTP/2 data goes out by a task of the server's own
            exchange.connection.go_away(2 * exchange.request.stream - 1)
        exchange.connection.close()


@dataclass(frozen=True)
class ResetsStream:
    """HTTP/2: RST_STREAM for this request only; 7 is REFUSED_STREAM, 2 INTERNAL_ERROR. HTTP/1.1: RST."""

    code: int = 7

    async def play(self, exchange: Exchange) -> None:
        if exchange.request.http == "2":
            exchange.connection.reset_stream(exchange.request, self.code)
        else:
            exchange.connection.reset()
        await exchange.gone()


@dataclass(frozen=True)
class Raw:
    """These bytes on the connection instead of HTTP, then FIN: broken status lines, endless headers."""

    content: bytes

    async def play(self, exchange: Exchange) -> None:
        exchange.connection.write(self.content)
        exchange.connection.close()
        await exchange.gone()


@dataclass(frozen=True)
class Floods:
    """Valid JSON of so many MiB, nearly all of it blanks, compressed a thousandfold or not."""

    mib: int
    compressed: bool = True

    async def play(self, exchange: Exchange) -> None:
        await exchange.until_gone(lambda: self._send(exchange))

    async def _send(self, exchange: Exchange) -> None:
        encoding = {"Content-Encoding": "gzip"} if self.compressed else {}
        await exchange.start(Answer(200, {"Content-Type": "application/json", **encoding}, sized=False))
        packer = zlib.compressobj(1, zlib.DEFLATED, _GZIP)
        for content in chain([b"["], repeat(b" " * _MIB, self.mib), [b"]"]):
            packed = packer.compress(content) if self.compressed else content
            if packed:
                await exchange.chunk(packed)
            await asyncio.sleep(0)
        await exchange.chunk(packer.flush() if self.compressed else b"", more=False)


async def _beginning(exchange: Exchange, length: int) -> None:
    usual = exchange.usual(exchange.request)
    await exchange.start(usual)
    await exchange.chunk(usual.body[:length])
    if exchange.request.http == "2":
        await asyncio.sleep(_SLICE_S)  # HTTP/2 data goes out by a task of the server's own
