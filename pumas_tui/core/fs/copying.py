"""Copying with both hashes in one pass, hashing, and the sampled hash that finds likely duplicates.

What was read is only believed when the source is the same before and after: same file, size, mtime, and
ctime, which also tells a change whose mtime was set back.
"""

import contextlib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass

import xxhash

from pumas_tui.core.domain.errors import SourceChangedError
from pumas_tui.core.domain.files import FileEntry
from pumas_tui.core.domain.ids import Sha256, Xxh3
from pumas_tui.core.fs import libc, ops
from pumas_tui.core.fs.failures import told
from pumas_tui.core.fs.reading import entry_of, open_regular
from pumas_tui.core.fs.ring import Digests, Sink, Source, ring, straight

_SMALL = 8 << 20
_WINDOW = 64 << 10
_PROBES = 16


@dataclass(frozen=True, slots=True)
class CopiedFile:
    """A finished copy. `source_after` is the source's identity after the last byte was read."""

    sha256: Sha256
    xxh3_128: Xxh3
    size: int
    source_after: FileEntry


@dataclass(frozen=True, slots=True)
class Hashes:
    """Both hashes of a file, and its size."""

    sha256: Sha256
    xxh3_128: Xxh3
    size: int


def copy_hashed(
    source: str,
    target: str,
    *,
    expect: FileEntry,
    cancel: threading.Event,
    on_bytes: Callable[[int], None],
    alone: bool = True,
    have: int | None = None,
) -> CopiedFile:
    """Copy `source` to the new file `target`, hash it on the way, bring it to the disk.

    `expect` is the source as it was inspected. `on_bytes` gets the bytes copied so far, in this thread.
    `alone` says that no other file is copied at this time, so that a second core is free for a big one.
    `have` given: the target is there and its first `have` bytes are right; they are read for the hashes and
    the copy goes on after them. The size of a target is at any moment the number of bytes copied.
    Raises SourceChangedError, CancelledError, DiskError, DiskFullError; a half-written target stays behind
    for whoever staged it to keep or discard.
    """
    fd = open_regular(source)
    try:
        before = unchanged(fd, source, expect)
        drop = is_cold(fd, before.st_size)
        out = ops.create_file(target) if have is None else ops.reopen_file(target, have)
        try:
            ops.preallocate(out, before.st_size)
            whole = Source(fd, source, before.st_size, cancel, on_bytes, have or 0, out)
            digests = _read(whole, _writer(out, have or 0), alone=alone)
            ops.fsync_file(out)
        finally:
            os.close(out)
        after = same_as(before, fd, source)
        if drop:
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(fd)
    return CopiedFile(digests.sha256, digests.xxh3_128, after.st_size, entry_of(source, after))


def hash_file(
    path: str,
    *,
    cancel: threading.Event,
    on_bytes: Callable[[int], None],
    expect: FileEntry | None = None,
    alone: bool = True,
) -> Hashes:
    """Both hashes of a file that stays as it is meanwhile. Parameters and errors as in copy_hashed."""
    fd = open_regular(path)
    try:
        before = unchanged(fd, path, expect)
        drop = is_cold(fd, before.st_size)
        digests = _read(Source(fd, path, before.st_size, cancel, on_bytes), None, alone=alone)
        same_as(before, fd, path)
        if drop:
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(fd)
    return Hashes(digests.sha256, digests.xxh3_128, before.st_size)


def sampled_hash(path: str, size: int) -> str:
    """XXH3-128 of the file's size and its first, middle and last 64 KiB of `size` bytes: 32 hex digits.

    Equal content gives equal samples; equal samples only mean that a whole hash is worth its time.
    Raises DiskError.
    """
    fd = open_regular(path)
    try:
        with told("read", path):
            xxh = xxhash.xxh3_128(os.fstat(fd).st_size.to_bytes(8, "little"))
            for offset in (0, max(size // 2 - _WINDOW // 2, 0), max(size - _WINDOW, 0)):
                xxh.update(os.pread(fd, _WINDOW, offset))
    finally:
        os.close(fd)
    return xxh.hexdigest()


def same_start(one: str, other: str, size: int) -> bool:
    """Windows all over the first `size` bytes of two files are equal, the last ones among them.

    Tells a copy whose end never reached the disk. Raises DiskError.
    """
    with contextlib.ExitStack() as stack:
        fds = []
        for path in (one, other):
            fds.append(open_regular(path))
            stack.callback(os.close, fds[-1])
        ends = [*(size * n // _PROBES for n in range(1, _PROBES)), size]
        for start in (max(0, end - _WINDOW) for end in ends):
            length = min(_WINDOW, size - start)
            with told("read", one):
                first = os.pread(fds[0], length, start)
            with told("read", other):
                if os.pread(fds[1], length, start) != first or len(first) != length:
                    return False
    return True


def _read(source: Source, sink: Sink | None, *, alone: bool) -> Digests:
    os.posix_fadvise(source.fd, 0, 0, os.POSIX_FADV_SEQUENTIAL)
    if alone and source.size >= _SMALL:
        return ring(source, sink)
    return straight(source, sink)


def _writer(out: int, have: int) -> Sink:
    """Write a buffer and let the disk begin with it at once: the fsync at the end finds little left."""

    def write(offset: int, chunk: memoryview) -> None:
        if offset < have:
            return
        ops.write_all(out, chunk)
        libc.start_writeback(out, offset, len(chunk))

    return write


def unchanged(fd: int, path: str, expect: FileEntry | None) -> os.stat_result:
    """The open file's stat, being what was expected. Raises SourceChangedError, DiskError."""
    with told("look at", path):
        status = os.fstat(fd)
    if expect is not None and entry_of(expect.path, status) != expect:
        raise _changed(path, "since it was looked at")
    return status


def same_as(before: os.stat_result, fd: int, path: str) -> os.stat_result:
    """The open file's stat, being as it was before. Raises SourceChangedError, DiskError."""
    with told("look at", path):
        after = os.fstat(fd)
    if _marks(before) != _marks(after):
        raise _changed(path, "while it was read")
    return after


def _marks(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _changed(path: str, when: str) -> SourceChangedError:
    return SourceChangedError(f"{path} changed {when}", path=path, hint="retry when nothing writes to it")


def is_cold(fd: int, size: int) -> bool:
    """None of some pages spread over the file is in memory: then reading it must not push out others'.

    A read that must not wait tells (preadv2(2), RWF_NOWAIT); where that is not known, the file is warm.
    """
    byte = [bytearray(1)]
    for n in range(_PROBES if size else 0):
        try:
            os.preadv(fd, byte, size * n // _PROBES, os.RWF_NOWAIT)
        except BlockingIOError:
            continue
        except OSError:
            return False
        return False
    return size > 0
