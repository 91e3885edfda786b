"""The real program in a real terminal: what is on the screen, what bytes are sent, how it ends."""

import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import modelfiles
from tests.support.program import argv, environment, pumas
from tests.support.terminal import Terminal

FULL_COLOUR = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
_OURS = ("NO_COLOR", "COLORTERM", "TERM", "COLUMNS", "LINES")


def program(
    root: Path, size: tuple[int, int] = (80, 24), *arguments: str, env: dict[str, str] | None = None
) -> Terminal:
    """The program full screen on a library, in the environment of a user who has set only `env`."""
    plain = {k: v for k, v in environment(root.parent).items() if k not in _OURS}
    command = [str(part) for part in argv(*arguments, root=root)]
    wanted = {**plain, **(FULL_COLOUR if env is None else env)}
    return Terminal(command, width=size[0], height=size[1], env=wanted)


def settled(terminal: Terminal, true: Callable[[], bool], limit_s: float = 20.0) -> None:
    """Read until something holds; fails with the screen."""
    ends = time.monotonic() + limit_s
    while not true():
        assert time.monotonic() < ends, terminal.text
        terminal.read(quiet_s=0.05, longest_s=0.5)


def processes_on(root: Path) -> list[int]:
    """Ids of processes that have this library on their command line."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:  # it ended while we looked
                continue
            if os.fsencode(root) in command.split(b"\0"):
                found.append(int(entry.name))
    return found


def test_the_first_picture_has_the_models_and_the_way_to_help(filled: Path) -> None:
    with program(filled) as terminal:
        seen = terminal.wait_for("6 models").split("\n")
        assert "[1 Lib]" in seen[0] and "2 Imp" in seen[0]
        assert seen[-2].startswith(" Jobs: ")
        assert seen[-1].endswith(": all  ? help")
        assert any("tiny-llama-42m" in line for line in seen)


def test_two_pasted_paths_are_shown_before_anything_happens(filled: Path) -> None:
    files = sorted((filled / "downloads").glob("*.safetensors"))[:2]
    with program(filled) as terminal:
        terminal.wait_for("6 models")
        terminal.paste("".join(f"'{path}' " for path in files))
        seen = terminal.wait_for("2 paths pasted")
        assert "2 models understood" in seen
        assert all(path.name in seen for path in files)
        time.sleep(0.3)  # a dialog ignores what was typed before it could be read
        terminal.send("\x1b")
        settled(terminal, lambda: "2 paths pasted" not in terminal.text)
        assert "6 models" in terminal.text and "Jobs: none" in terminal.text


def test_a_paste_without_brackets_runs_no_command(filled: Path) -> None:
    with program(filled) as terminal:
        terminal.wait_for("6 models")
        terminal.send("/data/quit d.ckpt")
        seen = terminal.wait_for("This path is not on")
        assert "/data/quit d.ckpt" in seen and "[1 Lib]" in seen
        assert terminal.wait(longest_s=0.5) is None
        terminal.send("\x1b")
        settled(terminal, lambda: "/data/quit" not in terminal.text)
        assert "6 models" in terminal.text


def test_a_lost_line_ends_the_program_and_leaves_nothing_behind(filled: Path) -> None:
    with program(filled) as terminal:
        terminal.wait_for("6 models")
        assert processes_on(filled) == [terminal.pid]
        terminal.hang_up()
        assert terminal.wait(longest_s=20) is not None
        assert processes_on(filled) == []


@pytest.mark.parametrize("how", ["terminated", "left"])
def test_the_terminal_is_as_it_was_when_the_program_ends(filled: Path, how: str) -> None:
    with program(filled) as terminal:
        terminal.wait_for("6 models")
        if how == "left":
            terminal.send("q")
        else:
            os.kill(terminal.pid, signal.SIGTERM)
        assert terminal.wait(longest_s=20) == (0 if how == "left" else 128 + signal.SIGTERM)
        sent = bytes(terminal.output)
    for on, off in (
        (b"?1049h", b"?1049l"),
        (b"?25l", b"?25h"),
        (b"?2004h", b"?2004l"),
        (b"?1000h", b"?1000l"),
    ):
        assert sent.rfind(b"\x1b[" + off) > sent.rfind(b"\x1b[" + on) >= 0, off


def test_a_terminal_that_cannot_draw_gets_one_line(filled: Path) -> None:
    with program(filled, env={"TERM": "dumb"}) as terminal:
        assert terminal.wait() == 2
        assert 'pumas-tui needs a terminal (TERM is "dumb")' in terminal.text
        assert "--help" in terminal.text
        assert b"\x1b" not in terminal.output


def test_no_terminal_at_all_gets_the_same(filled: Path) -> None:
    ran = pumas(root=filled)
    assert ran.code == 2
    assert "pumas-tui needs a terminal" in ran.err and "--help" in ran.err
    assert "\x1b" not in ran.out + ran.err


def colours(sent: bytes) -> set[str]:
    """Every colour that was asked for: parameters of SGR sequences other than attributes and resets."""
    asked = set()
    for parameters in re.findall(rb"\x1b\[([0-9;:]*)m", sent):
        for number in re.findall(r"\d+", parameters.decode()):
            if int(number) in {*range(30, 39), *range(40, 49), *range(90, 98), *range(100, 108)}:
                asked.add(parameters.decode())
    return asked


def test_no_color_means_no_colour(filled: Path) -> None:
    with program(filled, (120, 40), env={**FULL_COLOUR, "NO_COLOR": "1"}) as terminal:
        terminal.wait_for("6 models")
        terminal.wait_for("PICKLE")
        terminal.send("2")
        terminal.wait_for("Import queue")
        terminal.send("?")
        terminal.wait_for("Keys on this screen")
        assert colours(bytes(terminal.output)) == set()
    with program(filled) as terminal:
        terminal.wait_for("6 models")
        assert colours(bytes(terminal.output)), "the check sees colours where there are some"


def test_resizing_back_and_forth_ends_with_the_same_screen(filled: Path) -> None:
    with program(filled, (120, 40)) as terminal:
        terminal.wait_for("SHA-256")
        terminal.read()
        before = terminal.text
        for _ in range(20):
            for size in ((200, 60), (40, 10), (120, 40)):
                terminal.resize(*size)
                terminal.read(quiet_s=0.02, longest_s=0.2)
        settled(terminal, lambda: terminal.text == before)


EVIL = (
    b"\x1b]52;c;aGk=\x07clip.safetensors",
    b"\x1b[31;5;7mblink.safetensors",
    b"bell\x07 \x9b31m.safetensors",
    "c1 \x9b31m \u202egpj.safetensors".encode(),
    b"[@click=app.exit()]line\nbreak.safetensors",
)


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A library with models whose names try to speak to the terminal."""
    root, inbox = tmp_path / "library", tmp_path / "in"
    inbox.mkdir()
    assert pumas("init", root, root=root).code == 0
    for number, name in enumerate(EVIL, 1):
        plain = modelfiles.safetensors_file(inbox / "plain", {"w": ("F32", [number])})
        os.rename(plain, os.path.join(os.fsencode(inbox), name))
    ran = pumas("import", inbox, root=root)
    assert ran.code == 0, ran.err
    return root


def test_names_never_speak_to_the_terminal(hostile: Path) -> None:
    with program(hostile, (120, 40)) as terminal:
        listed = terminal.wait_for("5 models")
        assert all(sign in listed for sign in ("<1B>]52;", "<1B>[31;5;7m", "<07>", "<202E>", "<0A>")), listed
        for key in ("j", "j", "j", "j", "\r", "k", "k"):
            terminal.send(key)
            terminal.read()
        terminal.send("y")
        terminal.wait_for("SHA-256")
        terminal.send("n")
        terminal.wait_for("Copied")
        sent = bytes(terminal.output)
    for piece in (
        b"\x1b]52;c;aGk=",
        b"\x1b[31;5;7m",
        b"\x07 ",
        "\u202e".encode(),
        "\x9b".encode(),
        b"line\nbreak",
    ):
        assert piece not in sent
