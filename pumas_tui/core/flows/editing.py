"""Editing, the public face: fields, tags, the badge Manual, the versions of apps a model is meant for, and
weights in the library tree that nobody has described yet."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from pumas_tui.core.domain import editing, overrides
from pumas_tui.core.domain import metadata as metadata_format
from pumas_tui.core.domain.editing import Difference, Value
from pumas_tui.core.domain.errors import ChangedMeanwhileError, DamagedError, NewerLibraryError, UsageError
from pumas_tui.core.domain.ids import ModelId, ModelUid
from pumas_tui.core.domain.layout import OVERRIDES
from pumas_tui.core.domain.metadata import Metadata
from pumas_tui.core.domain.models import ModelDetail
from pumas_tui.core.flows import changing, indexing, strays
from pumas_tui.core.flows.changing import EditTools, Target
from pumas_tui.core.fs import locks

Decide = Callable[[dict[str, Any]], dict[str, Any]]
"""Takes a file's JSON object as it is now, returns it as it shall be."""


class Editing:
    """Changes of what metadata.json and overrides.json say. Every method returns the model as it is then.

    `ref` is a model id, uid or unambiguous name prefix. All raise NotFoundError, AmbiguousError, BusyError,
    DiskError, DamagedError (the file needs repair: it is left as it is), NewerLibraryError.
    """

    def __init__(
        self,
        tools: EditTools,
        find: Callable[[str], Awaitable[ModelDetail]],
        after: Callable[[ModelId], None],
    ) -> None:
        """`after` is called in the editing thread for each model whose files say something else now."""
        self._tools = tools
        self._find = find
        self._after = after

    async def edit(
        self, ref: str, changes: Mapping[str, Value], *, seen: ModelDetail | None = None
    ) -> ModelDetail:
        """Set fields (names and short names as in `domain.editing`); these become manual, others stay.

        With `seen`, the model as an editor showed it, a field that somebody else changed since then is not
        overwritten: ChangedMeanwhileError names it. Raises BadFieldError.
        """
        wanted = editing.checked(changes)
        known = None if seen is None else seen.metadata.model_dump(mode="json", by_alias=True)

        def decide(document: dict[str, Any]) -> dict[str, Any]:
            lost = () if known is None else editing.unseen(wanted, document, known)
            if lost:
                raise ChangedMeanwhileError(
                    f"{', '.join(lost)} changed meanwhile", hint="look again, then edit"
                )
            return editing.edited(document, wanted)

        return await self._changed(ref, decide)

    async def tag(self, ref: str, add: Sequence[str] = (), remove: Sequence[str] = ()) -> ModelDetail:
        """Add and take out tags, without regard to case. Raises BadFieldError."""
        return await self._changed(ref, lambda document: editing.tagged(document, add, remove))

    async def protect(self, ref: str) -> ModelDetail:
        """Set the badge Manual and make every field manual: nothing automatic changes the model any more."""
        return await self._changed(ref, editing.protected)

    async def limit(self, ref: str, app: str, specifier: str) -> ModelDetail:
        """Set the versions of an app (PEP 440) for which the model is meant; an empty text: all versions.

        Raises BadFieldError.
        """
        row = (await self._find(ref)).row

        def change() -> None:
            changed = limit_versions(
                self._tools, row.model_id, row.uid, lambda old: overrides.limited(old, app, specifier)
            )
            if changed:
                self._after(row.model_id)

        await asyncio.to_thread(change)
        return await self._find(row.uid)

    async def adopt_stray(
        self,
        path: str,
        *,
        on_bytes: Callable[[int], None] | None = None,
        cancel: threading.Event | None = None,
    ) -> ModelDetail:
        """Make a model of a folder models/TYPE/FAMILY/NAME that holds weights and no metadata.json.

        Its files are hashed where they lie and none is changed. `path` is absolute or below models/;
        `on_bytes` gets the bytes read of the file at hand, in a worker thread. Raises RefusedError (with the
        reason), SourceChangedError, CancelledError.
        """
        model_id = strays.model_id_of(self._tools.paths.models, path)
        stray = strays.Stray(model_id, on_bytes or (lambda _: None), cancel or threading.Event())
        meta = await asyncio.to_thread(strays.describe, self._tools, stray)
        return await self._find(meta.uid)

    async def _changed(self, ref: str, decide: Decide) -> ModelDetail:
        row = (await self._find(ref)).row

        def change() -> None:
            if change_metadata(self._tools, row.model_id, row.uid, decide):
                self._after(row.model_id)

        await asyncio.to_thread(change)
        return await self._find(row.uid)


def change_metadata(
    tools: EditTools,
    model_id: ModelId,
    uid: ModelUid,
    decide: Decide,
    *,
    kind: str = "edit",
    batch_id: str = "",
    more: Mapping[str, Any] = MappingProxyType({}),
) -> bool:
    """Edit one metadata.json, then its index row. False when nothing changed. Errors as `Editing`.

    `kind`, `batch_id` and `more` are what the journal says of it, as in `changing.Target`.
    """
    path = tools.paths.metadata(model_id)

    def changed(raw: bytes) -> tuple[bytes, Difference]:
        meta = _parsed(raw, path)
        if meta.uid != uid:
            raise DamagedError(f"{path} is about another model now", path=path, hint="run scan, then retry")
        if meta.schema_version > metadata_format.SCHEMA_VERSION:
            raise NewerLibraryError(f"{path}: made by a newer version", path=path, hint="update this program")
        old = json.loads(raw)
        new = decide(old)
        return _dumped(editing.stamped(new, datetime.now(UTC)), path), editing.difference(old, new)

    with locks.model_lock(tools.paths, uid):
        after = changing.swap(tools, Target(model_id, uid, path, kind, more, batch_id), changed)
        if after is None:
            return False
        with suppress(DamagedError):  # whoever searches next builds a damaged index anew, from this very file
            indexing.index_at(tools.index, tools.paths, model_id, _parsed(after, path))
    return True


def limit_versions(tools: EditTools, model_id: ModelId, uid: ModelUid, decide: Decide) -> bool:
    """Edit one overrides.json, made when there is none. False when nothing changed. Errors as `Editing`."""
    path = f"{tools.paths.model_dir(model_id)}/{OVERRIDES}"

    def changed(raw: bytes) -> tuple[bytes, Difference]:
        try:
            old = overrides.parse(raw) if raw else {}
        except overrides.BadOverridesError as error:
            raise DamagedError(f"{path}: {error}", path=path, hint="mend or remove it") from None
        new = decide(old)
        return overrides.dump(new), editing.difference(old, new)

    with locks.model_lock(tools.paths, uid):
        return changing.swap(tools, Target(model_id, uid, path), changed) is not None


def _parsed(raw: bytes, path: str) -> Metadata:
    try:
        return metadata_format.parse(raw)
    except metadata_format.BadMetadataError as error:
        raise DamagedError(f"{path}: {error}", path=path, hint="mend it, then run scan") from error


def _dumped(document: dict[str, Any], path: str) -> bytes:
    """The new file's bytes, which can be read again: nothing else is ever written."""
    try:
        raw = metadata_format.dump_document(document)
        metadata_format.parse(raw)
    except metadata_format.BadMetadataError as error:
        raise UsageError(f"{path}: {error}", path=path) from error
    return raw
