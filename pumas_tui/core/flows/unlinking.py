"""Taking links away: an app's, a model's, or both, without asking the rules; and forgetting an app.

Only links that are still what was made go. What stands in the place of one otherwise is the user's and stays.
"""

import time
from collections.abc import Collection
from dataclasses import replace

from pumas_tui.core.domain import planner
from pumas_tui.core.domain.app_records import App, AppState
from pumas_tui.core.domain.errors import DiskError
from pumas_tui.core.domain.ids import ModelId
from pumas_tui.core.domain.links import row_json
from pumas_tui.core.domain.operations import OperationKind, StepKind, registry_step
from pumas_tui.core.domain.plan import Applied, Plan
from pumas_tui.core.domain.text import plural
from pumas_tui.core.flows import applying, operating, planning
from pumas_tui.core.flows.applying import Order
from pumas_tui.core.flows.operating import OperationTools
from pumas_tui.core.flows.planning import PlanTools
from pumas_tui.core.fs import app_facts, locks, marker


def plan(tools: PlanTools, app: App, models: Collection[ModelId] | None = None) -> Plan:
    """A plan that removes every link on record of the app, or those of these models. Raises DiskError."""
    planning.require_here(app)
    with marker.opened(tools.paths.models):
        known = tools.index.known()
        uids = None if models is None else {known[model_id].uid for model_id in models if model_id in known}
        links = tools.registry.links(app_uid=app.uid)
        facts = planning.facts_of(tools, app, {link.target.rpartition("/")[0] for link in links}, links)
        header = planning.header_of(tools, app)
        return planner.unlink(header, facts, links, models=uids)


def remove_app(plans: PlanTools, operations: OperationTools, app: App, batch_id: str = "") -> Applied:
    """Take the app's links away and forget the app, as one operation. One that is not there keeps what is on
    its disk; one of whose links one cannot be removed stays registered.

    Raises DiskError where the app cannot be looked at.
    """
    state, reason = app_facts.state(app)
    if state is AppState.UNREADABLE:
        raise DiskError(f"{app.name}: {reason}", path=app.base, errno_name="EACCES")
    if state is AppState.HERE:
        order = Order(plan(plans, app), {}, OperationKind.UNLINK, True, batch_id, forgets=True)
        return applying.apply(plans, operations, app, order)
    return _forgotten(plans, operations, app, batch_id)


def _forgotten(plans: PlanTools, operations: OperationTools, app: App, batch_id: str) -> Applied:
    """Only the records of an app that is not there go: nothing on any disk is touched."""
    began = time.monotonic()
    with locks.mapping_lock(plans.paths):
        links = plans.registry.links(app_uid=app.uid)
        rows = [
            registry_step(StepKind.FORGET_ROW, f"{app.base}/{link.target}", row=row_json(link))
            for link in links
        ]
        bare = [*rows, applying.forgetting(plans.registry.app(app.uid))]
        steps = [replace(step, n=n) for n, step in enumerate(bare, 1)]
        title = f"forget {app.name} and {plural(len(links), 'record')} of its links"
        op = operating.new_operation(
            operations, OperationKind.UNLINK, title, {"app": app.name, "app_uid": app.uid}, batch_id
        )
        operating.run(operations, op, steps)
    return Applied(app.name, op.id, (), time.monotonic() - began)
