"""An open regular file that header readers look into by position, every read bounded by the caller."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from pumas_tui.core.domain.errors import DiskError
from pumas_tui.core.fs.failures import disk_error


class UnreadableHeaderError(ValueError):
    """The bytes begin like a format but break its rules; the message says how, in one line."""


class Source:
    """A file by descriptor. `size` is what it was when opened, in bytes. Used by one thread."""

    def __init__(self, path: str, descriptor: int, size: int) -> None:
        self.path = path
        self.size = size
        self._descriptor = descriptor

    def at(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes at `offset`; fewer at the end of the file. Raises DiskError."""
        parts: list[bytes] = []
        length = min(length, max(0, self.size - offset))
        try:
            while length > 0:
                part = os.pread(self._descriptor, length, offset)
                if not part:
                    break
                parts.append(part)
                offset += len(part)
                length -= len(part)
        except OSError as error:
            raise disk_error(error, "read", self.path) from error
        return parts[0] if len(parts) == 1 else b"".join(parts)


class Beginning(Source):
    """The first bytes of a file of `size` bytes that lies elsewhere; it ends behind them."""

    def __init__(self, start: bytes, size: int) -> None:
        super().__init__("", -1, size)
        self._start = start

    def at(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes at `offset`."""
        return self._start[offset : offset + length]


@contextmanager
def opened(path: str) -> Iterator[Source]:
    """Open a regular file for reading; symlinks are followed. Raises DiskError, also for anything else.

    O_NONBLOCK keeps a FIFO without a writer from blocking for ever.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        raise disk_error(error, "open", path) from error
    except ValueError as error:  # a NUL in the path
        raise DiskError(f"cannot open {path}: {error}", path=path, errno_name="EINVAL") from error
    try:
        try:
            status = os.fstat(descriptor)
        except OSError as error:
            raise disk_error(error, "look at", path) from error
        if not stat.S_ISREG(status.st_mode):
            raise _not_regular(path, status.st_mode)
        yield Source(path, descriptor, status.st_size)
    finally:
        os.close(descriptor)


def _not_regular(path: str, mode: int) -> DiskError:
    if stat.S_ISDIR(mode):
        return DiskError(f"{path} is a directory, not a file", path=path, errno_name="EISDIR")
    return DiskError(f"{path} is a pipe, socket or device, not a file", path=path, errno_name="EINVAL")
