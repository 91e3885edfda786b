"""S40: a change that overwrote three files is undone: they are back, byte for byte, with their times."""

from pathlib import Path

from tests.support import modelfiles
from tests.support.apps import comfyui, links, stamped
from tests.support.program import pumas
from tests.support.trees import snapshot


def test_three_overwritten_files_come_back(root: Path, inbox: Path, tmp_path: Path) -> None:
    app = comfyui(tmp_path / "ComfyUI")
    names = [f"loras/{name}.safetensors" for name in ("one", "two", "three")]
    for n, name in enumerate(names):
        modelfiles.lora_sdxl(inbox / Path(name).name, mark=b"%d" % n)
        (app / name).write_bytes(b"mine" * (n + 1))
    modelfiles.vae_sd(inbox / "fine.safetensors")
    before, times = snapshot(app), stamped(app)
    assert pumas("import", inbox, root=root).code == 0
    assert pumas("app", "add", app.parent, "--no-sync", root=root).code == 0
    ran = pumas("map", "apply", "--resolve", "overwrite", "--json", root=root)
    assert ran.code == 0 and ran.data["results"]["done"] == 4
    assert set(links(app)) == {*names, "vae/fine.safetensors"}
    items = pumas("trash", "list", "--json", root=root).data["items"]
    assert {item["original"] for item in items} == {str(app / name) for name in names}

    undone = pumas("undo", "--json", root=root)
    assert undone.code == 0 and undone.data["failed"] == 0
    assert snapshot(app) == before
    assert {name: stamped(app)[name] for name in names} == {name: times[name] for name in names}
    assert pumas("trash", "list", root=root).out == "nothing\n"
    [last, *_] = pumas("history", "--json", root=root).data["operations"]
    assert last["kind"] == "undo"


def test_a_file_that_was_put_back_by_hand_is_not_overwritten_by_undo(
    root: Path, inbox: Path, tmp_path: Path
) -> None:
    app = comfyui(tmp_path / "ComfyUI")
    target = app / "loras/one.safetensors"
    target.write_bytes(b"mine")
    modelfiles.lora_sdxl(inbox / "one.safetensors")
    assert pumas("import", inbox, root=root).code == 0
    assert pumas("app", "add", app.parent, "--no-sync", root=root).code == 0
    assert pumas("map", "apply", "--resolve", "overwrite", root=root).code == 0
    target.unlink()
    target.write_bytes(b"newer")
    ran = pumas("undo", "--json", root=root)
    assert ran.code == 5 and str(target) in ran.err
    assert target.read_bytes() == b"newer"
    [kept] = pumas("trash", "list", "--json", root=root).data["items"]
    assert Path(kept["place"]).read_bytes() == b"mine"
    target.unlink()
    assert pumas("trash", "restore", kept["ref"], root=root).code == 0
    assert target.read_bytes() == b"mine"
