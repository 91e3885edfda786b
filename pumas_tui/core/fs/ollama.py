"""Ollama's store, read only: `manifests/` tells which of the files in `blobs/` make a model."""

import os
import stat
from collections.abc import Iterator

from pumas_tui.core.domain import ollama_manifests
from pumas_tui.core.domain.errors import DiskError, Trouble, trouble
from pumas_tui.core.domain.files import Candidate, FileEntry
from pumas_tui.core.domain.ids import Sha256
from pumas_tui.core.domain.ollama_manifests import BadManifestError, OllamaModel
from pumas_tui.core.fs import json_files
from pumas_tui.core.fs.failures import disk_error
from pumas_tui.core.fs.json_files import UnreadableJsonError
from pumas_tui.core.fs.reading import entry

_MAX_MANIFEST = 1 << 20  # bytes; they have about a thousand
_MAX_DEPTH = 8  # folders below manifests/; Ollama makes three or four


def is_store(listed: set[str]) -> bool:
    """Whether a folder with these names in it is a store."""
    return {"manifests", "blobs"} <= listed


def manifests_at(path: str) -> bool:
    """Whether a path lies at or below the manifests/ of a store."""
    store = _store(path)
    if not store:
        return False
    try:
        return stat.S_ISDIR(os.stat(f"{store}/blobs").st_mode)
    except OSError:
        return False


def _store(path: str) -> str:
    head, name, _ = f"{path}/".partition("/manifests/")
    return head if name else ""


def models(paths: list[str]) -> tuple[list[Candidate], list[Trouble]]:
    """The models of manifests at or below `paths`, each content once. What cannot be read is said.

    Never raises; links among the manifests are not followed.
    """
    troubles: list[Trouble] = []
    candidates: list[Candidate] = []
    for store in dict.fromkeys(_store(path) for path in paths):
        found: dict[str, OllamaModel] = {}
        for path in paths:
            if _store(path) == store:
                for place in _manifests(path, troubles):
                    _read(place, store, found, troubles)
        for model in ollama_manifests.merged(list(found.values())):
            try:
                candidates.append(ollama_manifests.candidate(model, _blobs(store, model)))
            except DiskError as error:
                troubles.append(Trouble("disk", f"{model.name}: {error.message}", error.path, error.hint))
    return candidates, troubles


def _manifests(top: str, troubles: list[Trouble]) -> Iterator[str]:
    """Paths of regular files at or below `top`, by name."""
    todo = [top]
    while todo:
        path = todo.pop()
        try:
            mode = os.lstat(path).st_mode
            if stat.S_ISDIR(mode) and path.count("/") - _store(path).count("/") <= _MAX_DEPTH:
                todo += sorted((f"{path}/{name}" for name in os.listdir(path)), reverse=True)
            elif stat.S_ISREG(mode) and not path.rpartition("/")[2].startswith("."):
                yield path
        except OSError as error:
            troubles.append(trouble(disk_error(error, "read", path)))


def _read(path: str, store: str, found: dict[str, OllamaModel], troubles: list[Trouble]) -> None:
    try:
        value = json_files.read_json(path, _MAX_MANIFEST)
        found[path] = ollama_manifests.read(path.removeprefix(f"{store}/manifests/"), value)
    except DiskError as error:
        troubles.append(trouble(error))
    except (UnreadableJsonError, BadManifestError) as error:
        troubles.append(Trouble("refused", f"{path}: {error}", path))


def _blobs(store: str, model: OllamaModel) -> dict[Sha256, FileEntry]:
    """Every blob of a model. Raises DiskError where one is absent or has another size than announced."""
    blobs: dict[Sha256, FileEntry] = {}
    for layer in model.layers:
        path = f"{store}/blobs/{layer.blob}"
        blob = blobs[layer.sha256] = entry(path)
        if blob.size != layer.size:
            message = f"{path} has {blob.size} bytes, its manifest says {layer.size}"
            raise DiskError(message, path=path, errno_name="EINVAL", hint="`ollama pull` fetches it again")
    return blobs
