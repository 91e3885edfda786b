"""Removing what is ours, and nothing else: staged copies, manifests, lock files, temporary files.

A file of the user cannot be removed by this program: no call here takes a path outside `.staging`, but for
temporary files that carry a name only we make.
"""

import errno
import os
import stat

from pumas_tui.core.fs import ops
from pumas_tui.core.fs.failures import ABSENT, disk_error

STAGING = ".staging"
_DIR = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def remove_staged_tree(path: str) -> None:
    """Remove the directory `…/.staging/<op>` with all in it. Nothing happens when it is not there.

    Walks by directory descriptors, follows no link, leaves no file system: a mount inside stops it.
    Raises DiskError; ValueError for a path that is not directly below a `.staging`.
    """
    parent, name = os.path.split(path)
    if os.path.basename(parent) != STAGING or name in ("", ".", ".."):
        raise ValueError(f"not a staged directory: {path!r}")
    try:
        parent_fd = os.open(parent, _DIR)
    except OSError as error:
        if error.errno in ABSENT:
            return
        raise disk_error(error, "open", parent) from error
    try:
        _remove_tree(parent_fd, name, path)
    finally:
        os.close(parent_fd)


def _remove_tree(parent_fd: int, name: str, path: str) -> None:
    device = os.fstat(parent_fd).st_dev
    open_dirs: list[tuple[int, str]] = []  # from the top down: descriptor and its name in the one above
    try:
        top = _open_dir(parent_fd, name, device, path)
        if top is None:
            return
        open_dirs.append((top, name))
        while open_dirs:
            here, own_name = open_dirs[-1]
            below = _empty_of_files(here, device, path)
            if below is not None:
                open_dirs.append(below)
                continue
            open_dirs.pop()
            os.close(here)
            os.rmdir(own_name, dir_fd=open_dirs[-1][0] if open_dirs else parent_fd)
    except OSError as error:
        raise disk_error(error, "remove the staged copy", path) from error
    finally:
        for fd, _ in open_dirs:
            os.close(fd)


def _open_dir(parent_fd: int, name: str, device: int, path: str) -> int | None:
    try:
        fd = os.open(name, _DIR, dir_fd=parent_fd)
    except FileNotFoundError:
        return None
    if os.fstat(fd).st_dev != device:
        os.close(fd)
        raise OSError(errno.EXDEV, f"another file system is mounted in {path}")
    return fd


def _empty_of_files(fd: int, device: int, path: str) -> tuple[int, str] | None:
    """Unlink all but directories; the first directory found is returned open, for the caller to empty."""
    for name in os.listdir(fd):
        status = os.stat(name, dir_fd=fd, follow_symlinks=False)
        if stat.S_ISDIR(status.st_mode):
            below = _open_dir(fd, name, device, path)
            if below is not None:
                return below, name
        else:
            os.unlink(name, dir_fd=fd)
    return None


def remove_file_of_ours(path: str) -> None:
    """Remove a manifest, lock or temporary file in a `.staging`, or a temporary file of ours anywhere.

    Nothing happens when it is not there. Raises DiskError; ValueError for any other path.
    """
    parent, name = os.path.split(path)
    if os.path.basename(parent) != STAGING and not ops.is_temp_name(name):
        raise ValueError(f"not a file of ours: {path!r}")
    try:
        if stat.S_ISREG(os.lstat(path).st_mode):
            os.unlink(path)
    except OSError as error:
        if error.errno not in ABSENT:
            raise disk_error(error, "remove", path) from error
