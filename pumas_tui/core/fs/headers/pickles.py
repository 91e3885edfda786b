"""Is a file a pickle? Only its container is looked at; nothing is ever unpickled or unpacked.

PyTorch writes a zip with `NAME/data.pkl` (since 1.6; TorchScript too) or a bare pickle that begins with a
magic number. A zip whose directory cannot be read counts as a pickle: doubt never makes a file safer.
"""

import re
from typing import Final

from pumas_tui.core.domain.files import Container, HeaderFacts
from pumas_tui.core.fs.headers.source import Source

_ZIP = b"PK\x03\x04"
END = b"PK\x05\x06"  # end of central directory, 22 bytes and a comment of up to 65,535
_END_LENGTH: Final = 22
_ZIP64_LOCATOR = b"PK\x06\x07"
_ZIP64_END = b"PK\x06\x06"
_LARGEST_DIRECTORY: Final = 64 << 20  # bytes; a checkpoint of 10,000 tensors has 1 MB
_CHUNK: Final = 1 << 20
_MEMBER = b".pkl"
_LEGACY_TEXT = b"L119547037146038801333356L\n"  # torch's magic number in pickle protocol 0
_GLOBAL = re.compile(
    rb"c[A-Za-z_][\w.]{0,100}\n[A-Za-z_][\w.]{0,100}\n"
)  # a protocol 0 pickle that begins with a call


def read(source: Source, start: bytes) -> HeaderFacts | None:
    """Facts, or None when the file is no pickle container. Raises DiskError."""
    if start.startswith(_ZIP):
        return _read_zip(source)
    return HeaderFacts(Container.PICKLE) if is_bare_pickle(start) else None


def is_bare_pickle(start: bytes) -> bool:
    """The first bytes are those of a pickle: protocol 2 to 5, or an old one that loaders still take."""
    if len(start) > 2 and start[0] == 0x80 and 2 <= start[1] <= 5:
        return True
    return start.startswith(_LEGACY_TEXT) or _GLOBAL.match(start) is not None


def _read_zip(source: Source) -> HeaderFacts:
    """A pickle when any member is called *.pkl: found by looking for the name through the directory."""
    span = directory(source)
    if span is None:
        return HeaderFacts(Container.PICKLE, problem="unreadable header: a zip without a readable directory")
    begin, end = span
    if end - begin > _LARGEST_DIRECTORY:
        problem = f"unreadable header: a zip directory of {end - begin} bytes"
        return HeaderFacts(Container.PICKLE, problem=problem)
    tail = b""
    while begin < end:
        chunk = source.at(begin, min(_CHUNK, end - begin))
        if not chunk:
            break
        if _MEMBER in (tail + chunk).lower():
            return HeaderFacts(Container.PICKLE)
        tail = chunk[-len(_MEMBER) :]
        begin += len(chunk)
    return HeaderFacts(Container.UNKNOWN)


def directory(source: Source) -> tuple[int, int] | None:
    """Where the central directory begins and ends, in bytes; None when that cannot be told."""
    tail_at = max(0, source.size - _END_LENGTH - 65_535)
    tail = source.at(tail_at, _END_LENGTH + 65_535)
    found = tail.rfind(END)
    if found < 0 or len(tail) - found < _END_LENGTH:
        return None
    end = tail_at + found
    size = int.from_bytes(tail[found + 12 : found + 16], "little")
    offset = int.from_bytes(tail[found + 16 : found + 20], "little")
    locator = source.at(end - 20, 20) if end >= 20 else b""
    if locator.startswith(_ZIP64_LOCATOR):
        record = source.at(int.from_bytes(locator[8:16], "little"), 56)
        if not record.startswith(_ZIP64_END) or len(record) < 56:
            return None
        size = int.from_bytes(record[40:48], "little")
        offset = int.from_bytes(record[48:56], "little")
    # Readers disagree whether the recorded offset or the place before the end record counts: take both in.
    begin = min(offset, end - size)
    return (begin, end) if 0 <= begin < end and source.at(offset, 4) == b"PK\x01\x02" else None
