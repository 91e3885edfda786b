"""From the library to what mapping rules see: metadata.json, overrides.json and one look at each file."""

from collections.abc import Iterable
from dataclasses import dataclass

from pumas_tui.core.db.index import IndexWriter
from pumas_tui.core.domain import metadata as metadata_format
from pumas_tui.core.domain import overrides
from pumas_tui.core.domain.errors import DiskError, Trouble
from pumas_tui.core.domain.ids import ModelId, ModelUid
from pumas_tui.core.domain.layout import OVERRIDES, LibraryPaths
from pumas_tui.core.domain.mapped import MappedFile, MappedModel
from pumas_tui.core.domain.metadata import Metadata
from pumas_tui.core.fs import reading


@dataclass(frozen=True, slots=True)
class Collected:
    """Models as rules see them, and what could not be read: such a model keeps the links it has."""

    models: tuple[MappedModel, ...]
    unread: tuple[Trouble, ...]
    unread_ids: frozenset[ModelId] = frozenset()


def collect(paths: LibraryPaths, model_ids: Iterable[ModelId]) -> Collected:
    """Read these models. The caller holds the marker: what is absent then is absent."""
    models: list[MappedModel] = []
    unread: dict[ModelId, Trouble] = {}
    for model_id in model_ids:
        path = paths.metadata(model_id)
        try:
            meta = metadata_format.parse(reading.read_bounded(path, metadata_format.MAX_BYTES))
            models.append(mapped(paths, model_id, meta))
        except (DiskError, metadata_format.BadMetadataError) as error:
            unread[model_id] = Trouble("bad_metadata", f"{path}: {error}", path, "see health")
    return Collected(tuple(models), tuple(unread.values()), frozenset(unread))


def all_ids(index: IndexWriter) -> list[ModelId]:
    """Every indexed model, in the order of ids: plans do not depend on the order of a directory."""
    return sorted(index.known())


def mapped(paths: LibraryPaths, model_id: ModelId, meta: Metadata) -> MappedModel:
    """One model; its place on disk beats the id inside the file. Raises DiskError."""
    folder = paths.model_dir(model_id)
    ranges, problem = version_ranges(folder)
    return MappedModel(
        uid=ModelUid(meta.uid),
        model_id=model_id,
        official_name=meta.official_name,
        cleaned_name=model_id.rpartition("/")[2],
        model_type=meta.model_type,
        subtype=meta.subtype,
        family=meta.family,
        model_format=meta.model_format,
        security_tier=meta.security_tier,
        files=tuple(_file(folder, file) for file in meta.files),
        tags=tuple(meta.tags),
        base_model=meta.base_model,
        repo_id=meta.repo_id,
        version_ranges=ranges,
        overrides_problem=problem,
    )


def _file(folder: str, file: metadata_format.ModelFile) -> MappedFile:
    return MappedFile(
        name=file.name,
        size=file.size,
        sha256=file.sha256,
        role=file.role,
        shard_index=file.shard_index,
        shard_total=file.shard_total,
        place=_place(f"{folder}/{file.name}"),
    )


def _place(path: str) -> tuple[int, int] | None:
    try:
        entry = reading.entry(path)
    except DiskError:
        return None
    return entry.dev, entry.ino


def version_ranges(folder: str) -> tuple[dict[str, str] | None, str]:
    """What overrides.json in a model's folder says: (app id -> specifier, why it cannot be read).

    None stands for a file that needs repair.
    """
    path = f"{folder}/{OVERRIDES}"
    try:
        return overrides.ranges(overrides.parse(reading.read_bounded(path, overrides.MAX_BYTES))), ""
    except overrides.BadOverridesError as error:
        return None, f"{path}: {error}"
    except DiskError as error:
        return ({}, "") if reading.is_absent(error) else (None, error.message)
