"""Editing models in the Library screen's form: what is saved, refused, kept, and said."""

import json
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from pumas_tui.core.library import Library, OpenOptions, RunJobs
from pumas_tui.tui.app import PumasApp
from pumas_tui.tui.widgets.form import Form
from tests.tui.conftest import Start, shown, until
from tests.tui.test_library_screen import count, library


def forms(app: PumasApp) -> list[Form]:
    return [form for form in app.screen.query(Form) if form.is_attached]


async def opened(app: PumasApp, pilot: Pilot[int], *keys: str) -> Form:
    await until(pilot, lambda: count(app) == 6)
    await pilot.press(*keys, "e")
    await until(pilot, lambda: bool(forms(app)) and "Edit " in shown(app))
    return forms(app)[0]


async def fill(form: Form, pilot: Pilot[int], **texts: str) -> None:
    for box in form.query(Input):
        if box.name in texts:
            box.value = texts[box.name]
    await pilot.pause()


def documents(root: Path) -> dict[str, Any]:
    found = [json.loads(path.read_text()) for path in root.glob("models/*/*/*/metadata.json")]
    return {one["uid"]: one for one in found}


async def test_what_is_changed_is_saved_as_manual_and_shown(filled: Path, start: Start) -> None:
    async with start(filled, (120, 40)) as (app, pilot):
        form = await opened(app, pilot)
        uid = library(app).browser.rows.current.uid  # type: ignore[union-attr]
        before = documents(filled)[uid]
        await fill(form, pilot, name="My own name", tags="night, ruby", notes=r"one\ntwo")
        await pilot.press("tab", "enter")
        await until(pilot, lambda: not forms(app))
        await until(pilot, lambda: "Saved name, tags, notes of " in shown(app))
        await until(pilot, lambda: "My own name" in shown(app) and "night, ruby" in shown(app))
    after = documents(filled)[uid]
    assert (after["official_name"], after["tags"], after["notes"]) == (
        "My own name",
        ["night", "ruby"],
        "one\ntwo",
    )
    assert after["family"] == before["family"] and after["model_id"] == before["model_id"]
    assert {after["field_sources"][field] for field in ("official_name", "tags", "notes")} == {"manual"}
    assert after["field_sources"].get("family") == before["field_sources"].get("family")


async def test_escape_and_an_unchanged_form_write_nothing(filled: Path, start: Start) -> None:
    before = documents(filled)
    async with start(filled) as (app, pilot):
        form = await opened(app, pilot)
        await fill(form, pilot, name="Something else")
        await pilot.press("escape")
        await until(pilot, lambda: not forms(app))
        await opened(app, pilot)
        await pilot.press("enter")
        await until(pilot, lambda: not forms(app))
    assert documents(filled) == before


async def test_a_wrong_value_is_said_at_its_field(filled: Path, start: Start) -> None:
    before = documents(filled)
    async with start(filled) as (app, pilot):
        form = await opened(app, pilot)
        await fill(form, pilot, type="spaceship")
        await pilot.press("enter")
        await until(pilot, lambda: '"spaceship" is none' in shown(app))
        assert isinstance(app.focused, Input) and app.focused.name == "type"
        await fill(form, pilot, type="audio", subtype="nonsense")
        await pilot.press("enter")
        await until(pilot, lambda: '"nonsense" does not go with audio' in shown(app))
        assert app.focused.name == "subtype"
    assert documents(filled) == before


async def test_what_another_process_changed_is_overwritten_only_when_asked_twice(
    filled: Path, start: Start
) -> None:
    async with start(filled) as (app, pilot):
        form = await opened(app, pilot)
        uid = library(app).browser.rows.current.uid  # type: ignore[union-attr]
        async with Library.open(OpenOptions(str(filled), run_jobs=RunJobs.NONE)) as other:
            await other.editing.edit(uid, {"family": "theirs"})
        await fill(form, pilot, family="mine", tags="kept")
        await pilot.press("enter")
        await until(pilot, lambda: "family changed meanwhile" in shown(app))
        assert "esc keeps theirs" in shown(app)
        assert documents(filled)[uid]["family"] == "theirs"
        await pilot.press("enter")
        await until(pilot, lambda: not forms(app))
    after = documents(filled)[uid]
    assert after["family"] == "mine" and after["tags"] == ["kept"]


async def test_marked_models_get_tags_added_and_keep_what_is_their_own(filled: Path, start: Start) -> None:
    async with Library.open(OpenOptions(str(filled), run_jobs=RunJobs.NONE)) as door:
        rows = (await door.models.search("")).rows
        await door.editing.edit(rows[0].uid, {"tags": "old", "family": "aa"})
    async with start(filled) as (app, pilot):
        form = await opened(app, pilot, "a")
        assert "Edit 6 models" in str(form.border_title)
        assert {box.name for box in form.query(Input)} == {"family", "type", "subtype", "base", "tags"}
        assert "not the same in all" in shown(app)
        await fill(form, pilot, tags="old, new", base="SDXL")
        await pilot.press("enter")
        await until(pilot, lambda: "of 6 models." in shown(app))
    after = documents(filled)
    assert all(set(one["tags"]) == {"old", "new"} and one["base_model"] == "SDXL" for one in after.values())
    assert after[rows[0].uid]["tags"] == ["old", "new"] and after[rows[0].uid]["family"] == "aa"


async def test_typing_in_the_form_runs_no_command_and_fields_go_round(filled: Path, start: Start) -> None:
    async with start(filled) as (app, pilot):
        form = await opened(app, pilot)
        names = [box.name for box in form.query(Input)]
        await pilot.press("end", *"q2?:d")
        assert app.is_running and app.place.PLACE == "library"
        assert app.focused.value.endswith("q2?:d")  # type: ignore[union-attr]
        seen = []
        for _ in names:
            seen.append(app.focused.name)  # type: ignore[union-attr]
            await pilot.press("tab")
        assert seen == names == ["name", "family", "type", "subtype", "base", "tags", "notes"]
        assert app.focused.name == "name"  # type: ignore[union-attr]
        await pilot.press("shift+tab")
        assert app.focused.name == "notes"  # type: ignore[union-attr]
        await app.pasted("pasted text")
        await until(pilot, lambda: "pasted text" in app.focused.value)  # type: ignore[union-attr]


async def test_a_read_only_session_opens_no_form(filled: Path, start: Start) -> None:
    async with start(filled, readonly=True) as (app, pilot):
        await until(pilot, lambda: count(app) == 6)
        await pilot.press("e")
        await until(pilot, lambda: "read only: started" in shown(app))
        assert not forms(app)


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 20), (40, 10)])
async def test_the_form_fits_any_window(filled: Path, start: Start, size: tuple[int, int]) -> None:
    async with start(filled, size) as (app, pilot):
        await opened(app, pilot)
        await until(pilot, lambda: size[1] < 16 or "look-ups leave it alone" in " ".join(shown(app).split()))
        await pilot.press("tab", "tab")
        await pilot.pause()
        lines = shown(app).splitlines()
        assert max(map(len, lines)) <= size[0]
        assert any("Type" in line for line in lines) and "enter" in shown(app) and "esc" in shown(app)
        assert "one of diffusion, llm" in shown(app)
