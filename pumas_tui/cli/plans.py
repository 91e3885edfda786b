"""Plans of links and what came of them: as JSON for scripts, as lines for people."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from pumas_tui.cli import diagnostics
from pumas_tui.cli.output import Outcome
from pumas_tui.core.domain import plan_json
from pumas_tui.core.domain.errors import Trouble
from pumas_tui.core.domain.plan import Act, ActionResult, Applied, Conflict, Plan, PlannedAction
from pumas_tui.core.domain.text import plural, safe, size

_WORDS = {
    Act.CREATE: "create",
    Act.KEEP: "keep",
    Act.REPLACE_OURS: "re-point",
    Act.CONFLICT: "conflict",
    Act.REMOVE_STALE: "remove",
    Act.REMOVE_BROKEN: "remove",
    Act.REFUSE: "left out",
}
_SUMS = {
    Act.CONFLICT: ("conflict", "conflicts"),
    Act.CREATE: ("new link", "new links"),
    Act.REPLACE_OURS: ("link to re-point", "links to re-point"),
    Act.REMOVE_BROKEN: ("broken link to remove", "broken links to remove"),
    Act.REMOVE_STALE: ("link to remove", "links to remove"),
    Act.KEEP: ("already right", "already right"),
    Act.REFUSE: ("left out", "left out"),
}
_DONE = {
    Act.CREATE: ("link made", "links made"),
    Act.CONFLICT: ("conflict resolved", "conflicts resolved"),
    Act.REPLACE_OURS: ("link re-pointed", "links re-pointed"),
    Act.REMOVE_BROKEN: ("broken link removed", "broken links removed"),
    Act.REMOVE_STALE: ("link removed", "links removed"),
    Act.KEEP: ("link noted", "links noted"),
}
_REMOVALS = (Act.REMOVE_STALE, Act.REMOVE_BROKEN)
_NO_RULE = "no_rule"
_INDENT = " " * 14
_COLUMNS = 80


@dataclass(frozen=True, slots=True)
class Report:
    """What applying came to: one Applied an app, and errors with the exit code that each stands for."""

    applied: tuple[Applied, ...]
    errors: tuple[tuple[Trouble, int], ...] = ()


def data_of(plans: Sequence[Plan]) -> dict[str, Any]:
    """Plans as the data of an answer."""
    actions = [plan_json.action_json(a, plan.header.app) for plan in plans for a in plan.actions]
    offers = [{"app": plan.header.app, **asdict(plan.offer)} for plan in plans if plan.offer is not None]
    return {
        "actions": actions,
        "summary": _summed(plan_json.summary(plan) for plan in plans),
        "extra_model_paths": offers,
    }


def _summed(summaries: Iterable[dict[str, int]]) -> dict[str, int]:
    total = {act.value: 0 for act in Act}
    for summary in summaries:
        for act, count in summary.items():
            total[act] += count
    return total


def outcome_of(plans: Sequence[Plan]) -> Outcome:
    """A preview."""
    lines = [line for plan in plans for line in plan_lines(plan)]
    warnings = [warning for plan in plans for warning in plan.warnings]
    return Outcome(data_of(plans), lines or ["no app is registered and here"], warnings)


def plan_lines(plan: Plan) -> Iterator[str]:
    """What a plan would do: its actions under the rules they come from, and their sums."""
    yield f"{safe(plan.header.app)} in {safe(plan.header.base)}"
    shown = [a for a in plan.actions if a.act is not Act.KEEP and a.code != _NO_RULE]
    origins = list(dict.fromkeys((a.rule, a.config) for a in shown))
    ordered = sorted(shown, key=lambda a: origins.index((a.rule, a.config)))
    for (rule, config), actions in groupby(ordered, key=lambda a: (a.rule, a.config)):
        yield f"  {_origin(rule, config)}"
        for action in actions:
            yield from _action_lines(action)
    yield f"  {sums(plan)}"
    if plan.offer is not None:
        yield f"  {safe(plan.offer.words)}:"
        yield from (f"      {safe(text)}" for text in plan.offer.text.splitlines())


def _origin(rule: str, config: str) -> str:
    if not rule:
        return "from no rule"
    return f'from rule "{safe(rule)}"' + (f" in file {safe(config)}" if config else "")


def _action_lines(action: PlannedAction) -> Iterator[str]:
    yield f"    {_WORDS[action.act]:<8}  {safe(action.target or action.model_id)}"
    if action.conflict is not None:
        yield from _wrapped(_there(action, action.conflict))
    elif action.act is not Act.CREATE:
        yield from _wrapped(safe(action.words or action.reason))


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(
        text, _COLUMNS, initial_indent=_INDENT, subsequent_indent=_INDENT, break_long_words=False
    )


def _there(action: PlannedAction, conflict: Conflict) -> str:
    """What stands in the way and what may be answered."""
    there, parts = conflict.there, [safe(action.words or action.reason)]
    if there.leads_to:
        parts.append(f"leads to {safe(there.leads_to)}")
    elif there.size_bytes:
        parts.append(size(there.size_bytes))
    elif there.items:
        parts.append(plural(there.items, "file"))
    answers = "|".join(answer.value for answer in conflict.allowed)
    return f"{', '.join(parts)} ({answers})"


def sums(plan: Plan) -> str:
    """`2 conflicts, 3 new links, 40 already right`"""
    said = [plural(plan.count(act), *words) for act, words in _SUMS.items() if plan.count(act)]
    return ", ".join(said) or "nothing to do"


def removals(plan: Plan) -> list[str]:
    """The links that a plan would take away, a line each."""
    return [f"  {safe(plan.header.base)}/{safe(a.target)}" for a in plan.of(*_REMOVALS)]


def report(found: Report) -> Outcome:
    """What came of plans that were applied."""
    results = [(one.app, result) for one in found.applied for result in one.results]
    failed = [_failure(app, result) for app, result in results if result.state == "failed"]
    errors = [*found.errors, *failed]
    summary = _summed({result.action.act.value: 1} for _, result in results)
    states = {state: sum(one.count(state) for one in found.applied) for state in _STATES}
    data = {
        "actions": [_result_json(app, result) for app, result in results],
        "summary": summary,
        "results": states,
        "operations": [one.op_id for one in found.applied if one.op_id],
    }
    lines = applied_lines(found.applied)
    warnings = [warning for one in found.applied for warning in one.warnings]
    warnings += [_changed(app, result) for app, result in results if _was_changed(result)]
    return Outcome(data, lines, warnings, [trouble for trouble, _ in errors], [code for _, code in errors])


def applied_lines(applied: Sequence[Applied]) -> list[str]:
    """`ComfyUI: 3 links made, 40 already right`, an app a line."""
    return [f"{safe(one.app)}: {_done(one)}" for one in applied if one.error is None]


_STATES = ("done", "kept", "skipped", "failed")


def _result_json(app: str, result: ActionResult) -> dict[str, Any]:
    told = plan_json.action_json(result.action, app)
    return {**told, "result": result.state, "message": result.message}


def _failure(app: str, result: ActionResult) -> tuple[Trouble, int]:
    message = f"{app}: {result.action.target}: {result.message}"
    return Trouble("failed", message, hint="mend it, then: pumas-tui sync"), diagnostics.SOME_FAILED


def _was_changed(result: ActionResult) -> bool:
    """Something that should have been done was not, as its target is not what the plan had seen."""
    return result.state == "skipped" and result.action.act not in (Act.REFUSE, Act.CONFLICT)


def _changed(app: str, result: ActionResult) -> Trouble:
    return Trouble("skipped", f"{app}: {result.action.target}: {result.message}", hint="plan again")


def _done(one: Applied) -> str:
    """`3 links made, 1 link re-pointed, 40 already right, 2 conflicts open`"""
    done = {act: sum(r.state == "done" and r.action.act is act for r in one.results) for act in Act}
    said = [plural(done[act], *words) for act, words in _DONE.items() if done[act]]
    kept = one.count("kept")
    if kept:
        said.append(f"{kept:,} already right")
    left = sum(r.state == "skipped" and r.action.act is Act.CONFLICT for r in one.results)
    if left:
        said.append(f"{plural(left, 'conflict')} left as {'it is' if left == 1 else 'they are'}")
    failed = len(one.failed)
    if failed:
        said.append(f"{failed:,} failed")
    return ", ".join(said) or "nothing to do"
