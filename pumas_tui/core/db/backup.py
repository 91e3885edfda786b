"""The daily backup of registry.db, and putting it back when the registry is damaged.

A backup is one SQLite file beside the registry that carries the SHA-256 of its own rows. It is put together
in memory and written in one transaction, so a crash leaves the former backup. Callers hold the library lock.
"""

import contextlib
import hashlib
import sqlite3
from collections.abc import Callable
from enum import StrEnum

from pumas_tui.core.db.connection import (
    Synchronous,
    connect,
    connect_readonly,
    inode,
    translated,
)
from pumas_tui.core.db.migrations import version
from pumas_tui.core.db.registry_schema import SCHEMA
from pumas_tui.core.domain.errors import DamagedError, NewerLibraryError

EVERY_S = 24 * 3600.0
_REV_LEAP = 1_000_000  # a restored registry must not count again what processes have seen
_SUFFIXES = ("-wal", "-shm", "-journal", "")
_MARKS = ("backup_at", "backup_sha256")


class Restored(StrEnum):
    """What `restore_if_damaged` found and did."""

    SOUND = "sound"
    FROM_BACKUP = "from_backup"
    EMPTY = "empty"  # damaged and no sound backup: a new registry begins, links are to be found on disk


def backup_path(path: str) -> str:
    """Where the backup of a registry lies."""
    return f"{path}.backup"


def backup(path: str, *, now: float) -> bool:
    """Back a registry up unless that was done in the last 24 h; `now` in epoch seconds. True if made.

    A registry that fails its check is not backed up. Raises DamagedError, DiskError, DiskFullError,
    BusyError.
    """
    target = backup_path(path)
    if now - _backed_up_at(target) < EVERY_S:
        return False
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as copy:
        with contextlib.closing(connect_readonly(path)) as conn, translated(path):
            _check(conn, path)
            conn.backup(copy)
        copy.execute("DELETE FROM meta WHERE key IN (?, ?)", _MARKS)
        marks = zip(_MARKS, (now, _content_sha256(copy)), strict=True)
        copy.executemany("INSERT INTO meta VALUES (?, ?)", marks)
        _write_out(copy, target)
    return True


def restore_if_damaged(path: str, set_aside: Callable[[str], str]) -> Restored:
    """Check a registry; when it is damaged set it aside and put the backup in its place, or an empty one.

    `set_aside(path)` renames one file away and returns where it is now; it is called for the registry and for
    each file SQLite keeps beside it, those first: a write-ahead log must never meet another database.
    Raises NewerLibraryError, DiskError, DiskFullError, BusyError. Nothing may have the registry open.
    """
    if inode(path) is None or _is_sound(path):
        return Restored.SOUND
    for suffix in _SUFFIXES:
        if inode(path + suffix) is not None:
            set_aside(path + suffix)
    source = backup_path(path)
    if inode(source) is None:
        return Restored.EMPTY
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as copy:
        try:
            with contextlib.closing(connect_readonly(source)) as conn, translated(source):
                _check(conn, source)
                conn.backup(copy)
        except DamagedError:
            set_aside(source)
            return Restored.EMPTY
        if not _content_is_whole(copy):
            set_aside(source)
            return Restored.EMPTY
        copy.execute("DELETE FROM meta WHERE key IN (?, ?)", _MARKS)
        copy.execute("UPDATE meta SET value = value + ? WHERE key = 'rev'", (_REV_LEAP,))
        _write_out(copy, path)
    return Restored.FROM_BACKUP


def _write_out(copy: sqlite3.Connection, path: str) -> None:
    """Write a database from memory to a file, all or nothing; no write-ahead log is left beside it."""
    with contextlib.closing(connect(path, Synchronous.FULL)) as conn, translated(path):
        copy.backup(conn)
        conn.execute("PRAGMA journal_mode=DELETE")


def _is_sound(path: str) -> bool:
    try:
        with contextlib.closing(connect_readonly(path)) as conn, translated(path):
            _check(conn, path)
    except DamagedError:
        return False
    return True


def _check(conn: sqlite3.Connection, path: str) -> None:
    """Raise DamagedError unless pages, indexes, references and tables are what they should be."""
    try:
        found = version(conn)
        if found > len(SCHEMA):
            raise NewerLibraryError(f"{path} was made by a newer version", path=path, hint="update pumas-tui")
        problems = [str(row[0]) for row in conn.execute("PRAGMA integrity_check(1)")]
        if problems != ["ok"]:
            raise DamagedError(f"{path} is damaged ({problems[0]})", path=path)
        if found and conn.execute("SELECT count(*) FROM meta WHERE key = 'rev'").fetchone()[0] != 1:
            raise DamagedError(f"{path} is not a registry", path=path)
        if not found and conn.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise DamagedError(f"{path} is not a registry", path=path)
    except (sqlite3.OperationalError, UnicodeDecodeError) as error:
        if isinstance(error, sqlite3.Error) and error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_ERROR:
            raise
        raise DamagedError(f"{path} is damaged ({error})", path=path) from error


def _backed_up_at(target: str) -> float:
    """When a backup was made; 0 when there is none that can be read."""
    if inode(target) is None:
        return 0.0
    try:
        with contextlib.closing(connect_readonly(target)) as conn, translated(target):
            row = conn.execute("SELECT value FROM meta WHERE key = 'backup_at'").fetchone()
            return float(row[0]) if row is not None else 0.0
    except (DamagedError, sqlite3.Error, ValueError):
        return 0.0


def _content_sha256(conn: sqlite3.Connection) -> str:
    """A digest of schema and rows in a fixed order, without the marks of a backup."""
    digest = hashlib.sha256()
    tables = [
        row[0] for row in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")
    ]
    for table in tables:
        digest.update(f"\0{table}\0".encode())
        for row in conn.execute(f'SELECT * FROM "{table}" ORDER BY 1, 2'):
            if table != "meta" or row[0] not in _MARKS:
                digest.update(repr(row).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _content_is_whole(copy: sqlite3.Connection) -> bool:
    try:
        row = copy.execute("SELECT value FROM meta WHERE key = 'backup_sha256'").fetchone()
        return row is not None and row[0] == _content_sha256(copy)
    except (sqlite3.Error, UnicodeDecodeError):
        return False
