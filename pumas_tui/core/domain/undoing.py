"""The steps that take a change of links back, and what they do in words."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from pumas_tui.core.domain import fingerprints
from pumas_tui.core.domain.operations import REGISTRY_ALONE, Step, StepKind, StepState


def inverse(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Steps that bring back what was before those of `steps` that are done, last one first, numbered from 1.

    The inverse of an inverse does the change again. Steps on a model's small files (edit, adopt) have none
    here: what they replaced lies in the operation's plan, not in the step.
    """
    made = [_INVERSES[step.kind](step) for step in reversed(steps) if _is_undoable(step)]
    return tuple(
        replace(step, n=number, state=StepState.PLANNED) for number, step in enumerate(made, start=1)
    )


def _is_undoable(step: Step) -> bool:
    return step.state is StepState.DONE and step.kind in _INVERSES


def _of_link(step: Step) -> Step:
    if step.before == fingerprints.ABSENT:
        detail = _only(step, "row") if _is_new(step) else {}
        return replace(step, kind=StepKind.UNLINK, want=step.before, before=step.want, detail=detail)
    return replace(step, want=step.before, before=step.want, detail=_swapped(step))


def _is_new(step: Step) -> bool:
    """The link came on record with the step; one that was on record before stays there when it goes again."""
    return "was" not in step.detail or step.detail["was"] != step.detail.get("row")


def _of_hard_link(step: Step) -> Step:
    detail = _only(step, "row", "source") if _is_new(step) else _only(step, "source")
    return replace(step, kind=StepKind.UNLINK, want=fingerprints.ABSENT, before=step.want, detail=detail)


def _of_unlink(step: Step) -> Step:
    kind = StepKind.LINK if fingerprints.kind_of(step.before) == "link" else StepKind.HARD_LINK
    return replace(step, kind=kind, want=step.before, before=step.want, detail=_only(step, "row", "source"))


def _of_move(step: Step) -> Step:
    """What moved keeps its fingerprint; where it stands now becomes the target."""
    why = step.detail["why"]
    if "back" in step.detail:
        return replace(step, target=step.detail["to"], detail={"to": step.detail["back"], "why": "trash"})
    detail = {"to": step.target, "why": "restore", "undoes": why}
    if why == "restore":
        detail = {"to": step.target, "why": step.detail.get("undoes", "trash")}
    return replace(step, target=step.detail["to"], detail=detail)


def _of_make_dir(step: Step) -> Step:
    return replace(step, kind=StepKind.REMOVE_DIR, want=step.before, before=step.want)


def _of_remove_dir(step: Step) -> Step:
    return replace(step, kind=StepKind.MAKE_DIR, want=step.before, before=step.want)


def _of_forget_row(step: Step) -> Step:
    return replace(step, kind=StepKind.REMEMBER_ROW)


def _of_remember_row(step: Step) -> Step:
    if "was" in step.detail:
        return replace(step, detail=_swapped(step))
    return replace(step, kind=StepKind.FORGET_ROW)


def _of_forget_app(step: Step) -> Step:
    return replace(step, kind=StepKind.REMEMBER_APP)


def _of_remember_app(step: Step) -> Step:
    if "was" in step.detail:
        return replace(step, target=step.detail["was"]["base"], detail=_swapped(step, "app"))
    return replace(step, kind=StepKind.FORGET_APP)


def _of_remember_base(step: Step) -> Step:
    """It was on record before the step too: what the step keeps must be there afterwards again."""
    return step


def _swapped(step: Step, now: str = "row") -> dict[str, Any]:
    """The row that was there comes back, the other one is what it replaces."""
    pairs = ((now, "was"), ("was", now))
    return {name: step.detail[other] for name, other in pairs if other in step.detail}


def _only(step: Step, *names: str) -> dict[str, Any]:
    return {name: step.detail[name] for name in names if name in step.detail}


_INVERSES: dict[str, Callable[[Step], Step]] = {
    StepKind.LINK: _of_link,
    StepKind.HARD_LINK: _of_hard_link,
    StepKind.UNLINK: _of_unlink,
    StepKind.MOVE: _of_move,
    StepKind.MAKE_DIR: _of_make_dir,
    StepKind.REMOVE_DIR: _of_remove_dir,
    StepKind.FORGET_ROW: _of_forget_row,
    StepKind.REMEMBER_ROW: _of_remember_row,
    StepKind.FORGET_APP: _of_forget_app,
    StepKind.REMEMBER_APP: _of_remember_app,
    StepKind.REMEMBER_BASE: _of_remember_base,
}


def describe(step: Step) -> str:
    """What a step does, as a short phrase without its target: `removes the link`. Holds outside strings."""
    text = fingerprints.link_text(step.want)
    match step.kind:
        case StepKind.LINK if step.before != fingerprints.ABSENT:
            return f"points the link to {text}"
        case StepKind.LINK:
            return f"makes the link to {text}"
        case StepKind.HARD_LINK:
            return "makes the hard link"
        case StepKind.UNLINK:
            return "removes the link"
        case StepKind.MOVE:
            return _moving(step)
        case StepKind.MAKE_DIR:
            return "makes the folder"
        case StepKind.REMOVE_DIR:
            return "removes the folder, if it is empty"
        case StepKind.FORGET_ROW:
            return "forgets the link, leaves what is there"
        case StepKind.REMEMBER_ROW:
            return "remembers the link, leaves what is there"
        case StepKind.FORGET_APP:
            return "forgets the app"
        case StepKind.REMEMBER_APP:
            name = step.detail["app"]["name"]
            return f"notes that {name} is here" if "was" in step.detail else f"registers {name} again"
        case StepKind.REMEMBER_BASE:
            return "notes that the library was here"
        case _:
            return "changes the file"


def _moving(step: Step) -> str:
    match step.detail.get("why"):
        case "trash":
            return "puts it into the trash"
        case "restore":
            return f"brings it back to {step.detail['to']}"
        case "fetch":
            return f"puts it into its model as {step.detail['to'].rpartition('/')[2]}"
        case _:
            return f"renames it to {step.detail['to'].rpartition('/')[2]}"


def foreseen(steps: Sequence[Step], look: Callable[[str], str]) -> list[bool]:
    """Which of these steps can be done one after the other, as far as can be told before the first.

    `look` gives the fingerprint of what is at a path now; what an earlier step makes of it counts as done.
    Whether a folder is empty by then is not foreseen.
    """
    later: dict[str, str] = {}

    def at(path: str) -> str:
        return later[path] if path in later else look(path)

    return [_can(step, at, later) for step in steps]


def _can(step: Step, at: Callable[[str], str], later: dict[str, str]) -> bool:
    if step.kind in REGISTRY_ALONE or step.kind in (StepKind.FORGET_ROW, StepKind.REMEMBER_ROW):
        return True
    now = at(step.target)
    if step.kind == StepKind.MOVE:
        to = str(step.detail["to"])
        there = at(to)
        can = there == step.before or (now == step.before and there == fingerprints.ABSENT)
        if can:
            later |= {step.target: fingerprints.ABSENT, to: step.before}
        return can
    can = any(_is(now, wanted) for wanted in (step.want, step.before))
    if can:
        later[step.target] = step.want
    return can


def _is(now: str, wanted: str) -> bool:
    if fingerprints.kind_of(wanted) == "dir":
        return fingerprints.kind_of(now) == "dir"
    return now == wanted or fingerprints.same_file(now, wanted)
