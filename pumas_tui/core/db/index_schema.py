"""models.db: its tables, how a model becomes rows, and how a file is known to be a usable index.

A disposable cache of all metadata.json files. `models` holds what lists show, `texts` the tokens that the
full-text index `fts` points into by row id, `plain` the folded text for substring search (narrow, so that
reading all of it is cheap), `files` what duplicates are recognised by, `removed` which models went and when,
so that a rebuild does not bring them back. Tokens are cut by `domain.query`; the tokenizer only splits at
blanks.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from pumas_tui.core.db import revision
from pumas_tui.core.db.connection import connect_readonly, inode, translated
from pumas_tui.core.db.migrations import version
from pumas_tui.core.domain.errors import DamagedError, PumasError
from pumas_tui.core.domain.files import ModelFormat, SecurityTier
from pumas_tui.core.domain.ids import ModelId, ModelUid
from pumas_tui.core.domain.models import ModelRow
from pumas_tui.core.domain.query import fold, fts_text
from pumas_tui.core.domain.vocabulary import Trust

APPLICATION_ID = 0x50756D61
"""`Puma` in the file's header: a database of another program is never taken for an index."""
VERSION = 1
BEST_TRUST_FIRST = (
    Trust.VERIFIED,
    Trust.MANUAL,
    Trust.HIGH,
    Trust.LOW,
    Trust.PENDING,
    Trust.NONE,
    Trust.MODIFIED,
)

_TRUST_RANK = {trust: rank for rank, trust in enumerate(BEST_TRUST_FIRST)}
_BETWEEN = "\x1f"  # the unit separator: no tag that a person writes holds it

MODEL_COLUMNS = """
    id INTEGER PRIMARY KEY,
    model_id BLOB NOT NULL,      -- UTF-8, lone surrogates included: a path must come back as it was
    uid TEXT NOT NULL,
    name_key TEXT NOT NULL,      -- folded official name: order and comparison
    stem_key TEXT NOT NULL,      -- folded last part of the model id
    official_name TEXT NOT NULL,
    model_type TEXT NOT NULL,
    subtype TEXT NOT NULL,
    family TEXT NOT NULL,
    model_format TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    file_count INTEGER NOT NULL,
    trust TEXT NOT NULL,
    trust_rank INTEGER NOT NULL,
    tier TEXT NOT NULL,
    acknowledged INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    added_at REAL NOT NULL,
    tags TEXT NOT NULL,          -- U+001F between
    tag_keys TEXT NOT NULL,      -- folded, each between U+001F
    base_model TEXT NOT NULL,
    precision TEXT NOT NULL,
    quantization TEXT NOT NULL,
    stamp_mtime_ns INTEGER NOT NULL,
    stamp_size INTEGER NOT NULL,
    stamp_ino INTEGER NOT NULL,
    rev INTEGER NOT NULL"""
TEXT_COLUMNS = "id INTEGER PRIMARY KEY, names TEXT NOT NULL, words TEXT NOT NULL, joins TEXT NOT NULL"
PLAIN_COLUMNS = "id INTEGER PRIMARY KEY, text TEXT NOT NULL"
FILE_COLUMNS = (
    "model INTEGER NOT NULL, name TEXT NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL,"
    " sampled TEXT NOT NULL"
)
ROW_TABLES = {"models": MODEL_COLUMNS, "texts": TEXT_COLUMNS, "plain": PLAIN_COLUMNS, "files": FILE_COLUMNS}

SCHEMA = (
    *(f"CREATE TABLE {table} ({columns})" for table, columns in ROW_TABLES.items()),
    "CREATE UNIQUE INDEX models_by_id ON models (model_id)",
    "CREATE UNIQUE INDEX models_by_uid ON models (uid)",
    # With all that filters look at: counting and paging by filters reads this index only, not the rows.
    "CREATE INDEX models_by_name ON models"
    " (name_key, id, model_type, subtype, family, trust, trust_rank, tier, size_bytes, added_at, tag_keys)",
    "CREATE INDEX models_by_stem ON models (stem_key)",
    "CREATE INDEX models_by_size ON models (size_bytes)",
    "CREATE INDEX models_by_added ON models (added_at)",
    "CREATE INDEX files_of_model ON files (model)",
    "CREATE INDEX files_by_size ON files (size)",
    "CREATE INDEX files_by_sha256 ON files (sha256)",
    "CREATE VIRTUAL TABLE fts USING fts5 (names, words, joins, content='texts', content_rowid='id',"
    " tokenize=\"ascii tokenchars '.'\", prefix='1 2 3')",
    "CREATE TABLE removed (model_id BLOB PRIMARY KEY, rev INTEGER NOT NULL) WITHOUT ROWID",
    *revision.TABLES,
    "INSERT INTO meta VALUES ('generation', 0)",
    f"PRAGMA application_id={APPLICATION_ID}",
    f"PRAGMA user_version={VERSION}",
)
_TABLES = {*ROW_TABLES, "fts", "removed", "meta"}


