"""The journal in registry.db: operations and their steps, all written before the first one is done.

A step is small and idempotent and named by what it makes true; after a crash whoever recovers asks the disk
whether a step that is not marked is true already. Steps are marked in groups, one transaction a group, and
that transaction also writes the rows that the steps stand for: of links that were made or taken away, of
apps, of places.

Paths below the library's root are kept relative to it: a library that was moved with what belongs to it takes
its history along.
"""

import json
import os
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pumas_tui.core.db import apps, bases, joint_lookups, links
from pumas_tui.core.db.registry_schema import open_registry, to_json
from pumas_tui.core.db.revision import next_rev
from pumas_tui.core.db.rooted import below, joined
from pumas_tui.core.domain import app_records
from pumas_tui.core.domain.errors import NotFoundError
from pumas_tui.core.domain.history import OperationView
from pumas_tui.core.domain.ids import OperationId
from pumas_tui.core.domain.links import from_row
from pumas_tui.core.domain.operations import (
    Operation,
    OperationKind,
    OperationState,
    Step,
    StepKind,
    StepResult,
    StepState,
)

_COLUMNS = "id, kind, host, version, created_at, batch_id, plan, state, rev"
_WRITES_ROW = frozenset({StepKind.LINK, StepKind.HARD_LINK, StepKind.REMEMBER_ROW})
_DELETES_ROW = frozenset({StepKind.UNLINK, StepKind.FORGET_ROW})
_PATHS = ("to", "back", "source")
_APPS = ("app", "was")
"""What of a step's detail is a path, and what is an app with paths."""
_UNDOABLE = (
    f"state = 'done' AND kind NOT IN ('{OperationKind.UNDO}', '{OperationKind.LOOKUP}')"
    f" AND (kind = '{OperationKind.IMPORT}'"
    " OR EXISTS (SELECT 1 FROM steps s WHERE s.op_id = o.id AND s.state = 'done'))"
)
"""It is complete, no undo itself, and something is not as it was before. An import's files are not steps."""


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


def _step(row: Sequence[Any], root: str) -> Step:
    n, kind, target, want, before, state, detail = row
    step = Step(
        n,
        kind,
        os.fsdecode(target),
        os.fsdecode(want),
        os.fsdecode(before),
        StepState(state),
        json.loads(detail),
    )
    return _with_paths(step, lambda path: joined(root, path))


def _step_values(op_id: OperationId, step: Step, root: str) -> tuple[object, ...]:
    kept = _with_paths(step, lambda path: below(path, root))
    target, want, before = (os.fsencode(text) for text in (kept.target, kept.want, kept.before))
    return op_id, step.n, step.kind, target, want, before, step.state.value, to_json(dict(kept.detail))


def _with_paths(step: Step, changed: Callable[[str], str]) -> Step:
    """The step with each of its paths changed; but a place where something was stays that place."""
    if step.kind == StepKind.REMEMBER_BASE:
        return step
    paths = {name: changed(step.detail[name]) for name in _PATHS if name in step.detail}
    apps_of = {name: step.detail[name] for name in _APPS if "base" in step.detail.get(name, ())}
    rows = {name: _app_with_paths(app, changed) for name, app in apps_of.items()}
    return replace(step, target=changed(step.target), detail={**step.detail, **paths, **rows})


def _app_with_paths(app: Mapping[str, Any], changed: Callable[[str], str]) -> dict[str, Any]:
    folders = {name: changed(real) for name, real in app["kind_folders"].items()}
    return {**app, "base": changed(app["base"]), "kind_folders": folders}


