"""S5: library and app on different file systems: absolute links, and both disks are named."""

from pathlib import Path

import pytest

from tests.support import modelfiles
from tests.support.apps import comfyui, links
from tests.support.disks import NoDiskError, tmpfs
from tests.support.program import pumas


def test_links_to_another_disk_are_absolute_and_said(tmp_path: Path) -> None:
    try:
        with tmpfs(tmp_path / "disk", 1 << 30) as disk:
            _links_over_to(disk, tmp_path)
    except NoDiskError as why:
        pytest.skip(str(why))


def _links_over_to(disk: Path, tmp_path: Path) -> None:
    root = disk / "library"
    app = comfyui(tmp_path / "ComfyUI")
    modelfiles.lora_sdxl(tmp_path / "a.safetensors")
    assert pumas("init", root=root, home=tmp_path).code == 0
    added = pumas("app", "add", tmp_path / "ComfyUI", "--no-sync", "--json", root=root, home=tmp_path)
    assert added.code == 0 and added.data["same_disk"] is False
    [warning] = [one for one in added.document["warnings"] if str(disk) in one["message"]]
    assert str(app) in warning["message"]
    assert str(disk) in added.err
    ran = pumas("import", tmp_path / "a.safetensors", "--json", root=root, home=tmp_path)
    assert ran.code == 0 and ran.data["links"] == {"created": 1, "conflicts": 0}
    model = Path(ran.models[0]["path"])
    [(target, text)] = links(app).items()
    assert text.startswith(str(model)) and (app / target).stat().st_size
    assert any(str(disk) in one["message"] for one in ran.document["warnings"]), ran.err
    [link] = pumas("show", ran.models[0]["uid"], "--json", root=root, home=tmp_path).data["links"]
    assert link["kind"] == "absolute"
    [told] = pumas("app", "list", "--json", root=root, home=tmp_path).data["apps"]
    assert (told["same_disk"], told["link_kind"], told["links"]) == (False, "absolute", 1)
    shown = pumas("app", "list", root=root, home=tmp_path).out
    assert "other" in shown and all(len(line) <= 80 for line in shown.splitlines()[:2])
