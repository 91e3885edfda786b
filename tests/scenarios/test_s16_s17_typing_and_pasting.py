"""S16: only the last query's results are shown. S17: 500 pasted paths are all queued and nothing waits."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from textual import events

from tests.support import modelfiles
from tests.tui.conftest import Start, filled, filled_once, shown, start, until

__all__ = ["filled", "filled_once", "start"]  # fixtures of the driven program

COUNT = 500
_WATCHED = {"open", "os.scandir", "os.listdir", "os.mkdir", "os.rename", "os.remove", "sqlite3.connect"}
_watch: list[tuple[int, list[str]]] = []


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _watch and event in _WATCHED and threading.get_ident() == _watch[0][0] and not _importing():
        _watch[0][1].append(f"{event} {arguments[:1]}")


def _importing() -> bool:
    """The program's own code is read when it is first wanted, by whichever thread wants it."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and not frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    return frame is not None


sys.addaudithook(_hook)  # cannot be taken away again: does nothing unless a block watches


@contextmanager
def disk_calls_of_this_thread() -> Iterator[list[str]]:
    """Files, folders and databases that the event loop's own thread opens or changes in the block."""
    calls: list[str] = []
    _watch.append((threading.get_ident(), calls))
    try:
        yield calls
    finally:
        _watch.clear()


async def test_s16_typing_llama_fast_shows_only_its_results(filled: Path, start: Start) -> None:
    async with start(filled) as (app, pilot):
        await until(pilot, lambda: "6 models" in shown(app))
        await pilot.press("slash", *"LLAMA")
        await until(pilot, lambda: "1 of 6" in shown(app))
        for _ in range(10):  # whatever late answers there are have come by now
            await pilot.pause(0.02)
            assert "1 of 6" in shown(app)
            assert "tiny-llama" in shown(app).lower()


async def test_s17_pasting_500_paths_queues_each_and_never_blocks(tmp_path: Path, start: Start) -> None:
    inbox, root = tmp_path / "inbox", tmp_path / "library"
    inbox.mkdir()
    paths = [inbox / f"model number {n}.safetensors" for n in range(COUNT)]
    for n, path in enumerate(paths):
        modelfiles.safetensors_file(path, {"w": ("U8", [n + 1])})
    async with start(root) as (app, pilot):
        with disk_calls_of_this_thread() as calls:
            app.post_message(events.Paste("\r".join(f"'{p}'" for p in paths)))
            await until(pilot, lambda: f"{COUNT} paths pasted" in shown(app), 60)
            assert f"{COUNT} models understood" in shown(app)
            await pilot.pause(0.3)  # a dialog takes no keys in its first moments
            await pilot.press("enter")
            await until(pilot, lambda: len(app.bridge.state.jobs) == COUNT, 60)
        assert calls == []
        assert app.library is not None
        rows = await app.library.jobs.list()
        assert sorted(s for view in rows for s in view.job.payload["sources"]) == sorted(map(str, paths))


@pytest.mark.parametrize("width", [80, 40])
async def test_s17_the_sheet_fits(tmp_path: Path, start: Start, width: int) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    paths = [inbox / f"m{n}.safetensors" for n in range(30)]
    for n, path in enumerate(paths):
        modelfiles.safetensors_file(path, {"w": ("U8", [n + 1])})
    async with start(tmp_path / "library", (width, 24)) as (app, pilot):
        app.post_message(events.Paste("\n".join(map(str, paths))))
        await until(pilot, lambda: "30 paths pasted" in shown(app))
        assert "esc" in shown(app)
