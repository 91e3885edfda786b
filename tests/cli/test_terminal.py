"""What the command line does where there is a terminal: the narration line, and opening full screen."""

import os
import sys
from pathlib import Path

import pytest

from pumas_tui.cli import status_line
from pumas_tui.cli.options import Wanted
from pumas_tui.cli.running import narration
from pumas_tui.core.domain.ids import JobId
from pumas_tui.core.domain.jobs import Job, JobKind, JobsState, JobState, Progress, Stage, reduce
from tests.support import modelfiles
from tests.support.program import environment
from tests.support.terminal import Terminal
from tests.support.trees import model_dirs, snapshot

GB = 10**9


def job(number: int, state: JobState, name: str = "llama") -> Job:
    return Job(JobId(number), JobKind.IMPORT, {"name": name}, state, rev=number)


def staged(number: int, done: int, at: float, rev: int, rate: float = 0.5 * GB) -> Progress:
    return Progress(JobId(number), Stage.STAGING, done, 10 * GB, rate, at, rev)


def test_narration_tells_stage_percent_rate_and_time_left() -> None:
    state = reduce(JobsState(), job(1, JobState.RUNNING), None)
    assert narration(JobsState(), 100.0) == ""
    assert narration(state, 100.0) == "starting llama"
    state = reduce(state, None, staged(1, 0, 100.0, 1))
    state = reduce(state, None, staged(1, 2 * GB, 104.0, 2))
    assert narration(state, 104.0) == "staging llama 20 %, 500 MB/s"
    state = reduce(state, None, staged(1, 5 * GB, 110.0, 3))
    assert narration(state, 110.0) == "staging llama 50 %, 500 MB/s, ~10 s"
    assert narration(state, 125.0) == "staging llama 50 %, no bytes for 15 s"


def test_narration_of_several_counts_and_names_the_first() -> None:
    state = JobsState()
    for number, how in enumerate([JobState.DONE, JobState.RUNNING, JobState.RUNNING, JobState.WAITING], 1):
        state = reduce(state, job(number, how, f"m{number}"), None)
    assert narration(state, 0.0) == "1 of 4 done, starting m2, 1 more running"


def test_narration_is_printable() -> None:
    state = reduce(JobsState(), job(1, JobState.RUNNING, "a\x1b[2Jb\nc"), None)
    assert narration(state, 0.0).isprintable()


def test_long_work_tells_on_a_terminal_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    outside, inside = os.openpty()
    with os.fdopen(inside, "w") as stderr:
        monkeypatch.setattr(sys, "stderr", stderr)
        monkeypatch.setattr(status_line, "EVERY_S", 0.0)
        with status_line.counted(Wanted(), "links") as told:
            assert told is not None
            told(1500, 3004)
        with status_line.measured(Wanted(), "reading") as told:
            assert told is not None
            told(0, 3 * 10**9)
        with status_line.counted(Wanted(quiet=True), "links") as told:
            assert told is None
        seen = ""
        while "reading" not in seen:  # the kernel may give what was written bit by bit
            seen += os.read(outside, 4096).decode()
    os.close(outside)
    counting, blank, reading, *_ = [part for part in seen.split("\r") if part]
    assert (counting, reading) == ("1,500 of 3,004 links", "reading 0 B of 3.0 GB, 0 B/s")
    assert blank == " " * len(counting) and seen.endswith("\r")  # nothing of it is left


def test_where_stderr_is_no_terminal_nothing_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    with status_line.measured(Wanted(), "reading") as told:
        assert told is None
    assert capfd.readouterr().err == ""


def test_demo_opens_full_screen_with_the_pickle_waiting(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    argv = [sys.executable, "-m", "pumas_tui", "demo", str(folder)]
    env = {**environment(tmp_path), "TERM": "xterm-256color"}
    with Terminal(argv, env=env) as terminal:
        shown = terminal.wait_for("5 models")
        assert "ink-wash-style-xl" in shown
        assert "1 needs you" in terminal.wait_for("1 needs you")
        terminal.send("q")
        assert terminal.wait() == 0


def test_the_first_start_asks_and_a_named_place_is_never_made(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "pumas_tui"]
    env = {**environment(tmp_path), "TERM": "xterm-256color"}
    with Terminal([*argv, "--root", str(tmp_path / "unmounted")], env=env) as terminal:
        assert "unmounted" in terminal.wait_for("error: no library")
        assert terminal.wait() == 6
    assert not (tmp_path / "unmounted").exists()
    with Terminal(argv, env=env) as terminal:
        terminal.wait_for(".local/share/pumas/models")
        terminal.send("\r")
        terminal.wait_for("step 2 of 3")
        terminal.send("q")
        assert terminal.wait() == 0
    assert not (tmp_path / ".local").exists()
    with Terminal(argv, env=env) as terminal:
        terminal.wait_for(".local/share/pumas/models")
        for step in ("step 2 of 3", "step 3 of 3", "is empty"):
            terminal.send("\r")
            terminal.wait_for(step)
        assert (tmp_path / ".local/share/pumas/models/library.json").exists()
        terminal.send("q")
        assert terminal.wait() == 0


def test_a_dumb_terminal_is_told_where_to_go(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "pumas_tui", "--root", str(tmp_path / "none")]
    with Terminal(argv, env={**environment(tmp_path), "TERM": "dumb"}) as terminal:
        said = terminal.wait_for("--help")
        assert "dumb" in said
        assert terminal.wait() == 2


def test_the_first_start_copies_what_is_in_an_app_when_asked_to(tmp_path: Path) -> None:
    app = tmp_path / "ComfyUI"
    (app / "models" / "vae").mkdir(parents=True)
    vae = app / "models" / "vae" / "some-vae.safetensors"
    modelfiles.vae_sd(vae)
    for name in ("main.py", "folder_paths.py"):
        (app / name).write_text("")
    before = snapshot(app)
    env = {**environment(tmp_path), "TERM": "xterm-256color"}
    with Terminal([sys.executable, "-m", "pumas_tui"], env=env) as terminal:
        terminal.wait_for("step 1 of 3")
        terminal.wait_for("type another path")
        for keys, shown in (
            ("\r", "[x] ComfyUI"),
            ("\r", "What now?"),
            ("j", "> Copy it"),
            ("\r", "some-vae"),
        ):
            terminal.send(keys)
            terminal.wait_for(shown)
        terminal.send("q")
        assert terminal.wait() == 0
    [model] = model_dirs(tmp_path / ".local/share/pumas")
    assert (model / vae.name).read_bytes() == vae.read_bytes() and snapshot(app) == before
