"""File systems of a test's own: mounted below a temporary folder, taken away again. Needs root."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class NoDiskError(Exception):
    """This machine lets no test mount such a file system; the text says why."""


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoDiskError(f"{' '.join(command)}: {done.stderr.strip()}")


@contextmanager
def tmpfs(folder: Path, size: int) -> Iterator[Path]:
    """A tmpfs of `size` bytes on the folder. Raises NoDiskError."""
    if os.geteuid() != 0:
        raise NoDiskError("mounting needs root")
    folder.mkdir(exist_ok=True)
    _run("mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "pumas-test", str(folder))
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@contextmanager
def xfs(folder: Path, size: int = 320 << 20) -> Iterator[Path]:
    """An XFS that can share blocks, in an image beside the folder. Raises NoDiskError."""
    if os.geteuid() != 0:
        raise NoDiskError("mounting needs root")
    if shutil.which("mkfs.xfs") is None:
        raise NoDiskError("mkfs.xfs is not installed (package xfsprogs)")
    folder.mkdir(exist_ok=True)
    image = folder.with_name(f"{folder.name}.img")
    with image.open("wb") as file:
        file.truncate(size)
    _run("mkfs.xfs", "-q", "-m", "reflink=1", str(image))
    _run("mount", "-o", "loop", str(image), str(folder))
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def used_bytes(folder: Path) -> int:
    """Bytes that the file system under a folder has given away, as `df` tells."""
    os.sync()
    status = os.statvfs(folder)
    return (status.f_blocks - status.f_bfree) * status.f_frsize
