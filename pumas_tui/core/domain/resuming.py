"""What is kept of a copy that was stopped, and what is said when a disk is full."""

from collections.abc import Sequence

from pumas_tui.core.domain.text import size

ROOM_TO_GO_ON = 32 << 20
"""Bytes that a stopped copy leaves free at least: the databases must be able to say that it was stopped."""


def kept(sizes: Sequence[int], give_back: int) -> list[int]:
    """How much to keep of each file, in the order they were copied, when so many bytes are given back.

    The last bytes go first: what was copied before them is what a resumed copy goes on after.
    """
    left = max(0, sum(sizes) - max(0, give_back))
    keep = []
    for one in sizes:
        keep.append(min(one, left))
        left -= keep[-1]
    return keep


def to_give_back(free: int, reserve: int) -> int:
    """Bytes of a stopped copy that must go, so that the disk it filled works on."""
    return max(0, max(reserve, ROOM_TO_GO_ON) - free)


def full(folder: str, name: str, missing: int, free: int, kept_bytes: int) -> str:
    """The line for a full disk: what needs how much more, and what became of the bytes copied so far."""
    said = f"{folder} is full: {name} needs {size(missing)} more, {size(free)} are free"
    return f"{said}; the {size(kept_bytes)} copied so far are kept" if kept_bytes else said
