"""The counter that every change of a database counts up: readers ask for what is newer than they know."""

import sqlite3

TABLES = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID",
    "INSERT INTO meta VALUES ('rev', 0)",
)
"""Statements that make the counter."""


def next_rev(conn: sqlite3.Connection) -> int:
    """Count one change; call it inside the transaction that makes it."""
    row = conn.execute("UPDATE meta SET value = value + 1 WHERE key = 'rev' RETURNING value").fetchone()
    return int(row[0])


def current_rev(conn: sqlite3.Connection) -> int:
    """The number of the last change."""
    return int(conn.execute("SELECT value FROM meta WHERE key = 'rev'").fetchone()[0])
