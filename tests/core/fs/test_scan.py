"""Walking: what is there is listed, what cannot be read is said, and nothing hangs, loops or is guessed."""

import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pumas_tui.core.domain.errors import CancelledError, DiskError, LibraryNotFoundError
from pumas_tui.core.domain.ids import ModelId
from pumas_tui.core.fs import marker, scan
from pumas_tui.core.fs.scan import FileState


def paths_of(result: scan.ScanResult, base: Path) -> list[str]:
    return [os.path.relpath(f.path, base) for f in result.files]


def codes(result: scan.ScanResult) -> list[tuple[str, str]]:
    return [(t.code, os.path.basename(t.path or "")) for t in result.troubles]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("a/one.bin", "a/two.bin", "b/three.bin", "b/.git/lfs/three.bin", ".hidden.bin"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


def test_files_and_folders_in_order(tree: Path) -> None:
    result = scan.walk([str(tree / "b"), str(tree / "a" / "two.bin"), str(tree)])
    assert paths_of(result, tree) == ["b/three.bin", "a/two.bin", ".hidden.bin", "a/one.bin"]
    assert result.explicit == {str(tree / "a/two.bin")}
    assert result.hidden == (str(tree / "b/.git"),)
    assert result.troubles == ()
    entry = result.files[0]
    status = (tree / "b/three.bin").stat()
    assert (entry.size, entry.mtime_ns, entry.ino) == (status.st_size, status.st_mtime_ns, status.st_ino)


def test_what_is_not_there_is_said(tree: Path) -> None:
    result = scan.walk([str(tree / "absent"), str(tree / "a" / "one.bin" / "x")])
    assert result.files == ()
    assert codes(result) == [("disk", "absent"), ("disk", "x")]


def test_a_pasted_link_is_followed_under_its_own_name(tree: Path) -> None:
    (tree / "blob-link.safetensors").symlink_to("a/one.bin")
    result = scan.walk([str(tree / "blob-link.safetensors"), str(tree / "a")])
    assert paths_of(result, tree) == ["blob-link.safetensors", "a/two.bin"], "one file counts once"
    assert result.files[0].ino == (tree / "a/one.bin").stat().st_ino
    assert result.links == (scan.Link(str(tree / "blob-link.safetensors"), "a/one.bin", True),)


def test_links_in_a_folder_are_said_and_left(tree: Path) -> None:
    folder = tree / "c"
    folder.mkdir()
    (folder / "up").symlink_to("..")
    (folder / "file").symlink_to("../a/one.bin")
    (folder / "loop").symlink_to("loop")
    (folder / "dangling").symlink_to("nowhere")
    result = scan.walk([str(folder)])
    assert result.files == ()
    assert codes(result) == [("link_not_followed", n) for n in ("dangling", "file", "loop", "up")]
    assert codes(scan.walk([str(folder / "loop"), str(folder / "dangling")])) == [
        ("disk", "loop"),
        ("disk", "dangling"),
    ]


def test_hard_links_are_files_of_their_own(tree: Path) -> None:
    os.link(tree / "a/one.bin", tree / "b/one-too.bin")
    assert len(scan.walk([str(tree / "a"), str(tree / "b")]).files) == 4


def test_special_files_are_said_and_do_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.gguf")
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(tmp_path / "sock.gguf"))
        result = scan.walk([str(tmp_path), "/dev/null"])
    assert codes(result) == [("not_a_file", n) for n in ("fifo.gguf", "sock.gguf", "null")]
    assert "FIFO" in result.troubles[0].message


