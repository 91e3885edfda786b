"""Taking changes back: which belong together, what undoing them takes, doing it. In the calling thread.

Undoing is itself an operation: the recorded steps turned round, checked against the disk like any other. What
somebody changed since is left alone and said. Undoing an undo does again what was done.
"""

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from pumas_tui.core.db.index import IndexWriter
from pumas_tui.core.db.registry import Registry
from pumas_tui.core.domain import fingerprints, links_anew, undoing
from pumas_tui.core.domain.errors import AmbiguousError, DiskError, NotFoundError, PumasError
from pumas_tui.core.domain.events import ModelsChanged
from pumas_tui.core.domain.history import UndoItem, Undone, UndoPreview, look_up_title
from pumas_tui.core.domain.ids import ModelUid, OperationId
from pumas_tui.core.domain.links_anew import Ground
from pumas_tui.core.domain.operations import (
    Operation,
    OperationKind,
    OperationState,
    Step,
    StepKind,
    StepResult,
    StepState,
)
from pumas_tui.core.domain.text import plural
from pumas_tui.core.flows import deleting, operating, undo_edit
from pumas_tui.core.flows.changing import EditTools
from pumas_tui.core.flows.deleting import DeleteTools
from pumas_tui.core.flows.moved_models import Reindexing
from pumas_tui.core.flows.operating import OperationTools
from pumas_tui.core.fs import locks, trash
from pumas_tui.core.fs import steps as disk

_FAR_BACK = 10_000
"""Changes among which one is looked for by the beginning of its id."""


@dataclass(frozen=True, slots=True)
class HistoryTools:
    """What the history works with; all thread-safe."""

    operations: OperationTools
    edits: EditTools
    registry: Registry
    index: IndexWriter


@dataclass(frozen=True, slots=True)
class _Inverse:
    """What undoing one operation takes: steps to do, or edits to turn round; items for the preview."""

    op: Operation
    steps: tuple[Step, ...] = ()
    items: tuple[UndoItem, ...] = ()


