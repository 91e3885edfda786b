"""A file comes whole whatever happens on the way: cuts, servers without ranges, wrong parts, stalls."""

import time
from dataclasses import replace

import pytest

from pumas_tui.core.domain.errors import NetworkError, NotAllowedError, NotFoundError
from pumas_tui.core.domain.network_state import NetworkStatus
from pumas_tui.core.net import client
from pumas_tui.core.net.downloading import MOST_TRIES, Fetch, Line, Pace
from pumas_tui.core.net.session import Session
from tests.core.net.conftest import Joined
from tests.core.net.test_same_answers import Bytes
from tests.hub import behaviours as b
from tests.hub.conftest import WEIGHTS
from tests.hub.serving import Hub


async def line_of(session: Session, pace: int = 0) -> Line:
    return replace(await session.line(Pace(pace)), pause=lambda attempt: 0.01)


async def fetched(session: Session, sink: Bytes, have: int = 0, path: str = "model.safetensors") -> Fetch:
    url = (await session.hub()).file_url("org/tiny", path, "main")
    fetch = Fetch(url, len(WEIGHTS), have, sink)
    await fetch.run(await line_of(session))
    return fetch


async def test_goes_on_after_what_is_there(hub: Hub, joined: Joined) -> None:
    sink = Bytes(WEIGHTS[:100_000])
    async with joined(hub) as session:
        await fetched(session, sink, 100_000)
    assert bytes(sink.data) == WEIGHTS
    assert [r.headers.get("range") for r in hub.storage.requests] == ["bytes=100000-"]


@pytest.mark.parametrize("tls", [False, True])
async def test_a_cut_in_the_middle_is_gone_on_from(
    tls: bool, hub: Hub, secure_hub: Hub, joined: Joined
) -> None:
    asked, sink = secure_hub if tls else hub, Bytes()
    asked.storage.behave("GET *", b.Cut(60_000), times=3)
    async with joined(asked) as session:
        await fetched(session, sink)
    assert bytes(sink.data) == WEIGHTS
    starts = [r.headers.get("range") for r in asked.storage.requests]
    assert len(starts) == 4
    assert starts[0] is None
    assert all(start is not None for start in starts[1:])


async def test_a_server_without_ranges_begins_anew(hub: Hub, joined: Joined) -> None:
    hub.storage.behave("GET *", b.body(WEIGHTS, "binary/octet-stream"))
    sink = Bytes(b"x" * 1000)
    async with joined(hub) as session:
        await fetched(session, sink, 1000)
    assert bytes(sink.data) == WEIGHTS


async def test_another_part_than_was_asked_for_is_refused(hub: Hub, joined: Joined) -> None:
    hub.storage.behave("GET *", b.Altered({"Content-Range": f"bytes 0-9/{len(WEIGHTS)}"}))
    sink = Bytes(WEIGHTS[:5])
    async with joined(hub) as session:
        with pytest.raises(NetworkError, match="another part"):
            await fetched(session, sink, 5)
    assert bytes(sink.data) == WEIGHTS[:5]


async def test_more_bytes_than_were_told_of_are_not_written(hub: Hub, joined: Joined) -> None:
    hub.storage.behave("GET *", b.body(WEIGHTS + b"more", "binary/octet-stream"))
    sink = Bytes()
    async with joined(hub) as session:
        with pytest.raises(NetworkError, match="more than"):
            await fetched(session, sink)
    assert len(sink.data) <= len(WEIGHTS)


async def test_a_stall_is_a_cut(hub: Hub, joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "STALL_S", 0.3)
    hub.storage.behave("GET *", b.Stalls(1000), times=1)
    sink = Bytes()
    async with joined(hub) as session:
        await fetched(session, sink)
    assert bytes(sink.data) == WEIGHTS


async def test_gives_up_after_tries_that_brought_nothing(hub: Hub, joined: Joined) -> None:
    hub.storage.behave("GET *", b.Hangs())
    sink = Bytes()
    async with joined(hub) as session:
        with pytest.raises(NetworkError):
            await fetched(session, sink)
        assert hub.storage.calls() == MOST_TRIES
        assert session.gate.state().status is NetworkStatus.ONLINE, "the Hub itself answered"


async def test_what_is_not_there_or_not_for_us_is_said(hub: Hub, joined: Joined) -> None:
    async with joined(hub) as session:
        with pytest.raises(NotFoundError):
            await fetched(session, Bytes(), path="nope.bin")
        url = (await session.hub()).file_url("org/gated", "w.safetensors", "main")
        with pytest.raises(NotAllowedError) as refused:
            await Fetch(url, 5, 0, Bytes()).run(await line_of(session))
        assert "HF_TOKEN" in (refused.value.hint or "")


async def test_the_speed_is_bounded_over_all_downloads(hub: Hub, joined: Joined) -> None:
    import asyncio

    async with joined(hub) as session:
        url = (await session.hub()).file_url("org/tiny", "model.safetensors", "main")
        line = await line_of(session, pace=len(WEIGHTS) * 4)
        began = time.monotonic()
        await asyncio.gather(*(Fetch(url, len(WEIGHTS), 0, Bytes()).run(line) for _ in range(2)))
        assert time.monotonic() - began >= 0.4, "two files at four files a second"
