"""A plan and its answers as steps of an operation: what is done where, in which order, and what must be true.

Nothing is decided here that a plan shows otherwise: a target that cannot be reached any more as the plan has
it is skipped with the reason. Paths come from the facts of now, never from the plan.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pumas_tui.core.domain import fingerprints, naming, planner_links
from pumas_tui.core.domain.app_ground import Ground, is_plain
from pumas_tui.core.domain.links import Link, LinkKind, Origin, row_json
from pumas_tui.core.domain.mapped import AppFacts
from pumas_tui.core.domain.operations import Step, StepKind
from pumas_tui.core.domain.plan import Act, Answer, Plan, PlannedAction, Resolution


@dataclass(frozen=True, slots=True)
class Places:
    """Where a plan's steps are done. `facts`: the app as it is now, its folders at least.

    `trash`: folder of `facts.folders` -> absolute folder that takes what this operation displaces there, on
    the same file system; a folder without one takes no OVERWRITE. It is made when something comes into it.
    """

    facts: AppFacts
    trash: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PlannedSteps:
    """One action's steps, empty for none. `state` of an action without steps is kept or skipped, and
    `message` says why it is skipped; of one with steps it is planned."""

    action: PlannedAction
    steps: tuple[Step, ...]
    state: str
    message: str = ""


def is_left_out(action: PlannedAction, answer: Answer | None, contested: Collection[str]) -> bool:
    """SKIP leaves out what is no conflict; where two want a target it is for the one that does not get it."""
    if action.act is Act.CONFLICT or action.target in contested:
        return False
    return answer is not None and answer.resolution is Resolution.SKIP


class _SkippedError(Exception):
    """An action is left out; the text says why."""


def steps_of(plan: Plan, answers: Mapping[str, Answer], places: Places) -> tuple[PlannedSteps, ...]:
    """The steps of each action, in plan order; steps are numbered from 1 through all of them.

    `answers` by target. A conflict without one is skipped; of an action whose target is no conflict's SKIP
    leaves it out, and any other answer means nothing.
    """
    writer = _Writer(plan, places)
    return tuple(writer.planned(action, answers.get(action.target)) for action in plan.actions)


class _Writer:
    """Writes steps; knows which folders are made and which names are given by earlier ones."""

    def __init__(self, plan: Plan, places: Places) -> None:
        self._plan = plan
        self._trash = places.trash
        self._ground = Ground(places.facts)
        self._number = 0
        self._made: set[str] = set()
        self._contested = {action.target for action in plan.of(Act.CONFLICT)}
        self._given = {self._ground.key(a.target) for a in plan.of(Act.CREATE, Act.REPLACE_OURS, Act.KEEP)}

    def planned(self, action: PlannedAction, answer: Answer | None) -> PlannedSteps:
        """The steps of one action."""
        if action.act is Act.REFUSE:
            return PlannedSteps(action, (), "skipped", action.words)
        if action.act is Act.KEEP and not action.remembers:
            return PlannedSteps(action, (), "kept")
        if is_left_out(action, answer, self._contested):
            return PlannedSteps(action, (), "skipped", "left out")
        try:
            bare = list(self._bare(action, answer))
        except _SkippedError as why:
            return PlannedSteps(action, (), "skipped", str(why))
        steps = []
        for step in bare:
            self._number += 1
            steps.append(replace(step, n=self._number, detail=self._numbered(step.detail)))
            if step.kind == StepKind.MAKE_DIR:
                self._made.add(step.target)
        return PlannedSteps(action, tuple(steps), "planned")

    def _numbered(self, detail: Mapping[str, Any]) -> Mapping[str, Any]:
        """A place in a trash gets its name: the step's number makes it unique in its operation."""
        if detail.get("why") != "trash":
            return detail
        folder, _, name = detail["to"].rpartition("/")
        numbered = f"{self._number}-{name}"
        is_long = len(numbered.encode("utf-8", "surrogateescape")) > naming.MAX_FILE_NAME_BYTES
        return {**detail, "to": f"{folder}/{self._number if is_long else numbered}"}

    def _bare(self, action: PlannedAction, answer: Answer | None) -> Iterator[Step]:
        """Steps without numbers. Raises _SkippedError before the first one if there can be none."""
        words = self._ground.obstacle(action.target)
        if words:
            raise _SkippedError(f"{words.partition(': ')[2]}; plan again")
        match action.act:
            case Act.KEEP:
                yield self._row_step(StepKind.REMEMBER_ROW, action)
            case Act.REMOVE_STALE | Act.REMOVE_BROKEN if action.only_row:
                yield self._row_step(StepKind.FORGET_ROW, action)
            case Act.REMOVE_STALE | Act.REMOVE_BROKEN:
                yield self._unlink(action)
            case Act.REPLACE_OURS:
                yield from self._replaced(action)
            case Act.CONFLICT:
                yield from self._resolved(action, answer)
            case _:
                yield from self._linked(action)

    def _row_step(self, kind: StepKind, action: PlannedAction) -> Step:
        detail: dict[str, Any] = {"row": row_json(self._row(action))}
        if kind is StepKind.FORGET_ROW and action.known is not None:
            detail = {"row": row_json(action.known)}
        elif action.known is not None:
            detail["was"] = row_json(action.known)
        return Step(0, kind, self._ground.real(action.target), action.before, action.before, detail=detail)

    def _unlink(self, action: PlannedAction) -> Step:
        row = action.known
        if row is None:
            raise _SkippedError("the registry does not know this link; plan again")
        detail: dict[str, Any] = {"row": row_json(row)}
        source = self._ground.source(row.source)
        if row.kind is LinkKind.HARD and fingerprints.kind_of(action.before) == "file":
            detail["source"] = source
        elif self._ground.leads_to(action.target, action.before) != source:
            raise _SkippedError(f"{action.target} is not a link that was made here; plan again")
        target = self._ground.real(action.target)
        return Step(0, StepKind.UNLINK, target, fingerprints.ABSENT, action.before, detail=detail)

    def _linked(self, action: PlannedAction, target: str = "") -> Iterator[Step]:
        """The link where nothing is, and the folders it needs. `target`: another one than the action's."""
        steps = [self._link(replace(action, target=target or action.target), fingerprints.ABSENT)]
        missing = self._ground.missing_folders(action.target)
        made = [path for path in missing if path not in self._made]
        for path in made:
            yield Step(0, StepKind.MAKE_DIR, path, fingerprints.directory(0), fingerprints.ABSENT)
        yield from steps

    def _link(self, action: PlannedAction, before: str) -> Step:
        ground = self._ground
        if not is_plain(action.source):
            raise _SkippedError(f"{action.source} is not a path in the library")
        source = ground.source(action.source)
        text = planner_links.text_for(action.link_kind, ground.real_parent(action.target), source)
        if text != action.link_text:
            raise _SkippedError("the library or the app is elsewhere than the plan has it; plan again")
        detail: dict[str, Any] = {"row": row_json(self._row(action))}
        if action.known is not None and before != fingerprints.ABSENT:
            detail["was"] = row_json(action.known)
        target = ground.real(action.target)
        if action.link_kind is LinkKind.HARD:
            want = fingerprints.file(action.size_bytes, 0, action.inode or 0)
            return Step(0, StepKind.HARD_LINK, target, want, before, detail={**detail, "source": source})
        return Step(0, StepKind.LINK, target, fingerprints.link(text), before, detail=detail)

    def _replaced(self, action: PlannedAction) -> Iterator[Step]:
        """A link of ours becomes another: at once where both are symbolic, else one goes and one comes."""
        gone = self._unlink(action)
        if action.link_kind is not LinkKind.HARD and fingerprints.kind_of(action.before) == "link":
            yield self._link(action, action.before)
        else:
            link = self._link(action, fingerprints.ABSENT)
            yield gone
            yield link

    def _resolved(self, action: PlannedAction, answer: Answer | None) -> Iterator[Step]:
        conflict = action.conflict
        if answer is None or conflict is None:
            raise _SkippedError("no answer")
        if answer.resolution not in conflict.allowed:
            why = conflict.why_not.get(answer.resolution, "it is not offered here")
            raise _SkippedError(f"{answer.resolution.value} cannot be done: {why}")
        match answer.resolution:
            case Resolution.SKIP:
                raise _SkippedError("skipped")
            case Resolution.OVERWRITE:
                link = list(self._linked(action))
                yield self._moved(action, self._trash_of(action), "trash")
                yield from link
            case Resolution.RENAME:
                link = list(self._linked(action))
                place = (
                    f"{self._ground.real_parent(action.target)}/{self._new_name(conflict.old_name, action)}"
                )
                yield self._moved(action, place, "rename")
                yield from link
            case Resolution.OTHER_NAME:
                name = self._new_name(answer.name or conflict.free_name, action)
                other = f"{action.folder}/{name}".lstrip("/")
                if action.known is not None:
                    yield self._row_step(StepKind.FORGET_ROW, action)  # what is there is not that link
                yield from self._linked(replace(action, known=None), other)

    def _moved(self, action: PlannedAction, to: str, why: str) -> Step:
        target = self._ground.real(action.target)
        detail = {"to": to, "why": why}
        return Step(0, StepKind.MOVE, target, fingerprints.ABSENT, action.before, detail=detail)

    def _trash_of(self, action: PlannedAction) -> str:
        folder = self._ground.folder_of(action.target)
        place = self._trash.get(folder.folder) if folder is not None else None
        if place is None:
            raise _SkippedError("overwrite cannot be done: no place on its disk where it could be kept")
        return f"{place}/{action.target.rpartition('/')[2]}"

    def _new_name(self, name: str, action: PlannedAction) -> str:
        """A name beside the target that nothing in this plan has; what is on disk is checked at the step."""
        is_long = len(name.encode("utf-8", "surrogateescape")) > naming.MAX_FILE_NAME_BYTES
        if "/" in name or not is_plain(name) or is_long:
            raise _SkippedError(f"{name!r} is not a file name")
        key = self._ground.key(f"{action.folder}/{name}".lstrip("/"))
        if key in self._given or key == self._ground.key(action.target):
            raise _SkippedError(f"{name} is the name of another link of this plan")
        self._given.add(key)
        return name

    def _row(self, action: PlannedAction) -> Link:
        """What the registry is to keep of an action's link."""
        known = action.known
        origin: Origin = "adopted" if action.act is Act.KEEP else "rule"
        if known is not None and known.model_uid == action.model_uid:
            origin = known.origin
        assert action.model_uid is not None and action.link_kind is not None
        return Link(
            self._plan.header.app_uid,
            action.target,
            action.model_uid,
            action.source,
            action.link_kind,
            origin,
            action.rule,
            action.sha256,
        )
