"""Folders of real apps that no rule fills: which are offered a rule, and what comes of taking it."""

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pumas_tui.core.domain.app_records import App
from pumas_tui.core.domain.apps import AppKind
from pumas_tui.core.domain.errors import ChangedMeanwhileError, DecisionNeededError, DiskError, NotFoundError
from pumas_tui.core.domain.imports import ImportChoices
from pumas_tui.core.domain.plan import Act
from pumas_tui.core.fs import held_weights, mapping_files
from pumas_tui.core.library import Library, OpenOptions, RunJobs, create_library
from tests.support import modelfiles
from tests.support.apps import comfyui, links
from tests.support.trees import snapshot


@pytest.fixture
async def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Library]:
    """An empty library."""
    monkeypatch.setenv("HOME", str(tmp_path))
    root = tmp_path / "library"
    await create_library(str(root))
    async with Library.open(OpenOptions(root=str(root), run_jobs=RunJobs.OWN)) as opened:
        await opened.ready()
        yield opened


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """Models folder of a ComfyUI with folders that its extensions read."""
    models = comfyui(tmp_path / "ComfyUI")
    for folder in ("ipadapter/sdxl", "ultralytics/bbox", "ultralytics/segm", ".hidden", "loras/mine"):
        (models / folder).mkdir(parents=True)
    weights(models / "ipadapter/sdxl/plus.safetensors")
    weights(models / "ultralytics/bbox/face.pt")
    (models / "ipadapter/read me.txt").write_text("no weights")
    (models / "checkpoints.txt").write_text("no folder")
    return models


def weights(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"weights")


async def registered(library: Library, path: Path, kind: AppKind | None = None) -> App:
    return await library.mapping.add_app(await library.mapping.propose(str(path), kind=kind))


async def offered(library: Library) -> dict[str, int]:
    """Folder to the number of files in it, of the only app."""
    [offers] = await library.mapping.offered()
    assert not offers.notes and not any(one.rule.enabled for one in offers.rules)
    return {one.rule.target_subdir: one.files for one in offers.rules}


async def test_each_folder_that_no_rule_fills_is_offered_one(library: Library, models: Path) -> None:
    before = snapshot(models)
    app = await registered(library, models.parent)
    assert await offered(library) == {"ipadapter": 1, "ultralytics/bbox": 1, "ultralytics/segm": 0}
    assert snapshot(models) == before
    with pytest.raises(NotFoundError):
        await library.mapping.switch_rule(app.uid, "loras/mine", on=True)


async def test_links_that_lead_to_the_library_or_back_into_the_app_are_none(
    library: Library, models: Path, tmp_path: Path
) -> None:
    model = Path(library.paths.models) / "diffusion/sdxl/pony/pony.safetensors"
    weights(model)
    (models / "all").symlink_to(library.paths.models)
    (models / "above").symlink_to("..")
    (models / "lora").symlink_to("loras")
    (models / "gone").symlink_to("/nowhere")
    (models / "around").symlink_to("around")
    (models / "farm").mkdir()
    (models / "farm/pony.safetensors").symlink_to(model)
    (models / "mixed").mkdir()
    (models / "mixed/pony.safetensors").symlink_to(os.path.relpath(model, models / "mixed"))
    weights(models / "mixed/own.safetensors")
    weights(tmp_path / "disk2/LLM/qwen/model.gguf")
    (models / "LLM").symlink_to(tmp_path / "disk2/LLM")
    (models / "LLM2").symlink_to(tmp_path / "disk2/LLM")
    await registered(library, models.parent)
    [offers] = await library.mapping.offered()
    found = {one.rule.target_subdir: one.files for one in offers.rules}
    assert found == {"LLM": 1, "ipadapter": 1, "mixed": 1, "ultralytics/bbox": 1, "ultralytics/segm": 0}
    assert [note.path for note in offers.notes] == [f"{models}/around"]
    assert offers.rules[0].real == str(tmp_path / "disk2/LLM")


async def test_a_webui_has_its_kinds_in_models_and_a_folder_of_models_has_none(
    library: Library, tmp_path: Path
) -> None:
    webui = tmp_path / "webui"
    for folder in ("models/Stable-diffusion", "models/GFPGAN", "extensions/x", "embeddings"):
        (webui / folder).mkdir(parents=True)
    (webui / "webui.py").touch()
    await registered(library, webui)
    weights(tmp_path / "gguf/qwen/model.gguf")
    await registered(library, tmp_path / "gguf", AppKind.LLAMACPP)
    both = await library.mapping.offered()
    assert [[rule.rule.target_subdir for rule in one.rules] for one in both] == [[], ["models/GFPGAN"]]


async def test_an_app_that_is_not_there_is_offered_nothing(library: Library, models: Path) -> None:
    await registered(library, models.parent)
    models.rename(models.with_name("away"))
    [offers] = await library.mapping.offered()
    assert offers.rules == () and "not there" in offers.notes[0].message


