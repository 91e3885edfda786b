"""Rows of `links`: what the registry knows of each link that was made. Written only with the steps that made
them true, in the journal's transaction."""

import os
import sqlite3
import time
from collections.abc import Collection, Sequence
from typing import Any

from pumas_tui.core.db.registry_schema import in_lists, placeholders
from pumas_tui.core.domain.ids import AppUid, ModelUid, OperationId
from pumas_tui.core.domain.links import Link, LinkKind
from pumas_tui.core.domain.models import LinkRow

_COLUMNS = "app_uid, target, model_uid, source, kind, origin, rule, sha256"


_KINDS = {kind.value: kind for kind in LinkKind}
"""Twenty thousand rows are read at once: a look-up takes a fifth of the time of a call."""


def _link(row: Sequence[Any]) -> Link:
    return Link(
        app_uid=AppUid(row[0]),
        target=os.fsdecode(row[1]),
        model_uid=ModelUid(row[2]),
        source=os.fsdecode(row[3]),
        kind=_KINDS[row[4]],
        origin=row[5],
        rule=row[6],
        sha256=row[7],
    )


def select(
    conn: sqlite3.Connection, app_uid: AppUid | None, model_uids: Collection[ModelUid] | None
) -> list[Link]:
    """Links of an app or of all, of these models or of all, by app and target."""
    if model_uids is None:
        return _select(conn, app_uid, ())
    found = [link for uids in in_lists(sorted(model_uids)) for link in _select(conn, app_uid, uids)]
    return sorted(found, key=lambda link: (link.app_uid, link.target))


def _select(conn: sqlite3.Connection, app_uid: AppUid | None, uids: Sequence[ModelUid]) -> list[Link]:
    conditions, values = ["1"], list[str]()
    if app_uid is not None:
        conditions.append("app_uid = ?")
        values.append(app_uid)
    if uids:
        conditions.append(f"model_uid IN ({placeholders(uids)})")
        values += uids
    rows = conn.execute(
        f"SELECT {_COLUMNS} FROM links WHERE {' AND '.join(conditions)} ORDER BY app_uid, target", values
    )
    return [_link(row) for row in rows]


def put(conn: sqlite3.Connection, link: Link, op_id: OperationId) -> None:
    """The link is there, made by this operation; a row of the same place is replaced."""
    conn.execute(
        f"INSERT INTO links ({_COLUMNS}, op_id, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (app_uid, target) DO UPDATE SET model_uid = excluded.model_uid,"
        " source = excluded.source, kind = excluded.kind, origin = excluded.origin, rule = excluded.rule,"
        " sha256 = excluded.sha256, op_id = excluded.op_id, created_at = excluded.created_at",
        (
            link.app_uid,
            os.fsencode(link.target),
            link.model_uid,
            os.fsencode(link.source),
            link.kind.value,
            link.origin,
            link.rule,
            link.sha256,
            op_id,
            time.time(),
        ),
    )


def remove(conn: sqlite3.Connection, link: Link) -> None:
    """The link is not there any more. Nothing happens when it is not on record."""
    conn.execute(
        "DELETE FROM links WHERE app_uid = ? AND target = ?", (link.app_uid, os.fsencode(link.target))
    )


def counts(conn: sqlite3.Connection) -> dict[AppUid, int]:
    """Links on record of each app that has any."""
    rows = conn.execute("SELECT app_uid, count(*) FROM links GROUP BY app_uid")
    return {AppUid(uid): count for uid, count in rows}


def shown(conn: sqlite3.Connection, uid: ModelUid) -> list[LinkRow]:
    """Links of one model as its details show them, by app and place."""
    rows = conn.execute(
        "SELECT a.name, l.target, l.kind FROM links l JOIN apps a ON a.uid = l.app_uid"
        " WHERE l.model_uid = ? ORDER BY a.name, l.target",
        (uid,),
    )
    return [LinkRow(app, os.fsdecode(target), kind) for app, target, kind in rows]
