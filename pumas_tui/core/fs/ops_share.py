"""New names for bytes that are on the disk already: clones (two files share their blocks until one is
written) and hard links (two names of one file).

FICLONE and FICLONERANGE: ioctl_ficlone(2). Neither call here touches the source.
"""

import errno
import fcntl
import os
import struct
from collections.abc import Callable

from pumas_tui.core.fs import ops
from pumas_tui.core.fs.failures import disk_error

_FICLONE = 0x40049409
_FICLONERANGE = 0x4020940D
_BLOCK = 64 << 10  # a multiple of the block size of every file system that can share blocks
_CANNOT = frozenset({
    errno.EOPNOTSUPP, errno.ENOTTY, errno.ENOSYS, errno.EXDEV, errno.EINVAL, errno.EISDIR, errno.EPERM,
    errno.ETXTBSY, errno.EBADF,
})  # fmt: skip


def clone(source_fd: int, target_fd: int, target: str) -> bool:
    """Make the empty file `target_fd` share all blocks of the source. False where that cannot be done.

    Raises DiskError, DiskFullError (it needs room for its own list of blocks).
    """
    try:
        fcntl.ioctl(target_fd, _FICLONE, source_fd)
    except OSError as error:
        if error.errno in _CANNOT:
            return False
        raise disk_error(error, "share the blocks of the source with", target) from error
    return True


def can_clone(source_fd: int, folder: str) -> bool:
    """A file in `folder` could share the source's blocks: the first are tried on a file without a name."""
    try:
        scratch = os.open(folder, os.O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    except OSError:
        return False
    try:
        # A range that ends at the end of a file may have any length: 0 stands for all of a small one.
        length = _BLOCK if os.fstat(source_fd).st_size > _BLOCK else 0
        fcntl.ioctl(scratch, _FICLONERANGE, struct.pack("=qQQQ", source_fd, 0, length, 0))
    except OSError:
        return False
    finally:
        os.close(scratch)
    return True


def hard_link(source_fd: int, target: str) -> None:
    """Give the open file a second name `target`. Raises DiskError: EXDEV, EPERM, EMLINK, …

    By descriptor, so that it is the very file that was looked at, whatever stands under its name by now.
    """
    try:
        os.link(f"/proc/self/fd/{source_fd}", target, src_dir_fd=source_fd, follow_symlinks=True)
    except OSError as error:
        raise disk_error(error, "make a hard link", target) from error


def links_possible(folder: str) -> tuple[bool, bool]:
    """(symbolic, hard) links can be made in `folder`, found out by making one of each; nothing stays.

    Raises DiskError when not even a file can be made there.
    """
    file, symbolic, hard = (f"{folder}/{ops.temp_name()}" for _ in range(3))
    os.close(ops.create_file(file))
    try:
        return _made(lambda: os.symlink("x", symbolic), symbolic), _made(lambda: os.link(file, hard), hard)
    finally:
        ops.forget(file)


def _made(make: Callable[[], None], path: str) -> bool:
    try:
        make()
    except OSError:
        return False
    ops.forget(path)
    return True
