"""Folders that ComfyUI reads beside its own: what its file may be, what is there, which wanted files too."""

import os
import threading
from pathlib import Path

import pytest

from pumas_tui.core.domain.errors import DiskError
from pumas_tui.core.domain.extra_model_paths import MAX_BYTES, ExtraRoot
from pumas_tui.core.domain.extra_roots import RootState, SeenRoot
from pumas_tui.core.domain.mapped import RootFacts
from pumas_tui.core.fs import extra_roots
from pumas_tui.core.fs.extra_roots import Search


@pytest.fixture
def models(tmp_path: Path) -> Path:
    (tmp_path / "library/models/lora/a").mkdir(parents=True)
    (tmp_path / "library/models/lora/a/a.pt").write_bytes(b"weights")
    return tmp_path / "library/models"


@pytest.fixture
def top(tmp_path: Path) -> Path:
    (tmp_path / "srv/Lora").mkdir(parents=True)
    return tmp_path / "srv/Lora"


def seen(path: Path, models: Path) -> SeenRoot:
    return extra_roots.seen(ExtraRoot("loras", str(path), "a1111"), str(models))


def look(path: Path, models: Path, *, left: int = 1_000, stop: threading.Event | None = None) -> RootFacts:
    status = (models / "lora/a/a.pt").stat()
    search = Search(str(models), frozenset({(status.st_dev, status.st_ino)}), stop, left)
    return search.look(seen(path, models))


def names(found: RootFacts, top: Path) -> set[str]:
    """Names of the wanted file, relative to the root."""
    return {one.path.removeprefix(f"{top}/") for ways in found.files.values() for one in ways}


def test_the_file_is_looked_for_beside_the_script(tmp_path: Path) -> None:
    assert extra_roots.file_of(str(tmp_path)) == ""
    (tmp_path / "main.py").touch()
    file = extra_roots.file_of(str(tmp_path))
    assert file == f"{tmp_path}/extra_model_paths.yaml"
    assert extra_roots.text_of(file) is None
    Path(file).write_text("a: {vae: ü}\n", encoding="utf-8")
    assert extra_roots.text_of(file) == "a: {vae: ü}\n"


@pytest.mark.parametrize("kind", ["pipe", "folder", "dead link"])
def test_what_is_no_file_is_none_for_the_app_either(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "extra_model_paths.yaml"
    if kind == "pipe":
        os.mkfifo(file)
    elif kind == "folder":
        file.mkdir()
    else:
        file.symlink_to("nowhere")
    assert extra_roots.text_of(str(file)) is None


@pytest.mark.parametrize("content", [b"#" * (MAX_BYTES + 1), b"a: \xff"])
def test_a_file_that_is_not_read_says_why(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "extra_model_paths.yaml"
    file.write_bytes(content)
    with pytest.raises(DiskError, match=str(file)):
        extra_roots.text_of(str(file))


def test_what_is_true_of_a_root(top: Path, models: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(top)
    (tmp_path / "loop").symlink_to("loop")
    here = seen(tmp_path / "link", models)
    assert (here.state, here.real, here.in_library) == (RootState.HERE, str(top), False)
    assert seen(tmp_path / "gone/deep", models).state is RootState.ABSENT
    assert seen(tmp_path / "file", models).reason == "it is not a folder"
    lost = seen(tmp_path / "loop", models)
    assert lost.state is RootState.UNKNOWN and "loop" in lost.reason
    for inside in (models, models / "lora", models.parent):
        assert seen(inside, models).in_library
    assert not seen(Path(f"{models}-2"), models).in_library


def test_wanted_files_are_found_by_what_they_are(top: Path, models: Path, tmp_path: Path) -> None:
    weights = models / "lora/a/a.pt"
    (top / "deep/.hidden").mkdir(parents=True)
    (top / "link.pt").symlink_to(weights)
    os.link(weights, top / "deep/.hidden/hard.pt")
    (top / "copy.pt").write_bytes(weights.read_bytes())
    (top / "dead.pt").symlink_to("nowhere")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/again").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere/far.pt").symlink_to(weights)
    (top / "away").symlink_to(tmp_path / "elsewhere")
    for ignored in (".git", ".pumas-trash"):
        (top / ignored).mkdir()
        os.link(weights, top / ignored / "x.pt")
    found = look(top, models)
    assert names(found, top) == {"link.pt", "deep/.hidden/hard.pt", "away/far.pt"}
    assert (found.folders, found.problem) == ({}, "")
    [ways] = found.files.values()
    assert {one.real for one in ways if one.path.endswith("far.pt")} == {str(tmp_path / "elsewhere/far.pt")}


def test_the_library_is_not_walked(top: Path, models: Path) -> None:
    (top / "all").symlink_to(models)
    (top / "some").symlink_to(models / "lora")
    found = look(top, models, left=2)
    assert {place: way.path for place, way in found.folders.items()} == {
        str(models): f"{top}/all",
        str(models / "lora"): f"{top}/some",
    }
    assert (found.files, found.problem) == ({}, "")
    inside = look(models / "lora", models, left=0)
    assert list(inside.folders) == [str(models / "lora")] and inside.problem == ""


def test_a_search_has_an_end(top: Path, models: Path) -> None:
    for n in range(5):
        (top / f"{n}/x").mkdir(parents=True)
    assert "entries" in look(top, models, left=3).problem
    assert look(top, models).problem == ""
    stop = threading.Event()
    stop.set()
    assert "stopped" in look(top, models, stop=stop).problem
    os.makedirs(f"{top}/{'/'.join('d' * 40)}")
    assert "too deep" in look(top, models).problem
    assert look(top / "gone", models).problem == "it is not there"
