"""New names for bytes that are on the disk already: clones (two files share their blocks until one is
written) and hard links (two names of one file).

FICLONE and FICLONERANGE: ioctl_ficlone(2). Neither call here touches the source.
"""

import errno
import fcntl
import os
import secrets
import stat
import struct
from collections.abc import Callable

from pumas_tui.core.domain.errors import DiskError
from pumas_tui.core.fs import ops
from pumas_tui.core.fs.failures import disk_error, told

_FICLONE = 0x40049409
_FICLONERANGE = 0x4020940D
_BLOCK = 64 << 10  # a multiple of the block size of every file system that can share blocks
_CANNOT = frozenset({
    errno.EOPNOTSUPP, errno.ENOTTY, errno.ENOSYS, errno.EXDEV, errno.EINVAL, errno.EISDIR, errno.EPERM,
    errno.ETXTBSY, errno.EBADF,
})  # fmt: skip

_NO_WAY = frozenset({"EXDEV", "EACCES", "EPERM", "EROFS", "ENOENT", "ENOTDIR", "ENOSYS", "EOPNOTSUPP"})
_TRIAL = ".pumas-try"


def clone(source_fd: int, target_fd: int, target: str) -> bool:
    """Make the empty file `target_fd` share all blocks of the source. False where that cannot be done.

    Raises DiskError, DiskFullError (it needs room for its own list of blocks).
    """
    try:
        fcntl.ioctl(target_fd, _FICLONE, source_fd)
    except OSError as error:
        if error.errno in _CANNOT:
            return False
        raise disk_error(error, "share the blocks of the source with", target) from error
    return True


def can_clone(source_fd: int, folder: str) -> bool:
    """A file in `folder` could share the source's blocks: the first are tried on a file without a name."""
    try:
        scratch = os.open(folder, os.O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    except OSError:
        return False
    try:
        # A range that ends at the end of a file may have any length: 0 stands for all of a small one.
        length = _BLOCK if os.fstat(source_fd).st_size > _BLOCK else 0
        fcntl.ioctl(scratch, _FICLONERANGE, struct.pack("=qQQQ", source_fd, 0, length, 0))
    except OSError:
        return False
    finally:
        os.close(scratch)
    return True


def hard_link(source_fd: int, target: str) -> None:
    """Give the open file a second name `target`. Raises DiskError: EXDEV, EPERM, EMLINK, …"""
    try:
        link_open_file(source_fd, target)
    except OSError as error:
        raise disk_error(error, "make a hard link", target) from error


def link_open_file(source_fd: int, name: str, folder: int | None = None) -> None:
    """Give the open file a second name, relative to the open `folder` where given. Raises OSError.

    By descriptor, so that it is the very file that was looked at, whatever stands under its name by now.
    """
    # With a descriptor, for only then Python calls linkat(2), which follows the link in /proc.
    source = f"/proc/self/fd/{source_fd}"
    os.link(source, name, src_dir_fd=source_fd, dst_dir_fd=folder, follow_symlinks=True)


def links_possible(folder: str, source_folder: str | None = None) -> tuple[bool, bool]:
    """(symbolic, hard) links work in `folder`, found out by making and following one of each; nothing stays.

    Hard ones to a file in `source_folder`, else in `folder` itself. Raises DiskError when not even that file
    can be made.
    """
    for tried in {source_folder or folder, folder}:
        _clear_trials(tried)
    file = f"{source_folder or folder}/{_trial_name()}"
    symbolic, hard = (f"{folder}/{_trial_name()}" for _ in range(2))
    os.close(ops.create_file(file))
    try:
        return _works(os.symlink, file, symbolic), _works(os.link, file, hard)
    finally:
        ops.forget(file)


def rename_possible(source: str, target: str) -> bool:
    """What lies in the folder `source` can be renamed into the folder `target`, found out by doing it with a
    file of ours; nothing stays. Equal device numbers do not tell: a bind mount has the same.

    Raises DiskError for what says nothing of the two places: a full or failing disk.
    """
    _clear_trials(source)
    _clear_trials(target)
    name = _trial_name()
    try:
        os.close(ops.create_file(f"{source}/{name}"))
        with told("create", f"{target}/{name}"):
            os.rename(f"{source}/{name}", f"{target}/{name}")
    except DiskError as error:
        ops.forget(f"{source}/{name}")
        if error.errno_name in _NO_WAY:
            return False
        raise
    ops.forget(f"{target}/{name}")
    return True


def _trial_name() -> str:
    """A fresh hidden name for something empty that is made only to see whether it can be."""
    return f".{secrets.token_hex(8)}{_TRIAL}"


def _clear_trials(folder: str) -> None:
    """Take away what was tried here when a crash came: ours by name, links and empty files only."""
    try:
        with os.scandir(folder) as entries:
            names = [e for e in entries if len(e.name) == 17 + len(_TRIAL) and e.name.endswith(_TRIAL)]
            for entry in names:
                status = entry.stat(follow_symlinks=False)
                if stat.S_ISLNK(status.st_mode) or (stat.S_ISREG(status.st_mode) and not status.st_size):
                    ops.forget(entry.path)
    except OSError:
        return


def _works(make: Callable[[str, str], None], file: str, path: str) -> bool:
    try:
        make(file, path)
        os.stat(path)  # a disk may hold symbolic links that nobody can follow (mount option nosymfollow)
    except OSError:
        return False
    finally:
        ops.forget(path)
    return True
