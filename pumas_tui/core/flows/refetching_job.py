"""Files into what is there, as jobs: what a model lacks, parts that an import waits for.

The bytes come like those of any download and are read once more before anything is changed; or they are
copied from this machine and hashed on the way. A file whose SHA-256 is not what it must be goes nowhere.
A job that finds no network waits for it.
"""

import asyncio
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from pumas_tui.core.domain import fingerprints, identity, refetching
from pumas_tui.core.domain.absent_parts import FoundPart
from pumas_tui.core.domain.errors import (
    NotFoundError,
    RefusedError,
)
from pumas_tui.core.domain.files import SecurityTier
from pumas_tui.core.domain.ids import JobId, ModelId, ModelUid
from pumas_tui.core.domain.jobs import Job, Stage
from pumas_tui.core.domain.refetching import Came, Get, Lack, Lacking, RefetchOrder
from pumas_tui.core.flows import filling, lacking_files, missing_parts, waiting_jobs
from pumas_tui.core.flows.downloading import DownloadRun, DownloadTools, kept_while_wanted
from pumas_tui.core.flows.filling import Filling, FillTools
from pumas_tui.core.flows.lacking_files import Described
from pumas_tui.core.flows.local_files import Bringing
from pumas_tui.core.flows.missing_parts import PartTools
from pumas_tui.core.flows.staging_job import Controls
from pumas_tui.core.fs import copying, headers, marker, ops, ops_publish, reading, sweeping
from pumas_tui.core.fs import steps as disk
from pumas_tui.core.jobs.runner import Finished, JobContext, Outcome
from pumas_tui.core.net.calls import Asking
from pumas_tui.core.net.session import Session


@dataclass(frozen=True, slots=True)
class RefetchTools:
    """What such a job works with; all thread-safe."""

    downloads: DownloadTools
    fill: FillTools
    parts: PartTools


def handler(tools: RefetchTools) -> Callable[[Job, JobContext], Outcome]:
    """What the runner calls for a download into what is there."""

    def handle(job: Job, context: JobContext) -> Outcome:
        controls = Controls(context.cancel, context.unwanted, context.report, context.alone)
        return RefetchRun(job, tools, controls).run()

    return handle


@dataclass(frozen=True, slots=True)
class RefetchRun:
    """One attempt at one job."""

    job: Job
    tools: RefetchTools
    controls: Controls

    def run(self) -> Outcome:
        """Bring the files and put them where they belong. Raises WaitsForNetworkError, NetworkError,
        NotFoundError, RefusedError, ChangedMeanwhileError, CancelledError, DiskError."""
        paths = self.tools.downloads.imports.paths
        key = refetching.order_of(self.job.payload).uid
        with kept_while_wanted(paths, key, self.controls), waiting_jobs.for_network():
            if "job" in refetching.into_of(self.job.payload):
                result = _ForImport(self).run()
            else:
                result = _ForModel(self).run()
        sweeping.drop_downloads(paths, (key,))
        return Finished(result)

    @property
    def downloading(self) -> DownloadRun:
        """The same attempt as a download."""
        return DownloadRun(self.job, self.tools.downloads, self.controls)

    def checked(self, path: str, sha256: str) -> copying.Hashes:
        """The hashes of a file that came, read from the disk. Raises RefusedError where it is another one."""
        size = reading.entry(path).size

        def count(done: int) -> None:
            self.controls.report(Stage.CHECKING, done, size)

        found = copying.hash_file(
            path, cancel=self.controls.cancel, on_bytes=count, alone=self.controls.alone()
        )
        if found.sha256 != sha256:
            message = f"{path} is not the file that was asked for: its SHA-256 is {found.sha256[:12]}…"
            raise RefusedError(message, path=path, hint="try again: it is brought anew then")
        return found


@dataclass(frozen=True, slots=True)
class _Standing:
    """What is in a file's place now. `came`: the right file is; else `before` is the fingerprint of what
    goes, or absent."""

    came: Came | None
    before: str


