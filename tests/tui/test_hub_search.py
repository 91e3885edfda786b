"""The page that searches the Hub while one types, on a local Hub whose answers come when a test lets them."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pumas_tui.core.domain.hub_values import HubModel, HubPage
from pumas_tui.tui.app import PumasApp
from pumas_tui.tui.modals.hub_search import HubSearchPage
from tests.hub import behaviours as b
from tests.hub.repos import model
from tests.hub.serving import Hub, serving
from tests.tui.conftest import Running, Start, shown, until

SEARCHES = "GET /api/models"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, start: Start) -> Iterator[Hub]:
    """A Hub that the program asks; `start` has set everything else."""
    with serving(model("org/llama-one", downloads=9), model("org/llama-3"), model("org/qwen")) as running:
        monkeypatch.setenv("HF_HUB_OFFLINE", "")
        monkeypatch.setenv("HF_ENDPOINT", running.endpoint)
        yield running


async def opened(running: Running) -> HubSearchPage:
    """The page, its box empty."""
    app, pilot = running
    await pilot.press("s")
    await until(pilot, lambda: "Search Hugging Face" in shown(app))
    return app.screen.query_one(HubSearchPage)


def asked_for(hub: Hub) -> list[str]:
    """The words of all searches, in order."""
    return [dict(request.query)["search"] for request in hub.requests if request.path == "/api/models"]


def later(app: PumasApp, seconds: float) -> None:
    """For what is kept, so much time has gone by."""
    assert app.library is not None
    session = app.library.network._session
    session._options = replace(session._options, clock=lambda: time.time() + seconds)


async def test_the_hub_is_asked_when_typing_rests(filled: Path, start: Start, hub: Hub) -> None:
    async with start(filled) as (app, pilot):
        page = await opened((app, pilot))
        for length in range(1, 6):
            page.box.value = "llama"[:length]
        await until(pilot, lambda: "org/llama-one" in shown(app))
        assert asked_for(hub) == ["llama"], "not once for each letter"
        assert "2 repositories   most downloaded first" in shown(app)
        page.box.value = "ll"
        await until(pilot, lambda: "enter asks at once" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: asked_for(hub) == ["llama", "ll"])


async def test_a_search_that_is_typed_over_ends_and_its_answer_never_comes(
    filled: Path, start: Start, hub: Hub
) -> None:
    waits = b.Waits()
    hub.behave(SEARCHES, waits, times=1)
    async with start(filled) as (app, pilot):
        page = await opened((app, pilot))
        page.box.value = "llama"
        await until(pilot, lambda: waits.asked == 1)
        await until(pilot, lambda: "asking, 0:0" in shown(app))
        page.box.value = "qwen"
        await until(pilot, lambda: "org/qwen" in shown(app))
        await until(pilot, lambda: waits.left == 1)  # the Hub was told that nobody waits
        waits.go()
        page.show(1, HubPage("llama", (HubModel("late/llama"),), time.time()))
        await pilot.pause()
        assert "org/qwen" in shown(app) and "llama-one" not in shown(app) and "late" not in shown(app)


async def test_enter_asks_at_once_and_no_row_of_other_words_can_be_chosen(
    filled: Path, start: Start, hub: Hub
) -> None:
    async with start(filled) as (app, pilot):
        page = await opened((app, pilot))
        page.box.value = "llama"
        await until(pilot, lambda: "org/llama-one" in shown(app))
        waits = b.Waits()
        hub.behave(SEARCHES, waits)
        page.box.value = "qwen"
        await pilot.press("enter")
        await until(pilot, lambda: waits.asked == 1)
        assert page.rows.has_focus and page.rows.count == 0
        waits.go()
        await until(pilot, lambda: "> org/qwen" in shown(app))


async def test_what_is_kept_shows_at_once_and_what_is_new_is_announced(
    filled: Path, start: Start, hub: Hub
) -> None:
    async with start(filled) as (app, pilot):
        assert app.library is not None
        await app.library.network.search("llama")
        hub.add(model("org/llama-4", downloads=99))
        later(app, 700)
        waits = b.Waits()
        hub.behave(SEARCHES, waits)
        page = await opened((app, pilot))
        page.box.value = "llama"
        await until(pilot, lambda: "org/llama-one" in shown(app) and waits.asked == 1)
        await pilot.press("down", "j")
        assert "> org/llama-3" in shown(app)
        waits.go()
        await until(pilot, lambda: "1 new result: press r" in shown(app))
        assert "> org/llama-3" in shown(app) and "llama-4" not in shown(app)
        await pilot.press("r")
        await until(pilot, lambda: "> org/llama-4" in shown(app))


async def test_offline_what_is_kept_is_shown_and_one_line_says_so(
    filled: Path, start: Start, hub: Hub
) -> None:
    async with start(filled) as (app, pilot):
        assert app.library is not None
        await app.library.network.search("llama")
        later(app, 700)
        hub.down()
        page = await opened((app, pilot))
        page.box.value = "llama"
        await until(pilot, lambda: "What is kept is shown." in shown(app), 20.0)
        assert "> org/llama-one" in shown(app) and "from the cache" in shown(app)
        page.box.value = "qwen"
        await until(pilot, lambda: "Nothing is kept for these words." in shown(app), 20.0)
        assert "llama" not in shown(app)


async def test_of_a_scarce_budget_only_enter_takes(filled: Path, start: Start, hub: Hub) -> None:
    hub.limits.api.quota = 20
    async with start(filled) as (app, pilot):
        assert app.library is not None
        for number in range(19):
            await app.library.network.search(f"word{number}")
        page = await opened((app, pilot))
        page.box.value = "llama"
        await until(pilot, lambda: "Few calls are left until" in shown(app))
        assert "llama" not in asked_for(hub)
        await pilot.press("enter")
        await until(pilot, lambda: "org/llama-one" in shown(app))


async def test_escape_clears_then_closes_and_closing_ends_the_call(
    filled: Path, start: Start, hub: Hub
) -> None:
    waits = b.Waits()
    hub.behave(SEARCHES, waits)
    async with start(filled) as (app, pilot):
        page = await opened((app, pilot))
        page.box.value = "llama"
        await until(pilot, lambda: waits.asked == 1)
        await pilot.press("escape")
        assert page.box.value == ""
        await until(pilot, lambda: waits.left == 1)
        page.box.value = "qwen"
        await until(pilot, lambda: waits.asked == 2)
        page.rows.focus()
        await pilot.press("escape")
        await until(pilot, lambda: waits.left == 2 and not app.screen.query(HubSearchPage))
