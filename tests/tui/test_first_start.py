"""The questions of the first start, from the keyboard, on real folders."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TypeAlias

import pytest
from textual import events
from textual.pilot import Pilot

from pumas_tui.core import settings
from pumas_tui.core.flows.first_start import FirstStart
from pumas_tui.core.library import create_library
from pumas_tui.tui.screens.first_start import FirstStartApp
from tests.support.trees import snapshot

Running: TypeAlias = tuple[FirstStartApp, Pilot[int]]
Begin: TypeAlias = Callable[..., AbstractAsyncContextManager[Running]]
SIZES = [(80, 24), (120, 40), (40, 10)]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a ComfyUI that holds one model file."""
    folder = tmp_path / "home"
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / ".config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / ".state"))
    monkeypatch.delenv("PUMAS_ROOT", raising=False)
    loras = folder / "ComfyUI" / "models" / "loras"
    loras.mkdir(parents=True)
    (loras / "ink.safetensors").write_bytes(b"x" * 5000)
    for name in ("main.py", "folder_paths.py"):
        (folder / "ComfyUI" / name).write_text("")
    return folder


@pytest.fixture
def begin(home: Path) -> Begin:
    """Runs the questions at a size; the block has them when the first one is asked."""

    @asynccontextmanager
    async def running(size: tuple[int, int] = (80, 24)) -> AsyncIterator[Running]:
        # What else is mounted and runs on the machine of the test is none of its business.
        first = FirstStart(str(home), str(home / "lib"), roots=(), mounts="/dev/null", proc=str(home))
        app = FirstStartApp(first, gap_s=0, host="gpu-box-3")
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: "type another path" in seen(app))
            yield app, pilot

    return running


def seen(app: FirstStartApp) -> str:
    """What the window shows, line by line."""
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())


async def until(pilot: Pilot[int], true: Callable[[], bool], limit_s: float = 10.0) -> None:
    """Let the program run until something holds; fails with the screen after `limit_s`."""
    end = time.monotonic() + limit_s
    while not true():
        assert isinstance(pilot.app, FirstStartApp)
        assert time.monotonic() < end, f"did not happen on:\n{seen(pilot.app)}"
        await pilot.pause(0.02)


async def step(app: FirstStartApp, pilot: Pilot[int], number: int) -> None:
    await until(pilot, lambda: f"step {number} of 3" in seen(app))
    await pilot.pause()


@pytest.mark.parametrize("size", SIZES)
async def test_three_enters_take_what_is_proposed_and_write_only_then(
    home: Path, begin: Begin, size: tuple[int, int]
) -> None:
    before = snapshot(home)
    async with begin(size) as (app, pilot):
        assert "Where shall the model library live?" in seen(app) and "/lib/models" in seen(app)
        await pilot.press("enter")
        await step(app, pilot, 2)
        assert "[x] ComfyUI" in seen(app) and "1 file" in seen(app)
        await pilot.press("enter")
        await step(app, pilot, 3)
        assert "What now?" in seen(app) and "> Leave it" in seen(app)
        assert snapshot(home) == before
        await pilot.press("enter")
        await until(pilot, lambda: not app.is_running)
    assert app.choice is not None and (app.choice.root, app.choice.copy) == (str(home / "lib"), ())
    assert (home / "lib" / "models" / "library.json").is_file() and not (home / ".config").exists()
    assert {k: v for k, v in snapshot(home).items() if not k.startswith("lib")} == before


@pytest.mark.parametrize("size", [*SIZES, (60, 20), (200, 60)])
async def test_every_step_fits_its_window_and_names_the_way_back_and_the_help(
    begin: Begin, size: tuple[int, int]
) -> None:
    async with begin(size) as (app, pilot):
        for number in (1, 2, 3):
            await step(app, pilot, number)
            lines = seen(app).split("\n")
            assert len(lines) == size[1] and max(map(len, lines)) <= size[0]
            shown = [line for line in lines if line.strip()]
            assert "esc back  ?" in shown[-1] and "enter" in shown[-1]
            await pilot.press("enter") if number < 3 else None


async def test_escape_goes_back_a_step_and_keeps_the_answers(home: Path, begin: Begin) -> None:
    before = snapshot(home)
    async with begin() as (app, pilot):
        await pilot.press("enter", "space", "enter")
        await step(app, pilot, 3)
        assert "All is ready to make the library." in seen(app) and "ComfyUI" not in seen(app)
        await pilot.press("escape")
        await step(app, pilot, 2)
        assert "> [ ] ComfyUI" in seen(app)
        await pilot.press("escape")
        await step(app, pilot, 1)
        await pilot.press("escape")
        await until(pilot, lambda: "q leaves; nothing was written" in seen(app))
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)
    assert app.choice is None and snapshot(home) == before


