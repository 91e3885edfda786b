"""Answers to conflicts that were given and not applied yet: only their own target's turn takes them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pumas_tui.core.domain.imports import ImportChoices
from pumas_tui.core.domain.plan import Act, Answer, Plan, Resolution
from pumas_tui.core.library import Library, OpenOptions, RunJobs, create_library
from tests.support import modelfiles
from tests.support.apps import comfyui

A, B = "loras/a.safetensors", "loras/b.safetensors"


@pytest.fixture
async def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Library]:
    """Two LoRAs in the library, and two files of other content under their names in an app."""
    monkeypatch.setenv("HOME", str(tmp_path))
    app = comfyui(tmp_path / "ComfyUI")
    for target in (A, B):
        (app / target).write_bytes(b"mine")
    await create_library(str(tmp_path / "library"))
    async with Library.open(OpenOptions(root=str(tmp_path / "library"), run_jobs=RunJobs.OWN)) as opened:
        await opened.ready()
        await opened.mapping.add_app(await opened.mapping.propose(str(app.parent)))
        await bring_in(opened, tmp_path / "in", "a", "b")
        yield opened


async def bring_in(library: Library, inbox: Path, *names: str) -> None:
    paths = [str(modelfiles.lora_sdxl(inbox / f"{name}.safetensors", mark=name.encode())) for name in names]
    found = await library.imports.inspect_paths(paths)
    submitted = await library.imports.submit(found.candidates, ImportChoices())
    await library.jobs.wait(submitted.jobs)
    await library.mapping.sync(models=names)


async def the_plan(library: Library) -> Plan:
    [plan] = await library.mapping.plan()
    return plan


async def test_a_sync_meanwhile_leaves_them_alone(library: Library, tmp_path: Path) -> None:
    plan = await the_plan(library)
    assert {action.target for action in plan.of(Act.CONFLICT)} == {A, B}
    said = {A: Answer(Resolution.OVERWRITE), B: Answer(Resolution.OTHER_NAME, "c.safetensors")}
    await library.mapping.keep_answers(plan, said)
    await bring_in(library, tmp_path / "more", "newcomer")
    plan = await the_plan(library)
    assert await library.mapping.answers(plan) == said


async def test_one_that_is_applied_is_gone_and_the_others_stay(library: Library) -> None:
    plan = await the_plan(library)
    skip = Answer(Resolution.SKIP)
    await library.mapping.keep_answers(plan, {A: Answer(Resolution.OVERWRITE), B: skip})
    await library.mapping.apply(plan, {A: Answer(Resolution.OVERWRITE)})
    assert await library.mapping.answers(await the_plan(library)) == {B: skip}
