"""Following moves: the library is noticed at its new place at a start; nothing changes without a word."""

import os
import shutil
from pathlib import Path

import pytest

from pumas_tui.core.domain.errors import NotFoundError, UsageError
from pumas_tui.core.domain.imports import ImportChoices
from pumas_tui.core.domain.repairs import RepairKind
from pumas_tui.core.library import Library, OpenOptions, RunJobs, create_library
from tests.support import modelfiles
from tests.support.apps import comfyui, links
from tests.support.trees import snapshot


def opened(root: Path) -> OpenOptions:
    return OpenOptions(root=str(root), run_jobs=RunJobs.OWN)


@pytest.fixture
async def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The models folder of a ComfyUI with two links into the library at `old`."""
    monkeypatch.setenv("HOME", str(tmp_path))
    models = comfyui(tmp_path / "apps" / "ComfyUI")
    await create_library(str(tmp_path / "old"))
    async with Library.open(opened(tmp_path / "old")) as library:
        await library.ready()
        await library.mapping.add_app(await library.mapping.propose(str(models.parent)))
        for n in range(2):
            modelfiles.lora_sdxl(tmp_path / f"in/m{n}.safetensors", mark=b"%d" % n)
        inspection = await library.imports.inspect_paths([str(tmp_path / "in")])
        submitted = await library.imports.submit(inspection.candidates, ImportChoices())
        await library.jobs.wait(submitted.jobs)
        await library.mapping.sync()
        assert await library.health.moved() is None
    return models


async def test_a_moved_library_is_noticed_and_its_links_follow_on_a_word(app: Path, tmp_path: Path) -> None:
    before = snapshot(app)
    os.rename(tmp_path / "old", tmp_path / "deep down")
    async with Library.open(opened(tmp_path / "deep down")) as library:
        await library.ready()
        found = await library.health.moved()
        assert found is not None and found.proven and found.old == str(tmp_path / "old/models")
        assert (len(found.links), found.missing, found.app_names) == (2, (), ("ComfyUI",))
        assert snapshot(app) == before  # nothing changes before somebody has seen it
        done = await library.health.relocate(found)
        assert (done.done, done.failed) == (2, ())
        assert all((app / target).stat().st_size for target in links(app))
        assert await library.health.moved() is None
        assert (await library.health.check()).status == "healthy"
        await library.history.undo()
        assert snapshot(app) == before


async def test_taking_it_back_leaves_everything_as_it_was_before(app: Path, tmp_path: Path) -> None:
    """Links, records and what health says of them; and it can be done again."""
    os.rename(tmp_path / "old", tmp_path / "new")
    async with Library.open(opened(tmp_path / "new")) as library:
        await library.ready()
        registry, tree = library._opened.registry, snapshot(app)
        before = (await library.health.check()).findings
        assert {one.repair.kind for one in before if one.repair} == {RepairKind.REPOINT}
        found = await library.health.moved()
        assert found is not None
        bases, rows = registry.bases(), (registry.apps(), registry.links())
        for _ in range(2):
            await library.health.relocate(found)
            assert await library.health.moved() is None  # now nothing says the old place any more
            assert (await library.health.check()).status == "healthy"
            assert not (await library.history.undo()).failed
            assert (snapshot(app), registry.bases()) == (tree, bases)
            assert (registry.apps(), registry.links()) == rows
            assert (await library.health.check()).findings == before
            assert await library.health.moved() == found


async def test_the_records_of_a_moved_app_come_back_too(app: Path, tmp_path: Path) -> None:
    there = tmp_path / "deep" / "down" / "ComfyUI"
    there.parent.mkdir(parents=True)
    os.rename(app.parent, there)
    async with Library.open(opened(tmp_path / "old")) as library:
        await library.ready()
        registry = library._opened.registry
        tree, rows = snapshot(there), (registry.apps(), registry.links())
        before = (await library.health.check()).findings
        found = await library.health.relocation(str(app.parent), str(there))
        assert not (await library.health.relocate(found)).failed
        assert [one.base for one in registry.apps()] == [str(there / "models")]
        healed = await library.health.check()
        assert (healed.status, healed.links_right) == ("healthy", 2)
        undone = await library.history.undo()
        assert not undone.failed
        assert (snapshot(there), (registry.apps(), registry.links())) == (tree, rows)
        assert (await library.health.check()).findings == before
        assert not (await library.history.undo(undone.op_id)).failed
        assert (await library.health.check()).links_right == 2


async def test_what_is_not_at_the_new_place_keeps_its_link(app: Path, tmp_path: Path) -> None:
    os.rename(tmp_path / "old", tmp_path / "new")
    next((tmp_path / "new/models").glob("*/*/m0/m0.safetensors")).unlink()
    async with Library.open(opened(tmp_path / "new")) as library:
        await library.ready()
        found = await library.health.relocation(str(tmp_path / "old"), str(tmp_path / "new"))
        assert len(found.links) == 1 and [Path(one).name for one in found.missing] == ["m0.safetensors"]
        await library.health.relocate(found)
        assert "old/models" in links(app)["loras/m0.safetensors"]
        assert (app / "loras/m1.safetensors").stat().st_size


async def test_a_copy_of_the_library_takes_no_links_over(app: Path, tmp_path: Path) -> None:
    shutil.copytree(tmp_path / "old", tmp_path / "copy", symlinks=True)
    before = snapshot(app)
    async with Library.open(opened(tmp_path / "copy")) as library:
        await library.ready()
        assert await library.health.moved() is None
        report = await library.health.check()
        assert report.links_right == 0 and not any(f.repair and f.repair.safe for f in report.findings)
    assert snapshot(app) == before


async def test_places_that_mean_nothing_are_refused(app: Path, tmp_path: Path) -> None:
    async with Library.open(opened(tmp_path / "old")) as library:
        await library.ready()
        with pytest.raises(UsageError):
            await library.health.relocation("relative", str(tmp_path))
        with pytest.raises(UsageError):
            await library.health.relocation(str(tmp_path), str(tmp_path))
        with pytest.raises(NotFoundError):
            await library.health.relocation("/mnt/gone", str(tmp_path / "not there"))
        with pytest.raises(NotFoundError, match="nothing of the library"):
            await library.health.relocation("/mnt/gone", str(tmp_path / "in"))
