"""S38 (registry): a corrupt registry.db is restored from its backup; without one it is begun anew, and the
links on disk are listed for adoption, never removed."""

import random
from pathlib import Path

from tests.support import modelfiles
from tests.support.apps import comfyui, links
from tests.support.program import pumas
from tests.support.registry import rows


def prepared(root: Path, inbox: Path, tmp_path: Path) -> Path:
    app = comfyui(tmp_path / "ComfyUI")
    for n in range(3):
        modelfiles.lora_sdxl(inbox / f"m{n}.safetensors", mark=b"%d" % n)
    assert pumas("import", inbox, root=root).code == 0
    assert pumas("app", "add", app.parent, "--sync", root=root).code == 0
    return app


def corrupt(root: Path) -> None:
    for beside in root.glob("registry.db-*"):
        beside.unlink()
    (root / "registry.db").write_bytes(random.Random(1).randbytes(64 << 10))


def test_restored_from_its_backup(root: Path, inbox: Path, tmp_path: Path) -> None:
    app = prepared(root, inbox, tmp_path)
    for old in root.glob("registry.db.backup*"):
        old.unlink()
    modelfiles.vae_sd(tmp_path / "more" / "v.safetensors")
    assert pumas("import", tmp_path / "more", "--no-link", root=root).code == 0  # a start that backs up
    before, there = rows(root), links(app)
    corrupt(root)
    ran = pumas("health", "--json", root=root)
    assert ran.code == 0 and ran.data["links_right"] == 3
    assert any("backup" in one["message"] for one in ran.document["warnings"])
    assert rows(root) == before and links(app) == there


def test_without_a_backup_links_on_disk_are_adopted(root: Path, inbox: Path, tmp_path: Path) -> None:
    app = prepared(root, inbox, tmp_path)
    there = links(app)
    corrupt(root)
    for old in root.glob("registry.db*backup*"):
        old.unlink()
    ran = pumas("health", "--json", root=root)
    assert ran.code == 0 and any("new one was begun" in one["message"] for one in ran.document["warnings"])
    assert links(app) == there
    assert pumas("app", "add", app.parent, "--no-sync", root=root).code == 0
    found = pumas("health", "--json", root=root).data
    orphans = [one for one in found["findings"] if one["kind"] == "orphaned_link"]
    assert {Path(one["path"]).name for one in orphans} == {f"m{n}.safetensors" for n in range(3)}
    assert all(one["repair"]["kind"] == "adopt" and one["repair"]["safe"] for one in orphans)
    ran = pumas("health", "--repair", "orphaned_link", "--json", root=root)
    assert ran.code == 0 and ran.data["repaired"] == 3
    assert links(app) == there
    after = pumas("health", "--json", root=root).data
    assert (after["status"], after["links_right"]) == ("healthy", 3)
