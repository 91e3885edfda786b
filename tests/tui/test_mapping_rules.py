"""Rules on the Mapping screen: taking the one that is offered for a folder, switching any on their page."""

import json
from pathlib import Path

import pytest
from textual import events

from tests.support.apps import comfyui
from tests.tui.conftest import Start
from tests.tui.linked import Session, link_all, running


@pytest.fixture
async def app(filled: Path, tmp_path: Path) -> Path:
    """Models folder of a ComfyUI with all links of the library, and two folders that no rule fills."""
    models = await link_all(filled, tmp_path / "ComfyUI")
    (models / "ipadapter").mkdir()
    (models / "ipadapter/plus.safetensors").write_bytes(b"weights")
    (models / "ultralytics/segm").mkdir(parents=True)
    return models


async def to_the_folders(session: Session) -> None:
    await session.press("3")
    await session.until("FOLDERS NO RULE FILLS (2)")
    while ">FOLDERS" not in await session.until("FOLDERS"):
        await session.press("j")
    await session.press("l")


async def test_the_offered_rule_is_taken_and_given_back(filled: Path, app: Path, start: Start) -> None:
    config = filled / "mappings/comfyui_*_default.json"
    async with running(start, filled) as session:
        await to_the_folders(session)
        seen = await session.until("1 file of weights that are not from the library")
        assert '> . ipadapter   1 file   offered: models tagged "ipadapter"' in seen and "t use rule" in seen
        await session.press("t")
        seen = await session.until("FOLDERS NO RULE FILLS (1)")
        assert 'Rule "ipadapter" is on: comfyui_*_default.json.  e rules, to take it back' in seen
        assert [one["name"] for one in json.loads(config.read_text())["mappings"]] == ["ipadapter"]
        await session.press("e")
        await session.until("Rules of ComfyUI")
        await session.until("28 on")
        while "> on  ipadapter" not in await session.until("ipadapter"):
            await session.press("j")
        await session.press("enter")
        seen = await session.until('Rule "ipadapter" is off')
        assert "> off ipadapter" in seen  # offered again, and the cursor went with it
        assert json.loads(config.read_text())["mappings"] == []
        await session.press("escape")
        await session.until("FOLDERS NO RULE FILLS (2)")


async def test_switching_rules_is_off_in_a_read_only_session(filled: Path, app: Path, start: Start) -> None:
    async with running(start, filled, readonly=True) as session:
        await to_the_folders(session)
        await session.press("t")
        await session.until("read only")
        await session.press("e")
        await session.until("Rules of ComfyUI")
        await session.until("27 on")
        await session.press("enter")
        await session.until("read only: started with --readonly")
    assert not (filled / "mappings/comfyui_*_default.json").exists()


async def test_a_config_that_cannot_be_used_is_told_and_kept(filled: Path, app: Path, start: Start) -> None:
    config = filled / "mappings/comfyui_*_default.json"
    async with running(start, filled, (120, 40)) as session:
        await session.press("3")
        await session.until("offered: models")
        config.write_text("{")
        await session.press("t")
        await session.until("No rule is offered here")
        await session.press("G", "k")
        await session.until("switched off")
        await session.press("t")
        await session.until("nothing was written")
    assert config.read_text() == "{"


async def test_a_new_app_tells_how_many_folders_no_rule_fills(
    filled: Path, tmp_path: Path, start: Start
) -> None:
    comfyui(tmp_path / "New", kinds=("loras", "ipadapter", "LLM"))
    async with running(start, filled) as session:
        await session.press("3")
        await session.until("No app is set up")
        await session.press("i")
        await session.until("App: its folder")
        session.app.post_message(events.Paste(str(tmp_path / "New")))
        await session.press("enter")
        await session.dialog("Add New?")
        await session.press("enter")
        await session.until("No rule fills 2 folders of it.")
