"""Changing the small files beside a model: journaled, compare-and-swap, whole or not at all.

A change is decided on what the file says under the model's lock and put in place by one rename. It looks once
more right before the rename: also where locks hold nobody off, a change in between starts it again.
"""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pumas_tui import __version__
from pumas_tui.core.db.index import IndexWriter
from pumas_tui.core.db.journal import Journal
from pumas_tui.core.domain.editing import Difference
from pumas_tui.core.domain.errors import BusyError, DiskError, PumasError
from pumas_tui.core.domain.ids import ModelId, ModelUid, new_operation_id
from pumas_tui.core.domain.layout import METADATA, LibraryPaths
from pumas_tui.core.domain.metadata import MAX_BYTES
from pumas_tui.core.domain.operations import Operation, Step
from pumas_tui.core.fs import locks, ops, ops_remove, reading

_TRIES = 10
_CONTENT = "content:"


@dataclass(frozen=True, slots=True)
class EditTools:
    """What a change works with; all thread-safe."""

    paths: LibraryPaths
    index: IndexWriter
    journal: Journal
    host: str


@dataclass(frozen=True, slots=True)
class Target:
    """A small file of a model, and what is done to it: edit, enrich, lookup, adopt, or undo of an edit.

    `more` goes into the journal's plan as it is; a `title` in it takes the place of the usual one, and
    `declines` names the source that is declined when it is taken back.
    `batch_id`: the change is part of that one, and undone with it.
    """

    model_id: ModelId
    uid: ModelUid
    path: str
    kind: str = "edit"
    more: Mapping[str, Any] = field(default_factory=dict)
    batch_id: str = ""


def content_of(raw: bytes) -> str:
    """A step's fingerprint of a small file; empty stands for a file that is not there."""
    return f"{_CONTENT}{hashlib.sha256(raw).hexdigest()}" if raw else "absent"


def operation(tools: EditTools, target: Target, difference: Difference) -> Operation:
    """The change as the journal keeps it: with both sides of what differs, so that it can be undone."""
    plan = {
        "title": f"{target.kind} {target.model_id}",
        "model_id": target.model_id,
        "uid": target.uid,
        "file": target.path.rpartition("/")[2],
        "before": dict(difference.before),
        "after": dict(difference.after),
        **target.more,
    }
    op_id = new_operation_id()
    batch_id = target.batch_id or op_id
    return Operation(op_id, target.kind, tools.host, __version__, time.time(), batch_id, plan)


def swap(
    tools: EditTools, target: Target, changed: Callable[[bytes], tuple[bytes, Difference]]
) -> bytes | None:
    """Put changed content in place of the very content it was made from; None when nothing changed.

    Under the model's lock. Raises BusyError, DiskError, and whatever `changed` raises, before it wrote.
    """
    path = target.path
    for _ in range(_TRIES):
        before = _read(path)
        after, difference = changed(before)
        if not difference:
            return None
        op = operation(tools, target, difference)
        tools.journal.begin(op, [Step(1, target.kind, path, content_of(after), content_of(before))])
        try:
            kept = _read(path) == before
            if kept:
                ops.atomic_write(path, after)
        except BaseException:
            tools.journal.failed(op.id)
            raise
        if kept:
            tools.journal.done(op.id, all_steps=True)
            return after
        tools.journal.failed(op.id)
    raise BusyError(f"{path} is being changed all the time", path=path, hint="retry")


def create(tools: EditTools, target: Target, raw: bytes) -> bool:
    """Put a new file in place, never over another: False when there is one. Raises DiskError."""
    op = operation(tools, target, Difference({}, {}))
    tools.journal.begin(op, [Step(1, target.kind, target.path, content_of(raw), content_of(b""))])
    try:
        made = ops.write_once(target.path, raw)
    except BaseException:
        tools.journal.failed(op.id)
        raise
    if made:
        tools.journal.done(op.id, all_steps=True)
    else:
        tools.journal.failed(op.id)
    return made


def _read(path: str) -> bytes:
    """The file's bytes; none for an overrides.json that is not there. Raises DiskError."""
    try:
        return reading.read_bounded(path, MAX_BYTES)
    except DiskError as error:
        if path.endswith(f"/{METADATA}") or not reading.is_absent(error):
            raise
        return b""


def settle(paths: LibraryPaths, journal: Journal, op: Operation) -> None:
    """Decide a change of small files that a crash cut off: done when they say what they should, else failed.

    Other operations stay as they are. Waits for whoever holds the model; what cannot be read now is settled
    at a later start.
    """
    steps = journal.steps(op.id)
    if not steps or not all(step.want.startswith(_CONTENT) for step in steps):
        return
    try:
        with locks.model_lock(paths, ModelUid(str(op.plan["uid"]))):
            for folder in {step.target.rpartition("/")[0] for step in steps}:
                tidy(folder)
            true = all(content_of(_found(step.target)) == step.want for step in steps)
    except PumasError:
        return
    if true:
        journal.done(op.id, all_steps=True)
    else:
        journal.failed(op.id)


def _found(path: str) -> bytes:
    return _read(path) if reading.is_there(path) else b""


def tidy(folder: str) -> None:
    """Clear files that were not renamed yet. The model's lock is held: nobody is about to rename one."""
    for name in reading.names(folder):
        if ops.is_temp_name(name):
            ops_remove.remove_file_of_ours(f"{folder}/{name}")
