"""Applying a plan: the very plan that was shown, checked against library, host and rules, then done step by
step.

Nothing is decided again: a target that changed since is skipped and said. What is in the way goes to a
trash on its own disk before a link takes its place.
"""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pumas_tui.core.domain import app_records, planner, rules, stepping
from pumas_tui.core.domain.app_records import App
from pumas_tui.core.domain.errors import RemovalNotConfirmedError, StalePlanError
from pumas_tui.core.domain.ids import OperationId
from pumas_tui.core.domain.mapped import AppFacts
from pumas_tui.core.domain.operations import (
    OperationKind,
    Step,
    StepKind,
    StepResult,
    StepState,
    registry_step,
)
from pumas_tui.core.domain.plan import Act, ActionResult, Answer, Applied, Plan, Resolution
from pumas_tui.core.domain.text import plural
from pumas_tui.core.flows import app_versions, mapping_rules, operating, planning
from pumas_tui.core.flows.operating import UNWATCHED, OperationTools, Watch
from pumas_tui.core.flows.planning import PlanTools
from pumas_tui.core.fs import locks, marker, trash


@dataclass(frozen=True, slots=True)
class Order:
    """What to apply: the plan, answers by target, and what the change is for. `forgets`: the app goes from
    the registry when its links are gone."""

    plan: Plan
    answers: Mapping[str, Answer]
    kind: OperationKind = OperationKind.APPLY
    confirmed: bool = False
    batch_id: str = ""
    forgets: bool = False


def apply(
    plans: PlanTools, operations: OperationTools, app: App, order: Order, watch: Watch = UNWATCHED
) -> Applied:
    """Do a plan; what came of each action. The app's record gets the version that it has now. Run in a worker
    thread.

    Raises StalePlanError, RemovalNotConfirmedError, LibraryNotFoundError, NotFoundError, DiskError,
    BusyError.
    """
    began = time.monotonic()
    with locks.mapping_lock(plans.paths), marker.opened(plans.paths.models):
        planning.require_here(app)
        app = app_versions.now(app)
        check(plans, app, order)
        app_versions.record(plans.registry, app)
        facts = planning.facts_of(
            plans, app, {action.folder for action in order.plan.actions if action.target}
        )
        kind_title = _title(order, app)
        op = operating.new_operation(
            operations, order.kind, kind_title, {"app": app.name, "app_uid": app.uid}, order.batch_id
        )
        places = _places(facts, order, op.id)
        planned = stepping.steps_of(order.plan, order.answers, places)
        steps = [step for one in planned for step in one.steps]
        if order.forgets:
            steps.append(replace(forgetting(plans.registry.app(app.uid)), n=len(steps) + 1))
        results = operating.run(operations, op, steps, watch) if steps else []
        told = _results(planned, results)
        settled = {result.action.target for result in told if result.state == "done"}
        plans.registry.drop_drafts(plan_key(order.plan), settled | order.answers.keys())
    op_id = op.id if steps else ""
    return Applied(app.name, op_id, told, time.monotonic() - began)


def forgetting(app: App) -> Step:
    """The step that takes an app from the registry, its number still to be given."""
    return registry_step(StepKind.FORGET_APP, app.base, app=app_records.row_json(app))


def check(plans: PlanTools, app: App, order: Order) -> None:
    """`app` is as it is now. Raises StalePlanError, RemovalNotConfirmedError."""
    header = order.plan.header
    active = mapping_rules.active(mapping_rules.load(plans.paths), app)
    for what, now, then in (
        ("library", plans.library_id, header.library_id),
        ("host", plans.host, header.host),
        ("folder of the app", app.base, header.base),
        ("set of rules", rules.rules_sha256(active), header.rules_sha256),
    ):
        if now != then:
            raise StalePlanError(f"the plan was made for another {what}", hint="plan again")
    known = len(plans.registry.links(app_uid=app.uid))
    if not order.confirmed and planner.confirm_removals(order.plan, known):
        going = order.plan.count(Act.REMOVE_STALE) + order.plan.count(Act.REMOVE_BROKEN)
        raise RemovalNotConfirmedError(
            f"{app.name}: {going} of {known} links would be removed", hint="look at the list, then confirm"
        )


def plan_key(plan: Plan) -> str:
    """Under which answers to a plan are kept: they belong to the app, whatever was planned since."""
    return f"app:{plan.header.app_uid}"


def _title(order: Order, app: App) -> str:
    acts = [
        (Act.CREATE, "add"),
        (Act.REPLACE_OURS, "re-point"),
        (Act.REMOVE_STALE, "remove"),
        (Act.REMOVE_BROKEN, "remove"),
    ]
    counts: dict[str, int] = defaultdict(int)
    for act, word in acts:
        counts[word] += order.plan.count(act)
    answered = [a for a in order.plan.of(Act.CONFLICT) if _is_answered(order.answers.get(a.target))]
    counts["replace"] = len(answered)
    counts["note"] = sum(a.remembers for a in order.plan.actions)
    if order.forgets:
        return f"remove {app.name} with {plural(counts['remove'], 'link')}"
    said = ", ".join(f"{word} {plural(n, 'link')}" for word, n in counts.items() if n)
    return f"{said or 'change nothing'} in {app.name}"


def _is_answered(answer: Answer | None) -> bool:
    return answer is not None and answer.resolution is not Resolution.SKIP


def _places(facts: AppFacts, order: Order, op_id: OperationId) -> stepping.Places:
    """Where the steps work; a trash is looked for only where an answer needs one."""
    displacing = {
        action.folder
        for action in order.plan.of(Act.CONFLICT)
        if (answer := order.answers.get(action.target)) and answer.resolution is Resolution.OVERWRITE
    }
    found = {}
    for folder in displacing & set(facts.folders):
        real = facts.folders[folder].real
        place = trash.find_place(op_id, facts.app.base, real, tuple(facts.app.kind_folders.values()))
        if place is not None:
            found[folder] = place
    return stepping.Places(facts, found)


def _results(
    planned: Sequence[stepping.PlannedSteps], done: Sequence[StepResult]
) -> tuple[ActionResult, ...]:
    """What came of each action: the worst of its steps; one without steps was kept, or skipped as it says."""
    by_number = {result.step.n: result for result in done}
    return tuple(_result(one, [by_number[step.n] for step in one.steps]) for one in planned)


def _result(planned: stepping.PlannedSteps, results: list[StepResult]) -> ActionResult:
    if not results:
        return ActionResult(planned.action, planned.state, planned.message)
    for state in (StepState.FAILED, StepState.SKIPPED):
        bad = next((r for r in results if r.state is state), None)
        if bad is not None:
            return ActionResult(planned.action, state.value, bad.message)
    return ActionResult(planned.action, "done")
