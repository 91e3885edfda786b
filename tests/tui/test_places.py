"""The five places: in the first picture where the library is open by then, made when somebody goes there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from pumas_tui.core.library import Library, OpenOptions
from pumas_tui.tui import messages
from pumas_tui.tui.app import PumasApp, opened_aside
from tests.tui.conftest import Running, Start, shown, until

PLACES = {"1": "library", "2": "import", "3": "mapping", "4": "health", "5": "settings"}


def _in_front(app: PumasApp, key: str) -> bool:
    place = PLACES[key]
    return place == app.place.PLACE and f"[{key} " in shown(app)


@asynccontextmanager
async def opened_before(root: Path) -> AsyncIterator[Running]:
    """The program, started when its library is open already, as from the command line."""
    async with opened_aside(Library.open(OpenOptions(str(root), begin_later=True))) as opening:
        await opening
        app = PumasApp(opening, gap_s=0)
        async with app.run_test(size=(120, 40)) as pilot:
            yield app, pilot


@pytest.fixture(autouse=True)
def _nobody_elses_settings(start: Start) -> None:
    """`start` sets where settings and answers are."""


async def test_an_open_library_is_there_from_the_first_picture_on(filled: Path) -> None:
    async with opened_before(filled) as (app, pilot):
        assert app.place.PLACE == "library"
        await until(pilot, lambda: "6 models" in shown(app) and "clear-colors" in shown(app))
        for key in "2154321":
            await pilot.press(key)
            await until(pilot, partial(_in_front, app, key))
        await pilot.press("minus")
        await until(pilot, lambda: app.place.PLACE == "import")


async def test_a_key_that_comes_before_the_first_picture_counts(filled: Path) -> None:
    async with opened_before(filled) as (app, pilot):
        await pilot.press("slash", *"llama")
        await until(pilot, lambda: "1 of 6" in shown(app))


async def test_work_in_the_background_begins_when_there_is_something_to_see(filled: Path) -> None:
    async with opened_before(filled) as (app, pilot):
        library = app.library
        assert library is not None
        await until(pilot, lambda: "lookups off" in shown(app))
        await asyncio.wait_for(library.ready(), 10)


@pytest.mark.parametrize("key", ["2", "3", "4", "5"])
async def test_a_place_is_made_when_somebody_goes_there_and_knows_what_happened_before(
    filled: Path, start: Start, key: str
) -> None:
    async with start(filled, (120, 40)) as (app, pilot):
        assert set(app.places) == {"library"}
        app.post_message(messages.PlansMade({"some app": 7}))
        app.post_message(messages.LinksChanged())
        app.post_message(messages.ModelsChanged(()))
        await until(pilot, lambda: "3 Mapping 7!" in shown(app))
        await pilot.press(key)
        await until(pilot, partial(_in_front, app, key))
        await until(pilot, lambda: "3 Mapping 7!" in shown(app))
        assert set(app.places) == {"library", PLACES[key]}


async def test_the_queue_made_later_has_the_jobs_of_before(filled: Path, start: Start) -> None:
    async with start(filled, (120, 40)) as (app, pilot):
        await pilot.press("2")
        await until(pilot, lambda: "tiny-llama" in shown(app))
