"""Steps on the disk: done once, true twice, and never at the cost of anything that is not ours."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from pumas_tui.core.domain import fingerprints
from pumas_tui.core.domain.errors import DiskError
from pumas_tui.core.domain.operations import Step, StepKind, StepState
from pumas_tui.core.fs import libc, ops, steps
from tests.core.fs.linked_app import ABSENT, ROW, App, app_at, done, skipped
from tests.support.disks import NoDiskError, exfat, ntfs, tmpfs, vfat
from tests.support.entries import KINDS, tree


@pytest.fixture
def app(tmp_path: Path) -> App:
    return app_at(tmp_path)


@pytest.fixture
def no_flags(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on most FUSE file systems: renameat2 knows no flags."""
    monkeypatch.setattr(libc, "rename", lambda *_: False)


@pytest.mark.parametrize("flags", ["with renameat2", "without"])
@pytest.mark.parametrize("kind", ["relative", "absolute", "hard"])
def test_a_link_is_made_once_and_taken_back(
    app: App, kind: str, flags: str, request: pytest.FixtureRequest
) -> None:
    if flags == "without":
        request.getfixturevalue("no_flags")
    empty = tree(app.folder)
    step = app.links()[kind]
    assert steps.truth(step) == "ready"
    done(step)
    assert app.target.read_bytes() == b"weights"
    assert app.target.is_symlink() == (kind != "hard")
    assert app.names() == ["model"]
    assert steps.truth(step) == "true"
    done(step)
    back = app.unlink(step)
    assert steps.truth(back) == "ready"
    done(back)
    assert tree(app.folder) == empty
    assert app.source.read_bytes() == b"weights"
    done(back)


@pytest.mark.parametrize("flags", ["with renameat2", "without"])
@pytest.mark.parametrize("kind", ["relative", "absolute", "hard"])
@pytest.mark.parametrize("there", KINDS)
def test_what_is_there_is_never_followed_or_replaced(
    app: App,
    monkeypatch: pytest.MonkeyPatch,
    there: str,
    kind: str,
    flags: str,
    request: pytest.FixtureRequest,
) -> None:
    """Neither by a step that was planned for an empty place, nor by one that thinks it is a link of ours."""
    if flags == "without":
        request.getfixturevalue("no_flags")
    monkeypatch.chdir(app.folder)  # a socket's path must be short
    KINDS[there](app.target)
    before = tree(app.folder, app.source.parent)
    made = app.links()[kind]
    for step in (made, replace(made, before=fingerprints.link("../old")), app.unlink(made)):
        assert steps.truth(step) == "changed"
        skipped(step)
        assert tree(app.folder, app.source.parent) == before


@pytest.mark.parametrize("flags", ["with renameat2", "without"])
def test_a_link_of_ours_is_pointed_elsewhere(app: App, flags: str, request: pytest.FixtureRequest) -> None:
    if flags == "without":
        request.getfixturevalue("no_flags")
    done(app.link(text="../old"))
    step = app.link(before=fingerprints.link("../old"))
    done(step)
    assert os.readlink(app.target) == "../models/model.bin"
    assert app.names() == ["model"]
    done(replace(step, want=step.before, before=step.want))
    assert os.readlink(app.target) == "../old"


def test_the_last_name_of_a_file_stays_whatever_is_planned(app: App) -> None:
    made = app.hard_link()
    done(made)
    app.source.unlink()
    skipped(app.unlink(made))
    skipped(replace(app.unlink(made), detail=ROW))
    assert app.target.read_bytes() == b"weights"


def test_a_file_with_other_names_is_no_hard_link_of_ours_unless_recorded(app: App) -> None:
    """By its row, and by where its source is: then that must still be the same file."""
    made = app.hard_link()
    done(made)
    skipped(replace(app.unlink(made), detail={}))
    os.link(app.target, app.folder / "second")
    app.source.unlink()
    skipped(app.unlink(made))
    app.source.write_bytes(b"another")
    skipped(app.unlink(made))
    assert app.names() == ["model", "second"]
    done(replace(app.unlink(made), detail=ROW))
    assert app.names() == ["second"]


def test_a_source_that_was_exchanged_is_not_linked(app: App) -> None:
    step = app.hard_link()
    app.source.rename(app.source.with_name("kept"))
    app.source.write_bytes(b"another")
    assert "model.bin" in skipped(step).message
    assert app.names() == []


def test_a_folder_reached_over_a_link_meanwhile_is_left_alone(app: App) -> None:
    """Also where the folder it leads to is the same."""
    done(app.link())
    step = app.unlink(app.link())
    app.folder.rename(app.folder.with_name("real"))
    app.folder.symlink_to("real")
    assert steps.truth(step) == "changed"
    result = steps.perform(step)
    assert result.state is StepState.SKIPPED
    assert "over a link" in result.message
    assert (app.folder / "model").is_symlink()


def test_moves_replace_nothing(app: App) -> None:
    KINDS["full folder"](app.target)
    step = app.move()
    (app.folder / "moved").mkdir()
    assert str(app.folder / "moved") in skipped(step).message
    (app.folder / "moved").rmdir()
    done(step)
    done(step)
    assert app.names() == ["moved"]
    assert (app.folder / "moved" / "inside").read_bytes() == b"theirs"


@pytest.mark.parametrize("flags", ["with renameat2", "without"])
@pytest.mark.parametrize("there", KINDS)
def test_anything_can_be_moved_and_moved_back(
    app: App, monkeypatch: pytest.MonkeyPatch, there: str, flags: str, request: pytest.FixtureRequest
) -> None:
    if flags == "without":
        request.getfixturevalue("no_flags")
    monkeypatch.chdir(app.folder)
    KINDS[there](app.target)
    before = tree(app.folder)
    step = app.move()
    done(step)
    assert "model" not in app.names()
    back = Step(1, StepKind.MOVE, str(app.folder / "moved"), ABSENT, step.before, detail={"to": step.target})
    done(back)
    assert tree(app.folder) == before


