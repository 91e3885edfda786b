"""What reading the files of the library told: rows of `verified`, of `block_sums` and of `begun_readings`.

All of it can be found out again by reading; a row that is lost only costs that.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping

from pumas_tui.core.db.registry_schema import to_json
from pumas_tui.core.domain.ids import ModelUid
from pumas_tui.core.domain.verification import Begun, FileKey, Sums, Verdict, Verified

_SUM_BYTES = 16


def select(conn: sqlite3.Connection) -> dict[FileKey, Verified]:
    """All that was ever read to its end."""
    rows = conn.execute("SELECT model_uid, name, verdict, sha256, at, places FROM verified")
    return {
        (ModelUid(uid), name): Verified(
            ModelUid(uid),
            name,
            Verdict(verdict),
            sha256,
            at,
            tuple((first, end) for first, end in json.loads(places)),
        )
        for uid, name, verdict, sha256, at, places in rows
    }


def sums(conn: sqlite3.Connection, key: FileKey) -> Sums | None:
    """The sums of a file's blocks, None where it was never read and found right."""
    row = conn.execute("SELECT sha256, sums FROM block_sums WHERE model_uid = ? AND name = ?", key).fetchone()
    if row is None:
        return None
    parts = (row[1][start : start + _SUM_BYTES] for start in range(0, len(row[1]), _SUM_BYTES))
    return Sums(row[0], tuple(part.hex() for part in parts))


def begun(conn: sqlite3.Connection) -> dict[FileKey, Begun]:
    """How far readings came that did not come to their end."""
    rows = conn.execute("SELECT model_uid, name, stamp, blocks, differing FROM begun_readings")
    return {
        (ModelUid(uid), name): Begun(stamp, blocks, tuple(json.loads(differing)))
        for uid, name, stamp, blocks, differing in rows
    }


def put(conn: sqlite3.Connection, read: Iterable[Verified]) -> None:
    """These readings, each in place of the one before of its file; they are not under way any more."""
    rows = [
        (one.model_uid, one.name, one.verdict.value, one.sha256, one.at, to_json(one.places)) for one in read
    ]
    conn.executemany(
        "INSERT OR REPLACE INTO verified (model_uid, name, verdict, sha256, at, places)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        rows,
    )
    conn.executemany(
        "DELETE FROM begun_readings WHERE model_uid = ? AND name = ?", [(row[0], row[1]) for row in rows]
    )


def put_sums(conn: sqlite3.Connection, found: Mapping[FileKey, Sums]) -> None:
    """The sums of these files' blocks, in place of those before."""
    conn.executemany(
        "INSERT OR REPLACE INTO block_sums (model_uid, name, sha256, sums) VALUES (?, ?, ?, ?)",
        [(*key, one.sha256, bytes.fromhex("".join(one.blocks))) for key, one in found.items()],
    )


def put_begun(conn: sqlite3.Connection, come: Mapping[FileKey, Begun]) -> None:
    """How far these readings have come."""
    conn.executemany(
        "INSERT OR REPLACE INTO begun_readings (model_uid, name, stamp, blocks, differing)"
        " VALUES (?, ?, ?, ?, ?)",
        [(*key, one.stamp, one.blocks, to_json(one.differing)) for key, one in come.items()],
    )
