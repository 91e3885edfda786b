"""Which parts of sets a folder has and lacks, by the numbers in their names and by the indexes beside them.

An index (`model.safetensors.index.json`) is what loaders go by, so where there is one its list decides; an
index none of whose files are there only means that other weights of the same folder were fetched.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from pumas_tui.core.domain import grouping
from pumas_tui.core.domain.files import FileEntry

_NUMBER = re.compile(r"-([0-9]+)(?=-of-[0-9]+\.)")


@dataclass(frozen=True, slots=True)
class Parts:
    """`numbers`: name to (number, total) of every part that is there. `missing`: names, sorted."""

    numbers: Mapping[str, tuple[int, int]]
    missing: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def missing_numbers(self) -> tuple[int, ...]:
        """Places of the missing ones among all parts by name: in a single set their own numbers."""
        gone = set(self.missing)
        return tuple(n for n, name in enumerate(sorted({*self.numbers, *gone}), 1) if name in gone)


def parts_of(
    names: Collection[str], indexes: Mapping[str, Collection[str]], is_weight: Callable[[str], bool]
) -> Parts:
    """Parts among `names`, all paths relative to one folder. `indexes`: index file to the files it lists."""
    known = set(names)
    sets: dict[str, dict[int, str]] = defaultdict(dict)
    numbers: dict[str, tuple[int, int]] = {}
    for name in sorted(known):
        part = grouping.part_number(FileEntry(f"/{name}", 0, 0, 0, 0))
        if part is not None and part[1] not in sets[part[0]]:
            sets[part[0]][part[1]] = name
            numbers[name] = part[1:]
    missing = {name for found in sets.values() for name in _gaps(found, numbers)}
    notes = []
    for index, listed in sorted(indexes.items()):
        absent = set(listed) - known
        folder = index.rpartition("/")[0]
        if absent and absent == set(listed) and any(_in(folder, n) and is_weight(n) for n in known):
            notes.append(f"{index} lists files that are not here; other weights are")
        else:
            missing |= absent
    return Parts(numbers, tuple(sorted(missing)), tuple(notes))


def _gaps(found: Mapping[int, str], numbers: Mapping[str, tuple[int, int]]) -> list[str]:
    """Names of the parts that a set lacks, written like those it has."""
    like = next(iter(found.values()))
    digits = len(_NUMBER.findall(like)[-1])
    head, _, tail = _NUMBER.sub("\0", like).rpartition("\0")
    return [f"{head}-{n:0{digits}}{tail}" for n in range(1, numbers[like][1] + 1) if n not in found]


def _in(folder: str, name: str) -> bool:
    return name.rpartition("/")[0] == folder
