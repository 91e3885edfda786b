"""Which files make one model: single files, Sharded Sets, and the companions that go along with them.

Names alone decide here; what a file is, its content decides later. The forms of a part's name:

    name-00001-of-00005.ext       safetensors and bin of Hugging Face, splits of llama.cpp's gguf-split
    name.ext.part1, .part1of3     one file cut into pieces
    name_00001.ext                only when several were picked: numbered check points look the same

Parts belong together when folder, stem, extension and total are equal, so two sets in one folder and
sets with different totals stay apart.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from types import MappingProxyType

from pumas_tui.core.domain.errors import Trouble
from pumas_tui.core.domain.files import Candidate, FileEntry, Member, ModelFormat, Role
from pumas_tui.core.domain.model_stores import name_from_folder
from pumas_tui.core.domain.naming import is_generic, split_extension

# fmt: off
WEIGHT_EXTENSIONS = frozenset({
    ".safetensors", ".sft", ".ckpt", ".pt", ".pt2", ".pth", ".bin", ".pkl", ".gguf", ".ggml", ".onnx", ".ort",
    ".h5", ".keras", ".msgpack", ".npz", ".npy", ".tflite", ".pte", ".engine", ".trt", ".mlmodel", ".nemo",
    ".task", ".llamafile",
})
# fmt: on
"""Lower-case endings under which weights are found by walking a folder."""

UNFINISHED = frozenset({".part", ".incomplete", ".crdownload", ".aria2"})
_CONTROL_FILE = ".aria2"

_COMPANIONS = (
    (".civitai.info", Role.OTHER),
    (".preview.png", Role.PREVIEW),
    (".preview.jpg", Role.PREVIEW),
    (".preview.jpeg", Role.PREVIEW),
    (".preview.webp", Role.PREVIEW),
    (".png", Role.PREVIEW),
    (".jpg", Role.PREVIEW),
    (".jpeg", Role.PREVIEW),
    (".webp", Role.PREVIEW),
    (".yaml", Role.CONFIG),
    (".yml", Role.CONFIG),
    (".json", Role.CONFIG),
    (".txt", Role.OTHER),
    (".md", Role.OTHER),
)
"""Endings of files that go along with weights of the same stem."""

# fmt: off
_NEVER_WEIGHTS = frozenset(suffix for suffix, _ in _COMPANIONS) | {
    ".info", ".html", ".htm", ".pdf", ".csv", ".log", ".toml", ".ini", ".py", ".ipynb", ".sh", ".gif", ".svg",
    ".mp4", ".webm", ".url", ".sha256",
}
# fmt: on

_MAX_PARTS = 4096  # a name that claims more is not believed
_OF_TOTAL = re.compile(
    r"(?P<stem>.+)-(?P<index>[0-9]{1,5})-of-(?P<total>[0-9]{1,5})(?P<rest>(?:\.[^.]+)+)", re.S
)
_PIECE = re.compile(
    r"(?P<stem>.+)(?P<rest>\.[^.]+)\.part(?P<index>[0-9]{1,4})(?:of(?P<total>[0-9]{1,4}))?", re.S
)
_NUMBERED = re.compile(r"(?P<stem>.+)_(?P<index>[0-9]{5})(?P<rest>\.[^.]+)", re.S)
_EXTERNAL_DATA = re.compile(r"(?P<model>.+\.onnx)[._]data(?:_[0-9]{1,4})?", re.S | re.I)
_INDEX_FILE = re.compile(r"(?P<stem>.+)\.(?:safetensors|bin)\.index(?P<variant>\.[^.]+)?\.json", re.S)
_PLAIN_EXTENSION = re.compile(r"\.[A-Za-z]\w{0,9}")  # so that the name `mix_v1.5` keeps its `.5`


@dataclass(frozen=True, slots=True)
class Grouping:
    """Candidates in the order of their first picked file, and the files left over, each with the reason."""

    candidates: tuple[Candidate, ...]
    left: tuple[Trouble, ...]


def group(
    picked: Sequence[FileEntry],
    beside: Sequence[FileEntry],
    explicit: Collection[str] = frozenset(),
    listed: Mapping[str, Collection[str]] = MappingProxyType({}),
) -> Grouping:
    """Group `picked` files into candidates.

    `beside` are files of the same folders that were not picked: absent parts and companions are taken from
    there, nothing else is. `explicit` are the picked paths that a person named one by one: an unknown ending
    makes a candidate there, and is left over where a walk of a folder found it. `listed` are the names that
    an index file, by its path, says make its set: they are missing where they are not there. A path counts
    once; weights that are the inodes of an earlier candidate are noted there and make no second one.
    """
    files = {entry.path: entry for entry in picked}
    near = _Neighbours(files | {e.path: e for e in beside if e.path not in files})
    named = frozenset(explicit)
    units = _units([e for e in files.values() if near.holds_weights(e, named)], near)
    candidates = [_candidate(unit, near, listed) for unit in units]
    used = {member.entry.path for candidate in candidates for member in candidate.members}
    left = tuple(near.reason(entry) for entry in files.values() if entry.path not in used)
    return Grouping(tuple(without_twins(candidates)), left)


def part_number(entry: FileEntry) -> tuple[str, int, int] | None:
    """(what the parts of its set have in common, number, total) of a name like `x-00001-of-00005.y`."""
    part = _part(entry)
    if part is None or part[0].form is not _Form.OF_TOTAL:
        return None
    key, number = part
    return f"{key.folder}{key.stem}-?-of-{key.total}{key.rest}", number, int(key.total)


def part_name(like: str, number: int) -> str:
    """The name of another part of the set that a part of this name belongs to, written like it."""
    for pattern in (_PIECE, _OF_TOTAL, _NUMBERED):
        found = pattern.fullmatch(like)
        if found is not None:
            begin, end = found.span("index")
            return f"{like[:begin]}{number:0{end - begin}}{like[end:]}"
    return like


def is_external_data(name: str) -> bool:
    """Tensors of an ONNX file, kept beside it: `model.onnx_data`, `model.onnx.data`."""
    return _EXTERNAL_DATA.fullmatch(name) is not None


def is_index(name: str) -> bool:
    """A file that lists which file of a set holds which tensor: `model.safetensors.index.json`."""
    return _INDEX_FILE.fullmatch(name) is not None


def extension(name: str) -> str:
    """The last extension in lower case, with its dot; empty where there is none."""
    return split_extension(name)[1].lower()


# The name of a part


class _Form(Enum):
    OF_TOTAL = "-00001-of-00005"
    PIECE = ".part1"
    NUMBERED = "_00001"
    SINGLE = ""


@dataclass(frozen=True, slots=True)
class _SetKey:
    """What the parts of one set have in common. `total` is as written, empty where names do not tell it."""

    folder: str
    form: _Form
    stem: str
    rest: str
    total: str = ""

    @property
    def name(self) -> str:
        """What a person calls it; what stands between number and extension (`.fp16`) is part of that."""
        return self.stem + split_extension("_" + self.rest)[0][1:]


def _part(entry: FileEntry) -> tuple[_SetKey, int] | None:
    """The set a file is written to belong to and its number there, from 1; None for any other name."""
    for form, pattern in ((_Form.PIECE, _PIECE), (_Form.OF_TOTAL, _OF_TOTAL), (_Form.NUMBERED, _NUMBERED)):
        found = pattern.fullmatch(entry.name)
        if found is None or extension("_" + found["rest"]) not in WEIGHT_EXTENSIONS:
            continue
        index, total = int(found["index"]), found.groupdict().get("total") or ""
        if 1 <= index <= (int(total) if total else _MAX_PARTS) <= _MAX_PARTS:
            return _SetKey(_folder(entry), form, found["stem"], found["rest"], total), index
    return None


def _folder(entry: FileEntry) -> str:
    return entry.path[: -len(entry.name)]


def _single(entry: FileEntry) -> _SetKey:
    stem, rest = split_extension(entry.name)
    if rest.lower() not in WEIGHT_EXTENSIONS and not _PLAIN_EXTENSION.fullmatch(rest):
        stem, rest = entry.name, ""
    return _SetKey(_folder(entry), _Form.SINGLE, stem, rest)


# What lies around


class _Neighbours:
    """All files that are known, by path, by set and by stem; half downloads are only known by path."""

    def __init__(self, files: dict[str, FileEntry]) -> None:
        self._files = files
        self._parts: dict[_SetKey, dict[int, FileEntry]] = defaultdict(dict)
        self._companions: dict[tuple[str, str], list[Member]] = defaultdict(list)
        self._indexes: dict[tuple[str, str], list[Member]] = defaultdict(list)
        self._data: dict[str, list[Member]] = defaultdict(list)
        for entry in files.values():
            if not self.unfinished(entry):
                self._register(entry)

    def _register(self, entry: FileEntry) -> None:
        name, folder = entry.name, _folder(entry)
        part = _part(entry)
        if part is not None:
            self._parts[part[0]].setdefault(part[1], entry)
        for suffix, role in _COMPANIONS:
            if name.lower().endswith(suffix) and len(name) > len(suffix):
                self._companions[folder, name[: -len(suffix)]].append(Member(entry, name, role))
        data = _EXTERNAL_DATA.fullmatch(name)
        if data is not None:
            self._data[folder + data["model"]].append(Member(entry, name, Role.WEIGHTS))
        index = _INDEX_FILE.fullmatch(name)
        if index is not None:
            key = folder, index["stem"] + (index["variant"] or "")
            self._indexes[key].append(Member(entry, name, Role.CONFIG))

    def has(self, path: str) -> bool:
        """Whether a file is known by this path."""
        return path in self._files

    def unfinished(self, entry: FileEntry) -> bool:
        """A half download by its own name or by the control file beside it."""
        return extension(entry.name) in UNFINISHED or self.has(entry.path + _CONTROL_FILE)

    def holds_weights(self, entry: FileEntry, explicit: frozenset[str]) -> bool:
        """May make a candidate: a weight ending or a part's, or any unknown ending that a person named."""
        ending = extension(entry.name)
        data = _EXTERNAL_DATA.fullmatch(entry.name)
        if (
            self.unfinished(entry)
            or ending in _NEVER_WEIGHTS
            or (data and self.has(_folder(entry) + data["model"]))
        ):
            return False
        return ending in WEIGHT_EXTENSIONS or entry.path in explicit or _part(entry) is not None

    def parts(self, key: _SetKey) -> dict[int, FileEntry]:
        """The parts of a set by number, picked or beside; of two files with one number the first."""
        return self._parts.get(key, {})

    def companions(self, key: _SetKey) -> list[Member]:
        """Files of the same stem, by name."""
        return sorted(self._companions.get((key.folder, key.name), ()), key=lambda member: member.name)

    def external_data(self, entry: FileEntry) -> list[Member]:
        """Files that hold the tensors of an ONNX file, by name."""
        return sorted(self._data.get(entry.path, ()), key=lambda member: member.name)

    def indexes(self, key: _SetKey) -> list[Member]:
        """Files that list a set's parts, by name."""
        return sorted(self._indexes.get((key.folder, key.name), ()), key=lambda member: member.name)

    def reason(self, entry: FileEntry) -> Trouble:
        """Why a picked file is in no candidate."""
        if self.unfinished(entry):
            hint = "let the download finish, then paste it again"
            return Trouble("refused", "half a download", entry.path, hint)
        part = _part(entry)
        if part is not None:
            first = self._parts[part[0]][part[1]].name
            return Trouble("refused", f"has the same part number as {first}", entry.path)
        if extension(entry.name) in _NEVER_WEIGHTS:
            return Trouble("no_weights", "no weights, and no model of the same name beside it", entry.path)
        hint = "paste its path to import it anyway"
        return Trouble("no_weights", "not an ending that model files have", entry.path, hint)


