"""Changes of links broken off at calls all over them: nothing of the user's is lost, nothing stays half done.

One model, an app where a file of the user is in the way of its link. At any moment: the user's file is
where it was or in a trash, the model is whole at one place or in the trash, nothing that was not ours is
touched. After the next start the change is done, each link on disk leads to its model and is on record,
nothing is left over.
"""

import hashlib
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
from tests.faults.drive_links import SOURCE
from tests.faults.harness import Forks, Harness
from tests.faults.test_import_sweep import chosen
from tests.support import modelfiles

POINTS = 30
FLOOR = 40
"""Fewer calls than this: the shim does not see the program any more."""
APP = "library/apps/ComfyUI"
"""Below the library's root: what is recorded of it moves along with a copy."""
IN_THE_WAY = b"the user's own file"
BEFORE = {"apply": (), "rename": ("apply",), "delete": ("apply",), "undo": ("apply",)}


class Bench:
    """A library and an app, made once for each change, copied for each run."""

    def __init__(self, folder: Path, forks: Forks) -> None:
        self._folder = folder
        self._forks = forks
        self._runs = 0
        self._ready: dict[str, Path] = {}

    def _original(self, what: str) -> Path:
        if what not in self._ready:
            place = self._folder / f"before-{what}"
            root, app = place / "library", place / APP
            opening.create(str(root))
            modelfiles.lora_sd15(place / SOURCE)
            (app / "models" / "loras").mkdir(parents=True)
            for name in ("main.py", "folder_paths.py"):
                (app / name).write_bytes(b"")
            (app / "models" / "loras" / "lora.safetensors").write_bytes(IN_THE_WAY)
            assert self._forks.run([str(root), str(app), "import"]) == 0
            assert self._forks.run([str(root), str(app), "register"]) == 0
            self._ready[what] = place
        return self._ready[what]

    def place(self, what: str) -> Path:
        """A fresh library and app, side by side as relative links need them."""
        self._runs += 1
        made = self._folder / f"run{self._runs}"
        shutil.copytree(self._original(what), made, symlinks=True)
        for step in BEFORE[what]:  # here, since the history knows files by their inodes
            assert self.run(made, step) == 0
        return made

    def run(self, place: Path, what: str, at: int = 0, action: str = "kill") -> int:
        return self._forks.run([str(place / "library"), str(place / APP), what], at, action)

    def calls(self, what: str) -> list[str]:
        """Of a run without fault."""
        assert self.run(self.place(what), what) == 0
        return self._forks.control.calls()

    def check(self, place: Path) -> None:
        """What holds at any moment."""
        app, models = place / APP / "models", place / "library" / "models"
        kept = [path for path in app.rglob("*") if path.is_file() and not path.is_symlink()]
        assert [path.read_bytes() for path in kept if path.suffix == ".safetensors"] == [IN_THE_WAY]
        wanted = hashlib.sha256((place / SOURCE).read_bytes()).hexdigest()
        weights = [path for path in models.rglob("*.safetensors") if ".staging" not in path.parts]
        assert [hashlib.sha256(path.read_bytes()).hexdigest() for path in weights] == [wanted]
        assert weights[0].with_name("metadata.json").is_file()

    def finished(self, place: Path, what: str, *, disk_failed: bool = False) -> None:
        """The next start settles what was cut off, and the change is done.

        Where the disk failed once, undoing again may tell of what was undone already, and an empty file with
        which something was tried may be left.
        """
        again = self.run(place, what)
        assert again == 0 or (again == 1 and disk_failed and what == "undo")
        self.check(place)
        app = place / APP / "models"
        links = sorted(path.relative_to(app).as_posix() for path in app.rglob("*") if path.is_symlink())
        registry = Registry(f"{place}/library/registry.db", f"{place}/library")
        assert links == sorted(link.target for link in registry.links())
        assert all((app / link).is_file() for link in links)
        assert bool(links) == (what in ("apply", "rename"))
        registry.close()
        journal = Journal(f"{place}/library/registry.db", f"{place}/library")
        assert journal.unfinished(space.host_name()) == []
        journal.close()
        left = [path for path in place.rglob("*") if path.name.endswith((".tmp", ".pumas-try"))]
        assert not [path for path in left if not disk_failed or path.suffix == ".tmp" or path.stat().st_size]


@pytest.fixture(scope="module")
def bench(harness: Harness, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("links")
    with harness.forks("tests.faults.drive_links", [folder]) as forks:
        yield Bench(folder, forks)


@pytest.mark.parametrize("what", list(BEFORE))
@pytest.mark.parametrize("action", ["kill", "killafter"])
def test_killed(bench: Bench, what: str, action: str) -> None:
    calls = bench.calls(what)
    points = chosen(calls, action, POINTS)
    sys.stdout.write(f"{what}: {len(calls)} calls, {len(points)} points\n")
    assert len(calls) > FLOOR
    for n in points:
        place = bench.place(what)
        code = bench.run(place, what, n, action)
        assert code in (-signal.SIGKILL, 0), f"call {n}, {calls[n - 1]}: exit {code}"
        bench.check(place)
        bench.finished(place, what)


@pytest.mark.parametrize("what", list(BEFORE))
@pytest.mark.parametrize("action", ["errno:EIO", "errno:ENOSPC+"])
def test_failing(bench: Bench, what: str, action: str) -> None:
    calls = bench.calls(what)
    for n in chosen(calls, action, POINTS):
        place = bench.place(what)
        code = bench.run(place, what, n, action)
        assert code in (0, 1), f"call {n}, {calls[n - 1]}: exit {code}"
        bench.check(place)
        bench.finished(place, what, disk_failed=True)
