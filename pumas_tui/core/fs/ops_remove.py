"""Removing what is ours, and nothing else: staged copies, manifests, lock files, temporary files; and what
lies in a trash, when somebody empties it.

A file of the user cannot be removed by this program in any other way: no call here takes a path outside of
our own folders in a library and the trashes, but for temporary files that carry a name only we make.
"""

import errno
import os
import re
import stat

from pumas_tui.core.fs import ops
from pumas_tui.core.fs.failures import ABSENT, disk_error

STAGING = ".staging"
_COPIES = (STAGING, ".downloads")
"""Folders of the library in which only copies lie, which this program made."""
LIBRARY_TRASH = ".trash"
_TRASH = re.compile(r"\.trash|\.pumas-trash(-\d+)?")
"""Names of trashes: the library's, an app's, and the one at the top of a disk with the user's number."""
_DIR = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def remove_staged_tree(path: str) -> None:
    """Remove the directory `…/.staging/<op>` or `…/.downloads/<uid>` with all in it, if it is there.

    Walks by directory descriptors, follows no link, leaves no file system: a mount inside stops it.
    Raises DiskError; ValueError for a path that is not directly below one of these.
    """
    parent, name = os.path.split(path)
    if os.path.basename(parent) not in _COPIES or name in ("", ".", ".."):
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


def is_trash(path: str) -> bool:
    """A folder of this name is a trash of ours."""
    return _TRASH.fullmatch(os.path.basename(path)) is not None


def remove_trashed(path: str) -> None:
    """Remove `<trash>/<op>/<name>` for good: a file, a link, or a folder with all in it.

    The one call that destroys data. As `remove_staged_tree` otherwise; each folder from the trash down is
    opened without following links. Nothing happens when it is not there. Raises DiskError, ValueError.
    """
    folder, name = os.path.split(path)
    trash, op = os.path.split(folder)
    if not is_trash(trash) or any(part in ("", ".", "..") for part in (op, name)):
        raise ValueError(f"not in a trash: {path!r}")
    fds: list[int] = []
    try:
        fds.append(os.open(trash, _DIR))
        fds.append(os.open(op, _DIR, dir_fd=fds[0]))
        is_dir = stat.S_ISDIR(os.stat(name, dir_fd=fds[1], follow_symlinks=False).st_mode)
        if not is_dir:
            os.unlink(name, dir_fd=fds[1])
    except OSError as error:
        _close(fds)
        if error.errno in ABSENT:
            return
        raise disk_error(error, "remove", path) from error
    try:
        if is_dir:
            _remove_tree(fds[1], name, path)
    finally:
        _close(fds)


def remove_empty_trash(path: str) -> None:
    """Remove the empty folder `<trash>/<op>`, its manifest beside it, and an app's trash with the last one.

    The library's own trash stays. Nothing happens when something is in it. Raises DiskError, ValueError.
    """
    trash, op = os.path.split(path)
    if not is_trash(trash) or op in ("", ".", ".."):
        raise ValueError(f"not in a trash: {path!r}")
    for remove, what in ((os.rmdir, path), (os.unlink, f"{path}.json"), (os.rmdir, trash)):
        if os.path.basename(what) == LIBRARY_TRASH:
            return
        try:
            remove(what)
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                return
            if error.errno not in ABSENT:
                raise disk_error(error, "remove", what) from error


def _close(fds: list[int]) -> None:
    for fd in fds:
        os.close(fd)


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
        raise disk_error(error, "remove", path) from error
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
