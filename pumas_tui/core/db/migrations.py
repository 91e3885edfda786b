"""Schema versions: numbered steps of statements, counted by `PRAGMA user_version`, one transaction a step.

Two processes may open a fresh file at once: each step looks at the version again inside its transaction.
"""

import sqlite3
from collections.abc import Sequence

from pumas_tui.core.db.connection import transaction
from pumas_tui.core.domain.errors import NewerLibraryError

Step = Sequence[str]
"""Statements that lead from version n to n + 1."""


def version(conn: sqlite3.Connection) -> int:
    """The schema version of an open database; 0 for a fresh one."""
    return int(conn.execute("PRAGMA user_version").fetchone()[0])


def migrate(conn: sqlite3.Connection, path: str, steps: Sequence[Step]) -> None:
    """Bring a database to version `len(steps)`. Raises NewerLibraryError for one from a later program."""
    found = version(conn)
    if found > len(steps):
        raise NewerLibraryError(
            f"{path} was made by a newer version (schema {found}, this one knows {len(steps)})",
            path=path,
            hint="update pumas-tui",
        )
    for number, statements in enumerate(steps[found:], found + 1):
        with transaction(conn):
            if version(conn) >= number:
                continue
            for statement in statements:
                conn.execute(statement)
            conn.execute(f"PRAGMA user_version={number}")
