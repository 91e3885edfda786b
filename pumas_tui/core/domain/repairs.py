"""Repairs: what puts one finding right, as a value that is shown first, then done as steps of an operation.

A repair names what must be at its place before; whoever does it looks again, and leaves alone what changed.
None here removes a file, and none touches what is not a link of ours, unless a person chose it by name.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from pumas_tui.core.domain import fingerprints
from pumas_tui.core.domain.ids import AppUid
from pumas_tui.core.domain.links import Link, LinkKind, row_json
from pumas_tui.core.domain.operations import Step, StepKind

_MANY_LINKS = 20


class RepairKind(StrEnum):
    """What a repair does."""

    REPOINT = "repoint"  # the link, or only its record, follows the file to where it was found
    REMAKE = "remake"  # a link of ours that is gone is made again
    ADOPT = "adopt"  # a link that leads to the right place goes on record; nothing on disk changes
    LINK_BACK = "link_back"  # the library gets a name again for a file that only an app still has
    REMOVE = "remove"  # a link goes, and its record
    FORGET = "forget"  # only the record goes
    FORGET_APP = "forget_app"  # the records of an app that is gone, and the app itself


SAFE = frozenset({RepairKind.REPOINT, RepairKind.REMAKE, RepairKind.ADOPT})
"""Kinds that may be done without a person, where the same content is proven."""


@dataclass(frozen=True, slots=True)
class Repair:
    """One repair. `does` is a phrase for people, made of our words and outside strings.

    `safe`: nothing goes, and what the link will lead to is proven to be the right content. `path`: absolute
    place that changes, its parent real; `before` its fingerprint. `text`: what a symbolic link will say,
    empty where none is made. `row`: the record after, `was`: the one there is now. `source`: absolute path of
    the file that a hard link will be a name of, or that the link will lead to; `inode` of that file where a
    hard link is made. `folders`: absolute folders to make first, outer ones first.
    """

    kind: RepairKind
    does: str
    safe: bool
    path: str
    before: str = fingerprints.ABSENT
    text: str = ""
    row: Link | None = None
    was: Link | None = None
    source: str = ""
    inode: int = 0
    folders: tuple[str, ...] = ()
    app_uid: AppUid | None = None

    @property
    def takes_away(self) -> bool:
        """A link or a record goes and nothing takes its place."""
        return self.kind in (RepairKind.REMOVE, RepairKind.FORGET)


@dataclass(frozen=True, slots=True)
class RepairPlan:
    """What repairing would do, nothing of it done. `removals`: links and records that go; `links`: on record
    now; `without`: findings among those asked for that have no repair."""

    items: tuple[Repair, ...]
    links: int
    without: int = 0

    @property
    def removals(self) -> int:
        """Links and records that go, those of forgotten apps not counted."""
        return sum(item.takes_away for item in self.items)

    @property
    def safe(self) -> tuple[Repair, ...]:
        """What may be done without a person."""
        return tuple(item for item in self.items if item.safe)

    @property
    def asks(self) -> bool:
        """So much goes that somebody must have seen the list: more than 20, and more than a tenth."""
        return self.removals > max(_MANY_LINKS, self.links / 10)


@dataclass(frozen=True, slots=True)
class RepairFailure:
    """A repair that was not done: its place as it was is left, `message` says why."""

    repair: Repair
    message: str


@dataclass(frozen=True, slots=True)
class Repaired:
    """What came of repairs. `op_id` is empty where nothing had to be written."""

    op_id: str
    done: int
    failed: tuple[RepairFailure, ...] = ()


def plan(repairs: Iterable[Repair | None], links: int) -> RepairPlan:
    """The plan of these repairs, None for a finding that has none; each place once."""
    asked = list(repairs)
    once: dict[tuple[str, AppUid | None], Repair] = {}
    for repair in asked:
        if repair is not None:
            once.setdefault((repair.path, repair.app_uid), repair)
    return RepairPlan(tuple(once.values()), links, without=asked.count(None))


def steps_of(repairs: Sequence[Repair], before: int = 0) -> tuple[tuple[Repair, tuple[Step, ...]], ...]:
    """The steps of each repair, numbered through all of them; a folder is made once. `before`: how many steps
    the operation has before them."""
    made: set[str] = set()
    numbered: list[tuple[Repair, tuple[Step, ...]]] = []
    number = before
    for repair in repairs:
        folders = [folder for folder in repair.folders if folder not in made]
        made.update(folders)
        bare = [_folder(path) for path in folders]
        if repair.kind is not RepairKind.FORGET_APP:
            bare.append(_step(repair))
        numbered.append((repair, tuple(replace(s, n=number + i) for i, s in enumerate(bare, 1))))
        number += len(bare)
    return tuple(numbered)


def _folder(path: str) -> Step:
    return Step(0, StepKind.MAKE_DIR, path, fingerprints.directory(0), fingerprints.ABSENT)


def _step(repair: Repair) -> Step:
    rows = {name: row_json(row) for name, row in (("row", repair.row), ("was", repair.was)) if row}
    path, before = repair.path, repair.before
    if repair.takes_away:
        rows = {"row": rows["was"]} if "was" in rows else {}
        if repair.kind is RepairKind.REMOVE:
            return Step(0, StepKind.UNLINK, path, fingerprints.ABSENT, before, detail=rows)
        return Step(0, StepKind.FORGET_ROW, path, before, before, detail=rows)
    if repair.kind is RepairKind.LINK_BACK or (
        repair.kind is RepairKind.REMAKE and repair.row is not None and repair.row.kind is LinkKind.HARD
    ):
        want = fingerprints.file(0, 0, repair.inode)
        detail = {**rows, "source": repair.source}
        return Step(0, StepKind.HARD_LINK, path, want, before, detail=detail)
    if repair.text:
        return Step(0, StepKind.LINK, path, fingerprints.link(repair.text), before, detail=rows)
    return Step(0, StepKind.REMEMBER_ROW, path, before, before, detail=rows)
