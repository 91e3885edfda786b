"""A mapping plan as rows: groups that fold, conflicts with their answers, folders that no rule fills."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

from pumas_tui.core.domain.plan import Act, Answer, ConflictKind, Plan, PlannedAction, Resolution
from pumas_tui.core.domain.planner import default_answers
from pumas_tui.core.domain.rule_switches import OfferedRule
from pumas_tui.core.domain.text import count, plural, safe
from pumas_tui.tui.presenters.cells import ASCII, cut_end, pad, width_of
from pumas_tui.tui.presenters.frame import NARROW
from pumas_tui.tui.presenters.prose import clip

PEEK = 3
"""Rows of a group that high windows show before it is unfolded."""
SHOWN = 50
"""Rows that unfolding a group shows at first."""
ROOMY = 30
"""Lines of a window that has room for the first rows of every group and gaps between them."""


class Group(StrEnum):
    """Headings of the list, in their order."""

    CONFLICTS = "CONFLICTS"
    NEW = "NEW LINKS"
    REPOINT = "RE-POINT"
    BROKEN = "REMOVE BROKEN"
    STALE = "REMOVE STALE"
    LEFT_OUT = "LEFT OUT"
    UNFILLED = "FOLDERS NO RULE FILLS"
    RIGHT = "ALREADY RIGHT"


_GROUP_OF = {
    Act.CONFLICT: Group.CONFLICTS,
    Act.CREATE: Group.NEW,
    Act.REPLACE_OURS: Group.REPOINT,
    Act.REMOVE_BROKEN: Group.BROKEN,
    Act.REMOVE_STALE: Group.STALE,
    Act.REFUSE: Group.LEFT_OUT,
    Act.KEEP: Group.RIGHT,
}
_SIGNS = {
    Group.NEW: "+",
    Group.REPOINT: "~",
    Group.BROKEN: "-",
    Group.STALE: "-",
    Group.LEFT_OUT: ".",
    Group.UNFILLED: ".",
    Group.RIGHT: " ",
}
_KINDS = tuple(ConflictKind)
SKIPPED = Answer(Resolution.SKIP)

Key = tuple[str, str]
"""What names an action within its plan: its target, and whose it is and by which rule."""


def key_of(action: PlannedAction) -> Key:
    """The name of an action within its plan."""
    return (action.target, f"{action.model_uid}:{action.rule}")


@dataclass(frozen=True)
class Sheet:
    """A plan and the answers so far, by target. A SKIP at a new link leaves it out. `offers`: rules for
    folders of the app that none fills."""

    plan: Plan
    answers: Mapping[str, Answer] = field(default_factory=dict)
    offers: tuple[OfferedRule, ...] = ()

    @cached_property
    def groups(self) -> Mapping[Group, tuple[PlannedAction, ...]]:
        """The actions under their headings; conflicts of one kind stand together."""
        found: dict[Group, list[PlannedAction]] = {group: [] for group in Group}
        for action in self.plan.actions:
            found[_GROUP_OF[action.act]].append(action)
        found[Group.CONFLICTS].sort(key=lambda action: _KINDS.index(kind_of(action)))
        return {group: tuple(actions) for group, actions in found.items()}

    @property
    def conflicts(self) -> tuple[PlannedAction, ...]:
        """The conflicts in the order of the list."""
        return self.groups[Group.CONFLICTS]

    @cached_property
    def open(self) -> tuple[PlannedAction, ...]:
        """Conflicts without an answer."""
        return tuple(action for action in self.conflicts if action.target not in self.answers)

    @cached_property
    def left_out(self) -> int:
        """How many new links the user leaves out."""
        return sum(action.target in self.answers for action in self.groups[Group.NEW])

    @property
    def given(self) -> Mapping[str, Answer]:
        """The answers that somebody gave: those that a rule gives are the same for everybody."""
        ruled = default_answers(self.plan)
        return {target: answer for target, answer in self.answers.items() if ruled.get(target) != answer}

    @property
    def unapplied(self) -> int:
        """Conflicts whose answers would change something."""
        chosen = [self.given.get(action.target, SKIPPED) for action in self.conflicts]
        return sum(answer.resolution is not Resolution.SKIP for answer in chosen)

    def answered(self, answers: Mapping[str, Answer]) -> "Sheet":
        """With other answers."""
        sheet = Sheet(self.plan, answers, self.offers)
        sheet.__dict__["groups"] = self.groups  # depends on the plan alone
        return sheet

    def number(self, action: PlannedAction) -> int:
        """The place of a conflict among the conflicts of the list, from 1 on."""
        return self.conflicts.index(action) + 1

    def next_open(self, after: Key | None) -> PlannedAction | None:
        """The next conflict without an answer, from the first again after the last."""
        keys = [key_of(action) for action in self.conflicts]
        start = keys.index(after) + 1 if after in keys else 0
        ordered = (*self.conflicts[start:], *self.conflicts[:start])
        return next((action for action in ordered if action.target not in self.answers), None)


def sheet_of(plan: Plan, kept: Mapping[str, Answer], offers: tuple[OfferedRule, ...] = ()) -> Sheet:
    """A plan with the answers of its rules, and those kept from before that still have something to say."""
    targets = {action.target for action in plan.of(Act.CONFLICT, Act.CREATE)}
    still = {target: answer for target, answer in kept.items() if target in targets}
    return Sheet(plan, {**default_answers(plan), **still}, offers)


def kind_of(action: PlannedAction) -> ConflictKind:
    """What is in the way of a conflict."""
    assert action.conflict is not None, "a plan gives a conflict its facts"
    return action.conflict.kind


# What is folded.


@dataclass(frozen=True, slots=True)
class Folds:
    """How much of each group is shown, where it is not as usual; which kinds of conflict are spread out."""

    shown: Mapping[Group, int] = field(default_factory=dict)
    kinds: frozenset[ConflictKind] = frozenset()

    def unfolded(self, group: Group, size: int, now: int) -> "Folds":
        """More of a group: a page first, then all of it."""
        return replace(self, shown={**self.shown, group: size if now >= SHOWN else min(size, SHOWN)})

    def folded(self, group: Group) -> "Folds":
        """Only the heading."""
        return replace(self, shown={**self.shown, group: 0}, kinds=frozenset())

    def spread(self, kind: ConflictKind) -> "Folds":
        """Every conflict of a kind is shown."""
        return replace(self, kinds=self.kinds | {kind})


# Rows.


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of a group with the exact number of its actions. `folded`: nothing of it is shown."""

    group: Group
    size: int
    note: str = ""
    folded: bool = False


