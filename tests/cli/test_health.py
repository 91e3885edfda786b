"""`health`, `verify`, `relocate`, `rename`, `space` through the real program."""

from pathlib import Path

from tests.support import modelfiles
from tests.support.apps import comfyui, links
from tests.support.program import pumas


def linked(root: Path, tmp_path: Path) -> Path:
    app = comfyui(tmp_path / "ComfyUI")
    for n in range(2):
        modelfiles.lora_sdxl(tmp_path / f"in/m{n}.safetensors", mark=b"%d" % n)
    assert pumas("import", tmp_path / "in", root=root).code == 0
    assert pumas("app", "add", app.parent, "--sync", root=root).code == 0
    return app


def test_health_says_the_worst_first_and_a_file_name_does_no_harm(root: Path, tmp_path: Path) -> None:
    app = linked(root, tmp_path)
    sound = pumas("health", root=root)
    assert sound.code == 0 and sound.out.startswith("healthy; 2 models and 2 links right, 1 app seen")
    (app / "loras/evil\x1b[2J.safetensors").symlink_to("/nowhere\x1b]0;x\x07")
    (app / "loras/m0.safetensors").unlink()
    ran = pumas("health", root=root)
    assert "\x1b" not in ran.out and "evil" in ran.out
    lines = ran.out.splitlines()
    assert lines[0].startswith("1 error;") and "broken_link" in lines[1] and "make the link again" in lines[1]
    assert pumas("health", "--repair", "nonsense", root=root).code == 2
    assert pumas("--readonly", "health", root=root).code == 0
    assert pumas("--readonly", "health", "--repair", "all", root=root).code == 2
    dry = pumas("health", "--repair", "all", "--dry-run", root=root)
    assert dry.out.splitlines() == [f"{app}/loras/m0.safetensors: make the link again"]
    assert pumas("health", "--repair", "all", root=root).code == 0
    assert (app / "loras/m0.safetensors").is_symlink()


def test_verify_names_the_file_and_fails(root: Path, tmp_path: Path) -> None:
    linked(root, tmp_path)
    assert pumas("verify", "--json", root=root).data["files"] == 2
    path = Path(pumas("path", "m1", root=root).out.strip()) / "m1.safetensors"
    raw = path.read_bytes()
    path.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    ran = pumas("verify", "m1", "--json", root=root)
    assert ran.code == 5 and [one["path"] for one in ran.data["findings"]] == [str(path)]
    assert str(path) in ran.err
    assert pumas("health", "--json", root=root).data["status"] == "1 error"
    limited = pumas("verify", "--limit", "1", "--json", root=root)
    assert (limited.data["files"], limited.data["left"]) == (1, 1)


def test_verify_names_the_place_in_a_large_file(root: Path, tmp_path: Path) -> None:
    """A file of three blocks as they really are, almost all of it a hole."""
    modelfiles.safetensors_file(tmp_path / "in/big.safetensors", {"w": ("U8", [150_000_000])})
    assert pumas("import", tmp_path / "in", root=root).code == 0
    assert pumas("verify", root=root).code == 0
    path = Path(pumas("path", "big", root=root).out.strip()) / "big.safetensors"
    with path.open("r+b") as file:
        file.seek(100_000_000)
        file.write(b"x")
    ran = pumas("verify", "--json", root=root)
    [found] = ran.data["findings"]
    assert ran.code == 5 and found["evidence"][1:] == ["differs in block 1, bytes 67,108,864-134,217,727"]
    assert "block 1, bytes 67,108,864-134,217,727" in ran.err
    assert pumas("health", "--json", root=root).data["findings"][0] == found


def test_rename_takes_the_links_along_and_undo_brings_it_back(root: Path, tmp_path: Path) -> None:
    app = linked(root, tmp_path)
    before = links(app)
    ran = pumas("rename", "m0", "diffusion/mine/better", "--json", root=root)
    assert ran.code == 0 and (ran.data["model_id"], ran.data["links"]) == ("diffusion/mine/better", 1)
    assert (app / "loras/m0.safetensors").resolve().parent.name == "better"
    assert pumas("health", "--json", root=root).data["links_right"] == 2
    assert pumas("rename", "m1", "diffusion/mine/better", root=root).code == 5
    assert pumas("undo", root=root).code == 0
    assert links(app) == before and pumas("path", "m0", root=root).code == 0


def test_space_tells_each_group(root: Path, tmp_path: Path) -> None:
    linked(root, tmp_path)
    modelfiles.vae_sd(tmp_path / "v.safetensors")
    assert pumas("import", tmp_path / "v.safetensors", "--no-link", root=root).code == 0
    assert pumas("delete", "m0", "--yes", root=root).code == 0
    ran = pumas("space", "--json", root=root).data
    assert [one["model_id"].rpartition("/")[2] for one in ran["unlinked"]["models"]] == ["v"]
    assert len(ran["trash"]["items"]) == 1 and ran["trash"]["bytes"] > 0 and ran["leftovers"]["bytes"] == 0
    assert "in the trash: 1" in pumas("space", root=root).out
