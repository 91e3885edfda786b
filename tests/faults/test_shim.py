"""The shim itself: it counts what changes the disk below its roots, and its faults arrive."""

import signal
import textwrap
from pathlib import Path

import pytest

from tests.faults.harness import Harness, interpreter

SCRIPT = textwrap.dedent(
    """
    import os, sys
    root = sys.argv[1]
    os.mkdir(root + "/d")
    fd = os.open(root + "/d/f", os.O_CREAT | os.O_WRONLY)
    written = os.write(fd, b"0123456789")
    os.fsync(fd)
    os.ftruncate(fd, written)
    os.posix_fallocate(fd, 0, 100)
    os.close(fd)
    os.chmod(root + "/d/f", 0o600)
    os.utime(root + "/d/f", (1, 1))
    os.link(root + "/d/f", root + "/d/g")
    os.symlink("f", root + "/d/s")
    os.rename(root + "/d/g", root + "/d/h")
    here = os.open(root + "/d", os.O_RDONLY)
    os.unlink("s", dir_fd=here)
    os.mkdir("e", dir_fd=here)
    os.rmdir("e", dir_fd=here)
    os.truncate(root + "/d/h", 1)
    os.stat(root + "/d/h"); os.listdir(root + "/d"); os.read(os.open(root + "/d/h", os.O_RDONLY), 1)
    open(sys.argv[2] + "/elsewhere", "w").write("not counted")
    print(written)
    """
)
CALLS = 15


def command(tmp_path: Path) -> tuple[list[str], Path]:
    root, other = tmp_path / "root", tmp_path / "other"
    root.mkdir()
    other.mkdir()
    return [interpreter(), "-S", "-c", SCRIPT, str(root), str(other)], root


def test_it_counts_each_change_below_the_roots_and_nothing_else(harness: Harness, tmp_path: Path) -> None:
    argv, root = command(tmp_path)
    assert harness.count(argv, [root]) == CALLS


@pytest.mark.parametrize("action, there", [("kill", False), ("killafter", True)])
def test_a_kill_comes_before_or_after_the_call(
    harness: Harness, tmp_path: Path, action: str, there: bool
) -> None:
    argv, root = command(tmp_path)
    assert harness.run_at(argv, [root], 1, action).returncode == -signal.SIGKILL
    assert (root / "d").exists() is there


def test_a_call_fails_with_the_errno_asked_for(harness: Harness, tmp_path: Path) -> None:
    argv, root = command(tmp_path)
    run = harness.run_at(argv, [root], 4, "errno:ENOSPC")
    assert run.returncode == 1
    assert b"No space left on device" in run.stderr


def test_a_write_is_cut_short(harness: Harness, tmp_path: Path) -> None:
    argv, root = command(tmp_path)
    assert harness.run_at(argv, [root], 3, "short").stdout.strip() == b"5"


def test_every_call_can_fail(harness: Harness, tmp_path: Path) -> None:
    """A sweep that reports success although each call fails would not be armed."""
    argv, _ = command(tmp_path)
    for n in range(1, CALLS + 1):
        again = tmp_path / f"run{n}"
        again.mkdir()
        run = harness.run_at([*argv[:-2], str(again), argv[-1]], [again], n, "errno:EIO+")
        assert run.returncode != 0, f"call {n} did not fail"
