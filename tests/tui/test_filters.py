"""The filter and order popups on a real library: letters become words of the query, and the line says so."""

from pathlib import Path

import pytest

from pumas_tui.core.domain.models import Order, OrderBy
from pumas_tui.core.domain.query import filter_words, with_filter, without_filters
from pumas_tui.tui.presenters.filters import Counts, counts_text, filter_choices, filtered, inner_choices
from pumas_tui.tui.widgets.popup import Popup
from tests.tui.conftest import Start, shown, until
from tests.tui.test_library_screen import count, library

SIZES = [(120, 40), (80, 24), (60, 20), (40, 10)]


@pytest.mark.parametrize(
    ("text", "letters", "after"),
    [
        ("", "to", "type:lora "),
        ("qwen 7b", "to", "type:lora qwen 7b"),
        ("type:lora qwen", "tl", "type:llm qwen"),
        ("subtype:gguf -type:vae qwen", "tl", "type:llm qwen"),
        ("type:lora qwen", "uv", "type:lora trust:verified qwen"),
        ("qwen type:lora", "tx", "qwen"),
        ("type:lora tag:x unlinked qwen", "x", "qwen"),
        ("unlinked", "ls", "-unlinked "),
        ('"stable diffusion" size:>4g', "dw", 'size:>4g added:<7d "stable diffusion"'),
        ("nonsense:x word", "sp", "tier:pickle nonsense:x word"),
    ],
)
def test_letters_write_words_of_the_query(text: str, letters: str, after: str) -> None:
    assert filtered(text, letters) == after


def test_every_letter_writes_a_filter_that_the_query_language_knows() -> None:
    for letter, (_, choices) in inner_choices().items():
        assert len({key for key, _ in choices}) == len(choices)
        for key, _ in choices:
            words = filter_words(filtered("name", letter + key))
            assert len(words) == (key != "x")


def test_clearing_is_offered_where_there_is_something_to_clear() -> None:
    assert ("x", "clear") not in filter_choices("qwen")
    assert ("x", "clear") in filter_choices("qwen -type:lora")


def test_what_is_no_filter_stays_as_typed() -> None:
    assert without_filters('a "b c" -d type: x:y type:lora') == 'a "b c" -d type: x:y'
    assert with_filter("Ab  Cd", "type:vae") == "type:vae Ab Cd"


@pytest.mark.parametrize(
    ("query", "width", "said"),
    [
        ("qwen", 120, "14 of 1,284   type: any   trust: any   order: name up"),
        ("type:lora -trust:low", 120, "14 of 1,284   type: lora   trust: not low   order: name up"),
        (
            "unlinked tier:pickle",
            120,
            "14 of 1,284   type: any   links: none   safety: pickle   order: name up",
        ),
        ("qwen", 80, "14 of 1,284  order: name up"),
    ],
)
def test_the_search_line_says_what_is_filtered(query: str, width: int, said: str) -> None:
    assert counts_text(Counts(14, 1284, query, False), Order(OrderBy.NAME), width) == said


async def test_a_filter_is_three_keys_and_shows_in_the_search_line(filled: Path, start: Start) -> None:
    async with start(filled, (120, 40)) as (app, pilot):
        await until(pilot, lambda: count(app) == 6)
        await until(pilot, lambda: "type: any   trust: any   order: name up" in shown(app))
        await pilot.press("f", "t", "o")
        await until(pilot, lambda: 0 < count(app) < 6)
        assert library(app).line.text == "type:lora " and "type: lora" in shown(app)
        few = count(app)
        await pilot.press("f", "u", "v")
        await until(pilot, lambda: "0 of 6" in shown(app))
        await pilot.press("f", "u", "x")
        await until(pilot, lambda: count(app) == few)
        await pilot.press("space", "escape")
        await until(pilot, lambda: count(app) == 6)
        assert "marked" in shown(app)
        await pilot.press("escape")
        assert "marked" not in shown(app)


async def test_words_typed_after_a_filter_are_words_of_their_own(filled: Path, start: Start) -> None:
    async with start(filled) as (app, pilot):
        await until(pilot, lambda: count(app) == 6)
        await pilot.press("f", "s", "o", "slash", *"llama")
        await until(pilot, lambda: count(app) == 1)
        assert library(app).line.text == "tier:safe llama"


@pytest.mark.parametrize("size", SIZES)
async def test_every_choice_is_readable_in_any_window(
    filled: Path, start: Start, size: tuple[int, int]
) -> None:
    async with start(filled, size) as (app, pilot):
        await until(pilot, lambda: count(app) == 6)
        await pilot.press("space", "f")
        await until(pilot, lambda: "date added ..." in shown(app))
        await pilot.press("t")
        await until(pilot, lambda: "any" in shown(app))
        for _, label in inner_choices()["t"][1]:
            assert label in shown(app)
        assert "esc  close" in shown(app)
        await pilot.press("escape")
        await until(pilot, lambda: not app.screen.query(Popup))
        assert "1 marked" in shown(app)


async def test_orders_turn_round_when_asked_again(filled: Path, start: Start) -> None:
    async with start(filled) as (app, pilot):
        await until(pilot, lambda: count(app) == 6)
        for letter, word, first, second in (
            ("n", "name", "up", "down"),
            ("s", "size", "down", "up"),
            ("d", "date", "down", "up"),
            ("l", "links", "down", "up"),
            ("u", "trust", "up", "down"),
        ):
            await pilot.press("o", letter)
            await until(pilot, lambda said=f"order: {word} {first}": said in shown(app))  # type: ignore[misc]
            await pilot.press("o", letter)
            await until(pilot, lambda said=f"order: {word} {second}": said in shown(app))  # type: ignore[misc]
