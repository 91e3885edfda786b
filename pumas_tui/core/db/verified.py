"""Rows of `verified`: what the last reading of each file of the library told."""

import sqlite3
from collections.abc import Iterable

from pumas_tui.core.domain.ids import ModelUid
from pumas_tui.core.domain.verification import FileKey, Verdict, Verified


def select(conn: sqlite3.Connection) -> dict[FileKey, Verified]:
    """All that was ever read."""
    rows = conn.execute("SELECT model_uid, name, verdict, sha256, at FROM verified")
    found = (Verified(ModelUid(r[0]), r[1], Verdict(r[2]), r[3], r[4]) for r in rows)
    return {(one.model_uid, one.name): one for one in found}


def put(conn: sqlite3.Connection, read: Iterable[Verified]) -> None:
    """These readings, each in place of the one before of its file."""
    conn.executemany(
        "INSERT OR REPLACE INTO verified VALUES (?, ?, ?, ?, ?)",
        [(one.model_uid, one.name, one.verdict.value, one.sha256, one.at) for one in read],
    )
