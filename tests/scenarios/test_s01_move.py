"""S1: library and app lie under one root; the root is moved; nothing has to be linked again."""

import os
from pathlib import Path

from tests.support import modelfiles
from tests.support.apps import comfyui, links
from tests.support.program import pumas


def test_a_moved_root_keeps_every_link_and_corrects_its_records(tmp_path: Path) -> None:
    box, root = tmp_path / "box", tmp_path / "box" / "library"
    app = comfyui(box / "ComfyUI")
    assert pumas("init", "--app", box / "ComfyUI", root=root).code == 0
    for n, make in enumerate([modelfiles.lora_sdxl, modelfiles.vae_sd, modelfiles.checkpoint_sd15]):
        make(box / f"in/m{n}.safetensors")
    assert pumas("import", box / "in", "--json", root=root).data["links"] == {"created": 3, "conflicts": 0}
    before = links(app)
    assert len(before) == 3 and all(text.startswith("../") for text in before.values())

    moved = tmp_path / "elsewhere" / "deeper"
    moved.parent.mkdir()
    os.rename(box, moved)
    app, root = moved / "ComfyUI/models", moved / "library"
    assert links(app) == before
    assert all((app / target).stat().st_size for target in before)

    [told] = pumas("app", "list", "--json", root=root).data["apps"]
    assert (told["state"], told["base"], told["links"]) == ("here", str(app), 3)
    plan = pumas("map", "plan", "--json", root=root).data["summary"]
    assert plan == {**dict.fromkeys(plan, 0), "keep": 3}
    assert pumas("sync", "--prune", "--json", root=root).data["operations"] == []
    assert links(app) == before
    modelfiles.lora_sd15(moved / "new.safetensors")
    assert pumas("import", moved / "new.safetensors", "--json", root=root).data["links"]["created"] == 1
    assert len(links(app)) == 4 and all((app / target).stat().st_size for target in links(app))


def test_an_app_moved_alone_is_a_ghost_and_nothing_of_it_is_forgotten(tmp_path: Path) -> None:
    root = tmp_path / "library"
    app = comfyui(tmp_path / "ComfyUI")
    modelfiles.lora_sdxl(tmp_path / "a.safetensors")
    assert pumas("init", "--app", tmp_path / "ComfyUI", root=root).code == 0
    assert pumas("import", tmp_path / "a.safetensors", root=root).code == 0
    os.rename(tmp_path / "ComfyUI", tmp_path / "Other")
    [told] = pumas("app", "list", "--json", root=root).data["apps"]
    assert (told["state"], told["links"]) == ("ghost", 1)
    assert pumas("sync", "--prune", "--yes", root=root).code == 0
    assert pumas("sync", "--app", "ComfyUI", root=root).code == 3
    os.rename(tmp_path / "Other", tmp_path / "ComfyUI")
    assert pumas("map", "plan", "--json", root=root).data["summary"]["keep"] == 1
    assert len(links(app)) == 1