# Files to units to candidates


@dataclass(frozen=True, slots=True)
class _Unit:
    """Weights of one candidate by part number; a single file has number 0."""

    key: _SetKey
    parts: dict[int, FileEntry]


def _units(weights: Sequence[FileEntry], near: _Neighbours) -> list[_Unit]:
    numbered = _numbered_sets(weights, near)
    units: dict[_SetKey, _Unit] = {}
    for entry in weights:
        part = _part(entry)
        if part is None or (part[0].form is _Form.NUMBERED and part[0] not in numbered):
            single = _single(entry)
            units[single] = _Unit(single, {0: entry})
        elif part[0] not in units:
            units[part[0]] = _Unit(part[0], near.parts(part[0]))
    return list(units.values())


def _numbered_sets(weights: Iterable[FileEntry], near: _Neighbours) -> set[_SetKey]:
    """The sets among `name_00001.ext`: two or more were picked, no `_00000`, more parts than gaps.

    One picked file, or steps like 500, 1000, 1500, are check points that stand for themselves.
    """
    picked: dict[_SetKey, int] = defaultdict(int)
    for part in map(_part, weights):
        if part is not None and part[0].form is _Form.NUMBERED:
            picked[part[0]] += 1
    return {key for key, number in picked.items() if number > 1 and _is_series(key, near)}


