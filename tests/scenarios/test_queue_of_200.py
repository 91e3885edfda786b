"""A queue of 200 imports, steered through the door while it runs: paused, cancelled, put first, retried."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pumas_tui.core.domain.ids import JobId
from pumas_tui.core.domain.imports import DuplicatePolicy, ImportChoices
from pumas_tui.core.domain.jobs import Job, JobState
from pumas_tui.core.library import Library, OpenOptions, RunJobs
from tests.support import modelfiles

COUNT = 200
DONE, PAUSED, CANCELLED = JobState.DONE, JobState.PAUSED, JobState.CANCELLED


@pytest.fixture
async def library(root: Path) -> AsyncIterator[Library]:
    """An open library whose runner takes what is submitted."""
    async with Library.open(OpenOptions(root=str(root), run_jobs=RunJobs.OWN)) as opened:
        await opened.ready()
        yield opened


async def state_of(library: Library, ids: list[JobId]) -> dict[JobId, Job]:
    return {view.job.id: view.job for view in await library.jobs.list() if view.job.id in ids}


async def test_pause_cancel_first_and_retry(library: Library, inbox: Path) -> None:
    for n in range(COUNT):
        modelfiles.safetensors_file(inbox / f"model {n:03}.safetensors", {"w": ("U8", [n + 1])})
    found = await library.imports.inspect_paths([str(inbox)])
    choices = ImportChoices(duplicates=DuplicatePolicy.SKIP)
    ids = list((await library.imports.submit(found.candidates, choices)).jobs)
    assert len(ids) == COUNT

    held, dropped, last = ids[50:100], ids[100:150], ids[-1]
    await library.jobs.top([last])
    await library.jobs.pause(held)
    await library.jobs.cancel(dropped)
    ended = {job.id: job for job in await library.jobs.wait(ids)}
    assert {ended[i].state for i in ids[:50] + ids[150:]} == {DONE}
    assert {ended[i].state for i in held} <= {PAUSED, DONE}
    assert {ended[i].state for i in dropped} <= {CANCELLED, DONE}
    paused = [i for i in held if ended[i].state is PAUSED]
    cancelled = [i for i in dropped if ended[i].state is CANCELLED]
    assert len(paused) > 40 and len(cancelled) > 40
    imported = sorted((job.ended_at or 0.0, job.id) for job in ended.values() if job.state is DONE)
    assert [job_id for _, job_id in imported].index(last) < COUNT // 10, "it was not taken first"

    await library.jobs.resume(paused)
    await library.jobs.retry(cancelled)
    await library.jobs.wait(ids)
    rows = await state_of(library, ids)
    assert {job.state for job in rows.values()} == {DONE}
    assert {rows[i].attempt for i in cancelled} == {1}
    page = await library.models.search("", limit=1)
    assert page.total == COUNT
    assert list(Path(library.paths.staging).iterdir()) == []


async def test_jobs_off_the_list_leave_nothing(library: Library, inbox: Path) -> None:
    for n in range(20):
        modelfiles.safetensors_file(inbox / f"model {n}.safetensors", {"w": ("U8", [100_000 + n])})
    found = await library.imports.inspect_paths([str(inbox)])
    ids = list((await library.imports.submit(found.candidates, ImportChoices())).jobs)
    await library.jobs.pause(ids)
    ended = await library.jobs.wait(ids)
    paused = [job.id for job in ended if job.state is PAUSED]
    await library.jobs.remove(paused)
    assert set(await state_of(library, ids)) == set(ids) - set(paused)
    assert list(Path(library.paths.staging).iterdir()) == []
