"""`app add|list|remove|detect` and `init --app` through the real program."""

import sys
from pathlib import Path

from tests.support.apps import comfyui, links
from tests.support.program import environment, pumas
from tests.support.terminal import Terminal
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


def test_add_tells_the_plan_and_links_only_where_it_is_told_so(
    root: Path, samples: Path, tmp_path: Path
) -> None:
    assert pumas("import", samples, "--accept-pickle", root=root).code == 0
    app = comfyui(tmp_path / "ComfyUI", version="0.6.1")
    before = snapshot(app)
    ran = pumas("app", "add", app.parent, "--json", root=root)
    assert ran.code == 0 and ran.data["summary"]["create"] == 3
    told = ran.data["app"]
    assert (told["name"], told["kind"], told["version"], told["base"]) == (
        "ComfyUI",
        "comfyui",
        "0.6.1",
        str(app),
    )
    assert snapshot(app) == before
    second = comfyui(tmp_path / "more" / "ComfyUI")
    shown = pumas("app", "add", second.parent, root=root).out
    assert "plan: 3 new links" in shown and shown.endswith("pumas-tui sync --app ComfyUI-2\n")
    third = comfyui(tmp_path / "third")
    ran = pumas("app", "add", third.parent, "--sync", "--name", "Studio", "--version", "0.5", root=root)
    assert ran.code == 0 and "Studio: 3 links made" in ran.out
    assert (links(app), links(second), len(links(third))) == ({}, {}, 3)

    apps = pumas("app", "list", "--json", root=root).data["apps"]
    assert {one["name"]: (one["state"], one["links"], one["link_kind"]) for one in apps} == {
        "ComfyUI": ("here", 0, "relative"),
        "ComfyUI-2": ("here", 0, "relative"),
        "Studio": ("here", 3, "relative"),
    }
    assert pumas("sync", "--app", "comfyui", root=root).code == 0  # a whole name goes before beginnings
    assert (len(links(app)), links(second)) == (3, {})
    unclear = pumas("map", "plan", "--app", "com", "--json", root=root)
    assert (unclear.code, unclear.data["choices"]) == (3, ["ComfyUI", "ComfyUI-2"])


def test_what_an_app_reads_from_elsewhere_is_told_and_not_linked(
    root: Path, samples: Path, tmp_path: Path
) -> None:
    sample = samples / "ink-wash-style-xl.safetensors"
    imported = pumas("import", sample, "--json", root=root)
    app, lora = comfyui(tmp_path / "ComfyUI"), tmp_path / "Lora\x1b[2J"
    lora.mkdir()
    (lora / "ink.safetensors").symlink_to(Path(imported.models[0]["path"]) / sample.name)
    config = app.parent / "extra_model_paths.yaml"
    config.write_text(f'a1111:\n  base_path: "{tmp_path}"\n  loras: "Lora\\x1b[2J"\n  vae: gone\n')
    ran = pumas("app", "add", app.parent, "--sync", "--json", root=root)
    assert ran.code == 0 and links(app) == {}
    told = [(one["kind"], one["section"], one["state"]) for one in ran.data["extra_roots"]]
    assert told == [("loras", "a1111", "here"), ("vae", "a1111", "absent")]
    assert any("vae is also read from" in warning["message"] for warning in ran.document["warnings"])
    [refused] = pumas("map", "plan", "--json", root=root).data["actions"]
    assert refused["reason"].startswith("extra_root: ComfyUI reads it already as ")
    [listed] = pumas("app", "list", "--json", root=root).data["apps"]
    assert listed["extra_roots"] == ran.data["extra_roots"] and listed["extra_roots"][0]["path"] == str(lora)
    shown = pumas("app", "list", root=root).out
    assert "loras are also read from" in shown and "\x1b" not in shown
    assert (
        f"vae is also read from {tmp_path}/gone (extra_model_paths.yaml, section a1111): it is not" in shown
    )
    config.write_text("[")
    broken = pumas("app", "list", "--json", root=root)
    assert broken.code == 0 and [w["code"] for w in broken.document["warnings"]] == ["bad_config"]


def test_remove_takes_away_its_links_only(root: Path, samples: Path, tmp_path: Path) -> None:
    one, two = comfyui(tmp_path / "one"), comfyui(tmp_path / "two")
    assert pumas("init", "--app", one.parent, "--app", two.parent, root=root).code == 0
    assert pumas("import", samples / "ink-wash-style-xl.safetensors", root=root).code == 0
    target = "loras/ink-wash-style-xl.safetensors"
    (one / target).unlink()
    (one / target).write_bytes(b"mine")
    assert pumas("app", "remove", "one", root=root).code == 4
    ran = pumas("app", "remove", "one", "--yes", "--json", root=root)
    assert ran.code == 0 and ran.data["app"]["name"] == "one"
    assert (one / target).read_bytes() == b"mine" and list(links(two)) == [target]
    assert pumas("app", "remove", "two", "--yes", root=root).code == 0
    assert links(two) == {} and (two / "loras").is_dir()
    assert pumas("app", "list", root=root).out == "no apps\n"


def test_a_folder_that_says_nothing_needs_a_kind(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "models\x1b[2J"
    folder.mkdir()
    ran = pumas("app", "add", folder, root=root)
    assert ran.code == 3 and "--kind" in ran.err and ran.err.isascii() and "\x1b" not in ran.err
    ran = pumas(
        "app", "add", folder, "--kind", "llamacpp", "--container", f"{folder}:/models", "--json", root=root
    )
    assert ran.code == 0 and ran.data["app"]["containers"] == [[str(folder), "/models"]]
    assert pumas("app", "add", root / "models", "--kind", "generic", root=root).code == 2
    assert pumas("app", "list", root=root).out.count("\x1b") == 0


def test_init_tells_apps_that_cannot_be_registered(tmp_path: Path) -> None:
    app = comfyui(tmp_path / "ComfyUI")
    ran = pumas("init", "--app", tmp_path / "no", "--app", app.parent, "--json", root=tmp_path / "library")
    assert ran.code == 3 and str(tmp_path / "no") in ran.err
    assert [one["app"]["base"] for one in ran.data["apps"]] == [str(app)]
    assert (tmp_path / "library/models/library.json").is_file()


def test_add_asks_on_a_terminal(root: Path, samples: Path, tmp_path: Path) -> None:
    assert pumas("import", samples / "ink-wash-style-xl.safetensors", root=root).code == 0
    app = comfyui(tmp_path / "ComfyUI")
    argv = [sys.executable, "-m", "pumas_tui", "--root", str(root), "app", "add", str(app.parent)]
    env = {**environment(root.parent), "TERM": "xterm-256color"}
    with Terminal(argv, env=env) as terminal:
        assert "1 new link" in terminal.wait_for("Make these links?")
        terminal.send("y\r")
        assert terminal.wait() == 0
    assert list(links(app)) == ["loras/ink-wash-style-xl.safetensors"]
