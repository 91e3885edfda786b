"""What stands below one target folder of an app: files, folders, and where its links lead.

Reads names and stats through open folders, and never descends into a link. Hidden entries are not looked at,
our own trash among them. Where a folder that links lead into really is, is found out once for all of them:
that makes twenty thousand links a matter of well under a second.
"""

import errno
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pumas_tui.core.domain import fingerprints
from pumas_tui.core.domain.mapped import Entry
from pumas_tui.core.fs.failures import ABSENT, disk_error

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_DEEPEST = 32
_DEAD = ABSENT | {errno.ELOOP}


@dataclass(frozen=True, slots=True)
class Scanned:
    """What was found: `entries` by target, `top`: names right in the folder. `problem`: what could not be
    read; then nothing may be concluded from what is missing."""

    entries: Mapping[str, Entry] = field(default_factory=dict)
    top: frozenset[str] = frozenset()
    problem: str = ""


NOTHING = Scanned()


def scan(real: str, folder: str) -> Scanned:
    """All below the real folder `real`, which is `folder` below an app's base. Never raises."""
    walk = _Walk(real, folder)
    top = walk.run()
    return Scanned(walk.entries, top, walk.problem)


class _Walk:
    def __init__(self, real: str, folder: str) -> None:
        self.entries: dict[str, Entry] = {}
        self.problem = ""
        self._todo: list[tuple[str, str, int]] = [(real, folder, 0)]
        self._folders: dict[str, str | int] = {}  # of links' targets: real path, or the errno of finding it

    def run(self) -> frozenset[str]:
        """Read everything; the names in the first folder."""
        top: frozenset[str] | None = None
        while self._todo:
            names = self._read(*self._todo.pop())
            top = names if top is None else top
        return top or frozenset()

    def _say(self, error: OSError, path: str) -> None:
        self.problem = self.problem or disk_error(error, "read", path).message

    def _read(self, real: str, folder: str, depth: int) -> frozenset[str]:
        if depth > _DEEPEST:
            self.problem = self.problem or f"{real} lies too deep: more than {_DEEPEST} folders in each other"
            return frozenset()
        names: list[str] = []
        try:
            fd = os.open(real, _FOLDER)
            try:
                with os.scandir(fd) as found:
                    for item in found:
                        if not item.name.startswith("."):
                            names.append(item.name)
                            self._item(fd, item, real, folder, depth)
            finally:
                os.close(fd)
        except OSError as error:
            self._say(error, real)
        own = self.entries.get(folder)
        if depth and own is not None:
            self.entries[folder] = replace(own, items=len(names))
        return frozenset(names)

    def _item(self, fd: int, item: os.DirEntry[str], real: str, folder: str, depth: int) -> None:
        target = f"{folder}/{item.name}" if folder else item.name
        try:
            if item.is_symlink():
                self.entries[target] = self._link(fd, item.name, real, target)
                return
            status = item.stat(follow_symlinks=False)
        except OSError as error:
            if error.errno not in ABSENT:  # absent: it went while the folder was read
                self._say(error, f"{real}/{item.name}")
            return
        self.entries[target] = _entry(target, status)
        if stat.S_ISDIR(status.st_mode):
            self._todo.append((f"{real}/{item.name}", target, depth + 1))

    def _link(self, fd: int, name: str, real: str, target: str) -> Entry:
        text = os.readlink(name, dir_fd=fd)
        mark = fingerprints.link(text)
        try:
            resolved, status = self._followed(real, text)
        except OSError as error:
            return Entry(target, mark, unknown=error.errno not in _DEAD)
        return Entry(
            target,
            mark,
            size_bytes=status.st_size,
            mtime_ns=status.st_mtime_ns,
            resolved=resolved,
            place=(status.st_dev, status.st_ino),
        )

    def _followed(self, real: str, text: str) -> tuple[str, os.stat_result]:
        """Where a link in the real folder leads, and what is there. Raises OSError."""
        folder, _, name = os.path.join(real, text).rpartition("/")
        if name in ("", ".", ".."):
            resolved = os.path.realpath(f"{folder}/{name}", strict=True)
            return resolved, os.lstat(resolved)
        path = f"{self._real(folder)}/{name}"
        status = os.lstat(path)
        if stat.S_ISLNK(status.st_mode):
            path = os.path.realpath(path, strict=True)
            status = os.lstat(path)
        return path, status

    def _real(self, folder: str) -> str:
        """Real path of a folder, empty for the top one. Raises OSError."""
        known = self._folders.get(folder)
        if known is None:
            try:
                known = os.path.realpath(folder or "/", strict=True).rstrip("/")
            except OSError as error:
                known = error.errno or errno.EIO
            self._folders[folder] = known
        if isinstance(known, int):
            raise OSError(known, os.strerror(known))
        return known


def _entry(target: str, status: os.stat_result) -> Entry:
    place = (status.st_dev, status.st_ino)
    if stat.S_ISREG(status.st_mode):
        mark = fingerprints.file(status.st_size, status.st_mtime_ns, status.st_ino)
        return Entry(target, mark, status.st_size, status.st_mtime_ns, place=place)
    is_dir = stat.S_ISDIR(status.st_mode)
    mark = (fingerprints.directory if is_dir else fingerprints.other)(status.st_ino)
    return Entry(target, mark, mtime_ns=status.st_mtime_ns, place=place)
