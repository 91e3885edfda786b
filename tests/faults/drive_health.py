"""Drives repairs, moves of apps and forgetting apps without an event loop: `drive_health.py ROOT APP WHAT`.

Opens the library, follows its own move and recovers as every start does; then does what is asked unless it is
done: `heal` repairs all that a check finds; `relocate` follows the app to APP, `relocate root` the library to
where it is; `remove` forgets the app with its links; `undo` takes the newest of those back. Exit code 0 when
that holds, 1 when an error was said.
"""

import os
import sys
from collections.abc import Callable, Sequence
from functools import partial

from pumas_tui.core.domain import repairs
from pumas_tui.core.domain.errors import NotFoundError, PumasError
from pumas_tui.core.domain.operations import OperationKind
from pumas_tui.core.flows import (
    app_registry,
    base_places,
    checking,
    mapping,
    moved_roots,
    opening,
    recovering,
    relocating,
    repairing,
    unlinking,
)
from pumas_tui.core.flows.app_registry import Wanted
from pumas_tui.core.flows.check_state import CheckTools, Following
from pumas_tui.core.flows.mapping import SyncOrder
from pumas_tui.core.flows.opening import Opened
from pumas_tui.core.flows.repairing import Order
from pumas_tui.core.flows.wiring import Wiring
from pumas_tui.core.fs import space
from tests.faults import drive_import

OLD = "apps/ComfyUI"
"""Where the app is before it is moved, from the folder of the library's root."""
SOURCES = ("m0", "m1", "m2", "m3")
"""Files beside the library, without their ending."""


def main(args: Sequence[str]) -> int:
    root, app, what = args
    try:
        opened = opening.open_library(root, "/nonexistent")
        try:
            wiring = Wiring(opened, lambda event: None, space.host_name())
            base_places.settle(opened.paths, opened.library_id, opened.registry)
            moved_roots.follow(opened.paths, opened.registry)
            recovering.recover(wiring.operations, opened.jobs, opened.index)
            return 0 if _DRIVES[what](opened, wiring, app) else 1
        finally:
            opened.close()
    except PumasError as error:
        sys.stderr.write(f"{error.message}\n")
        return 1


def _prepare(opened: Opened, wiring: Wiring, app: str) -> bool:
    """Models come in, the app gets known and linked."""
    for name in SOURCES:
        assert drive_import.drive(opened, f"{opened.paths.root}/../{name}.safetensors")
    tools = wiring.mapping_tools
    known = app_registry.add(tools.apps, app_registry.propose(tools.apps, Wanted(app)))
    return not mapping.sync_app(tools, known, None, SyncOrder()).failed


def _heal(opened: Opened, wiring: Wiring, app: str) -> bool:
    checks = CheckTools(opened.paths, opened.index, opened.registry, opened.jobs, 0)
    report = checking.check(checks, Following(lambda finding: None))
    plan = repairs.plan([one.repair for one in report.findings if one.repair is not None], 1)
    done = repairing.repair(wiring.mapping_tools.plans, wiring.operations, Order(plan, confirmed=True))
    return _said([failure.message for failure in done.failed])


def _relocate(opened: Opened, wiring: Wiring, app: str) -> bool:
    plans, old = wiring.mapping_tools.plans, f"{os.path.dirname(opened.paths.root)}/{OLD}"
    done = relocating.relocate(plans, wiring.operations, relocating.plan(plans, old, app))
    return _said([failure.message for failure in done.failed])


def _relocate_root(opened: Opened, wiring: Wiring, app: str) -> bool:
    plans = wiring.mapping_tools.plans
    moved = relocating.moved(plans)
    if moved is None:
        return True
    done = relocating.relocate(plans, wiring.operations, moved)
    return _said([failure.message for failure in done.failed])


def _remove(opened: Opened, wiring: Wiring, app: str) -> bool:
    for known in opened.registry.apps():
        done = unlinking.remove_app(wiring.mapping_tools.plans, wiring.operations, known)
        _said([result.message for result in done.failed])
    return not opened.registry.apps()


def _undo(kind: OperationKind, opened: Opened, wiring: Wiring, app: str) -> bool:
    found = [op.id for op in opened.journal.history(space.host_name(), 9) if op.kind == kind]
    try:
        return _said([f"{item.path}: {item.refused}" for item in wiring.past.undo(found[0]).failed])
    except NotFoundError:
        return True


def _said(failures: Sequence[str]) -> bool:
    for text in failures:
        sys.stderr.write(f"{text}\n")
    return not failures


_DRIVES: dict[str, Callable[[Opened, Wiring, str], bool]] = {
    "prepare": _prepare,
    "heal": _heal,
    "relocate": _relocate,
    "relocate root": _relocate_root,
    "remove": _remove,
    "undo remove": partial(_undo, OperationKind.UNLINK),
    "undo relocate": partial(_undo, OperationKind.RELOCATE),
    "undo relocate root": partial(_undo, OperationKind.RELOCATE),
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
