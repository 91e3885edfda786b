"""The Library screen on a real library: search, cursor, marks, details, copying, hostile names."""

import dataclasses
import struct
from pathlib import Path

import pytest
from textual.widgets import Input

from pumas_tui.core.domain.events import LibraryScanned
from pumas_tui.core.domain.imports import ImportChoices
from pumas_tui.core.domain.models import Page
from pumas_tui.tui import messages
from pumas_tui.tui.app import PumasApp
from pumas_tui.tui.screens.library import LibraryScreen
from pumas_tui.tui.widgets.model_list import ModelList
from tests.tui.conftest import Start, shown, until
from tests.tui.test_presenters import HOSTILE, ROW


def library(app: PumasApp) -> LibraryScreen:
    screen = app.screen
    assert isinstance(screen, LibraryScreen)
    return screen


def count(app: PumasApp) -> int:
    return library(app).browser.rows.count


def said(app: PumasApp) -> str:
    message = library(app).message
    return message.text if message else ""


def name(app: PumasApp) -> str:
    row = library(app).browser.rows.current
    return row.official_name if row else ""


async def test_typing_searches_and_escape_gives_all_back(filled: Path, start: Start) -> None:
    async with start(filled) as (app, pilot):
        await until(pilot, lambda: count(app) == 6)
        await pilot.press("slash", *"LLAMA")
        await until(pilot, lambda: count(app) == 1)
        assert "1 of 6" in shown(app)
        await pilot.press("enter", "escape")
        await until(pilot, lambda: count(app) == 6)
        assert library(app).line.text == ""


async def test_a_late_answer_never_paints(filled: Path, start: Start) -> None:
    async with start(filled) as (app, pilot):
        await until(pilot, lambda: count(app) == 6)
        screen = library(app)
        late = screen._asked
        await pilot.press("slash", *"llama")
        await until(pilot, lambda: count(app) == 1)
        await screen._query(late, "", None, 0)
        await screen._fetch(late, 0, 100, mark=False)
        assert count(app) == 1 and "1 of 6" in shown(app)


async def test_the_cursor_stays_on_its_model_when_rows_change(filled: Path, start: Start) -> None:
    async with start(filled) as (app, pilot):
        await until(pilot, lambda: count(app) == 6)
        await pilot.press("G")
        last = name(app)
        await pilot.press("o", "s")
        await until(pilot, lambda: "order: size down" in shown(app))
        assert name(app) == last
        await pilot.press("o", "s")
        await until(pilot, lambda: "order: size up" in shown(app))
        assert name(app) == last


async def test_no_hits_says_which_word_to_drop(filled: Path, start: Start) -> None:
    async with start(filled) as (app, pilot):
        await until(pilot, lambda: count(app) == 6)
        await pilot.press("slash", *"tiny", "space", *"zzz")
        await until(pilot, lambda: '1 matches without "zzz"' in shown(app))
        assert "No model has both words." in shown(app)
        await pilot.press("escape")
        await until(pilot, lambda: count(app) == 6)
        first = name(app)
        await pilot.press("j")
        assert name(app) != first


async def test_marks_add_up_and_escape_clears_them(filled: Path, start: Start) -> None:
    async with start(filled) as (app, pilot):
        await until(pilot, lambda: count(app) == 6)
        await pilot.press("space", "space")
        assert "2 marked" in shown(app)
        await pilot.press("escape")
        assert "marked" not in shown(app)
        await pilot.press("a")
        await until(pilot, lambda: "6 marked" in shown(app))
        await pilot.press("a", "g", "v", "j", "j", "v")
        await until(pilot, lambda: "3 marked" in shown(app))


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (44, 12)])
async def test_details_open_and_close(filled: Path, start: Start, size: tuple[int, int]) -> None:
    async with start(filled, size) as (app, pilot):
        await until(pilot, lambda: count(app) == 6)
        await pilot.press("enter")
        await until(pilot, lambda: "Trust" in shown(app) and "Pending" in shown(app))
        assert ("Library > " in shown(app)) is (size[0] >= 60) and "1 of 6" in shown(app)
        first = name(app)
        await pilot.press("j")
        await until(pilot, lambda: name(app) != first and name(app) in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: "Library > " not in shown(app))


