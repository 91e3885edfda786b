"""Doing an operation: all steps are journaled before the first, done in groups, marked with their link rows.

Start to end in one worker thread, under the mapping lock: who wants to change links or move models waits for
who is doing it. After a crash `go_on` finishes what was begun: each step that is not marked is looked at on
the disk, done if it still can be, skipped if somebody changed its target since.
"""

import itertools
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pumas_tui import __version__
from pumas_tui.core.db.journal import Journal
from pumas_tui.core.db.registry import Registry
from pumas_tui.core.domain import app_records, fingerprints, undoing
from pumas_tui.core.domain.app_records import App, AppState
from pumas_tui.core.domain.errors import DiskError
from pumas_tui.core.domain.events import Event, OperationChanged
from pumas_tui.core.domain.ids import AppUid, LibraryId, OperationId, new_operation_id
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.domain.mounts import is_inside
from pumas_tui.core.domain.operations import (
    REGISTRY_ALONE,
    Operation,
    OperationKind,
    OperationState,
    Step,
    StepKind,
    StepResult,
    StepState,
)
from pumas_tui.core.domain.text import plural
from pumas_tui.core.fs import app_facts, locks, trash
from pumas_tui.core.fs import steps as disk

GROUP = 500
"""Steps that one transaction marks: a row a commit would take minutes for ten thousand links."""

OnProgress = Callable[[int, int], None]
"""Takes steps done so far and in all."""


@dataclass(frozen=True, slots=True)
class OperationTools:
    """What an operation works with; all thread-safe."""

    paths: LibraryPaths
    library_id: LibraryId
    registry: Registry
    journal: Journal
    host: str
    publish: Callable[[Event], None]


Settle = Callable[[Sequence[StepResult]], object]
"""What follows the steps and must be repeated after a crash: called before the operation counts as done."""


def _nothing(results: Sequence[StepResult]) -> None:
    """Links alone need nothing more."""


@dataclass(frozen=True, slots=True)
class Watch:
    """How a long operation is followed and stopped. Stopping leaves what is done; the rest is skipped."""

    on_progress: OnProgress | None = None
    stop: threading.Event | None = None

    @property
    def stopped(self) -> bool:
        """Somebody asked to stop."""
        return self.stop is not None and self.stop.is_set()


UNWATCHED = Watch()


_EACH_BY_ITSELF = (
    OperationKind.APPLY,
    OperationKind.SYNC,
    OperationKind.UNLINK,
    OperationKind.REPAIR,
    OperationKind.RELOCATE,
)
"""Operations of many independent links: one that fails keeps no other back. In all others a model moves
between its links' steps, and what comes after a failure waits: no link may lead to where nothing came."""


_RECORDING = (StepKind.LINK, StepKind.HARD_LINK, StepKind.REMEMBER_ROW)
"""Steps that put a link on record."""


def new_operation(
    tools: OperationTools, kind: OperationKind, title: str, plan: Mapping[str, Any], batch_id: str = ""
) -> Operation:
    """An operation of this host, not written yet. `title` is a sentence for the history."""
    op_id = new_operation_id()
    return Operation(
        id=op_id,
        kind=kind.value,
        host=tools.host,
        version=__version__,
        created_at=time.time(),
        batch_id=batch_id or op_id,
        plan={"title": title, **plan},
    )


def run(
    tools: OperationTools,
    op: Operation,
    steps: Sequence[Step],
    watch: Watch = UNWATCHED,
    settle: Settle = _nothing,
) -> list[StepResult]:
    """Write the operation and do its steps; results in their order. The mapping lock is the caller's.

    Raises BusyError, DiskError where not even the journal or a trash can be written; a step that fails is a
    value.
    """
    tools.journal.begin(op, steps)
    _open_trashes(tools, op, steps)
    results = _perform(tools, op, steps, watch)
    settle(results)
    _finish(tools, op, results)
    return results


