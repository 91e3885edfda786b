"""hub.db: what servers answered before, and how each of them is doing; shared by all processes, disposable.

Answers are kept under keys that hold the address, the question and who asked (a hash of the token), so no
answer crosses from one to another. A row whose content is not what was written is a miss. Where the file
cannot be used at all, nothing is kept, and how a server is doing is known to this process only.
"""

import json
import sqlite3
import threading
from collections.abc import Callable
from typing import TypeVar

from pumas_tui.core.db import disposable
from pumas_tui.core.db.connection import Database, Synchronous
from pumas_tui.core.db.migrations import Step, migrate
from pumas_tui.core.domain import network_state
from pumas_tui.core.domain.errors import BusyError, DamagedError, DiskError
from pumas_tui.core.domain.kept_answers import KeptAnswer, Key
from pumas_tui.core.domain.network_state import HostState

SCHEMA: tuple[Step, ...] = (
    (
        """CREATE TABLE answers (
            key BLOB PRIMARY KEY,
            endpoint TEXT NOT NULL,
            etag TEXT NOT NULL,
            fetched_at REAL NOT NULL,
            status INTEGER NOT NULL,
            headers TEXT NOT NULL,
            body BLOB NOT NULL,
            mark BLOB NOT NULL
        ) WITHOUT ROWID""",
        "CREATE INDEX answers_by_age ON answers (fetched_at, length(body))",
        "CREATE TABLE hosts (endpoint TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID",
    ),
)
_TABLES = {"answers", "hosts"}
MOST_BYTES = 64 << 20
"""Bytes of all kept answers; the oldest go first."""
_ROW_BYTES = 200

_T = TypeVar("_T")
_UNUSABLE = (DamagedError, DiskError, BusyError)


class Lookups:
    """Answers and hosts. Sync, usable from any thread and many processes; no method raises PumasError."""

    def __init__(
        self,
        path: str,
        set_aside: Callable[[str], str],
        *,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        """The file is opened at its first use. `set_aside(path)` renames a file away."""
        self._path = path
        self._set_aside = set_aside
        self._most_bytes = most_bytes
        self._lock = threading.RLock()
        self._db: Database | None = None
        self._alone: dict[str, HostState] = {}

    def close(self) -> None:
        """Close the connection; a later use opens it again."""
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None

    def get(self, key: Key) -> KeptAnswer | None:
        """The answer kept under a key, however old; None: none, or it is damaged."""
        return self._tried(lambda db: self._get(db, key), None)

    def put(self, key: Key, answer: KeptAnswer) -> None:
        """Keep an answer in place of an older one; the oldest answers make room for it."""
        if len(answer.body) <= self._most_bytes // 4:
            self._tried(lambda db: self._put(db, key, answer), None)

    def host(self, endpoint: str) -> HostState:
        """How a server is doing."""
        return self._tried(lambda db: self._host(db, endpoint), self._alone.get(endpoint, HostState()))

    def change_host(self, endpoint: str, decide: Callable[[HostState], tuple[HostState, _T]]) -> _T:
        """Put a server's state in place of the very one it was decided on; what `decide` says besides."""
        with self._lock:
            nothing: tuple[_T, ...] = ()
            for said in self._tried(lambda db: self._change_host(db, endpoint, decide), nothing):
                return said
            self._alone[endpoint], told = decide(self._alone.get(endpoint, HostState()))
            return told

    def _tried(self, work: Callable[[Database], _T], otherwise: _T) -> _T:
        """Do it, once more on a fresh file where this one is damaged; `otherwise` where that cannot be."""
        with self._lock:
            for _ in range(2):
                try:
                    return work(self._database())
                except DamagedError:
                    self._begin_anew()
                except _UNUSABLE:
                    break
            return otherwise

    def _begin_anew(self) -> None:
        self.close()
        try:
            disposable.set_away(self._path, self._set_aside)
        except DiskError:
            return

    def _database(self) -> Database:
        if self._db is None:
            disposable.make_way(self._path, SCHEMA, _TABLES, self._set_aside)
            self._db = Database(self._path, Synchronous.OFF, self._prepare)
        return self._db

    def _prepare(self, conn: sqlite3.Connection) -> None:
        migrate(conn, self._path, SCHEMA)

    def _get(self, db: Database, key: Key) -> KeptAnswer | None:
        with db.read() as conn:
            row = conn.execute(
                "SELECT endpoint, status, etag, fetched_at, body, headers, mark FROM answers WHERE key = ?",
                (key,),
            ).fetchone()
        if row is None:
            return None
        try:
            headers = tuple((str(name), str(value)) for name, value in json.loads(row[5]))
            kept = KeptAnswer(str(row[0]), int(row[1]), str(row[2]), float(row[3]), bytes(row[4]), headers)
        except (ValueError, TypeError, RecursionError):
            return None
        return kept if kept.mark(key) == row[6] else None

    def _put(self, db: Database, key: Key, answer: KeptAnswer) -> None:
        with db.write() as conn:
            conn.execute(
                "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    key,
                    answer.endpoint,
                    answer.etag,
                    answer.fetched_at,
                    answer.status,
                    json.dumps(answer.headers),
                    answer.body,
                    answer.mark(key),
                ),
            )
            self._make_room(conn)

    def _make_room(self, conn: sqlite3.Connection) -> None:
        held = conn.execute("SELECT sum(length(body) + ?) FROM answers", (_ROW_BYTES,)).fetchone()[0] or 0
        rows = conn.execute("SELECT key, length(body) FROM answers ORDER BY fetched_at") if held else ()
        gone = []
        for key, size in rows:
            if held <= self._most_bytes:
                break
            gone.append((key,))
            held -= size + _ROW_BYTES
        conn.executemany("DELETE FROM answers WHERE key = ?", gone)

    def _host(self, db: Database, endpoint: str) -> HostState:
        with db.read() as conn:
            return _read_host(conn, endpoint)

    def _change_host(
        self, db: Database, endpoint: str, decide: Callable[[HostState], tuple[HostState, _T]]
    ) -> tuple[_T, ...]:
        with db.write() as conn:
            before = _read_host(conn, endpoint)
            after, told = decide(before)
            if after != before:
                conn.execute(
                    "INSERT OR REPLACE INTO hosts VALUES (?, ?)",
                    (endpoint, json.dumps(network_state.to_json(after))),
                )
        return (told,)


def _read_host(conn: sqlite3.Connection, endpoint: str) -> HostState:
    row = conn.execute("SELECT state FROM hosts WHERE endpoint = ?", (endpoint,)).fetchone()
    try:
        return network_state.from_json(json.loads(row[0])) if row is not None else HostState()
    except (ValueError, TypeError, RecursionError):
        return HostState()
