"""A staged directory becomes a model by one rename: all of it is visible, or nothing.

The final name is claimed by making an empty directory. An empty directory is never a model, so a claim left
by a crash is harmless, and rename(2) replaces exactly that: an empty directory, nothing else. When two
want the same claim, one rename wins and the other finds the name taken.
"""

import errno
import os
import stat

from pumas_tui.core.domain.errors import DiskError
from pumas_tui.core.fs import ops
from pumas_tui.core.fs.failures import disk_error

_IN_THE_WAY = frozenset({errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR, errno.EPERM})


class NameTakenError(DiskError):
    """The final name holds something already; nothing was changed. Choose another name and try again."""

    code = "name_taken"

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path} is there already", path=path, errno_name="EEXIST", hint="choose another name"
        )


def publish_dir(staged: str, final: str) -> None:
    """Move the finished directory `staged` to `final`, durably. The parent of `final` must exist.

    Everything inside `staged` must be on the disk already. Raises NameTakenError, DiskError. An error after
    the rename (fsync) leaves the model visible and whole, but maybe not durable.
    """
    claimed = _claim(final)
    try:
        _rename_over_claim(staged, final)
    except DiskError:
        if claimed:
            drop_claim(final)
        raise
    ops.fsync_dir(os.path.dirname(final))
    ops.fsync_dir(os.path.dirname(staged))


def _claim(final: str) -> bool:
    """True when this call made the directory, False when an empty one was there."""
    try:
        os.mkdir(final, 0o755)
    except FileExistsError:
        if _is_empty_dir(final):
            return False
        raise NameTakenError(final) from None
    except OSError as error:
        raise disk_error(error, "make the folder", final) from error
    return True


def _is_empty_dir(path: str) -> bool:
    """An empty directory and no link to one. Raises DiskError."""
    try:
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            return False
        return not os.listdir(path)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise disk_error(error, "look at", path) from error


def _rename_over_claim(staged: str, final: str) -> None:
    if _renamed(staged, final):
        return
    # Some FUSE drivers do not rename over an empty directory: free the name, then rename onto it.
    drop_claim(final)
    if not _renamed(staged, final):
        raise NameTakenError(final)


def _renamed(staged: str, final: str) -> bool:
    """False when an empty directory is in the way. Raises NameTakenError, DiskError."""
    try:
        os.rename(staged, final)
    except OSError as error:
        if error.errno not in _IN_THE_WAY:
            raise disk_error(error, "move into place", final) from error
        if not _is_empty_dir(final):
            raise NameTakenError(final) from None
        return False
    return True


def drop_claim(final: str) -> bool:
    """Remove `final` if it is an empty directory. False when it is anything else or cannot be removed."""
    try:
        os.rmdir(final)
    except OSError:
        return False
    return True


def take_staged(old: str, new: str) -> bool:
    """Give the staged directory `old` the name `new`. False when it is not there. Raises DiskError."""
    try:
        os.rename(old, new)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise disk_error(error, "go on with", old) from error
    ops.fsync_dir(os.path.dirname(new))
    return True
