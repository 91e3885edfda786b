"""Renaming, the public face: a model's folder gets another place in the library, and its links follow.

One operation, so that undo brings back folder and links together. What the model's metadata says of its
type and family follows as an edit of the same batch.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pumas_tui.core.domain import editing, renaming
from pumas_tui.core.domain.errors import RefusedError
from pumas_tui.core.domain.events import ModelsChanged
from pumas_tui.core.domain.ids import ModelId
from pumas_tui.core.domain.models import ModelDetail
from pumas_tui.core.domain.operations import OperationKind, StepResult, StepState
from pumas_tui.core.domain.renaming import RenamePlan
from pumas_tui.core.domain.text import plural
from pumas_tui.core.flows import deleting, operating
from pumas_tui.core.flows.changing import EditTools
from pumas_tui.core.flows.deleting import DeleteTools
from pumas_tui.core.flows.editing import change_metadata
from pumas_tui.core.flows.moved_models import Reindexing
from pumas_tui.core.flows.operating import OperationTools
from pumas_tui.core.fs import locks, marker, reading
from pumas_tui.core.fs import steps as disk


@dataclass(frozen=True, slots=True)
class Renamed:
    """What came of it: `failed` are steps that were not done, with the reason. Where the disk refused one,
    all is as it was before, as far as the disk lets it be; `model_id` says which name holds."""

    op_id: str
    model_id: ModelId
    links: int
    failed: tuple[StepResult, ...]


class Renaming:
    """Gives a model another id. All methods raise NotFoundError, AmbiguousError, UsageError, DiskError."""

    def __init__(
        self,
        tools: DeleteTools,
        operations: OperationTools,
        edits: EditTools,
        find: Callable[[str], Awaitable[ModelDetail]],
    ) -> None:
        self._tools = tools
        self._operations = operations
        self._edits = edits
        self._find = find

    async def plan(self, ref: str, new_id: str) -> RenamePlan:
        """What renaming would do; `new_id` is TYPE/FAMILY/NAME, or only a name. Raises RefusedError where
        that place is taken."""
        row = (await self._find(ref)).row
        return await asyncio.to_thread(plan, self._tools, row.model_id, renaming.new_id(row.model_id, new_id))

    async def rename(self, agreed: RenamePlan) -> Renamed:
        """Move the folder, re-point the links, and let the metadata say so. Raises BusyError."""
        return await asyncio.to_thread(rename, self._tools, self._operations, self._edits, agreed)


def plan(tools: DeleteTools, old: ModelId, new: ModelId) -> RenamePlan:
    """What renaming would do. Raises RefusedError, DiskError."""
    paths = tools.paths
    if reading.is_there(paths.model_dir(new)):
        raise RefusedError(f"{new} is taken", path=paths.model_dir(new), hint="choose another name")
    kind, family, _ = new.split("/")
    there = [f for f in (kind, f"{kind}/{family}") if reading.is_there(f"{paths.models}/{f}")]
    found = deleting.plan(tools, [old])
    return RenamePlan(found.models[0].uid, old, new, found.links, renaming.parents(new, there))


def rename(tools: DeleteTools, operations: OperationTools, edits: EditTools, agreed: RenamePlan) -> Renamed:
    """`Renaming.rename`, start to end in this thread."""
    with locks.mapping_lock(tools.paths), marker.opened(tools.paths.models):
        models_dir = os.path.realpath(tools.paths.models)
        folder = disk.look(f"{models_dir}/{agreed.old_id}")
        title = f"rename {agreed.old_id} to {agreed.new_id} with {plural(len(agreed.following), 'link')}"
        op = operating.new_operation(operations, OperationKind.RENAME, title, {"uid": agreed.uid})
        settle = Reindexing(tools.index, tools.paths)
        results = operating.run(operations, op, renaming.steps(agreed, models_dir, folder), settle=settle)
        failed = tuple(r for r in results if r.state is not StepState.DONE)
        broken = any(r.state is StepState.FAILED for r in failed)
        if broken:  # rather the old name with all its links than the new one without some
            operating.take_back(operations, op, results, settle)
    if not broken:
        _describe(edits, agreed, op.batch_id)
    operations.publish(ModelsChanged(settle.changed))
    following = 0 if broken else len(agreed.following) - len(failed)
    return Renamed(op.id, agreed.old_id if broken else agreed.new_id, following, failed)


def _describe(edits: EditTools, agreed: RenamePlan, batch_id: str) -> None:
    """Type and family as the new place has them; a part that stayed stays as it is."""

    def decide(document: dict[str, Any]) -> dict[str, Any]:
        return editing.edited(document, renaming.changes(agreed, document))

    change_metadata(edits, agreed.new_id, agreed.uid, decide, batch_id=batch_id)