def _is_series(key: _SetKey, near: _Neighbours) -> bool:
    numbers = near.parts(key)
    return 2 * len(numbers) > max(numbers) and not near.has(f"{key.folder}{key.stem}_00000{key.rest}")


def _candidate(unit: _Unit, near: _Neighbours, listed: Mapping[str, Collection[str]]) -> Candidate:
    if unit.key.form is _Form.SINGLE:
        file = unit.parts[0]
        members = [Member(file, file.name, Role.WEIGHTS), *near.external_data(file)]
        companions = near.companions(unit.key)
        return Candidate(
            _called(unit.key), ModelFormat.SINGLE_FILE, (*members, *companions), main_name=file.name
        )
    total = int(unit.key.total) if unit.key.total else None
    indexes = near.indexes(unit.key)
    expected = set(range(1, (total or max(unit.parts)) + 1))
    for index in indexes:
        expected |= _numbers(unit.key, listed.get(index.entry.path, ()))
    known = total is not None or any(index.entry.path in listed for index in indexes)
    members = [Member(unit.parts[n], unit.parts[n].name, Role.WEIGHTS, n, total) for n in sorted(unit.parts)]
    return Candidate(
        name=_called(unit.key),
        model_format=ModelFormat.SHARDED_SET,
        members=(*members, *indexes, *near.companions(unit.key)),
        missing=tuple(sorted(expected - unit.parts.keys())),
        complete_known=known,
        notes=tuple(_set_notes(unit.key, indexes, known=known)),
    )


