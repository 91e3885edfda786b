"""Clones and hard links: right hashes, no bytes of their own, and clear words where they cannot be."""

import hashlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pumas_tui.core.domain.errors import DiskError, SourceChangedError
from pumas_tui.core.fs import ops_share, scan, sharing
from tests.support.disks import NoDiskError, used_bytes, xfs

CONTENT = hashlib.shake_128(b"shared").digest(12 << 20)


def options(source: Path) -> dict[str, object]:
    return {
        "expect": scan.entry(str(source)),
        "cancel": threading.Event(),
        "on_bytes": lambda done: None,
    }


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on an XFS."""
    try:
        with xfs(tmp_path / "xfs") as folder:
            yield folder
    except NoDiskError as error:
        pytest.skip(f"reflinks need an XFS: {error}")


def test_a_hard_link_is_the_same_file_and_keeps_its_hash(tmp_path: Path, source: Path) -> None:
    target = tmp_path / "target"
    linked = sharing.link_hashed(str(source), str(target), **options(source))  # type: ignore[arg-type]
    assert linked.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert target.stat().st_ino == source.stat().st_ino
    assert sharing.same_file(str(target), str(source))


def test_a_pasted_link_is_hard_linked_at_its_file(tmp_path: Path, source: Path) -> None:
    pasted = tmp_path / "pasted"
    pasted.symlink_to("source")
    sharing.link_hashed(str(pasted), str(tmp_path / "target"), **options(pasted))  # type: ignore[arg-type]
    assert not (tmp_path / "target").is_symlink()
    assert (tmp_path / "target").stat().st_ino == source.stat().st_ino


def test_a_hard_link_to_another_file_system_says_what_to_do(source: Path) -> None:
    target = f"/dev/shm/pumas-test-{os.getpid()}"
    if os.stat("/dev/shm").st_dev == source.stat().st_dev:
        pytest.skip("there is only one file system here")
    with pytest.raises(DiskError) as told:
        sharing.link_hashed(str(source), target, **options(source))  # type: ignore[arg-type]
    assert told.value.errno_name == "EXDEV"
    assert "one file system" in (told.value.hint or "")


def test_a_source_that_changed_is_not_linked(tmp_path: Path, source: Path) -> None:
    asked = options(source)
    source.write_bytes(CONTENT + b"more")
    with pytest.raises(SourceChangedError):
        sharing.link_hashed(str(source), str(tmp_path / "target"), **asked)  # type: ignore[arg-type]
    assert not (tmp_path / "target").exists()


def test_where_no_clone_can_be_nothing_is_left(source: Path) -> None:
    folder = Path(f"/dev/shm/pumas-test-{os.getpid()}")
    folder.mkdir()
    try:
        assert not sharing.can_clone(str(source), str(folder))
        cloned = sharing.clone_hashed(str(source), str(folder / "t"), **options(source))  # type: ignore[arg-type]
        assert cloned is None
        assert list(folder.iterdir()) == []
    finally:
        folder.rmdir()


@pytest.mark.parametrize("size", [0, 1, 4096, (64 << 10) + 1, len(CONTENT)])
def test_a_clone_has_the_bytes_and_takes_no_space(disk: Path, size: int) -> None:
    original, target = disk / "original", disk / "target"
    original.write_bytes(CONTENT[:size])
    assert sharing.can_clone(str(original), str(disk))
    before = used_bytes(disk)
    cloned = sharing.clone_hashed(str(original), str(target), **options(original))  # type: ignore[arg-type]
    assert cloned is not None
    assert cloned.sha256 == hashlib.sha256(CONTENT[:size]).hexdigest()
    assert used_bytes(disk) - before <= 64 << 10
    original.write_bytes(b"x")
    assert target.read_bytes() == CONTENT[:size]


def test_which_links_a_folder_can_hold(tmp_path: Path) -> None:
    assert ops_share.links_possible(str(tmp_path)) == (True, True)
    assert list(tmp_path.iterdir()) == []
