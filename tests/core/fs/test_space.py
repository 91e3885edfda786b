"""What lies under a path."""

import os
from pathlib import Path

import pytest

from pumas_tui.core.fs import space
from pumas_tui.core.fs.space import FileSystem

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
    found = space.mount_of(path, MOUNTS)
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


def test_a_place_that_is_not_made_yet_has_its_parents_space_and_lane(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    later = str(tmp_path / "a" / "b")
    status = os.statvfs(tmp_path)
    assert abs(space.free_bytes(later) - status.f_bavail * status.f_frsize) < 1 << 30
    device = tmp_path.stat().st_dev
    assert space.lane_of(later) == f"dev:{os.major(device)}:{os.minor(device)}"
    assert space.lane_of(str(tmp_path / "file" / "x")) == space.lane_of(later)
