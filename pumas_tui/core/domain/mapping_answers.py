"""Answers to a plan's conflicts: which others an answer is widened to, and what applying does in numbers.

Answers are kept by target. A target that no conflict is at may have the answer SKIP: it is left out.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from pumas_tui.core.domain.plan import Act, Answer, ConflictKind, Plan, PlannedAction, Resolution
from pumas_tui.core.domain.stepping import is_left_out

REAL_FILES = frozenset({ConflictKind.SAME_FILE, ConflictKind.OTHER_FILE})
"""Conflicts where something that is no link would be displaced."""


class Scope(StrEnum):
    """How far an answer reaches."""

    ONE = "one"  # the conflict at the cursor
    LIKE = "like"  # all of its kind
    MARKED = "marked"
    OPEN = "open"  # all without an answer
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Reach:
    """What an answer to a scope would reach: its conflicts, and how many of them have an answer by now."""

    scope: Scope
    targets: tuple[str, ...]
    answered: int


@dataclass(frozen=True, slots=True)
class ApplyCounts:
    """What applying does. `repoint`: links, ours and others, that come to lead elsewhere; `replace`: real
    files that go into the trash, of `trash_bytes`; `skip`: conflicts and others that are left alone; `forget`
    and `remember`: links of which only the registry changes."""

    make: int = 0
    repoint: int = 0
    replace: int = 0
    rename: int = 0
    skip: int = 0
    remove: int = 0
    forget: int = 0
    remember: int = 0
    trash_bytes: int = 0

    @property
    def changes(self) -> int:
        """Actions that change something."""
        on_disk = self.make + self.repoint + self.replace + self.rename + self.remove
        return on_disk + self.forget + self.remember


@dataclass(frozen=True, slots=True)
class Displaced:
    """A real file that an answer would put into the trash. `is_same`: its content is the library's too."""

    target: str
    size_bytes: int
    is_same: bool


def conflicts(plan: Plan) -> dict[str, PlannedAction]:
    """The conflicts of a plan by target, in its order; of several at one target the first."""
    found: dict[str, PlannedAction] = {}
    for action in plan.of(Act.CONFLICT):
        found.setdefault(action.target, action)
    return found


def open_ones(plan: Plan, answers: Mapping[str, Answer]) -> tuple[str, ...]:
    """Targets of conflicts without an answer, in plan order."""
    return tuple(target for target in conflicts(plan) if target not in answers)


def next_open(plan: Plan, answers: Mapping[str, Answer], after: str) -> str | None:
    """The next conflict without an answer after a target, from the top again at the end; None for none."""
    order = list(conflicts(plan))
    start = order.index(after) + 1 if after in order else 0
    return next((target for target in order[start:] + order[:start] if target not in answers), None)


def widened(
    plan: Plan, answers: Mapping[str, Answer], scope: Scope, *, cursor: str = "", marked: Collection[str] = ()
) -> tuple[str, ...]:
    """Targets of the conflicts that an answer to a scope reaches, in plan order."""
    found = conflicts(plan)
    match scope:
        case Scope.ONE:
            return (cursor,) if cursor in found else ()
        case Scope.LIKE:
            kind = _kind(found[cursor]) if cursor in found else None
            return tuple(target for target, action in found.items() if _kind(action) is kind)
        case Scope.MARKED:
            return tuple(target for target in found if target in marked)
        case Scope.OPEN:
            return open_ones(plan, answers)
        case Scope.ALL:
            return tuple(found)


def reaches(
    plan: Plan, answers: Mapping[str, Answer], *, cursor: str, marked: Collection[str] = ()
) -> tuple[Reach, ...]:
    """What each scope wider than one conflict would reach."""
    found = []
    for scope in (Scope.LIKE, Scope.MARKED, Scope.OPEN, Scope.ALL):
        targets = widened(plan, answers, scope, cursor=cursor, marked=marked)
        found.append(Reach(scope, targets, sum(target in answers for target in targets)))
    return tuple(found)


def answered(
    plan: Plan, answers: Mapping[str, Answer], targets: Iterable[str], answer: Answer
) -> tuple[dict[str, Answer], tuple[str, ...]]:
    """The answers with `answer` for these conflicts, and those of them that do not take it and stay as they
    are. Without a name OTHER_NAME means the free name that each conflict suggests."""
    found = conflicts(plan)
    given, left = dict(answers), []
    for target in targets:
        conflict = found[target].conflict if target in found else None
        if conflict is not None and answer.resolution in conflict.allowed:
            given[target] = answer
        else:
            left.append(target)
    return given, tuple(left)


def counts(plan: Plan, answers: Mapping[str, Answer]) -> ApplyCounts:
    """What applying a plan with these answers does, as far as the plan knows; no answer counts as skip."""
    tally: dict[str, int] = {}
    trash_bytes = 0
    contested = conflicts(plan)
    for action in plan.actions:
        word = _does(action, answers.get(action.target), contested)
        tally[word] = tally.get(word, 0) + 1
        if word == "replace" and action.conflict is not None:
            trash_bytes += action.conflict.there.size_bytes
    tally.pop("", None)
    return ApplyCounts(**tally, trash_bytes=trash_bytes)


def displaced(plan: Plan, answers: Mapping[str, Answer]) -> tuple[Displaced, ...]:
    """Real files that these answers put into the trash: those that are also in the library first."""
    found = [
        Displaced(a.target, a.conflict.there.size_bytes, a.conflict.kind is ConflictKind.SAME_FILE)
        for a in plan.of(Act.CONFLICT)
        if a.conflict is not None and _answered(a, answers.get(a.target)) == "replace"
    ]
    return tuple(sorted(found, key=lambda one: (not one.is_same, one.target)))


def _kind(action: PlannedAction) -> ConflictKind | None:
    return action.conflict.kind if action.conflict is not None else None


def _does(action: PlannedAction, answer: Answer | None, contested: Collection[str]) -> str:
    """The field of ApplyCounts that an action adds to; empty for none."""
    is_left = is_left_out(action, answer, contested)
    match action.act:
        case Act.CONFLICT:
            return _answered(action, answer)
        case Act.REFUSE:
            return ""
        case Act.KEEP:
            return "remember" if action.remembers and not is_left else ""
        case _ if is_left:
            return "skip"
        case Act.CREATE:
            return "make"
        case Act.REPLACE_OURS:
            return "repoint"
        case _:
            return "forget" if action.only_row else "remove"


def _answered(action: PlannedAction, answer: Answer | None) -> str:
    conflict = action.conflict
    if answer is None or conflict is None or answer.resolution not in conflict.allowed:
        return "skip"
    match answer.resolution:
        case Resolution.OVERWRITE:
            return "replace" if conflict.kind in REAL_FILES else "repoint"
        case Resolution.RENAME:
            return "rename"
        case Resolution.OTHER_NAME:
            return "make"
        case Resolution.SKIP:
            return "skip"
