"""Taking back an edit: each field that still says what the edit made of it says again what it said before.

What a look-up filled in is taken back without its badge and evidence, which say what was found, and counts as
declined from then on.
"""

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from pumas_tui.core.domain import editing, enriching, overrides
from pumas_tui.core.domain import metadata as metadata_format
from pumas_tui.core.domain.editing import Difference
from pumas_tui.core.domain.errors import DamagedError, PumasError
from pumas_tui.core.domain.history import UndoItem, Undone
from pumas_tui.core.domain.ids import ModelId, ModelUid
from pumas_tui.core.domain.layout import METADATA
from pumas_tui.core.domain.operations import Operation, OperationKind
from pumas_tui.core.flows import changing, indexing
from pumas_tui.core.flows.changing import EditTools, Target
from pumas_tui.core.fs import locks, reading


def is_edit(op: Operation) -> bool:
    """The operation changed fields of one small file of a model, and its journal tells which."""
    return "before" in op.plan and "after" in op.plan and "file" in op.plan


def _difference(op: Operation) -> Difference:
    """What is to be taken back."""
    stays = enriching.FOUND if "declines" in op.plan else ()
    sides = (op.plan[side] for side in ("before", "after"))
    return Difference(*({key: value for key, value in side.items() if key not in stays} for side in sides))


def _path(tools: EditTools, op: Operation) -> tuple[ModelId, str]:
    """Where the file is now: the model may have been moved since. Raises DamagedError when it is gone."""
    model_id = tools.index.model_id_of(ModelUid(str(op.plan["uid"])))
    if model_id is None:
        raise DamagedError(f"{op.plan['model_id']} is not in the library any more")
    return model_id, f"{tools.paths.model_dir(model_id)}/{op.plan['file']}"


def items(tools: EditTools, op: Operation) -> tuple[UndoItem, ...]:
    """What taking the edit back would do, field by field."""
    done = _difference(op)
    try:
        _, path = _path(tools, op)
        raw = reading.read_bounded(path, metadata_format.MAX_BYTES)
        _, lost = editing.reverted(json.loads(raw), done)
    except (PumasError, ValueError) as error:
        return (UndoItem(str(op.plan["model_id"]), "put back what was edited", str(error)),)
    keys = sorted({*done.before, *done.after} - {"updated_date", "field_sources"})
    return tuple(
        UndoItem(path, f"set {key} to what it was", "changed since" if key in lost else "") for key in keys
    )


def undo(tools: EditTools, op: Operation, title: str) -> Undone:
    """Take an edit back. Fields that were changed since stay and are told. Raises DiskError, BusyError."""
    uid, done, lost = ModelUid(str(op.plan["uid"])), _difference(op), tuple[str, ...]()
    model_id, path = _path(tools, op)

    def changed(raw: bytes) -> tuple[bytes, Difference]:
        nonlocal lost
        old = _document(raw)
        new, lost = editing.reverted(old, done)
        if "declines" in op.plan:
            new = enriching.declining(new, str(op.plan["declines"]))
        if op.plan["file"] == METADATA:
            stamped = editing.stamped(new, datetime.now(UTC))
            return metadata_format.dump_document(stamped), editing.difference(old, new)
        return overrides.dump(new), editing.difference(old, new)

    with locks.model_lock(tools.paths, uid):
        target = Target(model_id, uid, path, OperationKind.UNDO, {"title": title, "undoes": op.id})
        after = changing.swap(tools, target, changed)
        if after is not None and op.plan["file"] == METADATA:
            with suppress(DamagedError):
                indexing.index_at(tools.index, tools.paths, model_id, metadata_format.parse(after))
    tools.journal.undone(op.id)
    failed = tuple(UndoItem(path, f"set {key} to what it was", "changed since") for key in lost)
    keys = {*done.before, *done.after} - {"updated_date", "field_sources", *lost}
    return Undone(title, op.id, len(keys), failed)


def _document(raw: bytes) -> dict[str, Any]:
    document = json.loads(raw) if raw else {}
    return document if isinstance(document, dict) else {}
