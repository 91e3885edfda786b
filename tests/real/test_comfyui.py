"""S28: a real ComfyUI sees what was mapped: each model under the right kind, once, none broken.

Takes a checkout from PUMAS_COMFYUI, else `ComfyUI` in the cache of real files; its own `folder_paths` lists.
Models are generated files with the tensors of published ones, real pickles of a package, and a folder.
"""

import json
import math
import os
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from pumas_tui.core.domain import extra_model_paths
from pumas_tui.core.domain.extra_roots import ExtraRoots
from pumas_tui.core.domain.imports import DuplicatePolicy, ImportChoices
from pumas_tui.core.domain.jobs import JobState
from pumas_tui.core.domain.plan import Act
from pumas_tui.core.library import Library, OpenOptions, create_library
from tests.real import families, fetch
from tests.real.test_ground_truth import pairs
from tests.support import modelfiles, modelfolders
from tests.support.containers import Tensors, safetensors_file
from tests.support.layouts import tensors

LISTER = Path(__file__).with_name("comfyui_lists.py")
LEAST_KINDS = 12
ALL_OF_THEM = ImportChoices(accept_missing=True, duplicates=DuplicatePolicy.IMPORT)
"""Generated files of one size hold the same zeros."""


@pytest.fixture
def checkout() -> Path:
    """A ComfyUI checkout; skips with the reason where there is none."""
    named = os.environ.get("PUMAS_COMFYUI")
    found = Path(named) if named else fetch.cache_directory() / "ComfyUI"
    if not (found / "folder_paths.py").is_file():
        pytest.skip(f"no ComfyUI checkout at {found}: set PUMAS_COMFYUI to one")
    return found.resolve()


def lists(checkout: Path, base: Path) -> dict[str, dict[str, Any]]:
    """What ComfyUI lists, by kind."""
    done = subprocess.run(
        [sys.executable, str(LISTER), str(checkout), str(base)],
        capture_output=True,
        timeout=120,
        check=False,
        cwd=base,
    )
    assert done.returncode == 0, done.stderr.decode()
    told: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return told


def an_app(checkout: Path, base: Path) -> None:
    """A base directory as ComfyUI's own: its two scripts, its version, every kind's folders."""
    base.mkdir()
    for name in ("main.py", "folder_paths.py", "comfyui_version.py"):
        (base / name).write_bytes((checkout / name).read_bytes())
    (base / "models").mkdir()
    for kind in lists(checkout, base).values():
        for folder in kind["folders"]:
            if Path(folder).is_relative_to(base):
                Path(folder).mkdir(parents=True, exist_ok=True)


def sources(inbox: Path, only: Collection[str] = ()) -> dict[str, str]:
    """Make the smallest file of every kind that has a published one, or of some: file name -> its folder."""
    smallest: dict[str, tuple[int, str, Tensors]] = {}
    for name, kind in pairs():
        recipe = families.recipe(name, kind) if not only or kind in only else None
        if recipe is not None:
            made = tensors(recipe, name)
            numbers = sum(math.prod(shape) for _, shape in made.values())
            smallest[kind] = min(
                smallest.get(kind, (numbers, name, made)), (numbers, name, made), key=lambda one: one[:2]
            )
    for _, name, made in smallest.values():
        safetensors_file(inbox / name, made, {"format": "pt"})
    modelfiles.embedding_sd15(inbox / "badhand.safetensors")
    modelfolders.diffusers_folder(inbox / "my-pipeline")
    return {name: kind for kind, (_, name, _) in smallest.items()} | {"badhand.safetensors": "embeddings"}


async def test_comfyui_lists_every_mapped_model_once(checkout: Path, tmp_path: Path) -> None:
    base, inbox, root = tmp_path / "comfy", tmp_path / "inbox", tmp_path / "library"
    inbox.mkdir()
    an_app(checkout, base)
    truth = sources(inbox)
    await create_library(str(root))
    async with Library.open(OpenOptions(root=str(root))) as library:
        await library.ready()
        inspection = await library.imports.inspect_paths([str(inbox)])
        submitted = await library.imports.submit(inspection.candidates, ALL_OF_THEM)
        jobs = await library.jobs.wait(submitted.jobs)
        assert {job.state for job in jobs} == {JobState.DONE}, [(j.error, j.needs) for j in jobs]
        await library.mapping.add_app(await library.mapping.propose(str(base)))
        [applied] = await library.mapping.sync()
        assert not applied.failed, applied.failed
    told = lists(checkout, base)
    shown = [(kind, name) for kind, one in told.items() for name in one["names"]]
    for name, folder in truth.items():
        kinds = {kind for kind, listed in shown if Path(listed).name.lower() == name.lower()}
        keys = {kind for kind, one in told.items() if str(base / "models" / folder) in one["folders"]}
        assert kinds == keys, f"{name} ({folder}) is under {kinds}"
        assert sum(Path(listed).name.lower() == name.lower() for _, listed in shown) == len(kinds)
    assert len({kind for kind, _ in shown}) >= LEAST_KINDS
    assert any(Path(folder).joinpath("my-pipeline").is_dir() for folder in told["diffusers"]["folders"])
    for one in told.values():
        for path in one["paths"]:
            if path is not None:
                assert Path(path).stat().st_size, path


