"""Forgetting an app is one change: taking it back brings the app and its links back as they were."""

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pumas_tui.core.domain.app_records import App
from pumas_tui.core.domain.findings import FindingKind, HealthReport
from pumas_tui.core.domain.imports import ImportChoices
from pumas_tui.core.domain.links import Link
from pumas_tui.core.library import Library, OpenOptions, RunJobs, create_library
from tests.support import modelfiles
from tests.support.apps import comfyui
from tests.support.trees import snapshot


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """The models folder of a ComfyUI with a file of its user."""
    folder = comfyui(tmp_path / "apps" / "ComfyUI")
    (folder / "loras" / "mine.safetensors").write_bytes(b"mine")
    return folder


@pytest.fixture
async def library(tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Library]:
    """A library with three models that are linked into the app."""
    monkeypatch.setenv("HOME", str(tmp_path))
    root = tmp_path / "library"
    await create_library(str(root))
    async with Library.open(OpenOptions(root=str(root), run_jobs=RunJobs.OWN)) as opened:
        await opened.ready()
        await opened.mapping.add_app(await opened.mapping.propose(str(models.parent)))
        for n in range(3):
            modelfiles.lora_sdxl(tmp_path / f"in/m{n}.safetensors", mark=b"%d" % n)
        inspection = await opened.imports.inspect_paths([str(tmp_path / "in")])
        submitted = await opened.imports.submit(inspection.candidates, ImportChoices())
        await opened.jobs.wait(submitted.jobs)
        await opened.mapping.sync()
        yield opened


def known(library: Library) -> tuple[list[App], list[Link]]:
    registry = library._opened.registry
    return registry.apps(), registry.links()


async def healthy(library: Library) -> HealthReport:
    report = await library.health.check()
    assert (report.status, report.links_right, report.apps_seen) == ("healthy", 3, 1)
    return report


async def test_undo_brings_app_and_links_back_and_redo_takes_them(library: Library, models: Path) -> None:
    full, rows = snapshot(models), known(library)
    removed = await library.mapping.remove_app("ComfyUI")
    bare = snapshot(models)
    assert removed.count("done") == 3 and known(library) == ([], [])
    assert "link:" not in "".join(bare.values()) and "loras/mine.safetensors" in bare
    preview = await library.history.preview_undo()
    assert preview.operations == (removed.op_id,) and preview.possible == 4
    undone = await library.history.undo()
    assert (undone.done, undone.failed) == (4, ())
    assert (snapshot(models), known(library)) == (full, rows)
    await healthy(library)
    assert not (await library.history.undo(undone.op_id)).failed
    assert (snapshot(models), known(library)) == (bare, ([], []))
    assert not (await library.history.undo()).failed
    assert (snapshot(models), known(library)) == (full, rows)


async def test_an_app_without_links_comes_back_too(library: Library, models: Path) -> None:
    [plan] = await library.mapping.plan_unlink("ComfyUI")
    await library.mapping.apply(plan)
    before = known(library)
    assert before[1] == []
    await library.mapping.remove_app("ComfyUI")
    assert known(library) == ([], [])
    assert not (await library.history.undo()).failed
    assert known(library) == before


async def test_what_took_the_place_of_a_link_stays_both_ways(library: Library, models: Path) -> None:
    taken, moved = models / "loras/m0.safetensors", models / "loras/m1.safetensors"
    taken.unlink()
    taken.write_bytes(b"theirs")
    rows = known(library)
    await library.mapping.remove_app("ComfyUI")
    assert known(library) == ([], [])
    moved.write_bytes(b"came later")
    undone = await library.history.undo()
    assert [item.path for item in undone.failed] == [str(moved)]
    assert (taken.read_bytes(), moved.read_bytes()) == (b"theirs", b"came later")
    assert known(library)[0] == rows[0]
    assert [link.target for link in known(library)[1]] == [
        link.target for link in rows[1] if link.target != "loras/m1.safetensors"
    ]


async def test_an_app_that_is_gone_is_forgotten_and_remembered_by_its_records(
    library: Library, models: Path, tmp_path: Path
) -> None:
    rows = known(library)
    os.rename(models.parent, tmp_path / "away")
    before = await library.health.check()
    assert [one.kind for one in before.of(FindingKind.GHOST_APP)] == [FindingKind.GHOST_APP]
    await library.health.repair(before.of(FindingKind.GHOST_APP))
    assert known(library) == ([], [])
    assert not (await library.history.undo()).failed
    assert known(library) == rows
    assert (await library.health.check()).findings == before.findings
    os.rename(tmp_path / "away", models.parent)
    await healthy(library)


async def test_a_repair_that_forgets_an_app_is_taken_back_as_a_whole(
    library: Library, models: Path, tmp_path: Path
) -> None:
    other = comfyui(tmp_path / "apps" / "second")
    await library.mapping.add_app(await library.mapping.propose(str(other.parent)))
    await library.mapping.sync()
    rows, full = known(library), snapshot(other)
    shutil.rmtree(models.parent)
    (other / "loras/m0.safetensors").unlink()
    found = (await library.health.check()).findings
    wanted = [one for one in found if one.kind in (FindingKind.GHOST_APP, FindingKind.BROKEN_LINK)]
    assert (await library.health.repair(wanted)).done == 2
    assert snapshot(other) == full and [app.name for app in known(library)[0]] == ["second"]
    await library.history.undo()
    assert known(library) == rows
    assert not (other / "loras/m0.safetensors").exists()


async def test_an_app_that_was_added_again_is_not_doubled(library: Library, models: Path) -> None:
    await library.mapping.remove_app("ComfyUI")
    again = await library.mapping.add_app(await library.mapping.propose(str(models.parent)))
    bare = snapshot(models)
    undone = await library.history.undo()
    assert undone.done == 0 and "is registered as ComfyUI since" in undone.failed[0].refused
    assert snapshot(models) == bare and known(library) == ([again], [])
