"""Breaker and budget where they work: one dead or strict server, several processes on one store."""

import time

import pytest

from pumas_tui.core.db.lookups import Lookups
from pumas_tui.core.domain.errors import NetworkError, OfflineError, RateLimitedError
from pumas_tui.core.domain.network_state import NetworkStatus
from pumas_tui.core.net.calls import Asking, Freshness
from pumas_tui.core.net.session import Session
from tests.core.net.conftest import Joined, Switch
from tests.hub import behaviours, dead
from tests.hub.serving import Hub

FRESH = Freshness.FRESH


async def ask(session: Session, *, by_user: bool = True) -> str:
    """The error's class that a call ends with, or what it found."""
    try:
        asking = Asking(by_user=by_user, freshness=FRESH)
        return (await (await session.hub()).model("org/tiny", asking)).repo_id
    except NetworkError as error:
        return type(error).__name__


async def test_s8_three_failures_open_it_for_everybody_and_one_probe_closes_it(
    hub: Hub, joined: Joined
) -> None:
    hub.behave("GET /api/*", behaviours.error(503))
    async with joined(hub) as one, joined(hub) as other:
        assert await ask(one) == "NoAnswerError"
        assert hub.calls("GET /api/*") == 3
        state = other.gate.state()
        assert (state.status, state.retry_at) == (NetworkStatus.OFFLINE, hub.clock() + 60)
        assert await ask(other) == "OfflineError"
        hub.clock.advance(59)
        assert await ask(one) == "OfflineError"
        assert hub.calls("GET /api/*") == 3, "calls fail at once, nobody is asked"
        hub.clock.advance(1)
        hub.relent()
        assert await ask(other) == "org/tiny"
        assert hub.calls("GET /api/*") == 4
        assert one.gate.state().status is NetworkStatus.ONLINE


async def test_s8_on_an_endpoint_where_nobody_listens(hub: Hub, joined: Joined) -> None:
    began = time.monotonic()
    async with joined(hub, endpoint=dead.refusing()) as session:
        assert await ask(session) == "NoAnswerError"
        assert session.gate.state().status is NetworkStatus.OFFLINE
        assert await ask(session) == "OfflineError"
    assert time.monotonic() - began < 7


async def test_a_black_hole_is_known_within_seven_seconds(hub: Hub, joined: Joined) -> None:
    with dead.black_hole() as endpoint:
        async with joined(hub, endpoint=endpoint) as session:
            began = time.monotonic()
            assert await ask(session) == "NoAnswerError"
            assert time.monotonic() - began < 7
            assert session.gate.state().status is NetworkStatus.DEGRADED


async def test_no_call_after_a_429_before_the_window_resets(hub: Hub, joined: Joined) -> None:
    hub.limits.api.quota = 3
    async with joined(hub) as one, joined(hub) as other:
        said = [await ask(one if n % 2 else other) for n in range(8)]
        assert said == ["org/tiny"] * 3 + ["RateLimitedError"] * 5
        assert hub.calls("GET /api/*") == 3, "the headers told that nothing is left"
        assert one.gate.state().status is NetworkStatus.RATE_LIMITED
        hub.clock.advance(301)
        assert await ask(other) == "org/tiny"


async def test_a_429_that_comes_unannounced_is_kept_to(hub: Hub, joined: Joined) -> None:
    hub.behave("GET /api/*", behaviours.too_many("120"))
    async with joined(hub) as one, joined(hub) as other:
        assert await ask(one) == "RateLimitedError"
        hub.relent()
        for session in (one, other):
            with pytest.raises(RateLimitedError) as limited:
                await (await session.hub()).search("tiny", Asking())
            assert limited.value.retry_at == hub.clock() + 120
        assert hub.calls("GET /api/*") == 1
        hub.clock.advance(121)
        assert await ask(other) == "org/tiny"


async def test_of_a_scarce_budget_only_what_a_person_waits_for(hub: Hub, joined: Joined) -> None:
    hub.limits.api.quota = 20
    async with joined(hub) as session:
        for _ in range(19):
            assert await ask(session) == "org/tiny"
        assert await ask(session, by_user=False) == "RateLimitedError"
        assert await ask(session, by_user=True) == "org/tiny"
    assert hub.calls("GET /api/*") == 20


async def test_switched_off_asks_nobody(hub: Hub, joined: Joined) -> None:
    switch = Switch(on=False)
    async with joined(hub, allowed=switch) as session:
        with pytest.raises(OfflineError):
            await (await session.hub()).search("tiny", Asking())
        assert session.gate.state().status is NetworkStatus.OFF
        assert hub.every_request() == []
        switch.on = True
        assert (await (await session.hub()).search("tiny", Asking())).models


async def test_answers_are_shown_from_the_cache_when_nobody_answers(hub: Hub, joined: Joined) -> None:
    async with joined(hub) as session:
        client = await session.hub()
        fresh = await client.search("tiny", Asking())
        again = await client.search("tiny", Asking())
        assert hub.calls("GET /api/models") == 1
        hub.clock.advance(601)
        hub.down()
        stale = await client.search("tiny", Asking())
        assert (fresh.stale, again.stale, stale.stale) == (False, False, True)
        assert stale.models == fresh.models
        hub.up()


async def test_not_there_is_remembered_for_an_hour(hub: Hub, joined: Joined) -> None:
    async with joined(hub, token="hf_granted") as session:
        client = await session.hub()
        for _ in range(3):
            with pytest.raises(Exception, match="not there"):
                await client.model("no/body", Asking())
        assert hub.calls("GET /api/models/no/body") == 1
        hub.clock.advance(3601)
        with pytest.raises(Exception, match="not there"):
            await client.model("no/body", Asking())
        assert hub.calls("GET /api/models/no/body") == 2


async def test_answers_for_one_token_are_not_given_to_another(
    hub: Hub, joined: Joined, store: Lookups
) -> None:
    async with joined(hub, token="hf_granted") as session:
        assert (await (await session.hub()).model("me/secret", Asking())).private
    async with joined(hub) as session:
        with pytest.raises(NetworkError):
            await (await session.hub()).model("me/secret", Asking(freshness=Freshness.CACHED))
        with pytest.raises(NetworkError):
            await (await session.hub()).model("me/secret", Asking())
