"""Rows of `bases`: places as they were last seen, by name."""

import os
import sqlite3
import time

from pumas_tui.core.db.registry_schema import open_registry


def recorded(path: str) -> dict[str, str]:
    """All places in the registry.db at `path`, for who needs nothing else of it. Raises PumasError."""
    db = open_registry(path)
    try:
        with db.read() as conn:
            return select(conn)
    finally:
        db.close()


def select(conn: sqlite3.Connection) -> dict[str, str]:
    """All places: name to an absolute path."""
    return {name: os.fsdecode(path) for name, path in conn.execute("SELECT name, path FROM bases")}


def put(conn: sqlite3.Connection, name: str, path: str) -> None:
    """A place was seen here."""
    conn.execute("INSERT OR REPLACE INTO bases VALUES (?, ?, ?)", (name, os.fsencode(path), time.time()))


def remove(conn: sqlite3.Connection, name: str) -> None:
    """A place does not matter any more."""
    conn.execute("DELETE FROM bases WHERE name = ?", (name,))
