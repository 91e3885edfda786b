"""S12 (without links): the paths of a sharded set are one model; a missing part is said."""

import json
from pathlib import Path

from tests.support import modelfiles
from tests.support.program import pumas
from tests.support.trees import sha256


def shards(folder: Path, total: int, skip: tuple[int, ...] = ()) -> list[Path]:
    made = []
    for n in range(1, total + 1):
        if n in skip:
            continue
        path = folder / f"llama-3-70b-{n:05}-of-{total:05}.safetensors"
        modelfiles.safetensors_file(path, {f"model.layers.{n}.mlp.up_proj.weight": ("F32", [n, 4])})
        made.append(path)
    return made


def test_five_of_five_is_one_model(root: Path, inbox: Path) -> None:
    paths = shards(inbox, 5)
    ran = pumas("import", *paths, "--json", root=root)
    assert ran.code == 0, ran.err
    [model] = ran.models
    assert model["model_format"] == "sharded-set"
    directory = root / "models" / model["model_id"]
    files = json.loads((directory / "metadata.json").read_text())["files"]
    assert [(f["shard_index"], f["shard_total"]) for f in files] == [(n, 5) for n in range(1, 6)]
    for path, stored in zip(paths, files, strict=True):
        assert stored["sha256"] == sha256(path) == sha256(directory / stored["name"])


def test_parts_beside_the_pasted_one_belong_to_it(root: Path, inbox: Path) -> None:
    paths = shards(inbox, 3)
    ran = pumas("import", paths[1], "--json", root=root)
    [model] = ran.models
    files = json.loads((root / "models" / model["model_id"] / "metadata.json").read_text())["files"]
    assert len(files) == 3


def test_four_of_five_names_the_missing_one(root: Path, inbox: Path) -> None:
    paths = shards(inbox, 5, skip=(3,))
    ran = pumas("import", *paths, "--json", root=root)
    assert ran.code == 0, ran.err
    assert ran.models[0]["status"] == "imported"
    said = json.dumps(ran.document["warnings"])
    assert "4 of 5" in said
    assert "missing 3" in said
