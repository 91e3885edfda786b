"""What repairing findings comes to, in lines: counted for a question, and one by one for the reader."""

from collections.abc import Sequence

from pumas_tui.core.domain.findings import Finding, FindingKind
from pumas_tui.core.domain.repairs import Repair, Repaired, RepairKind
from pumas_tui.core.domain.text import count, plural, safe
from pumas_tui.tui.presenters.cells import pad, pad_left
from pumas_tui.tui.presenters.frame import Severity
from pumas_tui.tui.presenters.health import FIXES, WORDS, Section, section_of

_MEANS = {
    RepairKind.REPOINT: "to the file, which was found again",
    RepairKind.REMAKE: "the link is gone, its file is there",
    RepairKind.ADOPT: "leads to the right file already",
    RepairKind.LINK_BACK: "the library gets the file's name back",
    RepairKind.REMOVE: "the link goes; no file is touched",
    RepairKind.FORGET: "only the record goes",
    RepairKind.FORGET_APP: "no file is touched",
}

Chosen = Sequence[tuple[Finding, Repair]]
"""Findings, each with the repair that is meant: its own, or the other one."""


def meant(findings: Sequence[Finding], *, instead: bool = False) -> tuple[tuple[Finding, Repair], ...]:
    """The findings that have a repair, each with it; `instead`: with the other one."""
    pairs = ((one, one.instead if instead else one.repair) for one in findings)
    return tuple((one, repair) for one, repair in pairs if repair is not None)


def safe_ones(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Those that may be put right without a person."""
    return tuple(one for one in findings if one.repair is not None and one.repair.safe)


def repair_lines(chosen: Chosen) -> list[str]:
    """`re-point       3 broken links     the file was found` and so on."""
    groups: dict[tuple[RepairKind, FindingKind], list[Finding]] = {}
    for one, repair in chosen:
        groups.setdefault((repair.kind, one.kind), []).append(one)
    return [
        f"{pad(_verb(kind), 10)} {pad_left(count(len(ones)), 5)} "
        f"{pad(_noun(of, len(ones)), 16)}  {_MEANS[kind]}"
        for (kind, of), ones in groups.items()
    ]


def every_line(chosen: Chosen) -> list[str]:
    """Every repair: what it does, and where."""
    return [f"{pad(_verb(repair.kind), 10)} {safe(repair.path)}" for _, repair in chosen]


def left_lines(left: Sequence[Finding]) -> list[str]:
    """What is not touched, counted."""
    groups: dict[FindingKind, int] = {}
    for one in left:
        if section_of(one) is not Section.TOLD:
            groups[one.kind] = groups.get(one.kind, 0) + 1
    return [f"{plural(number, WORDS[kind].one, WORDS[kind].many)}" for kind, number in groups.items()]


def _verb(kind: RepairKind) -> str:
    return "forget" if kind is RepairKind.FORGET_APP else FIXES[kind]


def _noun(kind: FindingKind, number: int) -> str:
    return WORDS[kind].one if number == 1 else WORDS[kind].many


def repaired(done: Repaired, undo_key: str, what: str = "repair") -> tuple[str, Severity]:
    """What came of it, in one line; `what` was done, one of it."""
    if done.failed:
        first, number = done.failed[0], len(done.failed)
        said = f"{plural(done.done, what)} done, {count(number)} not: {first.repair.path}: {first.message}"
        return said, "warning"
    return f"{plural(done.done, what)} done.  {undo_key} undo", "info"
