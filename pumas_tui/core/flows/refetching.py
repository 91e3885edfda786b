"""Getting files into what is there, the public face: files that a model of the library lacks, from the Hub
or from a path of this machine; parts that an import waits for.

Planning changes nothing. What it asks the Hub is the file list of the repository that the model came from;
where that has not all, those of the ones that a search by name finds.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import uuid4

from pumas_tui.core.db.jobs import JobStore, NewJob
from pumas_tui.core.domain import identification, part_offers, refetching
from pumas_tui.core.domain.errors import NetworkError, NotAllowedError, NotFoundError
from pumas_tui.core.domain.files import FileEntry
from pumas_tui.core.domain.hub_values import HubModel, without_files
from pumas_tui.core.domain.ids import JobId, new_model_uid
from pumas_tui.core.domain.imports import Submitted
from pumas_tui.core.domain.jobs import JobKind
from pumas_tui.core.domain.models import ModelDetail
from pumas_tui.core.domain.part_offers import PartOffer
from pumas_tui.core.domain.refetching import Lacking, Refetch
from pumas_tui.core.domain.vocabulary import Trust
from pumas_tui.core.flows import lacking_files, local_files, missing_parts
from pumas_tui.core.flows.file_search import LIMITS, FileSearch
from pumas_tui.core.flows.filling import FillTools
from pumas_tui.core.flows.lacking_files import Described
from pumas_tui.core.flows.network import Network
from pumas_tui.core.fs import devices, marker, reading, space
from pumas_tui.core.fs.hunting import Limits


@dataclass(frozen=True, slots=True)
class AskTools:
    """What this works with. `find`: a model of the index by reference; `own`: this process runs the batch."""

    fill: FillTools
    jobs: JobStore
    network: Network
    find: Callable[[str], Awaitable[ModelDetail]]
    own: Callable[[str], None]


class Refetching:
    """For one event loop. Methods about a model take its id, uid or unambiguous name prefix, in the index or
    not, and raise NotFoundError, AmbiguousError, DiskError, DamagedError."""

    def __init__(self, tools: AskTools) -> None:
        self._tools = tools

    async def source(self, ref: str) -> str:
        """The repository that a model is said to come from, empty where nothing says so. Asks nobody."""
        described = await self._described(ref)
        lacking = await asyncio.to_thread(self._lacking, described)
        return lacking.repo_id

    async def plan(self, ref: str, repo_id: str = "", revision: str = "") -> Refetch:
        """What a model lacks, and what would be got for it; nothing is changed.

        `repo_id`: look there and nowhere else. Where nobody can be asked now, and it is known where the model
        came from, the plan says so and can be submitted all the same; else raises NetworkError and its kin.
        """
        described = await self._described(ref)
        empty = await asyncio.to_thread(self._nothing_yet, described)
        lacking = empty.lacking
        if repo_id:
            lacking = replace(lacking, repo_id=repo_id, revision=revision)
        empty = replace(empty, lacking=lacking, repo=HubModel(lacking.repo_id, lacking.revision))
        if not lacking.wanted:
            return empty
        try:
            return await self._found(described, empty, only=bool(repo_id))
        except NotAllowedError:
            raise
        except NetworkError as error:
            if not lacking.repo_id:
                raise
            return replace(empty, waits=error.message)

    async def submit(self, plan: Refetch) -> Submitted:
        """A job for what a plan gets, which must be something; one that gets it already is not doubled."""

        def same(payload: Mapping[str, Any]) -> bool:
            return refetching.same_model(payload, plan)

        places = [place for one in plan.files for place in one.places]
        entries = await asyncio.to_thread(lambda: [reading.entry(place) for place in places])
        return await self._submit(refetching.encode(plan, new_model_uid()), same, entries)

    async def plan_from(self, ref: str, text: str, *, stop: threading.Event | None = None) -> Refetch:
        """What a model lacks, and what of it may be had from a path as it was typed or pasted: a file, or a
        folder that is searched by names and sizes. Reads no content and changes nothing; the job that
        `submit` makes compares SHA-256.

        Raises RefusedError where a file is none of them, NotFoundError where a folder has none of them.
        """
        path = await asyncio.to_thread(local_files.place_of, text)
        described = await self._described(ref)
        empty = replace(await asyncio.to_thread(self._nothing_yet, described), path=path)
        if not empty.lacking.wanted:
            return empty
        got, left = await asyncio.to_thread(local_files.at, empty.lacking, path, stop or threading.Event())
        return replace(empty, files=got, left=left)

    def search(self, ref: str, limits: Limits = LIMITS) -> FileSearch:
        """A search of this machine for what a model lacks; what it finds can be given to `submit`."""

        async def start() -> tuple[Refetch, str]:
            described = await self._described(ref)
            origin = described.meta.imported
            plan = await asyncio.to_thread(self._nothing_yet, described)
            return plan, origin.source if origin is not None else ""

        return FileSearch(self._tools.fill.edits.paths, start, limits)

    def _nothing_yet(self, described: Described) -> Refetch:
        """What it lacks, and nothing found of it."""
        free = space.free_bytes(self._tools.fill.edits.paths.models)
        return Refetch(self._lacking(described), HubModel(""), (), (), free)

    async def offer(self, job_id: JobId) -> PartOffer | None:
        """Where the Hub has the parts that an import lacks: None where nothing fits. Nothing is hashed.

        Raises NetworkError and its kin, NotFoundError, DiskError.
        """
        waiting = await asyncio.to_thread(lambda: missing_parts.of_job(self._tools.jobs.get(job_id)))
        candidate = waiting.order.candidate
        answer = await self._tools.network.look_up(identification.of_candidate(candidate))
        for one in answer.candidates:
            found = part_offers.offer(job_id, waiting.order.uid, candidate, waiting.parts, one.model)
            if found is not None:
                return found
        if answer.trust is Trust.PENDING:
            raise NetworkError(answer.reason, retry_at=answer.retry_at)
        return None

    async def submit_parts(self, offer: PartOffer) -> Submitted:
        """A job that brings these parts and gives them to the import; one that does so is not doubled."""

        def same(payload: Mapping[str, Any]) -> bool:
            return part_offers.same_import(payload, offer.job_id)

        return await self._submit(part_offers.encode(offer, new_model_uid()), same)

    async def _submit(
        self,
        payload: dict[str, Any],
        same: Callable[[Mapping[str, Any]], bool],
        entries: Sequence[FileEntry] = (),
    ) -> Submitted:
        """`entries`: files of this machine that it reads."""
        tools, batch = self._tools, str(uuid4())
        known = [j for j in await asyncio.to_thread(tools.jobs.list) if j.kind is JobKind.DOWNLOAD]
        doing = next((job for job in known if not job.state.final and same(job.payload)), None)
        if doing is not None:
            tools.own(doing.batch_id)
            return Submitted((doing.id,), doing.batch_id)
        lanes = await asyncio.to_thread(devices.lanes_of, tools.fill.edits.paths.models, [entries])
        tools.own(batch)
        new = [NewJob(payload=payload, lane=lanes[0], batch_id=batch)]
        ids = await asyncio.to_thread(partial(tools.jobs.add_many, JobKind.DOWNLOAD, new))
        tools.own(batch)
        return Submitted(ids, batch)

    async def _described(self, ref: str) -> Described:
        paths = self._tools.fill.edits.paths
        try:
            return await asyncio.to_thread(lacking_files.looked_up, paths, ref)
        except NotFoundError:
            row = (await self._tools.find(ref)).row
            return await asyncio.to_thread(lacking_files.read, paths, row.model_id)

    def _lacking(self, described: Described) -> Lacking:
        with marker.opened(self._tools.fill.edits.paths.models):
            return lacking_files.lacking(self._tools.fill.operations, described)

    async def _found(self, described: Described, empty: Refetch, *, only: bool) -> Refetch:
        """The plan by the first repository that has all, else by the one that has most."""
        best = empty
        if empty.lacking.repo_id:
            best = await self._at(empty.lacking.repo_id, empty.lacking.revision, empty)
        if only or (best.files and not best.left):
            return best
        answer = await self._tools.network.look_up(identification.of_model(described.meta))
        for one in answer.candidates:
            if one.proven and one.model.files:
                got, left = refetching.found_in(empty.lacking, one.model)
                if len(got) > len(best.files):
                    best = replace(empty, repo=without_files(one.model), files=got, left=left)
        if not best.files and answer.trust is Trust.PENDING:
            raise NetworkError(answer.reason, retry_at=answer.retry_at)
        if not best.left and not best.files:
            why = "no repository with this content was found"
            best = replace(best, left=tuple((one, why) for one in empty.lacking.wanted))
        return best

    async def _at(self, repo_id: str, revision: str, empty: Refetch) -> Refetch:
        """What this repository has; one that is not there for us has nothing."""
        try:
            listing = partial(self._tools.network.files, repo_id)
            repo, got, left = await lacking_files.at(listing, empty.lacking, revision)
        except NotFoundError as error:
            return replace(empty, left=tuple((one, error.message) for one in empty.lacking.wanted))
        return replace(empty, repo=repo, files=got, left=left)