@dataclass(frozen=True, slots=True)
class _ForModel:
    """Files of a model of the library."""

    run_: RefetchRun

    def run(self) -> dict[str, object]:
        tools = self.run_.tools
        order = refetching.decode(self.run_.job.payload)
        with marker.opened(tools.fill.edits.paths.models):
            known = lacking_files.described(tools.fill.edits, order.uid, order.model_id)
            lacking = lacking_files.lacking(tools.fill.operations, known)
        if not order.files:
            order = asyncio.run(self._asked(order, lacking))
        with marker.opened(tools.fill.edits.paths.models):
            standing = [self._standing(known.model_id, one) for one in order.files]
        pairs = list(zip(order.files, standing, strict=True))
        todo = replace(order, files=tuple(one for one, now in pairs if now.came is None))
        files, mode = [_in_place(now.came) for _, now in pairs if now.came is not None], "download"
        if any(one.places for one in todo.files):
            brought, mode = self._brought(todo, dict(pairs), found_already=bool(files))
            files += brought
        elif todo.files:
            self.run_.downloading.fetch(todo.download)
            files += [self._fetched(known, todo, one, now) for one, now in pairs if now.came is None]
        self.run_.controls.report(Stage.COMMITTING, 1, 1)
        op_id = filling.fill(tools.fill, known.model_id, order.uid, files, self.run_.job.batch_id)
        return {
            "model_id": known.model_id,
            "uid": order.uid,
            "sha256": known.meta.hashes.sha256,
            "bytes": sum(one.came.size for one in files),
            "status": "completed",
            "files": [one.came.name for one in files],
            "operation": op_id,
            "mode": mode,
            "link": True,
        }

    def _brought(
        self, order: RefetchOrder, standing: Mapping[Get, _Standing], *, found_already: bool
    ) -> tuple[list[Filling], str]:
        """Files of this machine that are the right ones, and how they came. Raises RefusedError where none
        is."""
        imports, folder = self.run_.tools.downloads.imports, self.run_.downloading.folder(order.download)
        total = order.download.download.size_bytes
        bringing = Bringing(imports.paths, folder, imports.reserve_bytes, self.run_.controls, total)
        files = []
        for one in order.files:
            found = bringing.bring(one)
            if found is not None:
                staged = os.path.realpath(f"{folder}/{one.file.path}")
                hashes = copying.Hashes(found.sha256, found.xxh3_128, found.size)
                files.append(Filling(_came(one, hashes), staged, standing[one].before))
        if not files and not found_already:
            raise bringing.problem()
        return files, bringing.mode.value

    async def _asked(self, order: RefetchOrder, lacking: Lacking) -> RefetchOrder:
        """The order with its files, now that somebody can be asked. Raises NotFoundError where none fits."""
        downloads = self.run_.tools.downloads
        session = Session(downloads.store, downloads.options)
        try:
            hub = await session.hub()
            repo, got, left = await lacking_files.at(
                lambda revision: hub.model(order.repo.repo_id, Asking(), revision),
                lacking,
                order.repo.revision,
            )
        finally:
            await session.close()
        if not got:
            raise NotFoundError(left[0][1] if left else f"nothing of {order.name} is missing any more")
        return replace(order, repo=repo, files=got)

    def _standing(self, model_id: ModelId, one: Get) -> _Standing:
        """Raises RefusedError where something stands there that must stay."""
        path = f"{os.path.realpath(self.run_.tools.fill.edits.paths.model_dir(model_id))}/{one.wanted.name}"
        mark = disk.look(path)
        if mark == fingerprints.ABSENT:
            return _Standing(None, mark)
        if fingerprints.kind_of(mark) != "file":
            what = fingerprints.described(mark)
            raise RefusedError(f"{path} is {what}, no file of the model; it stays", path=path)
        if reading.entry(path).size == one.file.size:
            controls = self.run_.controls
            found = copying.hash_file(path, cancel=controls.cancel, on_bytes=lambda _: None)
            if found.sha256 == one.sha256:
                return _Standing(_came(one, found), mark)
        if one.wanted.lack is Lack.NEVER:
            raise RefusedError(
                f"{path} is there, is not on record and not the part that is missing; it stays",
                path=path,
                hint="move it away first",
            )
        return _Standing(None, mark)

    def _check_kind(self, known: Described, path: str) -> None:
        """A part that was never here must not bring code into a model without. Raises RefusedError."""
        facts, tier = headers.read(path), known.meta.security_tier
        if facts.refuse:
            raise RefusedError(f"{path}: {facts.refuse}", path=path)
        pickle = SecurityTier.PICKLE
        if identity.security_tier(facts.container) is pickle and tier is not pickle:
            raise RefusedError(f"{path} is a pickle, the model's other files are not", path=path)

    def _fetched(self, known: Described, order: RefetchOrder, one: Get, now: _Standing) -> Filling:
        staged = f"{self.run_.downloading.folder(order.download)}/{one.file.path}"
        came = _came(one, self.run_.checked(staged, one.sha256))
        if one.wanted.lack is Lack.NEVER:
            self._check_kind(known, staged)
        return Filling(came, os.path.realpath(staged), now.before)


def _in_place(came: Came) -> Filling:
    return Filling(came, "")


def _came(one: Get, found: copying.Hashes) -> Came:
    name = one.wanted.name
    return Came(name, one.wanted.original_name or name, found.size, found.sha256, found.xxh3_128)


@dataclass(frozen=True, slots=True)
class _ForImport:
    """Parts of an import that waits for them."""

    run_: RefetchRun

    def run(self) -> dict[str, object]:
        tools, into = self.run_.tools, refetching.into_of(self.run_.job.payload)
        order = refetching.order_of(self.run_.job.payload)
        paths = tools.downloads.imports.paths
        job_id = JobId(into["job"])
        home = paths.download(ModelUid(into["uid"]))
        given = f"{home}/{order.uid}"  # not lost with this job: the import reads it from there
        lacks = {part.number for part in missing_parts.of_job(tools.parts.jobs.get(job_id)).parts}
        if not lacks.intersection(into["numbers"]):  # a crash came after they were given
            return self._told(job_id)
        if not reading.is_there(given):
            self.run_.downloading.fetch(order)
            folder = self.run_.downloading.folder(order)
            for file in order.download.files:
                self.run_.checked(f"{folder}/{file.path}", file.sha256)
            ops.make_dirs(paths.models, home.removeprefix(f"{paths.models}/"))
            ops_publish.take_staged(paths.download(order.uid), given)
        place = f"{given}/{order.download.folder_name}"
        found = [
            FoundPart(
                number,
                f"{place}/{file.path}",
                file.size or 0,
                sha256=file.sha256,
            )
            for number, file in zip(into["numbers"], order.download.files, strict=True)
        ]
        missing_parts.add(tools.parts, job_id, found)
        return self._told(job_id)

    def _told(self, job_id: JobId) -> dict[str, object]:
        payload = self.run_.job.payload
        return {
            "status": "parts",
            "job": job_id,
            "numbers": list(refetching.into_of(payload)["numbers"]),
            "bytes": payload["size_bytes"],
            "mode": "download",
        }
