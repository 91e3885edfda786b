"""Is this content in the library already? Cheap questions first: size, sampled hash, then the whole hash."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pumas_tui.core.db.index import IndexWriter
from pumas_tui.core.domain import describing
from pumas_tui.core.domain import metadata as metadata_format
from pumas_tui.core.domain.describing import StagedFile
from pumas_tui.core.domain.errors import DiskError, PumasError
from pumas_tui.core.domain.files import Candidate, Member, Role
from pumas_tui.core.domain.ids import ModelId, ModelUid
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.flows import indexing
from pumas_tui.core.fs import copying, locks, ops, scan


@dataclass(frozen=True, slots=True)
class Known:
    """A model of the library that has this content. `sha256` is its main file's."""

    model_id: ModelId
    uid: ModelUid
    sha256: str


def by_uid(index: IndexWriter, paths: LibraryPaths, uid: ModelUid) -> Known | None:
    """The model with this uid, if its metadata can be read where the index says."""
    model_id = index.model_id_of(uid)
    return None if model_id is None else _read(paths, model_id)


def _read(paths: LibraryPaths, model_id: ModelId) -> Known | None:
    try:
        meta = metadata_format.parse(scan.read_bounded(paths.metadata(model_id), metadata_format.MAX_BYTES))
    except (DiskError, metadata_format.BadMetadataError):
        return None
    return Known(model_id, ModelUid(meta.uid), meta.hashes.sha256)


def find(
    index: IndexWriter, paths: LibraryPaths, candidate: Candidate, cancel: threading.Event
) -> Known | None:
    """The model whose weight files equal the candidate's. Reads whole files only where a sample agrees."""
    hits = index.same_size(candidate.main.entry.size)
    sampled: str | None = None
    for hit in hits:
        stored = f"{paths.model_dir(hit.model_id)}/{hit.name}"
        try:
            sampled = sampled or copying.sampled_hash(candidate.main.entry.path, candidate.main.entry.size)
            same = copying.sampled_hash(stored, hit.size) == sampled
        except DiskError:
            continue
        if same:
            return _by_whole_hash(index, paths, _telling(candidate), cancel)
    return None


def _telling(candidate: Candidate) -> Sequence[Member]:
    """The files that make this model that model: its weights, of a folder also what loads them."""
    if candidate.is_folder:
        return [m for m in candidate.members if m.role in (Role.WEIGHTS, Role.CONFIG, Role.TOKENIZER)]
    return candidate.weights or candidate.members


def _by_whole_hash(
    index: IndexWriter, paths: LibraryPaths, members: Sequence[Member], cancel: threading.Event
) -> Known | None:
    hashes = [
        copying.hash_file(m.entry.path, expect=m.entry, cancel=cancel, on_bytes=lambda _: None).sha256
        for m in members
    ]
    return _holding(index, paths, hashes)


def by_hashes(
    index: IndexWriter, paths: LibraryPaths, candidate: Candidate, files: Sequence[StagedFile]
) -> Known | None:
    """The model that holds every telling file of what was just staged."""
    telling = set(_telling(candidate))
    return _holding(index, paths, [f.sha256 for f in files if f.member in telling])


def _holding(index: IndexWriter, paths: LibraryPaths, hashes: Sequence[str]) -> Known | None:
    holders: set[ModelId] | None = None
    for sha in hashes:
        having = {hit.model_id for hit in index.by_sha256(sha)}
        holders = having if holders is None else holders & having
    for model_id in sorted(holders or ()):
        known = _read(paths, model_id)
        if known is not None:
            return known
    return None


def remember_source(index: IndexWriter, paths: LibraryPaths, known: Known, candidate: Candidate) -> None:
    """Note in the model's metadata that this path, or this repository, has the same content. A model in
    trouble stays as it is."""
    source = describing.source_of(candidate)
    path = paths.metadata(known.model_id)
    try:
        with locks.model_lock(paths, known.uid):
            meta = metadata_format.parse(scan.read_bounded(path, metadata_format.MAX_BYTES))
            origin = meta.imported
            if origin is None or source == origin.source or source in origin.other_sources:
                return
            origin.other_sources.append(source)
            meta.updated_date = datetime.now(UTC)
            ops.atomic_write(path, metadata_format.dump(meta))
            indexing.index_model(index, paths, meta)
    except (PumasError, metadata_format.BadMetadataError):
        return
