"""`app detect` through the real program."""

from pathlib import Path

from tests.support.program import pumas
from tests.support.trees import snapshot


def test_detect_tells_apps_with_their_files_and_changes_nothing(tmp_path: Path) -> None:
    app = tmp_path / "home" / "Comfy\x1b[2JUI"
    (app / "models" / "vae").mkdir(parents=True)
    (app / "models" / "vae" / "v.safetensors").write_bytes(b"x" * 2000)
    for name in ("main.py", "folder_paths.py"):
        (app / name).write_text("raise SystemExit('no code of an app may be run')")
    before = snapshot(tmp_path)
    ran = pumas("app", "detect", "--json", root=tmp_path / "none", home=tmp_path / "home")
    [told] = [one for one in ran.data["apps"] if one["path"] == str(app)]
    assert (ran.code, told["kind"], told["files"], told["size_bytes"]) == (0, "comfyui", 1, 2000)
    assert told["model_folders"] == [str(app / "models")] and ran.data["looked_in"][0] == "home folders"
    shown = pumas("app", "detect", root=tmp_path / "none", home=tmp_path / "home")
    assert shown.code == 0 and "ComfyUI" in shown.out and "\x1b" not in shown.out
    assert snapshot(tmp_path) == before


def test_other_verbs_of_app_are_not_there_yet(tmp_path: Path) -> None:
    assert pumas("app", "add", root=tmp_path).code == 2
