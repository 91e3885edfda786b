"""The marker `library.json`: proof that a directory is the library, not the empty place where its disk was.

    {"library_id": "<uuid>", "format_version": 1}

It stands on the file system that holds the weights. That something is absent may be concluded only under
`opened`, whose directory handle stays on that file system whatever is mounted or taken away meanwhile.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pumas_tui.core.domain import ids
from pumas_tui.core.domain.errors import (
    DamagedError,
    DiskError,
    LibraryNotFoundError,
    NewerLibraryError,
)
from pumas_tui.core.domain.ids import LibraryId
from pumas_tui.core.domain.layout import FORMAT_VERSION, MARKER
from pumas_tui.core.fs import ops, ops_remove
from pumas_tui.core.fs.failures import ABSENT, disk_error
from pumas_tui.core.fs.reading import is_absent, names, read_bounded

_LIMIT = 64 << 10


@dataclass(frozen=True, slots=True)
class Marker:
    """Which library this is, and the format version it was made with."""

    library_id: LibraryId
    format_version: int


def read(models_dir: str) -> Marker:
    """The marker of a library. Raises LibraryNotFoundError, NewerLibraryError, DamagedError, DiskError."""
    with opened(models_dir) as fd:
        return read_at(fd, models_dir)


def read_at(models_fd: int, models_dir: str) -> Marker:
    """The marker below an open directory; `models_dir` is only for messages. Errors as in `read`."""
    path = f"{models_dir}/{MARKER}"
    try:
        raw = read_bounded(MARKER, _LIMIT, dir_fd=models_fd)
    except DiskError as error:
        if is_absent(error):
            raise _no_library(models_dir) from error
        if error.errno_name in ("EFBIG", "EINVAL"):
            raise _damaged(path, error.message) from error
        raise DiskError(
            f"cannot read {path} ({error.errno_name})",
            path=path,
            errno_name=error.errno_name,
            hint=error.hint,
        ) from error
    return _parsed(raw, path)


def _parsed(raw: bytes, path: str) -> Marker:
    try:
        values = json.loads(raw)
        version = values["format_version"]
        if type(version) is not int or version < 1:
            raise ValueError(f"format_version {version!r}")
        if version > FORMAT_VERSION:
            raise NewerLibraryError(
                f"{path}: made by a newer version (format {version}, this one knows {FORMAT_VERSION})",
                path=path,
                hint="update this program",
            )
        return Marker(ids.library_id(values["library_id"]), version)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _damaged(path, f"{type(error).__name__}: {error}") from error


def _no_library(models_dir: str) -> LibraryNotFoundError:
    return LibraryNotFoundError(
        f"no library at {models_dir}",
        path=models_dir,
        hint="is its disk mounted? `pumas-tui init` makes a new library",
    )


def _damaged(path: str, why: str) -> DamagedError:
    return DamagedError(f"{path} cannot be read: {why}", path=path, hint="restore it from a backup")


@contextmanager
def opened(models_dir: str) -> Iterator[int]:
    """A descriptor of the models directory in which the marker was read. Errors as in `read`."""
    try:
        fd = os.open(models_dir, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in ABSENT:
            raise _no_library(models_dir) from error
        raise disk_error(error, "open", models_dir) from error
    try:
        read_at(fd, models_dir)
        yield fd
    finally:
        os.close(fd)


def create(models_dir: str) -> Marker:
    """Make the existing directory a library; one that is a library already stays as it is.

    The marker appears whole or not at all, and never over another. Raises DiskError, errors of `read`.
    """
    fresh = Marker(ids.new_library_id(), FORMAT_VERSION)
    values = {"library_id": fresh.library_id, "format_version": fresh.format_version}
    ops.write_once(f"{models_dir}/{MARKER}", (json.dumps(values, indent=2) + "\n").encode())
    tidy(models_dir)
    return read(models_dir)


def tidy(models_dir: str) -> None:
    """Clear temporary files that a crash of `create` left beside the marker. Raises DiskError."""
    for name in names(models_dir):
        if ops.is_temp_name(name):
            ops_remove.remove_file_of_ours(f"{models_dir}/{name}")
