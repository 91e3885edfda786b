"""`delete`, `undo`, `history`, `trash`: what goes, and how it comes back."""

import sys
from pathlib import Path

import pytest

from tests.support.apps import comfyui, links, stamped
from tests.support.program import environment, pumas
from tests.support.terminal import Terminal
from tests.support.trees import snapshot


@pytest.fixture
def app(root: Path, samples: Path, tmp_path: Path) -> Path:
    """Models folder of an app with the links of three models of the library."""
    models = comfyui(tmp_path / "ComfyUI")
    assert pumas("app", "add", models.parent, root=root).code == 0
    assert pumas("import", samples, "--accept-pickle", root=root).code == 0
    assert len(links(models)) == 3
    return models


def test_delete_shows_what_goes_and_needs_a_yes(app: Path, root: Path) -> None:
    before = stamped(app), snapshot(root / "models/diffusion")
    ran = pumas("delete", "ink", "studio", "--dry-run", "--json", root=root)
    assert ran.code == 0
    assert {one["model_id"] for one in ran.data["models"]} == {
        "diffusion/sdxl/ink-wash-style-xl",
        "diffusion/stable-diffusion/studio-portrait-v2",
    }
    assert ran.data["bytes"] == sum(one["size_bytes"] for one in ran.data["models"]) > 0
    assert ran.data["shared_bytes"] == 0
    assert {(one["app"], one["goes"]) for one in ran.data["links"]} == {("ComfyUI", True)}
    assert {one["path"] for one in ran.data["links"]} == {
        str(app / "loras/ink-wash-style-xl.safetensors"),
        str(app / "checkpoints/studio-portrait-v2.safetensors"),
    }
    assert "2 links in ComfyUI" in pumas("delete", "ink", "studio", "--dry-run", root=root).out
    refused = pumas("delete", "ink", root=root)
    assert refused.code == 4 and "--yes" in refused.err and refused.err.count("\n") == 1
    assert (stamped(app), snapshot(root / "models/diffusion")) == before


def test_deleted_models_come_back_with_their_links(app: Path, root: Path) -> None:
    before = snapshot(app), snapshot(root / "models/diffusion")
    ran = pumas("delete", "ink", "studio", "--yes", "--json", root=root)
    assert (ran.code, ran.data["deleted"], ran.data["unlinked"]) == (0, 2, 2)
    assert list(links(app)) == ["vae/clear-colors.vae.safetensors"]
    assert pumas("show", "ink", root=root).code == 3
    items = pumas("trash", "list", "--json", root=root).data["items"]
    assert {one["kind"] for one in items} == {"model"} and len(items) == 2
    shown = pumas("trash", "list", root=root).out.splitlines()
    short = shown[1].split()[0]
    restored = pumas("trash", "restore", short, *(one["ref"] for one in items), "--json", root=root)
    assert restored.code == 0, restored.err
    assert (snapshot(app), snapshot(root / "models/diffusion")) == before
    assert pumas("trash", "list", root=root).out == "nothing\n"
    assert pumas("list", "--json", root=root).data["total"] == 6


def test_undo_by_id_and_undo_of_an_undo(app: Path, root: Path) -> None:
    target = app / "loras/ink-wash-style-xl.safetensors"
    before = snapshot(app)
    assert pumas("delete", "ink", "--yes", root=root).code == 0
    gone = snapshot(app)
    [newest, *_] = pumas("history", "--json", root=root).data["operations"]
    assert (newest["kind"], newest["state"], newest["undoable"]) == ("delete", "done", True)
    listed = pumas("history", "--limit", "1", root=root).out.splitlines()
    assert len(listed) == 2 and listed[1].startswith(newest["id"][:8]) and newest["title"] in listed[1]
    assert pumas("undo", newest["id"][:8], root=root).code == 0
    assert snapshot(app) == before and target.is_symlink()
    again = pumas("undo", newest["id"][:8], "--json", root=root)
    assert (again.code, again.document["errors"][0]["code"]) == (3, "not_found")
    [undone, *_] = pumas("history", "--json", root=root).data["operations"]
    assert pumas("undo", undone["id"], root=root).code == 0
    assert snapshot(app) == gone
    [item] = pumas("trash", "list", "--json", root=root).data["items"]
    assert pumas("trash", "restore", item["name"], root=root).code == 0
    assert snapshot(app) == before


