"""Folders of an app that may each be a kind of model of their own, and how many files of weights they hold.

Names and stats only. Hidden entries are not looked at, our own trash among them; no link to a folder is
descended into, and the count is bounded.
"""

import os
import stat
from dataclasses import dataclass

from pumas_tui.core.domain.grouping import WEIGHT_EXTENSIONS
from pumas_tui.core.domain.mounts import is_inside
from pumas_tui.core.domain.naming import split_extension
from pumas_tui.core.fs.failures import ABSENT, disk_error, told


@dataclass(frozen=True, slots=True)
class Held:
    """What lies below a folder: how many `files` are named like weights, and its `links` into the library, by
    path relative to the folder. `seen`: entries looked at; `complete` is False where there are more.
    """

    files: int
    links: frozenset[str]
    seen: int
    complete: bool = True


def folders_in(path: str) -> list[str]:
    """Names of the folders right in a folder and of links to such, in order; none when it is not there.

    What cannot be looked at counts as a folder: whoever looks into it is told why. Raises DiskError.
    """
    try:
        with os.scandir(path) as items:
            return sorted(item.name for item in items if not item.name.startswith(".") and _may_be_dir(item))
    except OSError as error:
        if error.errno in ABSENT:
            return []
        raise disk_error(error, "list", path) from error


def _may_be_dir(item: os.DirEntry[str]) -> bool:
    try:
        return item.is_dir()
    except OSError:
        return True


def held(real: str, models_dir: str, most: int) -> Held:
    """What lies below the real folder `real`, as far as `most` entries tell; `models_dir`: real path of the
    library's models/.

    Raises DiskError when not all of it can be looked at.
    """
    files, seen = 0, 0
    links: set[str] = set()
    todo = [""]
    while todo:
        folder = todo.pop()
        path = f"{real}/{folder}" if folder else real
        with told("look into", path), os.scandir(path) as items:
            for item in items:
                if seen >= most:
                    return Held(files, frozenset(links), seen, complete=False)
                seen += 1
                if item.name.startswith("."):
                    continue
                name = f"{folder}/{item.name}" if folder else item.name
                if item.is_symlink() and _leads_into(models_dir, path, item.name):
                    links.add(name)
                elif item.is_dir(follow_symlinks=False):
                    todo.append(name)
                elif _is_weight(item):
                    files += 1
    return Held(files, frozenset(links), seen)


def _leads_into(models_dir: str, folder: str, name: str) -> bool:
    text = os.readlink(f"{folder}/{name}")
    return is_inside(os.path.normpath(os.path.join(folder, text)), models_dir)


def _is_weight(item: os.DirEntry[str]) -> bool:
    """A file of weights, or a link to one that lies elsewhere; a link to nothing is none."""
    if split_extension(item.name)[1].lower() not in WEIGHT_EXTENSIONS:
        return False
    try:
        status = item.stat()
    except OSError as error:
        if error.errno in ABSENT:
            return False
        raise
    return stat.S_ISREG(status.st_mode) and status.st_size > 0
