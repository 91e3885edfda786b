"""Folders that are one model, with everything in them: pipelines of diffusers, models of transformers.

A marker makes a folder one: `model_index.json` (diffusers), `config.json` with weights beside it,
`adapter_config.json` (PEFT), `modules.json` (sentence-transformers). Names say which documents to read
(`documents_of`), what was read decides (`find`). The outermost such folder counts; what no folder takes is
left for `grouping`. Some weights in such a folder are models of their own: GGUF files, and checkpoints
beside `model_index.json`, which no pipeline reads.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pumas_tui.core.domain import folder_parts, grouping, model_stores
from pumas_tui.core.domain.files import Candidate, FileEntry, Member, ModelFormat, Role
from pumas_tui.core.domain.grouping import WEIGHT_EXTENSIONS, extension
from pumas_tui.core.domain.naming import is_generic, split_extension

PIPELINE = "model_index.json"
CONFIG = "config.json"
ADAPTER = "adapter_config.json"
MODULES = "modules.json"
_MARKERS = frozenset({PIPELINE, CONFIG, ADAPTER, MODULES})

_CONFIG_KEYS = frozenset({"model_type", "architectures", "_class_name", "_diffusers_version"})
_ALONE = frozenset({".gguf", ".ggml", ".llamafile"})
"""Endings of files that hold all of a model and need nothing beside them."""

_DENOISERS = ("transformer", "unet", "prior", "decoder")
_PREFERRED = (".safetensors", ".bin", ".pt", ".pth", ".onnx")
_TOKENIZER = re.compile(
    r"tokenizer.*|vocab(?:ulary)?\.(?:json|txt)|merges\.txt|special_tokens_map\.json|added_tokens\.json"
    r"|spiece\.model|sentencepiece.*\.model|.*\.tiktoken|chat_template\.(?:json|jinja)|preprocessor_config\.json",
    re.S,
)
_CONFIGS = frozenset({".json", ".yaml", ".yml", ".toml", ".jinja"})
_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp"})
_CODE = ".py"
_SHOWN = 5  # names in one note


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON file as far as it could be read: its value, or why there is none."""

    value: object = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Folders:
    """Folders that are one model each, in the order of their paths, and the files that no folder took."""

    candidates: tuple[Candidate, ...]
    rest: tuple[FileEntry, ...]


def documents_of(files: Iterable[FileEntry]) -> tuple[str, ...]:
    """Paths of the files among these whose content decides: markers, and lists of a set's parts."""
    return tuple(f.path for f in files if f.name in _MARKERS or grouping.is_index(f.name))


def listed_names(document: Document) -> tuple[str, ...]:
    """Names of files that an index says a set is made of, sorted; none where it says nothing."""
    weights = document.value.get("weight_map") if isinstance(document.value, dict) else None
    if not isinstance(weights, dict):
        return ()
    names = {name for name in weights.values() if isinstance(name, str) and "/" not in name}
    return tuple(sorted(names - {"", ".", ".."}))


def find(files: Sequence[FileEntry], documents: Mapping[str, Document]) -> Folders:
    """Take the folders that are models out of `files`, all of which a walk found or a person picked."""
    by_folder: dict[str, list[FileEntry]] = defaultdict(list)
    for file in files:
        by_folder[_folder(file.path)].append(file)
    heavy = {above for file in files if _is_weight(file) for above in _above(file.path)}
    trees: dict[str, ModelFormat] = {}
    for folder in sorted(by_folder, key=lambda path: (path.count("/"), path)):
        if not _within(folder, trees):
            kind = _kind(folder, by_folder, documents) if folder in heavy else None
            if kind is not None:
                trees[folder] = kind
    owner = {file.path: _owner(file, trees) for file in files}
    whole = {owner[file.path] for file in files if _is_weight(file)} - {""}
    taken: dict[str, list[FileEntry]] = defaultdict(list)
    rest: list[FileEntry] = []
    for file in files:
        tree = owner[file.path]
        (taken[tree] if tree in whole else rest).append(file)
    candidates = tuple(
        _candidate(folder, trees[folder], taken[folder], documents) for folder in sorted(whole)
    )
    return Folders(candidates, tuple(rest))


def _owner(file: FileEntry, trees: Mapping[str, ModelFormat]) -> str:
    """The tree that a file belongs to; empty where it stands alone."""
    tree = _within(_folder(file.path), trees)
    return "" if tree and _stands_alone(file, tree, trees[tree]) else tree


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _within(folder: str, trees: Mapping[str, ModelFormat]) -> str:
    """The tree that a folder is or lies in; empty where there is none."""
    while folder and folder not in trees:
        folder = _folder(folder)
    return folder


def _above(path: str) -> Iterator[str]:
    """All folders that a file lies in, the nearest first."""
    while path := _folder(path):
        yield path


def _kind(
    folder: str, by_folder: Mapping[str, list[FileEntry]], documents: Mapping[str, Document]
) -> ModelFormat | None:
    """What a folder with weights somewhere in it is; None where it is no model by itself."""
    names = {file.name for file in by_folder[folder]}
    if PIPELINE in names:
        return ModelFormat.DIFFUSION_FOLDER
    if _is_modules(documents.get(f"{folder}/{MODULES}")):
        return ModelFormat.FOLDER
    marked = _has_key(documents.get(f"{folder}/{CONFIG}")) or _is_object(documents.get(f"{folder}/{ADAPTER}"))
    weights = filter(_is_weight, (*by_folder[folder], *by_folder.get(f"{folder}/onnx", ())))
    loaded = any(extension(file.name) not in _ALONE for file in weights)
    return ModelFormat.FOLDER if marked and loaded else None


