"""S9: a pickle waits until it is acknowledged, and is never unpickled."""

import json
import zipfile
from pathlib import Path

from tests.support.program import pumas
from tests.support.trees import sha256


def hostile_checkpoint(path: Path, canary: Path) -> None:
    """A torch zip whose pickle would create `canary` when loaded: opcodes for os.system('touch …')."""
    code = b"cos\nsystem\n(Vtouch " + str(canary).encode() + b"\ntR."
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", code)
        archive.writestr("archive/data/0", b"\0" * 64)


def test_needs_acknowledgement_and_is_never_loaded(root: Path, inbox: Path) -> None:
    canary, source = inbox / "ran", inbox / "dreamshaper_8.ckpt"
    hostile_checkpoint(source, canary)
    asked = pumas("import", source, "--json", root=root)
    assert asked.code == 4
    assert asked.models[0]["status"] == "needs_you"
    assert asked.models[0]["security_tier"] == "pickle"
    assert "--accept-pickle" in asked.err + json.dumps(asked.document)
    assert asked.models[0]["pickle_scan"]["verdict"] == "contains code"
    assert asked.models[0]["pickle_scan"]["globals"] == ["os.system"]
    assert "contains code: os.system" in asked.err + json.dumps(asked.document)
    assert pumas("list", "--json", root=root).data["total"] == 0

    done = pumas("import", source, "--accept-pickle", "--json", root=root)
    assert done.code == 0
    assert done.models[0]["status"] == "imported"
    assert done.models[0]["sha256"] == sha256(source)
    shown = pumas("show", done.models[0]["uid"], "--json", root=root)
    assert shown.document["ok"]
    metadata = json.loads((root / "models" / done.models[0]["model_id"] / "metadata.json").read_text())
    assert metadata["acknowledged"]["sha256"] == sha256(source)
    assert metadata["security_tier"] == "pickle"
    assert metadata["pickle_scan"]["verdict"] == "contains code"
    assert metadata["pickle_scan"]["globals"] == ["os.system"] and metadata["pickle_scan"]["at"]
    assert shown.data["metadata"]["pickle_scan"]["globals"] == ["os.system"]
    assert not canary.exists()


def test_a_pickle_by_content_is_found_under_a_safe_extension(root: Path, inbox: Path) -> None:
    source = inbox / "innocent.safetensors"
    hostile_checkpoint(source, inbox / "ran")
    asked = pumas("import", source, "--json", root=root)
    assert asked.code == 4
    assert asked.models[0]["security_tier"] == "pickle"


def test_one_pickle_does_not_hold_up_the_others(root: Path, inbox: Path) -> None:
    from tests.support import modelfiles

    bad, good = inbox / "bad.ckpt", inbox / "good.safetensors"
    hostile_checkpoint(bad, inbox / "ran")
    modelfiles.safetensors_file(good, {"w": ("F32", [4])})
    ran = pumas("import", bad, good, "--json", root=root)
    assert ran.code == 4
    assert sorted(m["status"] for m in ran.models) == ["imported", "needs_you"]
