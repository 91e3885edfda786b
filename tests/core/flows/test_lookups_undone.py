"""Taking back what look-ups filled in: one change for all of them, and no look-up fills it in again."""

from pathlib import Path
from typing import Any

import pytest

from pumas_tui.core.domain.errors import NotFoundError
from pumas_tui.core.domain.identification import Retried
from pumas_tui.core.domain.operations import OperationState
from pumas_tui.core.domain.vocabulary import Trust
from tests.core.flows.test_network import CARD, Shelf, hub, lora, shelf
from tests.hub.repos import claimed, model
from tests.hub.serving import Hub

__all__ = ["hub"]  # a fixture

FILLED = ("license", "base_model", "official_name", "repo_id", "download_url", "model_card")


async def brought(s: Shelf, tmp_path: Path, hub: Hub) -> list[str]:
    """Two models that the Hub has, and one that it has under that name with other content."""
    made = [lora(tmp_path, f"{name}_Lights.safetensors", name.encode()) for name in ("Warm", "Cold", "Odd")]
    uids = await s.bring(*(path for path, _ in made))
    for name, (_, content) in zip(("Warm", "Cold"), made, strict=False):
        hub.add(model(f"art/{name}_Lights", {f"{name.lower()}.safetensors": content}, card=CARD))
    hub.add(model("art/Odd_Lights", {"Odd_Lights.safetensors": claimed(len(made[2][1]))}, card=CARD))
    return uids


def said(document: dict[str, Any]) -> dict[str, Any]:
    return {name: document.get(name) for name in (*FILLED, "field_sources")}


async def filled(s: Shelf) -> Retried:
    done = await s.network.retry_pending(asked_by_user=True)
    assert (done.settled, done.filled) == (3, 2)
    return done


async def test_one_undo_takes_back_all_that_was_filled_in_together(tmp_path: Path, hub: Hub) -> None:
    async with shelf(tmp_path, hub) as s:
        uids = await brought(s, tmp_path, hub)
        before = [said(await s.document(uid)) for uid in uids]
        done = await filled(s)
        assert [said(await s.document(uid)) for uid in uids] != before

        [listed, *imports] = await s.library.history.list()
        assert (listed.id, listed.title) == (done.batch_id, "look-up: 2 models filled in")
        assert listed.undoable
        assert [one.kind for one in imports] == ["import"] * 3
        preview = await s.library.history.preview_undo()
        assert preview.title == listed.title
        assert not [item for item in preview.items if "trust" in item.does]

        undone = await s.library.history.undo(listed.id[:8])
        assert undone.failed == ()
        assert [said(await s.document(uid)) for uid in uids] == before
        badges = [(await s.document(uid))["trust"] for uid in uids]
        assert badges == ["verified", "verified", "modified"], "what was found stays"
        gone = next(one for one in await s.library.history.list() if one.id == done.batch_id)
        assert (gone.state, gone.undoable) == (OperationState.UNDONE, False)
        with pytest.raises(NotFoundError):
            await s.library.history.undo(done.batch_id)


async def test_what_was_taken_back_is_not_filled_in_again(tmp_path: Path, hub: Hub) -> None:
    async with shelf(tmp_path, hub) as s:
        uids = await brought(s, tmp_path, hub)
        done = await filled(s)
        await s.library.history.undo(done.batch_id)
        before = said(await s.document(uids[0]))
        assert await s.network.pending() == ()
        again = await s.network.identify(uids[0])
        assert (again.trust, again.filled) == (Trust.VERIFIED, False)
        assert said(await s.document(uids[0])) == before
        assert again.best is not None
        assert {change.field for change in again.would_change} >= {"license"}, "a person may still take it"
        await s.network.confirm(uids[0], again.best)
        document = await s.document(uids[0])
        assert (document["license"], document["declined"]) == ("mit", [])


async def test_what_somebody_changed_since_stays_and_is_told(tmp_path: Path, hub: Hub) -> None:
    async with shelf(tmp_path, hub) as s:
        uids = await brought(s, tmp_path, hub)
        done = await filled(s)
        await s.library.editing.edit(uids[0], {"license": "my own words"})
        undone = await s.library.history.undo(done.batch_id)
        assert {(item.does, item.refused) for item in undone.failed} == {
            ("set license to what it was", "changed since")
        }
        mine, other = [await s.document(uid) for uid in uids[:2]]
        assert (mine["license"], mine["base_model"]) == ("my own words", "")
        assert mine["field_sources"]["license"] == "manual"
        assert (other["license"], other["base_model"]) == ("", "")


async def test_undoing_the_undo_fills_in_again(tmp_path: Path, hub: Hub) -> None:
    async with shelf(tmp_path, hub) as s:
        uids = await brought(s, tmp_path, hub)
        done = await filled(s)
        after = said(await s.document(uids[0]))
        await s.library.history.undo(done.batch_id)
        for one in [one for one in await s.library.history.list() if one.kind == "undo"]:
            await s.library.history.undo(one.id)
        document = await s.document(uids[0])
        assert said(document) == after
        assert not document.get("declined")


async def test_a_badge_alone_is_no_change_that_undo_takes_back(tmp_path: Path, hub: Hub) -> None:
    async with shelf(tmp_path, hub) as s:
        path, content = lora(tmp_path)
        [uid] = await s.bring(path)
        hub.add(model("art/Cosy_Lights", {"Cosy_Lights-v2_fp16.safetensors": claimed(len(content))}))
        assert (await s.network.identify(uid)).trust is Trust.MODIFIED
        [made] = await s.library.history.list()
        assert made.kind == "import"
        assert (await s.library.history.preview_undo()).operations == (made.id,)
