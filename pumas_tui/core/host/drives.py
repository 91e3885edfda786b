"""The disks and shares that are mounted here, with their room.

A share whose server is gone holds whoever asks it for minutes, so each share is asked in a thread of its own
and given up after a moment.
"""

import os
import stat
import threading
from dataclasses import dataclass
from pathlib import Path

from pumas_tui.core.domain import mounts
from pumas_tui.core.domain.mounts import FileSystem

MOUNTS = "/proc/self/mountinfo"
_PATIENCE_S = 2.0


@dataclass(frozen=True, slots=True)
class Drive:
    """A mounted disk. `free_bytes` is what this user may still write, `dev` the `st_dev` of its files."""

    mount: FileSystem
    dev: int
    free_bytes: int
    total_bytes: int


@dataclass(frozen=True, slots=True)
class Drives:
    """Disks that answered, each once, in the order of their mount points; mount points that did not."""

    answered: tuple[Drive, ...]
    silent: tuple[str, ...]


def drives(table: str = MOUNTS, patience_s: float = _PATIENCE_S) -> Drives:
    """All disks where files may be kept. Never raises: what cannot be asked is among the silent ones."""
    try:
        text = os.fsdecode(Path(table).read_bytes())
    except OSError:
        return Drives((), ())
    seen: dict[str, FileSystem] = {m.mount_point: m for m in mounts.parse(text)}  # the last one lies on top
    wanted = [mount for mount in seen.values() if mounts.keeps_files(mount)]
    answers: dict[str, Drive | None] = {}
    shares = [m for m in wanted if mounts.is_network(m)]
    asking = [threading.Thread(target=_ask, args=(m, answers), daemon=True) for m in shares]
    for thread in asking:
        thread.start()
    for mount in wanted:
        if not mounts.is_network(mount):
            _ask(mount, answers)
    for thread in asking:
        thread.join(patience_s)
    silent = tuple(sorted(m.mount_point for m in wanted if m.mount_point not in answers))
    return Drives(_each_once([found for found in answers.values() if found is not None]), silent)


def _ask(mount: FileSystem, answers: dict[str, Drive | None]) -> None:
    """Note the drive, or None for what is no folder (a file that a container mounts) or may not be seen."""
    try:
        status = os.stat(mount.mount_point)
        room = os.statvfs(mount.mount_point)
    except OSError:
        answers[mount.mount_point] = None
        return
    whole = Drive(mount, status.st_dev, room.f_bavail * room.f_frsize, room.f_blocks * room.f_frsize)
    answers[mount.mount_point] = whole if stat.S_ISDIR(status.st_mode) and whole.total_bytes else None


def _each_once(found: list[Drive]) -> tuple[Drive, ...]:
    """One mount of each file system: the one that shows its top, else the one with the shortest path."""
    best: dict[int, Drive] = {}
    for drive in sorted(found, key=lambda d: (d.mount.root != "/", len(d.mount.mount_point))):
        best.setdefault(drive.dev, drive)
    return tuple(sorted(best.values(), key=lambda d: d.mount.mount_point))
