"""The Mapping screen on a real library with real apps: planning, answering, applying, taking back."""

import asyncio
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from pumas_tui.core.domain.imports import ImportChoices
from pumas_tui.core.library import Library, OpenOptions, RunJobs
from pumas_tui.tui.app import PumasApp
from pumas_tui.tui.modals.dialog import GRACE_S, Dialog
from pumas_tui.tui.widgets.popup import Prompt
from tests.support import modelfiles
from tests.support.apps import comfyui, links
from tests.support.trees import snapshot
from tests.tui.conftest import Start, shown, until

NAMES = [f"lora-{n:02}" for n in range(13)]


async def _import(root: Path, inbox: Path) -> None:
    async with Library.open(OpenOptions(str(root), run_jobs=RunJobs.OWN, create=True)) as library:
        found = await library.imports.inspect_paths([str(inbox)])
        submitted = await library.imports.submit(found.candidates, ImportChoices())
        await library.jobs.wait(submitted.jobs)


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Root of a library with thirteen LoRAs. Not to be changed."""
    place = tmp_path_factory.mktemp("mapping")
    for name in NAMES:
        modelfiles.lora_sdxl(place / "inbox" / f"{name}.safetensors", mark=name.encode())
    asyncio.run(_import(place / "library", place / "inbox"))
    return place / "library"


@pytest.fixture
def root(imported: Path, tmp_path: Path) -> Path:
    """A copy of that library for one test."""
    shutil.copytree(imported, tmp_path / "library", symlinks=True)
    return tmp_path / "library"


@pytest.fixture
def loras(tmp_path: Path) -> Path:
    """The folder for LoRAs of a ComfyUI that Pumas does not know yet."""
    return comfyui(tmp_path / "ComfyUI") / "loras"


def in_the_way(loras: Path, imported: Path) -> None:
    """Twelve names that are taken: six links, two dead ones, a copy of ours, two others' files, a folder."""
    mine = loras.parents[2] / "mine.safetensors"
    mine.write_bytes(b"mine")
    paths = [loras / f"{name}.safetensors" for name in NAMES]
    for path in paths[:6]:
        path.symlink_to(mine)
    for path in paths[6:8]:
        path.symlink_to("/gone/for/good")
    shutil.copyfile(imported.parent / "inbox" / paths[8].name, paths[8])
    for path in paths[9:11]:
        path.write_bytes(path.name.encode())
    paths[11].mkdir()
    (paths[11] / "inside.txt").write_text("mine")


async def register(root: Path, app: Path) -> None:
    async with Library.open(OpenOptions(str(root), run_jobs=RunJobs.NONE)) as library:
        await library.mapping.add_app(await library.mapping.propose(str(app)))


@pytest.fixture
def conflicts(root: Path, loras: Path, imported: Path) -> Path:
    """An app is registered in which twelve of thirteen names are taken; its folder for LoRAs."""
    in_the_way(loras, imported)
    asyncio.run(register(root, loras.parents[1]))
    return loras


async def see(pilot: Pilot[int], app: PumasApp, text: str | Callable[[str], bool]) -> str:
    """Wait for a text, give the screen."""
    there = text if callable(text) else lambda screen: text in screen
    try:
        await until(pilot, lambda: there(shown(app)))
    except AssertionError as error:
        raise AssertionError(f"{text!r} not on\n{shown(app)}") from error
    return shown(app)


async def dialog(pilot: Pilot[int], app: PumasApp, title: str) -> str:
    """Wait for a dialog and its first moment."""
    seen = await see(pilot, app, title)
    await until(pilot, lambda: bool(app.screen.query(Dialog)))
    await pilot.pause(GRACE_S + 0.05)
    return seen


async def test_twelve_mixed_conflicts_take_at_most_twelve_keys(
    root: Path, conflicts: Path, start: Start
) -> None:
    before = snapshot(conflicts)
    async with start(root, (120, 40)) as (app, pilot):
        await pilot.press("3")
        seen = await see(pilot, app, "0 answered, 12 to answer")
        assert "1 new" in seen and "12 conflicts" in seen and "3 Mapping 12!" in seen
        keys = ["a", "o", "a", "o", "o", "r", "r", "s"]
        await pilot.press(*keys)
        await see(pilot, app, "12 answered, 0 to answer")
        await pilot.press("enter")
        await dialog(pilot, app, "Overwrite 1 real file?")
        await pilot.press("y")
        seen = await dialog(pilot, app, "Apply the plan for ComfyUI?")
        assert "8 links that led elsewhere" in seen and "2 files to .old" in seen
        await pilot.press("y")
        assert 1 + len(keys) + 3 <= 12
        seen = await see(pilot, app, "Added 1 link to ComfyUI, 11 other changes.  u undo")
        await see(pilot, app, "12 right")
        made = links(conflicts)
        assert len(made) == 12 and all("library/models" in os.path.realpath(conflicts / n) for n in made)
        assert (conflicts / "lora-09.safetensors.old").read_bytes() == b"lora-09.safetensors"
        assert (conflicts / "lora-11.safetensors" / "inside.txt").exists()
        await pilot.press("u")
        await dialog(pilot, app, "Undo:")
        await pilot.press("y")
        await see(pilot, app, "Undone:")
        assert snapshot(conflicts) == before


