"""Looking at files without trusting them: bounded reads, stats as values, names of a folder.

A FIFO or a device named like a file never blocks here: files are opened non-blocking, then checked.
"""

import errno
import os
import stat
from collections.abc import Iterator

from pumas_tui.core.domain.errors import DiskError
from pumas_tui.core.domain.files import FileEntry
from pumas_tui.core.fs.failures import ABSENT, disk_error, told

_OPEN_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


def open_regular(path: str, *, dir_fd: int | None = None) -> int:
    """A descriptor for reading a regular file, links followed. Raises DiskError (EINVAL: not a file)."""
    with told("open", path):
        fd = os.open(path, _OPEN_READ, dir_fd=dir_fd)
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise DiskError(f"{path} is not a regular file", path=path, errno_name="EINVAL")
    except BaseException:
        os.close(fd)
        raise
    return fd


def read_bounded(path: str, limit: int, *, dir_fd: int | None = None) -> bytes:
    """All bytes of a regular file of at most `limit` bytes.

    Raises DiskError: errno_name ENOENT or ENOTDIR when it is not there, EFBIG when it is larger.
    """
    fd = open_regular(path, dir_fd=dir_fd)
    try:
        with told("read", path):
            room = min(os.fstat(fd).st_size, limit) + 1
            parts: list[bytes] = []
            while room > 0 and (part := os.read(fd, room)):
                parts.append(part)
                room = max(room - len(part), 1)  # the file may have grown since the stat
                if sum(map(len, parts)) > limit:
                    message = f"{path} is larger than {limit} bytes"
                    raise DiskError(message, path=path, errno_name="EFBIG")
        return b"".join(parts)
    finally:
        os.close(fd)


def read_start(path: str, length: int) -> bytes:
    """The first bytes of a regular file, `length` at most. Raises DiskError."""
    fd = open_regular(path)
    try:
        with told("read", path):
            return os.pread(fd, length, 0)
    finally:
        os.close(fd)


def check_readable(path: str) -> None:
    """Raises DiskError unless this is a regular file that may be read."""
    os.close(open_regular(path))


def linked_inside(link: str, folder: str) -> FileEntry | None:
    """The regular file a link leads to, under the link's own name; None where it lies outside of `folder` or
    is no file. Raises DiskError when the link leads nowhere."""
    with told("follow the link", link):
        target, top = os.path.realpath(link, strict=True), os.path.realpath(folder, strict=True)
        status = os.stat(target)
    inside = target.startswith(f"{top}/") and stat.S_ISREG(status.st_mode)
    return entry_of(link, status) if inside else None


def entry_of(path: str, status: os.stat_result) -> FileEntry:
    """The value form of a stat."""
    return FileEntry(path, status.st_size, status.st_mtime_ns, status.st_ino, status.st_dev)


def entry(path: str) -> FileEntry:
    """Identity of the regular file at `path`, links followed. Raises DiskError."""
    with told("look at", path):
        status = os.stat(path)
    if not stat.S_ISREG(status.st_mode):
        raise DiskError(f"{path} is not a regular file", path=path, errno_name="EINVAL")
    return entry_of(path, status)


def name_count(path: str) -> int:
    """How many names a file has (hard links), links followed; 0 where it is not there. Raises DiskError."""
    try:
        return os.stat(path).st_nlink
    except OSError as error:
        if error.errno in ABSENT:
            return 0
        raise disk_error(error, "look at", path) from error


def is_there(path: str) -> bool:
    """Something is at `path`, be it a dangling link. Raises DiskError when that cannot be known."""
    try:
        os.lstat(path)
    except OSError as error:
        if error.errno in ABSENT:
            return False
        raise disk_error(error, "look at", path) from error
    return True


def is_folder(path: str) -> bool:
    """A directory itself is at `path`, no link to one. Raises DiskError when that cannot be known."""
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError as error:
        if error.errno in ABSENT:
            return False
        raise disk_error(error, "look at", path) from error


def names(path: str) -> tuple[str, ...]:
    """Names in a folder; none when the folder is not there. Raises DiskError."""
    try:
        return tuple(os.listdir(path))
    except OSError as error:
        if error.errno in ABSENT:
            return ()
        raise disk_error(error, "list", path) from error


def tree(top: str) -> Iterator[tuple[str, bool]]:
    """All below a folder of ours: name relative to `top`, and whether it is a directory. Raises DiskError."""
    todo = [""]
    while todo:
        relative = todo.pop()
        for name in names(f"{top}/{relative}" if relative else top):
            path = f"{relative}/{name}" if relative else name
            with told("look at", f"{top}/{path}"):
                is_dir = stat.S_ISDIR(os.lstat(f"{top}/{path}").st_mode)
            if is_dir:
                todo.append(path)
            yield path, is_dir


def kind_of(mode: int) -> str:
    """What a st_mode is, in a word a person knows."""
    for test, word in (
        (stat.S_ISREG, "file"),
        (stat.S_ISDIR, "folder"),
        (stat.S_ISLNK, "link"),
        (stat.S_ISFIFO, "FIFO"),
        (stat.S_ISSOCK, "socket"),
        (stat.S_ISCHR, "device"),
        (stat.S_ISBLK, "device"),
    ):
        if test(mode):
            return word
    return "unknown kind of entry"


def is_absent(error: DiskError) -> bool:
    """The error says that nothing is there, and not that it could not be known."""
    return error.errno_name in {errno.errorcode[number] for number in ABSENT}
