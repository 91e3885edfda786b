"""One import, start to end, in one thread: check, stage, commit, index. Can be called without an event loop.

Before the commit nothing of the model is visible; after it the model is whole. Killed anywhere between, what
is staged and the job's own uid tell the next run what is true already.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from pumas_tui import __version__
from pumas_tui.core.db.index import IndexWriter
from pumas_tui.core.db.journal import Journal
from pumas_tui.core.domain import describing, import_payload
from pumas_tui.core.domain import metadata as metadata_format
from pumas_tui.core.domain.describing import StagedFile
from pumas_tui.core.domain.errors import CancelledError, DiskFullError, RefusedError
from pumas_tui.core.domain.files import Candidate
from pumas_tui.core.domain.ids import ModelId, OperationId, new_operation_id
from pumas_tui.core.domain.import_payload import ImportOrder
from pumas_tui.core.domain.imports import DuplicatePolicy, Inspected
from pumas_tui.core.domain.jobs import Job, Need, NeedKind, Stage
from pumas_tui.core.domain.layout import METADATA, LibraryPaths
from pumas_tui.core.domain.metadata import Metadata
from pumas_tui.core.domain.operations import Operation
from pumas_tui.core.flows import indexing, known_content, preflight, staging_job, taken_names
from pumas_tui.core.flows.inspecting import inspect_candidate
from pumas_tui.core.flows.known_content import Known
from pumas_tui.core.flows.staging_job import Controls
from pumas_tui.core.fs import locks, marker, ops, scan, staging
from pumas_tui.core.fs.staging import Staging


@dataclass(frozen=True, slots=True)
class ImportTools:
    """What an import works with; all thread-safe."""

    paths: LibraryPaths
    index: IndexWriter
    journal: Journal
    reserve_bytes: int
    host: str
    user: str


@dataclass(frozen=True, slots=True)
class Asked:
    """The import stopped before it changed anything: these need an answer."""

    needs: tuple[Need, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """The import is over; `result` is the row's result."""

    result: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ImportRun:
    """One attempt at one job. `ours`: the sources are this program's own downloads, inside the library."""

    job: Job
    tools: ImportTools
    controls: Controls
    ours: bool = False

    def run(self) -> Told | Asked:
        """Import. Raises RefusedError, SourceChangedError, DiskError, DiskFullError, CancelledError."""
        order = import_payload.decode(self.job.payload)
        with marker.opened(self.tools.paths.models):
            already = known_content.by_uid(self.tools.index, self.tools.paths, order.uid)
            if already is not None:  # a crash came after the commit: the model is there, the row was not told
                return _told(already, order, "imported")
            candidate = fresh(order.candidate)
            paths, own = self.tools.paths, self.tools.paths.download(order.uid)
            preflight.check_sources(order.candidate, candidate, paths, own, ours=self.ours)
            inspected = inspect_candidate(candidate, paths, self.controls.cancel, in_place=self.ours, own=own)
            if inspected.refuse is not None:
                raise RefusedError(inspected.refuse.message, path=inspected.refuse.path)
            needs = import_payload.open_needs(inspected, order.choices, self.job.answers)
            if needs:
                return Asked(needs)
            return self._import(replace(order, candidate=candidate), inspected)

    def _import(self, order: ImportOrder, inspected: Inspected) -> Told | Asked:
        self.controls.report(Stage.CHECKING, 0, order.candidate.size_bytes)
        policy = import_payload.duplicate_policy(order.choices, self.job.answers)
        if policy is not DuplicatePolicy.IMPORT:
            known = known_content.find(
                self.tools.index, self.tools.paths, order.candidate, self.controls.cancel
            )
            if known is not None:
                return self._duplicate(order, known, policy)
        if not import_payload.may_rename(order.choices, self.job.answers):
            taken = taken_names.question(self.tools.paths, order, inspected)
            if taken is not None:
                return Asked((taken,))
        return self._stage(order, inspected, policy)

    def _duplicate(self, order: ImportOrder, known: Known, policy: DuplicatePolicy) -> Told | Asked:
        if policy is DuplicatePolicy.ASK:
            facts = {
                "name": order.candidate.name,
                "model_id": known.model_id,
                "uid": known.uid,
                "sha256": known.sha256,
                "size_bytes": order.candidate.size_bytes,
            }
            return Asked((Need(NeedKind.DUPLICATE, ("skip", "import", "refuse"), facts),))
        known_content.remember_source(self.tools.index, self.tools.paths, known, order.candidate)
        return _told(known, order, "duplicate")

    def _stage(self, order: ImportOrder, inspected: Inspected, policy: DuplicatePolicy) -> Told | Asked:
        tools, op = self.tools, new_operation_id()
        planned = staging_job.plan(order, op, tools.paths, tools.reserve_bytes)
        wanted = describing.chosen_model_id(order.candidate.name, inspected.identity, order.choices)
        tools.journal.begin(self._operation(op, wanted, order))
        staged = staging.begin(tools.paths, planned.manifest, planned.found)
        try:
            files, mode = staging_job.fill(staged, planned, self.controls)
            done = replace(order, choices=replace(order.choices, mode=mode))
            outcome = self._commit(done, inspected, policy, staged, files)
        except (CancelledError, DiskFullError) as error:
            raise staging_job.stopped(error, staged, planned, self.controls) from error
        except BaseException:
            # Whatever stopped it, what was copied is only a copy: give the space back at once.
            staged.discard()
            tools.journal.failed(op)
            raise
        if isinstance(outcome, Asked) or outcome.result["status"] == "duplicate":
            staged.discard()
            tools.journal.failed(op)
        else:
            tools.journal.done(op)
        return outcome

    def _operation(self, op: OperationId, wanted: ModelId, order: ImportOrder) -> Operation:
        plan = {"title": f"import {wanted}", "model_id": wanted, "uid": order.uid, "job": self.job.id}
        return Operation(op, "import", self.tools.host, __version__, time.time(), self.job.batch_id, plan)

    def _commit(
        self,
        order: ImportOrder,
        inspected: Inspected,
        policy: DuplicatePolicy,
        staged: Staging,
        files: list[StagedFile],
    ) -> Told | Asked:
        total = order.candidate.size_bytes
        self.controls.report(Stage.COMMITTING, total, total)
        with locks.library_lock(self.tools.paths):
            if policy is not DuplicatePolicy.IMPORT:  # another process may have brought it in meanwhile
                known = known_content.by_hashes(self.tools.index, self.tools.paths, order.candidate, files)
                if known is not None:
                    return self._duplicate(order, known, policy)
            meta = self._published(order, inspected, staged, files)
            self.controls.report(Stage.INDEXING, total, total)
            indexing.index_model(self.tools.index, self.tools.paths, meta)
        known = Known(ModelId(meta.model_id), order.uid, meta.hashes.sha256)
        return _told(known, order, "imported")

    def _published(
        self, order: ImportOrder, inspected: Inspected, staged: Staging, files: list[StagedFile]
    ) -> Metadata:
        main = next(f for f in files if f.member == order.candidate.main)
        wanted = describing.chosen_model_id(order.candidate.name, inspected.identity, order.choices)
        model_id = taken_names.free_model_id(self.tools.paths, wanted, main.sha256)
        now = describing.Circumstances(datetime.now(UTC), self.tools.host, self.tools.user, __version__)
        meta = describing.metadata_of(inspected, order.choices, files, order.uid, model_id, now)
        ops.write_new_file(f"{staged.dir}/{METADATA}", metadata_format.dump(meta))
        staging.commit(staged, self.tools.paths.model_dir(model_id))
        return meta


def _told(known: Known, order: ImportOrder, status: str) -> Told:
    return Told(
        {
            "model_id": known.model_id,
            "uid": known.uid,
            "status": status,
            "bytes": order.candidate.size_bytes,
            "sha256": known.sha256,
            "mode": order.choices.mode.value,
            "link": order.choices.link,
        }
    )


def fresh(candidate: Candidate) -> Candidate:
    """The candidate with its files as they are now. Raises DiskError where one is gone."""
    members = tuple(replace(m, entry=scan.entry(m.entry.path)) for m in candidate.members)
    return replace(candidate, members=members)
