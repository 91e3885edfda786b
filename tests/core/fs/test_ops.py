"""Calls that change the disk: whole or not at all, never through a link, never over what is not ours."""

import errno
import os
from pathlib import Path

import pytest

from pumas_tui.core.domain.errors import DiskError, DiskFullError
from pumas_tui.core.fs import ops, ops_publish, ops_remove
from pumas_tui.core.fs.failures import disk_error


def test_a_full_disk_is_told_as_such_with_errno_and_path() -> None:
    for number, name in ((errno.ENOSPC, "ENOSPC"), (errno.EDQUOT, "EDQUOT")):
        error = disk_error(OSError(number, "x"), "write", "/a/b")
        assert isinstance(error, DiskFullError)
        assert (error.errno_name, error.path) == (name, "/a/b")
    other = disk_error(OSError(errno.EIO, "x"), "write", "/a/b")
    assert not isinstance(other, DiskFullError)
    assert "cannot write /a/b" in other.message and "EIO" in other.message


def test_a_really_full_device_is_told() -> None:
    fd = os.open("/dev/full", os.O_WRONLY)
    try:
        with pytest.raises(DiskFullError) as caught:
            ops.write_all(fd, b"x" * 100)
    finally:
        os.close(fd)
    assert caught.value.missing_bytes == 100


@pytest.mark.parametrize("mask, file_mode, dir_mode", [(0, 0o644, 0o755), (0o077, 0o600, 0o700)])
def test_modes_are_right_from_the_start(tmp_path: Path, mask: int, file_mode: int, dir_mode: int) -> None:
    before = os.umask(mask)
    try:
        ops.make_dir(str(tmp_path / "d"))
        os.close(ops.create_file(str(tmp_path / "f")))
    finally:
        os.umask(before)
    assert (tmp_path / "f").stat().st_mode & 0o777 == file_mode
    assert (tmp_path / "d").stat().st_mode & 0o777 == dir_mode


def test_create_file_follows_no_link_and_replaces_nothing(tmp_path: Path) -> None:
    (tmp_path / "dangling").symlink_to(tmp_path / "outside")
    (tmp_path / "there").write_text("kept")
    for name in ("dangling", "there"):
        with pytest.raises(DiskError) as caught:
            ops.create_file(str(tmp_path / name))
        assert caught.value.errno_name == "EEXIST"
    assert not (tmp_path / "outside").exists()
    assert (tmp_path / "there").read_text() == "kept"


def test_make_dir_says_whether_it_made_it(tmp_path: Path) -> None:
    path = str(tmp_path / "d")
    assert ops.make_dir(path) is True
    assert ops.make_dir(path, exist_ok=True) is False
    with pytest.raises(DiskError):
        ops.make_dir(path)
    (tmp_path / "file").write_text("")
    with pytest.raises(DiskError):
        ops.make_dir(str(tmp_path / "file"), exist_ok=True)


def test_make_dirs_stays_inside(tmp_path: Path) -> None:
    ops.make_dirs(str(tmp_path), "a/b/c")
    ops.make_dirs(str(tmp_path), "a/b/d")
    assert sorted(p.name for p in (tmp_path / "a/b").iterdir()) == ["c", "d"]
    for bad in ("../x", "a//b", "", "a/./b"):
        with pytest.raises(ValueError):
            ops.make_dirs(str(tmp_path), bad)


def test_atomic_write_replaces_the_whole_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 255)
    ops.atomic_write(str(path), b"one")
    ops.atomic_write(str(path), b"two")
    assert path.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [path]


def test_atomic_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    target.mkdir()
    (target / "inside").write_text("kept")
    with pytest.raises(DiskError):
        ops.atomic_write(str(target), b"x")
    assert (target / "inside").read_text() == "kept"
    assert list(tmp_path.iterdir()) == [target]


def test_write_once_never_replaces(tmp_path: Path) -> None:
    path = str(tmp_path / "f")
    assert ops.write_once(path, b"first") is True
    assert ops.write_once(path, b"second") is False
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [b"first"]


def test_preallocate_makes_room(tmp_path: Path) -> None:
    fd = ops.create_file(str(tmp_path / "f"))
    ops.preallocate(fd, 1 << 20)
    ops.preallocate(fd, 0)
    os.close(fd)
    status = (tmp_path / "f").stat()
    assert status.st_size == 0  # the size of a copy tells how far it is
    assert status.st_blocks * 512 >= 1 << 20


