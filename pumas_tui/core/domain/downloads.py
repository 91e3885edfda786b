"""Downloads from the Hub before they are jobs, and their payload: which files, as which models, how large.

The payload has the keys of an import's (`import_payload`), so that whoever shows jobs shows these too.
"""

import fnmatch
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from pumas_tui.core.domain import folders, grouping, hub_values, import_payload, naming
from pumas_tui.core.domain.files import FileEntry, ModelFormat, Role
from pumas_tui.core.domain.holdings import HeldFile, Holdings
from pumas_tui.core.domain.hub_values import HubFile, HubModel
from pumas_tui.core.domain.ids import ModelUid
from pumas_tui.core.domain.imports import ImportChoices
from pumas_tui.core.domain.text import size, size_of

_NOT_WANTED = (".gitattributes",)


@dataclass(frozen=True, slots=True)
class Download:
    """What is to become one model. `folder`: all of it is one model that is a folder.

    `held`: those of its files that the library has, by SHA-256. `known_as`: one model has all that makes this
    one what it is, so that an import would call it a duplicate; a file of that model.
    """

    model: HubModel  # without files
    files: tuple[HubFile, ...]
    name: str
    folder: bool
    held: tuple[HeldFile, ...] = ()
    known_as: HeldFile | None = None

    @property
    def size_bytes(self) -> int:
        """Bytes of all files."""
        return sum(file.size or 0 for file in self.files)

    @property
    def held_bytes(self) -> int:
        """Bytes that need not come from the Hub."""
        return sum(file.size for file in self.held)

    @property
    def folder_name(self) -> str:
        """What the folder is called into which it comes: files without a name of their own get this one."""
        return naming.safe_file_name(self.model.name)


@dataclass(frozen=True, slots=True)
class DownloadOrder:
    """A job's download, the uid that the model will have, and what was chosen for its import."""

    download: Download
    uid: ModelUid
    choices: ImportChoices = field(default_factory=ImportChoices)


def selected(model: HubModel, include: Sequence[str] = ()) -> tuple[HubFile, ...]:
    """The files of a repository that globs mean: of the whole path, or of the name alone. None: all of it."""
    files = [file for file in model.files if file.path not in _NOT_WANTED]
    if not include:
        return tuple(files)
    fits = [re.compile(fnmatch.translate(pattern)).match for pattern in include]
    return tuple(f for f in files if any(fit(f.path) or fit(f.name) for fit in fits))


def models_of(model: HubModel, files: Sequence[HubFile]) -> tuple[Download, ...]:
    """What these files of a repository become: one model that is a folder, or one a weight file or set.

    Files whose size the Hub does not tell are left out; so is what belongs to no weights.
    """
    known = {file.path: file for file in files if file.size is not None}
    bare = hub_values.without_files(model)
    if _is_folder(known.values()):
        return (Download(bare, tuple(known.values()), model.name, folder=True),)
    entries = [FileEntry(f"/{path}", file.size or 0, 0, n, 0) for n, (path, file) in enumerate(known.items())]
    found = grouping.group(entries, entries)
    return tuple(
        _single(bare, [known[m.entry.path[1:]] for m in c.members], c.name) for c in found.candidates
    )


def with_holdings(one: Download, holdings: Holdings) -> Download:
    """The download with what the library has of it."""
    having = [{held.uid for held in holdings.get(file.path, ())} for file in _telling(one)]
    whole = set.intersection(*having) if having else set()

    def best(path: str) -> HeldFile | None:
        return min(holdings.get(path, ()), key=lambda h: (h.uid not in whole, h.model_id), default=None)

    held = tuple(found for file in one.files if file.sha256 and (found := best(file.path)) is not None)
    known_as = best(_telling(one)[0].path) if whole else None
    return replace(one, held=held, known_as=known_as)


def amount(planned: Sequence[Download]) -> str:
    """`9.8 GB`; where the library has some of it `4.9 of 9.8 GB, 4.9 GB is here` or `9.8 GB, all is here`."""
    total, held = sum(one.size_bytes for one in planned), sum(one.held_bytes for one in planned)
    if held and held == total:
        return f"{size(total)}, all is here"
    return f"{size_of(total - held, total)}, {size(held)} is here" if held else size(total)


def _telling(one: Download) -> list[HubFile]:
    """The files that make this model that model: its weights, then of a folder also what loads them."""
    roles = (Role.WEIGHTS, Role.CONFIG, Role.TOKENIZER) if one.folder else (Role.WEIGHTS,)
    return [file for role in roles for file in one.files if folders.role_of(file.path) is role]


def _single(model: HubModel, files: Iterable[HubFile], name: str) -> Download:
    stem = model.name if naming.is_generic(name) else name
    return Download(model, tuple(files), stem, folder=False)


def _is_folder(files: Iterable[HubFile]) -> bool:
    """It describes itself, and its weights are no single files of a kind that stands alone."""
    paths = {file.path for file in files}
    if "model_index.json" in paths:
        return True
    weights = [path for path in paths if grouping.extension(path) in grouping.WEIGHT_EXTENSIONS]
    alone = all(grouping.extension(path) == ".gguf" for path in weights)
    return "config.json" in paths and bool(weights) and not alone


def encode(order: DownloadOrder) -> dict[str, Any]:
    """The payload of a job."""
    one = order.download
    weights = [f for f in one.files if grouping.extension(f.name) in grouping.WEIGHT_EXTENSIONS]
    single = len(weights) == 1 and not one.folder
    model_format = ModelFormat.SINGLE_FILE if single else ModelFormat.SHARDED_SET
    return {
        "name": one.name,
        "size_bytes": one.size_bytes,
        "model_format": (ModelFormat.FOLDER if one.folder else model_format).value,
        "sources": [f"{one.model.repo_id}/{file.path}" for file in one.files],
        "shards": {"present": len(weights), "total": len(weights)},
        "uid": order.uid,
        "repo": hub_values.to_json(one.model),
        "files": [asdict(file) for file in one.files],
        "folder": one.folder,
        "model_id": naming.model_id("", "", naming.cleaned_name(one.name)),
        "model_type": "unknown",
        "subtype": "",
        "family": "unknown",
        "choices": import_payload.encoded_choices(order.choices),
    }


def decode(payload: Mapping[str, Any]) -> DownloadOrder:
    """The order behind a payload that `encode` made."""
    files = tuple(HubFile(f["path"], f["size"], f["sha256"]) for f in payload["files"])
    model = hub_values.model(payload["repo"])
    one = Download(model, files, payload["name"], payload["folder"])
    return DownloadOrder(one, ModelUid(payload["uid"]), import_payload.choices_of(payload))
