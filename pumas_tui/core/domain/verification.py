"""Verifying content: which file is read next, what a reading tells, and what a run of it came to.

A recorded hash is evidence and is never replaced by what is found. A file that was found changed stays so on
record until a later reading finds the recorded content again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from pumas_tui.core.domain.errors import Trouble
from pumas_tui.core.domain.findings import Finding
from pumas_tui.core.domain.ids import ModelId, ModelUid

FileKey = tuple[ModelUid, str]
"""A file of the library: its model, and its name below the model's folder."""


class Verdict(StrEnum):
    """What reading a file told."""

    GOOD = "good"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Verified:
    """What was last found of a file. `sha256`: what its content has now where it is CHANGED, else empty;
    `at` in epoch seconds."""

    model_uid: ModelUid
    name: str
    verdict: Verdict
    sha256: str
    at: float


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


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What a run came to. `findings`: every file that is known to be changed, of the models asked for.
    `left`: files that were not read this time, because of the limit or a stop; bytes alike."""

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
