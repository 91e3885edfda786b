"""One request and the connection it came on: what a behaviour may do to both."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable

from tests.hub.wire import Answer, Endpoint, Request

_GOAWAY, _RST_STREAM = 7, 3


class Connection:
    """An accepted connection. What is written here goes between what the HTTP server writes."""

    def __init__(self, number: int, writer: asyncio.StreamWriter) -> None:
        self.number = number
        self.requests = 0
        self._writer = writer

    def next_stream(self) -> int:
        """Counts a request. HTTP/2 clients number their streams 1, 3, 5, …: the n-th request has 2n - 1."""
        self.requests += 1
        return self.requests

    def write(self, raw: bytes) -> None:
        self._writer.write(raw)

    def close(self) -> None:
        """FIN after what was written."""
        self._writer.close()

    def abort(self) -> None:
        """Gone at once, whatever was still to be sent."""
        self._writer.transport.abort()

    def reset(self) -> None:
        """RST instead of FIN."""
        sock: socket.socket = self._writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.abort()

    def go_away(self, last_stream: int) -> None:
        """HTTP/2: no request after `last_stream` was or will be handled on this connection."""
        self.write(_frame(_GOAWAY, 0, struct.pack(">II", last_stream, 0)))

    def reset_stream(self, request: Request, error: int) -> None:
        """HTTP/2: this one request has failed; 7 says that it was not handled."""
        self.write(_frame(_RST_STREAM, 2 * request.stream - 1, struct.pack(">I", error)))


def _frame(kind: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, 0]) + stream.to_bytes(4, "big") + payload


@dataclass
class Exchange:
    """A request that waits for its answer."""

    request: Request
    connection: Connection
    usual: Endpoint
    """What the Hub answers when it behaves."""
    receive: ASGIReceiveCallable
    send: ASGISendCallable

    async def start(self, answer: Answer) -> None:
        """Status and headers."""
        self.request.status = answer.status
        headers = answer.wire_headers()
        await self.send({"type": "http.response.start", "status": answer.status, "headers": headers})

    async def chunk(self, data: bytes, *, more: bool = True) -> None:
        await self.send({"type": "http.response.body", "body": data, "more_body": more})

    async def answer(self, answer: Answer) -> None:
        await self.start(answer)
        await self.chunk(answer.body, more=False)

    async def gone(self) -> None:
        """Returns when the client gave up or the connection ended."""
        while (await self.receive())["type"] != "http.disconnect":
            pass

    async def until_gone(self, sending: Callable[[], Awaitable[None]]) -> None:
        """Sends as long as the client is there."""
        sent, gone = asyncio.ensure_future(sending()), asyncio.ensure_future(self.gone())
        try:
            await asyncio.wait([sent, gone], return_when=asyncio.FIRST_COMPLETED)
            if sent.done():
                sent.result()
        finally:
            sent.cancel()
            gone.cancel()
