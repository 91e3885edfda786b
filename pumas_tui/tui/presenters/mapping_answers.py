"""Answers to conflicts in words: how far the same answer may reach, and what stands against one."""

from collections.abc import Collection, Mapping, Sequence

from pumas_tui.core.domain.mapping_answers import Scope, answered, conflicts, reaches
from pumas_tui.core.domain.plan import Answer, PlannedAction, Resolution
from pumas_tui.core.domain.text import count, plural, safe
from pumas_tui.tui.presenters.mapping import MORE_OF_KIND, Sheet, kind_of


def scope_rows(sheet: Sheet, cursor: str, marked: Collection[str]) -> tuple[tuple[str, str, str], ...]:
    """(scope, label, how many and which) of what the same answer may be for; what is meant most is first."""
    found = {reach.scope: reach for reach in reaches(sheet.plan, sheet.answers, cursor=cursor, marked=marked)}
    whole = found[Scope.ALL]
    here = conflicts(sheet.plan).get(cursor)
    which = {
        Scope.LIKE: _like(here, len(found[Scope.LIKE].targets)),
        Scope.MARKED: count(len(found[Scope.MARKED].targets)),
        Scope.OPEN: f"{count(len(found[Scope.OPEN].targets))} without an answer",
        Scope.ALL: f"also changes {plural(whole.answered, 'answer')} you gave" if whole.answered else "",
    }
    labels = {
        Scope.LIKE: "all like this",
        Scope.MARKED: "marked",
        Scope.OPEN: "all open",
        Scope.ALL: f"all {count(len(whole.targets))}",
    }
    first = (Scope.MARKED, Scope.LIKE) if found[Scope.MARKED].targets else (Scope.LIKE, Scope.MARKED)
    return tuple((scope.value, labels[scope], which[scope]) for scope in (*first, Scope.OPEN, Scope.ALL))


def _like(action: PlannedAction | None, number: int) -> str:
    if action is None:
        return "0"
    one, many = MORE_OF_KIND[kind_of(action)]
    return plural(number, one, many)


def given(sheet: Sheet, targets: Sequence[str], how: Resolution) -> tuple[Mapping[str, Answer], str]:
    """All answers with this one at the targets, and what stands against it at others; empty for nothing.

    Where nothing can be overwritten or renamed but the link may have another name, it gets the free one.
    """
    answers, left = answered(sheet.plan, sheet.answers, targets, Answer(how))
    if left and how in (Resolution.OVERWRITE, Resolution.RENAME):
        found = conflicts(sheet.plan)
        named = [target for target in left if asks_for_name(found.get(target), how)]
        answers, _ = answered(sheet.plan, answers, named, Answer(Resolution.OTHER_NAME))
        left = tuple(target for target in left if target not in named)
    if not left:
        return answers, ""
    action = conflicts(sheet.plan).get(left[0])
    why = action.conflict.why_not.get(how, "") if action is not None and action.conflict is not None else ""
    verb = {Resolution.OVERWRITE: "overwritten", Resolution.RENAME: "renamed"}.get(how, "answered so")
    which = "This" if len(targets) == 1 else f"{count(len(left))} of {count(len(targets))}"
    return answers, f"{which} cannot be {verb}{f': {safe(why)}' if why else ''}"


def asks_for_name(action: PlannedAction | None, how: Resolution) -> bool:
    """The key that overwrites or renames gives the link another name here: nothing else helps."""
    conflict = action.conflict if action is not None else None
    return (
        conflict is not None
        and how in (Resolution.OVERWRITE, Resolution.RENAME)
        and how not in conflict.allowed
        and Resolution.OTHER_NAME in conflict.allowed
    )


def name_problem(sheet: Sheet, action: PlannedAction, name: str) -> str:
    """Why a link cannot have this name; empty when it can, as far as the plan tells."""
    if "/" in name or not name.isprintable() or name in (".", ".."):
        return f"{safe(name)} is not a name of a file."
    target = f"{action.folder}/{name}".removeprefix("/")
    if any(one.target == target for one in sheet.plan.actions):
        return f"{safe(name)} is taken in this plan."
    return ""
