"""S6: a model with 50 links is deleted and comes back: every link, byte for byte; a user's file is spared."""

import json
from pathlib import Path

import pytest

from tests.support import modelfiles
from tests.support.apps import comfyui, links
from tests.support.program import pumas
from tests.support.registry import rows
from tests.support.trees import snapshot

LINKS = 50


def fifty_rules() -> str:
    rules = [
        {
            "name": f"rule {n:02}",
            "description": "",
            "target_subdir": f"loras/group-{n:02}",
            "patterns": ["*.safetensors"],
            "link_type": "file",
            "filters": {"subtype": ["loras"]},
            "conflict": "ask",
            "enabled": True,
            "priority": n,
        }
        for n in range(LINKS)
    ]
    head = {"app": "comfyui", "version": "*", "variant": "default", "description": "fifty places"}
    times = {"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"}
    return json.dumps({**head, **times, "mappings": rules})


@pytest.fixture
def app(root: Path, inbox: Path, tmp_path: Path) -> Path:
    """An app with 50 links to one model."""
    (root / "mappings" / "comfyui_*_default.json").write_text(fifty_rules())
    models = comfyui(tmp_path / "ComfyUI")
    modelfiles.lora_sdxl(inbox / "style.safetensors")
    assert pumas("import", inbox, root=root).code == 0
    assert pumas("app", "add", models.parent, "--sync", root=root).code == 0
    assert len(links(models)) == LINKS
    return models


def test_fifty_links_go_and_come_back(root: Path, app: Path) -> None:
    before, library = snapshot(app), snapshot(root / "models" / "diffusion")
    recorded = {row[1:-2] for row in rows(root)["links"]}
    ran = pumas("delete", "style", "--yes", "--json", root=root)
    assert ran.code == 0 and (ran.data["deleted"], ran.data["unlinked"]) == (1, LINKS)
    assert links(app) == {} and rows(root)["links"] == []
    [item] = pumas("trash", "list", "--json", root=root).data["items"]
    assert item["kind"] == "model" and Path(item["place"]).is_dir()
    assert pumas("health", "--json", root=root).data["status"] == "healthy"

    assert pumas("undo", root=root).code == 0
    assert snapshot(app) == before and snapshot(root / "models" / "diffusion") == library
    assert {row[1:-2] for row in rows(root)["links"]} == recorded
    report = pumas("health", "--json", root=root).data
    assert (report["status"], report["links_right"]) == ("healthy", LINKS)


def test_a_file_that_took_the_place_of_a_link_survives_both(root: Path, app: Path) -> None:
    mine = app / "loras/group-07/style.safetensors"
    mine.unlink()
    mine.write_bytes(b"my own file")
    [finding] = pumas("health", "--json", root=root).data["findings"][:1]
    assert (finding["kind"], finding["severity"], finding["path"]) == ("broken_link", "warning", str(mine))
    ran = pumas("delete", "style", "--yes", "--json", root=root)
    assert ran.code == 0 and ran.data["unlinked"] == LINKS - 1
    assert mine.read_bytes() == b"my own file"
    pumas("undo", root=root)
    assert len(links(app)) == LINKS - 1 and mine.read_bytes() == b"my own file"
