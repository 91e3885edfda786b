"""The library's model directories, exactly three levels below models/, as scan of names and stats.

Reads below one directory handle in which the marker was read, so that a disk taken away in the middle shows
as errors and never as an empty library.
"""

import os
from dataclasses import dataclass, field

from pumas_tui.core.domain.errors import Trouble, trouble
from pumas_tui.core.domain.ids import ModelId
from pumas_tui.core.domain.layout import METADATA
from pumas_tui.core.fs import marker
from pumas_tui.core.fs.failures import ABSENT, disk_error

_DIR = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_LEVELS = 3
WEIGHT_SUFFIXES = (
    ".safetensors",
    ".sft",
    ".gguf",
    ".ggml",
    ".ckpt",
    ".pt",
    ".pt2",
    ".pth",
    ".bin",
    ".onnx",
    ".pkl",
)


@dataclass(frozen=True, slots=True)
class FileMark:
    """What tells whether metadata.json is still the one that was read."""

    mtime_ns: int
    size: int
    ino: int


@dataclass(frozen=True, slots=True)
class ModelDirEntry:
    """A directory where a model may be. `has_weights` is looked up only where there is no metadata."""

    model_id: ModelId
    metadata: FileMark | None
    has_weights: bool


@dataclass(frozen=True, slots=True)
class ModelListing:
    """All model directories. `stray` are weight files elsewhere, relative to models/.

    `complete` is False when something could not be read: then nothing may be called gone.
    """

    entries: tuple[ModelDirEntry, ...]
    stray: tuple[str, ...]
    troubles: tuple[Trouble, ...]
    complete: bool


@dataclass(slots=True)
class _Tree:
    models_dir: str
    entries: list[ModelDirEntry] = field(default_factory=list)
    stray: list[str] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    complete: bool = True

    def say(self, error: OSError, relative: str) -> None:
        self.complete = False
        self.troubles.append(trouble(disk_error(error, "read", f"{self.models_dir}/{relative}")))

    def read(self, models_fd: int) -> None:
        """Levels above the models: each is opened once, models below are looked at through it."""
        todo = [""]
        while todo:
            relative = todo.pop()
            try:
                fd = os.dup(models_fd) if not relative else os.open(relative, _DIR, dir_fd=models_fd)
            except OSError as error:
                self.say(error, relative)
                continue
            try:
                todo += self._level(fd, relative)
            finally:
                os.close(fd)

    def _level(self, fd: int, relative: str) -> list[str]:
        prefix = f"{relative}/" if relative else ""
        holds_models = relative.count("/") == _LEVELS - 2 and bool(relative)
        below: list[str] = []
        for name, is_dir in self._children(fd, relative):
            if not is_dir:
                if is_weight(name):
                    self.stray.append(prefix + name)
            elif holds_models:
                self._model(fd, name, prefix + name)
            else:
                below.append(prefix + name)
        return below

    def _children(self, fd: int, relative: str) -> list[tuple[str, bool]]:
        """Visible names and whether each is a directory; links to directories are told and left."""
        found: list[tuple[str, bool]] = []
        try:
            with os.scandir(fd) as entries:
                for item in entries:
                    if item.name.startswith(".") or item.name.endswith(".tmp"):
                        continue
                    if item.is_symlink():
                        self._link(item, relative)
                        continue
                    found.append((item.name, item.is_dir(follow_symlinks=False)))
        except OSError as error:
            self.say(error, relative)
        return sorted(found)

    def _link(self, item: os.DirEntry[str], relative: str) -> None:
        path = f"{self.models_dir}/{relative}/{item.name}" if relative else f"{self.models_dir}/{item.name}"
        self.troubles.append(Trouble("link_not_followed", f"{path} is a link and was not followed", path))

    def _model(self, family_fd: int, name: str, model_id: str) -> None:
        mark: FileMark | None = None
        try:
            status = os.stat(f"{name}/{METADATA}", dir_fd=family_fd, follow_symlinks=False)
            mark = FileMark(status.st_mtime_ns, status.st_size, status.st_ino)
        except OSError as error:
            if error.errno not in ABSENT:
                self.say(error, f"{model_id}/{METADATA}")
                return
        weights = mark is None and self._weights_below(family_fd, name, model_id)
        self.entries.append(ModelDirEntry(ModelId(model_id), mark, weights))

    def _weights_below(self, family_fd: int, name: str, model_id: str) -> bool:
        """Weight files directly in a directory without metadata; deeper ones are stray."""
        direct = False
        todo = [(name, model_id)]
        while todo:
            path, relative = todo.pop()
            try:
                fd = os.open(path, _DIR, dir_fd=family_fd)
            except OSError as error:
                self.say(error, relative)
                continue
            try:
                for child, is_dir in self._children(fd, relative):
                    if is_dir:
                        todo.append((f"{path}/{child}", f"{relative}/{child}"))
                    elif is_weight(child) and path == name:
                        direct = True
                    elif is_weight(child):
                        self.stray.append(f"{relative}/{child}")
            finally:
                os.close(fd)
        return direct


def is_weight(name: str) -> bool:
    """Named like a weight file."""
    return name.lower().endswith(WEIGHT_SUFFIXES)


def model_dirs(models_dir: str) -> ModelListing:
    """Read the whole tree of directories. Raises LibraryNotFoundError, NewerLibraryError, DamagedError,
    DiskError when the library itself cannot be read; what is below tells its troubles."""
    tree = _Tree(models_dir)
    with marker.opened(models_dir) as fd:
        tree.read(fd)
        marker.read_at(fd, models_dir)
    entries = sorted(tree.entries, key=lambda e: e.model_id)
    return ModelListing(tuple(entries), tuple(sorted(tree.stray)), tuple(tree.troubles), tree.complete)
