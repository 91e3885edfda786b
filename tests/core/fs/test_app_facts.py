"""Apps as they are on the disk: what a scan sees, when one is away, and what is never concluded."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from pumas_tui.core.domain import fingerprints, ids
from pumas_tui.core.domain.app_records import App, AppState
from pumas_tui.core.domain.apps import AppKind
from pumas_tui.core.domain.mapped import FolderFacts
from pumas_tui.core.fs import app_facts
from tests.support.disks import NoDiskError, exfat, ntfs, tmpfs
from tests.support.entries import KINDS, tree


def app_at(base: Path, *folders: str) -> App:
    """An app as registering it would record it."""
    return App(
        uid=ids.new_app_uid(),
        kind=AppKind.COMFYUI,
        name="app",
        version="1",
        base=str(base),
        mount=app_facts.mount_facts(str(base)),
        kind_folders=app_facts.kind_folders(str(base), folders),
    )


def folder_facts(app: App, folder: str, models: Path) -> FolderFacts:
    return app_facts.facts(app, [folder], str(models), lambda name: None)[folder]


@pytest.fixture
def models(tmp_path: Path) -> Path:
    (tmp_path / "models" / "llm").mkdir(parents=True)
    (tmp_path / "models" / "llm" / "a.gguf").write_bytes(b"weights")
    return tmp_path / "models"


@pytest.fixture
def base(tmp_path: Path) -> Path:
    (tmp_path / "app" / "loras").mkdir(parents=True)
    return tmp_path / "app"


@contextmanager
def mounted(folder: Path) -> Iterator[Path]:
    try:
        with tmpfs(folder, 1 << 20) as path:
            yield path
    except NoDiskError as error:
        pytest.skip(f"needs a second file system: {error}")


def test_a_scan_tells_what_each_thing_is_and_where_links_lead(base: Path, models: Path) -> None:
    loras = base / "loras"
    (loras / "mine" / "deep").mkdir(parents=True)
    (loras / "mine" / "deep" / "file").write_bytes(b"12345")
    (loras / ".pumas-trash").mkdir()
    (loras / ".pumas-trash" / "kept").touch()
    (loras / "good").symlink_to("../../models/llm/a.gguf")
    (loras / "absolute").symlink_to(models / "llm" / "a.gguf")
    (loras / "chain").symlink_to("good")
    (loras / "mine" / "folder").symlink_to(models / "llm")
    (loras / "up").symlink_to("..")
    (loras / "dead").symlink_to("../../models/llm/gone")
    (loras / "below a file").symlink_to("../../models/llm/a.gguf/x")
    (loras / "loop").symlink_to("loop")
    before = tree(base)
    found = folder_facts(app_at(base, "loras"), "loras", models)
    assert tree(base) == before
    leads = {name.removeprefix("loras/"): entry.resolved for name, entry in found.entries.items()}
    weights = f"{models}/llm/a.gguf"
    assert leads == {
        "mine": None,
        "mine/deep": None,
        "mine/deep/file": None,
        "good": weights,
        "absolute": weights,
        "chain": weights,
        "mine/folder": f"{models}/llm",
        "up": str(base),
        "dead": None,
        "below a file": None,
        "loop": None,
    }
    assert not any(entry.unknown for entry in found.entries.values())
    status = (models / "llm" / "a.gguf").stat()
    good = found.entries["loras/good"]
    assert good.fingerprint == "link:../../models/llm/a.gguf"
    assert (good.place, good.size_bytes, good.mtime_ns) == (
        (status.st_dev, status.st_ino),
        7,
        status.st_mtime_ns,
    )
    assert found.entries["loras/mine"].items == 2
    assert found.entries["loras/mine/deep/file"].size_bytes == 5
    assert (found.problem, found.exists, found.real) == ("", True, str(loras))
    assert (found.same_file_system, found.symlinks, found.hard_links) == (True, True, True)
    assert found.has_trash


def test_strange_entries_are_told_and_not_opened(
    base: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind, make in KINDS.items():
        (base / "loras" / kind).mkdir()
        monkeypatch.chdir(base / "loras" / kind)
        make(base / "loras" / kind / "x\udcff")
    found = folder_facts(app_at(base, "loras"), "loras", models)
    kinds = {kind: fingerprints.kind_of(found.entries[f"loras/{kind}/x\udcff"].fingerprint) for kind in KINDS}
    assert kinds["FIFO"] == kinds["socket"] == "other"
    assert kinds["loop"] == kinds["dangling link"] == "link"
    assert kinds["empty folder"] == "dir"
    assert kinds["file with two names"] == "file"


def test_a_kind_folder_that_is_a_link_is_known_by_where_it_leads(
    base: Path, models: Path, tmp_path: Path
) -> None:
    for disk in ("disk2", "disk3"):
        (tmp_path / disk / "ckpts").mkdir(parents=True)
    (base / "checkpoints").symlink_to(tmp_path / "disk2" / "ckpts")
    app = app_at(base, "checkpoints", "loras", "none")
    assert app.kind_folders == {"checkpoints": f"{tmp_path}/disk2/ckpts", "loras": f"{base}/loras"}
    found = folder_facts(app, "checkpoints", models)
    assert found.real == found.recorded == f"{tmp_path}/disk2/ckpts"
    below = folder_facts(app, "checkpoints/sdxl", models)
    assert (below.exists, below.real, below.recorded) == (False, *[f"{tmp_path}/disk2/ckpts/sdxl"] * 2)
    assert below.missing == (below.real,)
    assert folder_facts(app, "a/b", models).missing == (f"{base}/a", f"{base}/a/b")
    (base / "checkpoints").unlink()
    (base / "checkpoints").symlink_to(tmp_path / "disk3" / "ckpts")
    moved = folder_facts(app, "checkpoints", models)
    assert moved.real == f"{tmp_path}/disk3/ckpts" != moved.recorded
    (base / "checkpoints").unlink()
    (base / "checkpoints").symlink_to(tmp_path / "nowhere")
    dead = folder_facts(app, "checkpoints", models)
    assert not dead.exists
    assert "leads to" in dead.problem
    assert folder_facts(app, "none", models).recorded is None
    assert folder_facts(app, "", models).recorded == str(base)


def test_a_file_where_a_folder_should_be_is_a_problem(base: Path, models: Path) -> None:
    (base / "vae").touch()
    found = folder_facts(app_at(base), "vae", models)
    assert "not a folder" in found.problem


@contextmanager
def as_nobody() -> Iterator[None]:
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that any user reaches, as pytest's own are not."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_what_cannot_be_read_is_said_and_is_not_absent(open_folder: Path) -> None:
    loras, models = open_folder / "app" / "loras", open_folder / "models"
    (loras / "closed").mkdir(parents=True)
    (models / "private").mkdir(parents=True)
    (models / "private" / "a").touch()
    (loras / "link").symlink_to(models / "private" / "a")
    app = app_at(open_folder / "app", "loras")
    (loras / "closed").chmod(0)
    (models / "private").chmod(0)
    with as_nobody():
        found = folder_facts(app, "loras", models)
        assert f"{loras}/closed" in found.problem
        link = found.entries["loras/link"]
        assert (link.resolved, link.unknown) == (None, True)
        assert app_facts.state(app)[0] is AppState.HERE
    (open_folder / "app").chmod(0)
    with as_nobody():
        assert app_facts.state(app)[0] is AppState.UNREADABLE
        assert folder_facts(app, "loras", models).problem
    for path in (open_folder / "app", loras / "closed", models / "private"):
        path.chmod(0o755)


def test_a_folder_that_may_not_be_written_is_a_problem(open_folder: Path) -> None:
    (open_folder / "loras").mkdir()
    app = app_at(open_folder, "loras")
    with as_nobody():
        if os.geteuid() == os.stat(open_folder).st_uid:
            (open_folder / "loras").chmod(0o555)
        found = folder_facts(app, "loras", open_folder)
    assert "may not be written" in found.problem


def test_an_app_is_a_ghost_only_while_its_disk_is_there(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    with mounted(disk):
        (disk / "app").mkdir()
        app = app_at(disk / "app")
        assert app_facts.state(app) == (AppState.HERE, "")
        (disk / "app").rename(disk / "gone")
        state, why = app_facts.state(app)
        assert (state, str(disk / "app") in why) == (AppState.GHOST, True)
    assert app_facts.state(app)[0] is AppState.OFFLINE  # unmounted
    (disk / "app").mkdir()
    assert app_facts.state(app)[0] is AppState.OFFLINE  # and a folder of that name in the bare mount point
    shutil.rmtree(disk)
    assert app_facts.state(app)[0] is AppState.OFFLINE  # and the mount point removed


def test_another_disk_in_its_place_is_not_the_apps(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    with mounted(disk):
        (disk / "app").mkdir()
        app = app_at(disk / "app")
        for then in ({"id": "another"}, {"type": "ext4"}, {"source": "server:/share"}):
            other = replace(app, mount=replace(app.mount, **then))
            (disk / "app").mkdir(exist_ok=True)
            assert app_facts.state(other)[0] is AppState.OFFLINE
            (disk / "app").rmdir()
            assert app_facts.state(other)[0] is AppState.OFFLINE


def test_a_base_that_is_a_link_or_a_file_now_is_not_taken_for_the_app(base: Path, tmp_path: Path) -> None:
    app = app_at(base)
    base.rename(tmp_path / "real")
    base.symlink_to("real")
    assert app_facts.state(app)[0] is AppState.UNREADABLE
    base.unlink()
    base.touch()
    assert app_facts.state(app)[0] is AppState.UNREADABLE


def test_links_are_tried_and_nothing_is_left(base: Path, models: Path, tmp_path: Path) -> None:
    before = tree(base)
    assert app_facts.probe(f"{base}/loras", str(models)) == (True, True)
    assert tree(base) == before
    with mounted(tmp_path / "disk") as disk:
        assert app_facts.probe(str(disk), str(models)) == (True, False)
        assert os.listdir(disk) == []
        far = folder_facts(app_at(disk), "", models)
        assert (far.same_file_system, far.symlinks, far.hard_links) == (False, True, False)


def test_what_was_tried_counts_while_it_is_the_same_disk(base: Path, models: Path) -> None:
    app = app_at(base, "loras")

    class Tried:
        disk: tuple[str, ...] = (app.mount.type, app.mount.source)
        symbolic_links = False
        hard_links = True

    known = {f"{app.uid}:loras": Tried()}
    found = app_facts.facts(app, ["loras", "loras/x", ""], str(models), known.get)
    assert [(f.symlinks, f.hard_links) for f in found.values()] == [
        (False, True),
        (False, True),
        (True, True),
    ]
    Tried.disk = ("vfat", "/dev/sdz1")
    [other] = app_facts.facts(app, ["loras"], str(models), known.get).values()
    assert other.symlinks


def test_names_without_case_and_disks_without_links_are_noticed(tmp_path: Path, models: Path) -> None:
    try:
        with exfat(tmp_path / "disk") as disk:
            assert app_facts.probe(str(disk), str(models)) == (False, False)
            app = app_at(disk)
            assert folder_facts(app, "", models).ignores_case  # by the kind of disk
            (disk / "Model.safetensors").touch()
            assert folder_facts(app, "", models).ignores_case  # by a name that is there
    except NoDiskError as error:
        pytest.skip(f"needs an exFAT: {error}")


def test_names_with_case_are_seen_where_the_kind_of_disk_tells_nothing(tmp_path: Path, models: Path) -> None:
    try:
        with ntfs(tmp_path / "disk") as disk:
            (disk / "models").mkdir()
            (disk / "app").mkdir()
            assert app_facts.probe(f"{disk}/app", f"{disk}/models") == (True, True)
            (disk / "app" / "Model.safetensors").touch()
            assert not folder_facts(app_at(disk / "app"), "", models).ignores_case
    except NoDiskError as error:
        pytest.skip(f"needs an NTFS: {error}")
    (tmp_path / "models" / "A").touch()
    assert not folder_facts(app_at(tmp_path), "models", models).ignores_case