@contextmanager
def nobody(folder: Path) -> Iterator[None]:
    """Without root's right to read everything; parents of `folder` can be entered."""
    if os.geteuid() != 0:
        yield
        return
    for parent in (folder, *folder.parents):
        mode = parent.stat().st_mode
        if mode & 0o055 != 0o055:
            parent.chmod(mode | 0o055)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_an_unreadable_folder_is_said(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    (tmp_path / "open.bin").write_bytes(b"x")
    closed.chmod(0)
    with nobody(tmp_path):
        result = scan.walk([str(tmp_path)])
    closed.chmod(0o700)
    assert paths_of(result, tmp_path) == ["open.bin"]
    assert codes(result) == [("disk", "closed")]
    assert "EACCES" in result.troubles[0].message


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[Path]:
    top = tmp_path / "deep"
    top.mkdir()
    fd = os.open(top, os.O_RDONLY)
    for _ in range(1_500):
        os.mkdir("deeper" * 5, dir_fd=fd)
        below = os.open("deeper" * 5, os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = below
    os.close(fd)
    yield top
    subprocess.run(["rm", "-rf", str(top)], check=True)  # deeper than Python's own removal goes


def test_a_very_deep_tree_ends_with_a_word(deep: Path) -> None:
    (trouble,) = scan.walk([str(deep)]).troubles
    assert "ENAMETOOLONG" in trouble.message


def test_names_that_are_no_text_come_back_as_they_are(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/odd-\xff\xfe\n\x1b[31m.bin"
    with open(raw, "wb") as file:
        file.write(b"x")
    (entry,) = scan.walk([str(tmp_path)]).files
    assert os.fsencode(entry.path) == raw


def test_a_relative_path_and_its_dots(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree / "a")
    (tree / "a" / "over").symlink_to(tree / "b" / ".git")
    for text in ("../b/three.bin", "./../b//three.bin", "over/../three.bin"):
        (entry,) = scan.walk([text]).files
        assert entry.path == str(tree / "b/three.bin")


def test_walk_tells_progress_and_can_be_stopped(tree: Path) -> None:
    seen: list[tuple[int, str]] = []
    scan.walk([str(tree)], on_progress=lambda files, path: seen.append((files, path)))
    assert seen[0] == (0, str(tree)) and len(seen) == 3
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(CancelledError):
        scan.walk([str(tree)], cancel=cancel)


def test_beside_lists_the_folder_and_follows_its_links(tree: Path) -> None:
    (tree / "a" / "z-link").symlink_to("../b/three.bin")
    (tree / "a" / "folder").mkdir()
    found = scan.beside(str(tree / "a" / "one.bin"))
    assert [f.name for f in found] == ["one.bin", "two.bin", "z-link"]
    assert scan.beside(str(tree / "absent" / "x")) == ()


def test_read_bounded(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"12345")
    assert scan.read_bounded(str(tmp_path / "f"), 5) == b"12345"
    for path, name in (("f", "EFBIG"), ("absent", "ENOENT"), ("f/x", "ENOTDIR"), (".", "EINVAL")):
        with pytest.raises(DiskError) as caught:
            scan.read_bounded(str(tmp_path / path), 4)
        assert caught.value.errno_name == name


def test_file_sizes_has_four_answers(tmp_path: Path) -> None:
    (tmp_path / "ok").write_bytes(b"123")
    (tmp_path / "short").write_bytes(b"1")
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    expected = {"ok": 3, "short": 3, "folder": 3, "absent": 3, "ok/below": 3, "loop": 3}
    states = scan.file_sizes(str(tmp_path), expected)
    assert list(states.values()) == [
        FileState.OK,
        FileState.DIFFERS,
        FileState.DIFFERS,
        FileState.MISSING,
        FileState.MISSING,
        FileState.UNKNOWN,
    ]


@pytest.fixture
def models(tmp_path: Path) -> Path:
    marker.create(str(tmp_path))
    for name in (
        "llm/llama/whole/metadata.json",
        "llm/llama/whole/model.gguf",
        "llm/llama/bare/model.GGUF",
        "llm/llama/bare/deep/er/model.gguf",
        "llm/llama/notes/readme.md",
        "llm/loose.safetensors",
        "top.ckpt",
        "llm/llama/family.bin",
        ".staging/x/y/metadata.json",
        ".trash/x/y/model.gguf",
        "llm/llama/half.tmp/model.gguf",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    return tmp_path


def test_model_dirs_are_three_levels_down(models: Path) -> None:
    listing = scan.model_dirs(str(models))
    status = (models / "llm/llama/whole/metadata.json").stat()
    mark = scan.FileMark(status.st_mtime_ns, status.st_size, status.st_ino)
    assert listing.entries == (
        scan.ModelDirEntry(ModelId("llm/llama/bare"), None, True),
        scan.ModelDirEntry(ModelId("llm/llama/notes"), None, False),
        scan.ModelDirEntry(ModelId("llm/llama/whole"), mark, False),
    )
    assert listing.stray == (
        "llm/llama/bare/deep/er/model.gguf",
        "llm/llama/family.bin",
        "llm/loose.safetensors",
        "top.ckpt",
    )
    assert listing.complete and listing.troubles == ()


def test_linked_model_dirs_are_said(models: Path) -> None:
    (models / "llm/llama/link").symlink_to("whole")
    (models / "linked").symlink_to("llm")
    listing = scan.model_dirs(str(models))
    assert [os.path.basename(t.path or "") for t in listing.troubles] == ["linked", "link"]
    assert len(listing.entries) == 3


def test_a_part_that_cannot_be_read_makes_the_listing_incomplete(models: Path) -> None:
    whole = models / "llm/llama/whole"
    whole.chmod(0)
    with nobody(models):
        listing = scan.model_dirs(str(models))
    whole.chmod(0o700)
    assert not listing.complete
    assert [t.path for t in listing.troubles] == [f"{whole}/metadata.json"]
    assert "llm/llama/whole" not in [e.model_id for e in listing.entries]


def test_without_the_marker_nothing_is_concluded(models: Path) -> None:
    (models / "library.json").unlink()
    with pytest.raises(LibraryNotFoundError):
        scan.model_dirs(str(models))
