"""Taking changes back on a real library with a linked app: all of it, only it, nothing that is not ours."""

import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from pumas_tui.core.domain.errors import NotFoundError
from pumas_tui.core.domain.imports import ImportChoices
from pumas_tui.core.domain.operations import OperationKind, OperationState
from pumas_tui.core.domain.plan import Act, Answer, Resolution
from pumas_tui.core.library import Library, OpenOptions, RunJobs, create_library
from tests.support import modelfiles

LORA = "models/loras/style.safetensors"
VAE = "models/vae/decoder.safetensors"


def tree(folder: Path) -> Mapping[str, str]:
    """Every entry below a folder: link texts, file contents as hex, folders; our own trash left out."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if ".pumas-trash" not in name:
            found[name] = (
                os.readlink(path) if path.is_symlink() else path.read_bytes().hex() if path.is_file() else "/"
            )
    return found


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """An empty ComfyUI."""
    folder = tmp_path / "ComfyUI"
    for kind in ("loras", "vae", "checkpoints"):
        (folder / "models" / kind).mkdir(parents=True)
    for name in ("main.py", "folder_paths.py"):
        (folder / name).touch()
    return folder


@pytest.fixture
async def library(tmp_path: Path, app: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Library]:
    """A library that knows the app and holds nothing yet."""
    monkeypatch.setenv("HOME", str(tmp_path))
    root = tmp_path / "library"
    await create_library(str(root))
    async with Library.open(OpenOptions(root=str(root), run_jobs=RunJobs.OWN)) as opened:
        await opened.ready()
        await opened.mapping.add_app(await opened.mapping.propose(str(app)))
        yield opened


async def bring_in(library: Library, inbox: Path) -> str:
    """Import a LoRA and a VAE and link them, as one batch; its id."""
    inbox.mkdir()
    modelfiles.lora_sd15(inbox / "style.safetensors")
    modelfiles.vae_sd(inbox / "decoder.safetensors")
    inspection = await library.imports.inspect_paths([str(inbox)])
    submitted = await library.imports.submit(inspection.candidates, ImportChoices())
    jobs = await library.jobs.wait(submitted.jobs)
    uids = [str((job.result or {})["uid"]) for job in jobs]
    await library.mapping.sync(models=uids, batch_id=submitted.batch_id)
    return submitted.batch_id


async def names(library: Library) -> list[str]:
    return [row.official_name for row in (await library.models.search("")).rows]


async def test_an_import_and_its_links_are_one_change(library: Library, app: Path, tmp_path: Path) -> None:
    empty = tree(app)
    await bring_in(library, tmp_path / "inbox")
    full = tree(app)
    assert {LORA, VAE} <= full.keys()
    preview = await library.history.preview_undo()
    assert not [item for item in preview.items if item.refused]
    undone = await library.history.undo()
    assert not undone.failed
    assert tree(app) == empty and await names(library) == []
    assert sorted(item.name.rpartition("/")[2] for item in await library.history.trash()) == [
        "decoder",
        "style",
    ]
    with pytest.raises(NotFoundError, match="nothing to undo"):
        await library.history.undo()


async def test_undoing_an_undo_does_it_again(library: Library, app: Path, tmp_path: Path) -> None:
    await bring_in(library, tmp_path / "inbox")
    full = tree(app)
    await library.history.undo()
    for past in [op for op in await library.history.list() if op.kind == OperationKind.UNDO]:
        assert not (await library.history.undo(past.id)).failed
    assert tree(app) == full and sorted(await names(library)) == ["decoder", "style"]
    states = {op.kind: op.state for op in await library.history.list() if op.kind != OperationKind.UNDO}
    assert set(states.values()) == {OperationState.DONE}
    assert not (await library.history.undo()).failed, "what was done again can be undone again"
    assert await names(library) == []


async def test_a_deleted_model_comes_back_with_its_links(library: Library, app: Path, tmp_path: Path) -> None:
    await bring_in(library, tmp_path / "inbox")
    full = tree(app)
    agreed = await library.deleting.plan(["style"])
    assert [link.path for link in agreed.going] == [str(app / LORA)]
    deleted = await library.deleting.delete(agreed)
    assert (deleted.models, deleted.links, deleted.failed) == (1, 1, ())
    assert LORA not in tree(app) and await names(library) == ["decoder"]
    [item] = await library.history.trash()
    assert not (await library.history.restore(item.ref)).failed
    assert tree(app) == full and sorted(await names(library)) == ["decoder", "style"]
    assert await library.history.trash() == ()


async def test_a_file_in_the_place_of_a_link_survives_deleting_and_undoing(
    library: Library, app: Path, tmp_path: Path
) -> None:
    await bring_in(library, tmp_path / "inbox")
    (app / LORA).unlink()
    (app / LORA).write_bytes(b"mine")
    agreed = await library.deleting.plan(["style"])
    assert agreed.going == ()
    await library.deleting.delete(agreed)
    assert (app / LORA).read_bytes() == b"mine"
    await library.history.undo()
    assert (app / LORA).read_bytes() == b"mine" and sorted(await names(library)) == ["decoder", "style"]


async def test_renaming_takes_links_and_metadata_along(library: Library, app: Path, tmp_path: Path) -> None:
    await bring_in(library, tmp_path / "inbox")
    full = tree(app)
    plan = await library.renaming.plan("style", "diffusion/sdxl/other-name")
    assert not (await library.renaming.rename(plan)).failed
    assert (app / LORA).is_file() and "sdxl/other-name" in tree(app)[LORA]
    meta = (await library.models.get("diffusion/sdxl/other-name")).metadata
    assert (meta.model_id, meta.family, meta.cleaned_name) == (
        "diffusion/sdxl/other-name",
        "sdxl",
        "other-name",
    )
    [link] = (await library.models.get("diffusion/sdxl/other-name")).links
    assert link.target == LORA.removeprefix("models/")
    assert not (await library.history.undo()).failed
    assert tree(app) == full
    back = (await library.models.get("style")).metadata
    assert back.cleaned_name == "style" and back.family != "sdxl"


async def test_an_edit_is_taken_back_field_by_field(library: Library, tmp_path: Path) -> None:
    await bring_in(library, tmp_path / "inbox")
    before = (await library.models.get("style")).metadata
    await library.editing.edit("style", {"notes": "first", "family": "flux"})
    first = (await library.history.list())[0]
    await library.editing.edit("style", {"notes": "second"})
    undone = await library.history.undo(first.id)
    assert [item.refused for item in undone.failed] == ["changed since"]
    after = (await library.models.get("style")).metadata
    assert (after.notes, after.family) == ("second", before.family)
    assert not (await library.history.undo()).failed
    assert (await library.models.get("style")).metadata.notes == "first"


async def test_the_history_survives_a_restart(
    app: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    root, empty = tmp_path / "library", tree(app)
    await create_library(str(root))
    async with Library.open(OpenOptions(root=str(root), run_jobs=RunJobs.OWN)) as library:
        await library.mapping.add_app(await library.mapping.propose(str(app)))
        await bring_in(library, tmp_path / "inbox")
    async with Library.open(OpenOptions(root=str(root), run_jobs=RunJobs.OWN)) as library:
        assert not (await library.history.undo()).failed
        assert tree(app) == empty


async def test_the_preview_of_undoing_an_overwrite_foresees_its_own_steps(
    library: Library, app: Path, tmp_path: Path
) -> None:
    (app / LORA).write_bytes(b"mine")
    before = tree(app)
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    modelfiles.lora_sd15(inbox / "style.safetensors")
    inspection = await library.imports.inspect_paths([str(inbox)])
    await library.jobs.wait((await library.imports.submit(inspection.candidates, ImportChoices())).jobs)
    [plan] = await library.mapping.plan()
    [conflict] = plan.of(Act.CONFLICT)
    applied = await library.mapping.apply(plan, {conflict.target: Answer(Resolution.OVERWRITE)})
    preview = await library.history.preview_undo(applied.op_id)
    assert preview.possible == len(preview.items) == 2
    assert not (await library.history.undo(applied.op_id)).failed
    assert tree(app) == before
