"""Deleting models: what would go with them, and the steps that take links away and put folders in the trash.

Order: links first, then the model's folder by one rename into `.trash`, so that at any moment either the
whole model is there or none of it, and no link of ours leads to nothing. Nothing is destroyed: only
emptying the trash is.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from pumas_tui.core.db.index import IndexWriter
from pumas_tui.core.db.registry import Registry
from pumas_tui.core.domain import deletion
from pumas_tui.core.domain import metadata as metadata_format
from pumas_tui.core.domain.app_records import App, AppState
from pumas_tui.core.domain.deletion import Deletion, Doomed, LinkToGo
from pumas_tui.core.domain.errors import DamagedError, DiskError
from pumas_tui.core.domain.events import ModelsChanged
from pumas_tui.core.domain.ids import ModelId, ModelUid, OperationId
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.domain.links import Link
from pumas_tui.core.domain.models import ModelDetail
from pumas_tui.core.domain.operations import OperationKind, Step, StepKind, StepResult, StepState
from pumas_tui.core.domain.text import plural
from pumas_tui.core.flows import operating, registered_links
from pumas_tui.core.flows.moved_models import Reindexing
from pumas_tui.core.flows.operating import UNWATCHED, OperationTools, Watch
from pumas_tui.core.fs import app_facts, locks, marker, reading
from pumas_tui.core.fs import steps as disk


@dataclass(frozen=True, slots=True)
class DeleteTools:
    """What deleting works with; all thread-safe."""

    paths: LibraryPaths
    registry: Registry
    index: IndexWriter


@dataclass(frozen=True, slots=True)
class Deleted:
    """What came of a deletion: `failed` are steps that were not done, with the reason."""

    op_id: str
    models: int
    links: int
    failed: tuple[StepResult, ...]


class Deleting:
    """Models into the trash, with their links. All methods raise NotFoundError, AmbiguousError, DiskError."""

    def __init__(
        self,
        tools: DeleteTools,
        operations: OperationTools,
        find: Callable[[str], Awaitable[ModelDetail]],
    ) -> None:
        self._tools = tools
        self._operations = operations
        self._find = find

    async def plan(self, refs: Sequence[str]) -> Deletion:
        """What deleting these models would take; nothing is changed."""
        rows = [(await self._find(ref)).row for ref in dict.fromkeys(refs)]
        ids = list(dict.fromkeys(row.model_id for row in rows))
        return await asyncio.to_thread(plan, self._tools, ids)

    async def delete(self, agreed: Deletion, *, on_progress: operating.OnProgress | None = None) -> Deleted:
        """Put the models into the trash and take their links away. Raises BusyError."""
        return await asyncio.to_thread(delete, self._tools, self._operations, agreed, Watch(on_progress))


def delete(
    tools: DeleteTools, operations: OperationTools, agreed: Deletion, watch: Watch = UNWATCHED
) -> Deleted:
    """`Deleting.delete`, start to end in this thread."""
    with locks.mapping_lock(tools.paths), marker.opened(tools.paths.models):
        names = ", ".join(model.model_id for model in agreed.models[:3])
        more = f" and {len(agreed.models) - 3} more" if len(agreed.models) > 3 else ""
        title = f"delete {names}{more} and {plural(len(agreed.going), 'link')}"
        op = operating.new_operation(operations, OperationKind.DELETE, title, {})
        settle = Reindexing(tools.index, tools.paths)
        results = operating.run(operations, op, steps(tools, agreed, op.id), watch, settle)
    operations.publish(ModelsChanged(settle.changed))
    done = [r for r in results if r.state is StepState.DONE]
    moved = sum(r.step.kind == StepKind.MOVE for r in done)
    unlinked = sum(r.step.kind == StepKind.UNLINK for r in done)
    failed = tuple(r for r in results if r.state is not StepState.DONE)
    return Deleted(op.id, moved, unlinked, failed)


def plan(tools: DeleteTools, model_ids: Sequence[ModelId]) -> Deletion:
    """What deleting these would take. Raises DiskError, DamagedError where a model cannot be read."""
    models = [doomed(tools.paths, model_id) for model_id in model_ids]
    apps = {app.uid: (app, *app_facts.state(app)) for app in tools.registry.apps()}
    links = tools.registry.links(model_uids=[model.uid for model in models])
    found = tuple(_link_to_go(tools.paths, link, *apps[link.app_uid]) for link in links)
    going = {model.model_id for model in models}
    names = {name for model in models for name in (model.official_name, model.model_id.rpartition("/")[2])}
    dependents = [i for i in tools.index.based_on(sorted(names)) if i not in going]
    return Deletion(tuple(models), found, tuple(dependents))


def doomed(paths: LibraryPaths, model_id: ModelId) -> Doomed:
    """A model as a deletion sees it. Raises DiskError, DamagedError."""
    path, folder = paths.metadata(model_id), paths.model_dir(model_id)
    try:
        meta = metadata_format.parse(reading.read_bounded(path, metadata_format.MAX_BYTES))
    except metadata_format.BadMetadataError as error:
        raise DamagedError(f"{path}: {error}", path=path, hint="mend it, then run scan") from error
    shared = sum(f.size for f in meta.files if reading.name_count(f"{folder}/{f.name}") > 1)
    uid = ModelUid(meta.uid)
    return Doomed(uid, model_id, meta.official_name, folder, meta.size_bytes, len(meta.files), shared)


def _link_to_go(paths: LibraryPaths, link: Link, app: App, state: AppState, reason: str) -> LinkToGo:
    path = registered_links.place(app, link)
    if state is not AppState.HERE:
        return LinkToGo(link, app.name, path, "", False, state, reason)
    try:
        there, ours = registered_links.look(paths, app, link)
    except DiskError as error:
        return LinkToGo(link, app.name, path, "", False, AppState.UNREADABLE, error.message)
    return LinkToGo(link, app.name, path, there, ours, state)


def steps(tools: DeleteTools, agreed: Deletion, op_id: OperationId) -> list[Step]:
    """The steps of a deletion; nothing is changed yet. Raises DiskError."""
    place, models = f"{tools.paths.trash}/{op_id}", agreed.models
    places = {m.uid: f"{place}/{n}-{m.model_id.rpartition('/')[2]}" for n, m in enumerate(models, 1)}
    folders = {m.uid: disk.look(m.directory) for m in models}
    return deletion.steps(agreed, places, folders)
