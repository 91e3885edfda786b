"""S33: content that is here already is recognised before it is copied."""

import json
import shutil
from pathlib import Path

from tests.support import modelfiles
from tests.support.program import pumas
from tests.support.trees import snapshot


def test_second_import_is_a_duplicate_and_copies_nothing(root: Path, inbox: Path) -> None:
    first, second = inbox / "a.safetensors", inbox / "another name.safetensors"
    modelfiles.safetensors_file(first, {"w": ("F32", [64])})
    shutil.copy(first, second)
    model = pumas("import", first, "--json", root=root).models[0]
    before = {k: v for k, v in snapshot(root / "models").items() if not k.startswith("models.db")}

    again = pumas("import", second, "--json", root=root)
    assert again.code == 0
    assert again.models[0]["status"] == "duplicate"
    assert model["model_id"] in json.dumps(again.models[0])
    after = {k: v for k, v in snapshot(root / "models").items() if not k.startswith("models.db")}
    metadata = f"{model['model_id']}/metadata.json"
    assert {k: v for k, v in after.items() if k != metadata and not k.startswith(".locks")} == {
        k: v for k, v in before.items() if k != metadata and not k.startswith(".locks")
    }
    origin = json.loads((root / "models" / metadata).read_text())["import"]
    assert origin["other_sources"] == [str(second)]


def test_equal_size_with_other_content_is_another_model(root: Path, inbox: Path) -> None:
    first, second = inbox / "a.safetensors", inbox / "b.safetensors"
    modelfiles.safetensors_file(first, {"w": ("F32", [64])})
    raw = bytearray(first.read_bytes())
    raw[-1] ^= 1
    second.write_bytes(raw)
    assert pumas("import", first, "--json", root=root).code == 0
    assert pumas("import", second, "--json", root=root).models[0]["status"] == "imported"


def test_twice_in_one_call_is_one_model(root: Path, inbox: Path) -> None:
    first, second = inbox / "a.safetensors", inbox / "b.safetensors"
    modelfiles.safetensors_file(first, {"w": ("F32", [64])})
    shutil.copy(first, second)
    ran = pumas("import", first, second, "--json", root=root)
    assert ran.code == 0
    assert sorted(m["status"] for m in ran.models) == ["duplicate", "imported"]
    assert pumas("list", "--json", root=root).data["total"] == 1
