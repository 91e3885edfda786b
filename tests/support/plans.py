"""What a statement costs whatever the machine: its plan, and the steps of SQLite's machine."""

import sqlite3

from pumas_tui.core.db.search_sql import Sql


def plan(conn: sqlite3.Connection, sql: Sql) -> list[str]:
    """The lines of EXPLAIN QUERY PLAN."""
    return [str(row[3]) for row in conn.execute(f"EXPLAIN QUERY PLAN {sql.text}", sql.values)]


def steps(conn: sqlite3.Connection, sql: Sql) -> int:
    """Instructions that SQLite runs for all rows of a statement, in hundreds."""
    count = 0

    def step() -> int:
        nonlocal count
        count += 1
        return 0

    conn.set_progress_handler(step, 100)
    conn.execute(sql.text, sql.values).fetchall()
    conn.set_progress_handler(None, 0)
    return count
