"""A download that finds no network waits, says so, and goes on by itself once it is back."""

import asyncio
from pathlib import Path

import pytest

from pumas_tui.cli import diagnostics
from pumas_tui.cli.running import report_failure
from pumas_tui.core.domain.jobs import JobState
from pumas_tui.core.library import RunJobs
from tests.core.flows import test_refetching
from tests.core.flows.test_refetching import came, lora, opened, place
from tests.hub import behaviours as b
from tests.hub.repos import model
from tests.hub.serving import Hub

hub = test_refetching.hub


async def test_switched_off_it_waits_and_goes_on(
    tmp_path: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = lora(tmp_path / "hub").read_bytes()
    hub.add(model("art/cosy", {"cosy.safetensors": content}))
    async with opened(tmp_path, RunJobs.NONE) as library:
        submitted = await library.network.download("art/cosy")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    async with opened(tmp_path, RunJobs.ALL) as library:
        job = await came(library, submitted.jobs)
        assert job.state is JobState.PAUSED and job.waits_for_network
        error, code = report_failure(job)
        assert (code, error.code) == (diagnostics.exit_code_of("offline"), "waits_for_network")
        assert code == 7 and "goes on by itself" in (error.hint or "")
        assert f"pumas-tui jobs resume {job.id}" in (error.hint or "")
    monkeypatch.setenv("HF_HUB_OFFLINE", "")
    monkeypatch.setattr("pumas_tui.core.flows.network._WAKE_JOBS_EVERY_S", 0.1)
    monkeypatch.setattr("pumas_tui.core.flows.network._LOOK_EVERY_S", 0.05)
    async with opened(tmp_path, RunJobs.ALL) as library:
        library.network.start(library.events())
        while (found := await library.jobs.get(submitted.jobs[0])) and not found.state.final:
            await asyncio.sleep(0.02)
        assert found is not None and found.state is JobState.DONE
        assert place(library, "cosy.safetensors").read_bytes() == content


async def test_a_network_that_goes_away_in_the_middle_keeps_what_came(
    tmp_path: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = lora(tmp_path / "hub").read_bytes()
    hub.add(model("art/cosy", {"cosy.safetensors": content}))
    monkeypatch.setattr("pumas_tui.core.net.downloading.MOST_TRIES", 1)
    hub.storage.behave("GET *", b.Cut(after=100), times=1)
    async with opened(tmp_path) as library:
        submitted = await library.network.download("art/cosy")
        job = await came(library, submitted.jobs)
        assert job.waits_for_network, job
        await library.jobs.resume(submitted.jobs)
        assert (await came(library, submitted.jobs)).state is JobState.DONE
        assert hub.storage.requests[-1].headers["range"] == "bytes=100-"
