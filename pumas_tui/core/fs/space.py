"""What lies under a path: free bytes, mount point and file-system type, lane; and which boot of which host.

Formats: /proc/self/mountinfo as in proc(5).
"""

import os
import re
import socket
from dataclasses import dataclass
from pathlib import Path

from pumas_tui.core.fs.failures import ABSENT, disk_error, told

_MOUNTS = "/proc/self/mountinfo"
_BOOT_ID = "/proc/sys/kernel/random/boot_id"
_NETWORK = frozenset({
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "virtiofs", "afs", "ceph", "lustre", "beegfs", "gpfs",
    "glusterfs", "pvfs2", "orangefs", "coda", "davfs", "vboxsf", "prl_fs", "fuse.sshfs", "fuse.rclone",
    "fuse.s3fs", "fuse.goofys", "fuse.gcsfuse", "fuse.glusterfs", "fuse.ceph", "fuse.juicefs", "fuse.davfs",
    "fuse.seaweedfs", "fuse.curlftpfs", "fuse.smbnetfs", "fuse.vmhgfs-fuse",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class FileSystem:
    """One mount. `type` as the kernel spells it, with the FUSE subtype (`fuse.sshfs`)."""

    mount_point: str
    type: str
    source: str


def _existing(path: str) -> tuple[str, os.stat_result]:
    """The nearest parent that is there, or the path itself. Raises DiskError."""
    while True:
        try:
            return path, os.stat(path)
        except OSError as error:
            parent = os.path.dirname(path)
            if error.errno not in ABSENT or parent == path:
                raise disk_error(error, "look at", path) from error
            path = parent or "."


def free_bytes(path: str) -> int:
    """Bytes this user may still write where `path` is or would be. Raises DiskError."""
    there, _ = _existing(path)
    with told("ask for free space of", there):
        status = os.statvfs(there)
    return status.f_bavail * status.f_frsize


def filesystem(path: str) -> FileSystem:
    """The mount that holds `path`, or would hold it. Raises DiskError."""
    there, _ = _existing(path)
    with told("resolve", there):
        real = os.path.realpath(there, strict=True)
    with told("read", _MOUNTS):
        table = Path(_MOUNTS).read_bytes()
    return mount_of(real, os.fsdecode(table))


def mount_of(real_path: str, mountinfo: str) -> FileSystem:
    """The mount of a resolved path: the longest mount point by whole components, the latest of equal ones."""
    best: FileSystem | None = None
    for line in mountinfo.splitlines():
        left, _, right = line.partition(" - ")
        point = _unescaped(left.split(" ")[4])
        inside = real_path == point or real_path.startswith(point.rstrip("/") + "/")
        if inside and (best is None or len(point) >= len(best.mount_point)):
            kind, source = right.split(" ")[:2]
            best = FileSystem(point, kind, _unescaped(source))
    return best or FileSystem("/", "unknown", "")


def _unescaped(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)), text)


def is_network(fs: FileSystem) -> bool:
    """Other hosts may change files there, and memory shared by processes is not to be trusted."""
    return fs.type in _NETWORK


def boot_id() -> str:
    """The kernel's random id of this boot. Raises DiskError."""
    with told("read", _BOOT_ID):
        return Path(_BOOT_ID).read_text(encoding="ascii").strip()


def host_name() -> str:
    """This host's name."""
    return socket.gethostname()


def lane_of(path: str) -> str:
    """The lane of jobs that use the device under `path`: `dev:<major>:<minor>`. Raises DiskError."""
    device = _existing(path)[1].st_dev
    return f"dev:{os.major(device)}:{os.minor(device)}"
