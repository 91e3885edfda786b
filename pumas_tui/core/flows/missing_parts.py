"""The parts that an import lacks: look for them, check a file that is said to be one, add what was found.

Reads only, but for the job's row; runs in worker threads.
"""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pumas_tui.core.db.index import IndexWriter
from pumas_tui.core.db.jobs import JobStore
from pumas_tui.core.domain import absent_parts, grouping, import_payload, naming
from pumas_tui.core.domain.absent_parts import AbsentPart, FoundPart, PartSearch
from pumas_tui.core.domain.errors import ChangedMeanwhileError, DiskError, RefusedError
from pumas_tui.core.domain.files import Container, FileEntry
from pumas_tui.core.domain.ids import JobId
from pumas_tui.core.domain.import_payload import ImportOrder
from pumas_tui.core.domain.jobs import Job
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.flows import sources
from pumas_tui.core.flows.inspecting import inspect_candidate
from pumas_tui.core.flows.queueing import UNSTARTED
from pumas_tui.core.flows.searching import WatchedSearch
from pumas_tui.core.fs import devices, headers, scan
from pumas_tui.core.fs.hunting import Hunt, Limits

_SHOWN = 3  # files of the right name that are no such part


@dataclass(frozen=True, slots=True)
class PartTools:
    """What the search works with; all thread-safe."""

    paths: LibraryPaths
    jobs: JobStore
    index: IndexWriter


class PartHunt(WatchedSearch[PartSearch]):
    """A search for the parts that one import lacks, near the other parts, then in the library."""

    def __init__(self, tools: PartTools, job_id: JobId, limits: Limits) -> None:
        super().__init__()
        self._tools = tools
        self._job_id = job_id
        self._limits = limits

    async def _look(self) -> PartSearch:
        return await asyncio.to_thread(self._find)

    def _find(self) -> PartSearch:
        """Outward from the other parts, until every one was found."""
        tools, lacking = self._tools, of_job(self._tools.jobs.get(self._job_id))
        hunt = Hunt(
            lacking.folder,
            {part.file_name for part in lacking.parts},
            self._cancel,
            self._so_far,
            self._limits,
            avoid=(tools.paths.models,),
        )
        seen = _Seen(lacking)
        for level in hunt.levels():
            for entry in level:
                seen.look(entry)
            if seen.all_found:
                break
        return PartSearch(
            found=seen.chosen(),
            top=hunt.top,
            files=self._so_far.files,
            stopped=hunt.stopped,
            not_it=tuple(seen.wrong.items())[:_SHOWN],
            in_library=_in_library(tools, [p for p in lacking.parts if p.number not in seen.hits]),
        )


@dataclass(frozen=True, slots=True)
class LackingImport:
    """An import and the parts that it lacks. `container`: what the other parts are."""

    order: ImportOrder
    parts: tuple[AbsentPart, ...]
    container: Container

    @property
    def folder(self) -> str:
        """Where the other parts are."""
        return self.order.candidate.folder or os.path.dirname(self.order.candidate.main.entry.path)

    def mismatch(self, part: AbsentPart, entry: FileEntry) -> str:
        """Why a file is not that part, or empty."""
        try:
            facts = headers.read(entry.path)
        except DiskError as error:
            return error.message
        return absent_parts.mismatch(part, entry.name, facts, self.container)


def of_job(job: Job) -> LackingImport:
    """What the row tells."""
    order = import_payload.decode(job.payload)
    short = [int(part["number"]) for part in job.payload.get("short") or ()]
    indexes = {m.name: m.entry.path for m in order.candidate.members if grouping.is_index(m.entry.name)}
    documents = {name: sources.document(path) for name, path in indexes.items()}
    parts = absent_parts.absent(order.candidate, documents, short)
    return LackingImport(order, parts, Container(job.payload["container"]))


