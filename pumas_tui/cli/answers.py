"""Answers to conflicts as they are written on a command line."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pumas_tui.core.domain.errors import NotFoundError, UsageError
from pumas_tui.core.domain.plan import Act, Answer, Conflict, Plan, PlannedAction, Resolution

_KNOWN = {resolution.value: resolution for resolution in Resolution}


@dataclass(frozen=True, slots=True)
class Answers:
    """`by_target` are texts PATH=ANSWER and go before `for_all`; both go before what a rule itself says.

    PATH is absolute, or relative to the folder of the app that the plan names.
    """

    for_all: Resolution | None = None
    by_target: Sequence[str] = ()

    def check(self, plans: Sequence[Plan]) -> None:
        """Raises UsageError for what is no answer or not possible, NotFoundError for a PATH that has no
        conflict."""
        for text in self.by_target:
            if not any(
                _path in _names(plan, action)
                for plan in plans
                for action in plan.of(Act.CONFLICT)
                for _path, _ in _splits(text)
            ):
                path = text.partition("=")[0]
                raise NotFoundError(f"no conflict at {path}", path=path, hint="pumas-tui map plan shows them")
        for plan in plans:
            self.to(plan)

    def to(self, plan: Plan) -> Mapping[str, Answer]:
        """Answers to this plan's conflicts, by target. Raises UsageError."""
        found = {}
        for action in plan.of(Act.CONFLICT):
            assert action.conflict is not None
            answer = self._one(plan, action, action.conflict)
            if answer is not None:
                found[action.target] = answer
        return found

    def _one(self, plan: Plan, action: PlannedAction, conflict: Conflict) -> Answer | None:
        for text in self.by_target:
            for path, written in _splits(text):
                if path in _names(plan, action):
                    return _read(written, action, conflict)
        if self.for_all is None or self.for_all not in conflict.allowed:
            return None
        name = conflict.free_name if self.for_all is Resolution.OTHER_NAME else ""
        return Answer(self.for_all, name)

    def count_open(self, plan: Plan) -> int:
        """Conflicts that neither somebody nor a rule answers."""
        answered = self.to(plan)
        return sum(
            action.target not in answered and action.conflict is not None and not action.conflict.by_rule
            for action in plan.of(Act.CONFLICT)
        )


def _splits(text: str) -> Iterator[tuple[str, str]]:
    """Every way to read PATH=ANSWER: both may hold the sign."""
    parts = text.split("=")
    for n in range(1, len(parts)):
        yield "=".join(parts[:n]), "=".join(parts[n:])


def _names(plan: Plan, action: PlannedAction) -> tuple[str, str]:
    return action.target, f"{plan.header.base}/{action.target}"


def _read(written: str, action: PlannedAction, conflict: Conflict) -> Answer:
    word, colon, name = written.partition(":")
    resolution = _KNOWN.get(word)
    if resolution is None or (colon and (resolution is not Resolution.OTHER_NAME or not name)):
        raise UsageError(
            f"{action.target}: {written} is no answer", hint=f"answers: {', '.join(_KNOWN)}, other_name:NAME"
        )
    if resolution not in conflict.allowed:
        why = conflict.why_not.get(resolution, "it is not offered here")
        raise UsageError(
            f"{action.target}: cannot {word}: {why}", hint=f"possible: {', '.join(conflict.allowed)}"
        )
    if resolution is Resolution.OTHER_NAME:
        return Answer(resolution, name or conflict.free_name)
    return Answer(resolution)
