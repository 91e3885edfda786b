"""On the screens: files of the Hub that are here already, and tensors that are compared."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pumas_tui.tui.modals.dialog import Dialog
from tests.hub.repos import model
from tests.hub.serving import Hub, serving
from tests.support import modelfiles
from tests.support.program import pumas
from tests.tui.conftest import Running, Start, shown, until

KINDS = {"a.weight": ("F16", [4, 4])}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, start: Start) -> Iterator[Hub]:
    """A Hub that the program asks; `start` has set everything else."""
    with serving() as running:
        monkeypatch.setenv("HF_HUB_OFFLINE", "")
        monkeypatch.setenv("HF_ENDPOINT", running.endpoint)
        yield running


def import_lights(root: Path, tmp_path: Path) -> bytes:
    """One model in a new library; its content."""
    path = Path(modelfiles.safetensors_file(tmp_path / "Cosy_Lights.safetensors", KINDS, {"note": "mine"}))
    assert pumas("init", root=root).code == 0
    assert pumas("import", path, root=root).code == 0
    return path.read_bytes()


def documents(root: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in (root / "models").glob("*/*/*/metadata.json")]


async def told(running: Running, text: str) -> None:
    """Wait for a dialog with this text, past its first moment."""
    app, pilot = running
    await until(pilot, lambda: bool(app.screen.query(Dialog)) and text in shown(app))
    await pilot.pause(0.3)


async def test_what_is_here_is_marked_and_a_second_model_comes_only_to_who_asks(
    tmp_path: Path, start: Start, hub: Hub
) -> None:
    root = tmp_path / "library"
    own = import_lights(root, tmp_path)
    hub.add(model("art/Cosy_Lights", {"Cosy_Lights.safetensors": own, "README.md": "warm"}))
    async with start(root) as running:
        app, pilot = running
        await until(pilot, lambda: "Cosy_Lights" in shown(app))
        await pilot.press("w")
        await told(running, "Verified")
        await pilot.press("f")
        await told(running, "here as ")
        await pilot.press("enter")
        await told(running, "Cosy_Lights is already here")
        assert "Same content (SHA-256 " in shown(app)
        await pilot.press("y", "enter")
        await told(running, "art/Cosy_Lights")
        assert hub.storage.calls() == 0, "neither y nor enter brings it again"
        await pilot.press("f")
        await told(running, "here as ")
        await pilot.press("enter")
        await told(running, "is already here")
        await pilot.press("n")
        await until(pilot, lambda: len(documents(root)) == 2, 20.0)
        assert hub.storage.calls() == 0, "it came from the library"
    first, second = documents(root)
    assert first["hashes"] == second["hashes"]


async def test_the_tensors_are_compared_by_a_key(tmp_path: Path, start: Start, hub: Hub) -> None:
    root = tmp_path / "library"
    import_lights(root, tmp_path)
    published = Path(modelfiles.safetensors_file(tmp_path / "x.safetensors", KINDS, {"format": "pt"}))
    hub.add(model("art/Cosy_Lights", {"Cosy_Lights.safetensors": published.read_bytes()}))
    async with start(root) as running:
        app, pilot = running
        await until(pilot, lambda: "Cosy_Lights" in shown(app))
        await pilot.press("w")
        await told(running, "t tensors")
        assert hub.storage.calls() == 0
        await pilot.press("t")
        await told(running, "only the header differs: added note")
        assert "not one weight differs" in shown(app)
        await pilot.press("escape")
        await told(running, "Its tensors are the published ones")
        await pilot.press("question_mark")
        await until(pilot, lambda: "removed format" in shown(app))
    [document] = documents(root)
    assert document["trust"] == "modified"
    assert any("byte for byte" in line for line in document["match"]["evidence"])
