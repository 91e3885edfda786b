"""Files of this machine that may be those that a model lacks: by name and size, before anything is read."""

from collections.abc import Sequence
from dataclasses import dataclass

from pumas_tui.core.domain.files import FileEntry
from pumas_tui.core.domain.hub_values import HubFile
from pumas_tui.core.domain.refetching import Get, Lack, Lacking, Refetch, Wanted
from pumas_tui.core.domain.text import count, size

_MOST = 16
"""Files of one size that are read to find the right one."""
WHY = "its size is the recorded one; its SHA-256 is compared before it comes in"


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search came to. `plan`: what would be brought from where it was found; without files where
    nothing was. `files` seen, in `places`; `others`: files of the right size that were another content.
    `stopped`: why it ended early, `cancelled`, `too many` or `too long`; else empty."""

    plan: Refetch
    files: int
    places: int
    others: int
    stopped: str


def matching(
    lacking: Lacking, entries: Sequence[FileEntry], where: str
) -> tuple[tuple[Get, ...], tuple[tuple[Wanted, str], ...]]:
    """For each file that is lacked those of `entries` that may be it, and why none is. `where`: what was
    looked through."""
    got: list[Get] = []
    left: list[tuple[Wanted, str]] = []
    for one in lacking.wanted:
        names = (one.name.rpartition("/")[2], one.original_name.rpartition("/")[2])
        named = [entry for entry in entries if entry.name in names]
        if one.lack is Lack.NEVER or one.size is None:
            left.append((one, "no SHA-256 of it is on record, so no file here can be proven to be it"))
            continue
        fits = [*named, *(entry for entry in entries if entry not in named)]
        places = tuple(entry.path for entry in fits if entry.size == one.size)[:_MOST]
        if places:
            got.append(Get(one, HubFile(one.name, one.size, one.sha256), WHY, places))
        elif named or len(entries) == 1:
            other = (named or entries)[0]
            has = f"{other.path} has {count(other.size)} bytes, {one.name}"
            left.append((one, f"{has} has {count(one.size)} on record"))
        else:
            left.append((one, f"no file of its size, {size(one.size)}, was found in {where}"))
    return tuple(got), tuple(left)


def looked_for(lacking: Lacking) -> tuple[set[str], set[int]]:
    """Names and sizes of the files that could be proven to be the ones that are lacked."""
    recorded = [one for one in lacking.wanted if one.lack is not Lack.NEVER and one.size is not None]
    names = {name.rpartition("/")[2] for one in recorded for name in (one.name, one.original_name)}
    return names - {""}, {one.size for one in recorded if one.size is not None}
