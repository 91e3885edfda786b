"""Imports, the public face: what was pasted becomes candidates, candidates become jobs."""

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from uuid import uuid4

from pumas_tui.core.db.index import IndexWriter
from pumas_tui.core.db.jobs import JobStore, NewJob
from pumas_tui.core.db.registry import Registry
from pumas_tui.core.domain import completion, import_payload, paste
from pumas_tui.core.domain.absent_parts import FoundPart
from pumas_tui.core.domain.completion import Completion
from pumas_tui.core.domain.errors import Trouble, UsageError
from pumas_tui.core.domain.events import Event, MessagePosted, ScanAdvanced
from pumas_tui.core.domain.files import PastedSource
from pumas_tui.core.domain.ids import JobId, new_model_uid
from pumas_tui.core.domain.imports import ImportChoices, ImportMode, Inspected, Inspection, Submitted
from pumas_tui.core.domain.jobs import Job, JobKind, JobState
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.domain.text import safe
from pumas_tui.core.flows import missing_parts, preflight
from pumas_tui.core.flows.globbing import Globs
from pumas_tui.core.flows.import_job import Asked, ImportRun, ImportTools
from pumas_tui.core.flows.inspecting import inspect_sources, may_be_there, sources_of_paths
from pumas_tui.core.flows.missing_parts import PartHunt, PartTools
from pumas_tui.core.flows.staging_job import Controls
from pumas_tui.core.fs import devices, sweeping
from pumas_tui.core.fs.folders import names_with_slashes
from pumas_tui.core.fs.hunting import Limits
from pumas_tui.core.jobs.runner import Asks, Finished, JobContext, Outcome

_AROUND = Limits()


class Imports:
    """Inspect and submit. Methods may be called from the event loop; disk work runs in threads."""

    def __init__(
        self,
        paths: LibraryPaths,
        jobs: JobStore,
        registry: Registry,
        publish: Callable[[Event], None],
        own_batch: Callable[[str], None],
        host: str,
        index: IndexWriter,
    ) -> None:
        self._paths = paths
        self._jobs = jobs
        self._registry = registry
        self._looked_around = False
        self._publish = publish
        self._own_batch = own_batch
        self._host = host
        self._parts = PartTools(paths, jobs, index)

    async def inspect_text(self, text: str) -> Inspection:
        """What pasted text comes to. Never raises for bad text or bad files."""
        return await asyncio.to_thread(self._inspect_text, text)

    async def inspect_paths(self, paths: Sequence[str]) -> Inspection:
        """What these paths come to, each taken literally (argv)."""
        return await asyncio.to_thread(self._inspect_paths, list(paths))

    async def complete(self, typed: str) -> Completion:
        """A path that is being typed, as far as the names on the disk make it certain. Raises DiskError."""
        return await asyncio.to_thread(self._completed, typed)

    def _inspect_text(self, text: str) -> Inspection:
        home = os.path.expanduser("~")
        globs = Globs()
        sources, counts = globs.expanded(paste.read(text, globs.may_be_there, home, self._host))
        found = self._inspect(sources, text)
        return replace(found, globs=counts, troubles=(*globs.troubles, *found.troubles))

    def _completed(self, typed: str) -> Completion:
        folder, _ = completion.split(os.path.expanduser(typed))
        return completion.complete(typed, names_with_slashes(folder or "."))

    def _inspect_paths(self, paths: list[str]) -> Inspection:
        absolute = [os.path.abspath(os.path.expanduser(p)) for p in paths]
        return self._inspect(sources_of_paths(absolute), "\n".join(paths))

    def _inspect(self, sources: Sequence[PastedSource], text: str) -> Inspection:
        def say(files_seen: int, path: str) -> None:
            self._publish(ScanAdvanced(files_seen, path))

        self._look_around()
        return inspect_sources(sources, text, self._paths, say)

    def _look_around(self) -> None:
        """Say once what is worth knowing about the place of the library."""
        if not self._looked_around:
            self._looked_around = True
            for note in preflight.notes(self._paths):
                self._warn(note)

    def _warn(self, note: Trouble) -> None:
        text = note.message if note.hint is None else f"{note.message}; {note.hint}"
        self._publish(MessagePosted(safe(text), "warning", note.code, note.path))

    def part_search(self, job_id: JobId, limits: Limits = _AROUND) -> PartHunt:
        """A search for the parts that this import lacks, to be run."""
        return PartHunt(self._parts, job_id, limits)

    async def part_at(self, job_id: JobId, text: str) -> FoundPart:
        """The file whose path was typed or pasted, as one of the parts that this import lacks.

        Raises RefusedError with the reason where it is none, UsageError, NotFoundError, DiskError.
        """
        return await asyncio.to_thread(self._part_at, job_id, text)

    def _part_at(self, job_id: JobId, text: str) -> FoundPart:
        read = paste.read(text, may_be_there, os.path.expanduser("~"), self._host)
        path = next((source.path for source in read if source.exists), None)
        if path is None:
            raise UsageError(f'"{safe(text, 60)}" is not a file here')
        return missing_parts.check(self._parts, job_id, path)

    async def add_parts(self, job_id: JobId, found: Sequence[FoundPart]) -> Job:
        """Give the import these files as its parts; the job as it is then, waiting if nothing else is asked.

        Raises ChangedMeanwhileError where it has begun or was changed meanwhile, RefusedError, NotFoundError,
        DiskError.
        """
        job = await asyncio.to_thread(missing_parts.add, self._parts, job_id, found)
        self._own_batch(job.batch_id)
        return job

    async def submit(self, inspected: Sequence[Inspected], choices: ImportChoices) -> Submitted:
        """One job a candidate, all in one transaction; refused candidates make none. Raises DiskError."""
        good = [i for i in inspected if i.refuse is None]
        refused = tuple(i for i in inspected if i.refuse is not None)
        batch = str(uuid4())
        entries = [[member.entry for member in i.candidate.members] for i in good]
        lanes = await asyncio.to_thread(devices.lanes_of, self._paths.models, entries)
        new = [self._new_job(i, choices, lane, batch) for i, lane in zip(good, lanes, strict=True)]
        if choices.mode is ImportMode.HARDLINK and new:
            self._warn(preflight.HARD_LINKS_SHARE)
        await asyncio.to_thread(preflight.try_links, self._paths, self._registry)
        self._own_batch(batch)
        ids = await asyncio.to_thread(partial(self._jobs.add_many, JobKind.IMPORT, new)) if new else ()
        self._own_batch(batch)
        return Submitted(ids, batch, refused)

    def _new_job(self, inspected: Inspected, choices: ImportChoices, lane: str, batch: str) -> NewJob:
        needs = import_payload.open_needs(inspected, choices, {})
        return NewJob(
            payload=import_payload.encode(inspected, choices, new_model_uid()),
            state=JobState.NEEDS_YOU if needs else JobState.WAITING,
            lane=lane,
            needs=needs,
            batch_id=batch,
        )


def handler(tools: ImportTools) -> Callable[[Job, JobContext], Outcome]:
    """What the runner calls for an import job."""

    def handle(job: Job, context: JobContext) -> Outcome:
        controls = Controls(context.cancel, context.unwanted, context.report, context.alone)
        outcome = ImportRun(job, tools, controls).run()
        if isinstance(outcome, Asked):
            return Asks(outcome.needs)
        sweeping.drop_downloads(tools.paths, (import_payload.uid_of(job.payload),))  # parts fetched for it
        return Finished(outcome.result)

    return handle
