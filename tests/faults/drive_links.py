"""Drives changes of links without an event loop: `drive_links.py ROOT APP WHAT`.

Opens the library and recovers as every start does; then does what is asked unless it is done: `apply` links
the library into the app, what is in the way goes to the trash; `rename` gives the model another id;
`delete` puts it into the trash; `undo` takes the linking back. Exit code 0 when that holds, 1 when an error
was said.
"""

import sys
from collections.abc import Sequence

from pumas_tui.core.domain.errors import NotFoundError, PumasError
from pumas_tui.core.domain.history import UndoItem
from pumas_tui.core.domain.ids import ModelId
from pumas_tui.core.domain.operations import OperationKind
from pumas_tui.core.domain.plan import Act, Answer, Resolution
from pumas_tui.core.flows import app_registry, applying, deleting, opening, planning, recovering, renaming
from pumas_tui.core.flows.app_registry import Wanted
from pumas_tui.core.flows.applying import Order
from pumas_tui.core.flows.opening import Opened
from pumas_tui.core.flows.wiring import Wiring
from pumas_tui.core.fs import space
from tests.faults import drive_import

NEW_ID = ModelId("diffusion/renamed/other-name")
SOURCE = "lora.safetensors"
"""Beside the library."""
OVERWRITE = Answer(Resolution.OVERWRITE)


def main(args: Sequence[str]) -> int:
    root, app, what = args
    try:
        opened = opening.open_library(root, "/nonexistent")
        try:
            wiring = Wiring(opened, lambda event: None, space.host_name())
            recovering.recover(wiring.operations, opened.jobs, opened.index)
            return 0 if _DRIVES[what](opened, wiring, app) else 1
        finally:
            opened.close()
    except PumasError as error:
        sys.stderr.write(f"{error.message}\n")
        return 1


def _register(opened: Opened, wiring: Wiring, app: str) -> bool:
    """Make the app known."""
    tools = wiring.mapping_tools.apps
    app_registry.add(tools, app_registry.propose(tools, Wanted(app)))
    return True


def _apply(opened: Opened, wiring: Wiring, app: str) -> bool:
    plans = wiring.mapping_tools.plans
    [known] = opened.registry.apps()
    plan = planning.plan(plans, known).plan
    answers = {action.target: OVERWRITE for action in plan.of(Act.CONFLICT)}
    return not applying.apply(plans, wiring.operations, known, Order(plan, answers)).failed


def _rename(opened: Opened, wiring: Wiring, app: str) -> bool:
    [old] = opened.index.known()
    if old == NEW_ID:
        return True
    agreed = renaming.plan(wiring.models, old, NEW_ID)
    return not renaming.rename(wiring.models, wiring.operations, wiring.edits, agreed).failed


def _delete(opened: Opened, wiring: Wiring, app: str) -> bool:
    known = list(opened.index.known())
    if not known:
        return True
    return not deleting.delete(wiring.models, wiring.operations, deleting.plan(wiring.models, known)).failed


def _undo(opened: Opened, wiring: Wiring, app: str) -> bool:
    applied = [op.id for op in opened.journal.history(space.host_name(), 9) if op.kind == OperationKind.APPLY]
    try:
        return _all_done(wiring.past.undo(applied[0]).failed)
    except NotFoundError:
        return True


def _all_done(failed: Sequence[UndoItem]) -> bool:
    for item in failed:
        sys.stderr.write(f"{item.does} {item.path}: {item.refused}\n")
    return not failed


def _import(opened: Opened, wiring: Wiring, app: str) -> bool:
    return drive_import.drive(opened, f"{opened.paths.root}/../{SOURCE}")


_DRIVES = {
    "import": _import,
    "register": _register,
    "apply": _apply,
    "rename": _rename,
    "delete": _delete,
    "undo": _undo,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
