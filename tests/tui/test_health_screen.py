"""The Health screen on a real library: what is found, repaired, taken back, and said."""

import os
import shutil
from pathlib import Path

import pytest

from pumas_tui.tui.modals.dialog import Dialog
from pumas_tui.tui.screens.health import HealthScreen
from tests.support.apps import links
from tests.tui.conftest import Start, shown
from tests.tui.linked import link_all, running


@pytest.fixture
async def linked(filled: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A library and the models folder of an app with links to all that it can use."""
    return filled, await link_all(filled, tmp_path / "ComfyUI")


def first_link(models: Path) -> Path:
    return models / min(links(models))


def renamed_model(models: Path) -> Path:
    """The folder of the model that the first link leads to is renamed by hand."""
    target = Path(os.path.realpath(first_link(models)))
    folder = next(parent for parent in target.parents if (parent / "metadata.json") in parent.iterdir())
    folder.rename(folder.with_name(f"{folder.name}-by-hand"))
    return folder


async def test_all_is_right(start: Start, linked: tuple[Path, Path]) -> None:
    root, models = linked
    async with running(start, root) as session:
        seen = await session.health()
        assert f"Everything is right: {len(links(models))} links, 6 models right, 1 app seen." in seen
        assert "4 Heal]" in seen


async def test_self_heal_makes_a_lost_link_again_and_undo_takes_it_back(
    start: Start, linked: tuple[Path, Path]
) -> None:
    root, models = linked
    before = links(models)
    first_link(models).unlink()
    async with running(start, root) as session:
        seen = await session.health()
        assert "FIX NOW (1)" in seen and "[4 Heal 1!]" in seen and "make again" in seen
        await session.press("s")
        await session.dialog("Self-heal: 1 safe fix")
        await session.press("y")
        await session.until("1 repair done.  u undo")
        await session.until("Everything is right")
        assert links(models) == before
        await session.press("u")
        await session.dialog("Undo: ")
        await session.press("y")
        await session.until("Undone: repair")
        assert len(links(models)) == len(before) - 1


async def test_links_follow_a_model_that_was_renamed_by_hand(start: Start, linked: tuple[Path, Path]) -> None:
    root, models = linked
    folder = renamed_model(models)
    async with running(start, root) as session:
        await session.health()
        await session.until(lambda text: "re-point" in text or "Everything is right" in text)
        if "re-point" in shown(session.app):
            await session.press("s")
            await session.dialog("Self-heal")
            await session.press("y")
            await session.until("Everything is right")
    assert all(os.path.exists(models / link) for link in links(models))
    assert any(f"{folder.name}-by-hand" in text for text in links(models).values())


async def test_a_fix_that_removes_something_asks_and_esc_leaves_all_as_it_is(
    start: Start, linked: tuple[Path, Path]
) -> None:
    root, models = linked
    link = first_link(models)
    model = Path(os.path.realpath(link))
    shutil.rmtree(next(p for p in model.parents if (p / "metadata.json") in p.iterdir()))
    async with running(start, root) as session:
        await session.health()
        await session.until("remove")
        await session.press("a", "s")
        await session.until("Nothing here may be fixed without you")
        await session.press("x")
        seen = await session.dialog("Fix ")
        assert "remove" in seen and "the link goes; no file is touched" in seen
        await session.press("escape")
        await session.until("Nothing was changed.")
        assert link.is_symlink()
        await session.press("x")
        await session.dialog("Fix ")
        await session.press("y")
        await session.until(lambda text: "repair done" in text or "repairs done" in text)
        assert not link.is_symlink()


async def test_enter_tells_all_of_a_finding_and_o_goes_to_the_model(
    start: Start, linked: tuple[Path, Path]
) -> None:
    root, models = linked
    first_link(models).unlink()
    async with running(start, root) as session:
        await session.health()
        await session.press("enter")
        seen = await session.dialog("Broken link: ")
        assert "y" in seen and "make the link again" in seen and "forget the record" in seen
        await session.press("o")
        await session.until(lambda text: "[1 Lib]" in text and " 1 of 6" in text)


async def test_a_missing_app_is_forgotten_only_when_asked(start: Start, linked: tuple[Path, Path]) -> None:
    root, models = linked
    shutil.rmtree(models.parent)
    async with running(start, root, (120, 40)) as session:
        seen = await session.health()
        assert "GHOST APPS (1)" in seen
        await session.press("enter")
        await session.dialog("ComfyUI is not there")
        await session.press("escape", "enter")
        await session.dialog("ComfyUI is not there")
        await session.press("f")
        await session.until("Everything is right")
        await session.until("apps seen")


async def test_a_flipped_bit_is_found_by_reading_contents(start: Start, filled: Path) -> None:
    weights = next(p for p in sorted(filled.glob("models/*/*/*/*")) if p.suffix == ".safetensors")
    stamp = weights.stat()
    with weights.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        last = file.read(1)[0]
        file.seek(-1, os.SEEK_END)
        file.write(bytes([last ^ 1]))
    os.utime(weights, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    async with running(start, filled) as session:
        await session.health()
        await session.press("c")
        await session.dialog("Check the contents of all models?")
        await session.press("y")
        seen = await session.until("not as imported")
        assert "1 file is not as imported" in seen
        await session.until("modified")


async def test_marks_and_the_kinds_beside_the_list(start: Start, linked: tuple[Path, Path]) -> None:
    root, models = linked
    for link in sorted(links(models))[:2]:
        (models / link).unlink()
    (models / "loras" / "dead.safetensors").symlink_to("/nowhere/x.safetensors")
    async with running(start, root, (120, 40)) as session:
        seen = await session.health()
        assert "BROKEN LINKS (2)" in seen and "FOREIGN DEAD LINKS (1)" in seen
        await session.press("space", "space")
        await session.until("2 marked")
        await session.press("escape")
        await session.until(lambda text: "2 marked" not in text)
        await session.press("tab", "j")
        screen = session.app.screen
        assert isinstance(screen, HealthScreen)
        await session.until("dead.safetensors")
        await session.press("enter", "enter")
        seen = await session.dialog("Foreign dead link")
        assert "nothing here that Pumas may change" in seen


async def test_a_read_only_session_looks_and_changes_nothing(start: Start, linked: tuple[Path, Path]) -> None:
    root, models = linked
    first_link(models).unlink()
    async with running(start, root, readonly=True) as session:
        await session.health()
        for key in ("x", "s", "c"):
            await session.press(key)
            await session.until("read only")
        assert not session.app.screen.query(Dialog)


async def test_links_follow_a_library_that_was_moved(start: Start, linked: tuple[Path, Path]) -> None:
    root, models = linked
    moved = root.with_name("elsewhere")
    root.rename(moved)
    async with running(start, moved) as session:
        await session.press("4")
        await session.until("where the library was")
        await session.until("FINE")
        await session.press("escape")
        await session.until(lambda text: "where the library was" not in text)
        await session.press("ctrl+r")
        await session.until("where the library was")
        await session.until(lambda text: "Checking" not in text)
        await session.press("enter")
        seen = await session.dialog("Moved drive")
        assert "3  links in ComfyUI get the new path" in seen and "matches" in seen
        await session.press("y")
        await session.until("Everything is right: 3 links")
    assert all("/elsewhere/" in text for text in links(models).values())


async def test_safe_repairs_do_themselves_where_the_settings_say_so(
    start: Start, linked: tuple[Path, Path], tmp_path: Path
) -> None:
    root, models = linked
    before = links(models)
    first_link(models).unlink()
    config = tmp_path / "config" / "pumas" / "settings.toml"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text('[health]\nself_heal = "safe"\n')
    async with running(start, root) as session:
        await session.health()
        await session.until("Everything is right")
        assert links(models) == before
