"""S24: an app was removed in the file manager: a ghost; cleaning it removes only its rows."""

import os
import shutil
from pathlib import Path

from tests.support import modelfiles
from tests.support.apps import comfyui
from tests.support.program import pumas
from tests.support.registry import rows
from tests.support.trees import snapshot


def test_cleaning_a_ghost_removes_only_its_rows(root: Path, inbox: Path, tmp_path: Path) -> None:
    gone, stays = comfyui(tmp_path / "Gone"), comfyui(tmp_path / "Stays")
    modelfiles.lora_sdxl(inbox / "style.safetensors")
    assert pumas("import", inbox, root=root).code == 0
    for app in (gone, stays):
        assert pumas("app", "add", app.parent, "--sync", root=root).code == 0
    shutil.rmtree(gone.parent)
    before, library = snapshot(stays), snapshot(root / "models" / "diffusion")

    report = pumas("health", "--json", root=root).data
    [ghost] = [one for one in report["findings"] if one["severity"] != "info"]
    assert (ghost["kind"], ghost["app"], report["status"]) == ("ghost_app", "Gone", "1 warning")
    assert report["links_right"] == 1
    assert pumas("health", "--repair", "ghost_app", root=root).code == 4
    assert len(rows(root)["apps"]) == 2
    ran = pumas("health", "--repair", "ghost_app", "--yes", "--json", root=root)
    assert ran.code == 0, ran.err
    left = rows(root)
    assert (len(left["apps"]), len(left["links"])) == (1, 1)
    assert snapshot(stays) == before and snapshot(root / "models" / "diffusion") == library
    assert pumas("health", "--json", root=root).data["status"] == "healthy"


def test_a_forgotten_app_is_known_again_when_that_is_taken_back(
    root: Path, inbox: Path, tmp_path: Path
) -> None:
    app = comfyui(tmp_path / "Gone")
    modelfiles.lora_sdxl(inbox / "style.safetensors")
    assert pumas("import", inbox, root=root).code == 0
    assert pumas("app", "add", app.parent, "--sync", root=root).code == 0
    tree, away = snapshot(app), tmp_path / "elsewhere"
    os.rename(app.parent, away)
    before = pumas("health", "--json", root=root).data["findings"]
    assert pumas("health", "--repair", "ghost_app", "--yes", root=root).code == 0
    assert rows(root) == {"apps": [], "links": []}
    assert pumas("health", "--json", root=root).data["status"] == "healthy"
    ran = pumas("undo", "--json", root=root)
    assert ran.code == 0, ran.err
    assert pumas("health", "--json", root=root).data["findings"] == before
    os.rename(away, app.parent)
    report = pumas("health", "--json", root=root).data
    assert (report["status"], report["links_right"]) == ("healthy", 1) and snapshot(app) == tree