def _called(key: _SetKey) -> str:
    """The name its files have, or their folder's where thousands of models have files of that name."""
    return (name_from_folder(key.folder) if is_generic(key.name) else "") or key.name


def _numbers(key: _SetKey, names: Iterable[str]) -> set[int]:
    """Numbers of the parts of one set among names of its folder."""
    parts = (_part(FileEntry(key.folder + name, 0, 0, 0, 0)) for name in names if "/" not in name)
    return {part[1] for part in parts if part is not None and part[0] == key}


def _set_notes(key: _SetKey, indexes: Sequence[Member], *, known: bool) -> Iterator[str]:
    if key.form is _Form.PIECE:
        yield "pieces of one file that was cut; apps need them joined"
    for index in indexes:
        yield f"{index.name} lists the parts"
    if not known:
        yield "complete as far as the names tell"


def without_twins(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Leave out candidates whose weights are all inodes of earlier ones; the earlier one gets a note."""
    kept: list[Candidate] = []
    owner: dict[tuple[int, int], int] = {}
    for candidate in candidates:
        inodes = [(part.entry.dev, part.entry.ino) for part in candidate.weights]
        known = all(inode in owner and inode[1] != 0 for inode in inodes)  # 0: a driver without inode numbers
        if known:
            first = owner[inodes[0]]
            note = f"the same file again: {candidate.main.entry.path}"
            kept[first] = replace(kept[first], notes=(*kept[first].notes, note))
            continue
        for inode in inodes:
            owner.setdefault(inode, len(kept))
        kept.append(candidate)
    return kept
