"""From metadata.json files to index rows: one model, the changed ones, or all of them in a new generation."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pumas_tui.core.db.index import IndexWriter
from pumas_tui.core.db.index_schema import FileStamp, IndexedFile, IndexRecord
from pumas_tui.core.domain import metadata as metadata_format
from pumas_tui.core.domain.errors import DiskError
from pumas_tui.core.domain.ids import ModelId, ModelUid
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.domain.metadata import BadMetadataError, Metadata
from pumas_tui.core.domain.models import ModelRow, ScanProblem, ScanReport
from pumas_tui.core.fs import marker, scan
from pumas_tui.core.fs.scan import FileMark, FileState, ModelDirEntry

_BATCH = 500

OnFolder = Callable[[int, int], None]
"""Takes model folders read so far and in all."""


def index_model(index: IndexWriter, paths: LibraryPaths, meta: Metadata) -> None:
    """Put one model's row in place, with the stamp of its metadata.json as it is now."""
    index_at(index, paths, ModelId(meta.model_id), meta)


def index_at(index: IndexWriter, paths: LibraryPaths, model_id: ModelId, meta: Metadata) -> None:
    """`index_model` for a model whose directory may not be the one its metadata names."""
    entry = scan.entry(paths.metadata(model_id))
    stamp = FileStamp(entry.mtime_ns, entry.size, entry.ino, ModelUid(meta.uid))
    index.upsert([record_of(model_id, meta, stamp)])


def record_of(model_id: ModelId, meta: Metadata, stamp: FileStamp) -> IndexRecord:
    """The index record of a model; its place on disk beats the id inside the file."""
    row = ModelRow(
        uid=ModelUid(meta.uid),
        model_id=model_id,
        official_name=meta.official_name,
        model_type=meta.model_type,
        subtype=meta.subtype,
        family=meta.family,
        model_format=meta.model_format,
        size_bytes=meta.size_bytes,
        file_count=len(meta.files),
        trust=meta.trust,
        security_tier=meta.security_tier,
        acknowledged=meta.acknowledged is not None,
        sha256=meta.hashes.sha256,
        added_at=meta.added_date.timestamp(),
        tags=tuple(meta.tags),
        base_model=meta.base_model,
        precision=meta.precision,
        quantization=meta.quantization,
    )
    return IndexRecord(
        row=row,
        stamp=stamp,
        files=tuple(IndexedFile(f.name, f.size, f.sha256) for f in meta.files),
        texts=(meta.repo_id, meta.variant, meta.architecture, *meta.trigger_words),
        notes=(meta.notes,) if meta.notes else (),
    )


