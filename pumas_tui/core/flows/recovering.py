"""What every start does before it runs jobs: tidy what a crash left, catch up the index, requeue orphans."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from pumas_tui.core.db.index import IndexWriter
from pumas_tui.core.db.jobs import JobStore
from pumas_tui.core.domain import import_payload
from pumas_tui.core.domain.errors import PumasError
from pumas_tui.core.domain.ids import JobId, ModelUid
from pumas_tui.core.domain.jobs import JobKind
from pumas_tui.core.domain.models import ScanReport
from pumas_tui.core.domain.operations import Operation, OperationKind
from pumas_tui.core.domain.text import plural
from pumas_tui.core.flows import changing, indexing, moved_models, operating
from pumas_tui.core.flows.changing import EditTools
from pumas_tui.core.flows.filling import Filled, FillTools
from pumas_tui.core.flows.operating import OperationTools, Settle
from pumas_tui.core.fs import owners, space, staging
from pumas_tui.core.fs.staging import Leftover

_ALL = 1 << 30


@dataclass(frozen=True, slots=True)
class Recovery:
    """What a start found and did. `swept` are operations whose copies were removed."""

    swept: tuple[str, ...]
    leftovers: tuple[Leftover, ...]
    requeued: tuple[JobId, ...]
    scan: ScanReport

    def lines(self) -> tuple[tuple[str, bool], ...]:
        """(line, is a warning) for the message line; empty when there is nothing to say."""
        said = []
        if self.requeued:
            said.append((f"{plural(len(self.requeued), 'import')} cut off earlier will go on.", False))
        said += [(f"Left in staging: {left.path}: {left.reason}", True) for left in self.leftovers]
        return tuple(said)


def recover(
    operations: OperationTools,
    jobs: JobStore,
    index: IndexWriter,
    on_folder: Callable[[int, int], None] | None = None,
) -> Recovery:
    """Tidy up after processes that are gone. Touches nothing of a live one. Run in a worker thread."""
    paths, journal = operations.paths, operations.journal
    swept = staging.sweep(paths, wanted_models(jobs))
    # Before jobs go back to the queue: a model that was committed but not indexed must be found by its uid.
    report = indexing.rescan(index, paths, on_folder=on_folder)
    requeued = []
    for job in jobs.orphaned(()):
        owner = job.owner or ""
        if not owners.runs(owner) and jobs.requeue(job.id, owner):
            requeued.append(job.id)
    published = {manifest.op for manifest in swept.published}
    for op in journal.unfinished(space.host_name()):
        if op.id in published:
            journal.done(op.id)
        elif op.id in swept.removed or (op.kind == "import" and not staging.is_under_way(paths, op.id)):
            journal.failed(op.id)
        elif operating.is_stepwise(journal.steps(op.id)):
            with suppress(PumasError):  # somebody is doing it, or its disk is out: a later start looks again
                operating.go_on(operations, op.id, _settling(operations, index, op))
        else:
            changing.settle(paths, journal, op)
    return Recovery(swept.removed, swept.leftovers, tuple(requeued), report)


def _settling(operations: OperationTools, index: IndexWriter, op: Operation) -> Settle:
    """What follows the steps of an operation of this kind."""
    if op.kind == OperationKind.FETCH:
        edits = EditTools(operations.paths, index, operations.journal, operations.host)
        return Filled(FillTools(operations, edits), op)
    return partial(moved_models.index_again, index, operations.paths)


def wanted_models(jobs: JobStore) -> set[ModelUid]:
    """Models that unfinished imports and downloads will go on with."""
    return {
        import_payload.uid_of(job.payload)
        for job in jobs.list(_ALL)
        if job.kind in (JobKind.IMPORT, JobKind.DOWNLOAD) and not job.state.final
    }
