"""Steps while somebody else is at the same place, and after a process died in the middle of one."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pumas_tui.core.domain import fingerprints
from pumas_tui.core.fs import libc, steps
from tests.core.fs.linked_app import App, app_at, done, skipped
from tests.support.entries import KINDS, Facts, tree


@pytest.fixture
def app(tmp_path: Path) -> App:
    return app_at(tmp_path)


def swap_at_rename(monkeypatch: pytest.MonkeyPatch, change: Callable[[], None]) -> None:
    """`change` happens in the last moment: right before the first rename."""
    real, todo = libc.rename, [change]

    def rename(old_dir: int, old: str, new_dir: int, new: str, flag: int) -> bool:
        while todo:
            todo.pop()()
        return real(old_dir, old, new_dir, new, flag)

    monkeypatch.setattr(libc, "rename", rename)


def put(path: Path, kind: str) -> None:
    """Something of the user's in place of what is there."""
    if os.path.lexists(path):
        path.unlink()
    KINDS[kind](path)


@pytest.mark.parametrize("kind", ["relative", "hard"])
@pytest.mark.parametrize("theirs", ["file", "file with two names", "full folder", "dangling link"])
def test_what_takes_a_links_place_in_the_last_moment_stays(
    app: App, monkeypatch: pytest.MonkeyPatch, kind: str, theirs: str
) -> None:
    made = app.links()[kind]
    done(made)
    put_there: dict[str, Facts] = {}

    def change() -> None:
        put(app.target, theirs)
        put_there.update(tree(app.folder))

    swap_at_rename(monkeypatch, change)
    skipped(app.unlink(made))
    assert tree(app.folder) == put_there


@pytest.mark.parametrize("theirs", ["file", "full folder", "dangling link"])
def test_what_takes_the_place_of_a_link_that_is_re_pointed_stays(
    app: App, monkeypatch: pytest.MonkeyPatch, theirs: str
) -> None:
    done(app.link(text="../old"))
    swap_at_rename(monkeypatch, lambda: put(app.target, theirs))
    skipped(app.link(before=fingerprints.link("../old")))
    assert {path: facts[3] for path, facts in tree(app.folder).items()} == {
        "file": {str(app.target): "theirs"},
        "full folder": {str(app.target): "", f"{app.target}/inside": "theirs"},
        "dangling link": {str(app.target): "nothing"},
    }[theirs]


def test_what_appears_where_a_link_is_being_made_stays(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    swap_at_rename(monkeypatch, lambda: put(app.target, "file"))
    skipped(app.link())
    assert app.names() == ["model"]
    assert app.target.read_bytes() == b"theirs"


def test_a_file_exchanged_for_the_one_that_is_moved_is_moved_back(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.target.write_bytes(b"planned")
    step = app.move()
    swap_at_rename(monkeypatch, lambda: put(app.target, "file"))
    skipped(step)
    assert app.names() == ["model"]
    assert app.target.read_bytes() == b"theirs"


class CutOffError(BaseException):
    """Stands for the moment a process dies: no `except` of the code under test sees it."""


def cut_off(call: Callable[..., object], when: str) -> Callable[..., object]:
    """The call, and the process dies before or after it."""

    def calling(*args: object, **named: object) -> None:
        if when == "after":
            call(*args, **named)
        raise CutOffError

    return calling


@pytest.mark.parametrize("flags", ["with renameat2", "without"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("work", ["make", "re-point", "remove", "remove hard"])
def test_what_a_crash_left_aside_is_cleared_up(
    app: App, monkeypatch: pytest.MonkeyPatch, work: str, when: str, flags: str
) -> None:
    step = app.link()
    if work == "re-point":
        done(app.link(text="../old"))
        step = app.link(before=fingerprints.link("../old"))
    elif work.startswith("remove"):
        made = app.hard_link() if work == "remove hard" else step
        done(made)
        step = app.unlink(made)
    with monkeypatch.context() as patch:
        if flags == "with renameat2":
            patch.setattr(libc, "rename", cut_off(libc.rename, when))
        else:
            patch.setattr(libc, "rename", lambda *_: False)
            name = "symlink" if work == "make" else "rename"
            patch.setattr(os, name, cut_off(getattr(os, name), when))
        with pytest.raises(CutOffError):
            steps.perform(step)
    done(step)
    assert app.names() == ([] if "remove" in work else ["model"])
    assert app.source.stat().st_nlink == 1


def test_a_users_file_that_a_crash_left_aside_comes_back(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    made = app.link()
    done(made)
    real = libc.rename

    def rename(*call: int | str) -> bool:
        put(app.target, "file")
        real(*call)  # type: ignore[arg-type]
        raise CutOffError

    with monkeypatch.context() as patch:
        patch.setattr(libc, "rename", rename)
        with pytest.raises(CutOffError):
            steps.perform(app.unlink(made))
    assert not app.target.exists()
    skipped(app.unlink(made))
    assert app.target.read_bytes() == b"theirs"
    assert app.names() == ["model"]
