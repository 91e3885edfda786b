"""runtime.db: how far running jobs are, which runners live, when somebody last looked.

Disposable; nothing waits for its disk.
"""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pumas_tui.core.db import disposable, revision
from pumas_tui.core.db.connection import Database, Synchronous
from pumas_tui.core.db.migrations import Step, migrate
from pumas_tui.core.db.revision import next_rev
from pumas_tui.core.domain.ids import JobId
from pumas_tui.core.domain.jobs import Progress, Stage

SCHEMA: tuple[Step, ...] = (
    (
        *revision.TABLES,
        """CREATE TABLE progress (
            job_id INTEGER PRIMARY KEY,
            stage TEXT NOT NULL,
            bytes_done INTEGER NOT NULL,
            bytes_total INTEGER NOT NULL,
            rate REAL NOT NULL,
            at REAL NOT NULL,
            rev INTEGER NOT NULL
        )""",
        "CREATE INDEX progress_changed ON progress (rev)",
        """CREATE TABLE runners (
            id TEXT PRIMARY KEY,
            pid INTEGER NOT NULL,
            boot_id TEXT NOT NULL,
            host TEXT NOT NULL,
            at REAL NOT NULL
        ) WITHOUT ROWID""",
        # When a full-screen session was last open on each host.
        "CREATE TABLE visits (host TEXT PRIMARY KEY, at REAL NOT NULL) WITHOUT ROWID",
    ),
)
_TABLES = {"meta", "progress", "runners", "visits"}


@dataclass(frozen=True, slots=True)
class Runner:
    """A process that runs jobs. `id` is what jobs call their owner; `at`: last heartbeat, epoch seconds."""

    id: str
    pid: int
    boot_id: str
    host: str
    at: float


def to_progress(row: Sequence[Any]) -> Progress:
    """A row of `progress_rows` as a value."""
    return Progress(JobId(row[0]), Stage(row[1]), *row[2:7])


def progress_rows(conn: sqlite3.Connection, rev: int) -> tuple[Progress, ...]:
    """Progress written after `rev`, oldest first."""
    rows = conn.execute(
        "SELECT job_id, stage, bytes_done, bytes_total, rate, at, rev FROM progress WHERE rev > ?"
        " ORDER BY rev",
        (rev,),
    )
    return tuple(to_progress(row) for row in rows)


class RuntimeStore:
    """Progress and heartbeats. Sync, usable from any thread and from many processes."""

    def __init__(self, path: str, set_aside: Callable[[str], str]) -> None:
        """Open runtime.db, creating it; one that is damaged or from another version is replaced.

        `set_aside(path)` renames one file away. Raises DiskError, DiskFullError, BusyError.
        """
        disposable.make_way(path, SCHEMA, _TABLES, set_aside)
        self._db = Database(path, Synchronous.OFF, lambda conn: migrate(conn, path, SCHEMA))

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def put_progress(self, progress: Progress) -> None:
        """Write how far a job is; its `rev` is given here."""
        with self._db.write() as conn:
            conn.execute(
                "INSERT OR REPLACE INTO progress VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    progress.job_id,
                    progress.stage.value,
                    progress.bytes_done,
                    progress.bytes_total,
                    progress.rate,
                    progress.at,
                    next_rev(conn),
                ),
            )

    def progress_since(self, rev: int) -> tuple[tuple[Progress, ...], int]:
        """Progress written after `rev`, and the rev to ask with next time."""
        with self._db.read() as conn:
            rows = progress_rows(conn, rev)
        return rows, max((row.rev for row in rows), default=rev)

    def clear(self, job_id: JobId) -> None:
        """Forget the progress of a job that ended."""
        with self._db.write() as conn:
            conn.execute("DELETE FROM progress WHERE job_id = ?", (job_id,))

    def heartbeat(self, runner: Runner) -> None:
        """A runner is alive at `runner.at`."""
        with self._db.write() as conn:
            conn.execute(
                "INSERT OR REPLACE INTO runners VALUES (?, ?, ?, ?, ?)",
                (runner.id, runner.pid, runner.boot_id, runner.host, runner.at),
            )

    def visit(self, host: str, at: float) -> None:
        """A full-screen session is open on this host at `at`, epoch seconds."""
        with self._db.write() as conn:
            conn.execute("INSERT OR REPLACE INTO visits VALUES (?, ?)", (host, at))

    def last_visit(self, host: str) -> float | None:
        """When a full-screen session was last open on this host; None: never, as far as is known."""
        with self._db.read() as conn:
            row = conn.execute("SELECT at FROM visits WHERE host = ?", (host,)).fetchone()
        return None if row is None else float(row[0])

    def runners(self) -> tuple[Runner, ...]:
        """All runners that have not said goodbye, however old their last heartbeat."""
        with self._db.read() as conn:
            rows = conn.execute("SELECT id, pid, boot_id, host, at FROM runners ORDER BY id").fetchall()
        return tuple(Runner(*row) for row in rows)

    def live_runners(self, now: float, max_age_s: float) -> tuple[Runner, ...]:
        """Runners heard of in the last `max_age_s`; a time in the future (a clock set back) is alive."""
        return tuple(runner for runner in self.runners() if now - runner.at <= max_age_s)
