"""Reading models.db without blocking the event loop: searches by page and count, look-ups, totals.

One read connection in its own thread. A page and its count are one statement where 50 to 5,000 rows are
found, else two. A search whose task is cancelled is interrupted inside SQLite; one that waits never starts.
"""

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import aiosqlite

from pumas_tui.core.db.connection import BUSY_S, database_uri, inode
from pumas_tui.core.db.index_schema import ROW_COLUMNS, damage_translated, path_bytes, require, to_row
from pumas_tui.core.db.search_sql import Sql, Statements, Way
from pumas_tui.core.domain.errors import DamagedError
from pumas_tui.core.domain.ids import ModelUid
from pumas_tui.core.domain.models import ModelRow, Order, Page
from pumas_tui.core.domain.query import Query, fold

_CACHE_KIB = 16 * 1024
_FIND_LIMIT = 50
_END = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class TypeTotal:
    """Models and bytes of one model type."""

    model_type: str
    models: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Totals:
    """What the library holds, by type in the order of names."""

    models: int
    size_bytes: int
    by_type: tuple[TypeTotal, ...]


class SearchIndex:
    """The index for reading; made by `open`, belongs to one event loop, must be closed.

    Methods raise DamagedError when the file is not a sound index, DiskError, BusyError. Cancelling a task
    that waits for a method interrupts its statement: a view cancels the search that a newer one supersedes.
    """

    def __init__(self, path: str, registry: str | None, clock: Callable[[], float]) -> None:
        self._path = path
        self._registry = registry
        self._clock = clock
        self._lock = asyncio.Lock()
        self._conn: aiosqlite.Connection | None = None
        self._inodes: tuple[int | None, int | None] = (None, None)
        self._linked = False

    @classmethod
    async def open(
        cls, path: str, registry: str | None = None, *, clock: Callable[[], float] = time.time
    ) -> Self:
        """Open an existing index; with registry.db, rows carry their number of links and `app:` works."""
        index = cls(path, registry, clock)
        await index.refresh()
        return index

    async def refresh(self) -> bool:
        """Open the files again if others stand at their paths. True if so. Call it when models changed.

        After DamagedError nothing is open: mend the index and call it again.
        """
        async with self._lock:
            inodes = await asyncio.to_thread(self._look)
            if self._conn is not None and inodes == self._inodes:
                return False
            await self._close()
            await asyncio.to_thread(require, self._path)
            self._conn, self._linked = await self._connect(inodes[1] is not None)
            self._inodes = inodes
            return True

    def _look(self) -> tuple[int | None, int | None]:
        return inode(self._path), None if self._registry is None else inode(self._registry)

    async def _connect(self, registry_is_there: bool) -> tuple[aiosqlite.Connection, bool]:
        with damage_translated(self._path):
            conn = await aiosqlite.connect(
                database_uri(self._path, "rw"), uri=True, timeout=BUSY_S, isolation_level=None
            )
            try:
                await conn.execute_fetchall("PRAGMA query_only=ON")  # why not mode=ro: see connect_readonly
                await conn.execute_fetchall(f"PRAGMA cache_size=-{_CACHE_KIB}")
                linked = registry_is_there and await self._attach(conn)
            except BaseException:
                await conn.close()
                raise
        return conn, linked

    async def _attach(self, conn: aiosqlite.Connection) -> bool:
        """Attach registry.db; a list without numbers of links is better than none while it is mended."""
        assert self._registry is not None
        try:
            await conn.execute_fetchall("ATTACH ? AS registry", (database_uri(self._registry, "rw"),))
            await conn.execute_fetchall("SELECT count(*) FROM registry.links")
            await conn.execute_fetchall("SELECT count(*) FROM registry.apps")
        except sqlite3.Error:
            return False
        return True

    async def close(self) -> None:
        """Close the connection and end its thread; without this the interpreter does not exit."""
        async with self._lock:
            await self._close()

    async def _close(self) -> None:
        if self._conn is not None:
            conn, self._conn = self._conn, None
            await conn.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def search(
        self, query: Query, order: Order | None = None, limit: int = 50, offset: int = 0
    ) -> Page:
        """Rows `offset … offset + limit` of what a query finds, and how many there are."""
        start = time.perf_counter()
        statements = self._statements(query, order)
        found = await self._fetch(statements.page(statements.first_way, limit, offset))
        way = statements.next_way(found[0][0])
        if way is not None:
            found = await self._fetch(statements.page(way, limit, offset))
        with damage_translated(self._path):
            rows = tuple(to_row(row[1:]) for row in found if row[1] is not None)
        return Page(rows, offset, found[0][0], (time.perf_counter() - start) * 1e3)

    async def position(self, uid: ModelUid, query: Query, order: Order | None = None) -> int | None:
        """The row number of a model in what `search` finds; None when it is not among it."""
        statements = self._statements(query, order)
        way: Way | None = statements.first_way
        if way is Way.RANKED:
            hits = await self._fetch(statements.count(way))
            way = statements.next_way(hits[0][0])
        place = await self._fetch(statements.place(way or Way.RANKED, uid))
        return int(place[0][0]) if place else None

    def _statements(self, query: Query, order: Order | None) -> Statements:
        return Statements(query, order or Order(), now=self._clock(), registry=self._linked)

    async def find(self, ref: str) -> list[ModelRow]:
        """Models that a person may mean: by id, else uid, else name, else beginning of a name; at most 50."""
        name = fold(ref)
        ways = (
            Sql("m.model_id = ?", (path_bytes(ref),)),
            Sql("m.uid = ?", (name,)),
            Sql("m.name_key = ? OR m.stem_key = ?", (name, name)),
            Sql(
                "(m.name_key >= ? AND m.name_key < ?) OR (m.stem_key >= ? AND m.stem_key < ?)",
                (name, name + _END) * 2,
            ),
        )
        for way in ways if name else ():
            found = await self._fetch(
                Sql(
                    f"SELECT {ROW_COLUMNS}, {self._links()} FROM models m WHERE {way.text}"
                    f" ORDER BY m.name_key, m.id LIMIT {_FIND_LIMIT}",
                    way.values,
                )
            )
            if found:
                with damage_translated(self._path):
                    return [to_row(row) for row in found]
        return []

    def _links(self) -> str:
        return "(SELECT count(*) FROM registry.links l WHERE l.model_uid = m.uid)" if self._linked else "0"

    async def count(self) -> int:
        """How many models there are."""
        return int((await self._fetch(Sql("SELECT count(*) FROM models")))[0][0])

    async def totals(self) -> Totals:
        """Numbers and bytes of all models."""
        rows = await self._fetch(
            Sql("SELECT model_type, count(*), sum(size_bytes) FROM models GROUP BY 1 ORDER BY 1")
        )
        by_type = tuple(TypeTotal(*row) for row in rows)
        return Totals(sum(one.models for one in by_type), sum(one.size_bytes for one in by_type), by_type)

    async def _fetch(self, sql: Sql) -> list[tuple[Any, ...]]:
        async with self._lock, self._interrupted_on_cancel() as conn:
            with damage_translated(self._path):
                return list(await conn.execute_fetchall(sql.text, sql.values))  # type: ignore[arg-type]

    @contextlib.asynccontextmanager
    async def _interrupted_on_cancel(self) -> AsyncIterator[aiosqlite.Connection]:
        """The connection. The lock is held until the interrupt is sent: it never hits the next statement."""
        if self._conn is None:
            raise DamagedError(f"{self._path} is not open", path=self._path, hint="scan the library")
        conn = self._conn
        try:
            yield conn
        except asyncio.CancelledError:
            await conn.interrupt()
            raise
