"""`demo`: sample files that the formats' own libraries read, and what it does where there is no terminal."""

import hashlib
import zipfile
from pathlib import Path

import gguf
import pytest
import safetensors

from pumas_tui.core.domain.errors import RefusedError
from pumas_tui.core.flows import demo
from tests.support.apps import links
from tests.support.program import pumas
from tests.support.trees import snapshot


def test_samples_are_the_same_everywhere(tmp_path: Path) -> None:
    made = [demo.make_samples(str(tmp_path / name)) for name in ("one", "two")]
    digests = [[hashlib.sha256(Path(p).read_bytes()).hexdigest() for p in paths] for paths in made]
    assert digests[0] == digests[1]
    assert len(set(digests[0])) == len(made[0]) == 8


def test_samples_are_valid_to_the_formats_own_libraries(samples: Path) -> None:
    for path in samples.rglob("*.safetensors"):
        with safetensors.safe_open(path, "np") as file:
            assert all(file.get_slice(name).get_dtype() for name in file.keys())  # noqa: SIM118 - not a dict
    [path] = samples.rglob("*.gguf")
    assert next(tensor.data.shape for tensor in gguf.GGUFReader(path).tensors) == (8, 64)
    [path] = samples.rglob("*.ckpt")
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert "archive/data.pkl" in archive.namelist()


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(RefusedError):
        demo.make_samples(str(tmp_path))
    ran = pumas("demo", tmp_path, root=tmp_path / "unused")
    assert ran.code == 5
    assert list(snapshot(tmp_path)) == ["thesis.txt"]


def test_without_a_terminal_it_says_what_it_did(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    ran = pumas("demo", folder, root=tmp_path / "unused")
    assert ran.code == 0, ran.err
    lines = ran.out.splitlines()
    assert lines[0] == f"made 8 sample files in {folder}/downloads"
    assert sum(line.startswith("imported ") for line in lines) == 6
    assert any("old-style-mix" in line and "pickle" in line for line in lines)
    assert any("5 models recognised" in line for line in lines)
    assert any(line.startswith("searched for llama: llm/llama/") for line in lines)
    assert "linked into ComfyUI: 3 links made" in lines
    assert f"checked the links in {folder}/ComfyUI/models: 3 already right, 2 left out" in lines
    assert all((folder / "ComfyUI/models" / name).stat().st_size for name in links(folder / "ComfyUI/models"))
    assert lines[-1] == f"look around: pumas-tui --root {folder}"
    assert pumas("list", "--json", root=folder).data["total"] == 5


def test_again_in_the_same_folder_imports_nothing_twice(tmp_path: Path) -> None:
    first = pumas("demo", tmp_path / "demo", "--json", root=tmp_path)
    again = pumas("demo", tmp_path / "demo", "--json", root=tmp_path)
    assert again.code == 0, again.err
    assert (len(first.data["imported"]), again.data["imported"]) == (5, [])
    assert again.data["needs_you"] == first.data["needs_you"]
    assert again.models == first.models
    assert (first.data["links"]["created"], again.data["links"]["created"]) == (3, 0)
    assert again.data["check"] == first.data["check"] and again.data["check"]["keep"] == 3


def test_without_a_folder_it_makes_a_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    ran = pumas("demo", "--json", root=tmp_path / "unused", home=tmp_path)
    assert ran.code == 0, ran.err
    assert Path(ran.data["root"]).parent == tmp_path
    assert not (tmp_path / "unused").exists()
