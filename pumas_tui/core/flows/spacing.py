"""Space, the public face: what could go, with sums. Changes nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pumas_tui.core.db.index import IndexWriter
from pumas_tui.core.db.jobs import JobStore
from pumas_tui.core.db.registry import Registry
from pumas_tui.core.domain.errors import DiskError
from pumas_tui.core.domain.history import TrashItem
from pumas_tui.core.domain.ids import ModelId
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.domain.spacing import SpaceReport, Unlinked
from pumas_tui.core.flows import duplicate_files, recovering
from pumas_tui.core.fs import leftovers, reading, space


@dataclass(frozen=True, slots=True)
class SpaceTools:
    """What counting works with; all thread-safe."""

    paths: LibraryPaths
    index: IndexWriter
    registry: Registry
    jobs: JobStore


class Space:
    """Where room could be had."""

    def __init__(self, tools: SpaceTools, trash: Callable[[], Awaitable[tuple[TrashItem, ...]]]) -> None:
        self._tools = tools
        self._trash = trash

    async def report(self) -> SpaceReport:
        """Count it all. Raises DiskError, DamagedError."""
        trash = await self._trash()
        return await asyncio.to_thread(_report, self._tools, trash)


def _report(tools: SpaceTools, trash: tuple[TrashItem, ...]) -> SpaceReport:
    free, total = space.room(tools.paths.models)
    files = tools.index.known_files()
    linked = {link.model_uid for link in tools.registry.links()}
    unlinked = [
        Unlinked(model_id, stamp.uid, _frees(tools.paths, model_id, files.get(model_id, {})))
        for model_id, stamp in tools.index.known().items()
        if stamp.uid not in linked
    ]
    return SpaceReport(
        used_bytes=sum(sum(sizes.values()) for sizes in files.values()),
        free_bytes=free,
        total_bytes=total,
        spare=duplicate_files.find(tools.index, tools.paths).spare,
        unlinked=tuple(sorted(unlinked, key=lambda one: (-one.frees_bytes, one.model_id))),
        trash=tuple(sorted(trash, key=lambda item: (-item.size_bytes, item.ref))),
        leftovers=leftovers.look(tools.paths, recovering.wanted_models(tools.jobs)),
    )


def _frees(paths: LibraryPaths, model_id: ModelId, files: dict[str, int]) -> int:
    """Bytes of files that have no other name; what cannot be looked at frees nothing that is known."""
    total = 0
    for name, size in files.items():
        try:
            total += size if reading.name_count(f"{paths.model_dir(model_id)}/{name}") == 1 else 0
        except DiskError:
            continue
    return total
