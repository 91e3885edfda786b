"""What the terminal is told and asked, for the terminals people have."""

import pytest

from pumas_tui.tui import terminal


@pytest.mark.parametrize(
    ("environ", "asked", "theme"),
    [
        ({"COLORTERM": "truecolor", "TERM": "xterm-256color"}, None, "pumas"),
        ({"COLORTERM": "24bit"}, "auto", "pumas"),
        ({"TERM": "xterm-256color"}, None, "ansi-dark"),
        ({"TERM": "screen"}, "", "ansi-dark"),
        ({"TERM": "xterm", "COLORFGBG": "0;15"}, None, "ansi-light"),
        ({"TERM": "xterm", "COLORFGBG": "15;0"}, None, "ansi-dark"),
        ({"COLORTERM": "truecolor", "NO_COLOR": "1"}, None, "ansi-dark"),
        ({"COLORTERM": "truecolor", "NO_COLOR": "1"}, "nord", "ansi-dark"),
        ({"TERM": "xterm"}, "nord", "nord"),
    ],
)
def test_the_theme_fits_the_colours_there_are(environ: dict[str, str], asked: str | None, theme: str) -> None:
    assert terminal.choose_theme(environ, asked) == theme


def test_a_far_terminal_gets_fewer_frames_and_no_mouse() -> None:
    far = {"SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22", "TEXTUAL_FPS": "30"}
    terminal.prepare_environment(far)
    assert far["TEXTUAL_FPS"] == "30"  # the user's own word stays
    assert far["TEXTUAL_ANIMATIONS"] == "none"
    assert not terminal.wants_mouse(far)
    near: dict[str, str] = {}
    terminal.prepare_environment(near)
    assert near == {} and terminal.wants_mouse(near)


@pytest.mark.parametrize(
    ("environ", "ascii_only"),
    [
        ({"LANG": "C.UTF-8"}, False),
        ({"LANG": "de_DE.utf8"}, False),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "C"}, True),
        ({"LANG": "en_US.ISO-8859-1"}, True),
        ({}, True),
    ],
)
def test_lines_are_drawn_in_ascii_where_utf8_is_not_read(environ: dict[str, str], ascii_only: bool) -> None:
    assert terminal.wants_ascii(environ) is ascii_only


async def test_copying_asks_the_terminal_except_inside_screen() -> None:
    sent: list[str] = []
    assert await terminal.copy("text", sent.append, {})
    assert not await terminal.copy("text", sent.append, {"STY": "1234.pts-0"})
    assert sent == ["text"]
