"""registry.db: its schema, and what it knows of links. Jobs and journal are beside it.

The file is kept, not rebuilt: apps, links, operations, jobs, answers not yet applied, last known places.
Paths are BLOBs, the bytes the disk has, so that names that are not UTF-8 survive and compare exactly.
JSON columns are ASCII, in which lone surrogates survive too. Times are seconds since the epoch.
"""

import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pumas_tui.core.db import revision
from pumas_tui.core.db.connection import Database, Synchronous
from pumas_tui.core.db.migrations import Step, migrate
from pumas_tui.core.domain.ids import ModelUid
from pumas_tui.core.domain.models import LinkRow

SCHEMA: tuple[Step, ...] = (
    (
        *revision.TABLES,
        """CREATE TABLE apps (
            uid TEXT PRIMARY KEY,
            app TEXT NOT NULL,               -- kind of program: comfyui, forge, …
            name TEXT NOT NULL,
            version TEXT NOT NULL,
            base BLOB NOT NULL,              -- relative to the root when base_relative
            base_relative INTEGER NOT NULL,
            kind TEXT NOT NULL,
            variant TEXT NOT NULL DEFAULT 'default',
            mount TEXT NOT NULL,             -- JSON: mount point, file-system type and id
            kind_folders TEXT NOT NULL,      -- JSON: folder -> real path when it was added
            created_at REAL NOT NULL,
            rev INTEGER NOT NULL
        ) WITHOUT ROWID""",
        """CREATE TABLE operations (
            id TEXT PRIMARY KEY,
            batch_id TEXT NOT NULL,
            kind TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('planned', 'running', 'done', 'undone', 'failed')),
            plan TEXT NOT NULL,              -- JSON
            created_at REAL NOT NULL,
            host TEXT NOT NULL,
            version TEXT NOT NULL,
            rev INTEGER NOT NULL
        ) WITHOUT ROWID""",
        "CREATE INDEX operations_open ON operations (host) WHERE state IN ('planned', 'running')",
        "CREATE INDEX operations_newest ON operations (created_at)",
        """CREATE TABLE steps (
            op_id TEXT NOT NULL REFERENCES operations (id) ON DELETE CASCADE,
            n INTEGER NOT NULL,
            kind TEXT NOT NULL,
            target BLOB NOT NULL,
            want BLOB NOT NULL,              -- fingerprints
            before BLOB NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('planned', 'done', 'skipped', 'failed')),
            PRIMARY KEY (op_id, n)
        ) WITHOUT ROWID""",
        """CREATE TABLE links (
            link_id INTEGER PRIMARY KEY,
            model_uid TEXT NOT NULL,
            app_uid TEXT NOT NULL REFERENCES apps (uid),
            target BLOB NOT NULL,            -- relative to the app's base
            source BLOB NOT NULL,            -- relative to models/
            kind TEXT NOT NULL,
            origin TEXT NOT NULL CHECK (origin IN ('rule', 'adopted')),
            rule TEXT NOT NULL,
            sha256 TEXT NOT NULL,
            op_id TEXT REFERENCES operations (id),
            created_at REAL NOT NULL,
            UNIQUE (app_uid, target)
        )""",
        "CREATE INDEX links_of_model ON links (model_uid)",
        "CREATE INDEX links_of_operation ON links (op_id)",
        """CREATE TABLE jobs (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL,
            payload TEXT NOT NULL,           -- JSON
            state TEXT NOT NULL,
            priority INTEGER NOT NULL DEFAULT 0,
            lane TEXT NOT NULL,
            request TEXT,
            needs TEXT NOT NULL DEFAULT '[]',
            answers TEXT NOT NULL DEFAULT '{}',
            owner TEXT,
            attempt INTEGER NOT NULL DEFAULT 0,
            error TEXT,
            result TEXT,
            rev INTEGER NOT NULL,
            batch_id TEXT NOT NULL,
            created_at REAL NOT NULL,
            started_at REAL,
            ended_at REAL
        )""",
        "CREATE INDEX jobs_waiting ON jobs (priority DESC, id) WHERE state = 'waiting'",
        "CREATE INDEX jobs_running ON jobs (owner) WHERE state = 'running'",
        "CREATE INDEX jobs_unfinished ON jobs (id) WHERE ended_at IS NULL",
        "CREATE INDEX jobs_ended ON jobs (ended_at) WHERE ended_at IS NOT NULL",
        "CREATE INDEX jobs_changed ON jobs (rev)",
        # Removed jobs leave a mark, so that every process takes them off its lists.
        "CREATE TABLE removed_jobs (id INTEGER PRIMARY KEY, rev INTEGER NOT NULL)",
        "CREATE INDEX removed_jobs_changed ON removed_jobs (rev)",
        """CREATE TABLE drafts (
            plan_key TEXT NOT NULL,
            target BLOB NOT NULL,
            answer TEXT NOT NULL,
            PRIMARY KEY (plan_key, target)
        ) WITHOUT ROWID""",
        """CREATE TABLE bases (
            name TEXT PRIMARY KEY,           -- root, models, or an app's uid
            path BLOB NOT NULL,              -- absolute, as it was last seen
            seen_at REAL NOT NULL
        ) WITHOUT ROWID""",
    ),
    (
        """CREATE TABLE abilities (
            name TEXT PRIMARY KEY,           -- models, or an app's uid
            disk TEXT NOT NULL,              -- JSON: file-system type and source it was tried on
            symbolic_links INTEGER NOT NULL,
            hard_links INTEGER NOT NULL,
            tried_at REAL NOT NULL
        ) WITHOUT ROWID""",
    ),
)