def test_counting_stops_at_a_bound(tmp_path: Path) -> None:
    for n in range(5):
        weights(tmp_path / f"{n}.safetensors")
    for most, files, complete in ((0, 0, False), (3, 3, False), (5, 5, True), (9, 5, True)):
        found = held_weights.held(str(tmp_path), "/nowhere", most)
        assert (found.files, found.seen, found.complete) == (files, files, complete)


async def test_a_rule_that_is_taken_links_what_bears_its_tag_and_nothing_else(
    library: Library, models: Path, tmp_path: Path
) -> None:
    app = await registered(library, models.parent)
    for name in ("plain", "tagged"):
        modelfiles.lora_sdxl(tmp_path / f"in/{name}.safetensors", mark=name.encode())
    inspection = await library.imports.inspect_paths([str(tmp_path / "in")])
    submitted = await library.imports.submit(inspection.candidates, ImportChoices())
    await library.jobs.wait(submitted.jobs)
    await library.editing.tag("tagged", ["ipadapter"])
    before = (await library.mapping.plan())[0].header.rules_sha256
    done = await library.mapping.switch_rule(app.uid, "ipadapter", on=True)
    assert done.file == f"{library.paths.mappings}/comfyui_*_default.json"
    assert (await library.mapping.switch_rule(app.uid, "ipadapter", on=True)).file == ""
    assert "ipadapter" not in await offered(library)
    [plan] = await library.mapping.plan()
    new = {action.target for action in plan.of(Act.CREATE)}
    assert new == {"ipadapter/tagged.safetensors", "loras/plain.safetensors"}
    await library.mapping.apply(plan)
    await library.mapping.switch_rule(app.uid, "ipadapter", on=False)
    assert (await offered(library))["ipadapter"] == 1  # what is ours is no reason against it
    [after] = await library.mapping.plan()
    assert after.header.rules_sha256 == before
    assert [action.target for action in after.of(Act.REMOVE_STALE)] == ["ipadapter/tagged.safetensors"]


async def test_a_folder_that_is_really_elsewhere_is_filled_there(
    library: Library, models: Path, tmp_path: Path
) -> None:
    (tmp_path / "disk2").mkdir()
    (models / "insightface").symlink_to(tmp_path / "disk2")
    app = await registered(library, models.parent)
    modelfiles.lora_sdxl(tmp_path / "in/swap.safetensors")
    inspection = await library.imports.inspect_paths([str(tmp_path / "in")])
    submitted = await library.imports.submit(inspection.candidates, ImportChoices())
    await library.jobs.wait(submitted.jobs)
    await library.editing.tag("swap", ["insightface"])
    await library.mapping.switch_rule(app.uid, "insightface", on=True)
    await library.mapping.sync()
    [link] = links(tmp_path / "disk2").values()
    assert (tmp_path / "disk2" / link).is_file() or Path(link).is_file()
    await library.mapping.switch_rule(app.uid, "insightface", on=False)
    assert "insightface" in await offered(library)


async def test_a_config_that_cannot_be_used_is_never_written_over(library: Library, models: Path) -> None:
    app = await registered(library, models.parent)
    path = Path(library.paths.mappings) / "comfyui_*_default.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text('{"app": "comfyui", ')
    with pytest.raises(DecisionNeededError) as refused:
        await library.mapping.switch_rule(app.uid, "ipadapter", on=True)
    assert refused.value.path == str(path) and "map check" in (refused.value.hint or "")
    assert path.read_text() == '{"app": "comfyui", '
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(DiskError):
        await library.mapping.switch_rule(app.uid, "ipadapter", on=True)


async def test_a_config_that_is_a_link_stays_one(library: Library, models: Path, tmp_path: Path) -> None:
    app = await registered(library, models.parent)
    dotfiles = tmp_path / "dotfiles"
    dotfiles.mkdir()
    path = Path(library.paths.mappings) / "comfyui_*_default.json"
    path.parent.mkdir(exist_ok=True)
    path.symlink_to(dotfiles / "comfy.json")
    for name in ("ipadapter", "bbox"):
        await library.mapping.switch_rule(app.uid, name, on=True)
    assert path.is_symlink() and [one.name for one in dotfiles.iterdir()] == ["comfy.json"]
    written = json.loads((dotfiles / "comfy.json").read_text())
    assert [one["name"] for one in written["mappings"]] == ["ipadapter", "bbox"]


def test_what_was_changed_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "mappings/one.json"
    mapping_files.put(str(path), None, b"first")
    for seen in (None, b"other"):
        with pytest.raises(ChangedMeanwhileError):
            mapping_files.put(str(path), seen, b"second")
    assert path.read_bytes() == b"first" and os.listdir(path.parent) == ["one.json"]
    mapping_files.put(str(path), b"first", b"second")
    assert path.read_bytes() == b"second"
