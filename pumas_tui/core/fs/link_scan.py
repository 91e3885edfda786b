"""Links below an app's folder and what stands in the library, as a check needs them: many, and fast.

One readlink and one stat for each link, both through the open folder; nothing is resolved that need not be.
Hidden entries are not looked at, and no link is descended into.
"""

import errno
import os
import stat
import threading
from dataclasses import dataclass, field

from pumas_tui.core.domain import fingerprints
from pumas_tui.core.domain.library_facts import Presence, Source
from pumas_tui.core.fs.failures import ABSENT, disk_error

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_DEEPEST = 32
_DEAD = ABSENT | {errno.ELOOP}


@dataclass(frozen=True, slots=True)
class Thing:
    """What stands in a folder and is no link. `place`: (st_dev, st_ino); `size` in bytes."""

    fingerprint: str
    place: tuple[int, int]
    size: int


@dataclass(slots=True)
class FolderLinks:
    """All below a folder. Links by target, with their texts: `live` lead to something, `dead` to nothing, of
    `unsure` ones it could not be found out. `things`: the rest. `unread`: folders, by target, that could not
    be read, with the reason: nothing may be concluded from what is missing there."""

    live: dict[str, str] = field(default_factory=dict)
    dead: dict[str, str] = field(default_factory=dict)
    unsure: dict[str, str] = field(default_factory=dict)
    things: dict[str, Thing] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)


def scan(real: str, folder: str, stop: threading.Event | None = None) -> FolderLinks:
    """All below the real folder `real`, which is `folder` below an app's base. Never raises.

    A scan that is stopped names the folders it left out among the unread ones.
    """
    found = FolderLinks()
    todo = [(real, folder, 0)]
    while todo:
        place, target, depth = todo.pop()
        if stop is not None and stop.is_set():
            found.unread[target] = "the check was stopped"
        elif depth > _DEEPEST:
            found.unread[target] = f"{place} lies too deep: more than {_DEEPEST} folders in each other"
        else:
            _read(found, place, target, todo, depth)
    return found


def _read(found: FolderLinks, real: str, folder: str, todo: list[tuple[str, str, int]], depth: int) -> None:
    try:
        fd = os.open(real, _FOLDER)
    except OSError as error:
        found.unread[folder] = disk_error(error, "read", real).message
        return
    prefix = f"{folder}/" if folder else ""
    try:
        with os.scandir(fd) as entries:
            for item in entries:
                name = item.name
                if name.startswith("."):
                    continue
                if item.is_symlink():
                    _link(found, fd, name, prefix + name)
                    continue
                status = item.stat(follow_symlinks=False)
                found.things[prefix + name] = _thing(status)
                if stat.S_ISDIR(status.st_mode):
                    todo.append((f"{real}/{name}", prefix + name, depth + 1))
    except OSError as error:
        found.unread[folder] = disk_error(error, "read", real).message
    finally:
        os.close(fd)


def _link(found: FolderLinks, fd: int, name: str, target: str) -> None:
    """Raises OSError where not even its text can be read."""
    text = os.readlink(name, dir_fd=fd)
    try:
        os.stat(name, dir_fd=fd)
    except OSError as error:
        (found.dead if error.errno in _DEAD else found.unsure)[target] = text
    else:
        found.live[target] = text


def _thing(status: os.stat_result) -> Thing:
    ino = status.st_ino
    if stat.S_ISREG(status.st_mode):
        mark = fingerprints.file(status.st_size, status.st_mtime_ns, ino)
    else:
        mark = (fingerprints.directory if stat.S_ISDIR(status.st_mode) else fingerprints.other)(ino)
    return Thing(mark, (status.st_dev, ino), status.st_size)


def source_at(models_fd: int, source: str) -> Source:
    """What stands at a path below models/, through the open directory in which the marker was read, so that
    GONE is proven. Never raises."""
    try:
        status = os.stat(source, dir_fd=models_fd)
    except OSError as error:
        return Source(Presence.GONE if error.errno in ABSENT else Presence.UNKNOWN)
    return Source(Presence.HERE, (status.st_dev, status.st_ino), status.st_size)


def is_same_folder(models_fd: int, models_dir: str) -> bool:
    """The path leads to the very folder that is held open: its disk was not taken away meanwhile."""
    try:
        held, now = os.fstat(models_fd), os.stat(models_dir)
    except OSError:
        return False
    return (held.st_dev, held.st_ino) == (now.st_dev, now.st_ino)


def resolved(path: str) -> str | None:
    """Where a link really leads, absolute; None where that cannot be found out."""
    try:
        return os.path.realpath(path, strict=True)
    except OSError:
        return None


def missing_folders(folder: str) -> tuple[str, ...]:
    """Of a folder and those it lies in, the ones that are not there, outer ones first. Raises DiskError."""
    found: list[str] = []
    while folder not in ("", "/"):
        try:
            os.lstat(folder)
            break
        except OSError as error:
            if error.errno not in ABSENT:
                raise disk_error(error, "look at", folder) from error
        found.append(folder)
        folder = os.path.dirname(folder)
    return tuple(reversed(found))
