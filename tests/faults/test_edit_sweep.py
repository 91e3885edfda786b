"""Edits broken off at calls all over them: a file says what it said before or what it should, never less.

After the next start: nothing half done in the journal, no temporary file, the index says what the file says.
"""

import json
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.synthetic import make_library
from pumas_tui.core.db.index import IndexWriter
from pumas_tui.core.db.journal import Journal
from pumas_tui.core.domain import metadata as metadata_format
from pumas_tui.core.flows import opening
from pumas_tui.core.fs import space
from tests.faults.drive_edit import NOTES, RANGE
from tests.faults.harness import Forks, Harness
from tests.faults.test_import_sweep import chosen
from tests.support.trees import model_dirs, sha256

POINTS = 50
FLOOR = 60
"""Fewer calls than this: the shim does not see the program any more."""


class Bench:
    """A library of one model, copied for each run."""

    def __init__(self, folder: Path, forks: Forks) -> None:
        self._folder = folder
        self._forks = forks
        self._runs = 0
        self._original = folder / "original"
        opening.create(str(self._original))
        make_library(self._original, 1)
        opening.open_library(str(self._original), "/nonexistent").close()  # builds the index
        [model] = model_dirs(self._original)
        self._before = (model / "metadata.json").read_bytes()
        self._weights = {path.name: sha256(path) for path in model.glob("*.safetensors")}

    def library(self) -> Path:
        self._runs += 1
        root = self._folder / f"library{self._runs}"
        shutil.copytree(self._original, root)
        return root

    def run(self, root: Path, at: int = 0, action: str = "kill") -> int:
        return self._forks.run([str(root)], at, action)

    def calls(self) -> list[str]:
        """Of a run without fault."""
        assert self.run(self.library()) == 0
        return self._forks.control.calls()

    def check(self, root: Path) -> tuple[bool, bool]:
        """What must hold at any moment; whether the fields are edited, and whether the range is."""
        [model] = model_dirs(root)
        raw = (model / "metadata.json").read_bytes()
        meta = metadata_format.parse(raw)
        edited = raw != self._before
        assert not edited or (meta.notes, meta.tags) == (NOTES, ["t"])
        limits = model / "overrides.json"
        limited = limits.exists()
        assert not limited or json.loads(limits.read_bytes()) == {"version_ranges": {"comfyui": RANGE}}
        assert {path.name: sha256(path) for path in model.glob("*.safetensors")} == self._weights
        return edited, limited

    def recover(self, root: Path) -> None:
        """The next start settles what was cut off, and the edits succeed."""
        assert self.run(root) == 0
        assert self.check(root) == (True, True)
        [model] = model_dirs(root)
        assert not [path for path in model.iterdir() if path.name.endswith(".tmp")]
        index, journal = IndexWriter(f"{root}/models/models.db"), Journal(f"{root}/registry.db", str(root))
        stamp = (model / "metadata.json").stat()
        assert [(s.mtime_ns, s.ino) for s in index.known().values()] == [(stamp.st_mtime_ns, stamp.st_ino)]
        assert journal.unfinished(space.host_name()) == []
        index.close()
        journal.close()


@pytest.fixture(scope="module")
def bench(harness: Harness, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("edit")
    with harness.forks("tests.faults.drive_edit", [folder]) as forks:
        yield Bench(folder, forks)


@pytest.mark.parametrize("action", ["kill", "killafter"])
def test_killed(bench: Bench, action: str) -> None:
    calls = bench.calls()
    points = chosen(calls, action, POINTS)
    sys.stdout.write(f"{len(calls)} calls, {len(points)} points\n")
    assert len(calls) > FLOOR
    for n in points:
        root = bench.library()
        code = bench.run(root, n, action)
        assert code in (-signal.SIGKILL, 0), f"call {n}, {calls[n - 1]}: exit {code}"
        bench.check(root)
        bench.recover(root)


@pytest.mark.parametrize("action", ["errno:EIO", "errno:ENOSPC+", "short"])
def test_failing(bench: Bench, action: str) -> None:
    calls = bench.calls()
    for n in chosen(calls, action, POINTS):
        root = bench.library()
        code = bench.run(root, n, action)
        assert code in (0, 1), f"call {n}, {calls[n - 1]}: exit {code}"
        edited, limited = bench.check(root)
        assert (edited and limited) or code == 1, f"call {n}, {calls[n - 1]}: said to be done, and is not"
        bench.recover(root)
