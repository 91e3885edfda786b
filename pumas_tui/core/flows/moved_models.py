"""After models were moved, by us or by hand: their index rows say where they are now, or go."""

from collections.abc import Iterable, Iterator
from contextlib import suppress

from pumas_tui.core.db.index import IndexWriter
from pumas_tui.core.domain import ids
from pumas_tui.core.domain import metadata as metadata_format
from pumas_tui.core.domain.errors import DamagedError, DiskError
from pumas_tui.core.domain.ids import BadIdError, ModelId, ModelUid
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.domain.library_facts import ID_PARTS
from pumas_tui.core.domain.metadata import BadMetadataError, Metadata
from pumas_tui.core.domain.operations import Step, StepKind, StepResult, StepState
from pumas_tui.core.flows import changing, indexing
from pumas_tui.core.fs import locks, ops, reading, scan
from pumas_tui.core.fs.scan import FileState


class Reindexing:
    """`index_again` as what follows the steps of an operation; `changed` are the models concerned."""

    def __init__(self, index: IndexWriter, paths: LibraryPaths) -> None:
        self._index = index
        self._paths = paths
        self.changed: tuple[ModelUid, ...] = ()

    def __call__(self, results: Iterable[StepResult]) -> None:
        self.changed = index_again(self._index, self._paths, results)


def index_again(
    index: IndexWriter, paths: LibraryPaths, results: Iterable[StepResult]
) -> tuple[ModelUid, ...]:
    """Bring the rows of every model directory that these steps moved, or moved files of, or pointed a link at
    instead of another, up to date; the models concerned.

    A damaged index is left to whoever searches next: it is built from the disk then. Raises DiskError.
    """
    places: dict[ModelId, None] = {}
    for result in results:
        for path in _places(paths, result.step) if result.state is StepState.DONE else ():
            model_id = _model_id(paths, path)
            if model_id is not None:
                places[model_id] = None
    with suppress(DamagedError):
        return tuple(uid for place in places if (uid := refresh(index, paths, place)) is not None)
    return ()


def _places(paths: LibraryPaths, step: Step) -> Iterator[str]:
    """Where a model was before the step, or is after it. A link that follows a model tells of a move that
    somebody made by hand."""
    if step.kind == StepKind.MOVE:
        yield step.target
        yield str(step.detail["to"])
    elif "row" in step.detail and "was" in step.detail:
        sources = [str(step.detail[name]["source"]) for name in ("row", "was")]
        if len(set(sources)) > 1:
            yield f"{paths.models}/{sources[0]}"


def _model_id(paths: LibraryPaths, path: str) -> ModelId | None:
    """The model directory that is at a path or that it lies in."""
    prefix = f"{paths.models}/"
    try:
        place = "/".join(path.removeprefix(prefix).split("/")[:ID_PARTS])
        return ids.model_id(place) if path.startswith(prefix) else None
    except BadIdError:
        return None  # in the trash, or no place of a model


def refresh(index: IndexWriter, paths: LibraryPaths, model_id: ModelId) -> ModelUid | None:
    """Bring the row of one model directory up to date, and tell its metadata where it is; the model that is
    or was there. Raises DiskError."""
    path = paths.metadata(model_id)
    try:
        meta = metadata_format.parse(reading.read_bounded(path, metadata_format.MAX_BYTES))
    except DiskError as error:
        if not reading.is_absent(error):
            raise
        known = index.known().get(model_id)
        index.remove([model_id])
        return None if known is None else known.uid
    except BadMetadataError:
        return None
    uid = ModelUid(meta.uid)
    if meta.model_id != model_id and meta.schema_version <= metadata_format.SCHEMA_VERSION:
        meta = _told_its_place(paths, model_id, uid)
    states = scan.file_sizes(paths.model_dir(model_id), {f.name: f.size for f in meta.files})
    if FileState.MISSING in states.values() or FileState.DIFFERS in states.values():
        index.remove([model_id])  # no model that could be used: a check tells of it
    else:
        indexing.index_at(index, paths, model_id, meta)
    return uid


def _told_its_place(paths: LibraryPaths, model_id: ModelId, uid: ModelUid) -> Metadata:
    """The metadata with the id that the model's place gives it. No change of its own: it follows the move."""
    path = paths.metadata(model_id)
    with locks.model_lock(paths, uid):
        changing.tidy(paths.model_dir(model_id))
        meta = metadata_format.parse(reading.read_bounded(path, metadata_format.MAX_BYTES))
        meta.model_id, meta.cleaned_name = model_id, model_id.rpartition("/")[2]
        ops.atomic_write(path, metadata_format.dump(meta))
    return meta
