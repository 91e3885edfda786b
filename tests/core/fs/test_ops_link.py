"""The calls under the steps: what they refuse whatever they are told."""

import os
from pathlib import Path

import pytest

from pumas_tui.core.domain.errors import DiskError
from pumas_tui.core.fs import libc, ops_link, ops_share
from pumas_tui.core.fs.ops_link import LinkInPathError
from tests.support.disks import NoDiskError, bind
from tests.support.entries import KINDS, tree

LINKS = ops_link.strategy()


def anything(status: os.stat_result, text: str) -> bool:
    """Says of everything that it may go."""
    return True


@pytest.mark.parametrize("there", sorted(set(KINDS) - {k for k in KINDS if "link" in k or k == "loop"}))
def test_no_last_name_and_no_folder_is_removed_whatever_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: str
) -> None:
    monkeypatch.chdir(tmp_path)
    KINDS[there](tmp_path / "x")
    (tmp_path / "second name").unlink(missing_ok=True)
    before = tree(tmp_path)
    with ops_link.opened(f"{tmp_path}/x") as place:
        assert not LINKS.take(place, anything)
    assert tree(tmp_path) == before


def test_a_folder_is_opened_only_by_its_real_path(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with pytest.raises(LinkInPathError, match="really"), ops_link.opened(f"{tmp_path}/link/x"):
        pass
    with pytest.raises(DiskError) as told, ops_link.opened(f"{tmp_path}/none/x"):
        pass
    assert told.value.errno_name == "ENOENT"


@pytest.mark.parametrize("renames", ["by the kernel", "without flags"])
@pytest.mark.parametrize("there", KINDS)
def test_a_move_replaces_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: str, renames: str
) -> None:
    """Not even an empty folder, which rename(2) alone would replace by another."""
    if renames == "without flags":
        monkeypatch.setattr(libc, "rename", lambda *_: False)
    monkeypatch.chdir(tmp_path)
    KINDS[there](tmp_path / "x")
    (tmp_path / "file").write_bytes(b"moving")
    (tmp_path / "folder").mkdir()
    before = tree(tmp_path)
    for name in ("file", "folder"):
        with ops_link.opened(f"{tmp_path}/{name}") as place, ops_link.opened(f"{tmp_path}/x") as to:
            with pytest.raises(DiskError) as told:
                LINKS.move(place, to)
            assert told.value.errno_name == "EEXIST"
    assert tree(tmp_path) == before


def test_a_folder_does_not_move_into_itself(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with (
        ops_link.opened(f"{tmp_path}/a") as place,
        ops_link.opened(f"{tmp_path}/a/b") as to,
        pytest.raises(DiskError),
    ):
        LINKS.move(place, to)
    assert list(tree(tmp_path)) == [f"{tmp_path}/a"]


def test_what_cannot_be_moved_is_told_and_stays(tmp_path: Path) -> None:
    """Two mounts of one file system have the same device number, and yet no rename leads across."""
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "folder").mkdir()
    try:
        with bind(tmp_path / "disk", tmp_path / "again") as again:
            assert again.stat().st_dev == tmp_path.stat().st_dev
            assert not ops_share.rename_possible(f"{tmp_path}/disk", str(again))
            before = tree(tmp_path / "disk")
            with (
                ops_link.opened(f"{tmp_path}/disk/folder") as place,
                ops_link.opened(f"{again}/moved") as to,
                pytest.raises(DiskError) as told,
            ):
                LINKS.move(place, to)
            assert told.value.errno_name == "EXDEV"
            assert tree(tmp_path / "disk") == before
    except NoDiskError as error:
        pytest.skip(f"needs a bind mount: {error}")


def test_links_are_told_to_be_made_on_linux_only() -> None:
    with pytest.raises(DiskError, match="darwin yet"):
        ops_link.strategy("darwin")
