"""Jobs, the public face: list them, answer them, stop them, bring them back, wait for them."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pumas_tui.core.db.jobs import JobStore
from pumas_tui.core.db.runtime import RuntimeStore
from pumas_tui.core.domain.errors import NotFoundError, PumasError
from pumas_tui.core.domain.ids import JobId
from pumas_tui.core.domain.jobs import Job, JobKind, JobRequest, JobState, JobView, NeedKind
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.fs import owners

if TYPE_CHECKING:
    from pumas_tui.core.domain.editing import Value

_WAIT_PERIOD_S = 0.05
UNSTARTED = (JobState.WAITING, JobState.PAUSED, JobState.NEEDS_YOU)
"""Jobs of these states can still be changed."""


class Jobs:
    """The queue. All methods run their SQL in a worker thread."""

    def __init__(
        self,
        paths: LibraryPaths,
        jobs: JobStore,
        runtime: RuntimeStore,
        wake: Callable[[], None],
        own_batch: Callable[[str], None],
        stuck: Callable[[], PumasError | None],
    ) -> None:
        self._paths = paths
        self._jobs = jobs
        self._runtime = runtime
        self._wake = wake
        self._own_batch = own_batch
        self._stuck = stuck

    async def list(self) -> tuple[JobView, ...]:
        """All unfinished jobs and those that ended in the last day, with their last progress."""
        return await asyncio.to_thread(self._list)

    def _list(self) -> tuple[JobView, ...]:
        progress = {p.job_id: p for p in self._runtime.progress_since(0)[0]}
        return tuple(JobView(job, progress.get(job.id), progress.get(job.id)) for job in self._jobs.list())

    async def get(self, job_id: JobId) -> Job | None:
        """One row, or None when it was removed."""
        return await asyncio.to_thread(self._get, job_id)

    def _get(self, job_id: JobId) -> Job | None:
        try:
            return self._jobs.get(job_id)
        except NotFoundError:
            return None

    async def answer(self, job_id: JobId, need: NeedKind, choice: str) -> None:
        """Answer one question; the job waits again once all are answered. `refuse` takes it off the queue.

        Raises NotFoundError, UsageError when the job does not ask that or does not offer the choice.
        """
        if choice == "refuse":
            await self.cancel([job_id])
            return
        await asyncio.to_thread(self._jobs.answer, job_id, need, choice)
        self._wake()

    async def cancel(self, ids: Sequence[JobId]) -> None:
        """Running jobs are asked to stop; others are cancelled at once. What was copied is thrown away."""
        await asyncio.to_thread(self._cancel, ids)

    def _cancel(self, ids: Sequence[JobId]) -> None:
        self._ask(ids, JobRequest.CANCEL, JobState.CANCELLED, UNSTARTED)
        self._drop([self._jobs.get(job_id) for job_id in self._known(ids)])

    async def pause(self, ids: Sequence[JobId]) -> None:
        """Running jobs stop soon and keep what they copied; waiting ones are paused at once."""
        await asyncio.to_thread(self._ask, ids, JobRequest.PAUSE, JobState.PAUSED, (JobState.WAITING,))

    def _ask(
        self, ids: Sequence[JobId], request: JobRequest, state: JobState, at_once: Sequence[JobState]
    ) -> None:
        for job in self._jobs.orphaned(()):  # nobody is there to hear the request
            if job.id in ids and not owners.runs(job.owner or ""):
                self._jobs.requeue(job.id, job.owner or "")
        self._jobs.set_state(ids, at_once, state)
        self._jobs.request(ids, request)
        self._wake()

    def _known(self, ids: Sequence[JobId]) -> Sequence[JobId]:
        return [job_id for job_id in ids if self._get(job_id) is not None]

    def _drop(self, jobs: Sequence[Job]) -> None:
        """Throw away what was copied for imports and downloads that are over."""
        over = [job for job in jobs if job.state.final and job.kind in (JobKind.IMPORT, JobKind.DOWNLOAD)]
        if over:
            from pumas_tui.core.domain import import_payload  # a look at the queue needs none of them
            from pumas_tui.core.fs import staging, sweeping

            uids = {import_payload.uid_of(job.payload) for job in over}
            staging.drop(self._paths, uids)
            sweeping.drop_downloads(self._paths, uids)

    async def resume(self, ids: Sequence[JobId]) -> None:
        """Paused jobs wait for their turn again."""
        await asyncio.to_thread(self._own, ids)
        await asyncio.to_thread(self._jobs.set_state, ids, (JobState.PAUSED,), JobState.WAITING)
        self._wake()

    async def retry(self, ids: Sequence[JobId]) -> None:
        """Failed, refused and cancelled jobs start anew; answers are kept."""
        await asyncio.to_thread(self._own, ids)
        await asyncio.to_thread(self._jobs.retry, ids)
        self._wake()

    def _own(self, ids: Sequence[JobId]) -> None:
        """Whoever brings a job back runs it, with the rest of its batch."""
        for job_id in ids:
            job = self._get(job_id)
            if job is not None:
                self._own_batch(job.batch_id)

    async def remove(self, ids: Sequence[JobId]) -> None:
        """Take jobs that do not run off the list, and what was copied for them. No source is touched."""
        await asyncio.to_thread(self._remove, ids)

    def _remove(self, ids: Sequence[JobId]) -> None:
        known = {job_id: self._jobs.get(job_id) for job_id in self._known(ids)}
        gone = self._jobs.remove(ids)
        self._drop([replace(known[job_id], state=JobState.CANCELLED) for job_id in gone if job_id in known])

    async def revise(self, ids: Sequence[JobId], changes: "Mapping[str, Value]") -> tuple[JobId, ...]:
        """Change what imports will be before they begin, fields as in `domain.revising`; the ids that were
        changed. Raises BadFieldError."""
        from pumas_tui.core.domain import revising  # a look at the queue needs none of it

        wanted = revising.checked(changes)
        revised = await asyncio.to_thread(
            self._jobs.revise, ids, UNSTARTED, lambda job: revising.revised_job(job, wanted)
        )
        self._wake()
        return revised

    async def top(self, ids: Sequence[JobId]) -> None:
        """Next in line."""
        await asyncio.to_thread(self._jobs.top, ids)

    async def wait(self, ids: Sequence[JobId]) -> tuple[Job, ...]:
        """The rows once each is final, paused, needs you, or gone.

        Raises what keeps the runner of this process from writing rows: DiskFullError, BusyError, …
        """
        left, ended = list(ids), dict[JobId, Job]()
        while left:
            rows = {i: await self.get(i) for i in left}
            for job_id, row in rows.items():
                if row is None:
                    left.remove(job_id)
                elif row.state.final or row.state in (JobState.PAUSED, JobState.NEEDS_YOU):
                    left.remove(job_id)
                    ended[job_id] = row
            if left:
                if (error := self._stuck()) is not None:
                    raise error
                await asyncio.sleep(_WAIT_PERIOD_S)
        return tuple(ended[i] for i in ids if i in ended)
