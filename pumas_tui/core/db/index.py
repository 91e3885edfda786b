"""Writing models.db: single models as they change, and whole generations as the library is read anew.

A generation is collected in temporary tables of the writer's own connection, without any lock, and copied
over in one transaction: readers see the old list or the new one. Models written or removed by others while it
was collected keep what those wrote.
"""

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from pumas_tui.core.db import index_schema as schema
from pumas_tui.core.db.connection import Database, Synchronous, transaction
from pumas_tui.core.db.index_schema import FileStamp, IndexRecord
from pumas_tui.core.db.revision import current_rev, next_rev
from pumas_tui.core.domain.errors import BusyError
from pumas_tui.core.domain.ids import ModelId, ModelUid
from pumas_tui.core.domain.query import fold

if TYPE_CHECKING:
    from pumas_tui.core.domain.duplicates import Copy


class KnownFile(NamedTuple):
    """A file of a model in the library."""

    model_id: ModelId
    uid: ModelUid
    name: str
    size: int
    sha256: str
    sampled: str


_INSERT = {
    table: f"INSERT INTO {{prefix}}{table} VALUES ({', '.join('?' * (columns.count(' NOT NULL') + by_id))})"
    for table, columns in schema.ROW_TABLES.items()
    for by_id in (0 if table == "files" else 1,)
}


