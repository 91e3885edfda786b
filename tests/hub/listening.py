"""Listeners on loopback, plain or TLS with HTTP/2, all of one Hub on an event loop in a thread.

hypercorn's per-connection server is used without its own start and stop, for two reasons: a request must know
its connection, to be counted by connection and to have it cut; and a stop must not wait for requests that
hang on purpose.
"""

import asyncio
import contextlib
import itertools
import logging
import ssl
import threading
from collections.abc import Coroutine
from functools import cache
from typing import Any, TypeVar

import trustme
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from hypercorn.typing import ASGIFramework, ConnectionState, LifespanState

from tests.hub.exchange import Connection

_T = TypeVar("_T")

HOSTS = ("127.0.0.1", "127.0.0.2", "127.0.0.3", "localhost")
_STOP_S, _LEAVE_S = 5.0, 0.5


@cache
def authority() -> trustme.CA:
    """The certificate authority of this test process."""
    return trustme.CA()


@cache
def server_context() -> ssl.SSLContext:
    """TLS for all hosts, offering HTTP/2 first."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority().issue_cert(*HOSTS).configure_cert(context)
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context


def client_context() -> ssl.SSLContext:
    """TLS of a client that trusts the local Hub and nobody else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority().configure_trust(context)
    return context


class Loop:
    """An event loop in a thread. `close` cancels whatever still runs there."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="local hub", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Runs on the loop's thread; the caller waits."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_STOP_S)

    def close(self) -> None:
        self.run(_cancel_others())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_STOP_S)
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()


async def _cancel_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


class Listener:
    """One host and port. Numbers its connections from a count that it shares with its siblings."""

    def __init__(self, app: ASGIFramework, host: str, *, tls: bool, numbers: "itertools.count[int]") -> None:
        self._app = ASGIWrapper(app)
        self._host = host
        self._port = 0
        self._tls = tls
        self._numbers = numbers
        self._config = Config()
        self._config.errorlog = logging.getLogger("tests.hub")
        self._config.keep_alive_timeout = 600
        self._context = WorkerContext(None)
        self._server: asyncio.Server | None = None
        self._served: dict[asyncio.Task[None], Connection] = {}

    @property
    def endpoint(self) -> str:
        return f"{'https' if self._tls else 'http'}://{self._host}:{self._port}"

    async def start(self) -> None:
        """Listens; after a stop on the same port as before."""
        context = server_context() if self._tls else None
        self._context = WorkerContext(None)
        self._server = await asyncio.start_server(self._accept, self._host, self._port, ssl=context)
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Refuses connections and ends those there are."""
        if self._server is not None:
            self._server.close()
        await self._context.terminated.set()
        served = {**self._served}
        for connection in served.values():
            connection.abort()
        if served:
            _, hanging = await asyncio.wait(served, timeout=_LEAVE_S)
            for task in hanging:
                task.cancel()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(next(self._numbers), writer)
        task = asyncio.ensure_future(self._serve(connection, reader, writer))
        self._served[task] = connection
        task.add_done_callback(self._served.pop)

    async def _serve(
        self, connection: Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        state = LifespanState(ConnectionState({"connection": connection}))
        loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError):  # how the client or a behaviour ended it is no news
            await TCPServer(self._app, loop, self._config, self._context, state, reader, writer)
        connection.abort()
