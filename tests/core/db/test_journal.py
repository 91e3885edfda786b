"""The journal: steps with all they need, link rows together with their marks, and what can be undone."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pumas_tui.core.db.journal import Journal
from pumas_tui.core.db.registry import Registry
from pumas_tui.core.domain import ids
from pumas_tui.core.domain.ids import OperationId
from pumas_tui.core.domain.links import row_json
from pumas_tui.core.domain.operations import (
    Operation,
    OperationKind,
    OperationState,
    Step,
    StepKind,
    StepResult,
    StepState,
)
from tests.core.db.test_apps import app, link

HOST = "here"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "registry.db"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    store = Journal(str(path), "/data")
    yield store
    store.close()


@pytest.fixture
def registry(path: Path) -> Iterator[Registry]:
    store = Registry(str(path), "/data")
    yield store
    store.close()


class Clock:
    """Operations one second apart."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.now = 0.0

    def op(
        self, kind: str, *steps: StepState, batch: str = "", host: str = HOST, finished: bool = True
    ) -> OperationId:
        """An operation with steps of these states."""
        self.now += 1
        op = Operation(
            ids.new_operation_id(), kind, host, "1", self.now, batch, {"title": f"{kind} {self.now:.0f}"}
        )
        made = [Step(n, StepKind.LINK, f"/a/{n}", "link:x", "absent") for n in range(1, len(steps) + 1)]
        self.journal.begin(op, made)
        results = [StepResult(step, state) for step, state in zip(made, steps, strict=True)]
        self.journal.mark_group(op.id, results)
        if finished:
            self.journal.done(op.id)
        return op.id


@pytest.fixture
def clock(journal: Journal) -> Clock:
    return Clock(journal)


def test_steps_keep_all_that_doing_them_needs(journal: Journal) -> None:
    op = Operation(ids.new_operation_id(), "apply", HOST, "1", 1.0)
    steps = [
        Step(
            1, StepKind.MOVE, "/a/\udcff", "absent", "file:1:2:3", detail={"to": "/b/\udcfe", "why": "trash"}
        ),
        Step(
            2,
            StepKind.LINK,
            "/a/x",
            "link:../\udcfd",
            "absent",
            StepState.PLANNED,
            {"row": {"target": "\udcff"}},
        ),
    ]
    journal.begin(op, steps)
    assert journal.steps(op.id) == steps
    found = journal.operation(op.id)
    assert found is not None
    assert (found.kind, found.state, found.batch_id) == ("apply", OperationState.RUNNING, op.id)
    assert journal.operation(ids.new_operation_id()) is None


def test_marks_and_link_rows_are_written_together(journal: Journal, registry: Registry) -> None:
    """Rows follow the steps that were done, and only those."""
    one = app("/opt/a")
    registry.put_app(one)
    models = [ids.new_model_uid() for _ in range(5)]
    old, taken, skipped, forgotten, remembered = (
        link(one, f"loras/{n}", uid) for n, uid in enumerate(models)
    )
    moved = replace(old, source="llm/f/new/m.gguf", origin="adopted")

    def run(*work: tuple[StepKind, object, StepState]) -> None:
        op = Operation(ids.new_operation_id(), "apply", HOST, "1", 1.0)
        steps = [
            Step(n, kind, f"/t/{n}", "link:x", "absent", detail={} if row is None else {"row": row})
            for n, (kind, row, _) in enumerate(work, 1)
        ]
        journal.begin(op, steps)
        journal.mark_group(
            op.id, [StepResult(s, state) for s, (_, _, state) in zip(steps, work, strict=True)]
        )
        assert [step.state for step in journal.steps(op.id)] == [state for _, _, state in work]

    run(
        (StepKind.LINK, row_json(old), StepState.DONE),
        (StepKind.HARD_LINK, row_json(taken), StepState.DONE),
        (StepKind.LINK, row_json(skipped), StepState.SKIPPED),
        (StepKind.LINK, row_json(forgotten), StepState.DONE),
        (StepKind.MAKE_DIR, None, StepState.DONE),
    )
    assert registry.links() == [old, taken, forgotten]
    run(
        (StepKind.LINK, row_json(moved), StepState.DONE),  # takes the place of the row of its target
        (StepKind.UNLINK, row_json(taken), StepState.FAILED),
        (StepKind.FORGET_ROW, row_json(forgotten), StepState.DONE),
        (StepKind.REMEMBER_ROW, row_json(remembered), StepState.DONE),
        (StepKind.LINK, None, StepState.DONE),  # a link that is in no registry
    )
    assert registry.links() == [moved, taken, remembered]
    run(
        (StepKind.UNLINK, row_json(taken), StepState.DONE), (StepKind.UNLINK, row_json(taken), StepState.DONE)
    )
    assert registry.links() == [moved, remembered]


