"""Files that were got for a model go into its folder: one journaled operation, that a crash does not halve.

A wrong file goes into the trash, the right one takes its name, then metadata.json lists what is new, and the
index says what the model is now. Taken back, the right file goes into the trash and the wrong one returns.
Start to end in one worker thread.
"""

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from pumas_tui.core.db.index import IndexWriter
from pumas_tui.core.domain import fingerprints, refetching
from pumas_tui.core.domain.errors import ChangedMeanwhileError, DamagedError, DiskError
from pumas_tui.core.domain.events import ModelsChanged
from pumas_tui.core.domain.ids import ModelId, ModelUid
from pumas_tui.core.domain.operations import (
    Operation,
    OperationKind,
    Step,
    StepKind,
    StepResult,
    StepState,
)
from pumas_tui.core.domain.refetching import Came
from pumas_tui.core.domain.text import plural
from pumas_tui.core.domain.verification import Verdict, Verified
from pumas_tui.core.flows import moved_models, operating
from pumas_tui.core.flows.changing import EditTools
from pumas_tui.core.flows.editing import change_metadata
from pumas_tui.core.flows.moved_models import Reindexing
from pumas_tui.core.flows.operating import OperationTools
from pumas_tui.core.fs import locks, marker, reading
from pumas_tui.core.fs import steps as disk

_WHY = "fetch"


@dataclass(frozen=True, slots=True)
class FillTools:
    """What filling works with; all thread-safe."""

    operations: OperationTools
    edits: EditTools

    @property
    def index(self) -> IndexWriter:
        """The index of the library's models."""
        return self.edits.index


@dataclass(frozen=True, slots=True)
class Filling:
    """A file that goes into the model, checked. `staged`: where it lies, empty where it is in place already.

    `before`: fingerprint of what stands in its place, which is proven to be wrong, or absent.
    """

    came: Came
    staged: str
    before: str = fingerprints.ABSENT


def fill(
    tools: FillTools, model_id: ModelId, uid: ModelUid, files: Sequence[Filling], batch_id: str = ""
) -> str:
    """Put these files into the model; the operation's id, empty where nothing had to be moved.

    Raises ChangedMeanwhileError where something else is in a file's place by now, DiskError, BusyError,
    DamagedError.
    """
    operations = tools.operations
    paths = operations.paths
    with locks.mapping_lock(paths), marker.opened(paths.models):
        count = plural(len(files), "file")
        plan = {"uid": uid, "model_id": model_id, "files": [asdict(one.came) for one in files]}
        op = operating.new_operation(
            operations, OperationKind.FETCH, f"get {count} of {model_id}", plan, batch_id
        )
        top = os.path.realpath(paths.models)
        steps = _steps(f"{top}/{model_id}", f"{top}/.trash/{op.id}", files)
        settle = Filled(tools, op)
        if not steps:
            settle(())
            return ""
        results = operating.run(operations, op, steps, settle=settle)
        bad = [one for one in results if one.state is not StepState.DONE]
        if bad:
            _bring_back(tools, op, results)
    operations.publish(ModelsChanged((uid,)))
    if bad:
        raise _error(bad[0])
    return op.id


def _steps(folder: str, place: str, files: Sequence[Filling]) -> list[Step]:
    """Of each file: what is wrong goes into the trash at `place`, the folders it needs, the file itself."""
    bare: list[Step] = []
    made: set[str] = set()
    for number, one in enumerate((f for f in files if f.staged), 1):
        target, last = f"{folder}/{one.came.name}", one.came.name.rpartition("/")[2]
        if one.before != fingerprints.ABSENT:
            to = {"to": f"{place}/{number}-old-{last}", "why": "trash"}
            bare.append(Step(0, StepKind.MOVE.value, target, fingerprints.ABSENT, one.before, detail=to))
        for parent in _missing_folders(folder, one.came.name):
            if parent not in made:
                made.add(parent)
                bare.append(
                    Step(
                        0,
                        StepKind.MAKE_DIR.value,
                        parent,
                        fingerprints.directory(0),
                        fingerprints.ABSENT,
                    )
                )
        detail = {"to": target, "why": _WHY, "back": f"{place}/{number}-{last}"}
        mark = disk.look(one.staged)
        bare.append(Step(0, StepKind.MOVE.value, one.staged, fingerprints.ABSENT, mark, detail=detail))
    return [_numbered(step, n) for n, step in enumerate(bare, 1)]


def _numbered(step: Step, n: int) -> Step:
    return Step(n, step.kind, step.target, step.want, step.before, detail=step.detail)


def _missing_folders(folder: str, name: str) -> list[str]:
    parts = name.split("/")[:-1]
    paths = [f"{folder}/{'/'.join(parts[:n])}" for n in range(1, len(parts) + 1)]
    return [path for path in paths if not reading.is_there(path)]


def _bring_back(tools: FillTools, op: Operation, results: Sequence[StepResult]) -> None:
    """A wrong file whose place stayed empty returns to it: better than none. What came in stays."""
    came = {str(r.step.detail["to"]) for r in results if _is_filled(r)}
    aside = [
        r
        for r in results
        if r.step.detail.get("why") == "trash"
        and r.state is StepState.DONE
        and r.step.target not in came
        and disk.look(r.step.target) == fingerprints.ABSENT
    ]
    if aside:
        operating.take_back(tools.operations, op, aside, Reindexing(tools.index, tools.edits.paths))


def _is_filled(result: StepResult) -> bool:
    step = result.step
    return result.state is StepState.DONE and step.kind == StepKind.MOVE and step.detail.get("why") == _WHY


def _error(bad: StepResult) -> ChangedMeanwhileError | DiskError:
    path = str(bad.step.detail.get("to", bad.step.target))
    if bad.state is StepState.SKIPPED:
        return ChangedMeanwhileError(bad.message, path=path, hint="look at it, then try again")
    return DiskError(bad.message, path=path, errno_name="EIO", hint="try again")


class Filled:
    """What follows the steps of filling a model, also when a crash came in between."""

    def __init__(self, tools: FillTools, op: Operation) -> None:
        self._tools = tools
        self._op = op

    def __call__(self, results: Sequence[StepResult]) -> None:
        """List what is there now, note that it was read and found right, bring the index up to date."""
        tools, plan = self._tools, self._op.plan
        uid, model_id = ModelUid(plan["uid"]), ModelId(plan["model_id"])
        folder = f"{os.path.realpath(tools.edits.paths.models)}/{model_id}"
        here = [one for one in _came(plan) if self._is_here(f"{folder}/{one.name}", results)]
        if here:
            change_metadata(
                tools.edits,
                model_id,
                uid,
                lambda document: refetching.completed(document, here),
                batch_id=self._op.batch_id,
            )
            read = [Verified(uid, one.name, Verdict.GOOD, "", time.time()) for one in here]
            tools.operations.registry.keep_verified(read, {}, {})
        with suppress(DamagedError):  # whoever searches next builds a damaged index anew
            moved_models.refresh(tools.index, tools.edits.paths, model_id)

    def _is_here(self, path: str, results: Sequence[StepResult]) -> bool:
        """It was moved here now, or was here before the first step."""
        moved = [r for r in results if r.step.detail.get("why") == _WHY and r.step.detail["to"] == path]
        return all(r.state is StepState.DONE for r in moved) and reading.is_there(path)


def _came(plan: Any) -> list[Came]:
    return [Came(**values) for values in plan["files"]]
