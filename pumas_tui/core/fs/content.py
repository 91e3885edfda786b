"""Reading a file's content from the disk itself, politely: past the page cache, at idle I/O priority, no
faster than asked.

A whole file is hashed by one algorithm: XXH3-128 tells most, SHA-256 proves. Beside it each block has a sum
of its own, by which a later reading tells where the file changed, and goes on where it was stopped.
"""

import contextlib
import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import xxhash

from pumas_tui.core.domain.errors import CancelledError, DiskError
from pumas_tui.core.domain.verification import BLOCK, Begun
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


@dataclass(frozen=True, slots=True)
class Content:
    """What a whole file holds: its hash, and XXH3-128 of each of its blocks; all in hex."""

    digest: str
    blocks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Open:
    fd: int
    path: str
    status: os.stat_result


def xxh3_128(path: str, pace: Pace) -> Content:
    """A hash of 32 digits. Raises CancelledError, SourceChangedError, DiskError (with the offset where a read
    failed)."""
    return _whole(path, xxhash.xxh3_128(), pace)


def sha256(path: str, pace: Pace) -> Content:
    """A hash of 64 digits; otherwise as `xxh3_128`."""
    return _whole(path, hashlib.sha256(), pace)


def _whole(path: str, digest: _Digest, pace: Pace) -> Content:
    with _opened(path) as file:
        blocks = tuple(_blocks(file, 0, pace, digest))
    return Content(digest.hexdigest(), blocks)


def differing(
    path: str, sums: Sequence[str], begun: Begun, pace: Pace, on_block: Callable[[Begun], None]
) -> tuple[int, ...]:
    """Numbers of blocks that are not as `sums` say, ascending; also of blocks that only one of both has.

    Goes on where `begun` ended if the file is still the one that was read then, else at its start. `on_block`
    is given how far it came after each block. Errors as `xxh3_128`.
    """
    with _opened(path) as file:
        stamp = _stamp(file.status)
        come = begun if begun.stamp == stamp else Begun(stamp)
        for found in _blocks(file, come.blocks, pace):
            number = come.blocks
            is_right = number < len(sums) and sums[number] == found
            come = Begun(stamp, number + 1, come.differing if is_right else (*come.differing, number))
            on_block(come)
    return (*come.differing, *range(come.blocks, len(sums)))


def _stamp(status: os.stat_result) -> str:
    """Any change but that of the disk itself gives another one: the last time cannot be set by anybody."""
    return f"{status.st_ino}:{status.st_size}:{status.st_mtime_ns}:{status.st_ctime_ns}"


@contextlib.contextmanager
def _opened(path: str) -> Iterator[_Open]:
    """The file, out of memory before and after; its content counts only if it is the same after the block."""
    fd = open_regular(path)
    try:
        before = unchanged(fd, path, None)
        _drop(fd)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_SEQUENTIAL)
        yield _Open(fd, path, before)
        same_as(before, fd, path)
    finally:
        _drop(fd)
        os.close(fd)


def _blocks(file: _Open, first: int, pace: Pace, *digests: _Digest) -> Iterator[str]:
    """XXH3-128 of each block from number `first` on; all that is read goes into `digests` too."""
    buffer = memoryview(bytearray(min(_SLICE, max(file.status.st_size, 1))))
    start = offset = first * BLOCK
    began, end = time.monotonic(), start
    while offset == end:  # the block before was whole
        end += BLOCK
        block = xxhash.xxh3_128()
        while offset < end and (count := _slice(file, buffer[: end - offset], offset, pace)):
            for digest in (block, *digests):
                digest.update(buffer[:count])
            offset += count
            pace.on_bytes(count)
            _wait(offset - start, began, pace)
        os.posix_fadvise(file.fd, end - BLOCK, BLOCK, os.POSIX_FADV_DONTNEED)
        if offset > end - BLOCK:
            yield block.hexdigest()


def _drop(fd: int) -> None:
    """Put the file's pages out of memory, those of a fresh copy after they are on the disk: what is read next
    comes from there."""
    with contextlib.suppress(OSError):  # a file system without such calls reads as it does
        os.fdatasync(fd)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)


def _slice(file: _Open, buffer: memoryview, offset: int, pace: Pace) -> int:
    if pace.stop is not None and pace.stop.is_set():
        raise CancelledError(f"stopped while reading {file.path}", path=file.path)
    try:
        return os.preadv(file.fd, [buffer], offset)
    except OSError as error:
        found = disk_error(error, "read", file.path)
        raise DiskError(
            f"{found.message} at byte {offset}", path=file.path, errno_name=found.errno_name, hint=found.hint
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