def test_a_group_is_marked_as_a_whole_or_not_at_all(journal: Journal, registry: Registry) -> None:
    """A row of an app that is not on record fails the transaction, and no step of the group is marked."""
    one, unknown = app("/opt/a"), app("/opt/b")
    registry.put_app(one)
    op = Operation(ids.new_operation_id(), "apply", HOST, "1", 1.0)
    steps = [
        Step(
            n,
            StepKind.LINK,
            f"/t/{n}",
            "link:x",
            "absent",
            detail={"row": row_json(link(to, "x", ids.new_model_uid()))},
        )
        for n, to in enumerate((one, unknown), 1)
    ]
    journal.begin(op, steps)
    with pytest.raises(sqlite3.IntegrityError):
        journal.mark_group(op.id, [StepResult(step, StepState.DONE) for step in steps])
    assert registry.links() == []
    assert {step.state for step in journal.steps(op.id)} == {StepState.PLANNED}


def test_the_newest_change_that_changed_something_is_undone_first(journal: Journal, clock: Clock) -> None:
    assert journal.newest_undoable(HOST) is None
    first = clock.op("apply", StepState.DONE, StepState.SKIPPED)
    second = clock.op("sync", StepState.DONE)
    clock.op("apply", StepState.SKIPPED, StepState.FAILED)
    clock.op("apply", StepState.DONE, finished=False)
    clock.op("apply", StepState.DONE, host="there")
    journal.failed(clock.op("import", finished=False))
    for expected in (second, first):
        newest = journal.newest_undoable(HOST)
        assert newest is not None
        assert newest.id == expected
        clock.op(OperationKind.UNDO, StepState.DONE, batch=newest.batch_id)
        journal.undone(newest.id)
    assert journal.newest_undoable(HOST) is None


def test_an_import_and_its_links_are_one_batch(journal: Journal, clock: Clock) -> None:
    imported = clock.op("import", batch="b")
    synced = clock.op("sync", StepState.DONE, batch="b")
    clock.op("sync", StepState.SKIPPED, batch="b")
    alone = clock.op("apply", StepState.DONE)
    assert [op.id for op in journal.of_batch("b")] == [synced, imported]
    assert [op.id for op in journal.of_batch(alone)] == [alone]
    journal.undone(synced)
    assert [op.id for op in journal.of_batch("b")] == [imported]


def test_the_history_says_what_was_done_and_what_can_be_undone(journal: Journal, clock: Clock) -> None:
    done = clock.op("apply", StepState.DONE, StepState.DONE, StepState.FAILED)
    clock.op("apply", StepState.DONE, host="there")
    nothing = clock.op("sync", StepState.SKIPPED)
    imported = clock.op("import")
    running = clock.op("apply", StepState.DONE, StepState.PLANNED, finished=False)
    undone = clock.op("edit", StepState.DONE)
    journal.undone(undone)
    seen = journal.history(HOST, 10)
    assert [(view.id, view.done, view.total, view.undoable) for view in seen] == [
        (undone, 1, 1, False),
        (running, 1, 2, False),
        (imported, 0, 0, True),
        (nothing, 0, 1, False),
        (done, 2, 3, True),
    ]
    assert seen[-1].title == "apply 1"
    assert all(view.why_not for view in seen if not view.undoable)
    assert [view.id for view in journal.history(HOST, 2)] == [undone, running]


def test_all_steps_of_a_small_change_are_done_with_it(journal: Journal) -> None:
    op = Operation(ids.new_operation_id(), "edit", HOST, "1", 1.0)
    journal.begin(op, [Step(1, StepKind.EDIT, "/m/metadata.json", "content:a", "content:b")])
    journal.done(op.id, all_steps=True)
    assert journal.newest_undoable(HOST) is not None
    assert journal.history(HOST, 1)[0].done == 1