async def test_open_conflicts_are_told_before_they_count_as_skip(
    root: Path, conflicts: Path, start: Start
) -> None:
    before = snapshot(conflicts)
    async with start(root) as (app, pilot):
        await pilot.press("3")
        await see(pilot, app, "12 to answer")
        await pilot.press("enter")
        await see(pilot, app, "12 conflicts have no answer and count as skip. Enter again, or n to see them.")
        await pilot.press("enter")
        await dialog(pilot, app, "Apply the plan for ComfyUI?")
        await pilot.press("enter", "space", "o")  # none of them confirms
        assert app.screen.query(Dialog)
        await pilot.press("escape")
        assert snapshot(conflicts) == before
        await pilot.press("enter")
        await dialog(pilot, app, "Apply the plan for ComfyUI?")
        await pilot.press("y")
        await see(pilot, app, "Added 1 link to ComfyUI.  u undo")
        assert links(conflicts).keys() - before.keys() == {"lora-12.safetensors"}


async def test_answers_outlive_the_session_and_leaving_tells_of_them(
    root: Path, conflicts: Path, start: Start
) -> None:
    async with start(root) as (app, pilot):
        await pilot.press("3")
        await see(pilot, app, "12 to answer")
        await pilot.press("a", "o")
        await see(pilot, app, "6 answered")
        await pilot.press("q")
        seen = await dialog(pilot, app, "6 conflict answers are not applied")
        assert "Nothing was changed" in seen
        await pilot.press("escape")
        assert app.is_running
        await pilot.press("q")
        await dialog(pilot, app, "6 conflict answers")
        await pilot.press("enter")
        await until(pilot, lambda: not app.is_running)
    async with start(root) as (app, pilot):
        await pilot.press("3")
        await see(pilot, app, "6 answered, 6 to answer")


async def test_only_files_with_the_same_content_on_request(root: Path, conflicts: Path, start: Start) -> None:
    async with start(root, (120, 40)) as (app, pilot):
        await pilot.press("3")
        await see(pilot, app, "12 to answer")
        await pilot.press("a", "tab", "tab", "o")  # all open
        seen = await see(pilot, app, "1 of 12 cannot be overwritten: a folder with 1 file")
        await pilot.press("enter", "enter")
        seen = await dialog(pilot, app, "Overwrite 3 real files?")
        assert "OTHER content, nowhere else" in seen
        await pilot.press("1")
        await dialog(pilot, app, "Apply the plan")
        await pilot.press("y")
        await see(pilot, app, "u undo")
        assert (conflicts / "lora-08.safetensors").is_symlink()
        assert (conflicts / "lora-09.safetensors").read_bytes() == b"lora-09.safetensors"


async def test_marked_conflicts_take_one_answer_together(root: Path, conflicts: Path, start: Start) -> None:
    async with start(root, (120, 40)) as (app, pilot):
        await pilot.press("3")
        await see(pilot, app, "12 to answer")
        await pilot.press("space", "space", "space")
        await see(pilot, app, "3 marked")
        await pilot.press("r")
        await see(pilot, app, "3 answered, 9 to answer")
        assert "RENAME .old" in shown(app) and "3 marked" not in shown(app)


async def test_a_new_link_is_left_out_and_taken_in(root: Path, conflicts: Path, start: Start) -> None:
    async with start(root, (120, 40)) as (app, pilot):
        await pilot.press("3")
        await see(pilot, app, "12 to answer")
        await pilot.press("G", "s")
        await see(pilot, app, ". loras/lora-12.safetensors")
        await pilot.press("enter", "enter")
        await see(pilot, app, "Nothing to apply")
        await pilot.press("s")
        await see(pilot, app, "+ loras/lora-12.safetensors")


async def test_what_changed_since_the_plan_is_told_and_tried_again(
    root: Path, conflicts: Path, start: Start
) -> None:
    async with start(root, (120, 40)) as (app, pilot):
        await pilot.press("3")
        await see(pilot, app, "12 to answer")
        (conflicts / "lora-12.safetensors").write_bytes(b"just written")
        await pilot.press("o", "enter", "enter")
        await dialog(pilot, app, "Apply the plan")
        await pilot.press("y")
        seen = await dialog(pilot, app, "ComfyUI: done, 1 problem")
        assert "1 of 2 changes made" in seen and "lora-12" in seen
        await pilot.press("enter")
        await see(pilot, app, "Planned again: 1 new conflict.")
        assert (conflicts / "lora-12.safetensors").read_bytes() == b"just written"


