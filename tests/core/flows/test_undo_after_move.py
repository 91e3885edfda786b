"""Taking back what was changed before the library was moved, by what it is now and where."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from pumas_tui.core.domain.imports import ImportChoices
from pumas_tui.core.library import Library, OpenOptions, RunJobs, create_library
from tests.support import modelfiles
from tests.support.apps import comfyui, links
from tests.support.trees import snapshot

LINK = "loras/m0.safetensors"


@asynccontextmanager
async def opened(root: Path) -> AsyncIterator[Library]:
    async with Library.open(OpenOptions(root=str(root), run_jobs=RunJobs.OWN)) as library:
        await library.ready()
        yield library


async def filled(root: Path, app: Path) -> None:
    """A library with two models, linked into a new app."""
    models = comfyui(app)
    await create_library(str(root))
    async with opened(root) as library:
        await library.mapping.add_app(await library.mapping.propose(str(models.parent)))
        for n in range(2):
            modelfiles.lora_sdxl(root.parent / f"in/m{n}.safetensors", mark=b"%d" % n)
        inspection = await library.imports.inspect_paths([str(root.parent / "in")])
        submitted = await library.imports.submit(inspection.candidates, ImportChoices())
        await library.jobs.wait(submitted.jobs)
        await library.mapping.sync()


async def test_an_app_inside_goes_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deleting, an overwritten file, a new name: all of it comes back at the new place."""
    monkeypatch.setenv("HOME", str(tmp_path))
    old, new = tmp_path / "old", tmp_path / "deep" / "new"
    await filled(old, old / "apps/ComfyUI")
    before = snapshot(old / "apps")
    async with opened(old) as library:
        await library.renaming.rename(await library.renaming.plan("m1", "diffusion/sdxl/other"))
        await library.deleting.delete(await library.deleting.plan(["m0"]))
        await library.mapping.remove_app("ComfyUI")
    new.parent.mkdir()
    os.rename(old, new)
    async with opened(new) as library:
        for _ in range(3):
            assert not (await library.history.undo()).failed
        assert snapshot(new / "apps") == before
        report = await library.health.check()
        assert (report.status, report.links_right) == ("healthy", 2)
        assert {row.official_name for row in (await library.models.search("")).rows} == {"m0", "m1"}


async def test_an_app_that_was_moved_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    root, old, new = tmp_path / "library", tmp_path / "ComfyUI", tmp_path / "deep" / "down" / "ComfyUI"
    await filled(root, old)
    async with opened(root) as library:
        synced = next(op.id for op in await library.history.list() if op.kind == "sync")
        deleted = await library.deleting.delete(await library.deleting.plan(["m0"]))
        new.parent.mkdir(parents=True)
        os.rename(old, new)
        await library.health.relocate(await library.health.relocation(str(old), str(new)))
        assert not (await library.history.undo(deleted.op_id)).failed
        assert (new / "models" / LINK).is_file() and not old.exists()
        assert (await library.health.check()).links_right == 2
        assert not (await library.history.undo(synced)).failed
        assert links(new / "models") == {} and library._opened.registry.links() == []


@pytest.mark.parametrize("relocated", [True, False], ids=["links followed", "links did not follow yet"])
async def test_an_app_that_stayed_gets_links_to_where_the_library_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, relocated: bool
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    old, new = tmp_path / "old", tmp_path / "deep" / "new"
    await filled(old, tmp_path / "ComfyUI")
    app = tmp_path / "ComfyUI/models"
    async with opened(old) as library:
        synced = next(op.id for op in await library.history.list() if op.kind == "sync")
        deleted = await library.deleting.delete(await library.deleting.plan(["m0"]))
    new.parent.mkdir()
    os.rename(old, new)
    async with opened(new) as library:
        found = await library.health.moved()
        assert found is not None and len(found.links) == 1
        if relocated:
            await library.health.relocate(found)
        assert not (await library.history.undo(deleted.op_id)).failed
        assert (app / LINK).is_file() and "new/models" in links(app)[LINK]
        assert not (await library.history.undo(synced)).failed
        assert links(app) == {} and library._opened.registry.links() == []
