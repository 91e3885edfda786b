"""The physical devices under a path, by sysfs: partitions, LVM, LUKS and md are walked to their disks.

Formats: /sys/dev/block/MAJ:MIN links to a device's folder; a partition has a file `partition` and lies inside
its disk; what is made of other devices lists them in `slaves`; `queue/rotational` holds 0 or 1
(Documentation/ABI/stable/sysfs-block of the Linux kernel).
"""

import os
from collections.abc import Iterable, Sequence

from pumas_tui.core.domain import lanes
from pumas_tui.core.domain.errors import DiskError
from pumas_tui.core.domain.files import FileEntry
from pumas_tui.core.domain.lanes import Device, DeviceKind
from pumas_tui.core.fs import space
from pumas_tui.core.fs.failures import told
from pumas_tui.core.fs.reading import is_there, names, read_bounded

_SYS = "/sys"
_IN_MEMORY = frozenset({"tmpfs", "ramfs"})
_DEEPEST = 16  # levels of LVM on LUKS on md that anybody stacks


def lanes_of(library: str, jobs: Sequence[Iterable[FileEntry]], sys: str = _SYS) -> list[str]:
    """The lane of each job that copies these files into `library`: both ends count. Raises DiskError."""
    target = devices_under(library, sys)
    known: dict[int, tuple[Device, ...]] = {}
    found = []
    for entries in jobs:
        used = set(target)
        for entry in entries:
            if entry.dev not in known:
                known[entry.dev] = devices_under(entry.path, sys)
            used.update(known[entry.dev])
        found.append(lanes.lane(used))
    return found


def devices_under(path: str, sys: str = _SYS) -> tuple[Device, ...]:
    """The devices that hold `path`, or would hold it. Raises DiskError when the path cannot be looked at."""
    mount = space.filesystem(path)
    if space.is_network(mount):
        return (Device(DeviceKind.NETWORK, mount.source),)
    if mount.type in _IN_MEMORY:
        return (Device(DeviceKind.SSD, "memory"),)
    number = space.device_number(path)
    if os.major(number) == 0 and mount.source.startswith("/dev/"):  # btrfs and others number themselves
        with told("look at", mount.source):
            number = os.stat(mount.source).st_rdev
    return disks(os.major(number), os.minor(number), sys) or (Device(DeviceKind.UNKNOWN, mount.source),)


def disks(major: int, minor: int, sys: str = _SYS) -> tuple[Device, ...]:
    """The disks under a block device, by name; none where sysfs does not tell."""
    top = os.path.realpath(f"{sys}/dev/block/{major}:{minor}")
    try:
        folders = _disk_folders(top, _DEEPEST)
        return tuple(sorted(Device(_kind(folder), os.path.basename(folder)) for folder in folders))
    except DiskError:
        return ()


def _disk_folders(folder: str, deepest: int) -> set[str]:
    if deepest == 0 or not is_there(folder):
        return set()
    if is_there(f"{folder}/partition"):
        folder = os.path.dirname(folder)
    below = names(f"{folder}/slaves")
    if not below:
        return {folder}
    found = (_disk_folders(os.path.realpath(f"{folder}/slaves/{name}"), deepest - 1) for name in below)
    return set().union(*found)


def _kind(folder: str) -> DeviceKind:
    try:
        said = read_bounded(f"{folder}/queue/rotational", 64).strip()
    except DiskError:
        return DeviceKind.UNKNOWN
    return {b"0": DeviceKind.SSD, b"1": DeviceKind.HDD}.get(said, DeviceKind.UNKNOWN)
