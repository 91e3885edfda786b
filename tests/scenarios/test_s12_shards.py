"""S12: the paths of a sharded set are one model, linked as a whole; a missing part is said."""

import json
from pathlib import Path

from tests.support import modelfiles
from tests.support.apps import links
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


def test_all_parts_are_linked_together(root: Path, inbox: Path, tmp_path: Path) -> None:
    app = tmp_path / "models of an app"
    app.mkdir()
    rule = {"name": "all", "target_subdir": "{model_type}", "patterns": ["*.safetensors"]}
    config = {"app": "generic", "version": "*", "variant": "default", "mappings": [rule]}
    (root / "mappings").mkdir(exist_ok=True)
    (root / "mappings/generic_*_default.json").write_text(json.dumps(config))
    assert pumas("app", "add", app, "--kind", "generic", root=root).code == 0
    ran = pumas("import", *shards(inbox, 5), "--json", root=root)
    assert ran.data["links"]["created"] == 5, ran.err
    made = links(app)
    folders = {str(Path(name).parent) for name in made}
    assert len(made) == 5 and len(folders) == 1
    names = [f"llama-3-70b-{n:05}-of-00005.safetensors" for n in range(1, 6)]
    assert sorted(Path(name).name for name in made) == names
    assert all((app / name).stat().st_size for name in made)


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


def test_a_part_that_ends_too_early_keeps_the_set_out(root: Path, inbox: Path) -> None:
    paths = shards(inbox, 2)
    paths[1].write_bytes(paths[1].read_bytes()[:-1])
    ran = pumas("import", *paths, "--json", root=root)
    assert ran.code == 5, ran.err
    [model] = ran.models
    assert model["status"] == "refused"
    assert "half a download: part 2 is" in model["reason"] and "its header says" in model["reason"]
    assert pumas("jobs", "--json", root=root).data["jobs"] == []
