"""The journal in registry.db: operations and their steps, all written before the first one is done.

A step is small and idempotent and named by what it makes true; after a crash whoever recovers asks the disk
whether a step that is not marked is true already. Steps are marked in groups, one transaction a group.
"""

import json
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pumas_tui.core.db.registry import open_registry, to_json
from pumas_tui.core.db.revision import next_rev
from pumas_tui.core.domain.errors import NotFoundError
from pumas_tui.core.domain.ids import OperationId


class OperationState(StrEnum):
    """Where an operation stands."""

    PLANNED = "planned"
    RUNNING = "running"
    DONE = "done"
    UNDONE = "undone"
    FAILED = "failed"


class StepState(StrEnum):
    """Where a step stands. SKIPPED: its target had changed meanwhile."""

    PLANNED = "planned"
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Operation:
    """A change of what users see. `kind`: import, edit, rename, …; `plan` is a JSON object."""

    id: OperationId
    kind: str
    host: str
    version: str
    created_at: float
    batch_id: str = ""
    plan: Mapping[str, Any] = field(default_factory=dict)
    state: OperationState = OperationState.RUNNING
    rev: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `target` is a path; `want` and `before` are fingerprints of it.

    `absent`, `link:…`, `file:…`, `dir:…`, or `content:` and the SHA-256 of a small file.
    """

    n: int
    kind: str
    target: str
    want: str
    before: str
    state: StepState = StepState.PLANNED


_COLUMNS = "id, kind, host, version, created_at, batch_id, plan, state, rev"


def _operation(row: Sequence[Any]) -> Operation:
    return Operation(
        id=OperationId(row[0]),
        kind=row[1],
        host=row[2],
        version=row[3],
        created_at=row[4],
        batch_id=row[5],
        plan=json.loads(row[6]),
        state=OperationState(row[7]),
        rev=row[8],
    )


class Journal:
    """Operations and steps. Sync, usable from any thread; errors as `JobStore`."""

    def __init__(self, path: str) -> None:
        """Open registry.db, creating it."""
        self._db = open_registry(path)

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def plan(self, op: Operation, steps: Sequence[Step] = ()) -> None:
        """Write an operation with all its steps, planned; nothing has been done yet."""
        self._insert(op, OperationState.PLANNED, steps)

    def begin(self, op: Operation, steps: Sequence[Step] = ()) -> None:
        """Write an operation with all its steps and mark it running, in one transaction."""
        self._insert(op, OperationState.RUNNING, steps)

    def _insert(self, op: Operation, state: OperationState, steps: Sequence[Step]) -> None:
        with self._db.write() as conn:
            conn.execute(
                f"INSERT INTO operations ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    op.id,
                    op.kind,
                    op.host,
                    op.version,
                    op.created_at,
                    op.batch_id,
                    to_json(dict(op.plan)),
                    state.value,
                    next_rev(conn),
                ),
            )
            conn.executemany(
                "INSERT INTO steps (op_id, n, kind, target, want, before, state)"
                " VALUES (?, ?, ?, ?, ?, ?, 'planned')",
                (
                    (op.id, s.n, s.kind, os.fsencode(s.target), os.fsencode(s.want), os.fsencode(s.before))
                    for s in steps
                ),
            )

    def start(self, op_id: OperationId) -> None:
        """A planned operation begins. Raises NotFoundError."""
        self._move(op_id, OperationState.RUNNING)

    def mark(self, op_id: OperationId, numbers: Collection[int], state: StepState) -> None:
        """Mark a group of steps in one transaction; up to 500 keep other writers' wait short."""
        with self._db.write() as conn:
            conn.executemany(
                "UPDATE steps SET state = ? WHERE op_id = ? AND n = ?",
                [(state.value, op_id, number) for number in numbers],
            )
            conn.execute("UPDATE operations SET rev = ? WHERE id = ?", (next_rev(conn), op_id))

    def done(self, op_id: OperationId) -> None:
        """An operation is complete. Raises NotFoundError."""
        self._move(op_id, OperationState.DONE)

    def failed(self, op_id: OperationId) -> None:
        """An operation was given up; nothing of it is left half done. Raises NotFoundError."""
        self._move(op_id, OperationState.FAILED)

    def _move(self, op_id: OperationId, state: OperationState) -> None:
        with self._db.write() as conn:
            cursor = conn.execute(
                "UPDATE operations SET state = ?, rev = ? WHERE id = ?", (state.value, next_rev(conn), op_id)
            )
            if not cursor.rowcount:
                raise NotFoundError(f"no operation {op_id}")

    def unfinished(self, host: str) -> list[Operation]:
        """Planned and running operations of a host, oldest first."""
        with self._db.read() as conn:
            rows = conn.execute(
                f"SELECT {_COLUMNS} FROM operations WHERE host = ? AND state IN ('planned', 'running')"
                " ORDER BY created_at, id",
                (host,),
            ).fetchall()
        return [_operation(row) for row in rows]

    def steps(self, op_id: OperationId) -> list[Step]:
        """The steps of an operation in order."""
        with self._db.read() as conn:
            rows = conn.execute(
                "SELECT n, kind, target, want, before, state FROM steps WHERE op_id = ? ORDER BY n", (op_id,)
            ).fetchall()
        return [
            Step(n, kind, os.fsdecode(target), os.fsdecode(want), os.fsdecode(before), StepState(state))
            for n, kind, target, want, before, state in rows
        ]
