"""The program as a whole: pasting, help, palette, drawer, ways out, small windows, read-only sessions."""

from pathlib import Path

import pytest
from textual import events
from textual.widgets import Input

from pumas_tui.core.domain.errors import LibraryNotFoundError
from pumas_tui.core.library import Library, OpenOptions
from pumas_tui.tui.app import PumasApp, opened_aside
from pumas_tui.tui.modals.paste import PasteSheet
from pumas_tui.tui.widgets.burst import GAP_S
from pumas_tui.tui.widgets.finder import Finder
from pumas_tui.tui.widgets.jobs_drawer import JobsDrawer
from tests.tui.conftest import Start, shown, until


def sheet(app: PumasApp) -> bool:
    return any(dialog.is_attached for dialog in app.screen.query(PasteSheet))


def type_at_once(app: PumasApp, text: str) -> None:
    """Characters as a terminal sends them without brackets: in one go."""
    for char in text:
        key = {" ": "space", ":": "colon", "/": "slash", ".": "full_stop", "\n": "enter"}.get(char, char)
        event = events.Key(key, None if char == "\n" else char)
        event.set_sender(app)
        app.post_message(event)


async def test_a_pasted_path_without_brackets_does_not_quit(filled: Path, start: Start) -> None:
    async with start(filled, gap_s=GAP_S) as (app, pilot):
        type_at_once(app, "/data/quit d.ckpt")
        await until(pilot, lambda: sheet(app) and "/data/quit d.ckpt" in shown(app))
        assert app.is_running
        assert app.place.PLACE == "library"


async def test_typed_ahead_keys_reach_what_the_first_of_them_opened(filled: Path, start: Start) -> None:
    async with start(filled, gap_s=GAP_S) as (app, pilot):
        type_at_once(app, "/llama")
        await until(pilot, lambda: "1 of 6" in shown(app))
        assert isinstance(app.focused, Input) and app.focused.value == "llama"
        await pilot.press("escape")
        type_at_once(app, ":jobs\n")
        await until(pilot, lambda: bool(app.screen.query(JobsDrawer)))


async def test_single_keys_still_work_behind_the_guard(filled: Path, start: Start) -> None:
    async with start(filled, gap_s=GAP_S) as (app, pilot):
        await pilot.press("2")
        await until(pilot, lambda: app.place.PLACE == "import")
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)
        assert app.return_code == 0


async def test_alt_with_a_key_is_escape_and_the_key(filled: Path, start: Start) -> None:
    async with start(filled) as (app, pilot):
        await pilot.press("slash", *"llama")
        await until(pilot, lambda: "1 of 6" in shown(app))
        await pilot.press("alt+2")
        await until(pilot, lambda: app.place.PLACE == "import")


async def test_pasted_files_are_imported_after_enter(filled: Path, start: Start, tmp_path: Path) -> None:
    source = filled / "downloads" / "tiny-llama-42m.F32.gguf"
    copy = tmp_path / "another name.gguf"
    copy.write_bytes(source.read_bytes() + b"\0")
    async with start(filled) as (app, pilot):
        app.post_message(events.Paste(f"'{copy}'"))
        await until(pilot, lambda: "1 path pasted" in shown(app))
        await pilot.pause(0.3)  # dialogs ignore what was typed before they could be seen
        await pilot.press("enter")
        await until(pilot, lambda: "7 models" in shown(app))


async def test_pasted_words_go_to_the_text_box_that_has_the_focus(filled: Path, start: Start) -> None:
    async with start(filled) as (app, pilot):
        await pilot.press("slash")
        app.post_message(events.Paste("llama"))
        await until(pilot, lambda: "1 of 6" in shown(app))
        assert not sheet(app)


async def test_help_filters_and_runs_what_it_lists(filled: Path, start: Start) -> None:
    async with start(filled) as (app, pilot):
        await pilot.press("question_mark", *"import queue")
        await until(pilot, lambda: bool(app.screen.query(Finder)))
        assert "goes to the import queue" in shown(app) and "pumas-tui jobs list" in shown(app)
        await pilot.press("enter")
        await until(pilot, lambda: app.place.PLACE == "import")
        await pilot.press("minus")
        await until(pilot, lambda: app.place.PLACE == "library")


async def test_escape_clears_the_filter_then_closes(filled: Path, start: Start) -> None:
    async with start(filled) as (app, pilot):
        before = app.focused
        await pilot.press("colon", *"zzz", "escape")
        assert app.screen.query(Finder)
        await pilot.press("escape")
        await until(pilot, lambda: not app.screen.query(Finder))
        assert app.focused is before


async def test_keys_of_the_screen_are_off_under_an_overlay(filled: Path, start: Start) -> None:
    async with start(filled) as (app, pilot):
        await pilot.press("b", "2", "i")
        assert app.place.PLACE == "library" and isinstance(app.place.overlay, JobsDrawer)
        await pilot.press("b")
        await until(pilot, lambda: app.place.overlay is None)


async def test_control_c_twice_leaves(filled: Path, start: Start) -> None:
    async with start(filled) as (app, pilot):
        await pilot.press("slash", "ctrl+c")
        assert app.is_running and "esc goes back" in shown(app)
        await pilot.press("ctrl+c")
        await until(pilot, lambda: not app.is_running)


async def test_read_only_says_so_instead_of_importing(filled: Path, start: Start) -> None:
    async with start(filled, (120, 40), readonly=True) as (app, pilot):
        assert "read only" in shown(app)
        await pilot.press("i")
        await until(pilot, lambda: "read only: started with --readonly" in shown(app))
        assert app.place.overlay is None


async def test_a_window_too_small_says_what_it_needs_and_recovers(filled: Path, start: Start) -> None:
    async with start(filled) as (app, pilot):
        await until(pilot, lambda: "clear-colors" in shown(app) and "checking" not in shown(app))
        await pilot.pause(0.3)  # what the check told stands in its line by now
        before = shown(app)
        await pilot.resize_terminal(36, 8)
        await until(pilot, lambda: "Window 36x8. Pumas needs 40x10." in shown(app))
        for size in ((200, 60), (40, 10), (120, 40), (80, 24)):
            await pilot.resize_terminal(*size)
        await until(pilot, lambda: shown(app) == before)


@pytest.mark.parametrize("size", [(40, 10), (48, 14), (80, 24), (100, 30), (120, 40), (200, 60)])
async def test_no_line_is_wider_than_the_window_and_help_is_always_named(
    filled: Path, start: Start, size: tuple[int, int]
) -> None:
    async with start(filled, size) as (app, pilot):
        await until(pilot, lambda: "6 models" in shown(app))
        lines = shown(app).split("\n")
        assert max(len(line) for line in lines) <= size[0]
        assert "?" in lines[-1] and ": all" in lines[-1]
        assert "Jobs:" in lines[-2]


async def test_a_folder_without_a_library_ends_with_the_reason(tmp_path: Path) -> None:
    async with opened_aside(Library.open(OpenOptions(str(tmp_path / "nothing")))) as opening:
        app = PumasApp(opening)
        async with app.run_test() as pilot:
            await until(pilot, lambda: app.failure is not None)
    assert isinstance(app.failure, LibraryNotFoundError)
    assert app.return_value == LibraryNotFoundError.exit_code