def _is_weight(file: FileEntry) -> bool:
    return extension(file.name) in WEIGHT_EXTENSIONS


def _has_key(document: Document | None) -> bool:
    return (
        document is not None
        and isinstance(document.value, dict)
        and bool(_CONFIG_KEYS & document.value.keys())
    )


def _is_object(document: Document | None) -> bool:
    return document is not None and isinstance(document.value, dict)


def _is_modules(document: Document | None) -> bool:
    values = document.value if document is not None else None
    return isinstance(values, list) and any(isinstance(v, dict) and "type" in v for v in values)


def _stands_alone(file: FileEntry, tree: str, kind: ModelFormat) -> bool:
    """A model of its own though it lies in a folder that is one."""
    ending = extension(file.name)
    beside_index = kind is ModelFormat.DIFFUSION_FOLDER and _folder(file.path) == tree
    return ending in _ALONE or (beside_index and ending in WEIGHT_EXTENSIONS)


def _candidate(
    folder: str, kind: ModelFormat, taken: Iterable[FileEntry], documents: Mapping[str, Document]
) -> Candidate:
    """The folder as one model; names of members are relative to it."""
    start = len(folder) + 1
    files = {file.path[start:]: file for file in taken}
    own = {file.path[start:]: documents[file.path] for file in files.values() if file.path in documents}
    indexes = {
        name: [f"{name.rpartition('/')[0]}/{listed}".lstrip("/") for listed in listed_names(document)]
        for name, document in own.items()
        if grouping.is_index(name.rpartition("/")[2])
    }
    parts = folder_parts.parts_of(files, indexes, lambda name: role_of(name) is Role.WEIGHTS)
    members = tuple(
        Member(files[name], name, role_of(name), *parts.numbers.get(name, (None, None)))
        for name in sorted(files)
    )
    return Candidate(
        name=model_stores.name_of_model_folder(folder) or "unnamed",
        model_format=kind,
        members=members,
        missing=parts.missing_numbers,
        notes=(*parts.notes, *_notes(files, own, parts.missing)),
        folder=folder,
        main_name=_main(members, kind),
    )


def role_of(name: str) -> Role:
    """What a file of a model's folder is, by its path in it."""
    folder, _, last = name.rpartition("/")
    ending = extension(last)
    if ending in WEIGHT_EXTENSIONS or grouping.is_external_data(last):
        return Role.WEIGHTS
    if _TOKENIZER.fullmatch(last) or re.fullmatch(r"(?:.*/)?tokenizer(?:_[0-9])?", folder):
        return Role.TOKENIZER
    if ending in _CONFIGS:
        return Role.CONFIG
    return Role.PREVIEW if ending in _PICTURES and not folder else Role.OTHER


def _main(members: Sequence[Member], kind: ModelFormat) -> str:
    """The weights that say what the model is: a pipeline's denoiser, else those at the top of the folder."""

    def rank(member: Member) -> tuple[object, ...]:
        folder, _, last = member.name.rpartition("/")
        stem, _ = split_extension(last)
        ending = extension(last)
        by_component = _DENOISERS.index(folder) if folder in _DENOISERS else len(_DENOISERS)
        return (
            by_component if kind is ModelFormat.DIFFUSION_FOLDER else 0,
            member.name.count("/"),
            _PREFERRED.index(ending) if ending in _PREFERRED else len(_PREFERRED),
            not is_generic(stem),
            len(last),
            member.name,
        )

    return min((m for m in members if m.role is Role.WEIGHTS), key=rank).name


def _notes(files: Collection[str], own: Mapping[str, Document], missing: Sequence[str]) -> Iterator[str]:
    yield from (f"{name} is not there" for name in missing[:_SHOWN])
    for name, document in sorted(own.items()):
        if document.problem:
            yield f"{name} cannot be read: {document.problem}"
    code = sorted(name for name in files if extension(name) == _CODE)
    if code:
        yield f"holds Python code that some programs run: {', '.join(code[:_SHOWN])}"
    pipeline = own.get(PIPELINE)
    if pipeline is not None and isinstance(pipeline.value, dict):
        there = {name.partition("/")[0] for name in files if "/" in name}
        absent = sorted(components(pipeline.value).keys() - there)
        if absent:
            yield f"{PIPELINE} lists what is not there: {', '.join(absent[:_SHOWN])}"


def components(pipeline: Mapping[str, object]) -> dict[str, tuple[str, str]]:
    """Parts of a pipeline by folder name, each with its library and class. Parts left out are not listed."""
    return {
        name: (value[0], value[1])
        for name, value in pipeline.items()
        if not name.startswith("_")
        and isinstance(value, list)
        and len(value) == 2
        and isinstance(value[0], str)
        and isinstance(value[1], str)
    }


def unfinished(candidate: Candidate) -> str:
    """Path of a half download in a folder, empty where all is there: then the folder is not whole yet."""
    paths = (m.entry.path for m in candidate.members if extension(m.name) in grouping.UNFINISHED)
    return next(paths, "")
