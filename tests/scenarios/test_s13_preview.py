"""S13: a preview lists what would happen and changes nothing; after apply the next preview is empty."""

import json
from pathlib import Path

import pytest

from tests.support import modelfiles
from tests.support.apps import comfyui, links, stamped
from tests.support.program import pumas
from tests.support.trees import snapshot


@pytest.fixture
def app(root: Path, inbox: Path, tmp_path: Path) -> Path:
    """Models folder of an app that needs a link of each kind of action."""
    for name in ("create", "keep", "conflict", "broken"):
        modelfiles.lora_sdxl(inbox / f"{name}.safetensors", mark=name.encode())
    models = comfyui(tmp_path / "ComfyUI")
    assert pumas("import", inbox, root=root).code == 0
    assert pumas("app", "add", models.parent, "--sync", root=root).code == 0
    assert len(links(models)) == 4
    (models / "loras/create.safetensors").unlink()
    (models / "loras/conflict.safetensors").unlink()
    (models / "loras/conflict.safetensors").write_bytes(b"mine")
    [broken] = root.glob("models/*/*/broken")
    broken.rename(tmp_path / "away")
    assert pumas("scan", root=root).code == 0
    return models


def actions(root: Path, *more: str) -> dict[str, str]:
    ran = pumas("map", "plan", "--json", *more, root=root)
    assert ran.code == 0, ran.err
    return {Path(a["target"]).stem: a["action"] for a in ran.data["actions"]}


def test_a_preview_tells_all_and_changes_nothing(app: Path, root: Path) -> None:
    before = stamped(app.parent), stamped(root / "models/diffusion"), snapshot(root / "models/diffusion")
    assert actions(root) == {
        "create": "create",
        "keep": "keep",
        "conflict": "conflict",
        "broken": "remove_broken",
    }
    assert actions(root, "--model", "create") == {"create": "create"}
    shown = pumas("map", "plan", root=root).out
    assert "1 conflict, 1 new link, 1 broken link to remove, 1 already right" in shown
    assert 'from rule "loras" in file comfyui_*_default.json' in shown
    after = stamped(app.parent), stamped(root / "models/diffusion"), snapshot(root / "models/diffusion")
    assert after == before


def test_after_apply_the_next_preview_is_empty_and_applying_again_changes_nothing(
    app: Path, root: Path
) -> None:
    answer = "--resolve=overwrite"
    assert pumas("map", "apply", answer, root=root).code == 0
    assert actions(root) == dict.fromkeys(["create", "keep", "conflict"], "keep")
    assert set(links(app)) == {f"loras/{name}.safetensors" for name in ("create", "keep", "conflict")}
    before = stamped(app.parent)
    again = pumas("map", "apply", answer, "--json", root=root)
    assert (again.code, again.data["operations"], again.data["results"]["done"]) == (0, [], 0)
    assert stamped(app.parent) == before


def test_a_plan_in_a_file_is_what_is_applied(app: Path, root: Path, tmp_path: Path) -> None:
    file = tmp_path / "later.plan"
    actions(root, "--out", str(file))
    assert json.loads(file.read_text())["schema"] == "pumas.plan/1"
    target = app / "loras/create.safetensors"
    target.write_bytes(b"came between")
    ran = pumas("map", "apply", file, "--json", root=root)
    assert ran.code == 4  # the conflict that nobody answered
    done = {Path(a["target"]).stem: (a["result"], a["message"]) for a in ran.data["actions"]}
    assert done["create"][0] == "skipped" and done["create"][1]
    assert done["broken"][0] == "done" and target.read_bytes() == b"came between"
    assert any(str(target.name) in warning["message"] for warning in ran.document["warnings"])


def test_a_plan_for_other_rules_or_another_library_is_refused(app: Path, root: Path, tmp_path: Path) -> None:
    file = tmp_path / "later.plan"
    actions(root, "--out", str(file))
    before = stamped(app.parent)
    rule = {"name": "loras", "target_subdir": "elsewhere", "patterns": ["*"], "filters": {"subtype": "loras"}}
    config = {"app": "comfyui", "version": "*", "variant": "default", "mappings": [rule]}
    (root / "mappings").mkdir(exist_ok=True)
    (root / "mappings/comfyui_*_default.json").write_text(json.dumps(config))
    ran = pumas("map", "apply", file, "--json", root=root)
    assert (ran.code, ran.document["errors"][0]["code"]) == (4, "stale_plan")
    other = tmp_path / "other"
    assert pumas("init", other, root=other).code == 0
    assert pumas("map", "apply", file, root=other).code == 3  # it knows no such app
    assert stamped(app.parent) == before
    (tmp_path / "thesis.txt").write_text("mine")
    assert pumas("map", "plan", "--out", tmp_path / "thesis.txt", root=root).code == 2
    assert (tmp_path / "thesis.txt").read_text() == "mine"
