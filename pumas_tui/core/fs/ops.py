"""The only place that creates, writes, renames or links, together with its parts `ops_publish` (a staged
directory becomes a model), `ops_remove` (staged copies and our own small files go away) and `ops_share`
(clones and hard links).

Every call translates OSError at once: DiskFullError for ENOSPC and EDQUOT, else DiskError. Files are created
with their final mode (0644 less umask, folders 0755), never through a link, never over something else.
Plain synchronous code; callable from any thread. No call here removes or overwrites a file of the user.
"""

import errno
import os
import secrets
import stat

from pumas_tui.core.domain.errors import DiskError
from pumas_tui.core.fs import libc
from pumas_tui.core.fs.failures import disk_error, told

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_NO_HARD_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL, errno.EMLINK})


def make_dir(path: str, *, exist_ok: bool = False, mode: int = 0o755) -> bool:
    """Make one directory. True when it was made, False when it was there and `exist_ok`. Raises DiskError."""
    try:
        os.mkdir(path, mode)
    except FileExistsError as error:
        with told("look at", path):
            there = stat.S_ISDIR(os.stat(path).st_mode)
        if exist_ok and there:
            return False
        raise disk_error(error, "make the folder", path) from error
    except OSError as error:
        raise disk_error(error, "make the folder", path) from error
    return True


def make_dirs(base: str, relative: str) -> None:
    """Make the folders of `relative` one below the other in `base`, durably. Existing ones stay."""
    parent = base.rstrip("/")
    for part in relative.split("/"):
        if part in ("", ".", ".."):
            raise ValueError(f"not a plain relative path: {relative!r}")
        path = f"{parent}/{part}"
        if make_dir(path, exist_ok=True):
            fsync_dir(parent or "/")
        parent = path


def create_file(path: str, *, mode: int = 0o644) -> int:
    """A descriptor for writing a file that was not there. Raises DiskError (EEXIST when it was)."""
    with told("create", path):
        return os.open(path, _CREATE, mode)


def open_lock_file(path: str) -> int:
    """A descriptor of a lock file, made when absent, never emptied. Raises DiskError."""
    with told("open", path):
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)


def rewrite(fd: int, data: bytes) -> None:
    """Replace what an open file of ours holds, in place: for lock files, whose inode must stay."""
    with told("write", name_of(fd)):
        os.ftruncate(fd, 0)
        os.lseek(fd, 0, os.SEEK_SET)
    write_all(fd, data)


def name_of(fd: int) -> str:
    """The path of an open file, for messages."""
    try:
        return os.readlink(f"/proc/self/fd/{fd}")
    except OSError:
        return f"file descriptor {fd}"


def write_all(fd: int, data: bytes | bytearray | memoryview) -> None:
    """Write every byte: the kernel may take fewer than offered when a disk fills. Raises DiskError."""
    view = memoryview(data)
    while view:
        try:
            written = os.write(fd, view)
            if written == 0:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
        except OSError as error:
            raise disk_error(error, "write", name_of(fd), missing_bytes=len(view)) from error
        view = view[written:]


def reopen_file(path: str, size: int) -> int:
    """A descriptor for going on with a file of ours after its first `size` bytes; what is behind goes.

    Raises DiskError (EINVAL when it is no regular file, has other names, or is shorter).
    """
    with told("open", path):
        fd = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        with told("go on with", path):
            status = os.fstat(fd)
            if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1 or status.st_size < size:
                raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
            os.ftruncate(fd, size)
            os.lseek(fd, size, os.SEEK_SET)
    except BaseException:
        os.close(fd)
        raise
    return fd


def settle_file(path: str, size: int) -> None:
    """Cut a file of ours to its first `size` bytes, give back room made for more, bring it to the disk.

    Raises DiskError.
    """
    fd = reopen_file(path, size)
    try:
        fsync_file(fd)
    finally:
        os.close(fd)


