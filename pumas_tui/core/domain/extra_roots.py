"""Extra roots of an app as they are now: folders beside its own from which it reads models of one kind.

ComfyUI names them in a file beside its main.py (`domain.extra_model_paths`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pumas_tui.core.domain.errors import Trouble
from pumas_tui.core.domain.extra_model_paths import ExtraRoot
from pumas_tui.core.domain.text import plural, safe

FILE_NAME = "extra_model_paths.yaml"


class RootState(StrEnum):
    """What is true of an extra root now. UNKNOWN: it cannot be looked at, so nothing may be concluded."""

    HERE = "here"
    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SeenRoot:
    """An extra root with what is true of it. `real`: its real path while it is HERE; `reason`: why it is not.

    `in_library`: it is the library's models/, lies in it or holds it, so that models are read from where
    they are kept.
    """

    root: ExtraRoot
    state: RootState
    real: str = ""
    in_library: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ExtraRoots:
    """What an app's file says, in its order. `file` is where the app looks for it, absolute, be it there or
    not; empty for an app that reads none. `sections`: names that are taken in it."""

    file: str = ""
    roots: tuple[SeenRoot, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    sections: frozenset[str] = frozenset()


def line(seen: SeenRoot) -> str:
    """`loras are also read from /srv/models/Lora (extra_model_paths.yaml, section a1111)`; printable."""
    root = seen.root
    verb = "are" if root.kind.endswith("s") else "is"
    said = f"{safe(root.kind)} {verb} also read from {safe(root.path)} ({safe(origin(root))})"
    if seen.state is not RootState.HERE:
        return f"{said}: {safe(seen.reason)}"
    return f"{said}, in the library itself" if seen.in_library else said


def origin(root: ExtraRoot) -> str:
    """`extra_model_paths.yaml, section a1111`"""
    return f"{FILE_NAME}, section {root.section}"


def summary(roots: Iterable[SeenRoot]) -> str:
    """`also reads 3 folders, 1 not there`; empty without any; printable."""
    found = tuple(roots)
    away = sum(seen.state is not RootState.HERE for seen in found)
    said = f"also reads {plural(len(found), 'folder')}" if found else ""
    return f"{said}, {away} not there" if away else said
