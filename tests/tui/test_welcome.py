"""Coming back: what is told of the time when no window was open, and that its line is never in the way."""

import os
import socket
import time
from pathlib import Path

import pytest

from pumas_tui.core.db.runtime import RuntimeStore
from pumas_tui.core.domain.imports import ImportChoices
from pumas_tui.core.domain.jobs import JobState, JobView
from pumas_tui.core.library import Library, OpenOptions
from pumas_tui.tui.presenters.welcome import welcome
from pumas_tui.tui.widgets.welcome import Welcome
from tests.support import modelfiles
from tests.support.imports import job
from tests.tui.conftest import Start, shown, until
from tests.tui.test_library_screen import count, name

NOW = 1_000_000.0


def views(*states: JobState, at: float = NOW - 10) -> list[JobView]:
    ended = [at if state.final else None for state in states]
    rows = zip(states, ended, strict=True)
    return [JobView(job(n, f"m{n}.x", state, ended_at=end)) for n, (state, end) in enumerate(rows, 1)]


def test_what_happened_is_counted() -> None:
    jobs = views(*[JobState.DONE] * 4, JobState.NEEDS_YOU, JobState.FAILED, JobState.RUNNING)
    assert welcome(jobs, NOW - 38 * 60, NOW) == (
        "Welcome back. While this window was away (38 min): "
        "4 imported, 1 failed, 1 needs you, 1 still copying (0%)."
    )


@pytest.mark.parametrize(
    ("jobs", "away"),
    [
        ([], 3600.0),
        (views(JobState.DONE), 30.0),
        (views(JobState.DONE, at=NOW - 7200), 3600.0),
        (views(JobState.DONE), -500.0),
    ],
)
def test_nothing_is_told_where_nothing_is_new(jobs: list[JobView], away: float) -> None:
    assert welcome(jobs, NOW - away, NOW) == ""


async def away(root: Path, tmp_path: Path, seconds: float) -> None:
    """A window was open, an import came in by other means, and the clock went on."""
    source = modelfiles.vae_sd(tmp_path / "in" / "late.safetensors", mark=b"late")
    async with Library.open(OpenOptions(str(root))) as library:
        found = await library.imports.inspect_paths([source])
        done = await library.imports.submit(found.candidates, ImportChoices())
        await library.jobs.wait(done.jobs)
    runtime = RuntimeStore(str(root / "runtime.db"), os.path.basename)
    runtime.visit(socket.gethostname(), time.time() - seconds)
    runtime.close()


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 10)])
async def test_coming_back_says_what_was_imported_and_shows_it(
    filled: Path, start: Start, tmp_path: Path, size: tuple[int, int]
) -> None:
    await away(filled, tmp_path, 2 * 3600)
    async with start(filled, size) as (app, pilot):
        await until(pilot, lambda: bool(app.screen.query(Welcome)))
        await until(pilot, lambda: " imported" in " ".join(shown(app).split()))
        assert "(2 h)" in " ".join(shown(app).split()) and "enter  show    esc  hide" in shown(app)
        await pilot.press("enter")
        await until(pilot, lambda: app.place.PLACE == "import")


async def test_any_key_does_what_it_always_does(filled: Path, start: Start, tmp_path: Path) -> None:
    await away(filled, tmp_path, 600)
    async with start(filled) as (app, pilot):
        await until(pilot, lambda: bool(app.screen.query(Welcome)) and count(app) == 7)
        first = name(app)
        await pilot.press("j")
        await until(pilot, lambda: not app.screen.query(Welcome) and name(app) != first)
    async with start(filled) as (app, pilot):  # the visit just ended
        await until(pilot, lambda: count(app) == 7)
        assert not app.screen.query(Welcome)


async def test_escape_only_hides_it(filled: Path, start: Start, tmp_path: Path) -> None:
    await away(filled, tmp_path, 600)
    async with start(filled) as (app, pilot):
        await until(pilot, lambda: bool(app.screen.query(Welcome)) and count(app) == 7)
        await pilot.press("escape")
        await until(pilot, lambda: not app.screen.query(Welcome))
        assert app.place.PLACE == "library" and app.is_running
