"""Mapping configs on disk: the bytes of each file in a folder of them."""

from pumas_tui.core.domain.errors import DiskError, Trouble, trouble
from pumas_tui.core.domain.mapping_config import MAX_BYTES
from pumas_tui.core.fs.reading import names, read_bounded

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
