"""A library that is opened for a picture: it is read at once, its jobs run when they may begin."""

import asyncio
from pathlib import Path

from pumas_tui.core.domain.imports import ImportChoices
from pumas_tui.core.domain.jobs import JobState
from pumas_tui.core.library import Library, OpenOptions, RunJobs, demo_samples


async def _with_a_job(root: str) -> None:
    samples = await demo_samples(root)
    async with Library.open(OpenOptions(root, run_jobs=RunJobs.NONE, create=True)) as library:
        found = await library.imports.inspect_paths(samples[:1])
        await library.imports.submit(found.candidates, ImportChoices(accept_pickle=True))


async def test_jobs_wait_until_they_may_begin(tmp_path: Path) -> None:
    root = str(tmp_path / "library")
    await _with_a_job(root)
    async with Library.open(OpenOptions(root, begin_later=True)) as library:
        assert (await library.models.search("")).total == 0
        await asyncio.sleep(0.3)  # longer than a runner takes to look for jobs
        [view] = await library.jobs.list()
        assert view.job.state is JobState.WAITING
        library.begin()
        await library.jobs.wait([view.job.id])
        assert (await library.models.search("")).total == 1


async def test_whoever_waits_until_it_is_ready_lets_it_begin(tmp_path: Path) -> None:
    root = str(tmp_path / "library")
    await _with_a_job(root)
    async with Library.open(OpenOptions(root, begin_later=True)) as library:
        await asyncio.wait_for(library.ready(), 10)
        [view] = await library.jobs.list()
        await library.jobs.wait([view.job.id])


async def test_it_closes_without_ever_having_begun(tmp_path: Path) -> None:
    root = str(tmp_path / "library")
    await _with_a_job(root)
    async with Library.open(OpenOptions(root, begin_later=True)):
        pass
    async with Library.open(OpenOptions(root, run_jobs=RunJobs.NONE)) as library:
        [view] = await library.jobs.list()
        assert view.job.state is JobState.WAITING