def test_folders_are_made_and_go_when_empty(app: App) -> None:
    path = str(app.folder / "new")
    make = Step(1, StepKind.MAKE_DIR, path, fingerprints.directory(0), ABSENT)
    remove = Step(2, StepKind.REMOVE_DIR, path, ABSENT, fingerprints.directory(0))
    done(make)
    done(make)
    (app.folder / "new" / "theirs").touch()
    assert "not empty" in skipped(remove).message
    (app.folder / "new" / "theirs").unlink()
    done(remove)
    done(remove)
    app.target.symlink_to("models")
    skipped(replace(remove, target=str(app.target)))


def test_a_group_does_what_it_can_and_says_the_rest(app: App) -> None:
    """Steps need each other; one that cannot be done leaves the others."""
    (app.folder / "taken").write_bytes(b"theirs")
    work = [
        Step(1, StepKind.MAKE_DIR, f"{app.folder}/sub", fingerprints.directory(0), ABSENT),
        Step(2, StepKind.LINK, f"{app.folder}/sub/a", "link:../../models/model.bin", ABSENT),
        Step(3, StepKind.LINK, f"{app.folder}/taken", "link:x", ABSENT),
        Step(4, StepKind.LINK, f"{app.folder}/none/b", "link:x", ABSENT),
        Step(5, StepKind.FORGET_ROW, f"{app.folder}/gone", ABSENT, ABSENT),
        Step(6, StepKind.REMEMBER_ROW, f"{app.folder}/gone", "link:x", "link:x"),
    ]
    results = steps.perform_group(work)
    states = [result.state.value for result in results]
    assert states == ["done", "done", "skipped", "failed", "done", "skipped"]
    assert "ENOENT" in results[3].message
    assert (app.folder / "sub" / "a").read_bytes() == b"weights"


def test_a_link_that_is_gone_with_its_folder_may_be_on_a_disk_that_is_out(app: App) -> None:
    """Only where the folder is removed by the same operation it is known why."""
    work = [
        Step(1, StepKind.UNLINK, f"{app.folder}/sub/a", ABSENT, "link:x"),
        Step(2, StepKind.REMOVE_DIR, f"{app.folder}/sub", ABSENT, fingerprints.directory(0)),
    ]
    assert [result.state.value for result in steps.perform_group(work)] == ["done", "done"]
    [result] = steps.perform_group(work[:1])
    assert result.state is StepState.FAILED
    assert f"{app.folder}/sub" in result.message


def test_what_did_not_reach_the_disk_is_not_done(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(path: str) -> None:
        raise DiskError(f"cannot write to disk {path}", path=path, errno_name="EIO")

    monkeypatch.setattr(ops, "fsync_dir", fails)
    [result] = steps.perform_group([app.link()])
    assert result.state is StepState.FAILED
    assert str(app.folder) in result.message


def test_an_error_is_not_absence(app: App) -> None:
    """A name that no file system can hold is unknown, and so a step on it fails and is not true."""
    path = str(app.folder / ("x" * 300))
    with pytest.raises(DiskError):
        steps.look(path)
    [result] = steps.perform_group([Step(1, StepKind.UNLINK, path, ABSENT, "link:x")])
    assert result.state is StepState.FAILED
    assert steps.look(str(app.source / "below a file")) == ABSENT


@pytest.fixture(params=["tmpfs", "ntfs"])
def other_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    try:
        folder = tmp_path / "disk"
        with tmpfs(folder, 1 << 20) if request.param == "tmpfs" else ntfs(folder) as mounted:
            yield mounted
    except NoDiskError as error:
        pytest.skip(f"needs a {request.param}: {error}")


def test_another_disk_takes_all_links_but_hard_ones_from_here(app: App, other_disk: Path) -> None:
    far = App(other_disk, app.source)
    result = steps.perform(far.hard_link())
    assert result.state is StepState.FAILED
    assert "EXDEV" in result.message
    assert far.names() == []
    step = far.link(text=str(app.source))
    done(step)
    again = replace(step, want="link:/elsewhere", before=step.want)
    done(again)
    done(far.unlink(again))
    assert far.names() == []
    app.target.write_bytes(b"theirs")
    away = replace(app.move(), detail={"to": f"{other_disk}/moved"})
    assert "EXDEV" in steps.perform(away).message
    assert app.target.read_bytes() == b"theirs"


def test_both_on_another_disk(other_disk: Path) -> None:
    app = app_at(other_disk)
    for step in app.links().values():
        done(step)
        done(app.unlink(step))
    app.target.write_bytes(b"theirs")
    step = app.move()
    done(step)
    assert steps.truth(step) == "true"
    KINDS["full folder"](app.target)
    done(app.move("folder"))
    assert (app.folder / "folder" / "inside").read_bytes() == b"theirs"


@pytest.mark.parametrize("mounted", [exfat, vfat])
def test_a_disk_without_links_says_so(
    tmp_path: Path, mounted: Callable[[Path], AbstractContextManager[Path]]
) -> None:
    try:
        with mounted(tmp_path / "disk") as disk:
            app = app_at(disk)
            for step in app.links().values():
                result = steps.perform(step)
                assert result.state is StepState.FAILED, result
                assert str(app.target) in result.message
            assert app.names() == []
            app.target.write_bytes(b"theirs")
            done(app.move())
            assert app.names() == ["moved"]
    except NoDiskError as error:
        pytest.skip(f"needs such a disk: {error}")
