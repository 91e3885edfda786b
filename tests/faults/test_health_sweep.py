"""Repairs, moves of an app and of the library, and a forgotten app, broken off at calls all over them; and
taking all but the first back.

A library, and beside it an app with a link to each of its models and a file of its user. At any moment: the
models are whole, the user's file is as it was, and links are the only thing that changes. After the next
start the change is done, each link on disk leads to its model and is on record, nothing is left over.
"""

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pumas_tui.core.db.journal import Journal
from pumas_tui.core.db.registry import Registry
from pumas_tui.core.flows import opening
from pumas_tui.core.fs import space
from tests.faults.drive_health import OLD, SOURCES
from tests.faults.harness import Forks, Harness
from tests.faults.test_import_sweep import chosen
from tests.support import modelfiles
from tests.support.apps import comfyui
from tests.support.trees import snapshot

POINTS = 8
FLOOR = 30
"""Fewer calls than this: the shim does not see the program any more."""
NEW = "deep/down/ComfyUI"
MINE = "loras/mine.safetensors"
ALL = [f"loras/{name}.safetensors" for name in SOURCES]
MOVED = "moved/library"
FIRST = ("heal", "relocate", "relocate root", "remove", "forget")
CHANGES = (*FIRST, *(f"undo {change}" for change in FIRST[1:]))


class Bench:
    """A library and an app beside it, made once for each change, put into one place for each run: of the app
    the history names whole paths."""

    def __init__(self, folder: Path, forks: Forks) -> None:
        self._saved = folder / "saved"
        self._forks = forks
        self.place = folder / "place"
        self.root = self.place / "library"
        self.models: dict[str, str] = {}

    def ready(self, change: str) -> None:
        """The state before the change."""
        saved = self._saved / change
        if not saved.is_dir():
            self._make(change)
            shutil.copytree(self.place, saved, symlinks=True)
        shutil.rmtree(self.place)
        shutil.copytree(saved, self.place, symlinks=True)
        self.root = self.place / (MOVED if change.endswith("root") else "library")
        self.models = self._weights()

    def _make(self, change: str) -> None:
        shutil.rmtree(self.place, ignore_errors=True)
        self.root = self.place / "library"
        opening.create(str(self.root))
        for n, name in enumerate(SOURCES):
            modelfiles.lora_sdxl(self.place / f"{name}.safetensors", mark=b"%d" % n)
        (comfyui(self.place / OLD) / MINE).write_bytes(b"mine")
        for folder in (NEW, MOVED):
            (self.place / folder).parent.mkdir(parents=True)
        assert self.run("prepare") == 0
        if change == "heal":
            self._damage(self.place / OLD / "models")
        if change.endswith("forget"):
            (self.place / OLD).rename(self.place / "away")
        if change.endswith("relocate"):
            (self.place / OLD).rename(self.place / NEW)
        if change.endswith("root"):
            self.root = self.root.rename(self.place / MOVED)
        if change.startswith("undo"):
            assert self.run(change.removeprefix("undo ")) == 0

    def _damage(self, models: Path) -> None:
        """A link is gone, a model has another folder, a link is on no record, and a model with its link's."""
        (models / ALL[0]).unlink()
        [moved] = self.root.glob("models/*/*/m1")
        moved.rename(moved.with_name("elsewhere"))
        (models / "vae/orphan.safetensors").symlink_to(os.readlink(models / ALL[2]))
        [gone] = self.root.glob("models/*/*/m3")
        gone.rename(self.place / "m3")

    def run(self, change: str, at: int = 0, action: str = "kill") -> int:
        drive = change.replace("forget", "remove")
        app = NEW if change.endswith("relocate") else OLD
        return self._forks.run([str(self.root), str(self.place / app), drive], at, action)

    def calls(self, change: str) -> list[str]:
        """Of a run without fault."""
        self.ready(change)
        assert self.run(change) == 0
        calls = self._forks.control.calls()
        self.finished(change)
        return calls

    def _weights(self) -> dict[str, str]:
        found = snapshot(self.root / "models")
        return {name: text for name, text in found.items() if name.endswith(".safetensors")}

    def check(self) -> None:
        """What holds at any moment."""
        assert self._weights() == self.models
        for app in (self.place / OLD, self.place / NEW, self.place / "away"):
            if app.is_dir():
                files = [p for p in app.rglob("*.safetensors") if not p.is_symlink()]
                assert [p.read_bytes() for p in files] == [b"mine"]

    def finished(self, change: str, *, disk_failed: bool = False) -> None:
        """The next start settles what was cut off, and the change is done.

        Where the disk failed once, taking back again may tell of what was taken back already.
        """
        again = self.run(change)
        assert again == 0 or (again == 1 and disk_failed and change.startswith("undo"))
        self.check()
        registry = Registry(f"{self.root}/registry.db", str(self.root))
        known, apps = sorted(link.target for link in registry.links()), registry.apps()
        registry.close()
        assert known == _known(change)
        assert [app.base for app in apps] == _bases(self.place, change)
        for app in (self.place / OLD / "models", self.place / NEW / "models", self.place / "away/models"):
            there = sorted(p.relative_to(app).as_posix() for p in app.rglob("*") if p.is_symlink())
            assert not app.is_dir() or there == (ALL if change == "forget" else known)
            assert (
                app.name == "away"
                or "forget" in change
                or all((app / link).is_file() == ("undo relocate" not in change) for link in there)
            )
        journal = Journal(f"{self.root}/registry.db", str(self.root))
        assert journal.unfinished(space.host_name()) == []
        journal.close()
        left = [path for path in self.place.rglob("*") if path.name.endswith((".tmp", ".pumas-try"))]
        assert not [path for path in left if not disk_failed or path.suffix == ".tmp" or path.stat().st_size]


def _known(change: str) -> list[str]:
    """Links on record after the change."""
    if change == "heal":
        return [*ALL[:3], "vae/orphan.safetensors"]
    return [] if change in ("remove", "forget") else ALL


def _bases(place: Path, change: str) -> list[str]:
    """Where apps are on record after the change."""
    if change in ("remove", "forget"):
        return []
    return [str(place / (NEW if change == "relocate" else OLD) / "models")]


@pytest.fixture(scope="module")
def bench(harness: Harness, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("health")
    with harness.forks("tests.faults.drive_health", [folder]) as forks:
        yield Bench(folder, forks)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("action", ["kill", "killafter"])
def test_killed(bench: Bench, change: str, action: str) -> None:
    calls = bench.calls(change)
    points = chosen(calls, action, POINTS)
    sys.stdout.write(f"{change}: {len(calls)} calls, {len(points)} points\n")
    assert len(calls) > FLOOR
    for n in points:
        bench.ready(change)
        code = bench.run(change, n, action)
        assert code in (-signal.SIGKILL, 0), f"call {n}, {calls[n - 1]}: exit {code}"
        bench.check()
        bench.finished(change)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("action", ["errno:EIO", "errno:ENOSPC+"])
def test_failing(bench: Bench, change: str, action: str) -> None:
    calls = bench.calls(change)
    for n in chosen(calls, action, POINTS):
        bench.ready(change)
        code = bench.run(change, n, action)
        assert code in (0, 1), f"call {n}, {calls[n - 1]}: exit {code}"
        bench.check()
        bench.finished(change, disk_failed=True)
