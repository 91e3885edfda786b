"""What lies under a path."""

import os
from pathlib import Path

import pytest

from pumas_tui.core.domain import mounts
from pumas_tui.core.domain.mounts import FileSystem
from pumas_tui.core.fs import space

MOUNTS = r"""
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:30 / /mnt/a rw - nfs4 server:/a rw
31 22 8:2 / /mnt/ab rw shared:2 master:3 - xfs /dev/sdb1 rw
32 22 0:32 / /mnt/with\040space rw - fuse.sshfs user@host:/x rw
33 30 8:3 / /mnt/a rw - ext4 /dev/sdc1 rw
""".strip()


@pytest.mark.parametrize(
    "path, point, kind",
    [
        ("/", "/", "ext4"),
        ("/home/x", "/", "ext4"),
        ("/mnt/abc", "/", "ext4"),
        ("/mnt/ab", "/mnt/ab", "xfs"),
        ("/mnt/ab/models", "/mnt/ab", "xfs"),
        ("/mnt/with space/m", "/mnt/with space", "fuse.sshfs"),
        ("/mnt/a/m", "/mnt/a", "ext4"),  # mounted over the nfs4 later
    ],
)
def test_the_mount_is_found_by_whole_components(path: str, point: str, kind: str) -> None:
    found = mounts.holder(path, MOUNTS)
    assert (found.mount_point, found.type) == (point, kind)


def test_network_file_systems_are_known() -> None:
    kinds = {
        kind: space.is_network(FileSystem("/", kind, ""))
        for kind in ("nfs4", "fuse.sshfs", "ext4", "fuse.ntfs-3g")
    }
    assert kinds == {"nfs4": True, "fuse.sshfs": True, "ext4": False, "fuse.ntfs-3g": False}


def test_this_machine(tmp_path: Path) -> None:
    assert space.filesystem("/proc/self/status").type == "proc"
    assert space.filesystem(str(tmp_path)).mount_point in {
        "/",
        *(str(p) for p in (tmp_path, *tmp_path.parents)),
    }
    assert len(space.boot_id()) == 36
    assert space.host_name()


def test_a_mount_tells_its_options_and_what_it_shows() -> None:
    line = r"40 22 8:1 /home/me/models /models ro,noatime - ntfs3 /dev/sda1 rw,force"
    found = mounts.holder("/models/x", f"{MOUNTS}\n{line}")
    assert (found.type, found.root) == ("ntfs3", "/home/me/models")
    assert {"ro", "noatime", "force"} <= found.options


def test_a_place_that_is_not_made_yet_has_its_parents_space_and_device(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    later = str(tmp_path / "a" / "b")
    status = os.statvfs(tmp_path)
    assert abs(space.free_bytes(later) - status.f_bavail * status.f_frsize) < 1 << 30
    device = tmp_path.stat().st_dev
    assert space.device_number(later) == space.device_number(str(tmp_path / "file" / "x")) == device
