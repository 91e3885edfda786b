"""Rows of `apps`. What lies under the library's root is stored relative to it, what lies under an app's base
relative to the base: a library or an app that was moved is one changed path."""

import json
import os
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from pumas_tui.core.db.registry_schema import placeholders, to_json
from pumas_tui.core.db.revision import next_rev
from pumas_tui.core.db.rooted import below, joined
from pumas_tui.core.domain.app_records import App, MountFacts
from pumas_tui.core.domain.apps import AppKind
from pumas_tui.core.domain.ids import AppUid

_COLUMNS = (
    "uid, app, name, version, base, base_relative, kind, variant, mount, kind_folders, containers,"
    " version_said, folder"
)


def _app(row: Sequence[Any], root: str) -> App:
    base = os.fsdecode(row[4])
    if row[5]:
        base = joined(root, base)
    folders = json.loads(row[9])
    return App(
        uid=AppUid(row[0]),
        kind=AppKind(row[6]),
        name=row[2],
        version=row[3],
        base=base,
        mount=MountFacts(**json.loads(row[8])),
        kind_folders={folder: joined(base, real) for folder, real in folders.items()},
        containers=tuple((host, inside) for host, inside in json.loads(row[10])),
        variant=row[7],
        version_said=bool(row[11]),
        folder=joined(root, folder) if (folder := os.fsdecode(row[12])) else "",
        created_at=row[13],
    )


def select(conn: sqlite3.Connection, root: str, uid: AppUid | None = None) -> list[App]:
    """All apps by name, or the one with this uid."""
    where, values = ("", ()) if uid is None else ("WHERE uid = ?", (uid,))
    rows = conn.execute(f"SELECT {_COLUMNS}, created_at FROM apps {where} ORDER BY name, uid", values)
    return [_app(row, root) for row in rows]


def put(conn: sqlite3.Connection, root: str, app: App) -> None:
    """Write an app, new or changed."""
    base = below(app.base, root)
    values = (
        app.uid,
        app.kind.value,
        app.name,
        app.version,
        os.fsencode(base),
        not base.startswith("/"),
        app.kind.value,
        app.variant,
        to_json(asdict(app.mount)),
        to_json({folder: below(real, app.base) for folder, real in app.kind_folders.items()}),
        to_json(app.containers),
        app.version_said,
        os.fsencode(below(app.folder, root) if app.folder else ""),
        app.created_at,
        next_rev(conn),
    )
    # No REPLACE: that would delete the row its links refer to.
    conn.execute(
        f"INSERT INTO apps ({_COLUMNS}, created_at, rev) VALUES ({placeholders(values)})"
        " ON CONFLICT (uid) DO UPDATE SET app = excluded.app, name = excluded.name,"
        " version = excluded.version, base = excluded.base, base_relative = excluded.base_relative,"
        " kind = excluded.kind, variant = excluded.variant, mount = excluded.mount,"
        " kind_folders = excluded.kind_folders, containers = excluded.containers,"
        " version_said = excluded.version_said, folder = excluded.folder, rev = excluded.rev",
        values,
    )


def remove(conn: sqlite3.Connection, uid: AppUid) -> None:
    """Forget an app that has no links. Nothing happens when it is not on record."""
    next_rev(conn)
    conn.execute("DELETE FROM apps WHERE uid = ?", (uid,))
