"""The Import screen on a real library: paste, answer, steer; what the list, the detail and the keys do."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from pumas_tui.core.domain.jobs import JobsState, JobState, Need, NeedKind
from pumas_tui.core.library import Library, OpenOptions, RunJobs
from pumas_tui.tui.app import PumasApp
from pumas_tui.tui.modals.dialog import GRACE_S, Dialog
from pumas_tui.tui.screens.imports import ImportsScreen
from tests.support import modelfiles
from tests.support.imports import GB, Host, job, state_of

PICKLE = Need(NeedKind.PICKLE, ("accept", "refuse"), {"name": "a", "sources": ["/mnt/nas/a.ckpt"]})
BAD_DISK = {"code": "disk", "message": "/mnt/nas/bad.x: input/output error", "path": "/mnt/nas/bad.x"}


class Session:
    """A running program: keys, what is on the screen, and waiting for it."""

    def __init__(self, app: Any, pilot: Pilot[Any], library: Library) -> None:
        self.app, self.pilot, self.library = app, pilot, library

    def text(self) -> str:
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def until(self, there: str | Callable[[str], bool]) -> str:
        """Wait until a text is on the screen; fails with the screen after ten seconds."""
        wanted = (lambda text: there in text) if isinstance(there, str) else there
        for _ in range(200):
            if wanted(self.text()):
                return self.text()
            await self.pilot.pause(0.05)
        raise AssertionError(f"{there!r} did not show up on:\n{self.text()}")

    async def dialog(self, title: str) -> str:
        """Wait for a dialog and for its first moment to pass."""
        seen = await self.until(title)
        assert self.app.screen.query(Dialog)
        await self.pilot.pause(GRACE_S + 0.05)
        return seen

    async def paste(self, *paths: str) -> None:
        await self.app.pasted("\n".join(paths))
        await self.dialog("pasted")
        await self.press("enter", "2")
        await self.until("Import queue")

    @property
    def screen(self) -> ImportsScreen:
        screen = self.app.screen
        assert isinstance(screen, ImportsScreen)
        return screen


@asynccontextmanager
async def program(root: Path, size: tuple[int, int] = (120, 40), **options: Any) -> AsyncIterator[Session]:
    """The whole program on a library of its own."""
    async with Library.open(OpenOptions(root=str(root), create=True, **options)) as library:

        async def opened() -> Library:
            return library

        app = PumasApp(opened(), gap_s=0, readonly=library.readonly)
        async with app.run_test(size=size) as pilot:
            session = Session(app, pilot, library)
            await session.until("1 Lib")
            yield session


@asynccontextmanager
async def shown(
    root: Path, state: JobsState, size: tuple[int, int] = (120, 40), **frame: Any
) -> AsyncIterator[Session]:
    """The Import screen alone with jobs of any state, over a library that runs nothing."""
    async with Library.open(OpenOptions(root=str(root), create=True, run_jobs=RunJobs.NONE)) as library:
        screen = ImportsScreen(library, **frame)
        app = Host(screen)
        async with app.run_test(size=size) as pilot:
            screen.jobs = state
            await pilot.pause()
            yield Session(app, pilot, library)


def metadata(root: Path) -> list[dict[str, Any]]:
    found = sorted((root / "models").glob("*/*/*/metadata.json"))
    return [json.loads(path.read_text()) for path in found]


async def test_a_pasted_pickle_waits_until_it_is_acknowledged(tmp_path: Path) -> None:
    path = modelfiles.pickle_zip(tmp_path / "in" / "dreamshaper_8.ckpt")
    async with program(tmp_path / "lib", (80, 24)) as session:
        await session.paste(path)
        seen = await session.until("NEED YOU (1)")
        assert "dreamshaper_8.ckpt" in seen and "PICKLE, scan: no finding" in seen
        assert "d takes it off the queue" in seen
        await session.press("exclamation_mark")
        await session.dialog("dreamshaper_8.ckpt can run code")
        await session.press("enter")
        await session.until("Tick the box first (space)")
        assert metadata(tmp_path / "lib") == []
        await session.press("space", "enter")
        await session.until("DONE TODAY (1)")
        await session.press("1", "enter")
        await session.until("Scan     no code found by opcode check")
    [model] = metadata(tmp_path / "lib")
    assert model["security_tier"] == "pickle" and model["acknowledged"]["by"]


async def test_a_pickle_that_is_kept_out_never_gets_in(tmp_path: Path) -> None:
    path = modelfiles.pickle_zip(tmp_path / "in" / "bad.pt")
    async with program(tmp_path / "lib") as session:
        await session.paste(path)
        await session.until("NEED YOU (1)")
        await session.press("enter")
        await session.dialog("bad.pt can run code")
        await session.press("n")
        await session.until("Kept out: bad.pt.")
        await session.until("cancelled")
    assert metadata(tmp_path / "lib") == []
    assert Path(path).exists()


async def test_a_missing_part_can_arrive_later(tmp_path: Path) -> None:
    def part(n: int) -> str:
        path = tmp_path / "in" / f"llama-3-70b-{n:05}-of-00003.safetensors"
        return modelfiles.safetensors_file(path, {f"model.layers.{n}.mlp.up_proj.weight": ("F32", [n, 4])})

    paths = [part(1), part(3)]
    async with program(tmp_path / "lib") as session:
        await session.paste(*paths)
        await session.until("part 2 of 3 is not among the paths")
        await session.press("enter")
        await session.dialog("2 of 3 parts")
        await session.press("r")
        await session.until("Nothing new beside the other parts")
        part(2)
        await session.press("enter")
        await session.dialog("2 of 3 parts")
        await session.press("r")
        await session.until("More parts are there")
        await session.until("DONE TODAY (1)")
        await session.until("NEED YOU (0)")
    [model] = metadata(tmp_path / "lib")
    assert len(model["files"]) == 3


async def test_the_same_content_again_is_asked_about_and_skipped(tmp_path: Path) -> None:
    first = modelfiles.vae_sd(tmp_path / "in" / "vae.safetensors")
    second = modelfiles.vae_sd(tmp_path / "in" / "same-vae.safetensors")
    async with program(tmp_path / "lib") as session:
        await session.paste(first)
        await session.until("DONE TODAY (1)")
        await session.press("1")
        await session.paste(second)
        await session.until("same content as vae")
        await session.press("g", "enter")
        await session.dialog("same-vae.safetensors is already here")
        await session.press("enter")
        await session.until("Skipped: same-vae.safetensors.")
        await session.until("already here as")
    [model] = metadata(tmp_path / "lib")
    assert second in model["import"]["other_sources"]


async def test_a_failed_import_says_why_and_can_be_tried_again_or_dropped(tmp_path: Path) -> None:
    path = modelfiles.pickle_zip(tmp_path / "in" / "gone.ckpt")
    async with program(tmp_path / "lib") as session:
        await session.paste(path)
        await session.until("NEED YOU (1)")
        Path(path).rename(tmp_path / "away")
        await session.press("enter")
        await session.dialog("gone.ckpt can run code")
        await session.press("space", "enter")
        await session.until("FAILED (1)")
        assert str(path) in session.text()
        (tmp_path / "away").rename(path)
        await session.press("r")
        await session.until("DONE TODAY (1)")
        await session.press("d")
        await session.until("Off the queue: 1 import. No file was touched.")
        await session.until("Paste paths of model files, here or on any screen.")
    assert len(metadata(tmp_path / "lib")) == 1


async def test_a_typed_path_is_completed_and_inspected_like_a_paste(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    modelfiles.vae_sd(tmp_path / "inbox" / "ae one.safetensors")
    modelfiles.vae_sd(tmp_path / "inbox" / "ae two.safetensors", mark=b"2")
    async with program(tmp_path / "lib", (80, 24)) as session:
        await session.press("2", "i", *"./inb", "tab")
        await session.until("inbox/")
        await session.press("tab")
        await session.until("ae one.safetensors  ae two.safetensors")
        await session.press("t", "tab")
        await session.until("ae two.safetensors")
        await session.press("enter")
        await session.dialog("1 path pasted")
        await session.press("enter")
        await session.until("DONE TODAY (1)")


async def test_waiting_jobs_pause_go_on_come_first_and_are_cancelled(tmp_path: Path) -> None:
    paths = [modelfiles.vae_sd(tmp_path / "in" / f"vae{n}.safetensors", mark=bytes([n])) for n in range(3)]
    async with program(tmp_path / "lib", run_jobs=RunJobs.NONE) as session:
        await session.paste(*paths)
        await session.until("WAITING (3)")
        await session.press("p")
        await session.until("Paused 1 import.")
        await session.until("p  go on")
        await session.press("p")
        await session.until(lambda text: "p  go on" not in text)
        await session.press("j", "j", "t")
        await session.until("Next in line: 1 import.")
        await session.until(lambda text: text.index("vae2") < text.index("vae0"))
        await session.press("a", "c")
        await session.until("Cancelled 3 imports.")
        await session.until("DONE TODAY (3)")


async def test_stopping_a_running_copy_asks_first(tmp_path: Path) -> None:
    async with shown(tmp_path / "lib", state_of(job(1, "llama.safetensors", JobState.RUNNING))) as session:
        await session.press("c")
        await session.dialog("Stop copying llama.safetensors (0%)?")
        await session.press("escape")
        await session.until("Nothing was stopped.")
        await session.press("c")
        await session.dialog("Stop copying")
        await session.press("x")
        await session.until("Stopping 1 import. Originals are not touched.")
        await session.press("d")
        await session.until("d is off: this import is running; c cancels it")


async def test_an_empty_queue_teaches(tmp_path: Path) -> None:
    for size in ((80, 24), (40, 10)):
        async with shown(tmp_path / "lib", JobsState(), size) as session:
            assert "Paste paths of model files" in session.text()
            assert "empty" in session.text()


def many() -> JobsState:
    return state_of(
        job(1, "ask.ckpt", JobState.NEEDS_YOU, needs=(PICKLE,)),
        job(2, "ask2.ckpt", JobState.NEEDS_YOU, needs=(PICKLE,)),
        job(3, "bad.x", JobState.FAILED, error=BAD_DISK),
        *[job(n, f"wait-{n}.x", JobState.WAITING) for n in range(10, 80)],
        *[job(n, f"done-{n}.x", JobState.DONE, ended_at=float(n)) for n in range(100, 110)],
    )


def current(session: Session) -> str:
    row = next(line for line in session.text().splitlines() if line.startswith(" >"))
    return row.split()[1] if row.split()[1] != "!" else row.split()[2]


async def test_the_cursor_passes_over_headings_and_reaches_both_ends(tmp_path: Path) -> None:
    async with shown(tmp_path / "lib", many(), (80, 24)) as session:
        names = []
        for key in ("j", "j", "j", "k", "G", "g"):
            names.append(current(session))
            await session.press(key)
        assert names == ["ask.ckpt", "ask2.ckpt", "bad.x", "wait-10.x", "bad.x", "5"]
        assert current(session) == "ask.ckpt"
        assert "NEED YOU (2)" in session.text()


async def test_enter_lists_the_rows_that_were_folded(tmp_path: Path) -> None:
    async with shown(tmp_path / "lib", many(), (80, 60)) as session:
        await session.press("G")
        assert "5 more, enter shows them" in session.text()
        await session.press("enter", "G")
        assert current(session) == "done-100.x"


async def test_the_cursor_stays_on_its_job_while_others_come_and_go(tmp_path: Path) -> None:
    async with shown(tmp_path / "lib", many(), (80, 24)) as session:
        await session.press("j", "j", "j")
        assert current(session) == "wait-10.x"
        left = [view.job for number, view in many().jobs.items() if number > 3]
        session.screen.jobs = state_of(*left)
        await session.pilot.pause()
        assert current(session) == "wait-10.x"


async def test_marked_pickles_are_one_question(tmp_path: Path) -> None:
    async with shown(tmp_path / "lib", many()) as session:
        await session.press("space", "space", "exclamation_mark")
        seen = await session.dialog("2 pickle files")
        assert "ask.ckpt" in seen and "ask2.ckpt" in seen and "2 marked" in seen
        await session.press("escape")
        await session.until("Nothing decided: 2 pickle files.")
        await session.press("escape")
        assert "2 marked" not in session.text()


async def test_the_pickle_key_goes_to_the_first_pickle_from_anywhere(tmp_path: Path) -> None:
    async with shown(tmp_path / "lib", many()) as session:
        await session.press("G", "exclamation_mark")
        await session.dialog("ask.ckpt can run code")


async def test_a_range_and_all_can_be_marked(tmp_path: Path) -> None:
    async with shown(tmp_path / "lib", many()) as session:
        await session.press("v", "j", "j", "v")
        await session.until("3 marked")
        await session.press("a")
        await session.until(lambda text: "marked" not in text)
        await session.press("a")
        await session.until("58 marked")


async def test_enter_opens_the_detail_in_a_small_window_and_esc_closes_it(tmp_path: Path) -> None:
    async with shown(tmp_path / "lib", many(), (80, 24)) as session:
        await session.press("j", "j")
        await session.until("input/output error")
        assert "From " not in session.text()
        await session.press("enter")
        seen = await session.until("From     /mnt/nas/bad.x")
        assert "Keys     r tries again" in seen
        await session.press("escape")
        assert "From " not in session.text()


async def test_keys_that_do_not_fit_say_why(tmp_path: Path) -> None:
    async with shown(tmp_path / "lib", state_of(job(1, "done.x", JobState.DONE))) as session:
        for key, said in (
            ("exclamation_mark", "! is off: no pickle file waits for an answer"),
            ("p", "p: nothing to pause"),
            ("c", "c: nothing here to cancel"),
            ("t", "t: nothing here waits"),
            ("r", "r: nothing here has failed"),
        ):
            await session.press(key)
            await session.until(said)


async def test_a_read_only_session_changes_nothing(tmp_path: Path) -> None:
    async with shown(tmp_path / "lib", many(), readonly=True) as session:
        for key in ("exclamation_mark", "p", "c", "t", "d", "r", "enter"):
            await session.press(key)
            assert not session.app.screen.query(Dialog)


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 18), (40, 10)])
async def test_nothing_sticks_out_at_any_size(tmp_path: Path, size: tuple[int, int]) -> None:
    state = state_of(
        *[view.job for view in many().jobs.values()],
        job(200, "x" * 255 + ".ckpt", JobState.NEEDS_YOU, needs=(PICKLE,), size=131 * GB),
    )
    async with shown(tmp_path / "lib", state, size) as session:
        lines = session.text().splitlines()
        assert len(lines) == size[1] and max(map(len, lines)) <= size[0]
        assert "NEED YOU (3)" in session.text() and "PICKLE" in session.text()
        assert "?" in lines[-1]
