"""S25: a drive is out. Whatever is done meanwhile, nothing about it is removed or written, and it all works
again when the drive is back.

The drive's files stay reachable at a second place, to be compared; what is taken away is only its place.
"""

import asyncio
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from pumas_tui.core.library import Library, OpenOptions
from tests.support import modelfiles
from tests.support.apps import comfyui
from tests.support.disks import NoDiskError, bind, tmpfs
from tests.support.program import pumas
from tests.support.registry import content
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


async def a_session(root: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a full-screen session does by itself: it recovers, checks, looks for moves, heals."""
    monkeypatch.setenv("HOME", str(home))
    config = home / "heals.toml"
    config.write_text('[health]\nself_heal = "safe"\n')
    async with Library.open(OpenOptions(root=str(root), config=config)) as library:
        await library.ready()
        assert await library.health.moved() is None
        assert await library.health.heal(await library.health.check()) is None


def database(root: Path) -> bytes:
    """registry.db as it lies on the disk; nothing waits in its log to be written into it."""
    log = root / "registry.db-wal"
    assert not log.exists() or not log.stat().st_size
    return (root / "registry.db").read_bytes()


def fill(root: Path, app: Path, tmp_path: Path) -> None:
    for n in range(3):
        modelfiles.lora_sdxl(tmp_path / f"in/m{n}.safetensors", mark=b"%d" % n)
    assert pumas("init", "--app", app.parent, root=root, home=tmp_path).code == 0
    assert pumas("import", tmp_path / "in", root=root, home=tmp_path).code == 0


@pytest.mark.parametrize("go", GONE, ids=lambda go: go.__name__)
def test_an_apps_drive_is_out(
    drive: Drive, go: Callable[[Drive], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, app = tmp_path / "library", comfyui(drive.place / "ComfyUI")
    fill(root, app, tmp_path)
    tree, registry, stored = snapshot(drive.shadow), content(root), database(root)
    assert len(registry["links"]) == 3 and len(registry["apps"]) == 1
    go(drive)
    bare = snapshot(drive.place) if drive.place.exists() else {}
    asyncio.run(a_session(root, tmp_path, monkeypatch))
    assert database(root) == stored
    for words in BUSY:
        ran = pumas(*words, root=root, home=tmp_path)
        assert ran.code in (0, 5, 6), (words, ran.err)
        if words[0] == "delete":  # of another model: a change of its own, which the journal has
            journal = {name: registry[name] for name in ("operations", "steps", "meta")}
            assert content(root) | journal == registry
        else:
            assert database(root) == stored, words
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
    tree, library = snapshot(app), snapshot(drive.shadow / "library")
    go(drive)
    bare = snapshot(drive.place) if drive.place.exists() else {}
    for words in BUSY:
        ran = pumas(*words, root=root, home=tmp_path)
        assert ran.code == 6 and "mounted" in ran.err, (words, ran.err)
        assert snapshot(app) == tree, words
        assert (snapshot(drive.place) if drive.place.exists() else {}) == bare, words
    assert snapshot(drive.shadow / "library") == library, "its databases too, byte for byte"
    drive.back()
    assert pumas("health", "--json", root=root, home=tmp_path).data["links_right"] == 3
