"""S7: source files were removed by hand: health lists the links, a repair takes away only those."""

from pathlib import Path

from tests.support import modelfiles
from tests.support.apps import comfyui, links
from tests.support.program import pumas
from tests.support.registry import rows
from tests.support.trees import snapshot


def test_broken_links_are_listed_and_only_ours_go(root: Path, inbox: Path, tmp_path: Path) -> None:
    app = comfyui(tmp_path / "ComfyUI")
    for n in range(3):
        modelfiles.lora_sdxl(inbox / f"m{n}.safetensors", mark=b"%d" % n)
    assert pumas("import", inbox, root=root).code == 0
    assert pumas("app", "add", app.parent, "--sync", root=root).code == 0
    (app / "loras/foreign.safetensors").symlink_to("/nowhere/at all")
    (app / "loras/mine.safetensors").write_bytes(b"mine")
    for n in (0, 1):
        (app / f"loras/m{n}.safetensors").resolve().unlink()
    before, registry = snapshot(tmp_path), rows(root)

    report = pumas("health", "--json", root=root)
    assert report.code == 0 and report.data["status"] == "4 errors" and report.data["links_right"] == 1
    kinds = {(one["kind"], Path(one["path"]).name) for one in report.data["findings"]}
    assert kinds >= {
        ("broken_link", "m0.safetensors"),
        ("broken_link", "m1.safetensors"),
        ("foreign_dead_link", "foreign.safetensors"),
        ("phantom_model", "m0"),
    }
    foreign = next(one for one in report.data["findings"] if one["kind"] == "foreign_dead_link")
    assert "repair" not in foreign
    dry = pumas("health", "--repair", "broken_link", "--dry-run", "--json", root=root)
    assert [one["kind"] for one in dry.data["repairs"]] == ["remove", "remove"]
    assert pumas("health", "--repair", "broken_link", root=root).code == 4  # nobody was asked
    assert {k: v for k, v in snapshot(tmp_path).items() if ".db" not in k} == {
        k: v for k, v in before.items() if ".db" not in k
    }
    assert rows(root) == registry

    ran = pumas("health", "--repair", "broken_link", "--yes", "--json", root=root)
    assert ran.code == 0 and ran.data["repaired"] == 2
    assert set(links(app)) == {"loras/m2.safetensors", "loras/foreign.safetensors"}
    assert (app / "loras/mine.safetensors").read_bytes() == b"mine"
    assert len(rows(root)["links"]) == 1
    assert pumas("undo", root=root).code == 0
    assert len(links(app)) == 4 and rows(root)["links"] != []


def test_many_removals_are_told_before_they_are_done(root: Path, inbox: Path, tmp_path: Path) -> None:
    app = comfyui(tmp_path / "ComfyUI")
    for n in range(3):
        modelfiles.lora_sdxl(inbox / f"m{n}.safetensors", mark=b"%d" % n)
    assert pumas("import", inbox, root=root).code == 0
    assert pumas("app", "add", app.parent, "--sync", root=root).code == 0
    gone = pumas("path", "m0", root=root).out.strip()
    for path in Path(gone).iterdir():
        path.unlink()
    Path(gone).rmdir()
    found = pumas("health", "--json", root=root).data["findings"]
    assert {one["kind"] for one in found if one["severity"] == "error"} == {"missing_source", "broken_link"}
    assert "1 link on record" in next(o for o in found if o["kind"] == "missing_source")["message"]
