"""Verifying content: which file is read next, what a reading tells, and what a run of it came to.

A recorded hash is evidence and is never replaced by what is found. A file that was found changed stays so on
record until a later reading finds the recorded content again.

A whole file's hash tells neither where it changed nor how far a reading came. So the sums of a file's blocks
are kept when it was read and found right; from then on each block is right or not by itself.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pumas_tui.core.domain.errors import Trouble
from pumas_tui.core.domain.findings import Finding
from pumas_tui.core.domain.ids import ModelId, ModelUid
from pumas_tui.core.domain.text import count

BLOCK = 64 << 20
"""Bytes of a block: how exactly a place in a file is told, and how much is read again after a stop."""
_PLACES = 4
"""Places in a file that are named one by one."""

Place = tuple[int, int]
"""Whole blocks of a file that are not as they were: first byte, and the one after the last."""
FileKey = tuple[ModelUid, str]
"""A file of the library: its model, and its name below the model's folder."""


class Verdict(StrEnum):
    """What reading a file told."""

    GOOD = "good"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Verified:
    """What was last found of a file. `sha256`: what its content has now where it is CHANGED, else empty;
    `at` in epoch seconds. `places`: where it changed, empty where that cannot be told."""

    model_uid: ModelUid
    name: str
    verdict: Verdict
    sha256: str
    at: float
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Sums:
    """XXH3-128 of each block of a file, in hex, as it was when its content had the recorded `sha256`."""

    sha256: str
    blocks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Begun:
    """A reading of a file that did not come to its end. `blocks` of it were read, and those with the numbers
    `differing` are not as they were. `stamp` tells which file that was, and that it is still the same."""

    stamp: str = ""
    blocks: int = 0
    differing: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ToVerify:
    """A file that can be read: `path` absolute, `size` in bytes, and its recorded hashes."""

    model_uid: ModelUid
    model_id: ModelId
    name: str
    path: str
    size: int
    sha256: str
    xxh3_128: str

    def left_bytes(self, begun: Begun | None) -> int:
        """Bytes that are still to be read of it."""
        return self.size if begun is None else max(0, self.size - begun.blocks * BLOCK)

    def own_sums(self) -> Sums | None:
        """Of a file of one block: its own hash is that of the block."""
        if self.size > BLOCK or not self.xxh3_128:
            return None
        return Sums(self.sha256, (self.xxh3_128,) if self.size else ())

    def places(self, differing: Sequence[int]) -> tuple[Place, ...]:
        """Where blocks with these numbers are, in rising order; neighbours are one place."""
        found: list[Place] = []
        for number in differing:
            first, end = number * BLOCK, (number + 1) * BLOCK
            end = min(end, self.size) if first < self.size else end
            if found and found[-1][1] == first:
                found[-1] = (found[-1][0], end)
            else:
                found.append((first, end))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What a run came to. `findings`: every file that is known to be changed, of the models asked for.
    `left`: files that were not read to their end this time, because of the limit or a stop; `left_bytes`:
    what is still to be read of them."""

    files: int
    size_bytes: int
    findings: tuple[Finding, ...]
    not_checked: tuple[Trouble, ...]
    left: int
    left_bytes: int
    elapsed_s: float
    stopped: bool = False


def in_turn(files: Iterable[ToVerify], known: Mapping[FileKey, Verified]) -> list[ToVerify]:
    """Never read ones first, then the one that was read longest ago; equal ones by place."""

    def turn(file: ToVerify) -> tuple[float, str, str]:
        last = known.get((file.model_uid, file.name))
        return (0.0 if last is None else last.at, file.model_id, file.name)

    return sorted(files, key=turn)


def told(places: Sequence[Place]) -> Iterator[str]:
    """Each place in words: `block 12, bytes 805,306,368-872,415,231`; of many the first ones."""
    for first, end in places[:_PLACES]:
        one, last = first // BLOCK, (end - 1) // BLOCK
        blocks = f"block {count(one)}" if one == last else f"blocks {count(one)}-{count(last)}"
        yield f"{blocks}, bytes {count(first)}-{count(end - 1)}"
    if len(places) > _PLACES:
        yield f"{count(len(places) - _PLACES)} more places"
