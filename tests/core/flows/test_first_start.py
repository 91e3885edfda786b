"""The first look at a machine on real folders: libraries, apps, their files; and what setting up writes."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from pumas_tui.core import settings
from pumas_tui.core.domain.apps import AppKind
from pumas_tui.core.domain.errors import NotFoundError, UsageError
from pumas_tui.core.domain.first_start import App, Choice
from pumas_tui.core.flows.first_start import FirstStart
from pumas_tui.core.library import Library, OpenOptions, RunJobs, create_library, is_first_start
from tests.support.trees import snapshot


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home in which nothing is yet, with the places of its settings."""
    folder = tmp_path / "home" / "ann"
    folder.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / ".config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / ".state"))
    for name in ("PUMAS_ROOT", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    return folder


def start(home: Path, *roots: Path) -> FirstStart:
    default = str(home / ".local/share/pumas")
    return FirstStart(str(home), default, roots=tuple(str(r) for r in roots), mounts="/dev/null")


def comfyui(folder: Path, version: str = "0.6.0") -> Path:
    for kind in ("checkpoints", "loras"):
        (folder / "models" / kind).mkdir(parents=True)
        (folder / "models" / kind / f"put_{kind}_here").write_text("")
    for name in ("main.py", "folder_paths.py"):
        (folder / name).write_text("raise SystemExit('no code of an app may be run')")
    (folder / "comfyui_version.py").write_text(f'__version__ = "{version}"\n')
    return folder


def webui(folder: Path) -> Path:
    (folder / "models" / "Stable-diffusion").mkdir(parents=True)
    (folder / "embeddings").mkdir()
    (folder / "webui.py").write_text("")
    return folder


def weights(path: Path, size: int = 100) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    return path


async def found(first: FirstStart) -> dict[str, App]:
    """By their paths; other tests may run apps of their own at the same time."""
    return {app.path: app for app in (await first.detect()).apps}


async def test_apps_in_homes_and_other_folders_are_found_with_their_files(home: Path, tmp_path: Path) -> None:
    ours = comfyui(home / "apps" / "ComfyUI")
    weights(ours / "models/checkpoints/a.safetensors", 300)
    weights(ours / "models/loras/deep/er/b.PT", 50)
    weights(ours / "models/configs/c.yaml")
    theirs = webui(tmp_path / "opt" / "webui")
    weights(theirs / "embeddings" / "e.pt", 7)
    forge = webui(tmp_path / "opt" / "forge")
    (forge / "modules_forge").mkdir()
    apps = await found(start(home, tmp_path / "opt"))
    assert (apps[str(ours)].kind, apps[str(ours)].version) == (AppKind.COMFYUI, "0.6.0")
    assert (apps[str(ours)].files, apps[str(ours)].size_bytes) == (2, 350)
    assert (apps[str(theirs)].kind, apps[str(theirs)].files) == (AppKind.A1111, 1)
    assert (apps[str(forge)].kind, apps[str(forge)].files) == (AppKind.FORGE, 0)


async def test_a_file_counts_once_and_a_linked_kind_folder_counts(home: Path, tmp_path: Path) -> None:
    app = comfyui(home / "ComfyUI")
    first = weights(app / "models/checkpoints/a.safetensors", 10)
    os.link(first, app / "models/checkpoints/same.safetensors")
    weights(tmp_path / "disk2" / "vaes" / "v.safetensors", 5)
    (app / "models/vae").symlink_to(tmp_path / "disk2" / "vaes")
    (app / "models/loop").symlink_to(app / "models")
    seen = (await found(start(home)))[str(app)]
    assert (seen.files, seen.size_bytes, seen.complete) == (2, 15, True)
    assert set(seen.folders) == {str(app / "models"), str(tmp_path / "disk2" / "vaes")}


async def test_folders_too_deep_hidden_or_alike_are_no_apps(home: Path) -> None:
    comfyui(home / "a" / "b" / "c" / "ComfyUI")
    comfyui(home / ".cache" / "ComfyUI")
    (home / "project" / "models").mkdir(parents=True)
    (home / "project" / "main.py").write_text("")
    assert not [path for path in await found(start(home)) if path.startswith(str(home))]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Path]:
    """A program that was started as ComfyUI is, from a folder in which nobody looks."""
    app = comfyui(tmp_path / "elsewhere" / "deep" / "ComfyUI")
    (app / "main.py").write_text("print('up', flush=True)\ninput()\n")
    with subprocess.Popen(
        [sys.executable, "main.py"], cwd=app, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None and process.stdin is not None
        process.stdout.readline()
        yield app
        process.communicate(b"\n")


async def test_a_running_app_is_found_wherever_it_lies(home: Path, running: Path) -> None:
    assert str(running) in await found(start(home))


async def test_looking_writes_nothing(home: Path, tmp_path: Path) -> None:
    weights(comfyui(home / "ComfyUI") / "models/loras/l.safetensors")
    before = snapshot(tmp_path)
    facts = await start(home).facts()
    assert snapshot(tmp_path) == before
    assert facts.places[0].root == str(home / ".local/share/pumas") and facts.places[0].is_new


async def test_a_library_that_is_there_is_proposed_first(home: Path, tmp_path: Path) -> None:
    await create_library(str(tmp_path / "workspace"))
    facts = await start(home, tmp_path / "workspace").facts()
    assert (facts.places[0].root, facts.places[0].models) == (str(tmp_path / "workspace"), 0)
    assert len({place.root for place in facts.places}) == len(facts.places)


async def test_a_library_in_the_home_is_found_too(home: Path) -> None:
    for root in ("stuff", "pumas"):
        await create_library(str(home / root))
    known = {place.root for place in (await start(home).facts()).places if not place.is_new}
    assert {str(home / "pumas"), str(home / "stuff")} <= known


async def test_a_damaged_marker_is_told_and_not_offered(home: Path) -> None:
    (home / "pumas" / "models").mkdir(parents=True)
    (home / "pumas" / "models" / "library.json").write_text("{")
    facts = await start(home).facts()
    assert all(place.is_new for place in facts.places)
    assert any("library.json" in trouble.message for trouble in facts.detected.troubles)


async def test_setting_up_at_the_default_place_needs_no_settings_file(home: Path) -> None:
    first = start(home)
    assert await is_first_start()
    paths = await first.set_up(Choice(first.default_root))
    assert Path(paths.marker).is_file() and not (home / ".config").exists()
    assert not await is_first_start()


async def test_another_place_is_remembered_and_opened_next_time(home: Path, tmp_path: Path) -> None:
    root = str(tmp_path / "data")
    await start(home).set_up(Choice(root))
    await start(home).set_up(Choice(root))  # the second enter of an impatient user
    assert settings.load().library.root == root
    async with Library.open(OpenOptions(run_jobs=RunJobs.NONE)) as library:
        assert library.paths.root == root


async def test_a_settings_file_of_the_users_keeps_what_it_says(home: Path, tmp_path: Path) -> None:
    config = tmp_path / "mine.toml"
    config.write_text("# mine\n[ui]\ntheme = 'nord'\n")
    first = FirstStart(str(home), str(home / "x"), config, mounts="/dev/null")
    await first.set_up(Choice(str(tmp_path / "data")))
    assert config.read_text().startswith("# mine\n") and settings.load(config).ui.theme == "nord"
    assert settings.load(config).library.root == str(tmp_path / "data")


async def test_a_typed_place_is_looked_at(home: Path, tmp_path: Path) -> None:
    first = start(home)
    (tmp_path / "somebodys" / "models").mkdir(parents=True)
    weights(tmp_path / "somebodys" / "models" / "x.ckpt")
    with pytest.raises(UsageError, match="not empty"):
        await first.place_at(str(tmp_path / "somebodys"))
    with pytest.raises(UsageError, match="begins with /"):
        await first.place_at("models")
    assert (await first.place_at(f"'{tmp_path}/two words/models'\n")).root == f"{tmp_path}/two words"
    assert (await first.place_at("~/new")).root == str(home / "new")
    await create_library(str(home / "old"))
    assert (await first.place_at(str(home / "old" / "models"))).models == 0


async def test_a_typed_folder_must_be_an_app(home: Path, tmp_path: Path) -> None:
    first = start(home)
    app = comfyui(tmp_path / "far" / "ComfyUI", "0.7.1")
    assert (await first.app_at(str(app))).version == "0.7.1"
    with pytest.raises(NotFoundError):
        await first.app_at(str(tmp_path))


async def test_a_disk_with_an_app_is_proposed_and_somebodys_models_there_are_left_alone(
    home: Path, tmp_path: Path
) -> None:
    """The disk is memory, which every machine has beside the home's disk, reached by a link."""
    top = str(tmp_path / "data")
    with TemporaryDirectory(dir="/dev/shm") as memory:
        Path(top).symlink_to(memory)
        comfyui(Path(top) / "ComfyUI")
        table = tmp_path / "mountinfo"
        table.write_text(f"1 0 8:1 / {top} rw - ext4 /dev/sdb1 rw\n")
        first = FirstStart(str(home), str(home / "lib"), roots=(), mounts=str(table))
        assert [place.root for place in (await first.facts()).places] == [top, str(home / "lib")]
        weights(Path(top) / "models" / "theirs.safetensors")
        facts = await first.facts()
        assert [place.root for place in facts.places] == [f"{top}/pumas", str(home / "lib")]
        assert top in facts.detected.looked_in


def test_a_link_to_an_app_is_the_app(home: Path, tmp_path: Path) -> None:
    app = comfyui(tmp_path / "far" / "ComfyUI")
    (home / "ComfyUI").symlink_to(app)
    assert str(app) in asyncio.run(found(start(home)))
