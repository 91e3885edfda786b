"""S25: a drive is out. Whatever is done meanwhile, nothing about it is removed or written, and it all works
again when the drive is back.

The drive's files stay reachable at a second place, to be compared; what is taken away is only its place.
"""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support import modelfiles
from tests.support.apps import comfyui
from tests.support.disks import NoDiskError, bind, tmpfs
from tests.support.program import pumas
from tests.support.registry import rows
from tests.support.trees import snapshot

BUSY: tuple[tuple[str, ...], ...] = (
    ("list",),
    ("sync",),
    ("sync", "--prune", "--yes"),
    ("map", "plan"),
    ("health",),
    ("health", "--repair", "all", "--yes"),
    ("scan", "--deep"),
    ("delete", "m1", "--yes"),
)
"""What people do while a drive is out; the last deletes another model."""


class Drive:
    """A disk at `place` whose files can also be seen at `shadow`."""

    def __init__(self, tmp_path: Path, stack: ExitStack) -> None:
        self.place, self.shadow = tmp_path / "drive", tmp_path / "shadow"
        self._tmp = tmp_path
        self._stack = stack
        stack.enter_context(tmpfs(self.shadow, 1 << 30))
        self.place.mkdir()
        self.plug()

    def plug(self) -> None:
        self._mounted = ExitStack()
        self._mounted.enter_context(bind(self.shadow, self.place))
        self._stack.callback(subprocess.run, ["umount", "-q", str(self.place)], check=False)

    def unmounted(self) -> None:
        self._mounted.close()

    def removed(self) -> None:
        self._mounted.close()
        self.place.rmdir()

    def another(self) -> None:
        self._mounted.close()
        other = self._tmp / "another"
        other.mkdir()
        self._mounted.enter_context(bind(other, self.place))

    def back(self) -> None:
        self._mounted.close()
        self.place.mkdir(exist_ok=True)
        self.plug()


@pytest.fixture
def drive(tmp_path: Path) -> Iterator[Drive]:
    with ExitStack() as stack:
        try:
            found = Drive(tmp_path, stack)
        except NoDiskError as why:
            pytest.skip(str(why))
        yield found
        found.unmounted()


GONE: tuple[Callable[[Drive], None], ...] = (Drive.unmounted, Drive.removed, Drive.another)


def fill(root: Path, app: Path, tmp_path: Path) -> None:
    for n in range(3):
        modelfiles.lora_sdxl(tmp_path / f"in/m{n}.safetensors", mark=b"%d" % n)
    assert pumas("init", "--app", app.parent, root=root, home=tmp_path).code == 0
    assert pumas("import", tmp_path / "in", root=root, home=tmp_path).code == 0


@pytest.mark.parametrize("go", GONE, ids=lambda go: go.__name__)
def test_an_apps_drive_is_out(drive: Drive, go: Callable[[Drive], None], tmp_path: Path) -> None:
    root, app = tmp_path / "library", comfyui(drive.place / "ComfyUI")
    fill(root, app, tmp_path)
    tree, registry = snapshot(drive.shadow), rows(root)
    assert len(registry["links"]) == 3
    go(drive)
    bare = snapshot(drive.place) if drive.place.exists() else {}
    for words in BUSY:
        ran = pumas(*words, root=root, home=tmp_path)
        assert ran.code in (0, 5, 6), (words, ran.err)
        assert rows(root) == registry, words
        assert snapshot(drive.shadow) == tree, words
        assert (snapshot(drive.place) if drive.place.exists() else {}) == bare, words
    report = pumas("health", "--json", root=root, home=tmp_path).data
    [offline] = [one for one in report["findings"] if one["kind"] not in ("pending_lookup",)]
    assert (offline["kind"], report["links_waiting"], report["links_right"]) == ("offline_drive", 3, 0)
    assert "repair" not in offline
    drive.back()
    report = pumas("health", "--json", root=root, home=tmp_path).data
    assert (report["links_waiting"], report["links_right"]) == (0, 2)
    assert [o["kind"] for o in report["findings"] if o["severity"] == "error"] == [
        "missing_source",
        "broken_link",
    ]


@pytest.mark.parametrize("go", GONE, ids=lambda go: go.__name__)
def test_the_librarys_drive_is_out(drive: Drive, go: Callable[[Drive], None], tmp_path: Path) -> None:
    root, app = drive.place / "library", comfyui(tmp_path / "ComfyUI")
    fill(root, app, tmp_path)
    tree, library = snapshot(app), snapshot(drive.shadow / "library/models/diffusion")
    registry = rows(drive.shadow / "library")
    go(drive)
    bare = snapshot(drive.place) if drive.place.exists() else {}
    for words in BUSY:
        ran = pumas(*words, root=root, home=tmp_path)
        assert ran.code == 6 and "mounted" in ran.err, (words, ran.err)
        assert snapshot(app) == tree, words
        assert (snapshot(drive.place) if drive.place.exists() else {}) == bare, words
    assert rows(drive.shadow / "library") == registry
    assert snapshot(drive.shadow / "library/models/diffusion") == library
    drive.back()
    assert pumas("health", "--json", root=root, home=tmp_path).data["links_right"] == 3