@dataclass(frozen=True, slots=True)
class ActionRow:
    """One action. `sign` before its name; `words` at the right (an answer), short ones for little room."""

    group: Group
    action: PlannedAction
    sign: str
    name: str
    words: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class FolderRow:
    """A folder that no rule fills, with the rule that is offered for it."""

    offer: OfferedRule


@dataclass(frozen=True, slots=True)
class More:
    """Actions of a group, or answered conflicts of one kind, that are not listed until asked for."""

    group: Group
    hidden: int
    shown: int
    kind: ConflictKind | None = None
    words: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Gap:
    """An empty row between groups."""

    before: Group


PlanRow = Heading | ActionRow | FolderRow | More | Gap


def plan_rows(sheet: Sheet, folds: Folds, *, height: int = ROOMY) -> tuple[PlanRow, ...]:
    """All rows of the list. High windows show the first rows of each group, low ones only headings."""
    roomy = height >= ROOMY
    rows: list[PlanRow] = []
    for group in Group:
        if not _items(sheet, group):
            continue
        if rows and roomy:
            rows.append(Gap(group))
        rows += _group_rows(sheet, group, folds, roomy)
    return tuple(rows)


def _items(sheet: Sheet, group: Group) -> Sequence[PlannedAction] | Sequence[OfferedRule]:
    return sheet.offers if group is Group.UNFILLED else sheet.groups[group]


def _group_rows(sheet: Sheet, group: Group, folds: Folds, roomy: bool) -> list[PlanRow]:
    items = _items(sheet, group)
    usual = 0 if group is Group.RIGHT or not roomy else PEEK
    limit = folds.shown.get(group, len(items) if group is Group.CONFLICTS else usual)
    if not limit:
        return [Heading(group, len(items), _note(sheet, group), folded=True)]
    rows: list[PlanRow] = [Heading(group, len(items), _note(sheet, group))]
    if group is Group.CONFLICTS:
        return rows + _conflict_rows(sheet, folds, PEEK if roomy else 1)
    shown = items if len(items) <= limit + 1 else items[:limit]
    rows += [FolderRow(one) if isinstance(one, OfferedRule) else _row(sheet, group, one) for one in shown]
    if len(shown) < len(items):
        rows.append(More(group, len(items) - len(shown), len(shown)))
    return rows


def _note(sheet: Sheet, group: Group) -> str:
    if group is Group.CONFLICTS:
        still = len(sheet.open)
        return f"{count(len(sheet.conflicts) - still)} answered, {count(still)} to answer"
    if group is Group.NEW and sheet.left_out:
        return f"{count(sheet.left_out)} left out"
    return ""


def _conflict_rows(sheet: Sheet, folds: Folds, peek: int) -> list[PlanRow]:
    """Conflicts kind by kind; a kind whose answers are all the same shows its first rows only."""
    rows: list[PlanRow] = []
    for kind in _KINDS:
        actions = [action for action in sheet.conflicts if kind_of(action) is kind]
        answers = {sheet.answers.get(action.target) for action in actions}
        same = len(answers) == 1 and None not in answers
        fold = same and kind not in folds.kinds and len(actions) > peek + 1
        rows += [_row(sheet, Group.CONFLICTS, action) for action in (actions[:peek] if fold else actions)]
        if fold:
            words = answer_words(answers.pop())
            rows.append(More(Group.CONFLICTS, len(actions) - peek, peek, kind, words))
    return rows


