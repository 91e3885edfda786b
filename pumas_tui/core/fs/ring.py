"""Reading a file once while two hashes and perhaps a copy are made of it.

SHA-256 is the slowest part and cannot be split over cores, so in `ring` a second thread does nothing else;
the calling thread reads, feeds XXH3-128 and writes. They share four private buffers of 4 MiB, small enough to
stay in the cache and big enough that handing them over costs nothing. `straight` does all in one thread: as
fast for small files, and faster in sum when several files are read at once on as many cores.
"""

import hashlib
import mmap
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue

import xxhash

from pumas_tui.core.domain.errors import CancelledError, DiskError, SourceChangedError
from pumas_tui.core.domain.ids import Sha256, Xxh3
from pumas_tui.core.fs.failures import disk_error

SLOT = 4 << 20
_SLOTS = 4
_STRAIGHT = 256 << 10  # stays in a core's own cache between read, two hashes and write

Sink = Callable[[int, memoryview], None]
"""Takes (offset, bytes); called in the reading thread, before the buffer is used again."""


@dataclass(frozen=True, slots=True)
class Digests:
    """Both hashes of the bytes that were read."""

    sha256: Sha256
    xxh3_128: Xxh3


@dataclass(frozen=True, slots=True)
class Source:
    """An open file of which exactly `size` bytes are wanted, and what to do on the way.

    `on_bytes` is given the bytes read so far; `cancel` is looked at before each buffer. The first `have`
    bytes are read from `copy_fd`, an earlier copy that goes on after them.
    """

    fd: int
    path: str
    size: int
    cancel: threading.Event
    on_bytes: Callable[[int], None]
    have: int = 0
    copy_fd: int = -1

    def fill(self, buffer: memoryview, offset: int) -> int:
        """Read on at `offset`: at least one byte. Raises CancelledError, SourceChangedError, DiskError."""
        if self.cancel.is_set():
            raise CancelledError(f"stopped while reading {self.path}", path=self.path)
        again = offset < self.have  # no buffer holds bytes of both files
        fd, end = (self.copy_fd, self.have) if again else (self.fd, self.size)
        try:
            count = os.preadv(fd, [buffer[: end - offset]], offset)
        except OSError as error:
            raise self._unreadable(error, offset) from error
        if count == 0:
            raise SourceChangedError(
                f"{self.path} became shorter while it was read",
                path=self.path,
                hint="retry when it is complete",
            )
        return count

    def _unreadable(self, error: OSError, offset: int) -> DiskError:
        return disk_error(error, f"read at byte {offset} of", self.path)


def straight(source: Source, sink: Sink | None) -> Digests:
    """All in the calling thread."""
    sha, xxh = hashlib.sha256(), xxhash.xxh3_128()
    buffer = memoryview(bytearray(min(_STRAIGHT, max(source.size, 1))))
    offset = 0
    while offset < source.size:
        count = source.fill(buffer, offset)
        chunk = buffer[:count]
        xxh.update(chunk)
        if sink is not None:
            sink(offset, chunk)
        sha.update(chunk)
        offset += count
        source.on_bytes(offset)
    return Digests(Sha256(sha.hexdigest()), Xxh3(xxh.hexdigest()))


def ring(source: Source, sink: Sink | None) -> Digests:
    """With a second thread for SHA-256, which is joined before this returns or raises."""
    with mmap.mmap(-1, SLOT * _SLOTS, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
        memory.madvise(mmap.MADV_HUGEPAGE)
        with memoryview(memory) as whole:
            slots = [whole[n * SLOT : (n + 1) * SLOT] for n in range(_SLOTS)]
            try:
                return _turn(source, sink, slots)
            finally:
                for slot in slots:
                    slot.release()


def _turn(source: Source, sink: Sink | None, slots: list[memoryview]) -> Digests:
    sha, xxh = hashlib.sha256(), xxhash.xxh3_128()
    free: SimpleQueue[memoryview] = SimpleQueue()
    full: SimpleQueue[tuple[memoryview, int] | None] = SimpleQueue()
    for slot in slots:
        free.put(slot)

    def digest() -> None:
        while (item := full.get()) is not None:
            slot, count = item
            with slot[:count] as chunk:
                sha.update(chunk)
            free.put(slot)

    hasher = threading.Thread(target=digest, name="sha256")
    hasher.start()
    try:
        offset = 0
        while offset < source.size:
            slot = free.get()
            count = source.fill(slot, offset)
            full.put(
                (slot, count)
            )  # given back by the hasher maybe early, but only this thread takes it again
            with slot[:count] as chunk:
                xxh.update(chunk)
                if sink is not None:
                    sink(offset, chunk)
            offset += count
            source.on_bytes(offset)
    finally:
        full.put(None)
        hasher.join()
    return Digests(Sha256(sha.hexdigest()), Xxh3(xxh.hexdigest()))
