"""Repairing: the repairs that a plan shows, as one operation that can be taken back.

Each place is looked at again right before: what changed since the check is left alone and told. What a link
will lead to must be there at that moment too.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pumas_tui.core.db.registry import Registry
from pumas_tui.core.domain import repairs
from pumas_tui.core.domain.app_records import App, AppState
from pumas_tui.core.domain.errors import NotFoundError, PumasError, RemovalNotConfirmedError
from pumas_tui.core.domain.events import ModelsChanged
from pumas_tui.core.domain.ids import AppUid, OperationId, new_operation_id
from pumas_tui.core.domain.library_facts import Presence
from pumas_tui.core.domain.operations import OperationKind, Step, StepResult, StepState
from pumas_tui.core.domain.repairs import Repair, Repaired, RepairFailure, RepairKind, RepairPlan
from pumas_tui.core.domain.text import plural
from pumas_tui.core.flows import operating, planning, unlinking
from pumas_tui.core.flows.moved_models import Reindexing
from pumas_tui.core.flows.operating import UNWATCHED, OnProgress, OperationTools, Watch
from pumas_tui.core.flows.planning import PlanTools
from pumas_tui.core.fs import app_facts, link_scan, locks, marker

_WORDS = {
    RepairKind.REPOINT: "re-point",
    RepairKind.REMAKE: "make again",
    RepairKind.ADOPT: "adopt",
    RepairKind.LINK_BACK: "link back",
    RepairKind.REMOVE: "remove",
    RepairKind.FORGET: "forget",
}


@dataclass(frozen=True, slots=True)
class Order:
    """What to repair. `confirmed`: somebody has seen the list of what goes."""

    plan: RepairPlan
    confirmed: bool = False
    on_progress: OnProgress | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Repairs of links as one operation. `records`: steps on the registry alone that come before them;
    `apps`: records of apps as those make them."""

    wanted: Sequence[Repair]
    kind: OperationKind
    title: str
    watch: Watch = UNWATCHED
    records: Sequence[Step] = ()
    apps: Sequence[App] = ()
    batch_id: str = ""


def repair(plans: PlanTools, operations: OperationTools, order: Order) -> Repaired:
    """Do it; all of it is taken back together. Run in a worker thread.

    Raises RemovalNotConfirmedError, LibraryNotFoundError, DiskError, BusyError.
    """
    asked = order.plan
    if asked.asks and not order.confirmed:
        raise RemovalNotConfirmedError(
            f"{asked.removals} of {asked.links} links would be removed", hint="look at the list, then confirm"
        )
    of_links = [one for one in asked.items if one.kind is not RepairKind.FORGET_APP]
    watch, batch_id = Watch(order.on_progress), new_operation_id()
    change = Change(of_links, OperationKind.REPAIR, _title(of_links), watch, batch_id=batch_id)
    done = do(plans, operations, change)
    for one in asked.items:
        if one.kind is RepairKind.FORGET_APP:
            done = _joined(done, _forget_app(plans, operations, one, batch_id))
    return done


def do(plans: PlanTools, operations: OperationTools, change: Change) -> Repaired:
    """Repairs of links as one operation. Errors as `repair`."""
    wanted = change.wanted
    if not wanted and not change.records:
        return Repaired("", 0)
    with locks.mapping_lock(plans.paths), marker.opened(plans.paths.models) as models_fd:
        refused = _refused(plans.registry, change, models_fd)
        ready = [one for one, why in zip(wanted, refused, strict=True) if not why]
        failed = [RepairFailure(o, why) for o, why in zip(wanted, refused, strict=True) if why]
        records = [replace(step, n=n) for n, step in enumerate(change.records, 1)]
        planned = repairs.steps_of(ready, len(records))
        steps = [*records, *(step for _, own in planned for step in own)]
        if not steps:
            return Repaired("", 0, tuple(failed))
        op = operating.new_operation(operations, change.kind, change.title, {}, change.batch_id)
        settle = Reindexing(plans.index, plans.paths)
        results = {r.step.n: r for r in operating.run(operations, op, steps, change.watch, settle)}
        for one, own in planned:
            bad = _worst([results[step.n] for step in own])
            if bad:
                failed.append(RepairFailure(one, bad))
    if settle.changed:
        operations.publish(ModelsChanged(settle.changed))
    return Repaired(op.id, len(wanted) - len(failed), tuple(failed))


def _refused(registry: Registry, change: Change, models_fd: int) -> list[str]:
    """Why each cannot be done now, empty where it can."""
    apps = {app.uid: app for app in registry.apps()}
    apps |= {app.uid: app for app in change.apps if app.uid in apps}
    away: dict[AppUid, str] = {}
    for uid, app in apps.items():
        try:
            planning.require_here(app)
        except PumasError as error:
            away[uid] = error.message
    refused = []
    for one in change.wanted:
        why = away.get(one.app_uid, "") if one.app_uid is not None else ""
        if not why and one.app_uid is not None and one.app_uid not in apps:
            why = "the app is not registered any more"
        if not why and one.row is not None:
            presence = link_scan.source_at(models_fd, one.row.source).presence
            why = "" if presence is Presence.HERE else f"{one.source} is not there now"
        refused.append(why)
    return refused


def _worst(results: Sequence[StepResult]) -> str:
    return next((r.message for r in results if r.state is not StepState.DONE), "")


def _forget_app(plans: PlanTools, operations: OperationTools, one: Repair, batch_id: str) -> Repaired:
    """Only of an app that is still gone: one that came back keeps its links and its place on record."""
    assert one.app_uid is not None
    try:
        app = plans.registry.app(one.app_uid)
    except NotFoundError:
        return Repaired("", 1)
    state, reason = app_facts.state(app)
    if state is not AppState.GHOST:
        why = f"{app.name} is there again" if state is AppState.HERE else f"{app.name}: {reason}"
        return Repaired("", 0, (RepairFailure(one, why),))
    applied = unlinking.remove_app(plans, operations, app, batch_id)
    return Repaired(applied.op_id, 1)


def _joined(one: Repaired, other: Repaired) -> Repaired:
    return Repaired(
        OperationId(one.op_id or other.op_id), one.done + other.done, (*one.failed, *other.failed)
    )


def _title(wanted: Sequence[Repair]) -> str:
    counts = Counter(_WORDS[one.kind] for one in wanted)
    return "repair: " + ", ".join(f"{word} {plural(n, 'link')}" for word, n in counts.items())
