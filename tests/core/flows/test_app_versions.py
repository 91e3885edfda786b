"""An app that is updated: its files say the version anew, and the record follows when links are changed."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pumas_tui.core.domain.imports import ImportChoices
from pumas_tui.core.domain.plan import Act
from pumas_tui.core.library import Library, OpenOptions, RunJobs, create_library
from tests.support import modelfiles
from tests.support.apps import comfyui, links


@pytest.fixture
def app(tmp_path: Path) -> Path:
    return comfyui(tmp_path / "ComfyUI", version="0.6.0")


@pytest.fixture
async def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Library]:
    """A library with a LoRA for ComfyUI before 0.7, which has a rule of its own in 0.7.1."""
    monkeypatch.setenv("HOME", str(tmp_path))
    await create_library(str(tmp_path / "library"))
    async with Library.open(OpenOptions(root=str(tmp_path / "library"), run_jobs=RunJobs.OWN)) as library:
        await library.ready()
        modelfiles.lora_sdxl(tmp_path / "in/style.safetensors")
        inspection = await library.imports.inspect_paths([str(tmp_path / "in")])
        submitted = await library.imports.submit(inspection.candidates, ImportChoices())
        await library.jobs.wait(submitted.jobs)
        yield library


def update(app: Path, version: str = "0.7.1") -> None:
    (app.parent / "comfyui_version.py").write_text(f'__version__ = "{version}"\n')


def rule_for(root: Path, version: str) -> None:
    rule = {"name": "loras", "target_subdir": "loras/new", "patterns": ["*"], "filters": {"subtype": "loras"}}
    body = {"app": "comfyui", "version": version, "variant": "default", "mappings": [rule]}
    (root / "mappings").mkdir(exist_ok=True)
    (root / "mappings" / f"comfyui_{version}_default.json").write_text(json.dumps(body))


async def versions(library: Library) -> tuple[str, str]:
    """As the list has it, and as the registry has it."""
    [status] = await library.mapping.apps()
    [recorded] = library._opened.registry.apps()
    return status.app.version, recorded.version


async def test_an_update_counts_at_once_and_is_recorded_by_the_next_change(
    library: Library, app: Path, tmp_path: Path
) -> None:
    await library.mapping.add_app(await library.mapping.propose(str(app.parent)))
    rule_for(tmp_path / "library", "0.7.1")
    [plan] = await library.mapping.plan()
    assert plan.warnings == () and [a.target for a in plan.actions] == ["loras/style.safetensors"]
    update(app)
    [plan] = await library.mapping.plan()
    assert [a.target for a in plan.actions] == ["loras/new/style.safetensors"]
    [warning] = plan.warnings
    assert warning.message == "ComfyUI is 0.7.1 now (0.6.0 when it was added or last synced)"
    [(told, rules)] = await library.mapping.rules()
    assert told.version == "0.7.1" and any(one.rule.target_subdir == "loras/new" for one in rules)
    assert await versions(library) == ("0.7.1", "0.6.0")  # looking changes nothing

    [done] = await library.mapping.sync()
    assert [w.code for w in done.warnings] == ["app_version"]
    assert list(links(app)) == ["loras/new/style.safetensors"]
    assert await versions(library) == ("0.7.1", "0.7.1")
    assert (await library.mapping.plan())[0].warnings == ()


async def test_version_ranges_follow_the_version_of_now(library: Library, app: Path) -> None:
    await library.mapping.add_app(await library.mapping.propose(str(app.parent)))
    await library.editing.limit("style", "comfyui", "<0.7")
    [plan] = await library.mapping.plan()
    assert [a.act for a in plan.actions] == [Act.KEEP]
    update(app)
    [plan] = await library.mapping.plan()
    assert [a.code for a in plan.actions] == ["stale", "version"] and "0.7.1" in plan.actions[1].words
    assert (await library.health.check()).status == "healthy"
    update(app, "no version at all")
    [plan] = await library.mapping.plan()
    assert [a.code for a in plan.actions] == ["stale", "bad_override"]
    assert "no version at all" in str((await library.health.check()).findings)


async def test_a_version_that_the_user_said_stays(library: Library, app: Path) -> None:
    await library.mapping.add_app(await library.mapping.propose(str(app.parent), version="0.5"))
    update(app)
    [plan] = await library.mapping.plan()
    assert plan.warnings == ()
    await library.mapping.sync()
    assert await versions(library) == ("0.5", "0.5")


async def test_a_plan_of_other_rules_is_stale_after_an_update(
    library: Library, app: Path, tmp_path: Path
) -> None:
    await library.mapping.add_app(await library.mapping.propose(str(app.parent)))
    [plan] = await library.mapping.plan()
    rule_for(tmp_path / "library", "0.7.1")
    update(app)
    [done] = await library.mapping.sync()
    assert done.error is None and list(links(app)) == ["loras/new/style.safetensors"]
    [unlink] = await library.mapping.plan_unlink("ComfyUI")
    assert (await library.mapping.apply(unlink)).count("done") == 1
    with pytest.raises(Exception, match="another set of rules"):
        await library.mapping.apply(plan)


async def test_an_app_whose_files_say_nothing_keeps_its_version(library: Library, app: Path) -> None:
    await library.mapping.add_app(await library.mapping.propose(str(app.parent)))
    (app.parent / "comfyui_version.py").unlink()
    assert await versions(library) == ("0.6.0", "0.6.0")
    (app.parent / "main.py").unlink()
    assert await versions(library) == ("0.6.0", "0.6.0")


async def test_an_app_whose_models_are_a_link_elsewhere(library: Library, app: Path, tmp_path: Path) -> None:
    """Its own folder is on record, so that its version and its file of other folders are read there."""
    (tmp_path / "disk2").mkdir()
    app.rename(tmp_path / "disk2/models")
    app.symlink_to(tmp_path / "disk2/models")
    proposal = await library.mapping.propose(str(app))
    assert (proposal.app.base, proposal.app.version) == (str(tmp_path / "disk2/models"), "0.6.0")
    await library.mapping.add_app(proposal)
    update(app)
    assert await versions(library) == ("0.7.1", "0.6.0")
    (tmp_path / "srv").mkdir()
    (app.parent / "extra_model_paths.yaml").write_text(f"me:\n  loras: {tmp_path}/srv\n")
    [status] = await library.mapping.apps()
    assert [seen.root.path for seen in status.extra.roots] == [str(tmp_path / "srv")]