def _row(sheet: Sheet, group: Group, action: PlannedAction) -> ActionRow:
    answer = sheet.answers.get(action.target) if action.target else None
    if group is Group.CONFLICTS:
        sign = "=" if answer is not None else "?"
        return ActionRow(group, action, sign, safe(action.target), answer_words(answer))
    if group is Group.LEFT_OUT:
        name = f"{safe(action.model_id.rpartition('/')[2])}   {safe(action.words or action.reason)}"
        return ActionRow(group, action, ".", name)
    out = group is Group.NEW and answer is not None
    return ActionRow(
        group, action, "." if out else _SIGNS[group], safe(action.target), _OUT if out else _NONE
    )


_NONE = ("", "")
_OUT = ("left out", "out")
_WORDS = {
    Resolution.SKIP: ("SKIP", "SKIP"),
    Resolution.OVERWRITE: ("OVERWRITE", "OVER"),
    Resolution.RENAME: ("RENAME .old", ".old"),
    Resolution.OTHER_NAME: ("OTHER NAME", "NAME"),
}


def answer_words(answer: Answer | None) -> tuple[str, str]:
    """An answer in a word, and in a shorter one."""
    return ("-", "-") if answer is None else _WORDS[answer.resolution]


MORE_OF_KIND = {
    ConflictKind.OTHER_LINK: ("link to another file", "links to another file"),
    ConflictKind.DEAD_LINK: ("link to nothing", "links to nothing"),
    ConflictKind.SAME_FILE: ("real file with the same content", "real files with the same content"),
    ConflictKind.OTHER_FILE: ("real file", "real files"),
    ConflictKind.FOLDER: ("real folder", "real folders"),
    ConflictKind.TWO_MODELS: ("name that two models want", "names that two models want"),
    ConflictKind.CASE: ("name that differs in case only", "names that differ in case only"),
}
"""What is in the way, as a noun: one and many."""

_MARGIN = 5  # " >*? "


def row_text(row: PlanRow, width: int, *, cursor: bool = False, marked: bool = False) -> str:
    """The row as one line of exactly `width` cells."""
    lead = f" {'>' if cursor else ' '}{'*' if marked else ' '}"
    match row:
        case Gap():
            return " " * width
        case Heading(group, size, note, folded):
            title = f"{'>' if cursor else ' '}{group.value} ({count(size)})"
            right = "l show" if folded else note
            room = width - width_of(right) - 2
            return pad(f"{pad(title, room)} {right}" if room > width_of(title) else title, width)
        case More(_, hidden, _, kind, words):
            what = "" if kind is None else f" {MORE_OF_KIND[kind][hidden > 1]}"
            sign = "=" if kind is not None else _SIGNS[row.group]
            said = words if kind is not None else ("l show", "l show")
            return _columns(f"{lead}{sign} ", f"... {count(hidden)} more{what}", said, width)
        case FolderRow(offer):
            text = f"{lead}{_SIGNS[Group.UNFILLED]} {folder_words(offer)}"
            return pad(cut_end(text, width, ASCII), width)
        case ActionRow():
            bare = width < NARROW - 4 and row.group is not Group.LEFT_OUT
            name = row.name.rpartition("/")[2] if bare else row.name
            return _columns(f"{lead}{row.sign} ", name, row.words, width)


def held_words(offer: OfferedRule) -> str:
    """`3 files`: weights in the folder that are none of the library."""
    return f"{'' if offer.complete else 'over '}{plural(offer.files, 'file')}"


def folder_words(offer: OfferedRule) -> str:
    """The folder, what it holds, what is offered for it."""
    tags = ", ".join(f'"{safe(tag)}"' for tag in offer.rule.filters.tags)
    return f"{safe(offer.rule.target_subdir)}   {held_words(offer)}   offered: models tagged {tags}"


def _columns(lead: str, name: str, words: tuple[str, str], width: int) -> str:
    """Name at the left, cut so that its end stays readable, and what is decided at the right."""
    said = words[0] if width >= NARROW - 4 else words[1]
    right = 12 if width >= NARROW - 4 else 5
    right = right if said else 0
    room = max(width - _MARGIN - right - 2, 6)
    return pad(f"{lead}{pad(clip(name, room), room)} {pad(cut_end(said, right, ASCII), right)}", width)


def nothing_to_do(sheet: Sheet) -> bool:
    """Every wanted link is right: no change, no conflict."""
    return not sheet.plan.changes and not sheet.conflicts
