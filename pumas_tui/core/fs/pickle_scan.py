"""What code a pickle would run, read off its opcodes by picklescan. Nothing is ever unpickled.

picklescan knows which imports run code; that it found none counts only for pickles that this module has
followed, opcode by opcode, from the first to STOP. Whatever it cannot follow, cannot place or has no time for
is unknown: a scan that was led astray must not end in "nothing found".
"""

import io
import logging
import pickletools
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from pumas_tui.core.domain import pickle_verdict
from pumas_tui.core.domain.errors import CancelledError, DiskError
from pumas_tui.core.domain.pickle_verdict import Imported, PickleVerdict, ScanWord
from pumas_tui.core.fs import pickle_archive
from pumas_tui.core.fs.headers.source import Source, opened
from pumas_tui.core.fs.pickle_archive import OverBudgetError, UnfitArchiveError

MAX_BYTES: Final = 16 << 20
MAX_SECONDS: Final = 5.0
_MAX_OPCODES: Final = (
    600_000  # a checkpoint of 10,000 tensors has 400,000; picklescan keeps 100 bytes for each
)
_FIRST_READ: Final = 1 << 20
_LEGACY_PICKLES: Final = (
    5  # torch before 1.6: magic number, protocol, system, state, storage keys; then raw data
)
_TORCH_MAGIC: Final = 0x1950A86A20F9469CFC6C
_CHECK_EVERY: Final = 2_048  # opcodes
_BROKEN: Final = "broken or cut off: not a whole pickle"
_TOO_LONG: Final = "more opcodes than the check may read"
_REGISTRY: Final = frozenset(
    {"EXT1", "EXT2", "EXT4"}
)  # import by a number that only the loading process knows


@dataclass(frozen=True, slots=True)
class _Budget:
    """How much may be read, until when, and whether somebody wants it to stop."""

    bytes: int
    deadline: float
    cancel: threading.Event | None

    def check(self) -> None:
        """Raises CancelledError, OverBudgetError."""
        if self.cancel is not None and self.cancel.is_set():
            raise CancelledError("cancelled")
        if time.monotonic() > self.deadline:
            raise OverBudgetError("the check took too long")


@dataclass(frozen=True, slots=True)
class _Piece:
    """One pickle: its bytes, the number it pushes first, and why it could not be followed to its end."""

    data: bytes
    first: int | None = None
    problem: str = ""
    registry: bool = False


def scan(
    path: str,
    *,
    cancel: threading.Event | None = None,
    max_bytes: int = MAX_BYTES,
    max_seconds: float = MAX_SECONDS,
) -> PickleVerdict:
    """The verdict on a pickle file: a zip as torch.save writes it, or bare pickles.

    Blocking; reads at most `max_bytes` of opcodes and looks at the clock between them. A file that cannot be
    read is unknown as well. Raises CancelledError.
    """
    budget = _Budget(max_bytes, time.monotonic() + max_seconds, cancel)
    verdicts: list[PickleVerdict] = []
    try:
        with opened(path) as source:
            verdicts.extend(_verdicts(source, budget))
    except (UnfitArchiveError, OverBudgetError) as error:
        verdicts.append(PickleVerdict(ScanWord.UNKNOWN, reason=str(error)))
    except DiskError:
        verdicts.append(PickleVerdict(ScanWord.UNKNOWN, reason="the file could not be read"))
    return pickle_verdict.worst(verdicts) or PickleVerdict(ScanWord.UNKNOWN, reason="no pickle found in it")


def _verdicts(source: Source, budget: _Budget) -> Iterator[PickleVerdict]:
    if source.at(0, 4) != pickle_archive.MAGIC:
        yield from _of_bare(source, budget)
        return
    archive = pickle_archive.read(source, budget.bytes, budget.check)
    if archive.strange:
        yield PickleVerdict(ScanWord.UNKNOWN, reason=archive.strange)
    for data in archive.pickles:
        piece = _followed(data, 0, budget)
        yield _judged(piece, "bytes follow the pickle" if len(piece.data) < len(data) else "")


def _of_bare(source: Source, budget: _Budget) -> Iterator[PickleVerdict]:
    """Pickles one after another from the start of a file."""
    start = source.at(0, min(_FIRST_READ, budget.bytes))
    pieces, rest = _pieces(start, budget)
    if len(start) < source.size and (pieces[-1].problem or not rest):
        start = source.at(0, budget.bytes)
        pieces, rest = _pieces(start, budget)
    legacy = pieces[0].first == _TORCH_MAGIC and len(pieces) == _LEGACY_PICKLES
    whole = len(start) >= source.size
    for piece in pieces:
        cut = piece.problem == _BROKEN and not whole
        yield _judged(replace(piece, problem="") if cut else piece, _TOO_LONG if cut else "")
    if (rest or not whole) and not legacy and not pieces[-1].problem:
        yield PickleVerdict(ScanWord.UNKNOWN, reason="bytes follow the pickle")


def _pieces(data: bytes, budget: _Budget) -> tuple[list[_Piece], bytes]:
    """Up to five pickles in a row, and what follows them."""
    pieces: list[_Piece] = []
    at = 0
    while len(pieces) < _LEGACY_PICKLES and (at < len(data) or not pieces):
        piece = _followed(data, at, budget)
        pieces.append(piece)
        at += len(piece.data)
        if piece.problem:
            break
    return pieces, data[at:]


def _followed(data: bytes, at: int, budget: _Budget) -> _Piece:
    """One pickle from `at` on, read opcode by opcode."""
    stream = io.BytesIO(data)
    stream.seek(at)
    first, problem, registry, count, name = None, "", False, 0, ""
    try:
        for opcode, argument, _ in pickletools.genops(stream):
            count, name = count + 1, opcode.name
            registry = registry or name in _REGISTRY
            if count == 2 and isinstance(argument, int):
                first = argument
            if count > _MAX_OPCODES:
                raise OverBudgetError(_TOO_LONG)
            if not count % _CHECK_EVERY:
                budget.check()
    # A loader runs everything before the broken opcode: what was read so far is judged all the same.
    except OverBudgetError as error:
        problem = str(error)
    except (ValueError, OverflowError, struct.error, MemoryError):
        problem = _BROKEN
    return _Piece(data[at : stream.tell()], first, problem, registry)


def _judged(piece: _Piece, problem: str) -> PickleVerdict:
    """What picklescan knows of the imports of one pickle."""
    from picklescan.scanner import SafetyLevel, scan_pickle_bytes  # 60 ms that most starts never need

    # It logs what it finds, and what it finds are strings of the file.
    logging.getLogger("picklescan").setLevel(logging.CRITICAL + 1)
    problem = piece.problem or problem
    if piece.registry:
        problem = problem or "imports by number, which only the loading program can resolve"
    try:
        result = scan_pickle_bytes(io.BytesIO(piece.data), "pickle", multiple_pickles=False)
    except (ValueError, TypeError, IndexError, KeyError, OverflowError, OSError):
        return PickleVerdict(ScanWord.UNKNOWN, reason=problem or "its imports could not be resolved")
    found = [Imported(one.module, one.name, one.safety is SafetyLevel.Dangerous) for one in result.globals]
    return pickle_verdict.decide(found, problem)