def what_holds(steps: Sequence[Step]) -> list[Step]:
    """The steps that are done, and those that failed and are true on the disk all the same: what could not be
    brought to the disk for certain may have happened."""
    return [replace(step, state=StepState.DONE) for step in steps if _holds(step)]


def _holds(step: Step) -> bool:
    if step.state is not StepState.FAILED or step.kind in REGISTRY_ALONE:
        return step.state is StepState.DONE
    try:
        return disk.truth(step) == disk.TRUE
    except DiskError:
        return False


def take_back(
    tools: OperationTools, op: Operation, results: Sequence[StepResult], settle: Settle = _nothing
) -> list[StepResult]:
    """Undo at once what an operation did before it failed, under the caller's lock. Raises DiskError."""
    done = what_holds([replace(r.step, state=r.state) for r in results])
    title = f"take back: {op.plan['title']}"
    made = new_operation(tools, OperationKind.UNDO, title, {"undoes": op.id}, op.batch_id)
    return run(tools, made, undoing.inverse(done), settle=settle)


def go_on(tools: OperationTools, op_id: OperationId, settle: Settle = _nothing) -> list[StepResult]:
    """Finish an operation that a crash cut off; nothing happens to one that somebody works on or has ended.

    Steps whose disk cannot be looked at now leave it unfinished. Raises DiskError, BusyError.
    """
    with locks.mapping_lock(tools.paths, timeout_s=0):
        op = tools.journal.operation(op_id)
        if op is None or op.state not in (OperationState.PLANNED, OperationState.RUNNING):
            return []
        all_steps = tools.journal.steps(op_id)
        left = [step for step in all_steps if step.state is StepState.PLANNED]
        for step in left:
            disk.truth(step)  # raises where it cannot be known: a disk that is out proves nothing
        away = _away(tools, left)
        if away:
            raise DiskError(next(iter(away.values())), path=left[0].target, errno_name="ENODEV")
        _open_trashes(tools, op, left)
        results = _perform(tools, op, left, UNWATCHED)
        before = [StepResult(step, step.state) for step in all_steps if step.state is not StepState.PLANNED]
        settle([*before, *results])
        _finish(tools, op, [*before, *results])
        return results


def is_stepwise(steps: Sequence[Step]) -> bool:
    """These steps are done here, not by an import or an edit of a small file."""
    return bool(steps) and all(step.kind not in (StepKind.EDIT, StepKind.ADOPT) for step in steps)


def _open_trashes(tools: OperationTools, op: Operation, steps: Sequence[Step]) -> None:
    """Make each trash that these steps move something into ready: its folder, and the manifest that tells
    what came from where, so that it can be brought back without the registry. Raises DiskError."""
    by_place: dict[str, list[trash.Trashed]] = defaultdict(list)
    for step in steps:
        place, _, name = str(step.detail.get("to", "")).rpartition("/")
        if step.kind == StepKind.MOVE and place.endswith(f"/{op.id}"):
            by_place[place].append(trash.Trashed(name, step.target, step.before))
    for place, items in by_place.items():
        trash.open_trash(place, trash.Manifest(op.id, tools.library_id, op.created_at, tuple(items)))


def _perform(tools: OperationTools, op: Operation, steps: Sequence[Step], watch: Watch) -> list[StepResult]:
    results: list[StepResult] = []
    together = op.kind not in _EACH_BY_ITSELF
    for group in _groups(steps, together):
        if watch.stopped:
            done = [StepResult(step, StepState.SKIPPED, "stopped before it") for step in group]
        elif together and any(r.state is StepState.FAILED for r in results):
            done = [StepResult(step, StepState.FAILED, "an earlier step failed") for step in group]
        else:
            refused = _refused(tools, group)
            asked = [step for step in group if step.n not in refused]
            done = [*_believed(tools, disk.perform_group(asked)), *refused.values()]
            done.sort(key=lambda result: result.step.n)
        tools.journal.mark_group(op.id, done)
        results += done
        if watch.on_progress is not None:
            watch.on_progress(len(results), len(steps))
    return results