@dataclass(slots=True)
class _Walk:
    """One walk over the library: where it looks, what the index knows, and what was seen.

    `models_fd` is the directory in which the marker was read: absence below it is proven.
    """

    paths: LibraryPaths
    models_fd: int
    known: Mapping[ModelId, FileStamp]
    known_files: Mapping[ModelId, Mapping[str, int]]
    found: int = 0
    indexed: int = 0
    problems: list[ScanProblem] = field(default_factory=list)
    keep: set[ModelId] = field(default_factory=set)
    holders: dict[ModelUid, ModelId] = field(default_factory=dict)

    def say(self, kind: str, path: str, message: str) -> None:
        self.problems.append(ScanProblem(kind, path, message))

    def records(self, entries: Sequence[ModelDirEntry], on_folder: OnFolder | None) -> Iterator[IndexRecord]:
        """Records that the index lacks. Models it has already are noted in `keep`."""
        for n, entry in enumerate(self._known_first(entries), 1):
            if on_folder is not None and (n % 64 == 0 or n == len(entries)):
                on_folder(n, len(entries))
            record = self._record(entry)
            if record is not None:
                yield record

    def _known_first(self, entries: Sequence[ModelDirEntry]) -> list[ModelDirEntry]:
        """Of two directories with one uid, the one that the index knows keeps it."""
        return sorted(entries, key=lambda e: (e.model_id not in self.known, e.model_id))

    def _record(self, entry: ModelDirEntry) -> IndexRecord | None:
        if entry.metadata is None:
            if entry.has_weights:
                self.say("stray_weights", entry.model_id, "weights without metadata.json")
            return None
        self.found += 1
        stamp = self.known.get(entry.model_id)
        if stamp is not None and _same(stamp, entry.metadata):
            if self._whole(entry.model_id, self.known_files.get(entry.model_id, {})):
                self._hold(entry.model_id, stamp.uid)
            return None
        try:
            raw = scan.read_bounded(self.paths.metadata(entry.model_id), metadata_format.MAX_BYTES)
            meta = metadata_format.parse(raw)
        except (BadMetadataError, DiskError) as error:
            self.say("bad_metadata", entry.model_id, str(error))
            return None
        whole = self._whole(entry.model_id, {f.name: f.size for f in meta.files})
        if not whole or not self._hold(entry.model_id, ModelUid(meta.uid)):
            return None
        mark = entry.metadata
        fresh = FileStamp(mark.mtime_ns, mark.size, mark.ino, ModelUid(meta.uid))
        return record_of(entry.model_id, meta, fresh)

    def _hold(self, model_id: ModelId, uid: ModelUid) -> bool:
        holder = self.holders.setdefault(uid, model_id)
        if holder != model_id:
            self.say("duplicate_model", model_id, f"has the same uid as {holder}")
            return False
        self.keep.add(model_id)
        self.indexed += 1
        return True

    def _whole(self, model_id: ModelId, files: Mapping[str, int]) -> bool:
        """Every file is there with its size. What could not be looked at is not called missing."""
        states = scan.file_sizes(model_id, files, dir_fd=self.models_fd)
        bad = [name for name, state in states.items() if state in (FileState.MISSING, FileState.DIFFERS)]
        missing = [name for name in bad if states[name] is FileState.MISSING]
        if missing:
            self.say("phantom_model", model_id, f"{missing[0]} is missing")
        elif bad:
            self.say("size_mismatch", model_id, f"{bad[0]} has another size")
        return not bad


def _same(stamp: FileStamp, mark: FileMark) -> bool:
    return (stamp.mtime_ns, stamp.size, stamp.ino) == (mark.mtime_ns, mark.size, mark.ino)


def rescan(
    index: IndexWriter, paths: LibraryPaths, *, deep: bool = False, on_folder: OnFolder | None = None
) -> ScanReport:
    """Bring the index up to what is on disk; `deep` builds it anew. Run in a worker thread.

    Raises LibraryNotFoundError and DiskError when the library cannot be read: nothing is concluded then.
    """
    began = time.monotonic()
    with marker.opened(paths.models) as models_fd:
        listing = scan.model_dirs(paths.models)
        walk = _Walk(
            paths,
            models_fd,
            known={} if deep else index.known(),
            known_files={} if deep else index.known_files(),
        )
        for trouble in listing.troubles:
            walk.say(trouble.code, trouble.path or "", trouble.message)
        for stray in listing.stray:
            walk.say("stray_weights", stray, "weights outside of any model")
        records = walk.records(listing.entries, on_folder)
        if deep:
            _rebuild(index, records)
        else:
            _refresh(index, records, walk, whole=listing.complete)
    kinds = [p.kind for p in walk.problems]
    return ScanReport(
        found=walk.found,
        indexed=walk.indexed,
        skipped_phantom=kinds.count("phantom_model") + kinds.count("size_mismatch"),
        errors=sum(kind in ("bad_metadata", "duplicate_model", "disk") for kind in kinds),
        seconds=round(time.monotonic() - began, 3),
        problems=tuple(walk.problems),
    )


def _batches(records: Iterator[IndexRecord]) -> Iterator[list[IndexRecord]]:
    batch: list[IndexRecord] = []
    for record in records:
        batch.append(record)
        if len(batch) >= _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _rebuild(index: IndexWriter, records: Iterator[IndexRecord]) -> None:
    generation = index.begin_generation()
    try:
        for batch in _batches(records):
            generation.add(batch)
        generation.switch()
    except BaseException:
        generation.discard()
        raise


def _refresh(index: IndexWriter, records: Iterator[IndexRecord], walk: _Walk, *, whole: bool) -> None:
    for batch in _batches(records):
        index.upsert(batch)
    if whole:  # a part that could not be read proves nothing about what was in it
        gone = [model_id for model_id in walk.known if model_id not in walk.keep]
        if gone:
            index.remove(gone)
