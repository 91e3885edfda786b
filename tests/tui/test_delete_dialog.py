"""Deleting, renaming, the trash and the history, on a real library with a linked app."""

import os
from pathlib import Path

import pytest

from pumas_tui.tui.modals.dialog import Dialog
from pumas_tui.tui.widgets.list_page import ListPage
from tests.support.apps import links
from tests.tui.conftest import Start, shown
from tests.tui.linked import Session, link_all, running

LORA = "loras/ink-wash-style-xl.safetensors"


@pytest.fixture
async def linked(filled: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A library and the models folder of an app with links to all that it can use."""
    return filled, await link_all(filled, tmp_path / "ComfyUI")


def tree(folder: Path) -> dict[str, bytes | str]:
    """Every file and link below a folder with what is in it; databases, locks and trash left out."""
    found: dict[str, bytes | str] = {}
    paths = (path for path in folder.rglob("*") if ".db" not in path.name)
    for path in sorted(path for path in paths if not path.relative_to(folder).parts[0].startswith(".")):
        if path.is_symlink():
            found[str(path.relative_to(folder))] = os.readlink(path)
        elif path.is_file():
            found[str(path.relative_to(folder))] = path.read_bytes()
    return found


async def search(session: Session, text: str) -> None:
    """The only model that this finds is in front."""
    await session.until("6 models")
    await session.press("slash", *text, "enter")
    await session.until("1 of 6")


async def test_delete_tells_what_goes_and_undo_brings_every_byte_back(
    start: Start, linked: tuple[Path, Path]
) -> None:
    root, models = linked
    library, app = tree(root / "models"), tree(models)
    async with running(start, root) as session:
        await search(session, "ink")
        await session.press("d")
        seen = await session.dialog("Delete ")
        assert "1 link that will stop working" in seen and "loras/" in seen and "ComfyUI" in seen
        await session.press("enter", "d", "space")
        assert session.app.screen.query(Dialog)
        await session.press("x")
        await session.until("and 1 link to the trash.   u undo")
        assert LORA not in tree(models)
        assert not any("ink-wash" in name for name in tree(root / "models"))
        await session.press("escape", "u")
        await session.dialog("Undo: delete")
        await session.press("y")
        await session.until("Undone: delete")
    assert tree(root / "models") == library
    assert tree(models) == app


async def test_esc_keeps_the_model(start: Start, linked: tuple[Path, Path]) -> None:
    root, models = linked
    before = tree(root / "models"), tree(models)
    async with running(start, root) as session:
        await search(session, "ink")
        await session.press("d")
        await session.dialog("Delete ")
        await session.press("escape")
        await session.until("Nothing was deleted.")
    assert (tree(root / "models"), tree(models)) == before


async def test_a_file_of_the_user_in_place_of_a_link_survives(
    start: Start, linked: tuple[Path, Path]
) -> None:
    root, models = linked
    (models / LORA).unlink()
    (models / LORA).write_bytes(b"mine")
    async with running(start, root) as session:
        await search(session, "ink")
        await session.press("d")
        await session.dialog("no link leads to it")
        await session.press("x")
        await session.until("to the trash.")
    assert (models / LORA).read_bytes() == b"mine"


async def test_only_unlinking_keeps_the_model(start: Start, linked: tuple[Path, Path]) -> None:
    root, models = linked
    before = tree(root / "models")
    async with running(start, root) as session:
        await search(session, "ink")
        await session.press("d")
        await session.dialog("Delete ")
        await session.press("o")
        await session.until("Removed 1 link of ")
    assert LORA not in links(models) and len(links(models)) == 2
    assert tree(root / "models") == before


async def test_for_good_wants_the_number_and_leaves_nothing_in_the_trash(
    start: Start, linked: tuple[Path, Path]
) -> None:
    root, models = linked
    async with running(start, root) as session:
        await search(session, "ink")
        await session.press("d")
        await session.dialog("Delete ")
        await session.press("p")
        await session.dialog("for good?")
        await session.press("enter")
        await session.until("Type the number first.")
        await session.press("7", "enter")
        await session.until("That is not the number.")
        await session.press("backspace", "1", "enter")
        await session.until("for good: 1 thing")
    assert LORA not in links(models)
    assert not list((root / "models").rglob("ink-wash*.safetensors"))


async def test_a_rename_takes_folder_and_links_along(start: Start, linked: tuple[Path, Path]) -> None:
    root, models = linked
    async with running(start, root) as session:
        await search(session, "ink")
        await session.press("r")
        await session.until("Rename: the new id")
        await session.press("ctrl+u", *"ink-anew", "enter")
        seen = await session.dialog("Rename ink-wash-style-xl?")
        assert "1 link follows" in seen and "diffusion/sdxl/ink-anew" in seen
        await session.press("y")
        await session.until("Renamed to diffusion/sdxl/ink-anew, 1 link followed.")
    assert "/ink-anew/" in links(models)[LORA] and (models / LORA).stat().st_size
    assert (root / "models/diffusion/sdxl/ink-anew/metadata.json").stat()


async def test_the_trash_brings_things_back_and_is_emptied_by_a_typed_number(
    start: Start, linked: tuple[Path, Path]
) -> None:
    root, models = linked
    async with running(start, root) as session:
        await search(session, "ink")
        for again in (True, False):
            await session.press("d")
            await session.dialog("Delete ")
            await session.press("x")
            await session.until("to the trash.")
            await session.press("5", "t")
            await session.until("1 thing")
            assert LORA not in links(models)
            if again:
                await session.press("enter")
                await session.until("Brought back: ")
                assert LORA in links(models)
                await session.press("escape", "1")
                await session.until("1 of 6")
        await session.press("e")
        await session.dialog("Empty the trash?")
        await session.press("enter")
        await session.until("Type the number first.")
        await session.press("1", "enter")
        await session.until("Gone for good: 1 thing")
    assert not list((root / "models").rglob("ink-wash*.safetensors"))


async def test_past_changes_are_listed_and_one_is_taken_back(start: Start, linked: tuple[Path, Path]) -> None:
    root, models = linked
    async with running(start, root, (120, 40)) as session:
        await session.press("5", "p")
        await session.until("Past changes")
        seen = await session.until("3 links")
        assert session.app.screen.query(ListPage)
        await session.press("enter")
        await session.dialog("Undo: ")
        await session.press("y")
        await session.until("Undone: ")
        assert links(models) == {}
        await session.press("escape")
        assert "APPS (1)" in shown(session.app)
    assert seen


async def test_a_read_only_session_deletes_nothing(start: Start, linked: tuple[Path, Path]) -> None:
    root, _ = linked
    async with running(start, root, readonly=True) as session:
        await session.press("d")
        await session.until("read only")
        assert not session.app.screen.query(Dialog)
