"""registry.db: its schema, how it is opened, and how values stand in its columns.

The file is kept, not rebuilt: apps, links, operations, jobs, answers not yet applied, last known places, what
reading the files told.
Paths are BLOBs, the bytes the disk has, so that names that are not UTF-8 survive and compare exactly.
JSON columns are ASCII, in which lone surrogates survive too. Times are seconds since the epoch.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from pumas_tui.core.db import revision
from pumas_tui.core.db.connection import Database, Synchronous
from pumas_tui.core.db.migrations import Step, migrate

_Value = TypeVar("_Value")
_IN_LIST = 500

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
    (
        # JSON: pairs of a path on this host and the one it has inside a container
        "ALTER TABLE apps ADD COLUMN containers TEXT NOT NULL DEFAULT '[]'",
        # JSON: what a step needs beyond its target (domain.operations)
        "ALTER TABLE steps ADD COLUMN detail TEXT NOT NULL DEFAULT '{}'",
        "CREATE INDEX operations_of_batch ON operations (batch_id) WHERE batch_id != ''",
    ),
    (
        """CREATE TABLE verified (
            model_uid TEXT NOT NULL,
            name TEXT NOT NULL,              -- below the model's folder
            verdict TEXT NOT NULL,           -- good, changed
            sha256 TEXT NOT NULL,            -- what a changed file has now
            at REAL NOT NULL,
            PRIMARY KEY (model_uid, name)
        ) WITHOUT ROWID""",
    ),
    (
        # JSON: pairs of the first byte and the one after the last of where a changed file differs
        "ALTER TABLE verified ADD COLUMN places TEXT NOT NULL DEFAULT '[]'",
        """CREATE TABLE block_sums (
            model_uid TEXT NOT NULL,
            name TEXT NOT NULL,
            sha256 TEXT NOT NULL,            -- recorded hash of the content that has these sums
            sums BLOB NOT NULL,              -- XXH3-128 of each block, 16 bytes each
            PRIMARY KEY (model_uid, name)
        ) WITHOUT ROWID""",
        """CREATE TABLE begun_readings (
            model_uid TEXT NOT NULL,
            name TEXT NOT NULL,
            stamp TEXT NOT NULL,             -- which file is read, and that nobody changed it
            blocks INTEGER NOT NULL,         -- read so far
            differing TEXT NOT NULL,         -- JSON: numbers of those that are not as they were
            PRIMARY KEY (model_uid, name)
        ) WITHOUT ROWID""",
    ),
    (
        # the user gave the version: what the app's files tell does not count
        "ALTER TABLE apps ADD COLUMN version_said INTEGER NOT NULL DEFAULT 0",
    ),
    (
        # the app's own folder where base does not tell it, relative to the root when below it
        "ALTER TABLE apps ADD COLUMN folder BLOB NOT NULL DEFAULT x''",
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


def in_lists(values: Sequence[_Value]) -> Iterator[Sequence[_Value]]:
    """The values in parts short enough for one IN list each."""
    for start in range(0, len(values), _IN_LIST):
        yield values[start : start + _IN_LIST]
