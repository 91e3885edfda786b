"""Findings as lists: what to fix, what to look at, what waits, what is fine; and a finding's details."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pumas_tui.core.domain.findings import Finding, FindingKind, HealthReport, Severity
from pumas_tui.core.domain.repairs import RepairKind
from pumas_tui.core.domain.text import clock, count, plural, safe
from pumas_tui.tui.presenters.cells import ASCII, cut_end, pad, pad_left, width_of
from pumas_tui.tui.presenters.frame import NARROW, NORMAL, WIDE, KeyHint
from pumas_tui.tui.presenters.prose import Line, Tone, clip, labelled

K = FindingKind


class Section(StrEnum):
    """Where a finding stands in the list."""

    FIX = "FIX NOW"
    LOOK = "LOOK AT"
    WAITING = "WAITING"
    TOLD = "ONLY TOLD"


SIGNS = {Section.FIX: "!", Section.LOOK: "~", Section.WAITING: ".", Section.TOLD: " "}
_WAITING = frozenset({K.PENDING_LOOKUP, K.OFFLINE_DRIVE})
_COUNTED_ONLY = frozenset({K.PENDING_LOOKUP})
"""Kinds of which only the number is worth a line."""
_BRIEF, _FIX = 9, 12
"""Cells of the kind and of the fix in a row."""


@dataclass(frozen=True, slots=True)
class Words:
    """A kind of finding: one word for narrow lists, its name for one and for several, what it means."""

    brief: str
    one: str
    many: str
    means: str


WORDS: Mapping[FindingKind, Words] = {
    K.LAST_COPY: Words("last", "last copy", "last copies", "only an app still has the file"),
    K.HASH_MISMATCH: Words("modified", "modified file", "modified files", "not what was imported"),
    K.SIZE_MISMATCH: Words("size", "wrong size", "wrong sizes", "another size than recorded"),
    K.PHANTOM_MODEL: Words("part", "part missing", "parts missing", "files of a model are not there"),
    K.MISSING_SOURCE: Words("missing", "missing source", "missing sources", "links lead to a lost model"),
    K.BROKEN_LINK: Words("broken", "broken link", "broken links", "ours, and not to their file"),
    K.BAD_METADATA: Words("metadata", "bad metadata", "bad metadata", "a metadata.json that needs repair"),
    K.BAD_OVERRIDE: Words("override", "bad override", "bad overrides", "overrides.json is of no use"),
    K.BAD_CONFIG: Words("config", "bad config", "bad configs", "a mapping config or app folder of no use"),
    K.DUPLICATE_MODEL: Words("twice", "duplicate", "duplicates", "the same content twice"),
    K.GHOST_APP: Words("ghost", "ghost app", "ghost apps", "an app folder that is gone"),
    K.OFFLINE_DRIVE: Words("disk out", "disk not in", "disks not in", "apps that wait for their disk"),
    K.SANDBOXED_APP: Words("sandbox", "sandboxed app", "sandboxed apps", "may not see the library"),
    K.ORPHANED_LINK: Words("orphan", "orphan link", "orphan links", "lead into the library, not on record"),
    K.FOREIGN_DEAD_LINK: Words("foreign", "foreign dead link", "foreign dead links", "not ours, to nowhere"),
    K.STRAY_WEIGHTS: Words("stray", "stray weights", "stray weights", "weights that belong to no model"),
    K.LEFTOVER_OPERATION: Words("leftover", "leftover", "leftovers", "something was left half done"),
    K.LOW_SPACE: Words("space", "little room", "little room", "on the library's disk"),
    K.PART_MISSING: Words("set", "set lacks parts", "sets lack parts", "parts that never came in"),
    K.PENDING_LOOKUP: Words("lookup", "lookup pending", "lookups pending", "nobody has asked yet"),
}  # fmt: skip
FIXES = {
    RepairKind.REPOINT: "re-point",
    RepairKind.REMAKE: "make again",
    RepairKind.ADOPT: "adopt",
    RepairKind.LINK_BACK: "link back",
    RepairKind.REMOVE: "remove",
    RepairKind.FORGET: "forget",
    RepairKind.FORGET_APP: "forget app",
}


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of a section or of a kind, and a note beside it."""

    title: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """An empty row before a heading."""

    before: str


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One finding."""

    finding: Finding


@dataclass(frozen=True, slots=True)
class KindRow:
    """So many findings of a kind; `note` says what could be done."""

    kind: FindingKind
    section: Section
    number: int
    note: str


@dataclass(frozen=True, slots=True)
class FactRow:
    """Something that is only told: a name and a value."""

    name: str
    value: str


Row = Heading | Gap | FindingRow | KindRow | FactRow


@dataclass(frozen=True, slots=True)
class Checked:
    """What is shown: findings in order, and the report once a check ended."""

    findings: tuple[Finding, ...] = ()
    report: HealthReport | None = None

    def of(self, section: Section) -> tuple[Finding, ...]:
        """Findings of a section."""
        return tuple(one for one in self.findings if section_of(one) is section)

    @property
    def needs_you(self) -> int:
        """How many a person is asked to fix or to look at."""
        return sum(section_of(one) in (Section.FIX, Section.LOOK) for one in self.findings)


def section_of(finding: Finding) -> Section:
    """Where a finding stands: what is only waited for is nothing that a person has to look at."""
    if finding.kind in _WAITING:
        return Section.WAITING
    if finding.severity is Severity.ERROR:
        return Section.FIX
    return Section.LOOK if finding.severity is Severity.WARNING else Section.TOLD


def fix_words(finding: Finding) -> str:
    """What would put it right, in a word or two."""
    if finding.repair is not None:
        return FIXES[finding.repair.kind]
    return "wait" if finding.kind in _WAITING else "look"


# Lists.


def finding_rows(checked: Checked, *, wide: bool) -> tuple[Row, ...]:
    """All findings under headings: of their kinds in a wide window, of their sections in others."""
    rows: list[Row] = []
    for section in Section:
        found = checked.of(section)
        if found:
            gap = [Gap(section.value)] if rows and wide else []
            rows += [*gap, *_by_kind(found)] if wide else _by_section(section, found)
    if not wide and checked.report is not None:
        rows.append(Heading("FINE", fine_words(checked.report)))
    return tuple(rows)


def _by_kind(found: Sequence[Finding]) -> list[Row]:
    rows: list[Row] = []
    for kind, ones in _kinds(found).items():
        words = WORDS[kind]
        if rows:
            rows.append(Gap(kind.value))
        rows.append(Heading(f"{words.many.upper()} ({count(len(ones))})", words.means))
        if kind not in _COUNTED_ONLY:
            rows += [FindingRow(one) for one in ones]
    return rows


def _by_section(section: Section, found: Sequence[Finding]) -> list[Row]:
    counted = [
        plural(len(ones), WORDS[kind].one, WORDS[kind].many)
        for kind, ones in _kinds(found).items()
        if kind in _COUNTED_ONLY
    ]
    heading = Heading(f"{section.value} ({count(len(found))})", ", ".join(counted))
    return [heading, *(FindingRow(one) for one in found if one.kind not in _COUNTED_ONLY)]


def _kinds(found: Sequence[Finding]) -> dict[FindingKind, list[Finding]]:
    kinds: dict[FindingKind, list[Finding]] = {}
    for one in found:
        kinds.setdefault(one.kind, []).append(one)
    return kinds


def kind_rows(checked: Checked) -> tuple[Row, ...]:
    """The kinds that there are with their numbers, and what is fine."""
    rows: list[Row] = []
    for section in Section:
        found = checked.of(section)
        if found:
            rows += [
                *([Gap(section.value)] if rows else []),
                Heading(f"{section.value} ({count(len(found))})"),
            ]
            rows += [KindRow(kind, section, len(ones), _note(ones)) for kind, ones in _kinds(found).items()]
    report = checked.report
    if report is not None:
        took = f"{report.elapsed_s:.0f} s" if report.elapsed_s >= 1 else "under a second"
        rows += [*([Gap("FINE")] if rows else []), Heading("FINE")]
        rows += [
            FactRow("links right", count(report.links_right)),
            FactRow("models right", count(report.models_right)),
            FactRow("apps seen", count(report.apps_seen)),
        ]
        rows += [Gap("LAST"), Heading("LAST CHECK"), FactRow(f"{_clock(report)}, took {took}", "")]
    return tuple(rows)


def _note(found: Sequence[Finding]) -> str:
    """What helps most of them."""
    return Counter(fix_words(one) for one in found).most_common(1)[0][0]


def fine_words(report: HealthReport) -> str:
    """`301 links, 1,277 models right, 3 apps seen`."""
    right = f"{plural(report.links_right, 'link')}, {plural(report.models_right, 'model')} right"
    return f"{right}, {plural(report.apps_seen, 'app')} seen"


def key_of(row: Row) -> str:
    """What stays the same while a row's words change."""
    match row:
        case FindingRow(finding):
            return finding.key
        case KindRow(kind):
            return f"kind:{row.section.value}:{kind.value}"
        case Heading(title):
            return f"heading:{title.partition(' (')[0]}"
        case Gap(before):
            return f"gap:{before}"
        case FactRow(name):
            return f"fact:{name}"


