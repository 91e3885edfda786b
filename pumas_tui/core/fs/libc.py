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


@cache
def _libc() -> ctypes.CDLL:
    library = ctypes.CDLL(None, use_errno=True)
    library.fallocate.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)
    library.sync_file_range.argtypes = (ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)
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
