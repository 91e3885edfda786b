"""History, the public face: what was changed, taking it back, and what lies in the trash."""

import asyncio
import contextlib
from collections.abc import Sequence

from pumas_tui.core.domain import fingerprints
from pumas_tui.core.domain.errors import ChangedMeanwhileError, DiskError, NotFoundError
from pumas_tui.core.domain.history import Emptied, OperationView, TrashItem, UndoItem, Undone, UndoPreview
from pumas_tui.core.domain.operations import (
    OperationKind,
    Step,
    StepKind,
    StepState,
)
from pumas_tui.core.flows import operating
from pumas_tui.core.flows.moved_models import Reindexing
from pumas_tui.core.flows.past import HistoryTools, Past, tidy
from pumas_tui.core.fs import locks, trash
from pumas_tui.core.fs import steps as disk


class History:
    """Past changes of this host. All methods raise DiskError, BusyError."""

    def __init__(self, tools: HistoryTools, past: Past) -> None:
        self._tools = tools
        self._past = past

    async def list(self, limit: int = 50) -> tuple[OperationView, ...]:
        """The newest changes first."""
        return await asyncio.to_thread(self._list, limit)

    def _list(self, limit: int) -> tuple[OperationView, ...]:
        tools = self._tools.operations
        return tuple(tools.journal.history(tools.host, limit))

    async def preview_undo(self, op: str | None = None) -> UndoPreview:
        """What undoing would do: of one operation, or of the newest batch that changed something.

        Raises NotFoundError where there is nothing to undo.
        """
        return await asyncio.to_thread(self._past.preview, op)

    async def undo(self, op: str | None = None) -> Undone:
        """Take back one operation, or the newest batch that changed something. Raises NotFoundError."""
        return await asyncio.to_thread(self._past.undo, op)

    async def trash(self) -> tuple[TrashItem, ...]:
        """What lies in the library's trash and in those of the apps that are here, newest first."""
        return await asyncio.to_thread(self._trash)

    def _trash(self) -> tuple[TrashItem, ...]:
        places = trash.places(self._tools.operations.paths, self._tools.registry.apps())
        found = trash.list_in(places, self._tools.operations.library_id)
        return tuple(sorted(found, key=lambda item: -item.at))

    async def empty(self, refs: Sequence[str] | None, expected_bytes: int) -> Emptied:
        """Destroy these things in the trash, by their refs, or all. Nothing brings them back.

        `expected_bytes`: the sum of their sizes that somebody was shown and agreed to. Raises
        ChangedMeanwhileError where it is another sum by now, NotFoundError, BusyError.
        """
        return await asyncio.to_thread(self._empty, refs, expected_bytes)

    def _empty(self, refs: Sequence[str] | None, expected_bytes: int) -> Emptied:
        with locks.mapping_lock(self._tools.operations.paths):
            there = {item.ref: item for item in self._trash()}
            missing = next((ref for ref in refs or () if ref not in there), None)
            if missing is not None:
                raise NotFoundError(
                    f'nothing in the trash is called "{missing}"', hint="pumas-tui trash list"
                )
            items = list(there.values()) if refs is None else [there[ref] for ref in dict.fromkeys(refs)]
            found = sum(item.size_bytes for item in items)
            if found != expected_bytes:
                raise ChangedMeanwhileError(
                    f"the trash holds {found:,} bytes of this now, not {expected_bytes:,}",
                    hint="look at it again",
                )
            failed, gone = [], 0
            for item in items:
                try:
                    trash.empty(item)
                    gone += item.size_bytes
                except DiskError as error:
                    failed.append(UndoItem(item.place, "destroy it", error.message))
        return Emptied(len(items) - len(failed), gone, tuple(failed))

    async def restore(self, ref: str) -> Undone:
        """Bring a thing back from the trash, with its links where the history knows them.

        Raises NotFoundError; DiskError where its place is taken.
        """
        return await asyncio.to_thread(self._restore, ref)

    def _restore(self, ref: str) -> Undone:
        item = next((i for i in self._trash() if ref in (i.ref, i.name)), None)
        if item is None:
            raise NotFoundError(f'nothing in the trash is called "{ref}"', hint="pumas-tui trash list")
        tools = self._tools.operations
        with contextlib.suppress(NotFoundError):
            return self._past.undo(item.op_id)
        with locks.mapping_lock(tools.paths):
            title = f"restore {item.name}"
            made = operating.new_operation(tools, OperationKind.RESTORE, title, {"ref": item.ref})
            before = disk.look(item.place)
            detail = {"to": item.original, "why": "restore"}
            step = Step(1, StepKind.MOVE.value, item.place, fingerprints.ABSENT, before, detail=detail)
            settle = Reindexing(self._tools.index, tools.paths)
            results = operating.run(tools, made, [step], settle=settle)
            tidy(results)
        bad = [r for r in results if r.state is not StepState.DONE]
        failed = tuple(UndoItem(r.step.target, "restore", r.message) for r in bad)
        return Undone(title, made.id, len(results) - len(bad), failed)