class FileStamp(NamedTuple):
    """A metadata.json as it was when it was indexed, and whose it is. mtime in ns, size in bytes."""

    mtime_ns: int
    size: int
    ino: int
    uid: ModelUid


@dataclass(frozen=True, slots=True)
class IndexedFile:
    """One file of a model, as its metadata records it. `sampled`: a quick hash of samples, or empty."""

    name: str
    size: int
    sha256: str
    sampled: str = ""


@dataclass(frozen=True, slots=True)
class IndexRecord:
    """A model for the index. `row.links` is not stored. `notes`: long texts, found by whole and begun words
    only; `texts`: short ones, found by any part (repo, trigger words, …; the row's own fields are added)."""

    row: ModelRow
    stamp: FileStamp
    files: tuple[IndexedFile, ...] = ()
    texts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def path_bytes(model_id: str) -> bytes:
    """A model id as the index stores it."""
    return model_id.encode("utf-8", "surrogatepass")


def path_text(stored: bytes) -> ModelId:
    """A stored model id."""
    return ModelId(stored.decode("utf-8", "surrogatepass"))


def _clean(text: str) -> str:
    """Text that SQLite can hold: lone surrogates become U+FFFD."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def stored_rows(record: IndexRecord, row_id: int, rev: int) -> tuple[tuple[Any, ...], ...]:
    """The rows of `models`, `texts` and `plain` of one model."""
    row, stamp = record.row, record.stamp
    stem = row.model_id.rsplit("/", 1)[-1]
    name_key, stem_key = fold(row.official_name), fold(stem)
    model = (
        row_id,
        path_bytes(row.model_id),
        row.uid,
        name_key,
        stem_key,
        _clean(row.official_name),
        _clean(row.model_type),
        _clean(row.subtype),
        _clean(row.family),
        row.model_format.value,
        row.size_bytes,
        row.file_count,
        row.trust.value,
        _TRUST_RANK[row.trust],
        row.security_tier.value,
        row.acknowledged,
        row.sha256,
        row.added_at,
        _clean(_BETWEEN.join(row.tags)),
        _BETWEEN + fold(_BETWEEN.join(row.tags)) + _BETWEEN,
        _clean(row.base_model),
        _clean(row.precision),
        _clean(row.quantization),
        stamp.mtime_ns,
        stamp.size,
        stamp.ino,
        rev,
    )
    text = fts_text((name_key, stem_key), _texts(record, stem), record.notes)
    return model, (row_id, text.names, text.words, text.joins), (row_id, text.plain)


def _texts(record: IndexRecord, stem: str) -> list[str]:
    """Short texts, each once. Of a file that has the model's name only the extension is new."""
    row = record.row
    known = {row.official_name, stem}
    files: list[str] = []
    for file in record.files:
        name = file.name.rsplit("/", 1)[-1]
        start, _, extension = name.rpartition(".")
        files.append(extension if start in known else name)
    fields = (row.model_type, row.subtype, row.family, row.base_model, row.precision, row.quantization)
    return list(dict.fromkeys((*fields, *row.tags, *files, *record.texts)))


def stored_files(record: IndexRecord, row_id: int) -> list[tuple[int, str, int, str, str]]:
    """The rows of `files` of one model."""
    return [(row_id, _clean(file.name), file.size, file.sha256, file.sampled) for file in record.files]


ROW_COLUMNS = (
    "m.uid, m.model_id, m.official_name, m.model_type, m.subtype, m.family, m.model_format, m.size_bytes,"
    " m.file_count, m.trust, m.tier, m.acknowledged, m.sha256, m.added_at, m.tags, m.base_model,"
    " m.precision, m.quantization"
)


