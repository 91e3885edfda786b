"""`map`, `sync`, `import --no-link`: links into apps, as scripts and people ask for them."""

import json
import re
import sys
from pathlib import Path

import pytest

from tests.support.apps import comfyui, links, stamped
from tests.support.program import environment, pumas
from tests.support.terminal import Terminal

STATES = {"create", "keep", "replace_ours", "conflict", "remove_stale", "remove_broken", "refuse"}


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """Models folder of an app that nobody has registered."""
    return comfyui(tmp_path / "ComfyUI")


@pytest.fixture
def linked(app: Path, root: Path, samples: Path) -> Path:
    """Models folder of a registered app with the links of three models."""
    assert pumas("app", "add", app.parent, root=root).code == 0
    ran = pumas("import", samples, "--accept-pickle", "--json", root=root)
    assert ran.code == 0 and ran.data["links"] == {"created": 3, "conflicts": 0}, ran.err
    return app


def test_import_links_once_and_says_so(linked: Path, root: Path) -> None:
    assert all((linked / target).stat().st_size for target in links(linked))
    operations = pumas("history", "--json", root=root).data["operations"]
    assert [one["kind"] for one in operations].count("sync") == 1
    assert len({one["batch_id"] for one in operations}) == 1
    listed = pumas("list", "--json", root=root).models
    assert sorted(one["links"] for one in listed) == [0, 0, 0, 1, 1, 1]
    shown = pumas("show", "ink", root=root).out
    assert re.search(r"^link: ComfyUI loras/ink-wash-style-xl.safetensors \(relative\)$", shown, re.M)


def test_import_makes_no_links_where_it_is_told_so(app: Path, root: Path, samples: Path) -> None:
    assert pumas("app", "add", app.parent, root=root).code == 0
    ran = pumas("import", samples / "ink-wash-style-xl.safetensors", "--no-link", "--json", root=root)
    assert (ran.code, ran.data["links"], links(app)) == (0, {"created": 0, "conflicts": 0}, {})
    assert pumas("config", "set", "import.link", "false", root=root).code == 0
    ran = pumas("import", samples / "clear-colors.vae.safetensors", "--json", root=root)
    assert (ran.code, links(app)) == (0, {})
    assert pumas("sync", root=root).out == "ComfyUI: 2 links made\n"


def test_an_import_says_how_many_conflicts_it_left(app: Path, root: Path, samples: Path) -> None:
    (app / "loras/ink-wash-style-xl.safetensors").write_bytes(b"mine")
    assert pumas("app", "add", app.parent, root=root).code == 0
    ran = pumas("import", samples / "ink-wash-style-xl.safetensors", "--json", root=root)
    assert (ran.code, ran.data["links"]) == (0, {"created": 0, "conflicts": 1})
    again = pumas("sync", root=root)
    assert (again.code, again.out) == (0, "ComfyUI: 1 conflict left as it is\n")


def test_actions_have_the_keys_that_scripts_rely_on(linked: Path, root: Path) -> None:
    (linked / "loras/ink-wash-style-xl.safetensors").unlink()
    plan = pumas("map", "plan", "--json", root=root)
    keys = {"action", "reason", "app", "model_id", "rule", "config", "source", "target", "link_kind"}
    assert all(keys | {"fingerprint"} <= set(one) for one in plan.data["actions"])
    assert set(plan.data["summary"]) == STATES
    [new] = [one for one in plan.data["actions"] if one["action"] == "create"]
    assert (new["target"], new["link_kind"]) == ("loras/ink-wash-style-xl.safetensors", "relative")
    assert (root / "models" / new["source"]).is_file() and new["fingerprint"] == "absent"
    ran = pumas("map", "apply", "--json", root=root)
    results = {one["target"]: one["result"] for one in ran.data["actions"] if one["action"] != "refuse"}
    assert sorted(results.values()) == ["done", "kept", "kept"] and results[new["target"]] == "done"


def test_unlink_takes_links_of_models_or_apps_and_nothing_else(linked: Path, root: Path) -> None:
    (linked / "loras/mine.safetensors").write_bytes(b"mine")
    assert pumas("map", "unlink", root=root).code == 2
    assert pumas("map", "unlink", "--model", "ink", root=root).out == "ComfyUI: 1 link removed\n"
    assert set(links(linked)) == {
        "checkpoints/studio-portrait-v2.safetensors",
        "vae/clear-colors.vae.safetensors",
    }
    assert pumas("map", "unlink", "--app", "comfy", root=root).code == 0
    assert links(linked) == {} and (linked / "loras/mine.safetensors").read_bytes() == b"mine"
    assert pumas("undo", root=root).code == 0 and len(links(linked)) == 2
    assert pumas("sync", root=root).code == 0 and len(links(linked)) == 3


