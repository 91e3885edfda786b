"""Locks between processes and threads: one at a time, and the other is told who."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pumas_tui.core.domain.errors import BusyError
from pumas_tui.core.domain.ids import ModelUid
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.fs import locks, space

UID = ModelUid("6c1f0e8e-7f0e-4e0c-9d0e-3a1b2c3d4e5f")
HOLD = """
import sys
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.fs import locks
with locks.library_lock(LibraryPaths(sys.argv[1])):
    sys.stdout.write("held\\n"); sys.stdout.flush(); sys.stdin.readline()
"""


@pytest.fixture
def paths(tmp_path: Path) -> LibraryPaths:
    (tmp_path / "models").mkdir()
    return LibraryPaths(str(tmp_path))


@contextmanager
def holding(paths: LibraryPaths) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the library's lock."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, paths.root], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_the_other_process_is_named(paths: LibraryPaths) -> None:
    with (
        holding(paths) as process,
        pytest.raises(BusyError, match=f"pid {process.pid} on {space.host_name()} since"),
        locks.library_lock(paths, 0.05),
    ):
        pytest.fail("two hold the lock")


def test_a_killed_holder_holds_nothing(paths: LibraryPaths) -> None:
    with holding(paths) as process:
        process.kill()
        process.wait()
        with locks.library_lock(paths, 5):
            assert os.listdir(paths.locks) == ["library.lock"]


def test_the_lock_is_given_back_and_the_file_stays(paths: LibraryPaths) -> None:
    for _ in range(3):
        with locks.library_lock(paths, 0.05):
            inode = os.stat(paths.library_lock).st_ino
    assert os.stat(paths.library_lock).st_ino == inode


def test_it_holds_within_one_process_too(paths: LibraryPaths) -> None:
    with locks.library_lock(paths, 0), pytest.raises(BusyError), locks.library_lock(paths, 0.05):
        pytest.fail("two hold the lock")


def test_models_are_locked_one_by_one(paths: LibraryPaths) -> None:
    with (
        locks.library_lock(paths, 0),
        locks.model_lock(paths, UID, 0),
        pytest.raises(BusyError, match="the model"),
        locks.model_lock(paths, UID, 0),
    ):
        pytest.fail("two hold the lock")


def test_a_link_in_the_place_of_a_lock_is_not_written_through(paths: LibraryPaths, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("kept")
    os.mkdir(paths.locks)
    os.symlink(tmp_path / "precious", paths.library_lock)
    with pytest.raises(Exception, match="ELOOP"), locks.library_lock(paths, 0):
        pass
    assert (tmp_path / "precious").read_text() == "kept"
