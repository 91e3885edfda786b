"""How SQLite files are opened, written and reported: one connection per store, `BEGIN IMMEDIATE`, WAL.

A deferred transaction that turns into a write fails at once under a second writer, whatever the timeout;
`BEGIN IMMEDIATE` waits. WAL maps its `-shm` file, and a full disk then kills the process by SIGBUS: below
`SPACE_FLOOR` bytes, and where WAL is not possible, the journal is a truncated file instead.
"""

import contextlib
import errno
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from enum import StrEnum
from types import TracebackType
from typing import Self
from urllib.parse import quote

from pumas_tui.core.domain.errors import BusyError, DamagedError, DiskError, DiskFullError, PumasError

BUSY_S = 20.0
"""How long a writer waits for another one before BusyError."""
SPACE_FLOOR = 16 << 20
"""Free bytes below which no `-shm` file is mapped."""


class Synchronous(StrEnum):
    """What a commit waits for: FULL survives a power cut, NORMAL may lose the last, OFF is disposable."""

    FULL = "FULL"
    NORMAL = "NORMAL"
    OFF = "OFF"


def database_uri(path: str, mode: str) -> str:
    """The SQLite URI of a file; `mode` is `rw` or `rwc`. Names need not be UTF-8."""
    return f"file:{quote(os.fsencode(path))}?mode={mode}"


def connect(path: str, synchronous: Synchronous) -> sqlite3.Connection:
    """Open for writing, creating the file. Autocommit: transactions are explicit. Raises PumasError."""
    with translated(path):
        conn = _opened(path)
        try:
            if _space_is_low(path):
                conn = _without_shared_memory(conn, path)
            else:
                _use_wal(conn)
            conn.execute(f"PRAGMA synchronous={synchronous}")
            conn.execute("PRAGMA foreign_keys=ON")
        except BaseException:
            conn.close()
            raise
        return conn


def connect_readonly(path: str) -> sqlite3.Connection:
    """Open for reading; the file must exist. Raises PumasError.

    The file is opened for writing where that is allowed, since a read-only connection cannot roll back what a
    crash left; `query_only` keeps statements from changing anything.
    """
    with translated(path):
        uri = database_uri(path, "rw")
        conn = sqlite3.connect(uri, uri=True, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        conn.execute("PRAGMA query_only=ON")
        return conn


def _opened(path: str) -> sqlite3.Connection:
    uri = database_uri(path, "rwc")
    return sqlite3.connect(uri, uri=True, timeout=BUSY_S, isolation_level=None, check_same_thread=False)


def _space_is_low(path: str) -> bool:
    try:
        space = os.statvfs(os.path.dirname(path) or ".")
    except OSError:
        return False  # SQLite will say what is wrong with the folder
    return 0 <= space.f_bavail * space.f_frsize < SPACE_FLOOR


def _use_wal(conn: sqlite3.Connection) -> None:
    """Switch to WAL. SQLite does not wait for another process that is switching too: try again until done."""
    deadline = time.monotonic() + BUSY_S
    while True:
        try:
            mode = conn.execute("PRAGMA journal_mode=WAL").fetchone()[0]
        except sqlite3.OperationalError as error:
            code = error.sqlite_errorcode & 0xFF
            if code == sqlite3.SQLITE_BUSY and time.monotonic() < deadline:
                time.sleep(0.005)
                continue
            if code not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR):
                raise
            mode = ""
        if mode != "wal":
            conn.execute("PRAGMA journal_mode=TRUNCATE")
        return


