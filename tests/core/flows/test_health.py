"""Checking and repairing a real library: what is told and when, what could not be looked at, and that a check
changes nothing."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from pumas_tui.core.domain import fingerprints
from pumas_tui.core.domain.errors import RemovalNotConfirmedError
from pumas_tui.core.domain.events import FindingFound
from pumas_tui.core.domain.findings import Finding, FindingKind, HealthReport
from pumas_tui.core.domain.imports import ImportChoices
from pumas_tui.core.domain.links import LinkKind, row_json
from pumas_tui.core.domain.operations import OperationKind, Step, StepKind
from pumas_tui.core.domain.repairs import RepairKind
from pumas_tui.core.flows import operating
from pumas_tui.core.library import Library, OpenOptions, RunJobs, create_library
from tests.support import modelfiles
from tests.support.apps import comfyui, links, stamped

MODELS = 3


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """The models folder of an empty ComfyUI."""
    return comfyui(tmp_path / "ComfyUI")


@pytest.fixture
async def library(tmp_path: Path, app: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Library]:
    """A library with three models that are linked into the app."""
    monkeypatch.setenv("HOME", str(tmp_path))
    root = tmp_path / "library"
    await create_library(str(root))
    async with Library.open(OpenOptions(root=str(root), run_jobs=RunJobs.OWN)) as opened:
        await opened.ready()
        await opened.mapping.add_app(await opened.mapping.propose(str(app.parent)))
        for n in range(MODELS):
            modelfiles.lora_sdxl(tmp_path / f"in/m{n}.safetensors", mark=b"%d" % n)
        inspection = await opened.imports.inspect_paths([str(tmp_path / "in")])
        submitted = await opened.imports.submit(inspection.candidates, ImportChoices())
        await opened.jobs.wait(submitted.jobs)
        await opened.mapping.sync()
        yield opened


def weights(library: Library, name: str) -> Path:
    [found] = Path(library.paths.models).glob(f"*/*/{name}/{name}.safetensors")
    return found


def wrong(report: HealthReport) -> list[tuple[str, str]]:
    return [(f.kind.value, Path(f.path).name) for f in report.findings if f.severity.value != "info"]


async def test_a_sound_library_is_healthy_and_a_check_changes_nothing(library: Library, app: Path) -> None:
    before = stamped(app), stamped(Path(library.paths.models) / "diffusion")
    report = await library.health.check()
    assert (report.status, report.models_right, report.links_right) == ("healthy", MODELS, MODELS)
    assert (report.apps_seen, report.links_waiting, report.not_checked) == (1, 0, ())
    assert (stamped(app), stamped(Path(library.paths.models) / "diffusion")) == before


async def test_findings_come_while_the_rest_is_looked_at(library: Library, app: Path) -> None:
    weights(library, "m0").unlink()
    heard: list[Finding] = []
    told: list[tuple[int, int]] = []

    async def first() -> Finding:
        async for event in library.events():
            if isinstance(event, FindingFound):
                return event.finding
        raise AssertionError("no event came")

    listening = asyncio.create_task(first())
    await asyncio.sleep(0)
    report = await library.health.check(
        on_finding=heard.append, on_progress=lambda done, total: told.append((done, total))
    )
    assert set(heard) == set(report.findings)
    assert heard[0].kind is FindingKind.PHANTOM_MODEL and told[-1] == (MODELS, MODELS)
    assert await asyncio.wait_for(listening, 10) == heard[0]


async def test_a_check_that_is_stopped_keeps_what_it_found(library: Library, app: Path) -> None:
    weights(library, "m0").unlink()
    stop = threading.Event()
    report = await library.health.check(on_finding=lambda one: stop.set(), stop=stop)
    assert report.stopped and ("phantom_model", "m0") in wrong(report)
    assert (await library.health.check()).stopped is False


async def test_a_link_that_cannot_be_followed_is_neither_right_nor_broken(
    library: Library, app: Path
) -> None:
    """The kernel refuses its path, which is another thing than that nothing is there."""
    for name, rest in (("m0", ""), ("theirs", "/not/there")):
        place = app / f"loras/{name}.safetensors"
        place.unlink(missing_ok=True)
        place.symlink_to(f"{'n' * 300}/../{os.path.relpath(weights(library, 'm0'), place.parent)}{rest}")
    report = await library.health.check()
    assert (report.status, report.links_right) == ("healthy", MODELS - 1)
    assert [Path(one.path or "").name for one in report.not_checked] == ["m0.safetensors"]


async def test_a_kind_folder_that_leads_elsewhere_breaks_no_link(library: Library, app: Path) -> None:
    (app / "loras").rename(app.parent / "moved")
    (app / "loras").symlink_to(app.parent / "moved")
    report = await library.health.check()
    assert wrong(report) == [("bad_config", "moved")]
    assert (report.links_right, len(report.not_checked)) == (0, 1)


async def test_repairs_are_one_change_that_can_be_taken_back(library: Library, app: Path) -> None:
    for n in range(MODELS):
        weights(library, f"m{n}").unlink()
    broken = (await library.health.check()).of(FindingKind.BROKEN_LINK)
    plan = await library.health.plan_repair(broken)
    assert (plan.removals, plan.asks) == (MODELS, False)
    before = links(app)
    done = await library.health.repair(broken)
    assert (done.done, done.failed, links(app)) == (MODELS, (), {})
    await library.history.undo()
    assert links(app) == before


async def test_a_long_list_of_removals_is_refused_without_a_yes(
    library: Library, app: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pumas_tui.core.domain.repairs._MANY_LINKS", 2)
    for n in range(MODELS):
        weights(library, f"m{n}").unlink()
    broken = (await library.health.check()).of(FindingKind.BROKEN_LINK)
    with pytest.raises(RemovalNotConfirmedError, match="3 of 3"):
        await library.health.repair(broken)
    assert len(links(app)) == MODELS
    assert (await library.health.repair(broken, confirmed=True)).done == MODELS


async def test_what_changed_since_the_check_is_left_alone(library: Library, app: Path) -> None:
    weights(library, "m0").unlink()
    broken = (await library.health.check()).of(FindingKind.BROKEN_LINK)
    mine = app / "loras/m0.safetensors"
    mine.unlink()
    mine.write_bytes(b"mine")
    done = await library.health.repair(broken)
    assert done.done == 0 and "it stays" in done.failed[0].message
    assert mine.read_bytes() == b"mine"


async def test_a_link_is_not_pointed_at_what_went_meanwhile(library: Library, app: Path) -> None:
    (app / "loras/m0.safetensors").unlink()
    broken = (await library.health.check()).of(FindingKind.BROKEN_LINK)
    assert [f.repair.kind for f in broken if f.repair] == [RepairKind.REMAKE]
    weights(library, "m0").unlink()
    done = await library.health.repair(broken)
    assert done.done == 0 and "not there now" in done.failed[0].message
    assert not (app / "loras/m0.safetensors").is_symlink()


async def test_nothing_heals_by_itself_unless_the_user_said_so(
    library: Library, app: Path, tmp_path: Path
) -> None:
    (app / "loras/m0.safetensors").unlink()
    weights(library, "m1").unlink()
    assert await library.health.heal(await library.health.check()) is None
    config = tmp_path / "settings.toml"
    config.write_text('[health]\nself_heal = "safe"\n')
    root = str(tmp_path / "library")
    async with Library.open(OpenOptions(root=root, config=config, run_jobs=RunJobs.NONE)) as healing:
        await healing.ready()
        done = await healing.health.heal(await healing.health.check())
        assert done is not None and (done.done, done.failed) == (1, ())
        assert (app / "loras/m0.safetensors").is_symlink()
        assert (app / "loras/m1.safetensors").is_symlink()  # dead, and still there: removing is never safe
        assert await healing.health.heal(await healing.health.check()) is None


async def test_an_orphan_can_be_adopted_or_removed_by_name(library: Library, app: Path) -> None:
    for name in ("by hand", "unwanted"):
        (app / f"vae/{name}.safetensors").symlink_to(weights(library, "m0"))
    orphans = (await library.health.check()).of(FindingKind.ORPHANED_LINK)
    keep, drop = sorted(orphans, key=lambda f: f.path)
    assert (await library.health.repair([keep])).done == 1
    assert (await library.health.repair([drop], instead=True)).done == 1
    assert "vae/by hand.safetensors" in links(app) and "vae/unwanted.safetensors" not in links(app)
    assert (await library.health.check()).links_right == MODELS + 1


async def test_hard_links_of_ours_are_the_last_copy_when_the_library_loses_its_name(
    library: Library, app: Path
) -> None:
    """Where no symbolic link can be made, hard links are: made here by hand and taken on record as ours."""
    source = weights(library, "m0")
    target = app / "loras/m0.safetensors"
    target.unlink()
    os.link(source, target)
    rows = library._opened.registry.links()
    row = replace(next(row for row in rows if row.target == "loras/m0.safetensors"), kind=LinkKind.HARD)
    mark = fingerprints.file(0, 0, target.stat().st_ino)
    step = Step(1, StepKind.REMEMBER_ROW, str(target), mark, mark, detail={"row": row_json(row)})
    tools = library._wiring.operations
    operating.run(tools, operating.new_operation(tools, OperationKind.ADOPT, "hard", {}), [step])
    assert (await library.health.check()).links_right == MODELS

    content = source.read_bytes()
    source.unlink()
    [last] = (await library.health.check()).of(FindingKind.LAST_COPY)
    assert target.read_bytes() == content
    assert (await library.health.repair([last])).done == 1
    assert source.samefile(target) and (await library.health.check()).status == "healthy"


async def test_a_hard_link_that_is_not_on_record_is_an_orphan_too(library: Library, app: Path) -> None:
    os.link(weights(library, "m0"), app / "vae/second name.safetensors")
    (app / "vae/own.safetensors").write_bytes(weights(library, "m0").read_bytes())
    [orphan] = (await library.health.check()).of(FindingKind.ORPHANED_LINK)
    assert Path(orphan.path).name == "second name.safetensors" and orphan.instead is None
    assert (await library.health.repair([orphan])).done == 1
    report = await library.health.check()
    assert (report.status, report.links_right) == ("healthy", MODELS + 1)


async def test_bad_files_are_told_with_what_to_do(library: Library, app: Path) -> None:
    models = Path(library.paths.models)
    (weights(library, "m0").parent / "overrides.json").write_text('{"version_ranges": {"comfyui": "soon"}}')
    (weights(library, "m1").parent / "metadata.json").write_text("{")
    (Path(library.paths.mappings) / "comfyui_*_mine.json").write_text("[]")
    (models / "llm/x/y").mkdir(parents=True)
    (models / "llm/x/y/stray.gguf").write_bytes(b"GGUF")
    (models / ".staging/left-behind").mkdir()
    weights(library, "m2").write_bytes(b"short")
    found = wrong(await library.health.check())
    assert set(found) == {
        ("bad_override", "overrides.json"),
        ("bad_metadata", "m1"),
        ("bad_config", "comfyui_*_mine.json"),
        ("stray_weights", "y"),
        ("leftover_operation", "left-behind"),
        ("size_mismatch", "m2"),
    }


async def test_the_second_folder_with_one_uid_is_a_duplicate(library: Library, app: Path) -> None:
    first = weights(library, "m0").parent
    second = first.with_name("copy")
    second.mkdir()
    for path in first.iterdir():
        (second / path.name).write_bytes(path.read_bytes())
    report = await library.health.check()
    assert wrong(report) == [("duplicate_model", "copy")] and report.links_right == MODELS


async def test_space_sums_what_could_go(library: Library, app: Path) -> None:
    await library.deleting.delete(await library.deleting.plan(["m0"]))
    (app / "loras/m1.safetensors").unlink()
    broken = (await library.health.check()).of(FindingKind.BROKEN_LINK)
    await library.health.repair(broken, instead=True)
    report = await library.space.report()
    assert [one.model_id.rpartition("/")[2] for one in report.unlinked] == ["m1"]
    assert report.unlinked_bytes == weights(library, "m1").stat().st_size
    assert len(report.trash) == 1 and report.trash_bytes > report.unlinked_bytes
    emptied = await library.history.empty(None, sum(item.size_bytes for item in report.trash))
    assert emptied.items == 1 and (await library.space.report()).trash == ()
