"""Completing a path that is being typed: as far as the names in its folder agree, like a shell does."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from pumas_tui.core.domain.text import safe


@dataclass(frozen=True, slots=True)
class Completion:
    """The text as far as it is certain, and the names that it may become (none when it is whole)."""

    text: str
    choices: tuple[str, ...] = ()


def split(typed: str) -> tuple[str, str]:
    """The folder with its slash, as typed, and the beginning of a name in it."""
    folder, slash, stem = typed.rpartition("/")
    return folder + slash, stem


def complete(typed: str, names: Sequence[str]) -> Completion:
    """`names` are those in the folder, folders with a slash at the end.

    Left out are dot files unless a dot is typed, and names that no line of text can show as they are.
    """
    folder, stem = split(typed)
    begin = [name for name in names if name.startswith(stem) and (stem or not name.startswith("."))]
    fits = sorted(name for name in begin if name == safe(name))
    if not fits:
        return Completion(typed)
    same = takewhile(lambda pair: pair[0] == pair[1], zip(fits[0], fits[-1], strict=False))
    return Completion(folder + "".join(one for one, _ in same), tuple(fits) if len(fits) > 1 else ())
