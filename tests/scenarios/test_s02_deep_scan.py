"""S2: the index is a cache; a model whose weights are gone is a phantom and not in the list."""

import json
from pathlib import Path
from typing import Any

from tests.support import modelfiles
from tests.support.program import pumas


def listed(root: Path) -> list[dict[str, Any]]:
    return pumas("list", "--json", "--limit", "100", root=root).models


def fill(root: Path, inbox: Path, count: int) -> None:
    paths = []
    for n in range(count):
        path = inbox / f"Model {n}.safetensors"
        modelfiles.safetensors_file(path, {"weight": ("F32", [n + 1])})
        paths.append(path)
    assert pumas("import", *paths, "--json", root=root).code == 0


def test_deleted_index_comes_back_with_the_same_rows(root: Path, inbox: Path) -> None:
    fill(root, inbox, 7)
    before = listed(root)
    assert len(before) == 7
    for path in (root / "models").glob("models.db*"):
        path.unlink()
    scan = pumas("scan", "--deep", "--json", root=root)
    assert scan.code == 0
    assert scan.data["indexed"] == 7
    assert listed(root) == before


def test_a_model_without_its_weights_is_a_phantom(root: Path, inbox: Path) -> None:
    fill(root, inbox, 3)
    gone = listed(root)[0]
    directory = Path(pumas("path", gone["model_id"], root=root).out.strip())
    next(directory.glob("*.safetensors")).unlink()
    scan = pumas("scan", "--deep", "--json", root=root)
    assert scan.data["skipped_phantom"] == 1
    assert gone["model_id"] in json.dumps(scan.document["warnings"])
    assert gone["model_id"] not in [m["model_id"] for m in listed(root)]
    assert (directory / "metadata.json").exists()


def test_an_incremental_scan_sees_it_too_and_the_weights_coming_back(root: Path, inbox: Path) -> None:
    fill(root, inbox, 2)
    model = listed(root)[0]
    weights = next(Path(pumas("path", model["model_id"], root=root).out.strip()).glob("*.safetensors"))
    kept = weights.read_bytes()
    weights.unlink()
    assert pumas("scan", "--json", root=root).data["skipped_phantom"] == 1
    assert len(listed(root)) == 1
    weights.write_bytes(kept)
    assert pumas("scan", "--json", root=root).data["skipped_phantom"] == 0
    assert len(listed(root)) == 2


def test_one_bad_metadata_blocks_nobody_and_is_kept(root: Path, inbox: Path) -> None:
    fill(root, inbox, 3)
    path = Path(pumas("path", listed(root)[0]["model_id"], root=root).out.strip()) / "metadata.json"
    path.write_bytes(b"[" * 100_000)
    scan = pumas("scan", "--deep", "--json", root=root)
    assert scan.data["indexed"] == 2
    assert scan.data["errors"] == 1
    assert path.read_bytes() == b"[" * 100_000
