"""Jobs as rows of registry.db: added, claimed, answered, finished. Every change counts up `rev`."""

import json
import sqlite3
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pumas_tui.core.db.registry_schema import open_registry, placeholders, to_json
from pumas_tui.core.db.revision import current_rev, next_rev
from pumas_tui.core.domain import lanes
from pumas_tui.core.domain.errors import NotFoundError, UsageError
from pumas_tui.core.domain.ids import JobId
from pumas_tui.core.domain.jobs import Job, JobKind, JobRequest, JobState, Need, NeedKind
from pumas_tui.core.domain.lanes import Turns

RECENT_S = 24 * 3600.0
"""How long a finished job stays in `list`."""

_COLUMNS = (
    "id, kind, payload, state, priority, lane, request, needs, answers, owner, attempt, error, result, rev,"
    " batch_id, created_at, started_at, ended_at"
)
_ANSWERABLE = (JobState.NEEDS_YOU, JobState.PAUSED)
_REPEATABLE = (JobState.FAILED, JobState.REFUSED, JobState.CANCELLED)


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to be added. `payload` is a JSON object; `lane` names the disk whose turn it takes."""

    payload: Mapping[str, Any]
    state: JobState = JobState.WAITING
    lane: str = ""
    needs: tuple[Need, ...] = ()
    priority: int = 0
    batch_id: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)


def _needs_json(needs: Iterable[Need]) -> str:
    return to_json(
        [{"kind": n.kind.value, "choices": list(n.choices), "facts": dict(n.facts)} for n in needs]
    )


def _needs(text: str) -> tuple[Need, ...]:
    return tuple(Need(NeedKind(n["kind"]), tuple(n["choices"]), n["facts"]) for n in json.loads(text))


def to_job(row: Sequence[Any]) -> Job:
    """A row of `select_jobs` as a value."""
    return Job(
        id=JobId(row[0]),
        kind=JobKind(row[1]),
        payload=json.loads(row[2]),
        state=JobState(row[3]),
        priority=row[4],
        lane=row[5],
        request=None if row[6] is None else JobRequest(row[6]),
        needs=_needs(row[7]),
        answers=json.loads(row[8]),
        owner=row[9],
        attempt=row[10],
        error=None if row[11] is None else json.loads(row[11]),
        result=None if row[12] is None else json.loads(row[12]),
        rev=row[13],
        batch_id=row[14],
        created_at=row[15],
        started_at=row[16],
        ended_at=row[17],
    )


def select_jobs(conn: sqlite3.Connection, rest: str, values: Sequence[object] = ()) -> tuple[Job, ...]:
    """Jobs by the part of a SELECT after `FROM jobs`."""
    return tuple(to_job(row) for row in conn.execute(f"SELECT {_COLUMNS} FROM jobs {rest}", values))


def recent_jobs(conn: sqlite3.Connection, limit: int, now: float) -> tuple[Job, ...]:
    """All unfinished jobs and those that ended in the last 24 h, newest first, at most `limit`."""
    return select_jobs(
        conn,
        "WHERE id IN (SELECT id FROM jobs WHERE ended_at IS NULL UNION"
        " SELECT id FROM jobs WHERE ended_at IS NOT NULL AND ended_at >= ?) ORDER BY id DESC LIMIT ?",
        (now - RECENT_S, limit),
    )


def jobs_since(conn: sqlite3.Connection, rev: int) -> tuple[Job, ...]:
    """Jobs changed after `rev`, oldest change first."""
    return select_jobs(conn, "WHERE rev > ? ORDER BY rev, id", (rev,))


def removed_since(conn: sqlite3.Connection, rev: int) -> tuple[JobId, ...]:
    """Jobs removed after `rev`."""
    return tuple(JobId(row[0]) for row in conn.execute("SELECT id FROM removed_jobs WHERE rev > ?", (rev,)))


class JobStore:
    """The queue. Sync, usable from any thread and from many processes; ids that are gone are passed over.

    Errors: BusyError after 20 s under another writer, DiskError, DiskFullError, DamagedError.
    """

    def __init__(self, path: str, *, clock: Callable[[], float] = time.time) -> None:
        """Open registry.db, creating it. `clock` gives epoch seconds. Raises NewerLibraryError too."""
        self._db = open_registry(path)
        self._clock = clock

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def add_many(self, kind: JobKind, items: Sequence[NewJob]) -> tuple[JobId, ...]:
        """Add jobs in one transaction; their ids in the same order."""
        if not items:
            return ()
        now = self._clock()
        added: list[JobId] = []
        with self._db.write() as conn:
            rev = next_rev(conn)
            for item in items:
                cursor = conn.execute(
                    "INSERT INTO jobs (kind, payload, state, priority, lane, needs, answers, rev, batch_id,"
                    " created_at, ended_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        kind.value,
                        to_json(dict(item.payload)),
                        item.state.value,
                        item.priority,
                        item.lane,
                        _needs_json(item.needs),
                        to_json(dict(item.answers)),
                        rev,
                        item.batch_id,
                        now,
                        now if item.state.final else None,
                    ),
                )
                added.append(JobId(cursor.lastrowid or 0))
        return tuple(added)

    def get(self, job_id: JobId) -> Job:
        """One job. Raises NotFoundError."""
        with self._db.read() as conn:
            return _one(conn, job_id)

    def of_batch(self, batch_id: str) -> tuple[Job, ...]:
        """Jobs that were submitted together, oldest first."""
        with self._db.read() as conn:
            return select_jobs(conn, "WHERE batch_id = ? ORDER BY id", (batch_id,))

    def list(self, limit: int = 5000) -> tuple[Job, ...]:
        """All unfinished jobs and those that ended in the last 24 h, newest first, at most `limit`."""
        with self._db.read() as conn:
            return recent_jobs(conn, limit, self._clock())

    def since(self, rev: int) -> tuple[tuple[Job, ...], int]:
        """Jobs changed after `rev`, and the rev to ask with next time."""
        with self._db.read() as conn:
            jobs = jobs_since(conn, rev)
        return jobs, max((job.rev for job in jobs), default=rev)

    def rev(self) -> int:
        """The number of the last change of anything in registry.db."""
        with self._db.read() as conn:
            return current_rev(conn)

    def claim(
        self,
        owner: str,
        kinds: Collection[JobKind],
        turns: Turns,
        batches: Collection[str] | None = None,
    ) -> Job | None:
        """Take the waiting job of the best priority, then the oldest, for which every device of its lane has
        room; None: no such job.

        Room is what the running jobs of all living owners leave, counted in the same transaction. `batches`
        limits the choice.
        """
        wanted = [kind.value for kind in kinds]
        own = list(batches or ())
        mine = "" if batches is None else f" AND batch_id IN ({placeholders(own)})"
        find = (
            "SELECT id, lane FROM jobs WHERE state = 'waiting'"
            f" AND kind IN ({placeholders(wanted)}){mine} ORDER BY priority DESC, id"
        )
        values = (*wanted, *own)
        with self._db.read() as conn:
            if _first_with_room(conn, find, values, turns) is None:
                return None  # an idle runner must not take the write lock ten times a second
        with self._db.write() as conn:
            job_id = _first_with_room(conn, find, values, turns)
            if job_id is None:
                return None
            conn.execute(
                "UPDATE jobs SET state = 'running', owner = ?, request = NULL, error = NULL, started_at = ?,"
                " ended_at = NULL, rev = ? WHERE id = ?",
                (owner, self._clock(), next_rev(conn), job_id),
            )
            return _one(conn, job_id)

    def finish(
        self,
        job_id: JobId,
        owner: str,
        state: JobState,
        result: Mapping[str, Any] | None = None,
        error: Mapping[str, Any] | None = None,
    ) -> bool:
        """The owner's last word on a running job, PAUSED included. False: it is no longer the owner's."""
        return self._by_owner(
            job_id,
            owner,
            "state = ?, result = ?, error = ?, ended_at = ?",
            (
                state.value,
                None if result is None else to_json(dict(result)),
                None if error is None else to_json(dict(error)),
                self._clock() if state.final else None,
            ),
        )

    def set_needs(self, job_id: JobId, owner: str, needs: Sequence[Need]) -> bool:
        """The owner stops with questions: needs_you. False: the job is no longer the owner's."""
        return self._by_owner(job_id, owner, "state = 'needs_you', needs = ?", (_needs_json(needs),))

    def requeue(self, job_id: JobId, owner: str) -> bool:
        """Put a running job back into the queue: `owner` stops without a word, or is dead."""
        return self._by_owner(job_id, owner, "state = 'waiting', started_at = NULL", ())

    def _by_owner(self, job_id: JobId, owner: str, change: str, values: Sequence[object]) -> bool:
        with self._db.write() as conn:
            cursor = conn.execute(
                f"UPDATE jobs SET {change}, owner = NULL, request = NULL, rev = ?"
                " WHERE id = ? AND owner = ? AND state = 'running'",
                (*values, next_rev(conn), job_id, owner),
            )
            return cursor.rowcount == 1

    def answer(self, job_id: JobId, need: NeedKind, choice: str) -> Job:
        """Record an answer; the last one puts the job into the queue. Returns the job as it is now.

        Raises NotFoundError, UsageError when it does not ask that or does not offer the choice.
        """
        with self._db.write() as conn:
            job = _one(conn, job_id)
            asked = next((n for n in job.needs if n.kind is need), None)
            if asked is None or job.state not in _ANSWERABLE:
                raise UsageError(f"job {job_id} does not ask about {need.value}")
            if choice not in asked.choices:
                raise UsageError(f"{choice!r} is no answer to {need.value}: {', '.join(asked.choices)}")
            left = [n for n in job.needs if n.kind is not need]
            state = job.state if left or job.state is not JobState.NEEDS_YOU else JobState.WAITING
            conn.execute(
                "UPDATE jobs SET needs = ?, answers = ?, state = ?, rev = ? WHERE id = ?",
                (
                    _needs_json(left),
                    to_json({**job.answers, need.value: choice}),
                    state.value,
                    next_rev(conn),
                    job_id,
                ),
            )
            return _one(conn, job_id)

    def revise(
        self,
        ids: Collection[JobId],
        states: Collection[JobState],
        change: Callable[[Job], Job],
    ) -> tuple[JobId, ...]:
        """Give jobs of these states the payload, needs and lane that `change` gives, all of them or none.

        Who asked and has no question left waits. The ids that were changed. What `change` raises goes
        through, and nothing is written.
        """
        revised: list[JobId] = []
        with self._db.write() as conn:
            rev = next_rev(conn)
            for job in select_jobs(conn, f"WHERE id IN ({placeholders(list(ids))})", tuple(ids)):
                if job.state in states:
                    after = change(job)
                    settled = job.state is JobState.NEEDS_YOU and not after.needs
                    state = JobState.WAITING if settled else job.state
                    conn.execute(
                        "UPDATE jobs SET payload = ?, needs = ?, lane = ?, state = ?, rev = ? WHERE id = ?",
                        (
                            to_json(dict(after.payload)),
                            _needs_json(after.needs),
                            after.lane,
                            state.value,
                            rev,
                            job.id,
                        ),
                    )
                    revised.append(job.id)
        return tuple(revised)

    def request(self, ids: Collection[JobId], request: JobRequest) -> tuple[JobId, ...]:
        """Ask the owners of running jobs to pause or cancel; the ids that were running."""
        return self._change(ids, (JobState.RUNNING,), "request = ?", (request.value,))

    def set_state(
        self, ids: Collection[JobId], from_states: Collection[JobState], to_state: JobState
    ) -> tuple[JobId, ...]:
        """Move jobs that nobody runs from one state to another; the ids that moved."""
        ended = self._clock() if to_state.final else None
        states = [state for state in from_states if state is not JobState.RUNNING]
        change = "state = ?, ended_at = ?" + (", error = NULL" if to_state is JobState.WAITING else "")
        return self._change(ids, states, change, (to_state.value, ended))

    def retry(self, ids: Collection[JobId]) -> tuple[JobId, ...]:
        """Queue failed, refused and cancelled jobs again; answers are kept. The ids that will run."""
        return self._change(
            ids,
            _REPEATABLE,
            "state = CASE needs WHEN '[]' THEN 'waiting' ELSE 'needs_you' END, attempt = attempt + 1,"
            " error = NULL, result = NULL, request = NULL, started_at = NULL, ended_at = NULL",
            (),
        )

    def remove(self, ids: Collection[JobId]) -> tuple[JobId, ...]:
        """Forget jobs that are not running; the ids that are gone."""
        with self._db.write() as conn:
            rev = next_rev(conn)
            gone: list[JobId] = []
            for job_id in ids:
                cursor = conn.execute("DELETE FROM jobs WHERE id = ? AND state <> 'running'", (job_id,))
                if cursor.rowcount:
                    gone.append(job_id)
            conn.executemany("INSERT INTO removed_jobs VALUES (?, ?)", [(job_id, rev) for job_id in gone])
            return tuple(gone)

    def top(self, ids: Sequence[JobId]) -> tuple[JobId, ...]:
        """Make unfinished jobs the next in line, in the order given; the ids that moved."""
        with self._db.write() as conn:
            best = conn.execute("SELECT coalesce(max(priority), 0) FROM jobs WHERE ended_at IS NULL")
            highest = int(best.fetchone()[0]) + len(ids)
            rev = next_rev(conn)
            moved: list[JobId] = []
            for place, job_id in enumerate(ids):
                cursor = conn.execute(
                    "UPDATE jobs SET priority = ?, rev = ? WHERE id = ? AND ended_at IS NULL",
                    (highest - place, rev, job_id),
                )
                if cursor.rowcount:
                    moved.append(job_id)
            return tuple(moved)

    def orphaned(self, live_owners: Collection[str]) -> tuple[Job, ...]:
        """Running jobs whose owner is none of these."""
        with self._db.read() as conn:
            running = select_jobs(conn, "WHERE state = 'running' ORDER BY id")
        return tuple(job for job in running if job.owner not in live_owners)

    def _change(
        self, ids: Collection[JobId], states: Collection[JobState], change: str, values: Sequence[object]
    ) -> tuple[JobId, ...]:
        allowed = [state.value for state in states]
        changed: list[JobId] = []
        with self._db.write() as conn:
            rev = next_rev(conn)
            for job_id in ids:
                cursor = conn.execute(
                    f"UPDATE jobs SET {change}, rev = ? WHERE id = ? AND state IN ({placeholders(allowed)})",
                    (*values, rev, job_id, *allowed),
                )
                if cursor.rowcount:
                    changed.append(job_id)
        return tuple(changed)


def _first_with_room(
    conn: sqlite3.Connection, find: str, values: Sequence[object], turns: Turns
) -> JobId | None:
    running = conn.execute("SELECT lane, owner FROM jobs WHERE state = 'running'").fetchall()
    busy = lanes.load(lane for lane, owner in running if turns.lives(owner))
    room: dict[str, bool] = {}
    for job_id, lane in conn.execute(find, values):
        if lane not in room:
            room[lane] = lanes.has_room(lane, busy, turns.widths)
        if room[lane]:
            return JobId(job_id)
    return None


def _one(conn: sqlite3.Connection, job_id: JobId) -> Job:
    jobs = select_jobs(conn, "WHERE id = ?", (job_id,))
    if not jobs:
        raise NotFoundError(f"no job {job_id}")
    return jobs[0]