def row_text(row: Row, width: int, *, cursor: bool = False, marked: bool = False) -> str:
    """The row as one line of exactly `width` cells."""
    lead = f" {'>' if cursor else ' '} "
    match row:
        case Gap():
            return " " * width
        case Heading(title, note):
            room = width - width_of(title) - 5
            tail = cut_end(note, room, ASCII) if room > 8 else ""
            return pad(f" {title}   {tail}", width)
        case FactRow(name, value):
            return pad(f"     {pad(name, 15 if value else width)} {pad_left(value, 7)}", width)
        case KindRow(kind, section, number, note):
            text = f"{lead}{SIGNS[section]} {pad(WORDS[kind].one, 17)} {pad_left(count(number), 5)}   {note}"
            return pad(cut_end(text, width, ASCII), width)
        case FindingRow(finding):
            return _finding_text(finding, width, lead + ("*" if marked else " ") + " ")


def _finding_text(one: Finding, width: int, lead: str) -> str:
    fix, place = fix_words(one), place_of(one)
    if width < NARROW - 10:
        room = width - width_of(lead) - 10
        return pad(f"{lead}{pad(WORDS[one.kind].brief, 9)}{clip(place, room)}", width)
    name = safe(one.app)
    first = min(max(width_of(name), 12), 18) if name else 0
    room = width - width_of(lead) - _BRIEF - _FIX - (first + 1 if name else 0)
    head = f"{pad(cut_end(name, first, ASCII), first)} " if name else ""
    return pad(f"{lead}{pad(WORDS[one.kind].brief, _BRIEF)}{head}{pad(clip(place, room), room)} {fix}", width)