class IndexWriter:
    """The index's writer. Sync, usable from any thread and from many processes.

    Every method raises DamagedError for a file that is not a sound index; the caller sets it aside under the
    library lock, opens a new one and reads the library anew. Also DiskError, DiskFullError, BusyError.
    """

    def __init__(self, path: str) -> None:
        """Open models.db; an absent or empty file becomes an empty index."""
        self._path = path
        self._db = Database(path, Synchronous.NORMAL, self._prepare, lambda: schema.check(path))

    def _prepare(self, conn: sqlite3.Connection) -> None:
        with schema.damage_translated(self._path):
            with transaction(conn):
                schema.create(conn)
            for table, columns in schema.ROW_TABLES.items():
                conn.execute(f"CREATE TEMP TABLE new_{table} ({columns})")

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def upsert(self, records: Sequence[IndexRecord]) -> None:
        """Write models, in one transaction; each replaces the rows that have its model id or its uid."""
        with self._write() as conn:
            rev = next_rev(conn)
            for record in records:
                old = _delete(
                    conn,
                    "model_id = ? OR uid = ?",
                    (schema.path_bytes(record.row.model_id), record.row.uid),
                )
                row_id = old[0] if old else _next_id(conn)
                _insert(conn, "", [record], row_id, rev)
                text = conn.execute("SELECT id, names, words, joins FROM texts WHERE id = ?", (row_id,))
                conn.execute(
                    "INSERT INTO fts (rowid, names, words, joins) VALUES (?, ?, ?, ?)", text.fetchone()
                )

    def remove(self, model_ids: Sequence[ModelId]) -> None:
        """Forget models, in one transaction."""
        with self._write() as conn:
            rev = next_rev(conn)
            for model_id in model_ids:
                stored = schema.path_bytes(model_id)
                _delete(conn, "model_id = ?", (stored,))
                conn.execute("INSERT OR REPLACE INTO removed VALUES (?, ?)", (stored, rev))

    def known(self) -> dict[ModelId, FileStamp]:
        """Every indexed model and its metadata.json as it was then."""
        with self._read() as conn:
            rows = conn.execute("SELECT model_id, stamp_mtime_ns, stamp_size, stamp_ino, uid FROM models")
            return {
                schema.path_text(row[0]): FileStamp(row[1], row[2], row[3], ModelUid(row[4])) for row in rows
            }

    def known_files(self) -> dict[ModelId, dict[str, int]]:
        """File names and sizes in bytes of every indexed model, as its metadata.json recorded them."""
        found: dict[ModelId, dict[str, int]] = {}
        with self._read() as conn:
            rows = conn.execute(
                "SELECT m.model_id, f.name, f.size FROM files f JOIN models m ON m.id = f.model"
            )
            for model_id, name, size in rows:
                found.setdefault(schema.path_text(model_id), {})[name] = size
        return found

    def generation(self) -> int:
        """How often the whole list was built; 0 for a file that has never held all models."""
        with self._read() as conn:
            return int(conn.execute("SELECT value FROM meta WHERE key = 'generation'").fetchone()[0])

    def model_id_of(self, uid: ModelUid) -> ModelId | None:
        """Where the model with this uid is; None for one that is not indexed."""
        with self._read() as conn:
            row = conn.execute("SELECT model_id FROM models WHERE uid = ?", (uid,)).fetchone()
        return None if row is None else schema.path_text(row[0])

    def based_on(self, names: Sequence[str]) -> list[ModelId]:
        """Models whose base model is one of these names, without regard to case; by id."""
        with self._read() as conn:
            rows = conn.execute("SELECT model_id, base_model FROM models WHERE base_model != ''")
            wanted = {fold(name) for name in names}
            return sorted(schema.path_text(row[0]) for row in rows if fold(row[1]) in wanted)

    def same_size(self, size: int) -> list[KnownFile]:
        """Files of the library of exactly this many bytes."""
        return self._files("f.size = ?", size)

    def named(self, names: Sequence[str]) -> list[KnownFile]:
        """Files of the library of these names, without their folders inside the model."""
        same = "f.name = ?1 OR substr(f.name, -length(?1) - 1) = '/' || ?1"
        return [file for name in names for file in self._files(same, name)]

    def by_sha256(self, sha256: str) -> list[KnownFile]:
        """Files of the library with this content."""
        return self._files("f.sha256 = ?", sha256)

    def files_of(self, uid: ModelUid) -> list[KnownFile]:
        """Files of one model; none for one that is not indexed."""
        return self._files("m.uid = ?", uid)

    def parts(self) -> list[KnownFile]:
        """Files of the library that are called like a part of a set of known length; by model and name."""
        return self._files("f.name LIKE '%-_%-of-_%'")

    def waiting_for_lookup(self) -> list[tuple[ModelId, ModelUid]]:
        """Models of which nobody was asked yet what they are, by id."""
        with self._read() as conn:
            rows = conn.execute("SELECT model_id, uid FROM models WHERE trust = 'pending' ORDER BY model_id")
            return [(schema.path_text(row[0]), ModelUid(row[1])) for row in rows]

    def _files(self, where: str, *values: object) -> list[KnownFile]:
        with self._read() as conn:
            rows = conn.execute(
                "SELECT m.model_id, m.uid, f.name, f.size, f.sha256, f.sampled"
                f" FROM files f JOIN models m ON m.id = f.model WHERE {where} ORDER BY m.model_id, f.name",
                values,
            )
            return [KnownFile(schema.path_text(row[0]), ModelUid(row[1]), *row[2:]) for row in rows]

    def shared_content(self) -> "list[Copy]":
        """All files of every model that holds a file whose content is in the library more than once."""
        from pumas_tui.core.domain.duplicates import Copy  # only one verb asks for these

        shared = (
            "SELECT model FROM files WHERE size > 0 AND sha256 IN"
            " (SELECT sha256 FROM files WHERE size > 0 AND sha256 != '' GROUP BY sha256 HAVING count(*) > 1)"
        )
        with self._read() as conn:
            rows = conn.execute(
                "SELECT m.model_id, m.uid, f.name, f.size, f.sha256, m.added_at"
                f" FROM files f JOIN models m ON m.id = f.model WHERE f.model IN ({shared})"
            )
            return [Copy(schema.path_text(row[0]), ModelUid(row[1]), *row[2:]) for row in rows]

    def begin_generation(self) -> "Generation":
        """Start collecting a new list; an unfinished one of this writer is dropped."""
        with self._read() as conn:
            _clear_new(conn)
            return Generation(self, conn, current_rev(conn))

    @contextlib.contextmanager
    def _read(self) -> Iterator[sqlite3.Connection]:
        with self._db.read() as conn, schema.damage_translated(self._path):
            yield conn

    @contextlib.contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        with schema.damage_translated(self._path), self._db.write() as conn:
            yield conn


