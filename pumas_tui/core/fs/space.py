"""What lies under a path: free bytes, mount point, type and options; and which boot of which host."""

import os
import socket
from pathlib import Path

from pumas_tui.core.domain import mounts
from pumas_tui.core.domain.mounts import is_network as is_network
from pumas_tui.core.fs.failures import ABSENT, disk_error, told

_MOUNTS = "/proc/self/mountinfo"
_BOOT_ID = "/proc/sys/kernel/random/boot_id"


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
    return room(path)[0]


def room(path: str) -> tuple[int, int]:
    """Bytes free for this user, and bytes in all, where `path` is or would be. Raises DiskError."""
    there, _ = _existing(path)
    with told("ask for free space of", there):
        status = os.statvfs(there)
    return status.f_bavail * status.f_frsize, status.f_blocks * status.f_frsize


def filesystem(path: str) -> mounts.FileSystem:
    """The mount that holds `path`, or would hold it. Raises DiskError."""
    there, _ = _existing(path)
    with told("resolve", there):
        real = os.path.realpath(there, strict=True)
    with told("read", _MOUNTS):
        table = Path(_MOUNTS).read_bytes()
    return mounts.holder(real, os.fsdecode(table))


def boot_id() -> str:
    """The kernel's random id of this boot. Raises DiskError."""
    with told("read", _BOOT_ID):
        return Path(_BOOT_ID).read_text(encoding="ascii").strip()


def host_name() -> str:
    """This host's name."""
    return socket.gethostname()


def device_number(path: str) -> int:
    """`st_dev` of the file system that holds `path`, or would hold it. Raises DiskError."""
    return _existing(path)[1].st_dev


def may_write(path: str) -> bool:
    """This user may make files in the folder `path`, or make it, as far as permissions and mount tell.

    Raises DiskError.
    """
    return os.access(_existing(path)[0], os.W_OK | os.X_OK, effective_ids=True)
