"""Downloads as jobs: bring the files, check them, then import them like any others. One thread a job.

The bytes lie in `models/.downloads/<uid>/` until the model is committed: a file's size tells how much of it
is there, so a killed download goes on where it was, and one that finds no network waits for it. A file that
the library has already comes from there. The import gives them a second name instead of a copy where the disk
can, and compares each file's SHA-256 with the one the Hub told of.
"""

import asyncio
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from pumas_tui.core.domain import downloads, enriching, import_payload, matching
from pumas_tui.core.domain.downloads import DownloadOrder
from pumas_tui.core.domain.errors import CancelledError, RefusedError
from pumas_tui.core.domain.files import Candidate, Origin
from pumas_tui.core.domain.hub_values import HubFile
from pumas_tui.core.domain.ids import ModelId, ModelUid
from pumas_tui.core.domain.imports import ImportMode
from pumas_tui.core.domain.jobs import Job, Stage
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.domain.matching import Subject, SubjectFile
from pumas_tui.core.domain.vocabulary import Trust
from pumas_tui.core.flows import editing, held_files, known_content, preflight, waiting_jobs
from pumas_tui.core.flows import sources as gathering
from pumas_tui.core.flows.changing import EditTools
from pumas_tui.core.flows.held_files import Taking
from pumas_tui.core.flows.identifying import alike
from pumas_tui.core.flows.import_job import Asked, ImportRun, ImportTools, Told
from pumas_tui.core.flows.inspecting import inspect_candidate
from pumas_tui.core.flows.staging_job import Controls
from pumas_tui.core.fs import ops, ops_share, reading, sweeping
from pumas_tui.core.fs.adopting import size_of
from pumas_tui.core.jobs.runner import Asks, Finished, JobContext, Outcome
from pumas_tui.core.net.downloading import Fetch, Pace
from pumas_tui.core.net.session import Options, Session, Store

_CANCEL_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class DownloadTools:
    """What a download works with; all thread-safe. Each job has a loop and a session of its own."""

    imports: ImportTools
    store: Store
    options: Options
    pace: Pace


def handler(tools: DownloadTools) -> Callable[[Job, JobContext], Outcome]:
    """What the runner calls for a download job."""

    def handle(job: Job, context: JobContext) -> Outcome:
        controls = Controls(context.cancel, context.unwanted, context.report, context.alone)
        return DownloadRun(job, tools, controls).run()

    return handle


@contextmanager
def kept_while_wanted(paths: LibraryPaths, uid: ModelUid, controls: Controls) -> Iterator[None]:
    """What came of a download stays for the next attempt, unless nobody wants one or it was refused."""
    try:
        yield
    except CancelledError:
        if controls.unwanted.is_set():
            sweeping.drop_downloads(paths, (uid,))
        raise
    except RefusedError:  # the same bytes would be refused again: a retry brings new ones
        sweeping.drop_downloads(paths, (uid,))
        raise


