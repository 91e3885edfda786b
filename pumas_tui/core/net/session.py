"""The network of one event loop: the client and what stands round it, the Hub, Civitai; made at first use."""

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from pumas_tui.core.net import hub_library
from pumas_tui.core.net.calls import Transport
from pumas_tui.core.net.civitai import Civitai
from pumas_tui.core.net.client import Access, HttpClient
from pumas_tui.core.net.downloading import Line, Pace
from pumas_tui.core.net.hub import Hub
from pumas_tui.core.net.transports import Answers, Gate, Guarded, Hosts, Kept, Retrying

if TYPE_CHECKING:
    import ssl

HUB = "https://huggingface.co"
_YES = ("1", "on", "yes", "true")


def endpoint(environ: Mapping[str, str] = os.environ) -> str:
    """Where the Hub is: HF_ENDPOINT, else huggingface.co."""
    return environ.get("HF_ENDPOINT", "").strip().rstrip("/") or HUB


def is_offline(environ: Mapping[str, str] = os.environ) -> bool:
    """The Hub's own variable for staying offline is set."""
    return environ.get("HF_HUB_OFFLINE", "").strip().lower() in _YES


class Store(Hosts, Answers, Protocol):
    """What is shared by all processes: answers, and how hosts are doing."""


@dataclass(frozen=True, slots=True)
class Options:
    """`allowed` False: nothing goes out. `token` None: the user's own is looked up. `trusted`: TLS settings
    in place of the system's. `clock`: epoch seconds."""

    hub: str
    civitai: str
    allowed: Callable[[], bool]
    token: str | None = field(default=None, repr=False)
    trusted: "ssl.SSLContext | None" = None
    clock: Callable[[], float] = time.time


class Session:
    """For one event loop. Nothing is loaded or opened before the first call."""

    def __init__(self, store: Store, options: Options) -> None:
        self._store = store
        self._options = options
        self._opening = asyncio.Lock()
        self._client: HttpClient | None = None
        self._token = ""
        self.gate = self._gate(options.hub)

    def _gate(self, host: str) -> Gate:
        return Gate(self._store, host, allowed=self._options.allowed, clock=self._options.clock)

    async def close(self) -> None:
        """Close what was opened."""
        if self._client is not None:
            await self._client.close()

    async def hub(self) -> Hub:
        """The Hub."""
        client = await self._opened()
        return Hub(self._round(client, self.gate, self._options.hub, self._token), self._options.hub)

    async def civitai(self) -> Civitai:
        """Civitai, which gets no token."""
        client, place = await self._opened(), self._options.civitai
        return Civitai(self._round(client, self._gate(place), place, ""), place)

    async def line(self, pace: Pace) -> Line:
        """What downloads go over."""
        return Line(await self._opened(), self.gate, pace)

    def _round(self, client: HttpClient, gate: Gate, place: str, token: str) -> Transport:
        return Kept(Retrying(Guarded(client, gate)), self._store, place, token, self._options.clock)

    async def _opened(self) -> HttpClient:
        async with self._opening:
            if self._client is None:
                options = self._options
                known = options.token
                self._token = (
                    known if known is not None else await asyncio.to_thread(hub_library.token, self.gate)
                )
                self._client = HttpClient(Access(options.hub, self._token), options.trusted)
            return self._client