class Generation:
    """A new list being collected; made by `IndexWriter.begin_generation`. Sync; not shared by threads."""

    def __init__(self, writer: IndexWriter, conn: sqlite3.Connection, since: int) -> None:
        self._writer = writer
        self._conn = conn
        self._since = since
        self._count = 0

    def add(self, records: Sequence[IndexRecord]) -> None:
        """Collect models, a few hundred at a time. Of two with one id or uid the first counts."""
        with self._writer._read() as conn:
            self._same(conn)
            conn.execute("BEGIN")
            try:
                _insert(conn, "new_", records, self._count + 1, 0)
                conn.execute("COMMIT")
            except BaseException:
                conn.execute("ROLLBACK")
                raise
            self._count += len(records)

    def switch(self) -> int:
        """Make the collected list the current one, in one transaction. Returns the number of models.

        Raises BusyError when the index was replaced meanwhile: collect again.
        """
        with self._writer._write() as conn:
            self._same(conn)
            rev = next_rev(conn)
            conn.execute(
                "DELETE FROM new_models WHERE model_id IN (SELECT model_id FROM removed WHERE rev > ?)",
                (self._since,),
            )
            offset = _drop_old(conn, self._since)
            _copy_new(conn, offset, rev)
            conn.execute("DELETE FROM removed WHERE rev <= ?", (self._since,))
            conn.execute("INSERT INTO fts (fts) VALUES ('rebuild')")
            conn.execute("UPDATE meta SET value = value + 1 WHERE key = 'generation'")
            count = int(conn.execute("SELECT count(*) FROM models").fetchone()[0])
        self.discard()
        return count

    def discard(self) -> None:
        """Drop what was collected."""
        with self._writer._read() as conn:
            _clear_new(conn)

    def _same(self, conn: sqlite3.Connection) -> None:
        if conn is not self._conn:
            path = self._writer._path
            raise BusyError(f"{path} was replaced meanwhile", path=path, hint="scan again")


def _next_id(conn: sqlite3.Connection) -> int:
    return int(conn.execute("SELECT coalesce(max(id), 0) + 1 FROM models").fetchone()[0])


def _insert(
    conn: sqlite3.Connection, prefix: str, records: Sequence[IndexRecord], first_id: int, rev: int
) -> None:
    rows = [schema.stored_rows(record, n, rev) for n, record in enumerate(records, first_id)]
    for place, table in enumerate(("models", "texts", "plain")):
        conn.executemany(_INSERT[table].format(prefix=prefix), [row[place] for row in rows])
    files = [row for n, record in enumerate(records, first_id) for row in schema.stored_files(record, n)]
    conn.executemany(_INSERT["files"].format(prefix=prefix), files)


def _delete(conn: sqlite3.Connection, where: str, values: Sequence[object]) -> list[int]:
    """Delete models with all that belongs to them; their row ids."""
    found = [int(row[0]) for row in conn.execute(f"SELECT id FROM models WHERE {where}", values)]
    for row_id in found:
        conn.execute(
            "INSERT INTO fts (fts, rowid, names, words, joins)"
            " SELECT 'delete', id, names, words, joins FROM texts WHERE id = ?",
            (row_id,),
        )
        for table, column in (("models", "id"), ("texts", "id"), ("plain", "id"), ("files", "model")):
            conn.execute(f"DELETE FROM {table} WHERE {column} = ?", (row_id,))
    return found


def _drop_old(conn: sqlite3.Connection, since: int) -> int:
    """Delete all models but those written after `since`; the highest row id that is left.

    Row by row only where something is left: a DELETE without WHERE empties a table at once.
    """
    kept = int(conn.execute("SELECT coalesce(max(id), 0) FROM models WHERE rev > ?", (since,)).fetchone()[0])
    for table, column in (("texts", "id"), ("plain", "id"), ("files", "model"), ("models", "id")):
        where = f" WHERE {column} NOT IN (SELECT id FROM models WHERE rev > :since)" if kept else ""
        conn.execute(f"DELETE FROM {table}{where}", {"since": since} if kept else {})
    return kept


def _copy_new(conn: sqlite3.Connection, offset: int, rev: int) -> None:
    """Copy the collected rows; a model id or uid that is there already, or came twice, is passed over."""
    columns = [row[1] for row in conn.execute("PRAGMA table_info(models)")][1:-1]
    names = ", ".join(columns)
    conn.execute(
        f"INSERT OR IGNORE INTO models (id, {names}, rev)"
        f" SELECT id + ?, {names}, ? FROM new_models ORDER BY id",
        (offset, rev),
    )
    for table, rest in (
        ("texts", "names, words, joins"),
        ("plain", "text"),
        ("files", "name, size, sha256, sampled"),
    ):
        key = "model" if table == "files" else "id"
        conn.execute(
            f"INSERT INTO {table} SELECT {key} + :offset, {rest} FROM new_{table}"
            f" WHERE {key} + :offset IN (SELECT id FROM models) ORDER BY rowid",
            {"offset": offset},
        )


def _clear_new(conn: sqlite3.Connection) -> None:
    for table in schema.ROW_TABLES:
        conn.execute(f"DELETE FROM new_{table}")
