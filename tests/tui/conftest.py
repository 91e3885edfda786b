"""A real library with the demo's models in it, and the program running on a copy of it."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from textual.pilot import Pilot

from pumas_tui.core.domain.imports import DuplicatePolicy, ImportChoices
from pumas_tui.core.library import Library, OpenOptions, RunJobs, demo_samples
from pumas_tui.tui.app import PumasApp, opened_aside

Running: TypeAlias = tuple[PumasApp, Pilot[int]]
Start: TypeAlias = Callable[..., AbstractAsyncContextManager[Running]]


async def _fill(root: str) -> None:
    samples = await demo_samples(root)
    async with Library.open(OpenOptions(root, run_jobs=RunJobs.OWN, create=True)) as library:
        found = await library.imports.inspect_paths(samples)
        choices = ImportChoices(accept_pickle=True, duplicates=DuplicatePolicy.SKIP)
        submitted = await library.imports.submit(found.candidates, choices)
        await library.jobs.wait(submitted.jobs)


@pytest.fixture(scope="session")
def filled_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Root of a library that holds the six sample models. Not to be changed."""
    root = tmp_path_factory.mktemp("tui") / "library"
    asyncio.run(_fill(str(root)))
    return root


@pytest.fixture
def filled(filled_once: Path, tmp_path: Path) -> Path:
    """A copy of that library for one test."""
    root = tmp_path / "library"
    shutil.copytree(filled_once, root, symlinks=True)
    return root


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Runs the program at a size; the block has it when the library is in front.

    Keys are not held back as in front of a person (`gap_s`): each is handled when it is pressed.
    """
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")  # tests that want a Hub name their own

    @asynccontextmanager
    async def running(
        root: Path, size: tuple[int, int] = (80, 24), *, gap_s: float = 0.0, readonly: bool = False
    ) -> AsyncIterator[Running]:
        options = OpenOptions(str(root), readonly=readonly, create=not readonly)
        async with opened_aside(Library.open(options)) as opening:
            app = PumasApp(opening, gap_s=gap_s, readonly=readonly)
            async with app.run_test(size=size) as pilot:
                await until(pilot, lambda: app.library is not None and app.place.PLACE == "library")
                await pilot.pause()
                yield app, pilot

    return running


async def until(pilot: Pilot[Any], true: Callable[[], bool], limit_s: float = 10.0) -> None:
    """Let the program run until something holds; fails after `limit_s`."""
    loop = asyncio.get_running_loop()
    end = loop.time() + limit_s
    while not true():
        assert loop.time() < end, "did not happen"
        await pilot.pause(0.02)


def shown(app: PumasApp) -> str:
    """What the window shows, line by line."""
    width, height = app.size
    lines = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in lines[:height] if width)