def _without_shared_memory(conn: sqlite3.Connection, path: str) -> sqlite3.Connection:
    """Leave WAL without mapping `-shm`, which only an exclusive connection may; others keep it in WAL."""
    try:
        conn.execute("PRAGMA busy_timeout=0")
        conn.execute("PRAGMA locking_mode=EXCLUSIVE")
        conn.execute("PRAGMA journal_mode=TRUNCATE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
    finally:
        conn.close()
    return _opened(path)


@contextlib.contextmanager
def transaction(conn: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """A write transaction from its first statement on; rolled back when the body or the commit fails."""
    conn.execute("BEGIN IMMEDIATE")
    try:
        yield conn
        conn.execute("COMMIT")
    except BaseException:
        if conn.in_transaction:
            conn.execute("ROLLBACK")
        raise


_ERRNO = {
    sqlite3.SQLITE_READONLY: ("EROFS", "cannot be written"),
    sqlite3.SQLITE_PERM: ("EACCES", "may not be opened"),
    sqlite3.SQLITE_AUTH: ("EACCES", "may not be opened"),
    sqlite3.SQLITE_CANTOPEN: ("EACCES", "cannot be opened"),
    sqlite3.SQLITE_IOERR: ("EIO", "cannot be read or written"),
    sqlite3.SQLITE_PROTOCOL: ("EIO", "cannot be locked"),
    sqlite3.SQLITE_NOLFS: ("EFBIG", "is too large for this disk"),
}


def translate(error: sqlite3.Error, path: str) -> PumasError | None:
    """The failure of a database file in our terms; None for what only a mistake in our code can cause."""
    extended = getattr(error, "sqlite_errorcode", None)
    code = None if extended is None else extended & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return DiskFullError(f"no space left to write {path}", path=path)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return BusyError(f"{path} is locked by another process", path=path, hint="try again")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT):
        return DamagedError(f"{path} is damaged ({error})", path=path)
    if code in _ERRNO:
        name, what = _ERRNO[code]
        return DiskError(f"{path} {what} ({error})", path=path, errno_name=name)
    return None


@contextlib.contextmanager
def translated(path: str) -> Iterator[None]:
    """Raise SQLite's failures as DiskFullError, DiskError, BusyError or DamagedError."""
    try:
        yield
    except sqlite3.Error as error:
        ours = translate(error, path)
        if ours is None:
            raise
        raise ours from error


def inode(path: str) -> int | None:
    """Which file stands at a path; None where there is none. Raises DiskError."""
    try:
        return os.stat(path).st_ino
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        name = errno.errorcode.get(error.errno or 0, "EIO")
        raise DiskError(f"{path}: {error.strerror}", path=path, errno_name=name) from error


class Database:
    """One writing connection and its lock: usable from any thread, one at a time.

    When the file at the path was replaced (set aside and rebuilt by another process), the next use opens
    the new one, and a write that went into the old one meanwhile is refused as BusyError.
    """

    def __init__(
        self,
        path: str,
        synchronous: Synchronous,
        prepare: Callable[[sqlite3.Connection], None],
        inspect: Callable[[], None] = lambda: None,
    ) -> None:
        """Open the file: `inspect` may refuse it before anything is written, `prepare` makes its tables."""
        self.path = path
        self._inspect = inspect
        self._synchronous = synchronous
        self._prepare = prepare
        self._lock = threading.RLock()
        self._conn: sqlite3.Connection | None = None
        self._inode: int | None = None
        with self._lock:
            self._current()

    def _current(self) -> sqlite3.Connection:
        if self._conn is not None and inode(self.path) == self._inode:
            return self._conn
        self.close()
        self._inspect()
        conn = connect(self.path, self._synchronous)
        try:
            with translated(self.path):
                self._prepare(conn)
            self._inode = inode(self.path)
        except BaseException:
            conn.close()
            raise
        self._conn = conn
        return conn

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """The connection, for statements that change nothing."""
        with self._lock, translated(self.path):
            yield self._current()

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A transaction; other processes wait up to `BUSY_S` for it."""
        with self._lock, translated(self.path):
            with transaction(self._current()) as conn:
                yield conn
            if inode(self.path) != self._inode:
                raise BusyError(f"{self.path} was replaced meanwhile", path=self.path, hint="try again")

    def close(self) -> None:
        """Close the connection; a later use opens it again."""
        with self._lock:
            if self._conn is not None:
                self._conn.close()
                self._conn = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