def preallocate(fd: int, size: int) -> None:
    """Make room for `size` bytes now, so that a full disk shows before the copy; the file's own size goes on
    telling how far the copy is. Does nothing where the file system cannot.

    Raises DiskFullError with the bytes asked for, DiskError.
    """
    if size <= 0:
        return
    try:
        libc.allocate(fd, size)
    except OSError as error:
        raise disk_error(error, "make room for", name_of(fd), missing_bytes=size) from error


def fsync_file(fd: int) -> None:
    """Wait until the file is on the disk. After an error its content is lost: discard it, never try again."""
    with told("write to disk", name_of(fd)):
        os.fsync(fd)


def fsync_dir(path: str) -> None:
    """Wait until the directory's entries are on the disk. Raises DiskError."""
    with told("open", path):
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP):  # some FUSE drivers have no such call
            raise disk_error(error, "write to disk", path) from error
    finally:
        os.close(fd)


def temp_name() -> str:
    """A fresh hidden name `.<hex>.tmp` that no scan looks at; short, so that it fits beside any name."""
    return f".{secrets.token_hex(8)}.tmp"


def is_temp_name(name: str) -> bool:
    """Made by `temp_name`."""
    return len(name) == 21 and name[0] == "." and name.endswith(".tmp") and _is_hex(name[1:17])


def _is_hex(text: str) -> bool:
    return all(c in "0123456789abcdef" for c in text)


def write_new_file(path: str, data: bytes) -> None:
    """Create a file with this content and bring it to the disk; its directory is the caller's to fsync.

    For places nobody looks at yet (staging). A crash may leave it half-written. Raises DiskError.
    """
    fd = create_file(path)
    try:
        write_all(fd, data)
        fsync_file(fd)
    finally:
        os.close(fd)


def atomic_write(path: str, data: bytes, *, temp: str | None = None) -> None:
    """Put a whole file in place of an old one or of none; after return it survives a power cut.

    A crash leaves the old content or the new, and perhaps a temporary file: `temp` names it where the
    caller's recovery wants to know it. Raises DiskError; the old file is untouched then.
    """
    folder = os.path.dirname(path)
    temporary = f"{folder}/{temp or temp_name()}"
    write_new_file_or_nothing(temporary, data)
    try:
        with told("put in place", path):
            os.rename(temporary, path)
    except BaseException:
        forget(temporary)
        raise
    fsync_dir(folder)


def write_once(path: str, data: bytes) -> bool:
    """Like atomic_write, but never over an existing entry: False when there is one. Raises DiskError."""
    folder = os.path.dirname(path)
    temporary = f"{folder}/{temp_name()}"
    write_new_file_or_nothing(temporary, data)
    try:
        made = _link_once(temporary, path)
    finally:
        forget(temporary)
    fsync_dir(folder)
    return made


def _link_once(temporary: str, path: str) -> bool:
    try:
        os.link(temporary, path, follow_symlinks=False)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise disk_error(error, "put in place", path) from error
        return _rename_once(temporary, path)
    return True


def _rename_once(temporary: str, path: str) -> bool:
    """Where there are no hard links (FAT, exFAT): look, then rename. Two at once: the last one stays."""
    try:
        os.lstat(path)
    except FileNotFoundError:
        with told("put in place", path):
            os.rename(temporary, path)
        return True
    except OSError as error:
        raise disk_error(error, "look at", path) from error
    return False


def set_aside(path: str) -> str:
    """Rename one damaged file of ours to a name beside it that nobody has; returns that. Raises DiskError."""
    aside = f"{path}.damaged-{secrets.token_hex(4)}"
    with told("set aside", path):
        os.rename(path, aside)
    fsync_dir(os.path.dirname(path))
    return aside


def write_new_file_or_nothing(path: str, data: bytes) -> None:
    """write_new_file that takes its own half-written file away when it fails."""
    try:
        write_new_file(path, data)
    except DiskError as error:
        if error.errno_name != "EEXIST":
            forget(path)
        raise


def forget(temporary: str) -> None:
    """Remove a temporary file of this very call. A failure is not told: the error under way counts, and a
    left temporary file is cleared by the next sweep."""
    try:
        os.unlink(temporary)
    except OSError:
        return