def test_many_removals_need_a_yes_and_show_the_list(linked: Path, root: Path, tmp_path: Path) -> None:
    app = tmp_path / "folder"
    app.mkdir()
    rules = [
        {"name": f"rule {n}", "target_subdir": f"f{n}", "patterns": ["*"], "filters": {"subtype": "loras"}}
        for n in range(21)
    ]
    config = {"app": "generic", "version": "*", "variant": "default", "mappings": rules}
    (root / "mappings").mkdir(exist_ok=True)
    (root / "mappings/generic_*_default.json").write_text(json.dumps(config))
    assert pumas("app", "add", app, "--kind", "generic", "--sync", root=root).code == 0
    assert len(links(app)) == 21
    before = stamped(app)
    for call in (["map", "unlink", "--app", "folder"], ["map", "unlink", "--app", "folder", "--json"]):
        ran = pumas(*call, root=root)
        assert ran.code == 4 and f"{app}/f7/ink-wash-style-xl.safetensors" in ran.err
    (root / "mappings/generic_*_default.json").unlink()
    pruned = pumas("sync", "--prune", "--json", root=root)
    assert (pruned.code, pruned.document["errors"][0]["code"]) == (4, "confirm_removal")
    assert stamped(app) == before
    assert pumas("sync", "--prune", "--yes", root=root).code == 0
    assert links(app) == {} and len(links(linked)) == 3


def test_output_is_narrow_and_printable(linked: Path, root: Path) -> None:
    (linked / "loras/ink-wash-style-xl.safetensors").unlink()
    (linked / "loras/ink-wash-style-xl.safetensors").symlink_to("/mnt/\x1b[2Jnas")
    for call in (["map", "plan"], ["map", "rules"], ["history"], ["trash", "list"], ["app", "list"]):
        ran = pumas(*call, root=root)
        assert ran.code == 0 and all(line.isprintable() for line in ran.out.splitlines()), call
        for line in ran.out.splitlines():  # names are never cut, and what is beside them is short
            assert len(line) <= 80 or line.split()[-1] in str(linked) or "import " in line, call


def test_a_question_on_a_terminal_means_no_until_y(linked: Path, root: Path) -> None:
    argv = [sys.executable, "-m", "pumas_tui", "--root", str(root)]
    env = {**environment(root.parent), "TERM": "xterm-256color"}
    with Terminal([*argv, "map", "unlink", "--app", "ComfyUI"], env=env) as terminal:
        assert "remove    loras/ink-wash" in terminal.wait_for("Remove 3 links?")
        terminal.send("\r")
        assert terminal.wait() == 4
    assert len(links(linked)) == 3
    with Terminal([*argv, "undo"], env=env) as terminal:
        terminal.wait_for("[y/N]")
        terminal.send("\x03")
        assert terminal.wait() == 130
    assert len(links(linked)) == 3
    with Terminal([*argv, "app", "remove", "ComfyUI"], env=env) as terminal:
        terminal.wait_for("Remove ComfyUI and its 3 links?")
        terminal.send("y\r")
        assert terminal.wait() == 0
    assert links(linked) == {}


def test_a_rule_is_offered_taken_and_given_back(app: Path, root: Path) -> None:
    (app / "ipadapter").mkdir()
    (app / "ipadapter/plus.safetensors").write_bytes(b"weights")
    (app / "ultralytics/bbox").mkdir(parents=True)
    added = pumas("app", "add", app.parent, root=root)
    assert "no rule fills 2 folders of it: pumas-tui map rules --app ComfyUI" in added.out
    shown = pumas("map", "rules", "--json", root=root).data
    first = shown["offered"][0]
    assert (first["rule"], first["target_subdir"], first["files"], first["enabled"]) == (
        "ipadapter", "ipadapter", 1, False,
    )  # fmt: skip
    assert first["enable"] == "pumas-tui map enable ipadapter --app ComfyUI"
    lines = pumas("map", "rules", root=root).out
    assert lines.index("offered (switched off)") < lines.index("ipadapter   1 file of weights")
    taken = pumas("map", "enable", "ipadapter", root=root)
    config = root / "mappings/comfyui_*_default.json"
    assert taken.code == 0 and str(config) in taken.out and "map disable ipadapter" in taken.out
    assert json.loads(config.read_text())["mappings"][0]["enabled"] is True
    again = pumas("map", "enable", "ipadapter", "--app", "comfy", "--json", root=root)
    assert (again.code, again.data["changed"], again.data["file"]) == (0, False, None)
    now = pumas("map", "rules", "--json", root=root).data
    assert [one["rule"] for one in now["offered"]] == ["bbox"]
    assert {one["rule"] for one in now["rules"]} - {one["rule"] for one in shown["rules"]} == {"ipadapter"}
    assert pumas("map", "disable", "ipadapter", root=root).code == 0
    assert pumas("map", "rules", "--json", root=root).data == shown


def test_a_rule_is_not_switched_where_that_cannot_be_done(app: Path, root: Path, tmp_path: Path) -> None:
    assert pumas("map", "enable", "loras", root=root).code == 3
    assert pumas("app", "add", app.parent, root=root).code == 0
    ran = pumas("--readonly", "map", "disable", "loras", root=root)
    config = root / "mappings/comfyui_*_default.json"
    assert (ran.code, config.exists()) == (2, False)
    config.write_text("mine, and no JSON")
    ran = pumas("map", "disable", "loras", root=root)
    assert ran.code == 4 and str(config) in ran.err and "map check" in ran.err
    assert config.read_text() == "mine, and no JSON"
    assert pumas("app", "add", comfyui(tmp_path / "Second").parent, root=root).code == 0
    ran = pumas("map", "disable", "loras", root=root)
    assert ran.code == 3 and "--app says which app is meant: ComfyUI, Second" in ran.err
