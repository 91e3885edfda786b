"""A whole import, broken off at calls all over it: databases, staging, commit, index.

At any moment: no partial model is visible, the source is as it was. After the next start: one model, whole,
in the index; nothing in staging; no job that nobody runs.
"""

import hashlib
import json
import os
import random
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pumas_tui.core.db.index import IndexWriter
from pumas_tui.core.db.jobs import JobStore
from pumas_tui.core.domain.jobs import JobState
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.flows import opening
from tests.faults.harness import Control, Forks, Harness
from tests.support import modelfiles
from tests.support.trees import model_dirs, sha256

POINTS = 100
FLOOR = 120
"""Fewer calls than this: the shim does not see the program any more."""


class Bench:
    """A source and a fresh library for each run."""

    def __init__(self, folder: Path, forks: Forks) -> None:
        self._folder = folder
        self._forks = forks
        self._runs = 0
        self.source = folder / "Model One.safetensors"
        modelfiles.safetensors_file(self.source, {"w": ("F32", [300, 300])})
        self.digest = sha256(self.source)
        self._stat = self.source.stat()

    @property
    def control(self) -> Control:
        """What was counted."""
        return self._forks.control

    def library(self, like: LibraryPaths | None = None) -> LibraryPaths:
        """A fresh one, or a copy of another."""
        self._runs += 1
        folder = self._folder / f"library{self._runs}"
        if like is not None:
            shutil.copytree(like.root, folder)
        return opening.create(str(folder))

    def run(self, paths: LibraryPaths, at: int = 0, action: str = "kill") -> int:
        return self._forks.run([paths.root, str(self.source)], at, action)

    def calls(self) -> list[str]:
        """Of a run without fault."""
        assert self.run(self.library()) == 0
        return self._forks.control.calls()

    def check(self, paths: LibraryPaths) -> None:
        """What must hold at any moment."""
        for directory in model_dirs(Path(paths.root)):
            files = {p.name for p in directory.iterdir()}
            if files:
                stored = json.loads((directory / "metadata.json").read_bytes())["files"]
                assert {f["name"] for f in stored} == files - {"metadata.json"}
                assert [sha256(directory / f["name"]) for f in stored] == [self.digest]
        now = self.source.stat()
        assert sha256(self.source) == self.digest
        assert (now.st_mtime_ns, now.st_ino) == (self._stat.st_mtime_ns, self._stat.st_ino)

    def recover(self, paths: LibraryPaths) -> None:
        """The next start tidies up and the import succeeds."""
        assert self.run(paths) == 0
        self.check(paths)
        assert list(Path(paths.staging).iterdir()) == []
        [model] = model_dirs(Path(paths.root))
        index = IndexWriter(paths.index_db)
        assert list(index.known()) == [str(model.relative_to(paths.models))]
        index.close()
        jobs = JobStore(paths.registry_db)
        assert {job.state for job in jobs.list()} <= {JobState.DONE, JobState.FAILED}
        jobs.close()


@pytest.fixture(scope="module")
def bench(harness: Harness, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("import")
    with harness.forks("tests.faults.drive_import", [folder]) as forks:
        yield Bench(folder, forks)


def chosen(calls: list[str], seed: str, most: int = POINTS) -> list[int]:
    """First and last call, the first of each kind, random ones: `most` in all. PUMAS_FAULTS=all: each."""
    every = range(1, len(calls) + 1)
    if os.environ.get("PUMAS_FAULTS") == "all":
        return list(every)
    firsts = {calls.index(kind) + 1 for kind in set(calls)}
    points = firsts | {1, len(calls)}
    rest = [n for n in every if n not in points]
    chance = random.Random(hashlib.sha256(seed.encode()).digest())
    return sorted(points | set(chance.sample(rest, max(0, min(len(rest), most - len(points))))))


@pytest.mark.parametrize("action", ["kill", "killafter"])
def test_killed(bench: Bench, action: str) -> None:
    calls = bench.calls()
    points = chosen(calls, action)
    sys.stdout.write(f"{len(calls)} calls, {len(points)} points\n")
    assert len(calls) > FLOOR
    for n in points:
        paths = bench.library()
        # Calls shift a little from run to run (SQLite's locks): the last points may come after the end.
        code = bench.run(paths, n, action)
        assert code in (-signal.SIGKILL, 0), f"call {n}, {calls[n - 1]}: exit {code}"
        bench.check(paths)
        bench.recover(paths)


@pytest.fixture(scope="module")
def half_way(bench: Bench) -> LibraryPaths:
    """A library whose import was killed in the middle of the copy."""
    calls = bench.calls()
    for n in (n for n, name in enumerate(calls, 1) if name == "write"):
        paths = bench.library()
        bench.run(paths, n, "killafter")
        if 0 < staged_bytes(paths) < bench.source.stat().st_size:
            return paths
    raise AssertionError("no write leaves half a copy")


def staged_bytes(paths: LibraryPaths) -> int:
    """Bytes of weights in staging."""
    return sum(p.stat().st_size for p in Path(paths.staging).glob("*/*.safetensors"))


@pytest.mark.parametrize("action", ["kill", "killafter", "errno:ENOSPC+", "short"])
def test_broken_off_while_it_goes_on(bench: Bench, half_way: LibraryPaths, action: str) -> None:
    """The import that goes on with half a copy is broken off in its turn."""
    assert bench.run(bench.library(half_way)) == 0
    calls = bench.control.calls()
    assert len(calls) > FLOOR
    for n in chosen(calls, f"resumed {action}"):
        paths = bench.library(half_way)
        code = bench.run(paths, n, action)
        assert code in (-signal.SIGKILL, 0, 1), f"call {n}, {calls[n - 1]}: exit {code}"
        bench.check(paths)
        bench.recover(paths)


@pytest.mark.parametrize("action", ["errno:EIO", "errno:ENOSPC+", "short"])
def test_failing(bench: Bench, action: str) -> None:
    calls = bench.calls()
    for n in chosen(calls, action):
        paths = bench.library()
        code = bench.run(paths, n, action)
        assert code in (0, 1), f"call {n}, {calls[n - 1]}: exit {code}"
        bench.check(paths)
        whole = [d for d in model_dirs(Path(paths.root)) if any(d.iterdir())]
        assert whole or code == 1, f"call {n}, {calls[n - 1]}: said to be done, and is not"
        bench.recover(paths)