class Past:
    """Past changes of this host and taking them back. All methods raise DiskError, BusyError."""

    def __init__(self, tools: HistoryTools) -> None:
        self._tools = tools

    def preview(self, ref: str | None) -> UndoPreview:
        batch = self._batch(ref)
        found = [item for op in batch for item in self._items(op)]
        # The links that followed an import are told by the sync and by the import.
        once = {(item.path, item.does): item for item in reversed(found)}
        items = tuple(dict.fromkeys(once[item.path, item.does] for item in found))
        return UndoPreview(_title(batch), tuple(op.id for op in batch), items)

    def _items(self, op: Operation) -> Sequence[UndoItem]:
        try:
            return self._inverse(op).items
        except PumasError as error:
            return [UndoItem(str(op.plan.get("title", op.kind)), "take it back", error.message)]

    def _batch(self, ref: str | None) -> Sequence[Operation]:
        """The operations that are undone together, newest first."""
        tools = self._tools.operations
        if ref is None:
            newest = tools.journal.newest_undoable(tools.host)
            if newest is None:
                raise NotFoundError("nothing to undo")
            return tools.journal.of_batch(newest.batch_id)
        name = self._called(ref)
        op = tools.journal.operation(name)
        batch = tools.journal.of_batch(name) if op is None else [op]
        if not batch or (op is not None and op.kind == OperationKind.LOOKUP):
            raise NotFoundError(f"{ref} filled in nothing that is still there: there is nothing to undo")
        if op is not None and op.state is not OperationState.DONE:
            raise NotFoundError(f"{ref} is {op.state.value}: there is nothing of it to undo")
        return batch

    def _called(self, ref: str) -> OperationId:
        """The id of a change, or of look-ups that were made together, by it or its unambiguous beginning.

        Raises NotFoundError, AmbiguousError.
        """
        tools = self._tools.operations
        op = tools.journal.operation(OperationId(ref))
        if op is not None and op.host == tools.host:
            return op.id
        known = [one.id for one in tools.journal.history(tools.host, _FAR_BACK)]
        found = [op_id for op_id in known if ref and op_id.startswith(ref)]
        if len(found) > 1:
            raise AmbiguousError(f"{ref} means {len(found)} changes", tuple(found))
        if not found:
            raise NotFoundError(f"no change is called {ref}", hint="pumas-tui history shows all")
        return found[0]

    def _inverse(self, op: Operation) -> _Inverse:
        if undo_edit.is_edit(op):
            return _Inverse(op, items=undo_edit.items(self._tools.edits, op))
        if op.kind == OperationKind.IMPORT:
            steps = tuple(self._import_steps(op))
        else:
            done = operating.what_holds(self._tools.operations.journal.steps(op.id))
            steps = links_anew.followed(undoing.inverse(done), self._ground())
        return _Inverse(op, steps, _told(steps))

    def _ground(self) -> Ground:
        models_dir = os.path.realpath(self._tools.operations.paths.models)
        bases = {app.uid: app.base for app in self._tools.registry.apps()}
        return Ground(models_dir, bases, disk.look, cache(lambda path: os.path.realpath(path) == models_dir))

    def _import_steps(self, op: Operation) -> Sequence[Step]:
        """Undoing an import puts the model into the trash, with the links that lead to it by now."""
        tools = DeleteTools(self._tools.operations.paths, self._tools.registry, self._tools.index)
        model_id = tools.index.model_id_of(ModelUid(str(op.plan["uid"])))
        if model_id is None:
            raise NotFoundError(f"{op.plan['model_id']} is not in the library any more")
        return deleting.steps(tools, deleting.plan(tools, [model_id]), op.id)

    def undo(self, ref: str | None) -> Undone:
        tools = self._tools.operations
        with locks.mapping_lock(tools.paths):
            batch = self._batch(ref)
            title = _title(batch)
            undone = [self._tried(op) for op in batch]
        failed = tuple(item for one in undone for item in one.failed)
        return Undone(title, undone[-1].op_id, sum(one.done for one in undone), failed)

    def _tried(self, op: Operation) -> Undone:
        """One that cannot be taken back keeps no other from it."""
        try:
            return self._undo_one(op)
        except PumasError as error:
            title = str(op.plan.get("title", op.kind))
            return Undone(title, op.id, 0, (UndoItem(title, "take it back", error.message),))

    def _undo_one(self, op: Operation) -> Undone:
        tools = self._tools.operations
        title = f"undo: {op.plan.get('title', op.kind)}"
        if undo_edit.is_edit(op):
            return undo_edit.undo(self._tools.edits, op, title)
        inverse = self._inverse(op)
        plan = {"undoes": op.id}
        if op.kind == OperationKind.UNDO:
            plan["redoes"] = op.plan["undoes"]
        made = operating.new_operation(tools, OperationKind.UNDO, title, plan, op.batch_id)
        settle = Reindexing(self._tools.index, tools.paths)
        steps = [_into(step, made.id) for step in inverse.steps]
        results = operating.run(tools, made, steps, settle=settle)
        tidy(results)
        if settle.changed:
            tools.publish(ModelsChanged(settle.changed))
        bad = [r for r in results if r.state is not StepState.DONE]
        failed = tuple(UndoItem(r.step.target, undoing.describe(r.step), r.message) for r in bad)
        return Undone(title, made.id, len(results) - len(bad), failed)


def _told(steps: Sequence[Step]) -> tuple[UndoItem, ...]:
    """What these steps would do, and which of them cannot be done any more, with why."""
    troubles: dict[str, str] = {}

    def look(path: str) -> str:
        try:
            return disk.look(path)
        except DiskError as error:
            troubles[path] = error.message
            return fingerprints.UNSEEN

    can = undoing.foreseen(steps, look)
    return tuple(
        UndoItem(
            step.target, undoing.describe(step), "" if ok else troubles.get(step.target, "changed since")
        )
        for step, ok in zip(steps, can, strict=True)
    )


def _into(step: Step, op_id: OperationId) -> Step:
    """A step with the trash of the operation that does it: what was planned named an earlier one."""
    if step.kind != StepKind.MOVE or step.detail.get("why") != "trash":
        return step
    place, _, name = str(step.detail["to"]).rpartition("/")
    return replace(step, detail={**step.detail, "to": f"{os.path.dirname(place)}/{op_id}/{name}"})


def tidy(results: Sequence[StepResult]) -> None:
    """Take away what is left of trashes from which the last thing was brought back. What fails stays."""
    done = (r.step for r in results if r.state is StepState.DONE)
    restored = [step for step in done if step.detail.get("why") == "restore"]
    places = {os.path.dirname(step.target) for step in restored if step.detail.get("undoes") == "trash"}
    for place in places:
        with contextlib.suppress(DiskError):
            trash.forget_if_empty(place)


def _title(batch: Sequence[Operation]) -> str:
    if len(batch) > 1 and all(op.kind == OperationKind.ENRICH for op in batch):
        return look_up_title(len(batch))
    first = batch[-1]
    title = str(first.plan.get("title", first.kind))
    return title if len(batch) == 1 else f"{title} and {plural(len(batch) - 1, 'more change')}"
