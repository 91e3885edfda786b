"""The zip that torch.save writes, opened with suspicion: its pickles, and what in it is out of place.

Loaders read such a zip with other code than Python's. Where two readers could disagree on what is in it
(names twice, bytes before or after it, damaged sums, encrypted members), it does not count as understood.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from pumas_tui.core.fs.headers import pickles
from pumas_tui.core.fs.headers.source import Source

MAGIC: Final = b"PK\x03\x04"
_LARGEST_DIRECTORY: Final = 4 << 20  # bytes; that of 10,000 tensors has 1 MB
_ENCRYPTED: Final = 0x1
_END_LENGTH: Final = 22  # bytes of an end record without a comment
_OWN: Final = re.compile(
    r"(data|constants|attributes)\.pkl|version|byteorder|\.format_version|\.storage_alignment"
    r"|\.data/serialization_id|(data|constants)/(\d+)?|"
)
"""Members that torch writes below the archive's own folder."""


class UnfitArchiveError(ValueError):
    """Readers could disagree on what is in this zip; the message says why."""


class OverBudgetError(ValueError):
    """More bytes, opcodes or time than the check may take."""


@dataclass(frozen=True, slots=True)
class Archive:
    """The pickles of a zip, and what is in it besides weights (empty: nothing)."""

    pickles: tuple[bytes, ...]
    strange: str = ""


class _SourceFile(io.RawIOBase):
    """A Source as the file object that zipfile wants. `check` is called before every read."""

    def __init__(self, source: Source, check: Callable[[], None]) -> None:
        self._source = source
        self._check = check
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._source.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._check()
        data = self._source.at(self._at, len(buffer))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


def read(source: Source, max_bytes: int, check: Callable[[], None]) -> Archive:
    """The pickles of a zip. Raises UnfitArchiveError, OverBudgetError, DiskError and what `check` raises."""
    directory = pickles.directory(source)
    if directory is None:
        raise UnfitArchiveError("a zip without a readable directory")
    if directory[1] - directory[0] > _LARGEST_DIRECTORY:
        raise OverBudgetError("a zip with more members than the check may read")
    end = source.at(source.size - _END_LENGTH, _END_LENGTH)
    if not end.startswith(pickles.END) or end[-2:] != b"\0\0":
        raise UnfitArchiveError("bytes follow the zip")
    try:
        with zipfile.ZipFile(io.BufferedReader(_SourceFile(source, check))) as archive:
            members = archive.infolist()
            _checked(members)
            return Archive(_pickles(archive, members, max_bytes), _strange(members))
    except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error, EOFError) as error:
        raise UnfitArchiveError("a damaged zip") from error
    except (RuntimeError, NotImplementedError, LookupError, OSError) as error:
        raise UnfitArchiveError("a zip that cannot be read") from error


def _checked(members: Sequence[zipfile.ZipInfo]) -> None:
    """Raises UnfitArchiveError where another reader could see other members."""
    names = [member.filename.lower() for member in members]
    if len(set(names)) < len(names):
        raise UnfitArchiveError("a zip with two members of one name")
    if any(member.orig_filename != member.filename for member in members):
        raise UnfitArchiveError("a zip with a member of a broken name")
    if any(member.flag_bits & _ENCRYPTED for member in members):
        raise UnfitArchiveError("a zip with an encrypted member")
    if not members or min(member.header_offset for member in members) != 0:
        raise UnfitArchiveError("bytes stand before the zip")


def _pickles(
    archive: zipfile.ZipFile, members: Sequence[zipfile.ZipInfo], max_bytes: int
) -> tuple[bytes, ...]:
    """The contents of all members called *.pkl, which zipfile checks against their sums."""
    found: list[bytes] = []
    for member in members:
        if not member.filename.lower().endswith(".pkl"):
            continue
        with archive.open(member) as content:
            data = content.read(max_bytes + 1)
        max_bytes -= len(data)
        if max_bytes < 0:
            raise OverBudgetError("more opcodes than the check may read")
        found.append(data)
    return tuple(found)


def _strange(members: Sequence[zipfile.ZipInfo]) -> str:
    """What is in the zip that torch.save does not write."""
    inside = [member.filename.partition("/")[2] for member in members]
    if any(name.startswith("code/") for name in inside):
        return "TorchScript: a program, which this check does not read"
    strange = sorted(name for name in inside if not _OWN.fullmatch(name))
    if strange:
        return f"the zip holds {strange[0][:80]}, which torch.save does not write"
    if len({member.filename.partition("/")[0] for member in members}) > 1:
        return "the zip holds more than one archive"
    return ""
