"""Walking: pasted files and folders, the folder around a file, the library's model directories.

Reads names and stats only. What cannot be read, or is no file, is said as a Trouble; nothing is skipped in
silence. Trees of any depth are walked with a list, not by recursion.
"""

import os
import stat
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from pumas_tui.core.domain import model_stores
from pumas_tui.core.domain.errors import CancelledError, DiskError, PumasError, Trouble, trouble
from pumas_tui.core.domain.files import FileEntry
from pumas_tui.core.fs import hub_cache, ollama
from pumas_tui.core.fs.failures import ABSENT, disk_error
from pumas_tui.core.fs.library_tree import FileMark as FileMark
from pumas_tui.core.fs.library_tree import ModelDirEntry as ModelDirEntry
from pumas_tui.core.fs.library_tree import ModelListing as ModelListing
from pumas_tui.core.fs.library_tree import model_dirs as model_dirs
from pumas_tui.core.fs.reading import check_readable as check_readable
from pumas_tui.core.fs.reading import entry as entry
from pumas_tui.core.fs.reading import entry_of, kind_of
from pumas_tui.core.fs.reading import is_there as is_there
from pumas_tui.core.fs.reading import linked_inside as linked_inside
from pumas_tui.core.fs.reading import names as names
from pumas_tui.core.fs.reading import read_bounded as read_bounded
from pumas_tui.core.fs.reading import read_start as read_start

