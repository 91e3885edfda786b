"""Staging and publishing, broken off at every call: never a partial model, never a harmed source."""

import hashlib
import json
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pumas_tui.core.domain.layout import METADATA, LibraryPaths
from pumas_tui.core.fs import marker, scan, staging
from tests.faults.drive_staging import FILE, MODEL
from tests.faults.harness import Forks, Harness

CONTENT = hashlib.shake_128(b"staging").digest(700_000)  # three buffers
FLOOR = 25
"""Fewer calls than this: the shim does not see the program any more."""


class Bench:
    """A folder with one source and a fresh library for each run."""

    def __init__(self, folder: Path, forks: Forks) -> None:
        self._folder = folder
        self._forks = forks
        self._runs = 0
        self.source = folder / "source.bin"
        self.source.write_bytes(CONTENT)
        self._stat = self.source.stat()

    def library(self) -> LibraryPaths:
        self._runs += 1
        paths = LibraryPaths(str(self._folder / f"library{self._runs}"))
        Path(paths.models).mkdir(parents=True)
        marker.create(paths.models)
        return paths

    def run(self, paths: LibraryPaths, at: int = 0, action: str = "kill") -> int:
        return self._forks.run([paths.root, str(self.source)], at, action)

    def calls(self) -> list[str]:
        """Of a run without fault."""
        assert self.run(self.library()) == 0
        return self._forks.control.calls()

    def check(self, paths: LibraryPaths) -> None:
        """What must hold at any moment: no partial model, the source as it was."""
        for found in scan.model_dirs(paths.models).entries:
            directory = Path(paths.model_dir(found.model_id))
            if found.metadata is None:
                assert list(directory.iterdir()) == [], "a folder that looks like a model"
            else:
                recorded = json.loads((directory / METADATA).read_bytes())["sha256"]
                assert hashlib.sha256((directory / FILE).read_bytes()).hexdigest() == recorded
        now = self.source.stat()
        assert self.source.read_bytes() == CONTENT
        assert (now.st_mtime_ns, now.st_ino) == (self._stat.st_mtime_ns, self._stat.st_ino)

    def recover(self, paths: LibraryPaths) -> None:
        """The next start clears everything, and the import then succeeds."""
        report = staging.sweep(paths)
        assert report.leftovers == ()
        assert scan.names(paths.staging) == ()
        assert [n for n in scan.names(paths.models) if n.endswith(".tmp")] == []
        self.check(paths)
        assert self.run(paths) == 0
        assert scan.names(paths.staging) == ()
        assert (Path(paths.model_dir(MODEL)) / FILE).read_bytes() == CONTENT
        self.check(paths)


@pytest.fixture(scope="module")
def bench(harness: Harness, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("staging")
    with harness.forks("tests.faults.drive_staging", [folder]) as forks:
        yield Bench(folder, forks)


@pytest.mark.parametrize("action", ["kill", "killafter"])
def test_killed_at_every_call(bench: Bench, action: str) -> None:
    calls = bench.calls()
    sys.stdout.write(f"{len(calls)} calls: {' '.join(calls)}\n")
    assert len(calls) > FLOOR
    for n in range(1, len(calls) + 1):
        paths = bench.library()
        assert bench.run(paths, n, action) == -signal.SIGKILL, f"call {n}, {calls[n - 1]}"
        bench.check(paths)
        bench.recover(paths)


@pytest.mark.parametrize("action", ["errno:EIO", "errno:ENOSPC+", "short"])
def test_failing_at_every_call(bench: Bench, action: str) -> None:
    calls = bench.calls()
    for n in range(1, len(calls) + 1):
        paths = bench.library()
        code = bench.run(paths, n, action)
        assert code in (0, 1), f"call {n}, {calls[n - 1]}"
        bench.check(paths)
        published = [e for e in scan.model_dirs(paths.models).entries if e.metadata]
        assert published or code == 1, f"call {n}, {calls[n - 1]}: said to be done, and is not"
        bench.recover(paths)
