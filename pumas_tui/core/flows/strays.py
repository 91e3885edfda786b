"""Weights that lie in the library tree without metadata.json become a model where they lie.

Files are read, hashed and described; none is moved, renamed or written to. What makes it a model is the
metadata.json that is put beside them last, never over another one.
"""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pumas_tui import __version__
from pumas_tui.core.domain import describing, ids
from pumas_tui.core.domain import metadata as metadata_format
from pumas_tui.core.domain.describing import Circumstances, StagedFile
from pumas_tui.core.domain.errors import RefusedError
from pumas_tui.core.domain.files import Member
from pumas_tui.core.domain.ids import ModelId, ModelUid, new_model_uid
from pumas_tui.core.domain.imports import ImportChoices, Inspected
from pumas_tui.core.domain.layout import METADATA
from pumas_tui.core.domain.metadata import ImportOrigin, Metadata
from pumas_tui.core.domain.text import storable
from pumas_tui.core.domain.vocabulary import MODEL_TYPES
from pumas_tui.core.flows import changing, indexing
from pumas_tui.core.flows.changing import EditTools, Target
from pumas_tui.core.flows.inspecting import inspect_candidate, inspect_sources, sources_of_paths
from pumas_tui.core.fs import copying, locks, marker, owners, reading

_WHERE = "models/TYPE/FAMILY/NAME"


@dataclass(frozen=True, slots=True)
class Stray:
    """A directory of the library that may become a model, and what to hear from the work on it."""

    model_id: ModelId
    on_bytes: Callable[[int], None]
    cancel: threading.Event


def describe(tools: EditTools, stray: Stray) -> Metadata:
    """Make a model of a directory in place, and index it.

    Raises RefusedError (not a directory at the right depth, described already, no weights, several models,
    names that metadata cannot hold), SourceChangedError, CancelledError, DiskError, BusyError.
    """
    folder = tools.paths.model_dir(stray.model_id)
    with marker.opened(tools.paths.models):
        inspected = _inspected(tools, folder)
        files = [_hashed(member, folder, stray) for member in inspected.candidate.members]
        meta = _metadata(tools, stray.model_id, inspected, files)
        target = Target(stray.model_id, ModelUid(meta.uid), f"{folder}/{METADATA}", "adopt")
        with locks.library_lock(tools.paths), locks.model_lock(tools.paths, target.uid):
            _publish(tools, target, meta)
            indexing.index_at(tools.index, tools.paths, stray.model_id, meta)
    return meta


def model_id_of(models_dir: str, path: str) -> ModelId:
    """The id a directory has by its place: an absolute path, or one below models/. Raises RefusedError."""
    relative = os.path.relpath(path, models_dir) if path.startswith("/") else path.strip("/")
    try:
        return ids.model_id(relative)
    except ids.BadIdError:
        hint = "put its files into such a folder first"
        raise RefusedError(f"{path} is not a folder {_WHERE}", path=path, hint=hint) from None


def _inspected(tools: EditTools, folder: str) -> Inspected:
    if not reading.is_folder(folder):
        raise RefusedError(f"{folder} is not a folder", path=folder)
    if reading.is_there(f"{folder}/{METADATA}"):
        raise RefusedError(f"{folder} has a {METADATA} already", path=folder, hint="run scan")
    found = inspect_sources(sources_of_paths([folder]), folder, tools.paths).candidates
    if len(found) != 1:
        names = ", ".join(one.candidate.name for one in found)
        why = f"holds {len(found)} models ({names})" if found else "holds no weights"
        raise RefusedError(f"{folder} {why}", path=folder, hint=f"one model to a folder {_WHERE}")
    inspected = inspect_candidate(found[0].candidate, tools.paths, in_place=True)
    if inspected.refuse is not None:
        raise RefusedError(inspected.refuse.message, path=inspected.refuse.path)
    return inspected


def _hashed(member: Member, folder: str, stray: Stray) -> StagedFile:
    """The file as it lies there, under the name it has there."""
    path = member.entry.path
    name = os.path.relpath(path, folder)
    if storable(path)[0] != path:
        raise RefusedError(f"{path}: its name is not UTF-8", path=path, hint="rename it, then scan again")
    if name.startswith("../"):
        raise RefusedError(f"{path} is outside of {folder}", path=path)
    found = copying.hash_file(path, expect=member.entry, cancel=stray.cancel, on_bytes=stray.on_bytes)
    return StagedFile(member, name, found.sha256, found.xxh3_128)


def _metadata(tools: EditTools, model_id: ModelId, inspected: Inspected, files: list[StagedFile]) -> Metadata:
    """As of an import, but for what no import did: nobody accepted a pickle here."""
    at = datetime.now(UTC)
    model_type, family, _ = model_id.split("/")
    known = inspected.identity
    sources = dict(known.field_sources)
    if known.model_type == "unknown" and model_type in MODEL_TYPES:
        known = replace(known, model_type=model_type)
        sources["model_type"] = "filename"
    if known.family == "unknown":
        known = replace(known, family=family)
        sources["family"] = "filename"
    who = Circumstances(at, tools.host, owners.user_name(), __version__)
    seen = replace(inspected, identity=replace(known, field_sources=sources))
    meta = describing.metadata_of(seen, ImportChoices(), files, new_model_uid(), model_id, who)
    meta.acknowledged = None
    meta.imported = ImportOrigin(
        source=tools.paths.model_dir(model_id), mode="in_place", host=tools.host, version=__version__, at=at
    )
    return meta


def _publish(tools: EditTools, target: Target, meta: Metadata) -> None:
    if not changing.create(tools, target, metadata_format.dump(meta)):
        folder = target.path.rpartition("/")[0]
        raise RefusedError(f"{folder} has a {METADATA} already", path=folder, hint="run scan")
