"""A look-up while it goes on: candidates one by one, giving up, and what the cache alone says."""

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from pumas_tui.core.domain.vocabulary import Trust
from tests.core.flows.test_network import hub, lora, shelf
from tests.hub import behaviours as b
from tests.hub.repos import claimed, lfs, model
from tests.hub.serving import Hub

__all__ = ["hub"]  # a fixture
DAY = 25 * 3600


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.005)


def stocked(hub: Hub, content: bytes) -> None:
    """The name fits the first best; the second holds the very file."""
    hub.add(
        model("art/Cosy_Lights", {"Cosy_Lights-v2_fp16.safetensors": claimed(len(content))}),
        model("art/Cosy_Lights_Old", {"cosy.safetensors": lfs(content)}),
        model("art/Cosy_Lights_Other", {"x.safetensors": b"?"}),
    )


async def test_candidates_are_told_as_they_become_known(tmp_path: Path, hub: Hub) -> None:
    path, content = lora(tmp_path)
    stocked(hub, content)
    second = b.Waits()
    hub.behave("GET /api/models/*", second, after=1)
    told: list[list[tuple[str, Trust]]] = []
    async with shelf(tmp_path, hub) as s:
        [uid] = await s.bring(path)
        asking = asyncio.create_task(
            s.network.identify(uid, tell=lambda found: told.append([(c.repo_id, c.trust) for c in found]))
        )
        await until(lambda: second.asked == 1)
        assert told == [[("art/Cosy_Lights", Trust.MODIFIED)]], "the first list has come"
        second.go()
        answer = await asking
        assert [len(found) for found in told] == [1, 2, 3]
        assert told[2][:2] == [("art/Cosy_Lights", Trust.MODIFIED), ("art/Cosy_Lights_Old", Trust.VERIFIED)]
        assert answer.candidates[0].repo_id == "art/Cosy_Lights_Old", (
            "the whole answer begins with the surest"
        )
        assert answer.took_s > 0
        assert 0 <= hub.clock() - answer.asked_at < 1


async def test_giving_up_ends_the_call_and_writes_nothing(tmp_path: Path, hub: Hub) -> None:
    path, content = lora(tmp_path)
    stocked(hub, content)
    waits = b.Waits()
    hub.behave("GET /api/models/*", waits)
    async with shelf(tmp_path, hub) as s:
        [uid] = await s.bring(path)
        before = await s.document(uid)
        asking = asyncio.create_task(s.network.identify(uid))
        await until(lambda: waits.asked == 1)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await until(lambda: waits.left == 1)
        assert await s.document(uid) == before
        assert len(hub.requests) == 2, "a search and a list, and none after"


async def test_old_answers_settle_nothing_but_can_be_looked_at(tmp_path: Path, hub: Hub) -> None:
    path, content = lora(tmp_path)
    stocked(hub, content)
    async with shelf(tmp_path, hub) as s:
        [uid] = await s.bring(path)
        detail = await s.library.models.get(uid)
        assert await s.network.kept(detail) is None, "nothing was ever asked"
        asked_at = hub.clock()
        await s.network.search("cosy lights")
        await s.network.files("art/Cosy_Lights")
        hub.clock.advance(DAY)
        hub.down()
        answer = await s.network.identify(uid)
        assert (answer.trust, answer.candidates) == (Trust.PENDING, ())
        assert (await s.document(uid))["trust"] == "pending"

        asked = len(hub.requests)
        kept = await s.network.kept(detail)
        assert kept is not None
        assert [(c.repo_id, c.proven) for c in kept.candidates] == [
            ("art/Cosy_Lights", True),
            ("art/Cosy_Lights_Old", False),
            ("art/Cosy_Lights_Other", False),
        ], "the list of the second was never asked for"
        assert kept.stale
        assert kept.asked_at == pytest.approx(asked_at)
        assert any("is not in the cache" in line for line in kept.evidence)
        assert len(hub.requests) == asked
        assert (await s.document(uid))["trust"] == "pending", "a look writes nothing"


async def test_young_answers_settle_without_a_call(tmp_path: Path, hub: Hub) -> None:
    path, content = lora(tmp_path)
    sha256 = hashlib.sha256(content).hexdigest()
    hub.add(model("art/Cosy_Lights", {"cosy.safetensors": lfs(content)}))
    async with shelf(tmp_path, hub) as s:
        [uid] = await s.bring(path)
        await s.network.search("cosy lights")
        await s.network.files("art/Cosy_Lights")
        hub.down()
        answer = await s.network.identify(uid)
        assert (answer.trust, answer.stale) == (Trust.VERIFIED, False)
        assert (await s.document(uid))["hashes"]["sha256"] == sha256