def to_row(values: tuple[Any, ...]) -> ModelRow:
    """A ModelRow from `ROW_COLUMNS` and the number of links. Damaged values raise ValueError, TypeError."""
    return ModelRow(
        uid=ModelUid(values[0]),
        model_id=path_text(values[1]),
        official_name=values[2],
        model_type=values[3],
        subtype=values[4],
        family=values[5],
        model_format=ModelFormat(values[6]),
        size_bytes=values[7],
        file_count=values[8],
        trust=Trust(values[9]),
        security_tier=SecurityTier(values[10]),
        acknowledged=bool(values[11]),
        sha256=values[12],
        added_at=values[13],
        tags=tuple(values[14].split(_BETWEEN)) if values[14] else (),
        base_model=values[15],
        precision=values[16],
        quantization=values[17],
        links=values[18],
    )


def create(conn: sqlite3.Connection) -> None:
    """Make the tables of a fresh file; another process may have done so meanwhile."""
    if not conn.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        for statement in SCHEMA:
            conn.execute(statement)


def check(path: str) -> None:
    """Look at header, version and tables of a file before it is written to; absent or empty ones will do.

    Costs less than a millisecond whatever the size: it says nothing of the pages in between. Raises
    DamagedError, DiskError, BusyError.
    """
    if inode(path) is None:
        return
    with contextlib.closing(connect_readonly(path)) as conn, damage_translated(path):
        conn.execute("BEGIN")  # one state of the file for all that is read: another process may be making it
        if not _is_bare(conn):
            check_header(conn, path)


def _is_bare(conn: sqlite3.Connection) -> bool:
    """Nothing is in the file yet: it is empty, or has only the page that the switch to WAL writes."""
    pragmas = ("application_id", "user_version")
    marks = [conn.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas]
    return not any(marks) and not conn.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]


def require(path: str) -> None:
    """Like `check`, for readers: an absent or empty file is DamagedError too."""
    with damage_translated(path):
        if inode(path) is None:
            raise DamagedError(f"there is no index at {path}", path=path)
        with contextlib.closing(connect_readonly(path)) as conn:
            check_header(conn, path)


def is_usable(path: str) -> bool:
    """Whether a whole index is sound: pages, indexes, row texts against full-text index. Reads all of it.

    An absent file is not usable. Raises DiskError, BusyError.
    """
    if inode(path) is None:
        return False
    try:
        with contextlib.closing(connect_readonly(path)) as conn, damage_translated(path):
            check_header(conn, path)
            problems = [str(row[0]) for row in conn.execute("PRAGMA integrity_check(1)")]
            if problems != ["ok"]:
                return False
            with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as copy:
                conn.backup(copy)  # the full-text index is checked by a write
                copy.execute("INSERT INTO fts (fts, rank) VALUES ('integrity-check', 1)")
                _check_counts(copy, path)
                for row in copy.execute(f"SELECT {ROW_COLUMNS}, 0 FROM models m"):
                    to_row(row)
    except DamagedError:
        return False
    return True


def check_header(conn: sqlite3.Connection, path: str) -> None:
    """Raise DamagedError unless an open database says that it is an index of this version."""
    application = conn.execute("PRAGMA application_id").fetchone()[0]
    if application != APPLICATION_ID or version(conn) != VERSION:
        raise DamagedError(f"{path} is not an index of this version", path=path)
    tables = {row[0] for row in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables >= _TABLES:
        raise DamagedError(f"{path} lacks tables", path=path)
    conn.execute("SELECT count(*) FROM meta").fetchone()
    conn.execute("SELECT rowid FROM fts WHERE fts MATCH 'a' LIMIT 1").fetchone()


def _check_counts(conn: sqlite3.Connection, path: str) -> None:
    counts = {
        conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("models", "texts", "plain")
    }
    if len(counts) != 1:
        raise DamagedError(f"{path} has models without text", path=path)


@contextlib.contextmanager
def damage_translated(path: str) -> Iterator[None]:
    """Like `translated`; whatever else SQLite or our reading of rows raises is DamagedError.

    The statements are fixed and tested, so an error in one means that the file is not what it should be.
    """
    try:
        with translated(path):
            yield
    except PumasError:
        raise
    except (sqlite3.Error, ValueError, TypeError, OverflowError, MemoryError) as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
            raise
        raise DamagedError(f"{path} is damaged ({error})", path=path) from error
