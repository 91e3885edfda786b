"""S18: the line drops, or the process is killed, in the middle of an import: the next start goes on with the
bytes that are there, in the same file, and ends with the whole model."""

import filecmp
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.support import modelfiles
from tests.support.program import argv, environment, pumas
from tests.support.trees import model_dirs

SIZE = 640 << 20


def staged(root: Path) -> Path | None:
    """The weights that are being copied."""
    return next(iter((root / "models" / ".staging").glob("*/*.safetensors")), None)


def start_and_stop(root: Path, source: Path, number: signal.Signals) -> Path:
    """An import, stopped when it is somewhere in the middle; its half copy."""
    with subprocess.Popen(
        argv("import", source, "--json", root=root),
        env=environment(root.parent),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        deadline = time.monotonic() + 60
        while (half := staged(root)) is None or half.stat().st_size < SIZE // 8:
            assert process.poll() is None, "it was over before it could be stopped"
            assert time.monotonic() < deadline
            time.sleep(0.005)
        process.send_signal(number)
        process.wait(60)
    half = staged(root)
    assert half is not None and SIZE // 8 <= half.stat().st_size < SIZE
    return half


@pytest.fixture
def source(inbox: Path) -> Path:
    """Large, but takes no room but for a few bytes in it."""
    path = inbox / "big.safetensors"
    modelfiles.safetensors_file(path, {"w": ("U8", [SIZE])})
    with path.open("r+b") as file:
        for place in range(1 << 20, SIZE, 100 << 20):
            file.seek(place)
            file.write(os.urandom(1 << 16))
    return path


@pytest.mark.parametrize(
    ("number", "how"), [(signal.SIGTERM, "resume"), (signal.SIGKILL, "resume"), (signal.SIGKILL, "again")]
)
def test_it_goes_on_in_the_same_file(root: Path, source: Path, number: signal.Signals, how: str) -> None:
    half = start_and_stop(root, source, number)
    inode, copied = half.stat().st_ino, half.stat().st_size
    if how == "resume":
        done = pumas("jobs", "resume", "--json", root=root)
    else:
        done = pumas("import", source, "--json", root=root)
    assert done.code == 0, done.err
    [directory] = model_dirs(root)
    [weights] = [p for p in directory.iterdir() if p.suffix == ".safetensors"]
    assert weights.stat().st_ino == inode
    assert weights.stat().st_size > copied
    assert filecmp.cmp(weights, source, shallow=False)
    assert list((root / "models" / ".staging").iterdir()) == []


def test_cancel_throws_the_half_copy_away(root: Path, source: Path) -> None:
    start_and_stop(root, source, signal.SIGTERM)
    assert pumas("jobs", "cancel", "--yes", root=root).code == 0
    assert list((root / "models" / ".staging").iterdir()) == []
    assert source.stat().st_size > SIZE
