"""A name that other content has: asked about before anything is copied, suffixed where that was agreed to."""

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from pumas_tui.core.domain import import_payload
from pumas_tui.core.domain.ids import JobId, new_model_uid
from pumas_tui.core.domain.imports import ImportChoices
from pumas_tui.core.domain.jobs import Job, JobKind, JobState, NeedKind, Stage
from pumas_tui.core.flows import opening
from pumas_tui.core.flows.import_job import Asked, ImportRun, ImportTools, Told
from pumas_tui.core.flows.inspecting import inspect_sources, sources_of_paths
from pumas_tui.core.flows.opening import Opened
from pumas_tui.core.flows.staging_job import Controls
from pumas_tui.core.library import Library, OpenOptions
from tests.support import modelfiles


@asynccontextmanager
async def second(tmp_path: Path, choices: ImportChoices) -> AsyncIterator[tuple[Library, Job]]:
    """A library with `vae`, and the import of other content of that name as it ended or asks."""
    one = modelfiles.vae_sd(tmp_path / "a" / "vae.safetensors", mark=b"1")
    two = modelfiles.vae_sd(tmp_path / "b" / "VAE.safetensors", mark=b"2")
    async with Library.open(OpenOptions(str(tmp_path / "lib"), create=True)) as library:
        for path, chosen in ((one, ImportChoices()), (two, choices)):
            found = await library.imports.inspect_paths([path])
            done = await library.imports.submit(found.candidates, chosen)
            [job] = await library.jobs.wait(done.jobs)
        yield library, job


def names(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "lib/models").glob("*/*/*") if path.is_dir())


async def test_other_content_is_asked_about_and_gets_a_suffix(tmp_path: Path) -> None:
    async with second(tmp_path, ImportChoices()) as (library, job):
        [need] = job.needs
        assert (need.kind, need.choices) == (NeedKind.NAME_TAKEN, ("rename", "refuse"))
        there, new = need.facts["there"], need.facts["new"]
        assert there["model_id"] == need.facts["model_id"] == job.payload["model_id"]
        assert (there["name"], new["name"]) == ("vae", "VAE")
        assert there["size_bytes"] == new["size_bytes"] == job.payload["size_bytes"]
        assert there["precision"] == new["precision"] != ""
        assert names(tmp_path) == ["vae"]
        await library.jobs.answer(job.id, NeedKind.NAME_TAKEN, "rename")
        [job] = await library.jobs.wait([job.id])
        result = job.result or {}
        assert result["model_id"] == f"{job.payload['model_id']}-{result['sha256'][:4]}"


async def test_a_script_that_said_so_is_not_asked(tmp_path: Path) -> None:
    async with second(tmp_path, ImportChoices(rename_taken=True)) as (_, job):
        assert job.state is JobState.DONE
    assert len(names(tmp_path)) == 2


async def test_another_name_settles_the_question(tmp_path: Path) -> None:
    async with second(tmp_path, ImportChoices()) as (library, job):
        await library.jobs.revise([job.id], {"tags": ["x"]})
        assert (row := await library.jobs.get(job.id)) is not None and row.state is JobState.NEEDS_YOU
        await library.jobs.revise([job.id], {"name": "my vae"})
        [job] = await library.jobs.wait([job.id])
        assert job.state is JobState.DONE
    assert names(tmp_path) == ["my_vae", "vae"]


async def test_a_model_that_cannot_be_read_still_has_its_name(tmp_path: Path) -> None:
    async with second(tmp_path, ImportChoices()) as (library, job):
        folder = tmp_path / "lib/models" / job.payload["model_id"]
        (folder / "metadata.json").write_text("{")
        third = modelfiles.vae_sd(tmp_path / "c" / "vae.safetensors", mark=b"3")
        found = await library.imports.inspect_paths([third])
        done = await library.imports.submit(found.candidates, ImportChoices())
        [job] = await library.jobs.wait(done.jobs)
        assert job.needs[0].facts["there"] == {"model_id": job.payload["model_id"]}


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Opened:
    """An empty library, opened for its parts."""
    opening.create(str(tmp_path / "lib"))
    return opening.open_library(str(tmp_path / "lib"), str(tmp_path / "state"))


def test_a_name_that_is_taken_during_the_copy_gets_a_suffix_unasked(tmp_path: Path, opened: Opened) -> None:
    path = modelfiles.vae_sd(tmp_path / "a" / "vae.safetensors")
    [inspected] = inspect_sources(sources_of_paths([path]), path, opened.paths).candidates
    payload = import_payload.encode(inspected, ImportChoices(), new_model_uid())
    folder = Path(opened.paths.model_dir(payload["model_id"]))

    def report(stage: Stage, done: int, total: int) -> None:
        if stage is Stage.STAGING:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "somebody's").touch()

    controls = Controls(threading.Event(), threading.Event(), report, lambda: True)
    tools = ImportTools(opened.paths, opened.index, opened.journal, 0, "host", "user")
    job = Job(JobId(1), JobKind.IMPORT, payload, JobState.RUNNING)
    outcome = ImportRun(job, tools, controls).run()
    assert isinstance(outcome, Told)
    sha = outcome.result["sha256"]
    assert outcome.result["model_id"] == f"{payload['model_id']}-{sha[:4]}"
    other = modelfiles.vae_sd(tmp_path / "b" / "vae.safetensors", mark=b"2")
    [inspected] = inspect_sources(sources_of_paths([other]), other, opened.paths).candidates
    payload = import_payload.encode(inspected, ImportChoices(), new_model_uid())
    asked = ImportRun(Job(JobId(2), JobKind.IMPORT, payload, JobState.RUNNING), tools, controls).run()
    assert isinstance(asked, Asked) and asked.needs[0].kind is NeedKind.NAME_TAKEN
    opened.close()