async def test_control_c_leaves_also_while_a_path_is_typed(home: Path, begin: Begin) -> None:
    before = snapshot(home)
    async with begin() as (app, pilot):
        await pilot.press("slash", "q", "ctrl+c")
        await until(pilot, lambda: not app.is_running)
    assert app.choice is None and snapshot(home) == before


async def test_copying_names_the_folders_to_import(home: Path, begin: Begin) -> None:
    async with begin() as (app, pilot):
        await pilot.press("enter", "enter", "j")
        assert "> Copy it into the library" in seen(app) and "needs 5.0 kB, originals stay" in seen(app)
        await pilot.press("enter")
        await until(pilot, lambda: not app.is_running)
    assert app.choice is not None and app.choice.copy == (str(home / "ComfyUI" / "models"),)


async def test_a_typed_place_is_taken_and_remembered(home: Path, begin: Begin, tmp_path: Path) -> None:
    async with begin() as (app, pilot):
        await pilot.press("slash")
        app.post_message(events.Paste(str(tmp_path / "dis")))
        await pilot.pause()
        await pilot.press("k", "enter")
        await until(pilot, lambda: "/disk/models" in seen(app))
        await pilot.press("enter", "enter")
        await until(pilot, lambda: "its place into ~/.config/pumas/settings.toml" in seen(app))
        await pilot.press("enter")
        await until(pilot, lambda: not app.is_running)
    assert (tmp_path / "disk/models/library.json").is_file()
    assert settings.load().library.root == str(tmp_path / "disk")


async def test_pasted_folders_are_taken_at_the_step_that_asks(
    home: Path, begin: Begin, tmp_path: Path
) -> None:
    await create_library(str(tmp_path / "old lib"))
    async with begin() as (app, pilot):
        app.post_message(events.Paste(f"'{tmp_path / 'old lib' / 'models'}'"))
        await until(pilot, lambda: "found: an existing Pumas library" in seen(app))
        await pilot.press("enter")
        await step(app, pilot, 2)
        app.post_message(events.Paste(str(tmp_path)))
        await until(pilot, lambda: "is no folder of ComfyUI, Forge or a1111" in seen(app))
        await pilot.press("enter", "enter")
        await until(pilot, lambda: not app.is_running)
    assert app.choice is not None and app.choice.root == str(tmp_path / "old lib")


async def test_somebody_elses_folder_is_refused_with_the_reason(
    home: Path, begin: Begin, tmp_path: Path
) -> None:
    (tmp_path / "full" / "models" / "theirs").mkdir(parents=True)
    async with begin() as (app, pilot):
        app.post_message(events.Paste(str(tmp_path / "full")))
        await until(pilot, lambda: "is not empty and is no library" in seen(app))
        assert "step 1 of 3" in seen(app)


async def test_a_failure_of_the_last_step_is_told_and_can_be_tried_again(home: Path, begin: Begin) -> None:
    async with begin() as (app, pilot):
        await pilot.press("enter", "enter")
        await step(app, pilot, 3)
        (home / "lib").write_text("a file came in the way")
        await pilot.press("enter")
        await until(pilot, lambda: "cannot" in seen(app))
        (home / "lib").unlink()
        await pilot.press("enter")
        await until(pilot, lambda: not app.is_running)
    assert app.choice is not None and (home / "lib/models/library.json").is_file()


async def test_without_apps_three_enters_still_do(home: Path, begin: Begin) -> None:
    (home / "ComfyUI" / "main.py").unlink()
    async with begin() as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: "> no app was found: go on without" in seen(app))
        await pilot.press("enter", "enter")
        await until(pilot, lambda: not app.is_running)
    assert app.choice is not None


async def test_help_lists_the_keys_and_closes(begin: Begin) -> None:
    async with begin() as (app, pilot):
        await pilot.press("question_mark")
        await until(pilot, lambda: "Keys of the first start" in seen(app))
        await pilot.press("escape")
        await until(pilot, lambda: "step 1 of 3" in seen(app))
        await pilot.press("enter")
        await step(app, pilot, 2)


async def test_in_a_small_window_all_is_readable_by_going_on_down(begin: Begin) -> None:
    async with begin((40, 10)) as (app, pilot):
        assert "j: more below" in seen(app) and "Nothing is written" not in seen(app)
        await pilot.press(*"jjjjjjjjjjjjjjjj")
        await until(pilot, lambda: "Nothing is written" in seen(app) and "j: more below" not in seen(app))


async def test_a_window_too_small_says_what_it_needs_and_recovers(begin: Begin) -> None:
    async with begin() as (app, pilot):
        await pilot.resize_terminal(36, 8)
        await until(pilot, lambda: "Window 36x8. Pumas needs 40x10." in seen(app))
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "step 1 of 3" in seen(app))
