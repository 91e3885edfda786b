"""Mapping, the public face: apps, plans of links, applying them, sync.

Methods may be called from the event loop; disk work runs in threads. Every change of links is one operation
in the history.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, replace

from pumas_tui.core.domain import planner
from pumas_tui.core.domain.app_records import App, AppProposal, AppStatus
from pumas_tui.core.domain.apps import AppKind
from pumas_tui.core.domain.errors import PumasError, Trouble, trouble
from pumas_tui.core.domain.events import PlanReady
from pumas_tui.core.domain.first_start import Detected
from pumas_tui.core.domain.ids import ModelId
from pumas_tui.core.domain.models import ModelDetail
from pumas_tui.core.domain.operations import OperationKind
from pumas_tui.core.domain.plan import Act, Answer, Applied, Plan, Resolution
from pumas_tui.core.domain.rule_switches import Offers, Switched
from pumas_tui.core.domain.rules import ActiveRule
from pumas_tui.core.flows import (
    app_registry,
    app_versions,
    applying,
    mapping_rules,
    plan_files,
    planning,
    rule_offers,
    unlinking,
)
from pumas_tui.core.flows.app_registry import AppTools
from pumas_tui.core.flows.applying import Order
from pumas_tui.core.flows.operating import UNWATCHED, OnProgress, OperationTools, Watch
from pumas_tui.core.flows.planning import PlanTools

NO_ANSWERS: MappingOf[str, Answer] = {}


@dataclass(frozen=True, slots=True)
class MappingTools:
    """What mapping works with; all thread-safe."""

    apps: AppTools
    plans: PlanTools
    operations: OperationTools


@dataclass(frozen=True, slots=True)
class SyncOrder:
    """What a sync may do, the batch of changes it belongs to, and how it is followed and stopped."""

    prune: bool = False
    confirmed: bool = False
    batch_id: str = ""
    watch: Watch = UNWATCHED


class Mapping:
    """Apps and their links. `ref` of an app: uid, name or unambiguous prefix; of a model: as `Models.get`.

    All raise DiskError, BusyError, NotFoundError, AmbiguousError, LibraryNotFoundError.
    """

    def __init__(
        self,
        tools: MappingTools,
        find: Callable[[str], Awaitable[ModelDetail]],
        detect: Callable[[], Awaitable[Detected]],
    ) -> None:
        self._tools = tools
        self._find = find
        self._detect = detect

    async def apps(self) -> tuple[AppStatus, ...]:
        """Registered apps as they are now, by name."""
        return await asyncio.to_thread(app_registry.statuses, self._tools.apps)

    async def app(self, ref: str) -> AppStatus:
        """One registered app as it is now."""
        return await asyncio.to_thread(self._status, ref)

    def _status(self, ref: str) -> AppStatus:
        uid = app_registry.find(self._tools.apps, ref).uid
        return next(one for one in app_registry.statuses(self._tools.apps) if one.app.uid == uid)

    async def detect(self) -> Detected:
        """Apps on this machine, registered or not."""
        return await self._detect()

    async def propose(
        self,
        path: str,
        *,
        kind: AppKind | None = None,
        name: str = "",
        version: str = "",
        variant: str = "default",
        containers: tuple[tuple[str, str], ...] = (),
    ) -> AppProposal:
        """What registering a folder would record; nothing is kept. Raises UsageError."""
        wanted = app_registry.Wanted(path, kind, name, version, variant, containers)
        return await asyncio.to_thread(app_registry.propose, self._tools.apps, wanted)

    async def add_app(self, proposal: AppProposal) -> App:
        """Keep a proposed app; no link is made yet. Raises UsageError."""
        return await asyncio.to_thread(app_registry.add, self._tools.apps, proposal)

    async def remove_app(self, ref: str) -> Applied:
        """Take away an app's links, and only those, then forget the app; no file of it is touched.

        An app that is not there keeps its links on disk, wherever that is; only the records go.
        """
        return await asyncio.to_thread(self._remove_app, ref)

    def _remove_app(self, ref: str) -> Applied:
        app = app_registry.find(self._tools.apps, ref)
        return unlinking.remove_app(self._tools.plans, self._tools.operations, app)

    async def plan(
        self,
        app: str | None = None,
        models: Sequence[str] | None = None,
        *,
        stop: threading.Event | None = None,
    ) -> tuple[Plan, ...]:
        """A plan per app that is here, for these models or all. Publishes PlanReady.

        Raises CancelledError when `stop` is set.
        """
        ids = await self._ids(models)
        return await asyncio.to_thread(self._plan, app, ids, stop)

    async def _ids(self, models: Sequence[str] | None) -> list[ModelId] | None:
        if models is None:
            return None
        return [(await self._find(ref)).row.model_id for ref in models]

    def _plan(
        self, ref: str | None, ids: list[ModelId] | None, stop: threading.Event | None
    ) -> tuple[Plan, ...]:
        made = []
        for app in app_registry.here(self._tools.apps, ref):
            plan = planning.plan(self._tools.plans, app, ids, stop).plan
            made.append(plan)
            if ids is None:
                changes = sum(plan.count(a) for a in Act if a not in (Act.KEEP, Act.REFUSE, Act.CONFLICT))
                self._tools.operations.publish(PlanReady(app.name, plan.count(Act.CONFLICT), changes))
        return tuple(made)

    async def plan_unlink(
        self, app: str | None = None, models: Sequence[str] | None = None
    ) -> tuple[Plan, ...]:
        """Plans that take links away: of an app, of models, or both. The rules are not asked."""
        ids = await self._ids(models)

        def make() -> tuple[Plan, ...]:
            apps = app_registry.here(self._tools.apps, app)
            return tuple(unlinking.plan(self._tools.plans, one, ids) for one in apps)

        return await asyncio.to_thread(make)

    async def apply(
        self,
        plan: Plan,
        answers: MappingOf[str, Answer] = NO_ANSWERS,
        *,
        on_progress: OnProgress | None = None,
        stop: threading.Event | None = None,
        confirmed: bool = False,
        kind: OperationKind = OperationKind.APPLY,
    ) -> Applied:
        """Do a plan; a conflict without an answer is skipped. `on_progress` runs in a worker thread.

        Raises StalePlanError ("stale_plan"), RemovalNotConfirmedError ("confirm_removal").
        """
        order = Order(plan, {**planner.default_answers(plan), **answers}, kind, confirmed)
        return await asyncio.to_thread(self._apply, order, Watch(on_progress, stop))

    def _apply(self, order: Order, watch: Watch) -> Applied:
        app = app_registry.find(self._tools.apps, order.plan.header.app_uid)
        return applying.apply(self._tools.plans, self._tools.operations, app, order, watch)

    async def sync(
        self,
        app: str | None = None,
        *,
        prune: bool = False,
        models: Sequence[str] | None = None,
        confirmed: bool = False,
        batch_id: str = "",
        on_progress: OnProgress | None = None,
        stop: threading.Event | None = None,
    ) -> tuple[Applied, ...]:
        """Do what needs no decision: new links and re-points; with `prune` also removals.

        An app that fails tells so in its result's `error`; the others go on. `on_progress` counts for each
        app anew, in a worker thread.
        """
        ids = await self._ids(models)
        order = SyncOrder(prune, confirmed, batch_id, Watch(on_progress, stop))
        return await asyncio.to_thread(self._sync, app, ids, order)

    def _sync(self, ref: str | None, ids: list[ModelId] | None, order: SyncOrder) -> tuple[Applied, ...]:
        apps = app_registry.here(self._tools.apps, ref)
        return tuple(sync_app(self._tools, app, ids, order) for app in apps)

    async def rules(self, app: str | None = None) -> tuple[tuple[App, tuple[ActiveRule, ...]], ...]:
        """The rules of each app, one of each name, with those that are switched off."""

        def read() -> tuple[tuple[App, tuple[ActiveRule, ...]], ...]:
            configs = mapping_rules.load(self._tools.plans.paths)
            return tuple((one, mapping_rules.merged(configs, one)) for one in self._chosen(app))

        return await asyncio.to_thread(read)

    def _chosen(self, ref: str | None) -> Sequence[App]:
        """The app asked for, or all, with the versions they have now."""
        tools = self._tools.apps
        chosen = tools.registry.apps() if ref is None else [app_registry.find(tools, ref)]
        return [app_versions.now(one) for one in chosen]

    async def offered(self, app: str | None = None) -> tuple[Offers, ...]:
        """Rules for the folders of each app that no rule fills; they are off."""

        def read() -> tuple[Offers, ...]:
            configs = mapping_rules.load(self._tools.plans.paths)
            return tuple(rule_offers.offers(self._tools.apps, configs, one) for one in self._chosen(app))

        return await asyncio.to_thread(read)

    async def switch_rule(self, app: str, name: str, *, on: bool) -> Switched:
        """Have a rule of an app, of those in force or offered, on or off; no link is changed by that.

        It is written into the user's mapping configs, so it holds for all apps that these are for. Raises
        DecisionNeededError (a config that cannot be used is not written over), ChangedMeanwhileError.
        """

        def switch() -> Switched:
            [found] = self._chosen(app)
            return rule_offers.switch(self._tools.apps, found, name, on=on)

        return await asyncio.to_thread(switch)

    async def check_config(self, path: str) -> tuple[Trouble, ...]:
        """What is wrong with a mapping config; empty when it can be used."""
        return await asyncio.to_thread(mapping_rules.check, path)

    async def save_plans(self, path: str, plans: Sequence[Plan]) -> None:
        """Write plans to a file, to be applied later. Raises UsageError where that file is anything else."""
        await asyncio.to_thread(plan_files.write, path, plans)

    async def saved_plans(self, path: str) -> tuple[Plan, ...]:
        """The plans of a file. Raises UsageError for what is none."""
        return await asyncio.to_thread(plan_files.read, path)

    async def answers(self, plan: Plan) -> dict[str, Answer]:
        """Answers to this app's conflicts that were given and not applied yet, and new links left out."""
        registry = self._tools.plans.registry
        kept = await asyncio.to_thread(registry.drafts, applying.plan_key(plan))
        targets = {a.target for a in plan.of(Act.CONFLICT, Act.CREATE)}
        return {
            target: Answer(Resolution(said["resolution"]), said["name"])
            for target, said in kept.items()
            if target in targets
        }

    async def keep_answers(self, plan: Plan, answers: MappingOf[str, Answer]) -> None:
        """Keep answers for a later time, in place of those kept before."""
        registry = self._tools.plans.registry
        said = {
            target: {"resolution": answer.resolution.value, "name": answer.name}
            for target, answer in answers.items()
        }
        await asyncio.to_thread(registry.keep_drafts, applying.plan_key(plan), said)


def sync_app(tools: MappingTools, app: App, ids: list[ModelId] | None, order: SyncOrder) -> Applied:
    """Plan and apply for one app what needs no decision. A failure is the error of the result."""
    try:
        plan = planning.plan(tools.plans, app, ids, order.watch.stop).plan
        if not order.prune:
            keep = tuple(a for a in plan.actions if a.act not in (Act.REMOVE_STALE, Act.REMOVE_BROKEN))
            plan = replace(plan, actions=keep)
        asked = Order(
            plan, planner.default_answers(plan), OperationKind.SYNC, order.confirmed, order.batch_id
        )
        done = applying.apply(tools.plans, tools.operations, app, asked, order.watch)
        return replace(done, warnings=(*plan.warnings, *done.warnings))
    except PumasError as error:
        return Applied(app.name, "", (), error=trouble(error))
