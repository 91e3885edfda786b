"""Parts that a candidate lacks: what they are called, which file is one, and the candidate with them.

A name alone proves little: thousands of repositories call a part `model-00002-of-00004.safetensors`. So a
file is also held against the index, which says for each part which tensors are in it, and against what its
own header says. No index says how large one part is: only a header tells that a file ends too early.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from pumas_tui.core.domain import folder_parts, folders, grouping
from pumas_tui.core.domain.files import Candidate, Container, FileEntry, HeaderFacts, Member, Role
from pumas_tui.core.domain.folders import Document
from pumas_tui.core.domain.text import count, plural


@dataclass(frozen=True, slots=True)
class AbsentPart:
    """A part to be found. `name` is its path below the model, `shard_index` its number within its set.

    `number` is how people are told of it: of a folder it counts over all sets. `tensors` are those that an
    index puts into it, empty where none tells.
    """

    number: int
    name: str
    shard_index: int
    shard_total: int | None
    tensors: frozenset[str] = frozenset()

    @property
    def file_name(self) -> str:
        """Last part of its name."""
        return self.name.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class FoundPart:
    """A file that may be a missing part. `others`: how many more files of that name may be it as well.

    `sha256`: what its content must hash to, where that is known.
    """

    number: int
    path: str
    size_bytes: int
    others: int = 0
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class PartSearch:
    """What a search came to. `files` were seen at or below `top`; `stopped` says why it ended early, if so.

    `not_it`: paths of files that have the name and are no such part, each with the reason. `in_library`:
    models that hold a file of that name.
    """

    found: tuple[FoundPart, ...]
    top: str
    files: int
    stopped: str = ""
    not_it: tuple[tuple[str, str], ...] = ()
    in_library: tuple[str, ...] = ()


def absent(
    candidate: Candidate, indexes: Mapping[str, Document], short: Collection[int] = ()
) -> tuple[AbsentPart, ...]:
    """The parts that are missing or `short` (numbers), in order. `indexes`: its index files, by name."""
    tensors = _tensors(indexes)
    if candidate.is_folder:
        named = _of_folder(candidate, indexes)
    else:
        like = candidate.main
        numbers = sorted({*candidate.missing, *short})
        named = [(n, grouping.part_name(like.name, n), n, like.shard_total) for n in numbers]
    return tuple(AbsentPart(*one, tensors.get(one[1], frozenset())) for one in named)


def _of_folder(
    candidate: Candidate, indexes: Mapping[str, Document]
) -> list[tuple[int, str, int, int | None]]:
    listed = {
        index: [f"{index.rpartition('/')[0]}/{name}".lstrip("/") for name in folders.listed_names(document)]
        for index, document in indexes.items()
    }
    names = [member.name for member in candidate.members]
    parts = folder_parts.parts_of(names, listed, lambda name: folders.role_of(name) is Role.WEIGHTS)
    found = []
    for number, name in zip(parts.missing_numbers, parts.missing, strict=True):
        place = grouping.part_number(FileEntry(f"/{name}", 0, 0, 0, 0))
        found.append((number, name, place[1] if place else number, place[2] if place else None))
    return found


def _tensors(indexes: Mapping[str, Document]) -> dict[str, frozenset[str]]:
    """Tensors by the part that an index puts them into."""
    found: dict[str, set[str]] = defaultdict(set)
    for index, document in indexes.items():
        folder = index.rpartition("/")[0]
        weights = document.value.get("weight_map") if isinstance(document.value, dict) else None
        for tensor, name in weights.items() if isinstance(weights, dict) else ():
            found[f"{folder}/{name}".lstrip("/")].add(tensor)
    return {name: frozenset(tensors) for name, tensors in found.items()}


def mismatch(part: AbsentPart, file_name: str, facts: HeaderFacts, container: Container) -> str:
    """Why a file is not that part, empty where it may be. `container` is that of the other parts."""
    if facts.refuse:
        return facts.refuse
    if facts.container is not container:
        return f"the other parts are {container.value} files, this one is not"
    own = {tensor.name for tensor in facts.tensors}
    if part.tensors and facts.tensors:
        lacking = len(part.tensors - own)
        if lacking:
            listed = plural(len(part.tensors), "tensor")
            return f"the index puts {listed} into part {part.number}, {count(lacking)} of them are not in it"
        if own == part.tensors:
            return ""
    number, total = facts.metadata.get("split.no"), facts.metadata.get("split.count")
    if number is not None and total is not None:  # llama.cpp counts them from 0
        same = (number, total) == (str(part.shard_index - 1), str(part.shard_total))
        return "" if same else f"its header says split.no {number} of {total}, counted from 0"
    return "" if file_name == part.file_name else f"it would be called {part.file_name}"


def with_parts(
    candidate: Candidate, found: Sequence[tuple[AbsentPart, FileEntry]], hashes: Mapping[str, str]
) -> Candidate:
    """The candidate with these files as its parts; a short part of the same name is replaced. `hashes`: what
    the content of each must hash to, by path, where that is known."""
    added = [
        Member(entry, part.name, Role.WEIGHTS, part.shard_index, part.shard_total, hashes.get(entry.path, ""))
        for part, entry in found
    ]
    names, numbers = {member.name for member in added}, {part.number for part, _ in found}
    kept = [member for member in candidate.members if member.name not in names]
    parts = [member for member in kept if member.shard_index is not None]
    rest = [member for member in kept if member.shard_index is None]
    if candidate.is_folder:
        members = sorted([*kept, *added], key=lambda member: member.name)
    else:
        members = [*sorted([*parts, *added], key=lambda member: member.shard_index or 0), *rest]
    missing = tuple(n for n in candidate.missing if n not in numbers)
    return replace(candidate, members=tuple(members), missing=missing)
