"""Looking for files by name or size near a folder: there and below, then around each folder above it.

Bounded: one file system, so many entries, so many seconds; and whoever asked can stop it. Reads names and
stats only.
"""

import os
import stat
import threading
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Final

from pumas_tui.core.domain.errors import DiskError
from pumas_tui.core.domain.files import FileEntry
from pumas_tui.core.fs.failures import disk_error
from pumas_tui.core.fs.reading import entry_of

CANCELLED: Final = "cancelled"
TOO_MANY: Final = "too many"
TOO_LONG: Final = "too long"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is looked at: entries of folders, and seconds."""

    entries: int = 200_000
    seconds: float = 20.0


@dataclass(slots=True)
class SoFar:
    """How far a search is, written by its thread while others read it."""

    files: int = 0
    folder: str = ""


@dataclass(slots=True)
class Hunt:
    """One search near the folder `start` for files of these names or `sizes`. `avoid`: folders not to enter.

    `top` is the highest folder that was looked through; `stopped` is CANCELLED, TOO_MANY or TOO_LONG where
    the search ended before its end.
    """

    start: str
    names: Collection[str]
    cancel: threading.Event
    so_far: SoFar = field(default_factory=SoFar)
    limits: Limits = field(default_factory=Limits)
    avoid: Collection[str] = ()
    sizes: Collection[int] = ()
    top: str = ""
    stopped: str = ""
    _device: int = 0
    _entries: int = 0
    _end: float = 0.0
    _entered: set[int] = field(default_factory=set)

    def levels(self) -> Iterator[list[FileEntry]]:
        """What was found at and below `start`, then what each folder above it adds, nearest first.

        Folders that cannot be read are passed over. Raises DiskError when `start` itself cannot be looked at.
        """
        self._end = time.monotonic() + self.limits.seconds
        self._device = self._look(self.start).st_dev
        for path in self.avoid:
            try:
                self._entered.add(self._look(path).st_ino)
            except DiskError:
                continue  # what is not there is not entered either
        folder = os.path.realpath(self.start)
        while not self.stopped:
            self.top = folder
            yield self._below(folder)
            above = os.path.dirname(folder)
            # All of the disk that the system lies on is no neighbourhood.
            if above == "/" or self._look(above).st_dev != self._device:
                return
            folder = above

    def _look(self, path: str) -> os.stat_result:
        try:
            return os.stat(path)
        except OSError as error:
            raise disk_error(error, "look at", path) from error

    def _below(self, top: str) -> list[FileEntry]:
        found: list[FileEntry] = []
        folders = [top]
        while folders and not self.stopped:
            folder = folders.pop()
            self.so_far.folder = folder
            try:
                with os.scandir(folder) as entries:
                    if self._enters(os.stat(folder)):
                        folders += reversed(self._read(entries, found))
            except OSError:
                continue
        return found

    def _enters(self, status: os.stat_result) -> bool:
        if status.st_dev != self._device or status.st_ino in self._entered:
            return False
        self._entered.add(status.st_ino)
        return True

    def _read(self, entries: Iterator[os.DirEntry[str]], found: list[FileEntry]) -> list[str]:
        """Note the files of a folder that have a name; the folders in it, by name."""
        folders = []
        for item in entries:
            self._entries += 1
            if self._is_over():
                break
            if item.is_dir(follow_symlinks=False):
                folders.append(item.path)
                continue
            self.so_far.files += 1
            is_named = item.name in self.names
            entry = self._file(item) if is_named or self.sizes else None
            if entry is not None and (is_named or entry.size in self.sizes):
                found.append(entry)
        return sorted(folders)

    def _is_over(self) -> bool:
        if self.cancel.is_set():
            self.stopped = CANCELLED
        elif self._entries > self.limits.entries:
            self.stopped = TOO_MANY
        elif time.monotonic() > self._end:
            self.stopped = TOO_LONG
        return bool(self.stopped)

    def _file(self, item: os.DirEntry[str]) -> FileEntry | None:
        """A regular file of this file system; a link counts as the file that it leads to."""
        try:
            status = item.stat()
            where = os.path.dirname(os.path.realpath(item.path)) if item.is_symlink() else ""
            outside = where and os.stat(where).st_dev != self._device
        except OSError:
            return None
        return None if outside or not stat.S_ISREG(status.st_mode) else entry_of(item.path, status)