class Journal:
    """Operations and steps. Sync, usable from any thread; errors as `JobStore`."""

    def __init__(self, path: str, root: str) -> None:
        """Open registry.db, creating it; `root` is the library's real root."""
        self._db = open_registry(path)
        self._root = root

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
                    op.batch_id or op.id,
                    to_json(dict(op.plan)),
                    state.value,
                    next_rev(conn),
                ),
            )
            conn.executemany(
                "INSERT INTO steps (op_id, n, kind, target, want, before, state, detail)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (_step_values(op.id, step, self._root) for step in steps),
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

    def mark_group(self, op_id: OperationId, results: Sequence[StepResult]) -> None:
        """Mark up to 500 steps and write the rows of those that were done, in one transaction."""
        with self._db.write() as conn:
            conn.executemany(
                "UPDATE steps SET state = ? WHERE op_id = ? AND n = ?",
                [(result.state.value, op_id, result.step.n) for result in results],
            )
            for result in results:
                if result.state is StepState.DONE:
                    _keep_rows(conn, self._root, op_id, result.step)
            conn.execute("UPDATE operations SET rev = ? WHERE id = ?", (next_rev(conn), op_id))

    def done(self, op_id: OperationId, *, all_steps: bool = False) -> None:
        """An operation is complete, with `all_steps` each of its steps too. Raises NotFoundError."""
        self._move(op_id, OperationState.DONE, all_steps=all_steps)

    def undone(self, op_id: OperationId) -> None:
        """An operation was taken back by another one. Raises NotFoundError."""
        self._move(op_id, OperationState.UNDONE)

    def failed(self, op_id: OperationId) -> None:
        """An operation was given up; nothing of it is left half done. Raises NotFoundError."""
        self._move(op_id, OperationState.FAILED)

    def _move(self, op_id: OperationId, state: OperationState, *, all_steps: bool = False) -> None:
        with self._db.write() as conn:
            cursor = conn.execute(
                "UPDATE operations SET state = ?, rev = ? WHERE id = ?", (state.value, next_rev(conn), op_id)
            )
            if not cursor.rowcount:
                raise NotFoundError(f"no operation {op_id}")
            if all_steps:
                conn.execute("UPDATE steps SET state = 'done' WHERE op_id = ?", (op_id,))

    def operation(self, op_id: OperationId) -> Operation | None:
        """One operation, None when there is none of that id."""
        found = self._operations("WHERE id = ?", op_id)
        return found[0] if found else None

    def unfinished(self, host: str) -> list[Operation]:
        """Planned and running operations of a host, oldest first."""
        return self._operations(
            "WHERE host = ? AND state IN ('planned', 'running') ORDER BY created_at, id", host
        )

    def of_batch(self, batch_id: str) -> list[Operation]:
        """Operations that are undone together, those that can still be: newest first."""
        return self._operations(
            f"o WHERE batch_id = ? AND {_UNDOABLE} ORDER BY created_at DESC, id DESC", batch_id
        )

    def newest_undoable(self, host: str) -> Operation | None:
        """The newest operation of a host that changed something and is no undo itself."""
        found = self._operations(
            f"o WHERE host = ? AND {_UNDOABLE} ORDER BY created_at DESC, id DESC LIMIT 1", host
        )
        return found[0] if found else None

    def _operations(self, rest: str, *values: object) -> list[Operation]:
        with self._db.read() as conn:
            rows = conn.execute(f"SELECT {_COLUMNS} FROM operations {rest}", values).fetchall()
        return [_operation(row) for row in rows]

    def history(self, host: str, limit: int) -> list[OperationView]:
        """Operations of a host as a list shows them, newest first. Look-ups that filled in models together
        are one, which is called by the id of their batch; those that filled in nothing are left out."""
        with self._db.read() as conn:
            rows = conn.execute(
                f"SELECT {_COLUMNS},"
                " (SELECT count(*) FROM steps s WHERE s.op_id = o.id AND s.state = 'done'),"
                " (SELECT count(*) FROM steps s WHERE s.op_id = o.id)"
                f" FROM operations o WHERE host = ? AND ({joint_lookups.LISTED})"
                " ORDER BY created_at DESC, id DESC LIMIT ?",
                (host, limit),
            ).fetchall()
            views = [_view(_operation(row), row[-2], row[-1]) for row in rows]
            return [
                joint_lookups.with_its_batch(conn, view) if view.kind == OperationKind.ENRICH else view
                for view in views
            ]

    def steps(self, op_id: OperationId) -> list[Step]:
        """The steps of an operation in order."""
        with self._db.read() as conn:
            rows = conn.execute(
                "SELECT n, kind, target, want, before, state, detail FROM steps WHERE op_id = ? ORDER BY n",
                (op_id,),
            ).fetchall()
        return [_step(row, self._root) for row in rows]


def _view(op: Operation, done: int, total: int) -> OperationView:
    why_not = ""
    if op.state is not OperationState.DONE:
        why_not = f"it is {op.state.value}"
    elif not done and op.kind != OperationKind.IMPORT:
        why_not = "it changed nothing"
    return OperationView(
        id=op.id,
        kind=op.kind,
        title=str(op.plan.get("title", op.kind)),
        state=op.state,
        created_at=op.created_at,
        batch_id=op.batch_id,
        done=done,
        total=total,
        undoable=not why_not,
        why_not=why_not,
    )


def _keep_rows(conn: sqlite3.Connection, root: str, op_id: OperationId, step: Step) -> None:
    match step.kind:
        case StepKind.FORGET_APP:
            apps.remove(conn, app_records.from_row(step.detail["app"]).uid)
        case StepKind.REMEMBER_APP:
            apps.put(conn, root, app_records.from_row(step.detail["app"]))
        case StepKind.REMEMBER_BASE:
            bases.put(conn, step.detail["base"], step.target)
        case kind if kind in _WRITES_ROW and "row" in step.detail:
            links.put(conn, from_row(step.detail["row"]), op_id)
        case kind if kind in _DELETES_ROW and "row" in step.detail:
            links.remove(conn, from_row(step.detail["row"]))
