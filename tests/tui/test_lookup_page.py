"""Looking a model up on the screen: rows as they come, stopping, the cache, one model after the other."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pumas_tui.core.domain import events
from pumas_tui.tui.modals.dialog import Dialog
from pumas_tui.tui.modals.lookup import LookupDialog
from pumas_tui.tui.widgets.form import Form
from tests.hub import behaviours as b
from tests.hub.repos import claimed, lfs, model
from tests.hub.serving import Hub, serving
from tests.support import modelfiles
from tests.support.program import pumas
from tests.tui.conftest import Running, Start, shown, until

LISTS = "GET /api/models/*"
CARD = {"license": "mit", "base_model": "org/base"}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, start: Start, tmp_path: Path) -> Iterator[Hub]:
    """A Hub that the program asks, but not by itself; `start` has set everything else."""
    config = tmp_path / "config" / "pumas"
    config.mkdir(parents=True)
    (config / "settings.toml").write_text("[network]\nlookups = false\n")
    with serving() as running:
        monkeypatch.setenv("HF_HUB_OFFLINE", "")
        monkeypatch.setenv("HF_ENDPOINT", running.endpoint)
        yield running


def library(tmp_path: Path, *names: str) -> tuple[Path, list[bytes]]:
    """The root of a library with a model of each name, and their content."""
    root, paths = tmp_path / "library", []
    for name in names:
        path = tmp_path / f"{name}.safetensors"
        modelfiles.safetensors_file(path, {"a.weight": ("F16", [4, 4])}, mark=name.encode())
        paths.append(path)
    assert pumas("init", root=root).code == 0
    assert pumas("import", *paths, root=root).code == 0
    return root, [path.read_bytes() for path in paths]


def documents(root: Path) -> dict[str, dict[str, Any]]:
    """metadata.json of all models, by the name that they came with."""
    found = [json.loads(path.read_text()) for path in (root / "models").glob("*/*/*/metadata.json")]
    return {one["files"][0]["original_name"].removesuffix(".safetensors"): one for one in found}


async def look(running: Running, text: str, *keys: str) -> None:
    """Press keys, wait for a dialog with this text, past its first moment."""
    app, pilot = running
    await pilot.press(*keys)
    await until(pilot, lambda: bool(app.screen.query(Dialog)) and text in shown(app))
    await pilot.pause(0.3)


async def test_rows_come_as_they_are_known_and_stay_where_they_are(
    tmp_path: Path, start: Start, hub: Hub
) -> None:
    root, [content] = library(tmp_path, "Cosy_Lights")
    hub.add(
        model("art/Cosy_Lights", {"Cosy_Lights.safetensors": claimed(len(content))}),
        model("art/Cosy_Lights_Old", {"cosy.safetensors": lfs(content)}, card=CARD),
    )
    second = b.Waits()
    hub.behave(LISTS, second, after=1)
    async with start(root, (120, 40)) as running:
        app, pilot = running
        await until(pilot, lambda: "Cosy_Lights" in shown(app))
        await look(running, "1 candidate   asking, 0:0", "w")
        assert "none of these" not in shown(app), "more may come"
        before = [line for line in shown(app).split("\n") if "> art/Cosy_Lights " in line]
        second.go()
        await until(pilot, lambda: "2 candidates   asked" in shown(app))
        lines = shown(app).split("\n")
        assert [line for line in lines if "> art/Cosy_Lights " in line] == before
        at = next(number for number, line in enumerate(lines) if line in before)
        assert "art/Cosy_Lights_Old" in lines[at + 1] and "Verified" in lines[at + 1]
        assert " s " in next(line for line in lines if "2 candidates" in line), "how long it took"
        assert "none of these" in lines[at + 2]


async def test_escape_stops_the_asking(tmp_path: Path, start: Start, hub: Hub) -> None:
    root, [content] = library(tmp_path, "Cosy_Lights")
    hub.add(model("art/Cosy_Lights", {"Cosy_Lights.safetensors": lfs(content)}, card=CARD))
    waits = b.Waits()
    hub.behave(LISTS, waits)
    async with start(root) as running:
        app, pilot = running
        await until(pilot, lambda: "Cosy_Lights" in shown(app))
        await look(running, "asking, 0:0", "w")
        assert "stop" in shown(app)
        await until(pilot, lambda: waits.asked == 1)
        await pilot.press("escape")
        await until(pilot, lambda: waits.left == 1 and not app.screen.query(Dialog))
    assert documents(root)["Cosy_Lights"]["trust"] == "pending"


async def test_offline_the_cache_is_shown_with_its_date(tmp_path: Path, start: Start, hub: Hub) -> None:
    root, [content] = library(tmp_path, "Cosy_Lights")
    hub.add(model("art/Cosy_Lights", {"Cosy_Lights.safetensors": claimed(len(content))}, card=CARD))
    async with start(root) as running:
        app, pilot = running
        await until(pilot, lambda: "Cosy_Lights" in shown(app))
        assert app.library is not None
        network = app.library.network
        await network.search("cosy lights")
        session = network._session
        session._options = replace(session._options, clock=lambda: time.time() + 90_000)  # a day later
        hub.down()
        asked = len(hub.requests)
        await look(running, "c cache of ", "w")
        await pilot.press("c")
        await until(pilot, lambda: "1 candidate   from the cache, " in shown(app))
        assert "art/Cosy_Lights" in shown(app)
        assert "this model still waits" in shown(app)
        assert len(hub.requests) == asked
        await pilot.press("enter")
        await until(pilot, lambda: "Taken over from art/Cosy_Lights" in shown(app))
    assert documents(root)["Cosy_Lights"]["trust"] == "manual"


async def test_one_model_after_the_other(tmp_path: Path, start: Start, hub: Hub) -> None:
    """`n` goes to one that waits, and nothing else does; `m`, `/` and `e` do as they say."""
    names = ("Cold_Lights", "Odd_Lights", "Warm_Lights")
    root, contents = library(tmp_path, *names)
    for name, content in zip(names, contents, strict=True):
        hub.add(model(f"art/{name}", {f"{name}.safetensors": claimed(len(content))}, card=CARD))
    async with start(root) as running:
        app, pilot = running
        await until(pilot, lambda: "Warm_Lights" in shown(app))
        await look(running, "n next", "w")
        await look(running, "Odd_Lights.safetensors", "n")
        await pilot.press("slash")
        await until(pilot, lambda: "Search Hugging Face for" in shown(app))
        await pilot.press(*"warm", "enter")
        await look(running, "art/Warm_Lights")
        assert "Odd_Lights.safetensors" in shown(app), "other words for the same model"
        await pilot.press("m")
        await until(pilot, lambda: "is Manual now" in shown(app) and not app.screen.query(Dialog))
        await pilot.press("G")
        await look(running, "art/Warm_Lights", "w")
        await pilot.press("enter")
        await until(pilot, lambda: "Taken over from art/Warm_Lights" in shown(app))
        assert not app.screen.query(Dialog), "who took it asked for no other one"
        await pilot.press("a", "w")
        await look(running, "Cold_Lights.safetensors")
        await pilot.press("e")
        await until(pilot, lambda: bool(app.screen.query(Form)))
        assert not app.screen.query(LookupDialog), "the form has the window"
    badges = {name: document["trust"] for name, document in documents(root).items()}
    assert badges == {"Cold_Lights": "modified", "Odd_Lights": "manual", "Warm_Lights": "manual"}


async def test_d19_takes_back_what_was_filled_in(tmp_path: Path, start: Start, hub: Hub) -> None:
    root, contents = library(tmp_path, "Cold_Lights", "Odd_Lights", "Warm_Lights")
    for name, content in (
        ("Cold", lfs(contents[0])),
        ("Odd", claimed(len(contents[1]))),
        ("Warm", lfs(contents[2])),
    ):
        hub.add(model(f"art/{name}_Lights", {f"{name}_Lights.safetensors": content}, card=CARD))
    async with start(root) as running:
        app, pilot = running
        await until(pilot, lambda: "Warm_Lights" in shown(app))
        assert app.library is not None
        done = await app.library.network.retry_pending(asked_by_user=True)
        assert {one["license"] for one in documents(root).values()} == {"mit", ""}
        app.bridge.take(events.LookedUp(done.found, done.filled, done.batch_id))
        await look(running, "3 models waited for a lookup")
        assert "u  take back the 2" in shown(app)
        await pilot.press("u")
        await until(pilot, lambda: "Taken back: what was filled in, in 2 models." in shown(app))
        assert (await app.library.network.retry_pending(asked_by_user=True)).found == ()
        await look(running, "You took its words back", "w")
        await pilot.press("escape")
    badges = {name: (one["trust"], one["license"]) for name, one in documents(root).items()}
    assert badges == {
        "Cold_Lights": ("verified", ""),
        "Odd_Lights": ("modified", ""),
        "Warm_Lights": ("verified", ""),
    }
