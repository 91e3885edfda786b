"""Calls that nobody waits for any more: the server is told, and the connection goes on without them."""

import asyncio
from collections.abc import Callable

import pytest

from pumas_tui.core.domain.network_state import NetworkStatus
from pumas_tui.core.net.calls import Asking, Call
from pumas_tui.core.net.downloading import Pace
from pumas_tui.core.net.session import Session
from tests.core.net.conftest import Joined
from tests.hub import behaviours as b
from tests.hub.repos import lfs, model
from tests.hub.serving import Hub

MIB = 1 << 20


async def search(session: Session, words: str) -> int:
    return len((await (await session.hub()).search(words, Asking())).models)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.005)


async def test_a_search_that_is_given_up_ends_its_stream_and_no_other(
    secure_hub: Hub, joined: Joined
) -> None:
    waits = b.Waits()
    secure_hub.behave("GET /api/models", waits)
    async with joined(secure_hub) as session:
        first = asyncio.create_task(search(session, "tin"))
        await until(lambda: waits.asked == 1)
        second = asyncio.create_task(search(session, "tiny"))
        await until(lambda: waits.asked == 2)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        await until(lambda: waits.left == 1)
        waits.go()
        assert await second == 2
        assert waits.left == 1
        assert {request.http for request in secure_hub.requests} == {"2"}
        assert secure_hub.connections() == 1, "only the stream was ended"
        assert session.gate.state().status is NetworkStatus.ONLINE


async def test_downloads_that_are_given_up_leave_room_for_others(secure_hub: Hub, joined: Joined) -> None:
    """The window of the connection is 16 MiB: answers that are neither read nor ended would fill it."""
    secure_hub.add(model("org/large", {"big.safetensors": lfs(bytes(6 * MIB))}))
    async with joined(secure_hub) as session:
        url = f"{secure_hub.endpoint}/org/large/resolve/main/big.safetensors"
        line = await session.line(Pace(0))
        for _ in range(5):
            async with line.client.stream(Call("GET", url, Asking())) as (status, _headers, chunks):
                assert status == 200
                await anext(aiter(chunks))
        async with asyncio.timeout(10), line.client.stream(Call("GET", url, Asking())) as (_, _h, chunks):
            assert sum([len(chunk) async for chunk in chunks]) == 6 * MIB
