"""Extra roots of an app on the disk: the file that names them, whether each is there, wanted files in them.

Links to folders are followed, as the app does, each folder once; the library is never walked: all below a
folder that leads into it is known to be read. Every walk is bounded, since a root may be anything.
"""

import os
import stat
import threading
from collections.abc import Collection
from dataclasses import dataclass, field

from pumas_tui.core.domain.app_ground import TRASH_PREFIX
from pumas_tui.core.domain.errors import DiskError
from pumas_tui.core.domain.extra_model_paths import MAX_BYTES, ExtraRoot
from pumas_tui.core.domain.extra_roots import FILE_NAME, RootState, SeenRoot
from pumas_tui.core.domain.mapped import ReadAs, RootFacts
from pumas_tui.core.domain.mounts import is_inside
from pumas_tui.core.fs.failures import ABSENT, disk_error
from pumas_tui.core.fs.reading import is_absent, is_there, read_bounded

_SCRIPT = "main.py"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_DEEPEST = 32
_MOST_ENTRIES = 200_000  # in all roots of one look


def file_of(folder: str) -> str:
    """Where the app in a folder looks for its file: beside its script; empty where no script is."""
    try:
        return f"{folder}/{FILE_NAME}" if is_there(f"{folder}/{_SCRIPT}") else ""
    except DiskError:
        return ""


def text_of(file: str) -> str | None:
    """The text of such a file; None where the app finds none. Raises DiskError, also for what is no UTF-8."""
    try:
        raw = read_bounded(file, MAX_BYTES)
    except DiskError as error:
        if is_absent(error) or error.errno_name == "EINVAL":  # a folder or a pipe of this name is no file
            return None
        raise
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DiskError(f"{file} is not UTF-8", path=file, errno_name="EILSEQ", hint="mend it") from error


def seen(root: ExtraRoot, models: str) -> SeenRoot:
    """What is true of a root now; `models` is the real path of the library's models/. Never raises."""
    try:
        real = os.path.realpath(root.path, strict=True)
        is_folder = stat.S_ISDIR(os.stat(real).st_mode)
    except OSError as error:
        if error.errno in ABSENT:
            return SeenRoot(root, RootState.ABSENT, reason="it is not there")
        return SeenRoot(root, RootState.UNKNOWN, reason=disk_error(error, "look at", root.path).message)
    if not is_folder:
        return SeenRoot(root, RootState.ABSENT, reason="it is not a folder")
    return SeenRoot(root, RootState.HERE, real, _meets(real, models))


def _meets(folder: str, models: str) -> bool:
    """One of the two lies in the other."""
    return is_inside(folder, models) or is_inside(models, folder)


@dataclass(slots=True)
class Search:
    """Looks for files with these (st_dev, st_ino) in one root after the other, within one bound.

    `models`: real path of the library's models/. A search that is stopped says so of what it left out.
    """

    models: str
    places: Collection[tuple[int, int]]
    stop: threading.Event | None = None
    left: int = _MOST_ENTRIES

    def look(self, seen: SeenRoot) -> RootFacts:
        """What of them a root holds. Never raises."""
        if seen.state is not RootState.HERE:
            return RootFacts(seen, problem=seen.reason)
        if seen.in_library:
            return RootFacts(seen, folders={seen.real: ReadAs(seen.root.path, seen.real)})
        walk = _Walk(self)
        walk.run(seen)
        files = {place: tuple(found) for place, found in walk.files.items()}
        return RootFacts(seen, files, walk.folders, walk.problem)


@dataclass(slots=True)
class _Walk:
    search: Search
    files: dict[tuple[int, int], list[ReadAs]] = field(default_factory=dict)
    folders: dict[str, ReadAs] = field(default_factory=dict)
    problem: str = ""
    _known: set[tuple[int, int]] = field(default_factory=set)
    _todo: list[tuple[ReadAs, int]] = field(default_factory=list)

    def run(self, seen: SeenRoot) -> None:
        self._todo.append((ReadAs(seen.root.path, seen.real), 0))
        while self._todo:
            place, depth = self._todo.pop()
            if self.search.stop is not None and self.search.stop.is_set():
                self._say("the search was stopped")
                return
            if self.search.left <= 0:
                self._say(f"more than {_MOST_ENTRIES:,} entries; the rest was not looked at")
                return
            if depth > _DEEPEST:
                self._say(f"{place.path} lies too deep: more than {_DEEPEST} folders in each other")
                continue
            try:
                self._read(place, depth)
            except OSError as error:
                if error.errno not in ABSENT:  # absent: it went while its folder was read
                    self._say(disk_error(error, "read", place.path).message)

    def _say(self, problem: str) -> None:
        self.problem = self.problem or problem

    def _read(self, folder: ReadAs, depth: int) -> None:
        """Raises OSError for a folder that cannot be read."""
        fd = os.open(folder.real, _FOLDER)
        try:
            status = os.fstat(fd)
            if (status.st_dev, status.st_ino) in self._known:
                return
            self._known.add((status.st_dev, status.st_ino))
            with os.scandir(fd) as found:
                for item in found:
                    self.search.left -= 1
                    self._item(fd, item, folder, depth)
        finally:
            os.close(fd)

    def _item(self, fd: int, item: os.DirEntry[str], folder: ReadAs, depth: int) -> None:
        here = ReadAs(f"{folder.path}/{item.name}", f"{folder.real}/{item.name}")
        try:
            is_link = item.is_symlink()
            status = os.stat(item.name, dir_fd=fd) if is_link else item.stat(follow_symlinks=False)
        except OSError:
            return  # leads nowhere, or went away: the app cannot read it either
        if stat.S_ISREG(status.st_mode):
            place = (status.st_dev, status.st_ino)
            if place in self.search.places:
                self.files.setdefault(place, []).append(here)
        elif stat.S_ISDIR(status.st_mode) and item.name != ".git" and not item.name.startswith(TRASH_PREFIX):
            self._folder(here, depth, is_link=is_link)

    def _folder(self, here: ReadAs, depth: int, *, is_link: bool) -> None:
        if is_link:
            leads_to = os.path.realpath(here.real)
            if _meets(leads_to, self.search.models):
                self.folders.setdefault(leads_to, here)
                return
            here = ReadAs(here.path, leads_to)
        self._todo.append((here, depth + 1))
