"""Are these the published tensors under another header? What two headers say of it, and the answer in words.

A file of this kind is a header and, behind it, the bytes of its tensors. Where two files announce the same
tensors at the same places, one of them is proven to hold the other's bytes when its own bytes behind the
other's header hash to what that one is known to hash to.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pumas_tui.core.domain.files import Container, HeaderFacts, TensorFact
from pumas_tui.core.domain.text import plural

COMPARABLE = (Container.SAFETENSORS, Container.GGUF)
_NAMED = 5
_LONGEST = 60
_MARK = ": its tensors "


class TensorVerdict(StrEnum):
    """What the comparison came to."""

    SAME_BYTES = "same_bytes"  # proven by SHA-256
    OTHER_VALUES = "other_values"  # the same names, types, shapes and places
    OTHER_TENSORS = "other_tensors"
    NOT_COMPARED = "not_compared"


@dataclass(frozen=True, slots=True)
class HeaderChange:
    """Keys of the header's own words that only this file has, that only the published one has, and whose
    values differ."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TensorAnswer:
    """A file of the library against the published `path` of `repo_id`. `reason`: why it was not compared, or
    in what the tensors differ; `read_bytes`: so much of the file was read for it."""

    verdict: TensorVerdict
    repo_id: str
    path: str
    change: HeaderChange = HeaderChange()
    reason: str = ""
    read_bytes: int = 0

    @property
    def line(self) -> str:
        """The answer as one line of evidence."""
        return f"{self.repo_id} {self.path}{_MARK}{self._words}"

    @property
    def _words(self) -> str:
        match self.verdict:
            case TensorVerdict.SAME_BYTES:
                return f"are the published ones, byte for byte; only the header differs: {_told(self.change)}"
            case TensorVerdict.OTHER_VALUES:
                return "have the published names, types and shapes, and other values"
            case TensorVerdict.OTHER_TENSORS:
                return f"are others: {self.reason}"
            case TensorVerdict.NOT_COMPARED:
                return f"were not compared: {self.reason}"


def _told(change: HeaderChange) -> str:
    said = [
        f"{word} {_listed(keys)}"
        for word, keys in (("added", change.added), ("removed", change.removed), ("changed", change.changed))
        if keys
    ]
    return ", ".join(said) or "its lists, or how it is written"


def _listed(names: Sequence[str]) -> str:
    shown = [name if len(name) <= _LONGEST else f"{name[:_LONGEST]}..." for name in names[:_NAMED]]
    more = [f"{len(names) - _NAMED} more"] if len(names) > _NAMED else []
    return " and ".join([", ".join(shown), *more])


def is_told(line: str) -> bool:
    """A line of evidence that such a comparison left."""
    return _MARK in line


def told_of(evidence: Iterable[str], repo_id: str, path: str) -> str:
    """What such a comparison with this file came to, or empty."""
    about = f"{repo_id} {path}{_MARK}"
    return next((line.removeprefix(about) for line in evidence if line.startswith(about)), "")


def with_answer(evidence: Sequence[str], answer: TensorAnswer, most: int) -> list[str]:
    """The evidence with this answer at its end, in place of an earlier one about the same file."""
    about = answer.line.partition(_MARK)[0] + _MARK
    return [*[line for line in evidence if not line.startswith(about)][: most - 1], answer.line]


def header_bytes(size: int, facts: HeaderFacts, published_size: int) -> int:
    """How long the published header must be if as many bytes of tensors follow it as in this file."""
    return published_size - (size - facts.data_offset)


def change_of(own: HeaderFacts, published: HeaderFacts) -> HeaderChange:
    """What of the headers' own words differs."""
    mine, theirs = own.metadata, published.metadata
    return HeaderChange(
        tuple(sorted(mine.keys() - theirs.keys())),
        tuple(sorted(theirs.keys() - mine.keys())),
        tuple(sorted(key for key in mine.keys() & theirs.keys() if mine[key] != theirs[key])),
    )


def difference(own: HeaderFacts, published: HeaderFacts) -> str:
    """In what the announced tensors differ, or empty."""
    mine, theirs = _by_name(own.tensors), _by_name(published.tensors)
    both = mine.keys() & theirs.keys()
    kinds = [name for name in both if _kind(mine[name]) != _kind(theirs[name])]
    said = [
        _counted(mine.keys() - theirs.keys(), "only in this file"),
        _counted(theirs.keys() - mine.keys(), "only in the published one"),
        _counted(kinds, "of another type or shape"),
    ]
    told = ", ".join(line for line in said if line)
    if not told and any(mine[name].offset != theirs[name].offset for name in both):
        return "the same names, types and shapes in another order"
    return told


def _by_name(tensors: Iterable[TensorFact]) -> Mapping[str, TensorFact]:
    return {tensor.name: tensor for tensor in tensors}


def _kind(tensor: TensorFact) -> tuple[str, tuple[int, ...]]:
    return tensor.dtype, tensor.shape


def _counted(names: Iterable[str], where: str) -> str:
    listed = sorted(names)
    return f"{plural(len(listed), 'tensor')} {where} ({_listed(listed)})" if listed else ""
