"""Repairing: the repairs that a plan shows, as one operation that can be taken back.

Each place is looked at again right before: what changed since the check is left alone and told. What a link
will lead to must be there at that moment too.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pumas_tui.core.db.registry import Registry
from pumas_tui.core.domain import repairs
from pumas_tui.core.domain.app_records import AppState
from pumas_tui.core.domain.errors import NotFoundError, PumasError, RemovalNotConfirmedError
from pumas_tui.core.domain.events import ModelsChanged
from pumas_tui.core.domain.ids import AppUid, ModelId, ModelUid, OperationId
from pumas_tui.core.domain.library_facts import ID_PARTS, Presence
from pumas_tui.core.domain.operations import OperationKind, StepResult, StepState
from pumas_tui.core.domain.repairs import Repair, Repaired, RepairFailure, RepairKind, RepairPlan
from pumas_tui.core.domain.text import plural
from pumas_tui.core.flows import moved_models, operating, planning, unlinking
from pumas_tui.core.flows.operating import OnProgress, OperationTools, Watch
from pumas_tui.core.flows.planning import PlanTools
from pumas_tui.core.fs import app_facts, link_scan, locks, marker, reading

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


def repair(plans: PlanTools, operations: OperationTools, order: Order) -> Repaired:
    """Do it. Run in a worker thread.

    Raises RemovalNotConfirmedError, LibraryNotFoundError, DiskError, BusyError.
    """
    asked = order.plan
    if asked.asks and not order.confirmed:
        raise RemovalNotConfirmedError(
            f"{asked.removals} of {asked.links} links would be removed", hint="look at the list, then confirm"
        )
    of_links = [one for one in asked.items if one.kind is not RepairKind.FORGET_APP]
    done = do(plans, operations, of_links, OperationKind.REPAIR, _title(of_links), Watch(order.on_progress))
    for one in asked.items:
        if one.kind is RepairKind.FORGET_APP:
            done = _joined(done, _forget_app(plans, operations, one))
    return done


def do(
    plans: PlanTools,
    operations: OperationTools,
    wanted: Sequence[Repair],
    kind: OperationKind,
    title: str,
    watch: Watch,
) -> Repaired:
    """Repairs of links as one operation. Errors as `repair`."""
    if not wanted:
        return Repaired("", 0)
    with locks.mapping_lock(plans.paths), marker.opened(plans.paths.models) as models_fd:
        refused = _refused(plans.registry, wanted, models_fd)
        ready = [one for one, why in zip(wanted, refused, strict=True) if not why]
        failed = [RepairFailure(o, why) for o, why in zip(wanted, refused, strict=True) if why]
        planned = repairs.steps_of(ready)
        steps = [step for _, own in planned for step in own]
        if not steps:
            return Repaired("", 0, tuple(failed))
        op = operating.new_operation(operations, kind, title, {})
        results = {r.step.n: r for r in operating.run(operations, op, steps, watch)}
        for one, own in planned:
            bad = _worst([results[step.n] for step in own])
            if bad:
                failed.append(RepairFailure(one, bad))
        _follow(plans, operations, ready)
    return Repaired(op.id, len(wanted) - len(failed), tuple(failed))


def _refused(registry: Registry, wanted: Sequence[Repair], models_fd: int) -> list[str]:
    """Why each cannot be done now, empty where it can."""
    apps = {app.uid: app for app in registry.apps()}
    away: dict[AppUid, str] = {}
    for uid, app in apps.items():
        try:
            planning.require_here(app)
        except PumasError as error:
            away[uid] = error.message
    refused = []
    for one in wanted:
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


def _follow(plans: PlanTools, operations: OperationTools, done: Sequence[Repair]) -> None:
    """Models that were moved by hand: their metadata says where they are now, as their links do."""
    repointed = [one.row for one in done if one.row is not None and one.was is not None]
    places = {ModelId("/".join(row.source.split("/")[:ID_PARTS])) for row in repointed}
    changed: list[ModelUid] = []
    for place in sorted(places):
        if reading.is_there(plans.paths.metadata(place)):
            uid = moved_models.refresh(plans.index, plans.paths, place)
            changed += [uid] if uid is not None else []
    if changed:
        operations.publish(ModelsChanged(tuple(changed)))


def _forget_app(plans: PlanTools, operations: OperationTools, one: Repair) -> Repaired:
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
    applied = unlinking.remove_app(plans, operations, app)
    return Repaired(applied.op_id, 1)


def _joined(one: Repaired, other: Repaired) -> Repaired:
    return Repaired(
        OperationId(one.op_id or other.op_id), one.done + other.done, (*one.failed, *other.failed)
    )


def _title(wanted: Sequence[Repair]) -> str:
    counts = Counter(_WORDS[one.kind] for one in wanted)
    return "repair: " + ", ".join(f"{word} {plural(n, 'link')}" for word, n in counts.items())