def place_of(finding: Finding) -> str:
    """What a finding is about, without its app: the place of a link, a model, or a path."""
    head, parted, _ = finding.message.partition(": ")
    place = head if parted else finding.path
    if finding.app:
        place = place.removeprefix(finding.app).strip() or finding.path
    return safe(place)


def why_of(finding: Finding) -> str:
    """What is the matter with it."""
    _, parted, why = finding.message.partition(": ")
    return safe(why if parted else finding.message)


def title(checked: Checked, width: int) -> tuple[str, str]:
    """The two ends of the second line."""
    fix, look = len(checked.of(Section.FIX)), len(checked.of(Section.LOOK))
    report = checked.report
    at = f"checked {_clock(report)}" if report is not None and width >= NARROW else ""
    if not fix and not look:
        return "Health", at
    words = f"{count(fix)} to fix, {count(look)} to look at"
    return (f"Health   {plural(fix + look, 'issue')}: {words}" if width >= NORMAL else f"Health  {words}"), at


def _clock(report: HealthReport) -> str:
    return time.strftime("%H:%M", time.localtime(report.checked_at))


# Details.


def detail(finding: Finding | None, width: int, *, path: bool) -> list[Line]:
    """What is known of a finding, in `width` cells; `path`: also where it is in full."""
    if finding is None:
        return []
    lines: list[Line] = []
    if path:
        head = f"{safe(finding.app)}  {place_of(finding)}".strip()
        lines = [Line(head, Tone.STRONG, clip=True), *labelled("at", safe(finding.path), width)]
    lines += labelled("why", why_of(finding), width)
    for number, text in enumerate(finding.evidence):
        lines += labelled("" if number else "seen", safe(text), width)
    return [*lines, *labelled("fix", fix_sentence(finding), width)]


def fix_sentence(finding: Finding) -> str:
    """What would put it right, and that it can be taken back."""
    repair, other = finding.repair, finding.instead
    if repair is None:
        return (
            "it waits, nothing is removed"
            if finding.kind in _WAITING
            else "nothing that Pumas may do by itself"
        )
    instead = f"; or {safe(other.does)}" if other is not None else ""
    return f"{safe(repair.does)} (undo puts it back){instead}"


def fitting(
    hints: Sequence[KeyHint], finding: Finding | None, checked: Checked, width: int, *, moved: bool
) -> list[KeyHint]:
    """The keys that do something now."""
    off = {"import"}
    if finding is None:
        off |= {"mark", "fix", "open"} if moved else {"show", "mark", "fix", "open"}
    elif finding.model_id is None:
        off |= {"open"}
    if not any(one.repair is not None and one.repair.safe for one in checked.findings):
        off |= {"self-heal"}
    if width < WIDE:
        off |= {"kinds"}
    return [hint for hint in hints if hint.label not in off]


def progress(words: str, share: float, seconds: float, width: int) -> str:
    """`Checking links 212 of 301 [####------]   0:01        esc stop`."""
    cells = 20 if width >= NORMAL else 10
    done = round(min(max(share, 0.0), 1.0) * cells)
    return f"{words} [{'#' * done}{'-' * (cells - done)}]   {clock(seconds)}   esc stop"