async def test_wide_windows_show_details_beside_the_list(filled: Path, start: Start) -> None:
    async with start(filled, (120, 40)) as (app, pilot):
        await until(pilot, lambda: "SHA-256" in shown(app))
        assert "Trust    Safe" in shown(app)


async def test_copied_text_is_shown_because_no_terminal_confirms(
    filled: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.delenv("STY", raising=False)
    async with start(filled, (120, 40)) as (app, pilot):
        await until(pilot, lambda: count(app) == 6)
        await pilot.press("y", "p")
        await until(pilot, lambda: "Copied" in shown(app))
        assert app.clipboard == f"{filled}/models/{library(app).browser.rows.current.model_id}"  # type: ignore[union-attr]


async def test_an_empty_library_says_how_to_fill_it(tmp_path: Path, start: Start) -> None:
    async with start(tmp_path / "new") as (app, pilot):
        await until(pilot, lambda: "Two ways to fill it" in shown(app))
        assert "type a path" in shown(app) and "0 models" in shown(app)
        await pilot.press("j", "enter", "space", "G")
        assert "Two ways to fill it" in shown(app)


async def test_a_new_model_appears_by_itself(filled: Path, start: Start, tmp_path: Path) -> None:
    header = b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    source = tmp_path / "newcomer.safetensors"
    source.write_bytes(struct.pack("<Q", len(header)) + header + b"\0\0\0\0")
    async with start(filled) as (app, pilot):
        await until(pilot, lambda: count(app) == 6)
        await pilot.press("G")
        before = name(app)
        assert app.library is not None
        found = await app.library.imports.inspect_paths([str(source)])
        await app.library.imports.submit(found.candidates, ImportChoices())
        await until(pilot, lambda: count(app) == 7)
        assert "newcomer" in shown(app) and name(app) == before


async def test_hostile_names_never_reach_the_terminal_raw(filled: Path, start: Start) -> None:
    rows = tuple(dataclasses.replace(ROW, official_name=n, model_type=n) for n in HOSTILE)
    async with start(filled) as (app, pilot):
        await until(pilot, lambda: count(app) == 6)
        library(app).browser.rows.show(Page(rows, 0, len(rows)))
        await pilot.pause()
        assert all(line.isprintable() for line in shown(app).split("\n"))
        library(app).show_message("\x1b]0;title\x07 [red]x[/red]")
        await pilot.pause()
        assert "<1B>]0;title<07> [red]x[/red]" in shown(app)


async def test_the_search_box_keeps_its_keys(filled: Path, start: Start) -> None:
    async with start(filled) as (app, pilot):
        await pilot.press("slash", *"q2:?b-")
        assert isinstance(app.focused, Input) and app.focused.value == "q2:?b-"
        assert app.place.overlay is None and app.is_running


async def test_a_cursor_that_goes_on_while_models_change_is_not_put_back(filled: Path, start: Start) -> None:
    async with start(filled) as (app, pilot):
        await until(pilot, lambda: count(app) == 6)
        app.post_message(messages.ModelsChanged(()))
        await pilot.press("down", "down")
        await pilot.pause(0.3)
        assert app.screen.query_one(ModelList).cursor == 2


async def test_the_line_of_a_scan_goes_when_the_scan_ends(filled: Path, start: Start) -> None:
    async with start(filled) as (app, pilot):
        await until(pilot, lambda: count(app) == 6)
        app.post_message(messages.ScanChanged(LibraryScanned(412, 1284, 7.0, done=False)))
        await until(pilot, lambda: "Scan: 412 of 1,284 folders read" in shown(app))
        app.post_message(messages.ScanChanged(LibraryScanned(1284, 1284, 9.0, done=True)))
        await until(pilot, lambda: "Scan:" not in shown(app))


async def test_a_library_that_cannot_be_read_any_more_is_no_reason_to_end(filled: Path, start: Start) -> None:
    async with start(filled) as (app, pilot):
        await until(pilot, lambda: count(app) == 6)
        models = filled / "models"
        models.rename(filled / "away")
        models.symlink_to(models)
        await pilot.press("ctrl+r", "slash", *"llama")
        await until(pilot, lambda: "cannot be read" in shown(app) and "/models" in said(app))
        models.unlink()
        (filled / "away").rename(models)
        await pilot.press("escape", "ctrl+r")
        await until(pilot, lambda: "cannot be read" not in shown(app) and count(app) == 6)
