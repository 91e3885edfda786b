"""Jobs, the public face: list them, answer them, stop them, bring them back, wait for them."""

import asyncio
from collections.abc import Callable, Sequence

from pumas_tui.core.db.jobs import JobStore
from pumas_tui.core.db.runtime import RuntimeStore
from pumas_tui.core.domain.errors import NotFoundError
from pumas_tui.core.domain.ids import JobId
from pumas_tui.core.domain.jobs import Job, JobRequest, JobState, JobView, NeedKind

_WAIT_PERIOD_S = 0.05
_UNSTARTED = (JobState.WAITING, JobState.PAUSED, JobState.NEEDS_YOU)


class Jobs:
    """The queue. All methods run their SQL in a worker thread."""

    def __init__(
        self,
        jobs: JobStore,
        runtime: RuntimeStore,
        wake: Callable[[], None],
        own_batch: Callable[[str], None],
    ) -> None:
        self._jobs = jobs
        self._runtime = runtime
        self._wake = wake
        self._own_batch = own_batch

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
        """Running jobs are asked to stop and clean up; others are cancelled at once."""
        await asyncio.to_thread(self._ask, ids, JobRequest.CANCEL, JobState.CANCELLED, _UNSTARTED)

    async def pause(self, ids: Sequence[JobId]) -> None:
        """Running jobs stop soon and keep their place; waiting ones are paused at once."""
        await asyncio.to_thread(self._ask, ids, JobRequest.PAUSE, JobState.PAUSED, (JobState.WAITING,))

    def _ask(
        self, ids: Sequence[JobId], request: JobRequest, state: JobState, at_once: Sequence[JobState]
    ) -> None:
        self._jobs.set_state(ids, at_once, state)
        self._jobs.request(ids, request)
        self._wake()

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
        """Take jobs that do not run off the list. No file is touched."""
        await asyncio.to_thread(self._jobs.remove, ids)

    async def top(self, ids: Sequence[JobId]) -> None:
        """Next in line."""
        await asyncio.to_thread(self._jobs.top, ids)

    async def wait(self, ids: Sequence[JobId]) -> tuple[Job, ...]:
        """The rows once each is final, paused, needs you, or gone."""
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
                await asyncio.sleep(_WAIT_PERIOD_S)
        return tuple(ended[i] for i in ids if i in ended)
