"""S14: a drive is mounted elsewhere: one relocation re-points all its links, and no other."""

import os
from pathlib import Path

import pytest

from tests.support import modelfiles
from tests.support.apps import comfyui, links
from tests.support.disks import NoDiskError, tmpfs
from tests.support.program import pumas


def test_all_links_of_a_drive_and_no_other(tmp_path: Path) -> None:
    try:
        with tmpfs(tmp_path / "apps", 64 << 20) as apps:
            _relocate(apps, tmp_path)
    except NoDiskError as why:
        pytest.skip(str(why))


def _relocate(apps: Path, tmp_path: Path) -> None:
    """The library's drive is played by a folder that is renamed; the app is on a disk of its own."""
    usb, backup, nvme = tmp_path / "usb", tmp_path / "usb_backup", tmp_path / "nvme"
    root, app = usb / "lib", comfyui(apps / "ComfyUI")
    for n in range(4):
        modelfiles.lora_sdxl(tmp_path / f"in/m{n}.safetensors", mark=b"%d" % n)
    assert pumas("init", root=root, home=tmp_path).code == 0
    assert pumas("app", "add", app.parent, root=root, home=tmp_path).code == 0
    assert pumas("import", tmp_path / "in", root=root, home=tmp_path).code == 0
    backup.mkdir()
    (backup / "other.safetensors").write_bytes(b"other")
    (app / "loras/backup.safetensors").symlink_to(backup / "other.safetensors")
    before = links(app)
    assert len(before) == 5 and all(text.startswith(str(usb)) for text in before.values())
    os.rename(usb, nvme)
    root = nvme / "lib"

    report = pumas("health", "--json", root=root, home=tmp_path).data
    assert report["links_right"] == 0
    assert {one["repair"]["kind"] for one in report["findings"] if one["kind"] == "broken_link"} == {
        "repoint"
    }
    dry = pumas("relocate", usb, nvme, "--dry-run", "--json", root=root, home=tmp_path)
    assert (len(dry.data["links"]), dry.data["unchanged"], dry.data["missing"]) == (4, 0, [])
    assert dry.data["proven"] is True and links(app) == before
    assert pumas("relocate", tmp_path / "us", nvme, root=root, home=tmp_path).code == 3
    ran = pumas("relocate", usb, nvme, "--json", root=root, home=tmp_path)
    assert ran.code == 0 and ran.data["repaired"] == 4
    after = links(app)
    assert after.pop("loras/backup.safetensors") == str(backup / "other.safetensors")
    assert all(text.startswith(f"{nvme}/lib/models/") for text in after.values())
    assert all((app / target).stat().st_size for target in after)
    assert pumas("health", "--json", root=root, home=tmp_path).data["status"] == "healthy"
    assert pumas("relocate", usb, nvme, "--json", root=root, home=tmp_path).data["links"] == []
    assert pumas("undo", root=root, home=tmp_path).code == 0
    assert links(app) == before


def test_a_copy_is_no_move(root: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    (copy / "models").mkdir(parents=True)
    (copy / "models/library.json").write_bytes((root / "models/library.json").read_bytes())
    ran = pumas("relocate", root, copy, "--json", root=copy)
    assert ran.code == 5 and "still at" in ran.err


def test_an_app_that_was_moved_alone_is_followed(root: Path, inbox: Path, tmp_path: Path) -> None:
    app = comfyui(tmp_path / "ComfyUI")
    modelfiles.lora_sdxl(inbox / "style.safetensors")
    assert pumas("import", inbox, root=root).code == 0
    assert pumas("app", "add", app.parent, "--sync", root=root).code == 0
    there = tmp_path / "deep" / "down" / "ComfyUI"
    there.parent.mkdir(parents=True)
    os.rename(app.parent, there)
    ran = pumas("relocate", app.parent, there, "--json", root=root)
    assert ran.code == 0 and ran.data["repaired"] == 1 and ran.data["apps"] == ["ComfyUI"]
    assert (there / "models/loras/style.safetensors").stat().st_size
    assert pumas("health", "--json", root=root).data["status"] == "healthy"
    assert pumas("map", "plan", "--json", root=root).data["summary"]["keep"] == 1