async def test_an_app_is_added_and_gets_its_links(root: Path, loras: Path, start: Start) -> None:
    async with start(root) as (app, pilot):
        await pilot.press("3")
        seen = await see(pilot, app, "No app is set up yet.")
        assert "i add app" in seen
        await pilot.press("i")
        await until(pilot, lambda: bool(app.screen.query(Prompt)))
        app.post_message(events.Paste(str(loras.parents[1])))
        await pilot.press("enter")
        seen = await dialog(pilot, app, "Add ComfyUI?")
        assert "0.6.0" in seen and "the same disk as the library" in seen
        await pilot.press("enter")
        seen = await see(pilot, app, "13 new")
        await pilot.press("enter")
        await dialog(pilot, app, "Apply the plan for ComfyUI?")
        await pilot.press("y")
        await see(pilot, app, "No change needed: all 13 links are right.")
        assert len(links(loras)) == 13


async def test_a_folder_that_is_no_app_is_told(root: Path, tmp_path: Path, start: Start) -> None:
    async with start(root, (120, 40)) as (app, pilot):
        await pilot.press("3")
        await see(pilot, app, "No app is set up yet.")
        await pilot.press("i")
        await until(pilot, lambda: bool(app.screen.query(Prompt)))
        app.post_message(events.Paste(str(root)))
        await pilot.press("enter")
        await see(pilot, app, "is no folder of an app")


async def test_an_app_that_is_gone_has_no_plan(root: Path, loras: Path, tmp_path: Path, start: Start) -> None:
    await register(root, loras.parents[1])
    loras.parents[1].rename(tmp_path / "away")
    async with start(root, (120, 40)) as (app, pilot):
        await pilot.press("3")
        seen = await see(pilot, app, "No plan: ComfyUI:")
        assert "Pumas changed nothing." in seen
        (tmp_path / "away").rename(loras.parents[1])
        await pilot.press("ctrl+r")
        await see(pilot, app, "13 new")


async def test_targets_turn_and_keep_their_answers(
    root: Path, conflicts: Path, tmp_path: Path, start: Start
) -> None:
    other = comfyui(tmp_path / "other-comfy", version="0.7.1").parent
    await register(root, other)
    async with start(root, (120, 40)) as (app, pilot):
        await pilot.press("3")
        await see(pilot, app, "12 to answer")
        await pilot.press("o")
        await see(pilot, app, "1 answered")
        await pilot.press("right_square_bracket")
        seen = await see(pilot, app, "2 of 2")
        await see(pilot, app, "13 new")
        assert "other-comfy 0.7.1" in seen
        await pilot.press("left_square_bracket")
        await see(pilot, app, "1 answered, 11 to answer")


async def test_a_read_only_session_plans_and_answers_nothing(
    root: Path, conflicts: Path, start: Start
) -> None:
    before = snapshot(conflicts)
    async with start(root, readonly=True) as (app, pilot):
        await pilot.press("3")
        await see(pilot, app, "12 to answer")
        await pilot.press("o", "enter", "u")
        await see(pilot, app, "read only: started with --readonly")
        assert "0 answered" in shown(app) and not app.screen.query(Dialog)
    assert snapshot(conflicts) == before


async def test_nothing_to_undo_is_said(tmp_path: Path, start: Start) -> None:
    async with start(tmp_path / "new") as (app, pilot):
        await pilot.press("u")
        await see(pilot, app, "Nothing to undo.")


async def test_a_name_that_two_models_want_is_asked_for(tmp_path: Path, start: Start) -> None:
    modelfiles.lora_sdxl(tmp_path / "inbox" / "a" / "style.safetensors")
    modelfiles.lora_flux(tmp_path / "inbox" / "b" / "style.safetensors")
    root, loras = tmp_path / "library", comfyui(tmp_path / "ComfyUI") / "loras"
    await _import(root, tmp_path / "inbox")
    await register(root, loras.parents[1])
    async with start(root, (120, 40)) as (app, pilot):
        await pilot.press("3")
        seen = await see(pilot, app, "0 answered, 1 to answer")
        assert "two models want this name" in seen and "o other name" in seen
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.focused, Input))
        assert isinstance(app.focused, Input)
        free = app.focused.value
        assert free.startswith("style-") and free.endswith(".safetensors")
        app.focused.value = "no/name"
        await pilot.press("enter")
        await see(pilot, app, "no/name is not a name of a file.")
        assert isinstance(app.focused, Input)
        app.focused.value = "mine.safetensors"
        await pilot.press("enter")
        await see(pilot, app, "1 answered, 0 to answer")
        await pilot.press("enter")
        await dialog(pilot, app, "Apply the plan")
        await pilot.press("y")
        await see(pilot, app, "u undo")
        assert links(loras).keys() == {"style.safetensors", "mine.safetensors"}
