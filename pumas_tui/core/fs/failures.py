"""System errors become domain errors here: what was being done, to which path, which errno, what to do."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from pumas_tui.core.domain.errors import DiskError, DiskFullError

ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR})
"""The only errnos that mean "not there"; every other one means "could not be known"."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_HINTS = {
    errno.EROFS: "the disk is mounted read-only",
    errno.EACCES: "check the permissions of the folder and its parents",
    errno.EPERM: "check the permissions of the folder and its parents",
    errno.EIO: "the disk or its connection fails; check the cable and the kernel log",
    errno.ESTALE: "the server of this network folder forgot it; mount it again",
    errno.ENOTCONN: "the program behind this mount is gone; mount it again",
    errno.EMFILE: "too many open files; raise `ulimit -n`",
    errno.ENFILE: "too many open files on this machine",
    errno.EFBIG: "the disk's file system cannot hold files of this size",
    errno.EXDEV: "both places must be on one file system",
}


def disk_error(error: OSError, doing: str, path: str, *, missing_bytes: int = 0) -> DiskError:
    """The domain form of a failed call: `doing` is a verb phrase as in "cannot write PATH: …"."""
    number = error.errno or errno.EIO
    name = errno.errorcode.get(number, str(number))
    message = f"cannot {doing} {path}: {os.strerror(number)} ({name})"
    if number in _FULL:
        return DiskFullError(message, path=path, errno_name=name, missing_bytes=missing_bytes)
    return DiskError(message, path=path, errno_name=name, hint=_HINTS.get(number))


@contextmanager
def told(doing: str, path: str) -> Iterator[None]:
    """Raise DiskError or DiskFullError in place of an OSError from the block."""
    try:
        yield
    except OSError as error:
        raise disk_error(error, doing, path) from error
