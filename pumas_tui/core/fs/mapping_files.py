"""Mapping configs on disk: the bytes of each file in a folder of them, read and replaced."""

import os

from pumas_tui.core.domain.errors import ChangedMeanwhileError, DiskError, Trouble, trouble
from pumas_tui.core.domain.mapping_config import MAX_BYTES
from pumas_tui.core.fs import ops
from pumas_tui.core.fs.reading import is_absent, names, read_bounded

MAX_FILES = 500
_ENDING = ".json"


def read_all(folder: str) -> list[tuple[str, bytes | Trouble]]:
    """(name, bytes, or why they cannot be read) of each config in a folder, by name; none without the folder.

    Hidden files and other endings are no configs. Beyond MAX_FILES, the rest is one Trouble under the
    folder's path; so is a folder that cannot be listed.
    """
    try:
        found = sorted(n for n in names(folder) if n.endswith(_ENDING) and not n.startswith("."))
    except DiskError as error:
        return [(folder, trouble(error))]
    read: list[tuple[str, bytes | Trouble]] = []
    for name in found[:MAX_FILES]:
        try:
            read.append((name, read_one(f"{folder}/{name}")))
        except DiskError as error:
            read.append((name, trouble(error)))
    if len(found) > MAX_FILES:
        message = f"{folder} holds {len(found)} mapping configs; only the first {MAX_FILES} are read"
        read.append((folder, Trouble("bad_config", message, folder, "remove those that are not needed")))
    return read


def read_one(path: str) -> bytes:
    """The bytes of one config. Raises DiskError; errno_name EFBIG where it is larger than a config may be."""
    return read_bounded(path, MAX_BYTES)


def read_if_there(path: str) -> bytes | None:
    """The same; None where there is no such file. Raises DiskError."""
    try:
        return read_one(path)
    except DiskError as error:
        if not is_absent(error):
            raise
        return None


def put(path: str, before: bytes | None, after: bytes) -> None:
    """Put a config in place of the very bytes it was made from; None: of no file. Its folder may be made.

    Where the file is a link (to a folder of dotfiles), what it leads to is written. Raises
    ChangedMeanwhileError, with nothing written, and DiskError.
    """
    ops.make_dirs(os.path.dirname(os.path.dirname(path)), os.path.basename(os.path.dirname(path)))
    real = os.path.realpath(path)
    same = read_if_there(real) == before
    if same and before is None:
        same = ops.write_once(real, after)
    elif same:
        ops.atomic_write(real, after)
    if not same:
        raise ChangedMeanwhileError(f"{path} was changed meanwhile", path=path, hint="look again, then retry")
