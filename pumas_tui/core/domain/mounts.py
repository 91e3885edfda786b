"""Mounted file systems as values, read from the kernel's table; which of them are disks that keep files.

Format: /proc/self/mountinfo as in proc(5).
"""

import re
from dataclasses import dataclass
from functools import lru_cache

_NETWORK = frozenset({
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "virtiofs", "afs", "ceph", "lustre", "beegfs", "gpfs",
    "glusterfs", "pvfs2", "orangefs", "coda", "davfs", "vboxsf", "prl_fs", "fuse.sshfs", "fuse.rclone",
    "fuse.s3fs", "fuse.goofys", "fuse.gcsfuse", "fuse.glusterfs", "fuse.ceph", "fuse.juicefs", "fuse.davfs",
    "fuse.seaweedfs", "fuse.curlftpfs", "fuse.smbnetfs", "fuse.vmhgfs-fuse",
})  # fmt: skip
_NOT_ON_A_DEVICE = frozenset({"zfs", "btrfs", "bcachefs", "overlay", "fuse.mergerfs", "fuse.bindfs"})
"""Keep files although their source is no path below /dev."""
_IMAGES = frozenset({"squashfs", "iso9660", "udf", "erofs", "cramfs", "fuse.snapfuse", "fuse.squashfuse"})
_OF_THE_SYSTEM = ("/boot", "/dev", "/efi", "/etc", "/nix", "/proc", "/run", "/snap", "/sys", "/usr", "/var")
_FOR_PEOPLE = ("/run/media",)


@dataclass(frozen=True, slots=True)
class FileSystem:
    """One mount. `type` as the kernel spells it, with the FUSE subtype (`fuse.sshfs`).

    `options` are those of the mount and of its file system; `root` is the folder of the file system that the
    mount shows, `/` unless it is a bind mount or a subvolume.
    """

    mount_point: str
    type: str
    source: str
    options: frozenset[str] = frozenset()
    root: str = "/"


@lru_cache(maxsize=2)  # it is asked for every folder of an app, and changes only when a disk comes or goes
def parse(table: str) -> tuple[FileSystem, ...]:
    """All mounts of a table, in its order."""
    return tuple(_mount(line) for line in table.splitlines())


def _mount(line: str) -> FileSystem:
    left, _, right = line.partition(" - ")
    fields = left.split(" ")
    kind, source, own_options = (*right.split(" "), "")[:3]
    options = frozenset(fields[5].split(",")) | frozenset(own_options.split(","))
    return FileSystem(_unescaped(fields[4]), kind, _unescaped(source), options - {""}, _unescaped(fields[3]))


def _unescaped(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)), text)


def holder(real_path: str, table: str) -> FileSystem:
    """The mount of a resolved path: the longest mount point by whole components, the latest of equal ones."""
    best: FileSystem | None = None
    for mount in parse(table):
        longer = best is None or len(mount.mount_point) >= len(best.mount_point)
        if longer and is_inside(real_path, mount.mount_point):
            best = mount
    return best or FileSystem("/", "unknown", "")


def is_inside(path: str, folder: str) -> bool:
    """`path` is `folder` or below it, by whole components."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def is_network(fs: FileSystem) -> bool:
    """Other hosts may change files there, and memory shared by processes is not to be trusted."""
    return fs.type in _NETWORK


def keeps_files(fs: FileSystem) -> bool:
    """A disk or a share where a person may put large files: not memory, no image, not the system's own."""
    inside = any(is_inside(fs.mount_point, top) for top in _OF_THE_SYSTEM)
    if inside and not any(is_inside(fs.mount_point, top) for top in _FOR_PEOPLE):
        return False
    if "ro" in fs.options or fs.type in _IMAGES:
        return False
    on_device = fs.source.startswith("/dev/") and fs.type not in ("devtmpfs", "devpts")
    return on_device or is_network(fs) or fs.type in _NOT_ON_A_DEVICE
