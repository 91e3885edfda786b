"""What registry.db holds, to compare before and after."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any


def rows(root: Path, *tables: str) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of these tables, apps and links unless named, in a fixed order."""
    found = {}
    with closing(sqlite3.connect(f"file:{root / 'registry.db'}?mode=ro", uri=True)) as conn:
        for table in tables or ("apps", "links"):
            found[table] = sorted(conn.execute(f"SELECT * FROM {table}").fetchall(), key=repr)
    return found


def content(root: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables."""
    with closing(sqlite3.connect(f"file:{root / 'registry.db'}?mode=ro", uri=True)) as conn:
        names = [name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return rows(root, *sorted(names))
