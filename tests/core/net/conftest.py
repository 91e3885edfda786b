"""A session of the network on a local Hub, with a store of its own; its clock is the Hub's."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pytest

from pumas_tui.core.db.lookups import Lookups
from pumas_tui.core.net.session import Options, Session
from tests.hub.conftest import stock
from tests.hub.serving import Hub, serving

TOKEN = "hf_granted"


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A Hub with a few repos over HTTP/1.1."""
    with serving(*stock()) as running:
        yield running


@pytest.fixture
def secure_hub() -> Iterator[Hub]:
    """The same over TLS and HTTP/2."""
    with serving(*stock(), tls=True) as running:
        yield running


def set_aside(path: str) -> str:
    """Renames a damaged file away."""
    os.rename(path, path + ".aside")
    return path + ".aside"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Lookups]:
    """hub.db, fresh."""
    lookups = Lookups(str(tmp_path / "hub.db"), set_aside)
    yield lookups
    lookups.close()


@dataclass
class Switch:
    """Whether the network may be used."""

    on: bool = True

    def __call__(self) -> bool:
        return self.on


Joined: TypeAlias = Callable[..., AbstractAsyncContextManager[Session]]


@pytest.fixture
def joined(store: Lookups) -> Joined:
    """`async with joined(hub) as session`; every block is like another process on the same store."""

    @asynccontextmanager
    async def block(
        hub: Hub, token: str = "", allowed: Callable[[], bool] = lambda: True, endpoint: str = ""
    ) -> AsyncIterator[Session]:
        trusted = hub.client_context() if hub.endpoint.startswith("https") else None
        options = Options(
            endpoint or hub.endpoint,
            hub.civitai.endpoint,
            allowed,
            token=token,
            trusted=trusted,
            clock=hub.clock,
        )
        session = Session(store, options)
        try:
            yield session
        finally:
            await session.close()

    return block
