"""Which links of the registry go: those that no rule wants, or all when an app or a model is unlinked."""

from collections.abc import Collection

from pumas_tui.core.domain import fingerprints
from pumas_tui.core.domain.app_ground import Ground
from pumas_tui.core.domain.ids import ModelUid
from pumas_tui.core.domain.links import Link
from pumas_tui.core.domain.mapped import Entry
from pumas_tui.core.domain.plan import Act, PlannedAction


def unwanted(ground: Ground, wanted: Collection[str]) -> list[PlannedAction]:
    """Actions for the registry's links at targets whose keys no rule wants. Adopted ones stay on disk."""
    rows = (row for key, row in ground.rows.items() if key not in wanted)
    return [_unwanted(row, ground) for row in rows]


def all_of(ground: Ground, models: Collection[ModelUid] | None) -> list[PlannedAction]:
    """Actions that remove the registry's links, of all models or some."""
    rows = (row for row in ground.rows.values() if models is None or row.model_uid in models)
    return [_asked_for(row, ground) for row in rows]


def _unwanted(row: Link, ground: Ground) -> PlannedAction:
    settled = _settled(row, ground)
    if settled is not None:
        return settled
    entry = ground.entry(row.target)
    assert entry is not None
    is_ours = ground.is_ours(row, entry)
    if row.origin == "adopted" and (is_ours or ground.is_named(row, entry)):
        return _action(Act.KEEP, "adopted: no rule wants it; it was not made here and stays", row, entry)
    if not is_ours:
        return _action(Act.REMOVE_STALE, "replaced: something else is there now", row, entry, only_row=True)
    if fingerprints.kind_of(entry.fingerprint) == "link" and entry.resolved is None:
        return _action(Act.REMOVE_BROKEN, "broken: what it leads to is not there", row, entry)
    return _action(Act.REMOVE_STALE, "stale: no rule wants it any more", row, entry)


def _asked_for(row: Link, ground: Ground) -> PlannedAction:
    settled = _settled(row, ground)
    if settled is not None:
        return settled
    entry = ground.entry(row.target)
    assert entry is not None
    if ground.is_ours(row, entry):
        return _action(Act.REMOVE_STALE, "asked: the link goes", row, entry)
    words = "replaced: something else is there now, and stays"
    if ground.is_named(row, entry):
        words = "adopted: made by the user, and stays"
    return _action(Act.REMOVE_STALE, words, row, entry, only_row=True)


def _settled(row: Link, ground: Ground) -> PlannedAction | None:
    """The action for a link of which nothing is on disk, or nothing may be concluded; None for any other."""
    words = ground.obstacle(row.target)
    if words:
        return _action(Act.REFUSE, words, row, None)
    entry = ground.entry(row.target)
    if entry is None:
        return _action(Act.REMOVE_STALE, "gone: it is not there any more", row, None, only_row=True)
    if entry.unknown:
        return _action(Act.REFUSE, f"unknown: could not look at {row.target}", row, entry)
    if ground.is_last_copy(row, entry):
        words = "last_copy: the library's own name of this file is gone"
        return _action(Act.REFUSE, words, row, entry)
    return None


def _action(
    act: Act, reason: str, row: Link, entry: Entry | None, *, only_row: bool = False
) -> PlannedAction:
    before = fingerprints.ABSENT if entry is None else entry.fingerprint
    return PlannedAction(
        act,
        reason,
        row.target,
        row.model_uid,
        model_id="/".join(row.source.split("/")[:3]),
        rule=row.rule,
        source=row.source,
        sha256=row.sha256,
        link_kind=row.kind,
        link_text=fingerprints.link_text(before) or "",
        inode=fingerprints.inode(before),
        size_bytes=0 if entry is None else entry.size_bytes,
        before=before,
        known=row,
        only_row=only_row,
    )
