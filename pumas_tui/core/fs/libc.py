"""Linux calls that the os module lacks or has with another meaning. Linked at first use, not at import.

`os.posix_fallocate` is not used: where the file system has no such call, glibc writes into every block.
"""

import ctypes
import errno
import os
from functools import cache

_SYNC_FILE_RANGE_WRITE = 2
_KEEP_SIZE = 1
_UNSUPPORTED = frozenset({errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL, errno.ENODEV})
NO_REPLACE = 1
"""Flag of `rename`: fail with EEXIST when something has the new name."""
EXCHANGE = 2
"""Flag of `rename`: the two names change places; both must be there."""


@cache
def _libc() -> ctypes.CDLL:
    library = ctypes.CDLL(None, use_errno=True)
    library.fallocate.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)
    library.sync_file_range.argtypes = (ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)
    if hasattr(library, "renameat2"):  # not in every libc
        path = ctypes.c_char_p
        library.renameat2.argtypes = (ctypes.c_int, path, ctypes.c_int, path, ctypes.c_uint)
    return library


def allocate(fd: int, size: int) -> bool:
    """fallocate(2): room for `size` bytes; the file stays as long as it is. False where that cannot be.

    Raises OSError (ENOSPC, EDQUOT, EFBIG, EIO, …).
    """
    while _libc().fallocate(fd, _KEEP_SIZE, 0, size) != 0:
        number = ctypes.get_errno()
        if number in _UNSUPPORTED:
            return False
        if number != errno.EINTR:
            raise OSError(number, os.strerror(number))
    return True


def start_writeback(fd: int, offset: int, length: int) -> None:
    """sync_file_range(2): begin writing these dirty pages to the disk. A hint: failures show at fsync."""
    _libc().sync_file_range(fd, offset, length, _SYNC_FILE_RANGE_WRITE)


def rename(old_dir: int, old: str, new_dir: int, new: str, flag: int) -> bool:
    """renameat2(2) between two open folders. False where kernel or file system do not know the flag, as most
    FUSE file systems. Raises OSError (EEXIST, ENOENT, EXDEV, …)."""
    library = _libc()
    if not hasattr(library, "renameat2"):
        return False
    if library.renameat2(old_dir, os.fsencode(old), new_dir, os.fsencode(new), flag) != 0:
        number = ctypes.get_errno()
        if number in _UNSUPPORTED:
            return False
        raise OSError(number, os.strerror(number))
    return True


_IO_PRIORITY_CALLS = {"x86_64": (251, 252), "aarch64": (30, 31)}
"""Numbers of ioprio_set(2) and ioprio_get(2), which no libc wraps."""
_THREAD = 1
IDLE_IO = 3 << 13
"""Only when nobody else wants the disk."""


def io_priority() -> int:
    """I/O priority of the calling thread; 0 for the usual one, and where it cannot be asked."""
    numbers = _IO_PRIORITY_CALLS.get(os.uname().machine)
    return max(0, _libc().syscall(numbers[1], _THREAD, 0)) if numbers is not None else 0


def set_io_priority(value: int) -> None:
    """Set the I/O priority of the calling thread. A hint: nothing happens where that is not known."""
    numbers = _IO_PRIORITY_CALLS.get(os.uname().machine)
    if numbers is not None:
        _libc().syscall(numbers[0], _THREAD, 0, value)
