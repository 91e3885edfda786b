"""The network on the screens: top right, looking a model up, the Hub from search to download."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pumas_tui.core.domain import events
from pumas_tui.core.domain.ids import ModelUid
from pumas_tui.core.domain.metadata import Match
from pumas_tui.core.domain.network_state import NetworkState, NetworkStatus
from pumas_tui.core.domain.vocabulary import Trust
from pumas_tui.tui import messages
from pumas_tui.tui.modals.dialog import Dialog
from pumas_tui.tui.presenters import network as present
from pumas_tui.tui.presenters.models import detail_fields
from tests.hub.repos import claimed, lfs, model
from tests.hub.serving import Hub, serving
from tests.support import modelfiles
from tests.support.hub_on_stage import vision
from tests.support.program import pumas
from tests.tui.conftest import Running, Start, shown, until

NOW = 1_000_000.0
ONLINE = NetworkState(NetworkStatus.ONLINE)
OFFLINE = NetworkState(NetworkStatus.OFFLINE, NOW - 250, NOW + 42)
LIMITED = NetworkState(NetworkStatus.RATE_LIMITED, None, NOW + 130)
TRIED = NetworkState(NetworkStatus.DEGRADED, NOW - 250)
FAILED_ONCE = NetworkState(NetworkStatus.DEGRADED, NOW - 1)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, start: Start) -> Iterator[Hub]:
    """A Hub that the program asks; `start` has set everything else."""
    with serving() as running:
        monkeypatch.setenv("HF_HUB_OFFLINE", "")
        monkeypatch.setenv("HF_ENDPOINT", running.endpoint)
        yield running


def test_words_of_every_state_and_width() -> None:
    said = {
        state: present.header_words(state, NOW) for state in (ONLINE, OFFLINE, LIMITED, TRIED, FAILED_ONCE)
    }
    assert said[ONLINE].short == "online"
    assert (said[OFFLINE].long, said[OFFLINE].short) == ("offline 4 min, cached data", "offline 4m cached")
    assert said[OFFLINE].least == "offline 4m"
    assert said[LIMITED].short == "slow 2:10"
    assert said[TRIED] == said[OFFLINE], "one more try in between is not online again"
    assert said[FAILED_ONCE].short == "degraded"
    assert present.header_words(NetworkState(NetworkStatus.OFF), NOW).short == "lookups off"


def test_one_line_when_it_changes_and_none_for_every_try() -> None:
    assert "Using cached data" in present.told(ONLINE, OFFLINE, NOW)
    assert "0:42" in present.told(FAILED_ONCE, OFFLINE, NOW)
    assert present.told(OFFLINE, TRIED, NOW) == present.told(TRIED, OFFLINE, NOW) == ""
    assert "Online again" in present.told(TRIED, ONLINE, NOW)
    assert "slow down" in present.told(ONLINE, LIMITED, NOW)
    assert present.told(ONLINE, FAILED_ONCE, NOW) == present.told(FAILED_ONCE, ONLINE, NOW) == ""


async def test_the_header_follows(filled: Path, start: Start) -> None:
    async with start(filled, (120, 40)) as (app, pilot):
        await until(pilot, lambda: "lookups off" in shown(app))
        app.post_message(messages.NetworkChanged(NetworkState(NetworkStatus.OFFLINE, 1.0)))
        await until(pilot, lambda: "cached data" in shown(app))
        assert "Offline. Using cached data." in shown(app)
        await pilot.press("2")
        assert "cached data" in shown(app).split("\n")[0], "on every screen"


async def import_lights(root: Path, tmp_path: Path) -> bytes:
    """One model in a new library; its content."""
    path = Path(
        modelfiles.safetensors_file(tmp_path / "Cosy_Lights.safetensors", {"a.weight": ("F16", [4, 4])})
    )
    assert pumas("init", root=root).code == 0
    assert pumas("import", path, root=root).code == 0
    return path.read_bytes()


def document(root: Path) -> dict[str, object]:
    [path] = (root / "models").glob("*/*/*/metadata.json")
    loaded: dict[str, object] = json.loads(path.read_text())
    return loaded


async def dialog(running: Running, text: str) -> None:
    """Wait for a dialog with this text, past its first moment."""
    app, pilot = running
    await until(pilot, lambda: bool(app.screen.query(Dialog)) and text in shown(app))
    await pilot.pause(0.3)


async def test_a_candidate_is_shown_and_taken(tmp_path: Path, start: Start, hub: Hub) -> None:
    root = tmp_path / "library"
    size = len(await import_lights(root, tmp_path))
    card = {"license": "mit", "base_model": "org/base"}
    hub.add(model("art/Cosy_Lights", {"Cosy_Lights.safetensors": claimed(size)}, card=card))
    async with start(root) as running:
        app, pilot = running
        await until(pilot, lambda: "Cosy_Lights" in shown(app))
        await pilot.press("w")
        await dialog(running, "art/Cosy_Lights")
        seen = shown(app)
        assert "differs" in seen and "Modified" in seen
        assert "licence" in seen and "-> mit" in seen
        await pilot.press("question_mark")
        await until(pilot, lambda: "SHA-256 differs" in shown(app))
        await pilot.press("question_mark", "space", "space", "enter")  # all but the name
        await until(pilot, lambda: "Taken over from art/Cosy_Lights" in shown(app))
    told = document(root)
    assert (told["trust"], told["license"]) == ("manual", "mit")
    assert told["official_name"] == "Cosy_Lights"


async def test_what_else_a_proven_repository_has_is_told_and_offered(
    tmp_path: Path, start: Start, hub: Hub
) -> None:
    root = tmp_path / "library"
    own = await import_lights(root, tmp_path)
    vae = Path(modelfiles.vae_sd(tmp_path / "vae.safetensors")).read_bytes()
    hub.add(model("art/Cosy_Lights", {"Cosy_Lights.safetensors": lfs(own), "vae/vae.safetensors": lfs(vae)}))
    async with start(root) as running:
        app, pilot = running
        await until(pilot, lambda: "Cosy_Lights" in shown(app))
        await pilot.press("w")
        await dialog(running, "Also there: 1 VAE   f shows them")
        await pilot.press("f")
        await dialog(running, "vae/vae.safetensors")


async def test_offline_it_says_that_nothing_is_lost(tmp_path: Path, start: Start) -> None:
    root = tmp_path / "library"
    await import_lights(root, tmp_path)
    async with start(root) as running:
        app, pilot = running
        await until(pilot, lambda: "Cosy_Lights" in shown(app))
        await pilot.press("w")
        await dialog(running, "Lookups are off")
        assert "list of 1 that wait" in shown(app)
        assert "cache has" not in shown(app), "it has nothing"
        await pilot.press("m")
        await until(pilot, lambda: "is Manual now" in shown(app))
    assert document(root)["trust"] == "manual"


async def test_from_a_search_without_hits_to_a_model(tmp_path: Path, start: Start, hub: Hub) -> None:
    root = tmp_path / "library"
    await import_lights(root, tmp_path)
    path = Path(modelfiles.safetensors_file(tmp_path / "x", {"b.weight": ("F16", [4, 4])}, mark=b"2"))
    hub.add(model("org/tiny-llama", {"tiny-llama.safetensors": path.read_bytes(), "config.yaml": "a: 1"}))
    async with start(root) as running:
        app, pilot = running
        await until(pilot, lambda: "Cosy_Lights" in shown(app))
        await pilot.press("slash", *"llama")
        await until(pilot, lambda: "searches Hugging Face" in shown(app))
        await pilot.press("enter", "s")
        await until(pilot, lambda: "org/tiny-llama" in shown(app))
        await pilot.press("enter")
        await dialog(running, "All files become 1 model")
        await pilot.press("enter")
        await dialog(running, "Download ")
        await pilot.press("y")
        await until(pilot, lambda: "Queued: 1 download" in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: "1 of 2" in shown(app), 20.0)
        assert "tiny-llama" in shown(app)


def test_the_details_say_why_this_badge() -> None:
    detail = vision()
    said = ['searched for "realistic vision": 3 repositories', "a/b x.safetensors: name 94%, size equal"]
    match = Match(method="filename_fuzzy", confidence=0.8, evidence=said)
    detail = replace(detail, metadata=detail.metadata.model_copy(update={"match": match}))
    fields = detail_fields(detail, brief=False)
    at = next(n for n, (label, _) in enumerate(fields) if label == "Trust")
    assert fields[at][1].startswith("Low: similar name only")
    assert fields[at + 1 : at + 3] == [("Why", said[0]), ("", said[1])]
    assert ("Trust", f"Low: {said[1]}") in detail_fields(detail, brief=True)


async def test_look_ups_that_need_a_yes_are_told_once(filled: Path, start: Start) -> None:
    found = tuple((ModelUid(str(n)), trust) for n, trust in enumerate([Trust.VERIFIED, Trust.LOW]))
    async with start(filled) as running:
        app, pilot = running
        for _ in range(2):
            app.bridge.take(events.LookedUp(found))
        await dialog(running, "2 models waited for a lookup")
        assert "needs your yes" in shown(app)
        await pilot.press("escape")
        await until(pilot, lambda: not app.screen.query(Dialog))
        assert "Looked up 2 models: 1 Verified, 1 Low." in shown(app)
