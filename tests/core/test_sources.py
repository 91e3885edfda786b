"""From paths to candidates on a real disk: what stands together, what is refused whole, what is only said."""

import os
from pathlib import Path

from pumas_tui.core.flows import sources
from tests.core.fs.test_scan import nobody
from tests.support import containers, modelfiles, modelfolders


def names(found: sources.Sources) -> list[tuple[str, int]]:
    return [(f.candidate.name, len(f.candidate.members)) for f in found.found]


def test_a_folder_of_many_kinds(tmp_path: Path) -> None:
    modelfolders.diffusers_folder(tmp_path / "pipe")
    modelfolders.transformers_folder(tmp_path / "llm" / "Tiny", parts=2)
    modelfiles.lora_sd15(tmp_path / "loras" / "a.safetensors")
    (tmp_path / "llm/Tiny/.git").mkdir()
    found = sources.gather([str(tmp_path)])
    assert names(found) == [("Tiny", 7), ("pipe", 12), ("a", 1)]
    assert found.troubles == ()
    assert found.found[0].candidate.notes == ("hidden folders were left out: .git",)


def test_all_files_of_a_folder_named_one_by_one_are_the_folder(tmp_path: Path) -> None:
    folder = modelfolders.transformers_folder(tmp_path / "Tiny")
    assert names(sources.gather([str(p) for p in sorted(folder.iterdir())])) == [("Tiny", 5)]
    assert names(sources.gather([str(folder), str(folder / "model.safetensors")])) == [("Tiny", 5)]


def test_a_closed_folder_or_file_refuses_the_model_it_belongs_to(tmp_path: Path) -> None:
    for name, closed in (("a", "tokenizer"), ("b", "vae/config.json")):
        modelfolders.diffusers_folder(tmp_path / "in" / name, mark=name)
        (tmp_path / "in" / name / closed).chmod(0)
    modelfolders.diffusers_folder(tmp_path / "in" / "c", mark="c")
    with nobody(tmp_path / "in"):
        found = sources.gather([str(tmp_path / "in")])
    refused = {f.candidate.name: f.refuse.path for f in found.found if f.refuse}
    assert refused == {"a": f"{tmp_path}/in/a/tokenizer", "b": f"{tmp_path}/in/b/vae/config.json"}
    assert len(found.found) == 3
    (tmp_path / "in/a/tokenizer").chmod(0o700)


def test_half_a_download_refuses_its_folder(tmp_path: Path) -> None:
    folder = modelfolders.diffusers_folder(tmp_path / "p")
    (folder / "unet/x.safetensors.incomplete").write_bytes(b"half")
    (found,) = sources.gather([str(folder)]).found
    assert found.refuse is not None
    assert found.refuse.path == f"{folder}/unet/x.safetensors.incomplete"


def test_one_inode_counts_once(tmp_path: Path) -> None:
    folder = modelfolders.transformers_folder(tmp_path / "Tiny")
    os.link(folder / "model.safetensors", tmp_path / "again.safetensors")
    (found,) = sources.gather([str(tmp_path)]).found
    assert found.candidate.name == "Tiny"
    assert found.candidate.notes == (f"the same file again: {tmp_path}/again.safetensors",)


def test_onnx_takes_its_external_data_along(tmp_path: Path) -> None:
    for name in (
        "encoder.onnx",
        "encoder.onnx_data",
        "encoder.onnx_data_1",
        "decoder.onnx",
        "decoder.onnx.data",
    ):
        if name.endswith(".onnx"):
            containers.onnx_file(tmp_path / name, mark=name.encode())
        else:
            containers.raw_file(tmp_path / name, name.encode())
    found = sources.gather([str(tmp_path)])
    assert sorted(names(found)) == [("decoder", 2), ("encoder", 3)]
    assert found.troubles == ()
    assert all(f.candidate.main.name.endswith(".onnx") for f in found.found)


def test_an_index_beside_parts_tells_how_many_there_are(tmp_path: Path) -> None:
    paths = []
    for n in (1, 2):
        path = tmp_path / f"weights_{n:05}.safetensors"
        modelfiles.safetensors_file(path, {f"t{n}": ("F32", [n])})
        paths.append(str(path))
    modelfolders.write_json(
        tmp_path / "weights.safetensors.index.json",
        {"weight_map": {"t": "weights_00003.safetensors", "u": "../weights_00009.safetensors"}},
    )
    (found,) = sources.gather(paths).found
    assert (found.candidate.missing, found.candidate.complete_known) == ((3,), True)
