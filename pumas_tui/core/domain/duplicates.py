"""Content that the library holds more than once, and which models could go without losing any of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pumas_tui.core.domain.ids import ModelId, ModelUid


@dataclass(frozen=True, slots=True)
class Copy:
    """One file of one model. `place` tells names of one file apart from copies; None where it is not known.

    size in bytes; `added_at` of its model, seconds since the epoch.
    """

    model_id: ModelId
    uid: ModelUid
    name: str
    size: int
    sha256: str
    added_at: float
    place: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class SameContent:
    """Files of one content, the oldest model's first. `spare_bytes`: what all but one of them take."""

    sha256: str
    size: int
    copies: tuple[Copy, ...]
    spare_bytes: int


@dataclass(frozen=True, slots=True)
class Spare:
    """A model all of whose files `kept` holds too. `frees_bytes`: what they take beside it."""

    model_id: ModelId
    uid: ModelUid
    kept: ModelId
    frees_bytes: int


@dataclass(frozen=True, slots=True)
class Duplicates:
    """The most wasteful first."""

    same: tuple[SameContent, ...] = ()
    spare: tuple[Spare, ...] = ()

    @property
    def spare_bytes(self) -> int:
        """What would be free with every content once."""
        return sum(one.spare_bytes for one in self.same)


def find(files: Iterable[Copy]) -> Duplicates:
    """Duplicates among all files of the models concerned; files without bytes or hash do not count."""
    by_content: dict[str, list[Copy]] = defaultdict(list)
    by_model: dict[ModelId, list[Copy]] = defaultdict(list)
    for file in files:
        if file.size and file.sha256:
            by_content[file.sha256].append(file)
            by_model[file.model_id].append(file)
    same = [_same(sha, copies) for sha, copies in by_content.items() if len(copies) > 1]
    spare = _spare(by_model, by_content)
    return Duplicates(
        tuple(sorted(same, key=lambda one: (-one.spare_bytes, one.sha256))),
        tuple(sorted(spare, key=lambda one: (-one.frees_bytes, one.model_id))),
    )


def _same(sha256: str, copies: list[Copy]) -> SameContent:
    copies.sort(key=lambda file: (file.added_at, file.model_id, file.name))
    return SameContent(sha256, copies[0].size, tuple(copies), (_on_disk(copies) - 1) * copies[0].size)


def _on_disk(copies: Iterable[Copy]) -> int:
    """How many times the content lies on the disk: names of one inode are one."""
    return len({file.place or (file.model_id, file.name) for file in copies})


def _spare(by_model: Mapping[ModelId, list[Copy]], by_content: Mapping[str, list[Copy]]) -> list[Spare]:
    """Newest first, so that of equal models the oldest stays; what was called spare keeps nothing else."""
    found: dict[ModelId, Spare] = {}
    newest = sorted(by_model, key=lambda model: (-by_model[model][0].added_at, model))
    for model in newest:
        contents = {file.sha256 for file in by_model[model]}
        holders = [{file.model_id for file in by_content[sha]} for sha in contents]
        others = set.intersection(*holders) - {model} - found.keys()
        if others:
            kept = min(others, key=lambda other: (by_model[other][0].added_at, other))
            own = {file.place for file in by_model[kept]} - {None}
            frees = sum(file.size for file in by_model[model] if file.place not in own)
            found[model] = Spare(model, by_model[model][0].uid, kept, frees)
    return list(found.values())
