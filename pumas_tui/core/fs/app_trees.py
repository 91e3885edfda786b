"""Finding apps and libraries in folders, and counting the model files of an app.

Names, stats and a few small texts are read; every walk is bounded, since a home may hold millions of files.
"""

import os
import stat
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field

from pumas_tui.core.domain import apps
from pumas_tui.core.domain.apps import AppKind
from pumas_tui.core.domain.errors import DiskError
from pumas_tui.core.domain.grouping import WEIGHT_EXTENSIONS
from pumas_tui.core.domain.layout import MARKER
from pumas_tui.core.domain.mounts import is_inside
from pumas_tui.core.domain.naming import split_extension
from pumas_tui.core.fs.failures import ABSENT
from pumas_tui.core.fs.reading import names, read_bounded

_DEEPEST = 2
_MOST_FOLDERS = 3_000  # below one of the folders where apps are looked for
_MOST_ENTRIES = 500_000  # below one app's models
_PATIENCE_S = 10.0
_MOST_BYTES = 4 << 20  # packed-refs of a repository with many branches


@dataclass(frozen=True, slots=True)
class AppTree:
    """An app's folder, links resolved; `dev` is the `st_dev` of its models/. `version` may be empty."""

    kind: AppKind
    version: str
    path: str
    dev: int


@dataclass(frozen=True, slots=True)
class Found:
    """What a search saw. `libraries` are folders that hold the marker; `unread` could not be looked into."""

    apps: tuple[AppTree, ...]
    libraries: tuple[str, ...]
    unread: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """Files of an app that are named like weights. `complete` is False where the count was given up.

    `folders` are what to hand to an import: the app's model folders, and folders that links in them lead to.
    """

    count: int
    size_bytes: int
    folders: tuple[str, ...]
    complete: bool


@dataclass(slots=True)
class _Search:
    avoid: Collection[str]
    found: dict[str, AppTree] = field(default_factory=dict)
    libraries: dict[str, None] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    known: set[tuple[int, int]] = field(default_factory=set)

    def root(self, root: str, depth: int) -> None:
        """Breadth first, so that what lies near is found before a bound is reached."""
        level, left = [root], _MOST_FOLDERS
        for _ in range(depth + 1):
            deeper = [inside for folder in level[: max(left, 0)] for inside in self.folder(folder)]
            left -= len(level)
            level = deeper

    def folder(self, path: str) -> list[str]:
        """Note what a folder is; the folders in it that are worth a look."""
        if any(is_inside(path, silent) for silent in self.avoid):
            return []
        try:
            status = os.stat(path)
            if not stat.S_ISDIR(status.st_mode) or (status.st_dev, status.st_ino) in self.known:
                return []
            self.known.add((status.st_dev, status.st_ino))
            listed = {item.name: item for item in _entries(path)}
        except OSError as error:
            if error.errno not in ABSENT:
                self.unread.append(path)
            return []
        if MARKER in listed:
            self.libraries[os.path.realpath(path)] = None
            return []
        if apps.may_be(listed):
            tree = _recognised(path, listed)
            if tree is not None:
                self.found[tree.path] = tree
                return []
        return [item.path for name, item in sorted(listed.items()) if _is_open(name, item)]


def _entries(path: str) -> list[os.DirEntry[str]]:
    with os.scandir(path) as found:
        return list(found)


def _is_open(name: str, item: os.DirEntry[str]) -> bool:
    try:
        return not name.startswith(".") and item.is_dir()
    except OSError:
        return False


def search(roots: Sequence[str], *, depth: int = _DEEPEST, avoid: Collection[str] = ()) -> Found:
    """Apps and libraries at these folders and up to `depth` levels below. Never raises.

    Hidden folders are not entered, nor what lies below `avoid`. A folder reached twice counts once.
    """
    state = _Search(avoid)
    for root in roots:
        state.root(root, depth)
    return Found(tuple(state.found.values()), tuple(state.libraries), tuple(state.unread))


def app_at(path: str) -> AppTree | None:
    """The app whose folder this is; None where it is none, or cannot be looked into."""
    try:
        return _recognised(path, names(path))
    except DiskError:
        return None


def _recognised(path: str, listed: Collection[str]) -> AppTree | None:
    try:
        kind = apps.recognised(listed, names(f"{path}/models"))
        if kind is None:
            return None
        real = os.path.realpath(path)
        return AppTree(kind, _version(kind, real), real, os.stat(f"{real}/models").st_dev)
    except (DiskError, OSError):
        return None


def _version(kind: AppKind, app: str) -> str:
    def read(name: str) -> str:
        try:
            return read_bounded(f"{app}/{name}", _MOST_BYTES).decode("utf-8", "replace")
        except DiskError:
            return ""

    def listed(name: str) -> Sequence[str]:
        try:
            return names(f"{app}/{name}")
        except DiskError:
            return ()

    return apps.version(kind, read, listed)


def model_files(app: AppTree, *, clock: Callable[[], float] = time.monotonic) -> ModelFiles:
    """Count an app's files that are named like weights, each file once whatever its names. Never raises."""
    folders = list(_model_folders(app))
    known: set[tuple[int, int]] = set()
    sizes: dict[tuple[int, int], int] = {}
    todo, seen, deadline = list(folders), 0, clock() + _PATIENCE_S
    while todo and seen < _MOST_ENTRIES and clock() < deadline:
        for item in _readable(todo.pop()):
            seen += 1
            try:
                status = item.stat(follow_symlinks=False)
            except OSError:
                continue
            identity = (status.st_dev, status.st_ino)
            if stat.S_ISDIR(status.st_mode) and identity not in known and not item.name.startswith("."):
                known.add(identity)
                todo.append(item.path)
            elif stat.S_ISREG(status.st_mode) and _is_weight(item.name) and status.st_size:
                sizes[identity] = status.st_size
    return ModelFiles(len(sizes), sum(sizes.values()), tuple(folders), complete=not todo)


def _model_folders(app: AppTree) -> Iterator[str]:
    """The app's model folders, and where links right in them lead: whole kinds often lie on another disk."""
    for name in apps.model_folders(app.kind):
        folder = os.path.realpath(f"{app.path}/{name}")
        inside = _readable(folder)
        if inside or name == "models":
            yield folder
        for item in sorted(inside, key=lambda item: item.name):
            try:
                leads_away = item.is_symlink() and item.is_dir()
            except OSError:
                continue
            real = os.path.realpath(item.path) if leads_away else folder
            if not is_inside(real, folder):
                yield real


def _readable(folder: str) -> list[os.DirEntry[str]]:
    try:
        return _entries(folder)
    except OSError:
        return []


def _is_weight(name: str) -> bool:
    return split_extension(name)[1].lower() in WEIGHT_EXTENSIONS
