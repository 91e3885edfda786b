"""What other connections and processes changed: a cheap look at three databases, several times a second.

`PRAGMA data_version` changes when another connection commits; only then are rows read. A file that was
replaced (another inode) is opened again and read from the start. A file that is not there yet, or has no
tables yet, is no change.
"""

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from pumas_tui.core.db.connection import connect_readonly, inode, translated
from pumas_tui.core.db.jobs import jobs_since, recent_jobs, removed_since
from pumas_tui.core.db.migrations import version
from pumas_tui.core.db.revision import current_rev
from pumas_tui.core.db.runtime import progress_rows
from pumas_tui.core.domain.ids import JobId
from pumas_tui.core.domain.jobs import Job, Progress

_FIRST_JOBS = 5000
_Rows = TypeVar("_Rows")


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed since the last poll. `removed` are jobs that are gone from the registry."""

    jobs: tuple[Job, ...] = ()
    progress: tuple[Progress, ...] = ()
    models_changed: bool = False
    removed: tuple[JobId, ...] = ()


class _Watched:
    """One file: its connection, opened again when another file stands there, and its last data version."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._conn: sqlite3.Connection | None = None
        self._inode: int | None = None
        self._data_version: int | None = None

    def read(self, rows: Callable[[sqlite3.Connection, bool], _Rows]) -> _Rows | None:
        """`rows(connection, first)` in one snapshot when something was committed, else None."""
        found = inode(self._path)
        if found != self._inode:
            self.close()
        if found is None:
            return None
        with translated(self._path):
            if self._conn is None:
                self._conn = connect_readonly(self._path)
                self._inode = found
            conn = self._conn
            data_version = int(conn.execute("PRAGMA data_version").fetchone()[0])
            if data_version == self._data_version:
                return None
            conn.execute("BEGIN")
            try:
                if version(conn) == 0:
                    return None
                answer = rows(conn, self._data_version is None)
            finally:
                conn.execute("ROLLBACK")
        self._data_version = data_version
        return answer

    def close(self) -> None:
        if self._conn is not None:
            self._conn.close()
        self._conn = self._inode = self._data_version = None


class ChangeWatch:
    """Polls registry.db, runtime.db and models.db. For one thread at a time, any thread.

    The first poll gives what a front end starts with: all unfinished jobs, those that ended in the last 24 h,
    and all progress.
    """

    def __init__(
        self, registry: str, runtime: str, models: str, *, clock: Callable[[], float] = time.time
    ) -> None:
        """Paths need not exist yet. `clock` gives seconds since the epoch."""
        self._registry = _Watched(registry)
        self._runtime = _Watched(runtime)
        self._models = _Watched(models)
        self._clock = clock
        self._job_rev = 0
        self._progress_rev = 0

    def poll(self) -> Changes:
        """What changed since the last call. Raises DamagedError, DiskError, BusyError."""
        jobs, removed = self._registry.read(self._jobs) or ((), ())
        progress = self._runtime.read(self._progress) or ()
        models_changed = self._models.read(lambda conn, first: True) or False
        return Changes(jobs, progress, models_changed, removed)

    def _jobs(self, conn: sqlite3.Connection, first: bool) -> tuple[tuple[Job, ...], tuple[JobId, ...]]:
        since, self._job_rev = self._job_rev, current_rev(conn)
        if first:
            return recent_jobs(conn, _FIRST_JOBS, self._clock())[::-1], ()
        return jobs_since(conn, since), removed_since(conn, since)

    def _progress(self, conn: sqlite3.Connection, first: bool) -> tuple[Progress, ...]:
        since, self._progress_rev = self._progress_rev, current_rev(conn)
        return progress_rows(conn, 0 if first else since)

    def close(self) -> None:
        """Close the connections."""
        for watched in (self._registry, self._runtime, self._models):
            watched.close()
