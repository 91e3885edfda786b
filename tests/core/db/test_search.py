"""Searching models.db: what is found, in which order, by which plan; generations seen whole or not at all."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from pumas_tui.core.db.index import IndexWriter
from pumas_tui.core.db.index_schema import IndexRecord, is_usable
from pumas_tui.core.db.registry_schema import open_registry
from pumas_tui.core.db.search import SearchIndex
from pumas_tui.core.db.search_sql import FILL_BELOW, RANKED_BELOW, Sql, Statements, Way
from pumas_tui.core.domain.ids import ModelId, ModelUid
from pumas_tui.core.domain.models import ModelRow, Order, OrderBy
from pumas_tui.core.domain.query import parse
from tests.core.db.library import record, records
from tests.support.plans import plan, steps

COUNT = 10_000


def build(path: Path, found: list[IndexRecord]) -> None:
    writer = IndexWriter(str(path))
    generation = writer.begin_generation()
    for start in range(0, len(found), 500):
        generation.add(found[start : start + 500])
    assert generation.switch() == len(found)
    writer.close()


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[IndexRecord]]:
    """10,000 models on disk and as values."""
    path = tmp_path_factory.mktemp("index") / "models.db"
    found = list(records(COUNT))
    build(path, found)
    return path, found


@pytest.fixture
async def search(library: tuple[Path, list[IndexRecord]]) -> AsyncIterator[SearchIndex]:
    async with await SearchIndex.open(str(library[0])) as index:
        yield index


async def _names(index: SearchIndex, text: str, order: Order | None = None) -> list[str]:
    page = await index.search(parse(text), order, limit=COUNT)
    assert len(page.rows) == page.total
    return [row.official_name for row in page.rows]


@pytest.mark.parametrize("text", ["7b", "q4_k", "instruct", "墨", "llama3", "fp16", "1.5b coder"])
async def test_parts_of_names_find_models(
    search: SearchIndex, library: tuple[Path, list[IndexRecord]], text: str
) -> None:
    """At least every model whose name or tags hold the words as typed; none that holds them nowhere."""
    found = set(await _names(search, text))
    words = text.lower().split()
    for one in library[1]:
        hay = "\n".join((one.row.official_name, *one.row.tags)).lower()
        squeezed = hay.replace("-", "").replace("_", "")
        if all(f"-{word}" in hay or f"_{word}" in hay for word in words):
            assert one.row.official_name in found
        elif one.row.official_name in found:
            assert all(word.replace("_", "") in squeezed for word in words)


@pytest.mark.parametrize(
    "text", ["", "7b", "llama -instruct", "type:lora size:>40g", "arqua", '"detail tweaker"']
)
async def test_pages_are_slices_of_one_order(search: SearchIndex, text: str) -> None:
    for order in (Order(), Order(OrderBy.SIZE, reverse=True), Order(OrderBy.NAME, reverse=True)):
        everything = (await search.search(parse(text), order, limit=COUNT)).rows
        assert len({row.uid for row in everything}) == len(everything) > 60
        page = await search.search(parse(text), order, limit=50, offset=37)
        assert page.rows == everything[37:87]
        assert page.total == len(everything)
        for place in (0, 41, len(everything) - 1):
            assert await search.position(everything[place].uid, parse(text), order) == place


async def test_rows_come_back_as_they_were(
    search: SearchIndex, library: tuple[Path, list[IndexRecord]]
) -> None:
    page = await search.search(parse(""), limit=COUNT)
    assert {row.uid: row for row in page.rows} == {one.row.uid: one.row for one in library[1]}
    assert await search.count() == page.total == COUNT
    totals = await search.totals()
    assert totals.size_bytes == sum(one.row.size_bytes for one in library[1])
    assert [one.model_type for one in totals.by_type] == ["diffusion", "llm"]


def _key(row: ModelRow, by: OrderBy) -> object:
    trust = ("verified", "manual", "high", "low", "pending", "none", "modified")
    keys = {
        OrderBy.NAME: row.official_name.lower(),
        OrderBy.SIZE: row.size_bytes,
        OrderBy.LINKS: row.links,
        OrderBy.ADDED: row.added_at,
        OrderBy.TRUST: trust.index(row.trust.value),
        OrderBy.TYPE: (row.model_type, row.subtype),
    }
    return keys[by]


@pytest.mark.parametrize("by", [by for by in OrderBy if by is not OrderBy.RELEVANCE])
@pytest.mark.parametrize("reverse", [False, True])
async def test_orders(search: SearchIndex, by: OrderBy, reverse: bool) -> None:
    for text in ("", "gemma"):
        rows = (await search.search(parse(text), Order(by, reverse), limit=COUNT)).rows
        keys = [_key(row, by) for row in rows]
        assert keys == sorted(keys, reverse=reverse)  # type: ignore[type-var]


async def test_filters(search: SearchIndex) -> None:
    rows = (await search.search(parse("type:loras -family:flux trust:verified size:>1g"), limit=COUNT)).rows
    assert rows
    for row in rows:
        assert "lora" in row.subtype and row.family != "flux"
        assert row.trust == "verified" and row.size_bytes > 1e9
    tagged = (await search.search(parse("tag:pixel-art"), limit=COUNT)).rows
    assert tagged and all("pixel-art" in row.tags for row in tagged)


async def test_added_counts_back_from_now(library: tuple[Path, list[IndexRecord]]) -> None:
    now = 1_700_000_000.0 + 50_000_000
    async with await SearchIndex.open(str(library[0]), clock=lambda: now) as index:
        recent = await index.search(parse("added:<30d"), limit=COUNT)
        assert recent.total and all(now - row.added_at < 30 * 86400 for row in recent.rows)
        older = await index.search(parse("added:>=30d"))
        assert recent.total + older.total == COUNT


async def test_ranking_and_filling(tmp_path: Path) -> None:
    """The very name, its beginning, whole words in names and notes, then substrings."""
    path = tmp_path / "models.db"
    names = ("Flux Realism", "flux", "A lora for Flux", "fluxion", "conflux", "水墨画模型", "note only")
    found = [record(name, number=n) for n, name in enumerate(names, 1)]
    found[6] = record(names[6], number=7, notes=("best with flux and a long text " * 20,))
    build(path, found)
    async with await SearchIndex.open(str(path)) as index:
        ranked = await _names(index, "flux")
        assert ranked[0] == "flux"
        assert set(ranked[1:3]) == {"Flux Realism", "fluxion"}
        assert set(ranked[3:5]) == {"A lora for Flux", "note only"}
        assert ranked[5:] == ["conflux"]
        assert await _names(index, "墨画") == ["水墨画模型"]
        assert await _names(index, "x") == ["A lora for Flux", "conflux", "flux", "Flux Realism", "fluxion"]
        assert await _names(index, '"flux"') == ["flux", "Flux Realism", "A lora for Flux", "note only"]
        assert await _names(index, "🦙") == []


async def test_find_by_id_uid_name_and_prefix(search: SearchIndex, tmp_path: Path) -> None:
    path = tmp_path / "models.db"
    found = [record(name, number=n) for n, name in enumerate(("SD", "SD XL", "SD XL Turbo", "Other"), 1)]
    build(path, found)
    async with await SearchIndex.open(str(path)) as index:
        assert [row.uid for row in await index.find(found[1].row.model_id)] == [found[1].row.uid]
        assert [row.uid for row in await index.find(found[2].row.uid.upper())] == [found[2].row.uid]
        assert [row.official_name for row in await index.find("sd")] == ["SD"]
        assert [row.official_name for row in await index.find("sd_x")] == ["SD XL", "SD XL Turbo"]
        assert await index.find("absent") == []
        assert await index.find("") == []


async def test_links_come_from_the_registry(tmp_path: Path) -> None:
    path, registry = tmp_path / "models.db", str(tmp_path / "registry.db")
    build(path, found := [record(name, number=n) for n, name in enumerate(("linked", "alone"), 1)])
    store = open_registry(registry)
    with store.write() as conn:
        conn.execute(
            "INSERT INTO apps VALUES"
            " ('a', 'comfyui', 'My Comfy', '', x'', 0, '', '', '{}', '{}', 0, 1, '[]', 0, x'')"
        )
        conn.execute(
            "INSERT INTO links VALUES (1, ?, 'a', x'ff', x'', 'symlink', 'rule', 'r', '', NULL, 0)",
            (found[0].row.uid,),
        )
    async with await SearchIndex.open(str(path), registry) as index:
        for text in ("app:comfyui", 'app:"my comfy"', "-unlinked"):
            (row,) = (await index.search(parse(text))).rows
            assert (row.official_name, row.links) == ("linked", 1)
        assert await _names(index, "unlinked") == ["alone"]
        assert (await index.search(parse(""), Order(OrderBy.LINKS, True))).rows[0].links == 1
        assert [row.links for row in await index.find("linked")] == [1]
    async with await SearchIndex.open(str(path), str(tmp_path / "absent.db")) as index:
        assert len(await _names(index, "unlinked")) == 2
    store.close()


def _statements(text: str, order: Order | None = None) -> Statements:
    return Statements(parse(text), order or Order(), now=0.0, registry=False)


@pytest.fixture
def conn(library: tuple[Path, list[IndexRecord]]) -> Iterator[sqlite3.Connection]:
    opened = sqlite3.connect(library[0])
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "text", ["llama", "7b q4_k", "gemma -instruct", "type:lora flux", '"detail tweaker"']
)
def test_words_never_read_the_whole_table(conn: sqlite3.Connection, text: str) -> None:
    for order in (Order(), Order(OrderBy.SIZE, reverse=True)):
        lines = plan(conn, _statements(text, order).page(Way.RANKED, 50, 0))
        assert not {line.split(" USING")[0] for line in lines} & {"SCAN m", "SCAN models", "SCAN p"}
        assert [line for line in lines if line.startswith("SCAN fts VIRTUAL TABLE")]
        assert "SEARCH m USING INTEGER PRIMARY KEY (rowid=?)" in lines


@pytest.mark.parametrize("by", [OrderBy.RELEVANCE, OrderBy.NAME, OrderBy.SIZE, OrderBy.ADDED])
def test_a_page_of_everything_reads_a_page(conn: sqlite3.Connection, by: OrderBy) -> None:
    for reverse in (False, True):
        sql = _statements("", Order(by, reverse)).page(Way.EVERY, 50, 0)
        assert not [line for line in plan(conn, sql) if line == "SCAN m"]
        assert steps(conn, sql) < 100


def test_filters_are_counted_in_an_index(conn: sqlite3.Connection) -> None:
    lines = plan(conn, _statements("type:lora size:>4g").page(Way.EVERY, 50, 0))
    assert [line for line in lines if line == "SCAN m USING COVERING INDEX models_by_name"]
    assert "SCAN m" not in lines


def test_common_words_are_read_from_the_name_index(conn: sqlite3.Connection) -> None:
    statements = _statements("llama")
    lines = plan(conn, statements.page(Way.BY_NAME, 50, 0))
    assert [line for line in lines if "models_by_name (name_key>? AND name_key<?)" in line]
    assert "SCAN m" not in lines
    by_name = steps(conn, statements.page(Way.BY_NAME, 50, 0))
    ranked = steps(conn, _statements("llama", Order(OrderBy.TYPE)).page(Way.RANKED, 50, 0))
    assert by_name < ranked


def test_ways_are_chosen_by_what_is_found() -> None:
    words = _statements("flux dev")
    assert words.first_way is Way.RANKED
    assert words.next_way(FILL_BELOW - 1) is Way.FILLED
    assert words.next_way(FILL_BELOW) is None
    assert words.next_way(RANKED_BELOW) is Way.BY_NAME
    assert _statements('"flux"').next_way(0) is None
    assert _statements("🦙").first_way is Way.FILLED
    assert _statements("type:lora").first_way is Way.EVERY
    assert _statements("flux", Order(OrderBy.SIZE)).next_way(RANKED_BELOW) is None


async def test_both_ways_find_the_same(search: SearchIndex, conn: sqlite3.Connection) -> None:
    for text in ("qwen", "7b instruct", "llama -gguf size:>9g"):
        statements = _statements(text)
        ranked = conn.execute(*_pair(statements.page(Way.RANKED, COUNT, 0))).fetchall()
        by_name = conn.execute(*_pair(statements.page(Way.BY_NAME, COUNT, 0))).fetchall()
        assert {row[1] for row in ranked} == {row[1] for row in by_name}
        assert ranked[0][0] == by_name[0][0] == len(by_name)


def _pair(sql: Sql) -> tuple[str, tuple[object, ...]]:
    return sql.text, sql.values


async def test_a_cancelled_search_leaves_the_index_usable(search: SearchIndex) -> None:
    for text in ("e", "zzz", "flux", "墨"):
        tasks = [asyncio.create_task(search.search(parse(text))) for _ in range(5)]
        await asyncio.sleep(0.001)
        for task in tasks[:-1]:
            task.cancel()
        last = await tasks[-1]
        assert last.total == (await search.search(parse(text))).total


async def test_upsert_remove_and_moves(tmp_path: Path) -> None:
    path = tmp_path / "models.db"
    build(path, [record(f"model {n}", number=n) for n in range(1, 4)])
    writer = IndexWriter(str(path))
    moved = record("renamed flux", number=2)
    writer.upsert([moved, record("fresh", number=9)])
    writer.remove([ModelId("llm/llama/model_1"), ModelId("not/there/either")])
    assert set(writer.known()) == {
        "llm/llama/renamed_flux",
        "llm/llama/fresh",
        "llm/llama/model_3",
    }
    assert writer.known()[moved.row.model_id] == moved.stamp
    async with await SearchIndex.open(str(path)) as index:
        assert set(await _names(index, "")) == {"renamed flux", "fresh", "model 3"}
        assert await _names(index, "model") == ["model 3"]
        assert await _names(index, "renamed") == ["renamed flux"]
    writer.close()
    assert is_usable(str(path))


def test_files_are_found_by_size_and_content(tmp_path: Path) -> None:
    writer = IndexWriter(str(tmp_path / "models.db"))
    writer.upsert([record("a", number=1, size=77), record("b", number=2, size=77), record("c", number=3)])
    assert [(f.model_id, f.name) for f in writer.same_size(77)] == [
        ("llm/llama/a", "a.safetensors"),
        ("llm/llama/b", "b.safetensors"),
    ]
    (found,) = writer.by_sha256(f"{3:064x}")
    assert (found.model_id, found.uid) == ("llm/llama/c", record("c", number=3).row.uid)
    assert writer.same_size(78) == [] == writer.by_sha256("")
    writer.close()


async def test_names_that_are_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "models.db"
    odd = record("odd \udcff name", number=1, stem="odd_\udcff\ud800", tags=("t\udcfe",))
    build(path, [odd])
    writer = IndexWriter(str(path))
    assert list(writer.known()) == [odd.row.model_id]
    writer.upsert([odd])
    async with await SearchIndex.open(str(path)) as index:
        (row,) = await index.find(odd.row.model_id)
        assert row.model_id == odd.row.model_id
        assert row.official_name == "odd \ufffd name"
        assert (await index.search(parse("odd \udcff"))).total == 1
    writer.remove([odd.row.model_id])
    assert writer.known() == {}
    writer.close()


def test_a_generation_is_seen_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "models.db"
    build(path, [record(f"old {n}", number=n) for n in range(300)])
    seen: set[tuple[int, int, int]] = set()
    stop = threading.Event()

    def read() -> None:
        reader = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
        while not stop.is_set():
            seen.add(
                reader.execute(
                    "SELECT (SELECT count(*) FROM models),"
                    " (SELECT count(*) FROM fts WHERE fts MATCH 'old'),"
                    " (SELECT count(*) FROM fts WHERE fts MATCH 'new')"
                ).fetchone()
            )
        reader.close()

    thread = threading.Thread(target=read)
    thread.start()
    writer = IndexWriter(str(path))
    for count in (500, 700):
        generation = writer.begin_generation()
        for start in range(0, count, 100):
            generation.add([record(f"new {n}", number=n) for n in range(start, start + 100)])
        generation.switch()
    stop.set()
    thread.join()
    writer.close()
    assert seen <= {(300, 300, 0), (500, 0, 500), (700, 0, 700)}
    assert is_usable(str(path))


async def test_a_generation_keeps_what_others_did_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "models.db"
    build(path, [record(f"m{n}", number=n) for n in range(1, 6)])
    scanning, importing = IndexWriter(str(path)), IndexWriter(str(path))
    generation = scanning.begin_generation()
    generation.add([record(f"m{n}", number=n) for n in (1, 2, 3)])
    importing.upsert([record("imported", number=50), record("m2 edited", number=2)])
    importing.remove([record("m3").row.model_id])
    assert generation.switch() == 3
    async with await SearchIndex.open(str(path)) as index:
        assert await _names(index, "") == ["imported", "m1", "m2 edited"]
        assert await _names(index, "edited") == ["m2 edited"]
    scanning.close()
    importing.close()
    assert is_usable(str(path))


def test_of_two_models_with_one_uid_the_first_counts(tmp_path: Path) -> None:
    writer = IndexWriter(str(tmp_path / "models.db"))
    generation = writer.begin_generation()
    generation.add([record("first", number=1), record("second", number=1)])
    assert generation.switch() == 1
    assert list(writer.known()) == ["llm/llama/first"]
    assert writer.known()[ModelId("llm/llama/first")].uid == ModelUid(record("x", number=1).row.uid)
    writer.close()
