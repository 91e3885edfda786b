"""What an opcode check of a pickle came to. Three words, and none of them is "safe".

An import that models need is one that torch's own `weights_only` loader takes without question; the list is
that of `torch/_weights_only_unpickler.py`. Anything the check did not understand is unknown, never clean.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from pumas_tui.core.domain.text import plural


class ScanWord(StrEnum):
    """The word for what was found."""

    CODE = "contains code"
    NOTHING = "no code found by opcode check"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Imported:
    """A global that a pickle asks for, as its opcodes spell it, and whether it is known to run code."""

    module: str
    name: str
    dangerous: bool = False


@dataclass(frozen=True, slots=True)
class PickleVerdict:
    """The verdict on all pickles of a candidate.

    `globals` are the findings: with CODE what runs code, with UNKNOWN imports that weights do not need.
    `reason` says why it is unknown. Both hold text of the file: `text.safe` before anybody sees it.
    """

    verdict: ScanWord
    globals: tuple[str, ...] = ()
    reason: str = ""

    @property
    def text(self) -> str:
        """The verdict in one line."""
        if self.verdict is ScanWord.CODE:
            return f"{self.verdict.value}: {', '.join(self.globals)}"
        return f"{self.verdict.value}, {self.reason}" if self.reason else self.verdict.value

    @property
    def facts(self) -> dict[str, Any]:
        """As JSON values."""
        return {"verdict": self.verdict.value, "globals": list(self.globals), "reason": self.reason}


_MOST: Final = 40  # findings kept
_LONGEST: Final = 120  # characters of one
_NEEDED: Final = re.compile(
    r"collections\.(OrderedDict|defaultdict|Counter)"
    r"|_codecs\.encode"
    r"|(builtins|__builtin__)\.(set|frozenset|bytearray|complex)"
    r"|torch\.(Size|device|Tensor|nn\.Parameter|nn\.parameter\.Parameter|BFloat16Tensor|[A-Z][a-z]+Tensor)"
    r"|torch\.([A-Z][a-z]+|BFloat16|QInt8|QUInt8|QInt32|QUInt4x2|QUInt2x4|ComplexFloat|ComplexDouble|Untyped)Storage"
    r"|torch\.storage\.(Untyped|Typed)Storage"
    r"|torch\.(cuda|cpu)\.([A-Z][a-z]+|BFloat16)(Tensor|Storage)"
    r"|torch\.(b?float(16|32|64)?|half|double|u?int(8|16|32|64)|long|short|bool|complex(32|64|128)|quint8|qint8"
    r"|qint32|float8_e4m3fn(uz)?|float8_e5m2(fnuz)?)"
    r"|torch\._utils\._rebuild_(tensor|tensor_v2|tensor_v3|parameter|parameter_with_state|qtensor|sparse_tensor"
    r"|meta_tensor_no_storage|wrapper_subclass)"
    r"|torch\._tensor\._rebuild_from_type_v2"
    r"|torch\.serialization\._get_layout"
    r"|__torch__\..+"  # types that the archive itself defines, in TorchScript
    r"|numpy\.(dtype|ndarray)|numpy\._?core\.multiarray\.(_reconstruct|scalar)"
    r"|numpy\.dtypes\.[A-Z][A-Za-z0-9]+DType"
)
"""Imports of a plain state dict: containers, storages, dtypes and the functions that rebuild tensors."""


def needed(name: str) -> bool:
    """A model that is only weights asks for this global."""
    return _NEEDED.fullmatch(name) is not None


def decide(imports: Iterable[Imported], problem: str = "") -> PickleVerdict:
    """The verdict on one pickle. `problem`: why the check could not follow it to its end."""
    asked = list(imports)
    evil = _named(one for one in asked if one.dangerous)
    if evil:
        return PickleVerdict(ScanWord.CODE, evil)
    strange = _named(one for one in asked if not needed(f"{one.module}.{one.name}"))
    if problem:
        return PickleVerdict(ScanWord.UNKNOWN, strange, problem)
    if strange:
        many = "" if len(strange) < _MOST else "at least "
        reason = f"{many}{plural(len(strange), 'import')} that weights do not need"
        return PickleVerdict(ScanWord.UNKNOWN, strange, reason)
    return PickleVerdict(ScanWord.NOTHING)


def worst(verdicts: Iterable[PickleVerdict]) -> PickleVerdict | None:
    """One verdict on several pickles; None where there is none to speak of."""
    told = list(verdicts)
    for word in (ScanWord.CODE, ScanWord.UNKNOWN, ScanWord.NOTHING):
        same = [one for one in told if one.verdict is word]
        if same:
            findings = tuple(dict.fromkeys(name for one in same for name in one.globals))
            return PickleVerdict(word, findings[:_MOST], same[0].reason)
    return None


def read_facts(facts: object) -> PickleVerdict | None:
    """A verdict out of the JSON values of a job row; None where there is none."""
    if not isinstance(facts, Mapping) or facts.get("verdict") not in {word.value for word in ScanWord}:
        return None
    found = facts.get("globals") or ()
    names = tuple(str(name) for name in found) if isinstance(found, list | tuple) else ()
    return PickleVerdict(ScanWord(facts["verdict"]), names, str(facts.get("reason") or ""))


def _named(imports: Iterable[Imported]) -> tuple[str, ...]:
    names = sorted({f"{one.module}.{one.name}"[:_LONGEST] for one in imports})
    return tuple(names[:_MOST])
