"""Reading a file's content from the disk itself, politely: past the page cache, at idle I/O priority, no
faster than asked.

What is read is hashed by one algorithm: XXH3-128 tells most, SHA-256 proves.
"""

import contextlib
import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import xxhash

from pumas_tui.core.domain.errors import CancelledError, DiskError
from pumas_tui.core.fs import libc
from pumas_tui.core.fs.copying import same_as, unchanged
from pumas_tui.core.fs.failures import disk_error
from pumas_tui.core.fs.reading import open_regular

_SLICE = 4 << 20
_NEVER = threading.Event()


class _Digest(Protocol):
    def update(self, data: memoryview, /) -> None: ...
    def hexdigest(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How files are read. `on_bytes` is given the bytes of each slice; `rate`: bytes a second, 0 for any."""

    on_bytes: Callable[[int], None]
    stop: threading.Event | None = None
    rate: int = 0


def xxh3_128(path: str, pace: Pace) -> str:
    """32 hex digits. Raises CancelledError, SourceChangedError, DiskError (with the offset where a read
    failed)."""
    return _read(path, xxhash.xxh3_128(), pace)


def sha256(path: str, pace: Pace) -> str:
    """64 hex digits; otherwise as `xxh3_128`."""
    return _read(path, hashlib.sha256(), pace)


def _read(path: str, digest: _Digest, pace: Pace) -> str:
    fd = open_regular(path)
    try:
        before = unchanged(fd, path, None)
        _drop(fd)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_SEQUENTIAL)
        buffer = memoryview(bytearray(min(_SLICE, max(before.st_size, 1))))
        offset, began = 0, time.monotonic()
        while count := _slice(fd, path, buffer, offset, pace):
            digest.update(buffer[:count])
            offset += count
            pace.on_bytes(count)
            _wait(offset, began, pace)
        same_as(before, fd, path)
        _drop(fd)
    finally:
        os.close(fd)
    return digest.hexdigest()


def _drop(fd: int) -> None:
    """Put the file's pages out of memory, those of a fresh copy after they are on the disk: what is read next
    comes from there."""
    with contextlib.suppress(OSError):  # a file system without such calls reads as it does
        os.fdatasync(fd)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)


def _slice(fd: int, path: str, buffer: memoryview, offset: int, pace: Pace) -> int:
    if pace.stop is not None and pace.stop.is_set():
        raise CancelledError(f"stopped while reading {path}", path=path)
    try:
        return os.preadv(fd, [buffer], offset)
    except OSError as error:
        found = disk_error(error, "read", path)
        raise DiskError(
            f"{found.message} at byte {offset}", path=path, errno_name=found.errno_name, hint=found.hint
        ) from error


def _wait(done: int, began: float, pace: Pace) -> None:
    if pace.rate:
        due = began + done / pace.rate
        (pace.stop or _NEVER).wait(max(0.0, due - time.monotonic()))


@contextlib.contextmanager
def idle() -> Iterator[None]:
    """This thread reads only while nobody else wants the disk; where the kernel knows such a thing."""
    before = libc.io_priority()
    libc.set_io_priority(libc.IDLE_IO)
    try:
        yield
    finally:
        libc.set_io_priority(before)
