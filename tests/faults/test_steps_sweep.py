"""Steps broken off at every call: nothing of the user's is lost at any moment, the next run finishes them."""

import json
import signal
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from pumas_tui.core.domain import fingerprints
from pumas_tui.core.domain.operations import Step, StepKind
from pumas_tui.core.fs import steps
from tests.faults.harness import Forks, Harness
from tests.support.entries import tree

FLOOR = 30
"""Fewer calls than this: the shim does not see the program any more."""
OP = "11111111-2222-4333-8444-555555555555"
THEIRS = {b"their file", b"their other file", b"in their folder"}


class Bench:
    """An app's folder with links and files, and steps that change all of them; fresh for each run."""

    def __init__(self, folder: Path, forks: Forks) -> None:
        self._folder = folder
        self._forks = forks
        self._runs = 0

    def fresh(self) -> Path:
        self._runs += 1
        top = self._folder / f"run{self._runs}"
        app, models = top / "app", top / "models"
        for folder in (app / "empty", app / "theirs", models):
            folder.mkdir(parents=True)
        (models / "m").write_bytes(b"weights")
        (models / "linked").write_bytes(b"weights of a hard link")
        (app / "file").write_bytes(b"their file")
        (app / "other").write_bytes(b"their other file")
        (app / "theirs" / "inside").write_bytes(b"in their folder")
        (app / "old").symlink_to("../models/old")
        (app / "stale").symlink_to("../models/stale")
        (app / "hard").hardlink_to(models / "linked")
        (top / "steps.json").write_text(json.dumps([asdict(step) for step in self._steps(app, models)]))
        return top

    @staticmethod
    def _steps(app: Path, models: Path) -> list[Step]:
        def step(kind: StepKind, name: str, want: str, **detail: object) -> Step:
            return Step(0, kind, f"{app}/{name}", want, steps.look(f"{app}/{name}"), detail=detail)

        weights = fingerprints.file(0, 0, (models / "m").stat().st_ino)
        hard = {"source": f"{models}/linked", "row": {"kind": "hard"}}
        link = Step(0, StepKind.LINK, f"{app}/file", "link:../models/m", "absent")
        return [
            step(StepKind.MAKE_DIR, "new", "dir:0"),
            step(StepKind.LINK, "new/link", "link:../../models/m"),
            step(StepKind.LINK, "old", "link:../models/m"),
            step(StepKind.HARD_LINK, "fresh", weights, source=f"{models}/m"),
            step(StepKind.UNLINK, "stale", "absent"),
            step(StepKind.UNLINK, "hard", "absent", **hard),
            step(StepKind.MOVE, "file", "absent", to=f"{app}/.pumas-trash/{OP}/file", why="trash"),
            link,
            step(StepKind.MOVE, "theirs", "absent", to=f"{app}/.pumas-trash/{OP}/theirs", why="trash"),
            step(StepKind.MOVE, "other", "absent", to=f"{app}/other.old", why="rename"),
            step(StepKind.REMOVE_DIR, "empty", "absent"),
        ]

    def run(self, top: Path, at: int = 0, action: str = "kill") -> int:
        return self._forks.run([f"{top}/steps.json", f"{top}/app/.pumas-trash/{OP}"], at, action)

    def calls(self) -> list[str]:
        """Of a run without fault."""
        assert self.run(self.fresh()) == 0
        return self._forks.control.calls()

    def check(self, top: Path) -> None:
        """What must hold at any moment: every byte of the user's and of the library's is somewhere."""
        contents = {facts[3].encode("latin-1") for facts in tree(top).values()}
        assert contents >= THEIRS
        assert (top / "models" / "m").read_bytes() == b"weights"
        assert (top / "models" / "linked").read_bytes() == b"weights of a hard link"

    def finish(self, top: Path) -> None:
        """The next run makes the rest true; nothing is left beside."""
        assert self.run(top) == 0
        self.check(top)
        app = top / "app"
        names = {path.removeprefix(f"{app}/") for path in tree(app)}
        assert names == {
            "new", "new/link", "old", "fresh", "file", "other.old", ".pumas-trash", f".pumas-trash/{OP}",
            f".pumas-trash/{OP}.json", f".pumas-trash/{OP}/file", f".pumas-trash/{OP}/theirs",
            f".pumas-trash/{OP}/theirs/inside",
        }  # fmt: skip
        for name in ("new/link", "old", "file", "fresh"):
            assert (app / name).read_bytes() == b"weights", name
        assert (top / "models" / "linked").stat().st_nlink == 1


@pytest.fixture(scope="module")
def bench(harness: Harness, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("steps")
    with harness.forks("tests.faults.drive_steps", [folder]) as forks:
        yield Bench(folder, forks)


@pytest.mark.parametrize("action", ["kill", "killafter"])
def test_killed(bench: Bench, action: str) -> None:
    calls = bench.calls()
    sys.stdout.write(f"{len(calls)} calls\n")
    assert len(calls) > FLOOR
    for n, name in enumerate(calls, 1):
        top = bench.fresh()
        assert bench.run(top, n, action) in (-signal.SIGKILL, 0), f"call {n}, {name}"
        bench.check(top)
        bench.finish(top)


@pytest.mark.parametrize("action", ["errno:EIO", "errno:ENOSPC+", "errno:EROFS+", "errno:EINVAL"])
def test_failing(bench: Bench, action: str) -> None:
    """A failure is said, and what follows from it; a call that one disk refuses may have another way."""
    for n, name in enumerate(bench.calls(), 1):
        top = bench.fresh()
        code = bench.run(top, n, action)
        assert code in ((0, 1, 2) if action == "errno:EINVAL" else (1, 2)), f"call {n}, {name}: exit {code}"
        bench.check(top)
        bench.finish(top)
