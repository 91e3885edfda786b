"""Databases that may be lost: one that is damaged or from another version makes way for a fresh one."""

import contextlib
import sqlite3
from collections.abc import Callable, Collection, Sequence

from pumas_tui.core.db.connection import connect_readonly, inode, translated
from pumas_tui.core.db.migrations import Step, version
from pumas_tui.core.domain.errors import DamagedError


def make_way(
    path: str, steps: Sequence[Step], tables: Collection[str], set_aside: Callable[[str], str]
) -> None:
    """Rename a file away that is no database with these steps done and these tables, with what belongs to it.

    `set_aside(path)` renames one file. Raises DiskError.
    """
    if inode(path) is not None and not _is_usable(path, steps, tables):
        set_away(path, set_aside)


def set_away(path: str, set_aside: Callable[[str], str]) -> None:
    """Rename a database and its journals away. Raises DiskError."""
    for suffix in ("-wal", "-shm", "-journal", ""):
        if inode(path + suffix) is not None:
            set_aside(path + suffix)


def _is_usable(path: str, steps: Sequence[Step], tables: Collection[str]) -> bool:
    try:
        with contextlib.closing(connect_readonly(path)) as conn, translated(path):
            conn.execute("BEGIN")  # one state of the file: another process may be making it right now
            if conn.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                return False
            found = {row[0] for row in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            return (version(conn) == len(steps) and found == set(tables)) or (
                version(conn) == 0 and not found
            )
    except (DamagedError, sqlite3.Error):
        return False