class _Seen:
    """Files of the right names: those that are a part, by its number, and why the others are none."""

    def __init__(self, lacking: LackingImport) -> None:
        self._lacking = lacking
        self._own = {(m.entry.dev, m.entry.ino) for m in lacking.order.candidate.members}
        self.hits: dict[int, list[FileEntry]] = {}
        self.wrong: dict[str, str] = {}

    def look(self, entry: FileEntry) -> None:
        """Sort a file in."""
        if (entry.dev, entry.ino) in self._own:
            return
        for part in self._lacking.parts:
            if part.file_name == entry.name:
                why = self._lacking.mismatch(part, entry)
                if not why:
                    self.hits.setdefault(part.number, []).append(entry)
                    return
                self.wrong[entry.path] = why

    @property
    def all_found(self) -> bool:
        """Nothing is left to look for."""
        return len(self.hits) == len(self._lacking.parts)

    def chosen(self) -> tuple[FoundPart, ...]:
        """The nearest file for each part."""
        return tuple(
            FoundPart(number, entries[0].path, entries[0].size, len(entries) - 1)
            for number, entries in sorted(self.hits.items())
        )


def _in_library(tools: PartTools, parts: Sequence[AbsentPart]) -> tuple[str, ...]:
    names = [naming.safe_file_name(part.file_name) for part in parts]
    return tuple(dict.fromkeys(known.model_id for known in tools.index.named(names)))


def check(tools: PartTools, job_id: JobId, path: str) -> FoundPart:
    """The file at `path` as one of the parts that this import lacks.

    Raises RefusedError with the reason where it is none, NotFoundError, DiskError.
    """
    lacking = of_job(tools.jobs.get(job_id))
    entry = scan.entry(path)
    if os.path.realpath(path).startswith(os.path.realpath(tools.paths.models) + "/"):
        raise RefusedError(f"{path} is inside the library: models give nothing away", path=path)
    reasons = []
    for part in sorted(lacking.parts, key=lambda part: part.file_name != entry.name):
        why = lacking.mismatch(part, entry)
        if not why:
            return FoundPart(part.number, path, entry.size)
        reasons.append(f"{path} is not part {part.number}: {why}")
    raise RefusedError(reasons[0] if reasons else "no part is missing any more", path=path)


def add(tools: PartTools, job_id: JobId, found: Sequence[FoundPart]) -> Job:
    """Give the import these files as its parts; it waits for its turn once nothing else is asked.

    The job as it is then. Raises ChangedMeanwhileError where it has begun or was changed meanwhile,
    RefusedError, NotFoundError, DiskError.
    """
    job = tools.jobs.get(job_id)
    lacking = of_job(job)
    order, by_number = lacking.order, {part.number: part for part in lacking.parts}
    pairs = [(by_number[one.number], scan.entry(one.path)) for one in found if one.number in by_number]
    hashes = {one.path: one.sha256 for one in found}
    candidate = absent_parts.with_parts(order.candidate, pairs, hashes)
    inspected = inspect_candidate(candidate, tools.paths, own=tools.paths.download(order.uid))
    if inspected.refuse is not None:
        raise RefusedError(inspected.refuse.message, path=inspected.refuse.path)
    payload = import_payload.encode(inspected, order.choices, order.uid)
    if "identified" in job.payload:
        payload["identified"] = job.payload["identified"]
    needs = import_payload.open_needs(inspected, order.choices, job.answers)
    [lane] = devices.lanes_of(tools.paths.models, [[member.entry for member in candidate.members]])

    def change(now: Job) -> Job:
        if now.rev != job.rev:
            raise ChangedMeanwhileError(f"the import of {order.candidate.name} was changed meanwhile")
        return replace(now, payload=payload, needs=needs, lane=lane)

    if not tools.jobs.revise([job_id], UNSTARTED, change):
        raise ChangedMeanwhileError(f"the import of {order.candidate.name} has begun meanwhile")
    return tools.jobs.get(job_id)