@dataclass(frozen=True, slots=True)
class DownloadRun:
    """One attempt at one job."""

    job: Job
    tools: DownloadTools
    controls: Controls

    def run(self) -> Outcome:
        """Download, import, enrich. Raises WaitsForNetworkError, NetworkError and its kin, and what an import
        raises."""
        order = downloads.decode(self.job.payload)
        imports = self.tools.imports
        with kept_while_wanted(imports.paths, order.uid, self.controls):
            if known_content.by_uid(imports.index, imports.paths, order.uid) is None:
                with waiting_jobs.for_network():
                    self.fetch(order)
            outcome = self._imported(order)
        if isinstance(outcome, Asked):
            return Asks(outcome.needs)
        self._enrich(order, outcome)
        sweeping.drop_downloads(imports.paths, (order.uid,))
        return Finished({**outcome.result, "mode": "download"})

    def fetch(self, order: DownloadOrder) -> None:
        """Bring the files of an order into its folder. Raises NetworkError and its kin, CancelledError,
        DiskError."""
        paths, download = self.tools.imports.paths, order.download
        targets = [(file, f"{self.folder(order)}/{file.path}") for file in download.files]
        for target in dict.fromkeys(os.path.dirname(path) for _, path in targets):
            ops.make_dirs(paths.models, target.removeprefix(f"{paths.models}/"))
        there = [(file, path, size_of(path)) for file, path in targets]
        files = [_File(file, path, have or 0) for file, path, have in there]
        takings = held_files.takings(self.tools.imports.index, paths, there)
        kept = sum(file.have for file in files)
        needed = download.size_bytes - kept - sum(files[t.number].left for t in takings if t.shares)
        preflight.check_room(paths, download.name, needed, self.tools.imports.reserve_bytes, kept)
        self._take(takings, files, download.size_bytes)
        if any(size_of(file.path) != file.file.size for file in files):
            asyncio.run(self._bring(order, files))

    def _take(self, takings: Sequence[Taking], files: "list[_File]", total: int) -> None:
        """Bring what the library has; `files` tell then how much of each is there."""
        for taking in takings:
            file = files[taking.number]
            others = sum(f.have for f in files) - file.have
            taken = taking.take(self.controls, others, total)
            files[taking.number] = replace(file, have=file.have + file.left if taken else 0)

    def folder(self, order: DownloadOrder) -> str:
        """Where the files of an order come."""
        return f"{self.tools.imports.paths.download(order.uid)}/{order.download.folder_name}"

    async def _bring(self, order: DownloadOrder, files: "Sequence[_File]") -> None:
        session = Session(self.tools.store, self.tools.options)
        work = asyncio.ensure_future(self._bring_all(session, order, files))
        try:
            while not work.done():
                await asyncio.wait({work}, timeout=_CANCEL_EVERY_S)
                if self.controls.cancel.is_set() and not work.done():
                    work.cancel()
                    with suppress(asyncio.CancelledError):
                        await work
                    raise CancelledError(f"stopped while downloading {order.download.name}")
            work.result()
        finally:
            await session.close()

    async def _bring_all(self, session: Session, order: DownloadOrder, files: "Sequence[_File]") -> None:
        model, total = order.download.model, order.download.size_bytes
        hub, line = await session.hub(), await session.line(self.tools.pace)
        for number, file in enumerate(files):
            before = sum(f.have + f.left for f in files[:number]) + sum(f.have for f in files[number + 1 :])

            def report(done: int, before: int = before) -> None:
                self.controls.report(Stage.STAGING, before + done, total)

            url = hub.file_url(model.repo_id, file.file.path, model.revision or "main")
            with _Writing(file.path, file.have, report) as sink:
                await Fetch(url, file.file.size or 0, sink.have, sink).run(line)

    def _imported(self, order: DownloadOrder) -> Told | Asked:
        """Import what lies there, by a second name where the disk has such."""
        imports = self.tools.imports
        known = known_content.by_uid(imports.index, imports.paths, order.uid)
        if known is not None:  # a crash came after the commit
            size = order.download.size_bytes
            facts = {"model_id": known.model_id, "uid": known.uid, "sha256": known.sha256, "bytes": size}
            return Told({**facts, "status": "imported"})
        candidate = _candidate(order, self.folder(order))
        inspected = inspect_candidate(candidate, imports.paths, self.controls.cancel, in_place=True)
        choices = replace(order.choices, mode=self._mode())
        job = replace(self.job, payload=import_payload.encode(inspected, choices, order.uid))
        return ImportRun(job, imports, self.controls, ours=True).run()

    def _mode(self) -> ImportMode:
        staging = self.tools.imports.paths.staging
        ops.make_dir(staging, exist_ok=True)
        _, hard = ops_share.links_possible(staging)
        return ImportMode.HARDLINK if hard else ImportMode.AUTO

    def _enrich(self, order: DownloadOrder, told: Told) -> None:
        """The very files were asked for and their content is the published one: the badge is Verified."""
        if told.result["status"] != "imported" or not any(f.sha256 for f in order.download.files):
            return
        imports, one = self.tools.imports, order.download
        own = tuple(SubjectFile(f.name, f.size or 0, f.sha256) for f in one.files if f.sha256)
        model = replace(one.model, files=one.files)
        compared = matching.compare(Subject(one.name, own), model, alike, proven=True)
        facts = enriching.facts_of(compared, self.tools.options.hub)
        said = [f"downloaded from {model.repo_id}", matching.evidence(compared)]
        at = datetime.now(UTC)

        def decide(document: dict[str, Any]) -> dict[str, Any]:
            if document.get("trust") != Trust.PENDING.value:
                return document
            return enriching.settled(document, compared.trust, facts, said, at, compared.score)

        edit = EditTools(imports.paths, imports.index, imports.journal, imports.host)
        model_id, uid = ModelId(str(told.result["model_id"])), ModelUid(str(told.result["uid"]))
        more = enriching.journaled(one.name, facts)
        editing.change_metadata(edit, model_id, uid, decide, kind="enrich", more=more)


@dataclass(frozen=True, slots=True)
class _File:
    """A file, where it goes, and how many bytes of it are there."""

    file: HubFile
    path: str
    have: int

    @property
    def left(self) -> int:
        """Bytes that are to come."""
        return max((self.file.size or 0) - self.have, 0)


class _Writing:
    """A file of ours that grows; the sink of one fetch. It is on the disk when the block ends well."""

    def __init__(self, path: str, have: int, on_bytes: Callable[[int], None]) -> None:
        self.have = have
        self._path = path
        self._on_bytes = on_bytes
        self._fd = -1

    def __enter__(self) -> "_Writing":
        there = reading.is_there(self._path)
        self._fd = ops.reopen_file(self._path, self.have) if there else ops.create_file(self._path)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                ops.fsync_file(self._fd)
        finally:
            os.close(self._fd)

    def write(self, data: bytes) -> None:
        """Raises DiskError, DiskFullError."""
        ops.write_all(self._fd, data)
        self.have += len(data)
        self._on_bytes(self.have)

    def restart(self) -> None:
        """The file begins anew."""
        os.close(self._fd)
        self._fd = ops.reopen_file(self._path, 0)
        self.have = 0


def _candidate(order: DownloadOrder, folder: str) -> Candidate:
    """What was downloaded, as what an import takes. Raises RefusedError."""
    one = order.download
    paths = [folder] if one.folder else [f"{folder}/{file.path}" for file in one.files]
    found = gathering.gather(paths).found
    if len(found) != 1:
        raise RefusedError(f"{one.model.repo_id}: what was downloaded is not one model", path=folder)
    if found[0].refuse is not None:
        raise RefusedError(found[0].refuse.message, path=folder)
    expected = {f"{folder}/{file.path}": file.sha256 for file in one.files}
    candidate = found[0].candidate
    members = tuple(replace(m, expected_sha256=expected.get(m.entry.path, "")) for m in candidate.members)
    origin = Origin(one.model.repo_id, one.model.revision, "hub", downloaded=True)
    return replace(candidate, members=members, origin=origin)