def test_preallocate_on_a_full_disk_names_the_bytes(tmp_path: Path) -> None:
    fd = ops.create_file(str(tmp_path / "f"))
    try:
        with pytest.raises(DiskError) as caught:  # no disk has 2**60 bytes; some say EFBIG instead
            ops.preallocate(fd, 1 << 60)
    finally:
        os.close(fd)
    if isinstance(caught.value, DiskFullError):
        assert caught.value.missing_bytes == 1 << 60


def test_set_aside_keeps_the_content_under_another_name(tmp_path: Path) -> None:
    (tmp_path / "models.db").write_bytes(b"damaged")
    aside = ops.set_aside(str(tmp_path / "models.db"))
    assert [p.name for p in tmp_path.iterdir()] == [Path(aside).name]
    assert Path(aside).read_bytes() == b"damaged"


def staged(tmp_path: Path) -> tuple[str, str]:
    folder = tmp_path / ".staging" / "op"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "model.bin").write_bytes(b"weights")
    (tmp_path / "llm").mkdir()
    return str(folder), str(tmp_path / "llm" / "model")


def test_publish_moves_all_at_once(tmp_path: Path) -> None:
    source, final = staged(tmp_path)
    ops_publish.publish_dir(source, final)
    assert (Path(final) / "sub/model.bin").read_bytes() == b"weights"
    assert not Path(source).exists()


def test_publish_uses_a_claim_that_a_crash_left(tmp_path: Path) -> None:
    source, final = staged(tmp_path)
    Path(final).mkdir()
    ops_publish.publish_dir(source, final)
    assert (Path(final) / "sub/model.bin").read_bytes() == b"weights"


@pytest.mark.parametrize("kind", ["folder", "file", "link", "dangling"])
def test_publish_never_replaces_what_is_there(tmp_path: Path, kind: str) -> None:
    source, final = staged(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    if kind == "folder":
        Path(final).mkdir()
        (Path(final) / "theirs").write_text("kept")
    elif kind == "file":
        Path(final).write_text("kept")
    else:
        Path(final).symlink_to(elsewhere if kind == "link" else tmp_path / "nowhere")
    before = os.lstat(final).st_ino
    with pytest.raises(ops_publish.NameTakenError):
        ops_publish.publish_dir(source, final)
    assert os.lstat(final).st_ino == before
    assert (Path(source) / "sub/model.bin").read_bytes() == b"weights"
    assert list(elsewhere.iterdir()) == []


def test_a_failed_publish_takes_its_claim_back(tmp_path: Path) -> None:
    _, final = staged(tmp_path)
    with pytest.raises(DiskError):
        ops_publish.publish_dir(str(tmp_path / ".staging" / "absent"), final)
    assert not Path(final).exists()


def test_remove_staged_tree_follows_no_link(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("kept")
    source, _ = staged(tmp_path)
    (Path(source) / "link").symlink_to(outside)
    (Path(source) / "sub" / "file-link").symlink_to(outside / "precious")
    os.mkfifo(Path(source) / "fifo")
    (Path(source) / "sub/deeper/deepest").mkdir(parents=True)
    ops_remove.remove_staged_tree(source)
    assert list((tmp_path / ".staging").iterdir()) == []
    assert (outside / "precious").read_text() == "kept"
    ops_remove.remove_staged_tree(source)


def test_remove_staged_tree_refuses_anything_else(tmp_path: Path) -> None:
    (tmp_path / "models" / "m").mkdir(parents=True)
    staging = tmp_path / ".staging"
    for path in (tmp_path / "models/m", staging, staging / "..", staging / "op" / "sub"):
        with pytest.raises(ValueError):
            ops_remove.remove_staged_tree(str(path))
    assert (tmp_path / "models" / "m").is_dir()


def test_a_staged_name_that_is_a_link_is_not_entered(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("kept")
    (tmp_path / ".staging").mkdir()
    (tmp_path / ".staging" / "op").symlink_to(outside)
    with pytest.raises(DiskError):
        ops_remove.remove_staged_tree(str(tmp_path / ".staging" / "op"))
    assert (outside / "precious").read_text() == "kept"


def test_remove_file_of_ours_refuses_a_users_file(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_text("kept")
    with pytest.raises(ValueError):
        ops_remove.remove_file_of_ours(str(tmp_path / "model.safetensors"))
    assert (tmp_path / "model.safetensors").read_text() == "kept"
