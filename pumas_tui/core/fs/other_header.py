"""What a file would hash to if its header were another one: read once, in little memory."""

import hashlib
import os
import threading
from collections.abc import Callable

from pumas_tui.core.domain.files import FileEntry
from pumas_tui.core.domain.ids import Sha256
from pumas_tui.core.fs.copying import is_cold, same_as, unchanged
from pumas_tui.core.fs.reading import open_regular
from pumas_tui.core.fs.ring import Source

_SLICE = 4 << 20


def sha256_under(
    path: str,
    header: bytes,
    data_offset: int,
    *,
    expect: FileEntry,
    cancel: threading.Event,
    on_bytes: Callable[[int], None],
) -> Sha256:
    """SHA-256 of `header` and all bytes of the file from `data_offset` on.

    `expect` is the file as its own header was read. `on_bytes` gets the bytes of the file that were read so
    far, in this thread. Raises SourceChangedError, CancelledError, DiskError.
    """
    fd = open_regular(path)
    try:
        before = unchanged(fd, path, expect)
        drop = is_cold(fd, before.st_size)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_SEQUENTIAL)
        source = Source(fd, path, before.st_size, cancel, on_bytes)
        sha, offset = hashlib.sha256(header), data_offset
        buffer = memoryview(bytearray(min(_SLICE, max(before.st_size, 1))))
        while offset < before.st_size:
            count = source.fill(buffer, offset)
            sha.update(buffer[:count])
            offset += count
            on_bytes(offset - data_offset)
            if drop:
                os.posix_fadvise(fd, offset - count, count, os.POSIX_FADV_DONTNEED)
        same_as(before, fd, path)
    finally:
        os.close(fd)
    return Sha256(sha.hexdigest())
