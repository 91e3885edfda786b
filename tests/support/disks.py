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
def tmpfs(folder: Path, size: int, options: str = "mode=755") -> Iterator[Path]:
    """A tmpfs of `size` bytes on the folder. Raises NoDiskError."""
    if os.geteuid() != 0:
        raise NoDiskError("mounting needs root")
    folder.mkdir(exist_ok=True)
    _run("mount", "-t", "tmpfs", "-o", f"size={size},{options}", "pumas-test", str(folder))
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


@contextmanager
def exfat(folder: Path, size: int = 32 << 20) -> Iterator[Path]:
    """An exFAT: neither symbolic nor hard links, names without regard to case. Raises NoDiskError."""
    with _fuse(folder, size, ("mkfs.exfat",), "mount.exfat-fuse", "exfat-fuse and exfatprogs"):
        yield folder


@contextmanager
def vfat(folder: Path, size: int = 32 << 20) -> Iterator[Path]:
    """A FAT32: neither symbolic nor hard links, names without regard to case. Raises NoDiskError."""
    if os.geteuid() != 0:
        raise NoDiskError("mounting needs root")
    if shutil.which("mkfs.vfat") is None:
        raise NoDiskError("mkfs.vfat is not installed (package dosfstools)")
    folder.mkdir(exist_ok=True)
    image = folder.with_name(f"{folder.name}.img")
    with image.open("wb") as file:
        file.truncate(size)
    _run("mkfs.vfat", str(image))
    _run("mount", "-o", "loop", str(image), str(folder))
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@contextmanager
def ntfs(folder: Path, size: int = 32 << 20) -> Iterator[Path]:
    """An NTFS through FUSE: links of both kinds, but no rename that replaces nothing. Raises NoDiskError."""
    with _fuse(folder, size, ("mkfs.ntfs", "-q", "-F"), "ntfs-3g", "ntfs-3g"):
        yield folder


@contextmanager
def _fuse(folder: Path, size: int, make: tuple[str, ...], driver: str, package: str) -> Iterator[None]:
    if os.geteuid() != 0:
        raise NoDiskError("mounting needs root")
    if shutil.which(make[0]) is None or shutil.which(driver) is None:
        raise NoDiskError(f"{make[0]} or {driver} is not installed (packages {package})")
    folder.mkdir(exist_ok=True)
    image = folder.with_name(f"{folder.name}.img")
    with image.open("wb") as file:
        file.truncate(size)
    _run(*make, str(image))
    loop = subprocess.run(
        ["losetup", "-f", "--show", str(image)], capture_output=True, text=True, check=False
    )
    if loop.returncode:
        raise NoDiskError(f"losetup: {loop.stderr.strip()}")
    device = loop.stdout.strip()
    try:
        _run(driver, device, str(folder))
        try:
            yield
        finally:
            subprocess.run(["umount", str(folder)], check=True)
    finally:
        subprocess.run(["losetup", "-d", device], check=True)


@contextmanager
def bind(source: Path, folder: Path) -> Iterator[Path]:
    """A second mount of a folder: the same device number, and no rename between the two.

    Raises NoDiskError.
    """
    if os.geteuid() != 0:
        raise NoDiskError("mounting needs root")
    folder.mkdir(exist_ok=True)
    _run("mount", "--bind", str(source), str(folder))
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)