OnProgress = Callable[[int, str], None]
"""Takes files seen so far and the folder being read."""


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link that was met. `target` is its text; only pasted links are followed."""

    path: str
    target: str
    followed: bool


@dataclass(frozen=True, slots=True)
class ScanResult:
    """What a walk saw. `explicit` are the paths of files that were pasted themselves, not found in a folder.

    A followed link keeps its own path, which is the name people know; its size and identity are the
    target's. `hidden` are folders below a pasted one whose name begins with a dot: they were not entered.
    `folders` were entered, `ollama` are manifests of Ollama's, or folders of them, that were not.
    """

    files: tuple[FileEntry, ...]
    troubles: tuple[Trouble, ...]
    links: tuple[Link, ...]
    explicit: frozenset[str]
    hidden: tuple[str, ...]
    folders: tuple[str, ...] = ()
    ollama: tuple[str, ...] = ()


@dataclass(slots=True)
class _Walk:
    cancel: threading.Event | None
    on_progress: OnProgress | None
    files: list[FileEntry] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    explicit: set[str] = field(default_factory=set)
    hidden: list[str] = field(default_factory=list)
    known: set[tuple[int, int, str]] = field(default_factory=set)
    folders: list[str] = field(default_factory=list)
    entered: list[str] = field(default_factory=list)
    ollama: list[str] = field(default_factory=list)

    def result(self) -> ScanResult:
        return ScanResult(
            tuple(self.files),
            tuple(self.troubles),
            tuple(self.links),
            frozenset(self.explicit),
            tuple(self.hidden),
            tuple(self.entered),
            tuple(self.ollama),
        )

    def say(self, error: OSError, path: str) -> None:
        self.troubles.append(trouble(disk_error(error, "read", path)))

    def start(self, path: str) -> None:
        """A path the user gave."""
        try:
            is_link = stat.S_ISLNK(os.lstat(path).st_mode)
            if is_link:
                self.links.append(Link(path, os.readlink(path), followed=True))
            status = os.stat(path)
        except OSError as error:
            self.say(error, path)
            return
        if is_link and stat.S_ISDIR(status.st_mode):
            real = os.path.realpath(path)
            path = real if model_stores.hub_place(real) else path  # a cache is known by its own names
        if ollama.manifests_at(path):
            self.ollama.append(path)
            return
        if stat.S_ISREG(status.st_mode):
            self.explicit.add(path)
        self.add(path, status)

    def add(self, path: str, status: os.stat_result) -> None:
        if stat.S_ISDIR(status.st_mode):
            if self._first_time(status, ""):
                self.folders.append(path)
        elif stat.S_ISREG(status.st_mode):
            # One name, one inode: met twice means reached over a link. Hard links are files of their own.
            if self._first_time(status, "" if status.st_nlink == 1 else path):
                self.files.append(entry_of(path, status))
        else:
            word = kind_of(status.st_mode)
            self.troubles.append(Trouble("not_a_file", f"{path} is a {word}, not a file", path))

    def _first_time(self, status: os.stat_result, path: str) -> bool:
        key = (status.st_dev, status.st_ino, path)
        if key in self.known:
            return False
        self.known.add(key)
        return True

    def folder(self, path: str) -> None:
        if self.cancel is not None and self.cancel.is_set():
            raise CancelledError(f"stopped while reading {path}", path=path)
        if self.on_progress is not None:
            self.on_progress(len(self.files), path)
        try:
            with os.scandir(path) as found:
                entries = sorted(found, key=lambda e: e.name)
        except OSError as error:
            self.say(error, path)
            return
        if self._is_store(path, {item.name for item in entries}):
            return
        self.entered.append(path)
        below = len(self.folders)
        for item in entries:
            self._item(item)
        self.folders[below:] = reversed(self.folders[below:])

    def _is_store(self, path: str, listed: set[str]) -> bool:
        """Another program's store is read by its own rules: its files' names do not tell which are models."""
        if ollama.is_store(listed):
            self.ollama.append(f"{path}/manifests")
            return True
        if hub_cache.is_model_folder(path, listed):
            try:
                snapshot = hub_cache.chosen_snapshot(path)
                self.add(snapshot, os.stat(snapshot))
            except PumasError as error:
                self.troubles.append(trouble(error))
            except OSError as error:
                self.say(error, path)
            return True
        return False

    def _item(self, item: os.DirEntry[str]) -> None:
        try:
            if item.is_symlink() and hub_cache.leads_to_blob(item.path):
                self.links.append(Link(item.path, os.readlink(item.path), followed=True))
                self._blob(item)
                return
            if item.is_symlink():
                self.links.append(Link(item.path, os.readlink(item.path), followed=False))
                message = f"{item.path} is a link and was not followed; paste it by itself to import it"
                self.troubles.append(Trouble("link_not_followed", message, item.path))
                return
            status = item.stat(follow_symlinks=False)
        except OSError as error:
            self.say(error, item.path)
            return
        except DiskError as error:
            self.troubles.append(trouble(error))
            return
        if item.name.startswith(".") and stat.S_ISDIR(status.st_mode):
            self.hidden.append(item.path)
        else:
            self.add(item.path, status)

    def _blob(self, item: os.DirEntry[str]) -> None:
        """A file of a snapshot. Each name counts, since several may share a blob. Raises OSError."""
        status = item.stat()
        if stat.S_ISREG(status.st_mode) and (status.st_dev, status.st_ino, item.path) not in self.known:
            self.known.add((status.st_dev, status.st_ino, item.path))
            self.files.append(entry_of(item.path, status))


def absolute(path: str) -> str:
    """Absolute, without `.` and doubled slashes; `..` is resolved by the disk, not by the text."""
    whole = os.path.join(os.getcwd(), path)
    if ".." not in whole.split("/"):
        return os.path.normpath(whole)
    head, name = os.path.split(whole.rstrip("/"))
    return os.path.realpath(whole) if name == ".." else os.path.join(os.path.realpath(head), name)


def walk(
    paths: Sequence[str],
    *,
    cancel: threading.Event | None = None,
    on_progress: OnProgress | None = None,
) -> ScanResult:
    """Regular files of pasted files and folders, in the order of the paths, then by name.

    A pasted link is followed; links inside a folder are told and left. Raises CancelledError only.
    """
    state = _Walk(cancel, on_progress)
    for path in dict.fromkeys(absolute(p) for p in paths):
        state.start(path)
        while state.folders:
            state.folder(state.folders.pop())
    return state.result()


def beside(path: str) -> tuple[FileEntry, ...]:
    """Regular files in the folder of `path`, itself among them, by name; links by what they lead to.

    One listing: call it once per folder. What cannot be read is left out, since nothing is concluded
    from it. Never raises DiskError.
    """
    found: list[FileEntry] = []
    try:
        with os.scandir(os.path.dirname(path)) as entries:
            for item in entries:
                status = _status(item)
                if status is not None and stat.S_ISREG(status.st_mode):
                    found.append(entry_of(item.path, status))
    except OSError:
        return tuple(found)
    return tuple(sorted(found, key=lambda e: e.path))


def _status(item: os.DirEntry[str]) -> os.stat_result | None:
    try:
        return item.stat()
    except OSError:
        return None


class FileState(StrEnum):
    """What a look at a file that should be there came to."""

    OK = "ok"
    MISSING = "missing"
    DIFFERS = "differs"
    UNKNOWN = "unknown"


def file_sizes(
    directory: str, expected: Mapping[str, int], *, dir_fd: int | None = None
) -> dict[str, FileState]:
    """Whether each file of `expected` (relative name to bytes) is in `directory` with that size.

    With `dir_fd` (from `marker.opened`) `directory` is relative to it, and MISSING is proven. Never raises.
    """
    return {name: _size_state(f"{directory}/{name}", size, dir_fd) for name, size in expected.items()}


def _size_state(path: str, size: int, dir_fd: int | None) -> FileState:
    try:
        status = os.stat(path, dir_fd=dir_fd)
    except OSError as error:
        return FileState.MISSING if error.errno in ABSENT else FileState.UNKNOWN
    same = stat.S_ISREG(status.st_mode) and status.st_size == size
    return FileState.OK if same else FileState.DIFFERS
