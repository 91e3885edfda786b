"""S15: with 1,000 and 5,000 models every query is answered from the index, by a page and a count."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.synthetic import make_library
from pumas_tui.core.db.search_sql import Statements, Way
from pumas_tui.core.domain.models import Order, OrderBy, Page
from pumas_tui.core.domain.query import parse
from pumas_tui.core.library import Library, OpenOptions, RunJobs, create_library
from tests.support.plans import plan, steps

COUNTS = (1_000, 5_000)
PAGE = 50
TYPED = (
    "", "l", "ll", "lla", "llam", "llama", "llama 8b", "llama 8b instruct", "q4_k", "模", "模型 lora", "7",
    "72b",
    "type:lora", "type:llm trust:verified", "size:>40g", "added:<365d", "tag:chat", "family:qwen2.5 -gguf",
    "unlinked", "app:comfyui", '"deepseek r1"', "-llama", "zzzz", "eek",
)  # fmt: skip
ORDERS = (Order(), Order(OrderBy.NAME), Order(OrderBy.SIZE, reverse=True), Order(OrderBy.ADDED, reverse=True))


@pytest.fixture(scope="module", params=COUNTS)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """Root of a library of so many models, and how many."""
    root = tmp_path_factory.mktemp("large") / "library"
    asyncio.run(create_library(str(root)))
    make_library(root, request.param)
    return root, request.param


@pytest.fixture
async def library(
    made: tuple[Path, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Library]:
    monkeypatch.setenv("HOME", str(tmp_path))
    async with Library.open(OpenOptions(root=str(made[0]), run_jobs=RunJobs.NONE)) as opened:
        yield opened


async def statements_run(library: Library) -> list[str]:
    """SQL that the search connection runs from now on."""
    run: list[str] = []
    connection = library.models._search._conn
    assert connection is not None
    await connection.set_trace_callback(run.append)
    return run


async def test_every_query_is_a_page_and_a_count(library: Library, made: tuple[Path, int]) -> None:
    run = await statements_run(library)
    for text in TYPED:
        for order in ORDERS:
            run.clear()
            page = await library.models.search(text, order=order, limit=PAGE)
            assert len(page.rows) == min(PAGE, page.total) and page.total <= made[1]
            ours = [sql for sql in run if "fts_" not in sql and "data_version" not in sql]  # FTS5 asks itself
            assert 1 <= len(ours) <= 2 and all(sql.startswith("WITH") for sql in ours), (text, ours)
    assert (await library.models.search("")).total == made[1]


async def test_pages_join_without_gap_at_any_place(library: Library, made: tuple[Path, int]) -> None:
    for text in ("llama", "type:lora", ""):
        for order in ORDERS:
            total = (await library.models.search(text, order=order)).total
            pages = [await _page(library, text, order, offset) for offset in range(0, total, 500)]
            uids = [row.uid for page in pages for row in page.rows]
            assert len(uids) == len(set(uids)) == total
            last = await _page(library, text, order, max(0, total - 3))
            assert [row.uid for row in last.rows] == uids[-3:]


async def _page(library: Library, text: str, order: Order, offset: int) -> Page:
    return await library.models.search(text, order=order, limit=500, offset=offset)


async def test_typing_goes_on_while_the_library_is_read_again(
    library: Library, made: tuple[Path, int]
) -> None:
    """No letter waits for the scan, and no answer shows half a list."""
    scan = asyncio.create_task(library.models.rescan(deep=True))
    answers = 0
    while not scan.done():
        for text in ("l", "ll", "lla", ""):
            page = await library.models.search(text)
            answers += not scan.done()
            assert text or page.total == made[1]
    assert (await scan).indexed == made[1]
    assert answers


@pytest.fixture
def conn(made: tuple[Path, int]) -> sqlite3.Connection:
    return sqlite3.connect(made[0] / "models/models.db")


def _statements(text: str, order: Order) -> Statements:
    return Statements(parse(text), order, now=2e9, registry=False)


async def test_no_query_reads_the_table_of_models(library: Library, conn: sqlite3.Connection) -> None:
    with closing(conn):
        for text in TYPED:
            for order in ORDERS:
                statements = _statements(text, order)
                ways = {statements.first_way, statements.next_way(0) or statements.first_way}
                for way in ways:
                    lines = plan(conn, statements.page(way, PAGE, 0))
                    assert "SCAN m" not in lines and "SCAN models" not in lines, (text, order, lines)
                    words = way is Way.RANKED
                    assert not words or [line for line in lines if line.startswith("SCAN fts VIRTUAL")]


def test_work_grows_with_what_is_found_and_not_with_the_page_asked_for(
    made: tuple[Path, int], conn: sqlite3.Connection
) -> None:
    """Steps of SQLite's machine, in hundreds."""
    with closing(conn):
        for order in ORDERS:
            assert steps(conn, _statements("", order).page(Way.EVERY, PAGE, 0)) < 100
        rare = steps(conn, _statements("zzzz", Order()).page(Way.RANKED, PAGE, 0))
        assert rare < 5
        filtered = steps(conn, _statements("type:lora size:>4g", Order()).page(Way.EVERY, PAGE, 0))
        assert filtered < made[1]  # a hundred steps for each model would be a hundred times this
        for text in ("llama", "8b instruct"):
            hits = conn.execute(*_sql(text)).fetchone()[0]
            assert steps(conn, _statements(text, Order()).page(Way.RANKED, PAGE, 0)) < 20 + 2 * hits


def _sql(text: str) -> tuple[str, tuple[object, ...]]:
    counted = _statements(text, Order()).count(Way.RANKED)
    return counted.text, counted.values
