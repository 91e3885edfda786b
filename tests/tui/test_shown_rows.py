"""Bytes to the terminal: what is left out must make no difference to what it shows."""

from collections.abc import Sequence

import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pumas_tui.tui.widgets.shown_rows import ShownRows

WIDTH, HEIGHT = 24, 4
STYLES = [
    "",
    "1",
    "2;38;2;9;9;9",
    "4;38;5;200",
    "38;2;1;2;3;48;2;4;5;6",
    "48;2;4;5;6",
    "7",
    "1;91;104",
    "9",
    "1;39;49",
]
Run = tuple[str, str]


def styled(style: str, text: str) -> str:
    """A run as Rich writes it."""
    return f"\x1b[{style}m{text}\x1b[0m" if style else text


def at(row: int, column: int, *runs: Run) -> str:
    """Runs from this cell on; both count from 1."""
    return f"\x1b[{row};{column}H" + "".join(styled(*run) for run in runs)


def painted(rows: Sequence[Sequence[Run]]) -> str:
    """All rows, as Textual paints a whole screen."""
    return "\n".join(at(number, 1, *runs) for number, runs in enumerate(rows, 1)) + at(1, 1)


def seen(outputs: Sequence[str]) -> list[list[tuple[object, ...]]]:
    """What a terminal shows after these, cell by cell. The colour of a blank's character is not seen."""
    screen = pyte.Screen(WIDTH, HEIGHT)
    stream = pyte.Stream(screen)
    for output in outputs:
        stream.feed(output)
    shown = []
    for y in range(HEIGHT):
        cells = [screen.buffer[y][x] for x in range(WIDTH)]
        shown.append(
            [
                (c.data, c.bg, c.underscore, c.reverse, c.strikethrough)
                + (() if c.data == " " and not c.reverse else (c.fg, c.bold))
                for c in cells
            ]
        )
    return shown


def row_of(words: list[Run]) -> list[Run]:
    """These runs cut and filled to the width of the window."""
    runs, left = [], WIDTH
    for style, text in [*words, ("", " " * WIDTH)]:
        runs.append((style, text[:left]))
        left -= len(text[:left])
    return [run for run in runs if run[1]]


runs = st.lists(st.tuples(st.sampled_from(STYLES), st.text("ab x│…", min_size=1, max_size=9)), max_size=5)
whole = st.lists(runs.map(row_of), min_size=HEIGHT, max_size=HEIGHT).map(painted)
piece = st.builds(
    lambda row, column, run: at(row, column, (run[0], run[1][: WIDTH + 1 - column])),
    st.integers(1, HEIGHT),
    st.integers(1, WIDTH),
    st.tuples(st.sampled_from(STYLES), st.text("ab x", min_size=1, max_size=9)),
)
other = st.sampled_from(["\x1b[?2026h", "\x1b]2;title\x07", "\x1b[2J", "\x1b[1;1H\x1b[K", "\x1b[1;3H\x1b[2P"])


@settings(max_examples=200, deadline=None)
@given(st.lists(whole | piece | other, max_size=8))
def test_a_terminal_shows_the_same_as_if_all_had_been_written(outputs: list[str]) -> None:
    rows = ShownRows()
    assert seen([rows.spared(output) for output in outputs]) == seen(outputs)


def test_what_is_there_already_is_not_written_again() -> None:
    rows = ShownRows()
    picture = painted([row_of([("1;38;2;1;2;3;48;2;4;5;6", f"line {n}")]) for n in range(HEIGHT)])
    first, again = rows.spared(picture), rows.spared(picture)
    assert len(first) < len(picture)
    assert again == "\x1b[1;1H", "but the cursor is where it was put"


def test_one_changed_character_is_a_few_bytes() -> None:
    rows = ShownRows()
    rows.spared(painted([row_of([("48;2;4;5;6", "12% done")])] * HEIGHT))
    written = rows.spared(
        painted([row_of([("48;2;4;5;6", "13% done")]), *[row_of([("48;2;4;5;6", "12% done")])] * 3])
    )
    assert (
        written == "\x1b[1;2H\x1b[48;2;4;5;6m3\x1b[1;1H\x1b[m"
        or written == "\x1b[1;2H\x1b[48;2;4;5;6m3\x1b[m\x1b[1;1H"
    )


def test_all_is_written_again_once_it_was_forgotten() -> None:
    rows = ShownRows()
    picture = painted([row_of([("", "text")])] * HEIGHT)
    first = rows.spared(picture)
    rows.forget()
    assert rows.spared(picture) == first


@pytest.mark.parametrize("clears", ["\x1b[2J", "\x1b[?1049h", "\x1bc", "plain text"])
def test_after_output_that_changes_cells_in_another_way_nothing_is_taken_for_shown(clears: str) -> None:
    rows = ShownRows()
    picture = painted([row_of([("", "text")])] * HEIGHT)
    first = rows.spared(picture)
    assert rows.spared(clears) == clears
    assert rows.spared(picture) == first


def test_a_wide_character_is_never_cut() -> None:
    rows = ShownRows()
    before = at(1, 1, ("", "模型 a"))
    rows.spared(before)
    assert rows.spared(at(1, 1, ("", "模x  a"))) == at(1, 3, ("", "x "))
    assert rows.spared(at(1, 2, ("", "y"))) == at(1, 2, ("", "y"))
    assert "模" in rows.spared(at(1, 1, ("", "模x  a")))


def test_pictures_of_which_terminals_disagree_are_always_written() -> None:
    rows = ShownRows()
    line = at(1, 1, ("", "☀\ufe0f sun"))
    assert rows.spared(line) == rows.spared(line) == line
