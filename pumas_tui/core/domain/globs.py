"""Globs in pasted and typed paths: `*` and `?` in the last part of a path stand for many names."""

import fnmatch
import re
from collections.abc import Iterable

from pumas_tui.core.domain.grouping import WEIGHT_EXTENSIONS, extension

_SIGNS = ("*", "?")


def is_glob(path: str) -> bool:
    """The last part of this path holds a sign that stands for other characters, and only that part does."""
    folder, _, name = path.rstrip("/").rpartition("/")
    return any(sign in name for sign in _SIGNS) and not any(sign in folder for sign in _SIGNS)


def matching(path: str, names: Iterable[str]) -> tuple[str, ...]:
    """Paths of the folders and weight files that a glob means, sorted.

    `names` are those in its folder, folders with a slash at the end. Hidden ones are meant only where the
    glob begins with a dot. What lies beside weights is found with them.
    """
    folder, slash, pattern = path.rstrip("/").rpartition("/")
    fits = re.compile(fnmatch.translate(pattern.replace("[", "[[]"))).match
    found = []
    for name in names:
        bare = name.removesuffix("/")
        wanted = name != bare or extension(bare) in WEIGHT_EXTENSIONS
        if wanted and fits(bare) and (pattern.startswith(".") or not bare.startswith(".")):
            found.append(f"{folder}{slash}{bare}")
    return tuple(sorted(found))