def test_an_import_is_undone_with_its_links(root: Path, samples: Path, tmp_path: Path) -> None:
    app = comfyui(tmp_path / "ComfyUI")
    assert pumas("undo", root=root).code == 3
    assert pumas("app", "add", app.parent, root=root).code == 0
    before = snapshot(app)
    assert pumas("import", samples / "ink-wash-style-xl.safetensors", root=root).code == 0
    assert snapshot(app) != before
    ran = pumas("undo", "--json", root=root)
    assert ran.code == 0, ran.err
    assert snapshot(app) == before and pumas("list", root=root).out == "no models\n"
    assert len(pumas("trash", "list", "--json", root=root).data["items"]) == 1


def test_a_link_that_a_file_replaced_stays_when_its_model_goes(app: Path, root: Path) -> None:
    target = app / "loras/ink-wash-style-xl.safetensors"
    target.unlink()
    target.write_bytes(b"mine")
    shown = pumas("delete", "ink", "--dry-run", root=root).out
    assert f"{target} is not our link any more and stays" in shown
    assert pumas("delete", "ink", "--yes", root=root).code == 0
    assert target.read_bytes() == b"mine"
    assert pumas("undo", root=root).code == 0 and target.read_bytes() == b"mine"


def test_emptying_needs_the_bytes_or_the_typed_number(app: Path, root: Path) -> None:
    assert pumas("delete", "ink", "studio", "--yes", root=root).code == 0
    listed = pumas("trash", "list", "--json", root=root).data
    refused = pumas("trash", "empty", "--yes", root=root)
    assert refused.code == 4 and f"--bytes {listed['bytes']}" in refused.err
    wrong = pumas("trash", "empty", "--yes", "--bytes", "7", "--json", root=root)
    assert (wrong.code, wrong.document["errors"][0]["code"]) == (4, "changed_meanwhile")
    argv = [sys.executable, "-m", "pumas_tui", "--root", str(root), "trash", "empty"]
    env = {**environment(root.parent), "TERM": "xterm-256color"}
    for typed, code in [("y", 4), ("2", 0)]:
        assert len(pumas("trash", "list", "--json", root=root).data["items"]) == 2
        with Terminal(argv, env=env) as terminal:
            terminal.wait_for("Type 2 to destroy 2 things")
            terminal.send(f"{typed}\r")
            assert terminal.wait() == code
    assert pumas("trash", "list", root=root).out == "nothing\n"
    assert pumas("trash", "empty", "--yes", "--bytes", "0", root=root).code == 0
    assert pumas("delete", "clear", "--yes", root=root).code == 0
    [item] = pumas("trash", "list", "--json", root=root).data["items"]
    size = str(item["size_bytes"])
    ran = pumas("trash", "empty", item["ref"][:8], "--yes", "--bytes", size, "--json", root=root)
    assert (ran.code, ran.data["destroyed"], ran.data["bytes"]) == (0, 1, item["size_bytes"])
    assert not Path(item["place"]).exists()


def test_refs_that_name_nothing(app: Path, root: Path) -> None:
    assert pumas("delete", "ink", "--yes", root=root).code == 0
    [item] = pumas("trash", "list", "--json", root=root).data["items"]
    ran = pumas("trash", "restore", "nothing", item["ref"][:8], "--json", root=root)
    assert ran.code == 3 and '"nothing"' in ran.err and ran.data["done"] >= 1
    assert len(links(app)) == 3