def open_registry(path: str) -> Database:
    """A store's own connection to registry.db, created and migrated as needed. Raises PumasError."""
    return Database(path, Synchronous.FULL, lambda conn: migrate(conn, path, SCHEMA))


def to_json(value: Any) -> str:
    """A JSON column: ASCII, so that lone surrogates of file names are escapes and come back as they were."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))


def placeholders(values: Sequence[object]) -> str:
    """`?, ?, ?` for an IN list."""
    return ", ".join("?" * len(values))


_IN_LIST = 500


@dataclass(frozen=True, slots=True)
class Abilities:
    """Which links a place can hold, found out by making one. `disk`: (file-system type, source) it was on."""

    disk: tuple[str, ...]
    symbolic_links: bool
    hard_links: bool


class Registry:
    """What the registry knows of apps and links. Sync, usable from any thread."""

    def __init__(self, path: str) -> None:
        """Open registry.db, creating it. Raises NewerLibraryError, DamagedError, DiskError, BusyError."""
        self._db = open_registry(path)

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def abilities(self, name: str) -> Abilities | None:
        """What was found out about a place, if it was ever tried."""
        with self._db.read() as conn:
            row = conn.execute(
                "SELECT disk, symbolic_links, hard_links FROM abilities WHERE name = ?", (name,)
            ).fetchone()
        return None if row is None else Abilities(tuple(json.loads(row[0])), bool(row[1]), bool(row[2]))

    def remember_abilities(self, name: str, found: Abilities) -> None:
        """Keep what was found out about a place."""
        with self._db.write() as conn:
            conn.execute(
                "INSERT OR REPLACE INTO abilities VALUES (?, ?, ?, ?, ?)",
                (name, to_json(found.disk), found.symbolic_links, found.hard_links, time.time()),
            )

    def links_of(self, uid: ModelUid) -> list[LinkRow]:
        """Links of one model, by app and place."""
        with self._db.read() as conn:
            rows = conn.execute(
                "SELECT a.name, l.target, l.kind FROM links l JOIN apps a ON a.uid = l.app_uid"
                " WHERE l.model_uid = ? ORDER BY a.name, l.target",
                (uid,),
            ).fetchall()
        return [LinkRow(app, os.fsdecode(target), kind) for app, target, kind in rows]
