"""S22: wildcard and exact mapping configs together. S23: models that are meant for some versions only."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support import modelfiles
from tests.support.apps import comfyui, links
from tests.support.program import pumas


def write_config(root: Path, *rules: dict[str, Any], version: str = "*", variant: str = "default") -> str:
    name = f"comfyui_{version}_{variant}.json"
    (root / "mappings").mkdir(exist_ok=True)
    document = {"app": "comfyui", "version": version, "variant": variant, "mappings": list(rules)}
    (root / "mappings" / name).write_text(json.dumps(document))
    return name


def rule(name: str, folder: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "target_subdir": folder, "patterns": ["*"], "filters": {"subtype": "loras"}, **more}


@pytest.fixture
def app(root: Path, inbox: Path, tmp_path: Path) -> Path:
    """Models folder of a registered ComfyUI 0.6.0, and a LoRA in the library."""
    modelfiles.lora_sdxl(inbox / "style.safetensors")
    assert pumas("import", inbox, root=root).code == 0
    models = comfyui(tmp_path / "ComfyUI", version="0.6.0")
    assert pumas("app", "add", models.parent, "--no-sync", root=root).code == 0
    return models


def planned(root: Path) -> dict[str, tuple[str, str]]:
    """Targets of a plan, with the rule and the file each is from."""
    ran = pumas("map", "plan", "--json", root=root)
    assert ran.code == 0, ran.err
    return {a["target"]: (a["rule"], a["config"]) for a in ran.data["actions"] if a["action"] != "refuse"}


def test_the_most_specific_config_wins_and_the_preview_says_so(app: Path, root: Path) -> None:
    packaged = "comfyui_*_default.json"
    assert planned(root) == {"loras/style.safetensors": ("loras", packaged)}
    wild = write_config(root, rule("loras", "wild"), rule("more", "loras/more", enabled=False))
    assert planned(root) == {"wild/style.safetensors": ("loras", wild)}
    exact = write_config(root, rule("loras", "exact"), version="0.6.0")
    other = write_config(root, rule("loras", "other"), version="0.5.0")
    assert planned(root) == {"exact/style.safetensors": ("loras", exact)}
    assert f'from rule "loras" in file {exact}' in pumas("map", "plan", root=root).out

    told = pumas("map", "rules", "--json", root=root).data["rules"]
    [mine] = [one for one in told if one["rule"] == "loras"]
    assert (mine["config"], mine["target_subdir"], mine["layer"]) == (exact, "exact", "user")
    assert wild in " ".join(mine["over"]) and other not in mine["why"]
    assert [one["enabled"] for one in told if one["rule"] == "more"] == [False]
    shown = pumas("map", "rules", root=root).out
    assert "switched off" in shown and exact in shown

    assert pumas("sync", root=root).code == 0
    assert list(links(app)) == ["exact/style.safetensors"]
    (root / "mappings" / exact).unlink()
    assert pumas("sync", "--prune", root=root).code == 0
    assert list(links(app)) == ["wild/style.safetensors"]


def test_a_config_that_cannot_be_used_is_named_and_changes_nothing(app: Path, root: Path) -> None:
    bad = write_config(root, {**rule("loras", "../outside"), "colour": "red"})
    ran = pumas("map", "plan", "--json", root=root)
    assert [a["target"] for a in ran.data["actions"]] == ["loras/style.safetensors"]
    [warning] = ran.document["warnings"]
    assert warning["code"] == "bad_config" and warning["path"].endswith(bad)
    checked = pumas("map", "check", root / "mappings" / bad, "--json", root=root)
    assert checked.code == 5 and bad in checked.err
    good = write_config(root, rule("loras", "fine"), version="0.6.0")
    assert pumas("map", "check", root / "mappings" / good, root=root).out.endswith("can be used\n")
    wrong_name = root / "mappings/comfyui_0.7.0_default.json"
    (root / "mappings" / good).rename(wrong_name)
    assert pumas("map", "check", wrong_name, root=root).code == 5


def test_models_outside_their_versions_get_no_link(app: Path, root: Path, tmp_path: Path) -> None:
    newer = comfyui(tmp_path / "Newer", version="0.7.0")
    assert pumas("app", "add", newer.parent, "--no-sync", root=root).code == 0
    assert pumas("limit", "style", "comfyui", ">=0.5,<0.7", root=root).code == 0
    assert pumas("sync", root=root).code == 0
    assert (len(links(app)), links(newer)) == (1, {})
    ran = pumas("map", "plan", "--app", "Newer", "--json", root=root)
    [left_out] = ran.data["actions"]
    assert left_out["action"] == "refuse" and ">=0.5,<0.7" in left_out["reason"]

    [overrides] = root.glob("models/*/*/*/overrides.json")
    overrides.write_text('{"version_ranges": {"comfyui": "newest please"}}')
    ran = pumas("map", "plan", "--json", root=root)
    refused = [a for a in ran.data["actions"] if a["action"] == "refuse"]
    assert {a["reason"].partition(":")[0] for a in refused} == {"bad_override"}
    assert len(refused) == 2 and ran.data["summary"]["create"] == 0
    assert "newest please" in pumas("map", "plan", root=root).out
