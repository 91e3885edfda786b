"""S21: where symbolic links do not work: hard links on the same disk, else a refusal that says what to do."""

import os
from pathlib import Path

import pytest

from tests.support import modelfiles, modelfolders
from tests.support.apps import comfyui, links
from tests.support.disks import NoDiskError, exfat, tmpfs
from tests.support.program import pumas
from tests.support.trees import snapshot

NO_SYMLINKS = "mode=755,nosymfollow"
"""A disk that can hold symbolic links which nobody can follow: as good as one without."""


def test_hard_links_where_symbolic_ones_do_not_work(tmp_path: Path) -> None:
    try:
        with tmpfs(tmp_path / "disk", 1 << 30, NO_SYMLINKS) as disk:
            _hard_linked(disk, tmp_path)
    except NoDiskError as why:
        pytest.skip(str(why))


def _hard_linked(disk: Path, home: Path) -> None:
    root, app = disk / "library", comfyui(disk / "ComfyUI")
    modelfiles.lora_sdxl(home / "a.safetensors")
    modelfolders.diffusers_folder(home / "pipeline")
    assert pumas("init", "--app", app.parent, root=root, home=home).code == 0
    ran = pumas("import", home / "a.safetensors", "--json", root=root, home=home)
    assert ran.data["links"] == {"created": 1, "conflicts": 0}, ran.err
    stored = Path(ran.models[0]["path"]) / "a.safetensors"
    made = app / "loras/a.safetensors"
    assert links(app) == {} and made.samefile(stored) and os.stat(made).st_nlink == 2
    [told] = pumas("app", "list", "--json", root=root, home=home).data["apps"]
    assert (told["link_kind"], told["links"]) == ("hard", 1)
    assert pumas("map", "plan", "--json", root=root, home=home).data["summary"]["keep"] == 1

    ran = pumas("import", home / "pipeline", "--json", root=root, home=home)
    assert ran.code == 0 and ran.data["links"]["created"] == 0
    plan = pumas("map", "plan", "--json", root=root, home=home).data["actions"]
    [refused] = [a for a in plan if a["action"] == "refuse"]
    assert refused["reason"].startswith("no_link") and "extra_model_paths.yaml" in refused["reason"]

    size = stored.stat().st_size
    shown = pumas("delete", "a", "--dry-run", "--json", root=root, home=home)
    assert (shown.data["bytes"], shown.data["shared_bytes"]) == (size, size)
    assert "hard links" in pumas("delete", "a", "--dry-run", root=root, home=home).out
    assert pumas("delete", "a", "--yes", root=root, home=home).code == 0
    assert not made.exists()
    assert pumas("undo", root=root, home=home).code == 0
    assert made.samefile(stored)


def test_no_link_at_all_is_refused_with_another_way(tmp_path: Path) -> None:
    root = tmp_path / "library"
    try:
        with exfat(tmp_path / "stick") as stick:
            app = comfyui(stick / "ComfyUI")
            modelfiles.lora_sdxl(tmp_path / "a.safetensors")
            assert pumas("init", "--app", app.parent, root=root).code == 0
            before = snapshot(stick)
            ran = pumas("import", tmp_path / "a.safetensors", "--json", root=root)
            assert (ran.code, ran.data["links"]["created"]) == (0, 0), ran.err
            [refused] = pumas("map", "plan", "--json", root=root).data["actions"]
            assert refused["action"] == "refuse" and refused["reason"].startswith("no_link")
            told = pumas("map", "plan", "--json", root=root)
            [offer] = told.data["extra_model_paths"]
            shown = pumas("map", "plan", root=root).out
            assert f"with this in {offer['file']}:" in shown and f'base_path: "{root}/models"' in shown
            assert pumas("sync", root=root).code == 0
            assert snapshot(stick) == before
            Path(offer["file"]).write_text(offer["text"])
            [read] = pumas("map", "plan", "--json", root=root).data["actions"]
            assert read["reason"].startswith("extra_root: ComfyUI reads it already")
    except NoDiskError as why:
        pytest.skip(str(why))