EXTRA = """
a1111:
    base_path: {top}/webui
    loras: |
        Lora
        LyCORIS
    embeddings: embeddings
    custom_nodes: nodes
first:
    base_path: $PUMAS_EXTRA/first
    is_default: true
    clip: encoders
    unet: nowhere
    controlnet: control
    checkpoints: |
        checkpoints

        {top}/comfy/models/checkpoints
own:
    base_path: {top}/comfy
    vae: models/vae
    LLM: models/llm
library:
    is_default: yes
    upscale_models: library/models
"""


ROOTS = {"text_encoders": "first/encoders", "controlnet": "first/control", "embeddings": "webui/embeddings"}
"""Kinds with a folder beside the app's own that holds every model of them, below the folder of the test."""


async def test_comfyui_lists_what_it_reads_from_elsewhere_once(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base, inbox, root = tmp_path / "comfy", tmp_path / "inbox", tmp_path / "library"
    monkeypatch.setenv("PUMAS_EXTRA", str(tmp_path))
    inbox.mkdir()
    an_app(checkout, base)
    truth = sources(inbox, ("text_encoders", "clip", "controlnet", "upscale_models", "loras", "vae"))
    file = base / "extra_model_paths.yaml"
    file.write_text(EXTRA.format(top=tmp_path).replace("library/models", f"{root}/models"))
    await create_library(str(root))
    async with Library.open(OpenOptions(root=str(root))) as library:
        await library.ready()
        inspection = await library.imports.inspect_paths([str(inbox)])
        submitted = await library.imports.submit(inspection.candidates, ALL_OF_THEM)
        await library.jobs.wait(submitted.jobs)
        stored = {path.name: path for path in root.glob("models/*/*/*/*") if path.name in truth}
        for kind, folder in ROOTS.items():
            (tmp_path / folder / "deep").mkdir(parents=True)
            for name in [name for name in truth if _kind(truth[name]) == kind]:
                os.link(stored[name], tmp_path / folder / "deep" / name)
        (tmp_path / "webui/Lora").symlink_to(root / "models/diffusion")
        await library.mapping.add_app(await library.mapping.propose(str(base)))
        [status] = await library.mapping.apps()
        [plan] = await library.mapping.plan()
        [applied] = await library.mapping.sync()
        assert not applied.failed, applied.failed
    elsewhere = {_kind(action.folder) for action in plan.of(Act.REFUSE) if action.code == "extra_root"}
    assert elsewhere == {*ROOTS, "loras", "upscale_models"}, elsewhere
    told = lists(checkout, base)
    assert_same_folders(base, told, status.extra)
    for kind in told.keys() - {"upscale_models", "loras"}:  # their folders hold models of other kinds too
        places = [os.stat(path).st_ino for path in told[kind]["paths"] if path is not None]
        assert len(places) == len(set(places)), (kind, told[kind]["names"])
    for name, folder in truth.items():
        paths = [
            path for path in told[_kind(folder)]["paths"] if path and os.path.samefile(path, stored[name])
        ]
        assert len(paths) == 1, (name, folder, paths)


def assert_same_folders(base: Path, told: dict[str, dict[str, Any]], extra: ExtraRoots) -> None:
    """ComfyUI has the very folders that its file says, in that order, and the list of apps shows them."""
    said = extra_model_paths.parse(Path(extra.file).read_text(), extra.file, environ=os.environ)
    for kind, one in told.items():
        own = [f for f in one["folders"] if Path(f).parent == base / "models" and f not in said.of(kind)]
        assert [f for f in one["folders"] if f not in own] == list(said.of(kind)), kind
    its_own = {str(base / "models" / name) for name in os.listdir(base / "models")}
    theirs = {
        (kind, folder) for kind, one in told.items() for folder in one["folders"] if folder not in its_own
    }
    assert {(one.root.kind, one.root.path) for one in extra.roots} == theirs


def _kind(folder: str) -> str:
    """What ComfyUI calls what is in a folder."""
    aliases = {"clip": "text_encoders", "unet": "diffusion_models", "t2i_adapter": "controlnet"}
    return aliases.get(folder, folder)