def _refused(tools: OperationTools, steps: Sequence[Step]) -> dict[int, StepResult]:
    """Steps, by number, that the registry as it is now does not allow, with why."""
    known = {app.uid: app for app in tools.registry.apps()}
    found: dict[int, StepResult] = {}
    for step in steps:
        why = ""
        if step.kind in _RECORDING and step.detail.get("row", {}).get("app_uid", "") not in {"", *known}:
            why = "its app is not registered any more; take that back first, or add it again"
        elif step.kind == StepKind.FORGET_APP:
            app = app_records.from_row(step.detail["app"])
            left = tools.registry.count_links().get(app.uid, 0)
            why = f"{app.name} stays: {plural(left, 'link')} of it on record" if left else ""
        elif step.kind == StepKind.REMEMBER_APP:
            why = _not_this_app(step, known)
        if why:
            found[step.n] = StepResult(step, StepState.SKIPPED, why)
    return found


def _not_this_app(step: Step, known: Mapping[AppUid, App]) -> str:
    """Why an app cannot be put on record as a step says, empty when it can."""
    app = app_records.from_row(step.detail["app"])
    if "was" in step.detail:
        now = known.get(app.uid)
        if now is None:
            return f"{app.name} is not registered any more"
        moved = now.base not in (app.base, app_records.from_row(step.detail["was"]).base)
        return f"{app.name} is registered at {now.base} since" if moved else ""
    for other in known.values():
        if other.uid != app.uid and (other.base, other.variant) == (app.base, app.variant):
            return f"{app.base} is registered as {other.name} since"
        if other.uid != app.uid and other.name.casefold() == app.name.casefold():
            return f"another app is called {other.name} since"
    return ""


def _believed(tools: OperationTools, results: Sequence[StepResult]) -> list[StepResult]:
    """Results as they count: where an app's disk went away, that nothing is there proves nothing."""
    away = _away(tools, [result.step for result in results])
    return [
        replace(r, state=StepState.FAILED, message=away[r.step.n])
        if r.step.n in away and r.step.want == fingerprints.ABSENT
        else r
        for r in results
    ]


def _away(tools: OperationTools, steps: Sequence[Step]) -> dict[int, str]:
    """Numbers of steps in an app that is not there now, with why."""
    away: dict[int, str] = {}
    of_disk = [step for step in steps if step.want != fingerprints.UNSEEN]
    for app in tools.registry.apps():
        tops = (app.base, *app.kind_folders.values())
        inside = [step.n for step in of_disk if any(is_inside(step.target, top) for top in tops)]
        if inside:
            state, reason = app_facts.state(app)
            if state is not AppState.HERE:
                away |= dict.fromkeys(inside, f"{app.name}: {reason}")
    return away


def _groups(steps: Sequence[Step], together: bool) -> Iterator[list[Step]]:
    """Runs of at most `GROUP` steps. Apart from what is around them are runs of steps on the registry alone,
    by which other steps go, and with `together` runs of moves."""
    for _, same in itertools.groupby(
        steps, lambda step: (step.kind in REGISTRY_ALONE, together and step.kind == StepKind.MOVE)
    ):
        while group := list(itertools.islice(same, GROUP)):
            yield group


def _finish(tools: OperationTools, op: Operation, results: Sequence[StepResult]) -> None:
    """What it takes back counts as that before it counts as done; one that failed can be tried again."""
    if not any(r.state is StepState.FAILED for r in results):
        if "undoes" in op.plan:
            tools.journal.undone(OperationId(op.plan["undoes"]))
        if "redoes" in op.plan:
            tools.journal.done(OperationId(op.plan["redoes"]))
    if any(r.state is StepState.DONE for r in results) or not results:
        tools.journal.done(op.id)
    else:
        tools.journal.failed(op.id)
    tools.publish(OperationChanged())
