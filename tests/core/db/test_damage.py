"""Damaged, foreign, newer and fresh database files: noticed, never written to, restored where kept."""

import asyncio
import contextlib
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pumas_tui.core.db.backup import Restored, backup, backup_path, restore_if_damaged
from pumas_tui.core.db.connection import Database, Synchronous, connect, transaction
from pumas_tui.core.db.index import IndexWriter
from pumas_tui.core.db.index_schema import is_usable
from pumas_tui.core.db.jobs import JobStore, NewJob
from pumas_tui.core.db.migrations import migrate, version
from pumas_tui.core.db.registry_schema import SCHEMA, open_registry
from pumas_tui.core.db.search import SearchIndex
from pumas_tui.core.domain.errors import BusyError, DamagedError, DiskError, DiskFullError, NewerLibraryError
from pumas_tui.core.domain.jobs import JobKind
from pumas_tui.core.domain.models import Order, OrderBy
from pumas_tui.core.domain.query import parse
from tests.core.db.library import records


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of 400 models without a write-ahead log beside it."""
    path = tmp_path_factory.mktemp("sound") / "models.db"
    writer = IndexWriter(str(path))
    generation = writer.begin_generation()
    generation.add(list(records(400)))
    generation.switch()
    writer.close()
    assert [entry.name for entry in path.parent.iterdir()] == ["models.db"]
    return path


def _foreign(path: Path) -> None:
    path.unlink()
    conn = sqlite3.connect(path)
    conn.execute("CREATE TABLE models (id INTEGER PRIMARY KEY, name TEXT)")
    conn.commit()
    conn.close()


def _other_version(path: Path) -> None:
    conn = sqlite3.connect(path)
    conn.execute("PRAGMA user_version=99")
    conn.close()


def _lost_table(path: Path) -> None:
    conn = sqlite3.connect(path)
    conn.execute("DROP TABLE plain")
    conn.commit()
    conn.close()


def _lost_words(path: Path) -> None:
    conn = sqlite3.connect(path)
    conn.execute("DELETE FROM fts_data WHERE id > 10")
    conn.commit()
    conn.close()


def _bad_value(path: Path) -> None:
    conn = sqlite3.connect(path)
    conn.execute("UPDATE models SET trust = 'perhaps' WHERE id = 7")
    conn.commit()
    conn.close()


_CASES: dict[str, Callable[[Path], object]] = {
    "garbage": lambda path: path.write_bytes(random.Random(1).randbytes(70_000)),
    "text": lambda path: path.write_text("{}"),
    "empty": lambda path: path.write_bytes(b""),
    "half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "no header": lambda path: path.write_bytes(b"\0" * 100 + path.read_bytes()[100:]),
    "foreign": _foreign,
    "other version": _other_version,
    "lost table": _lost_table,
    "lost words": _lost_words,
    "bad value": _bad_value,
}


@pytest.mark.parametrize("case", _CASES)
def test_damage_is_noticed(sound: Path, tmp_path: Path, case: str) -> None:
    path = tmp_path / "models.db"
    shutil.copyfile(sound, path)
    assert is_usable(str(path))
    _CASES[case](path)
    assert not is_usable(str(path))


@pytest.mark.parametrize("case", ["garbage", "text", "no header", "foreign", "other version", "lost table"])
def test_opening_a_file_that_is_no_index_changes_nothing(sound: Path, tmp_path: Path, case: str) -> None:
    path = tmp_path / "models.db"
    shutil.copyfile(sound, path)
    _CASES[case](path)
    before = path.read_bytes()
    with pytest.raises(DamagedError):
        IndexWriter(str(path))
    with pytest.raises(DamagedError):
        asyncio.run(_use(path))
    assert path.read_bytes() == before


async def _use(path: Path) -> list[tuple[int, tuple[object, ...]]]:
    """Everything a reader does; the answers."""
    answers: list[tuple[int, tuple[object, ...]]] = []
    async with await SearchIndex.open(str(path)) as index:
        for text in ("", "llama", "7b anime", "arqua", "type:lora size:>1g"):
            for by in (OrderBy.RELEVANCE, OrderBy.SIZE):
                page = await index.search(parse(text), Order(by), limit=1000)
                answers.append((page.total, page.rows))
        totals = await index.totals()
        answers.append((await index.count(), totals.by_type))
        answers.append((0, tuple(await index.find("llama"))))
    return answers


def _write(path: Path) -> None:
    writer = IndexWriter(str(path))
    try:
        known = writer.known()
        writer.same_size(10)
        writer.remove(list(known)[:3])
        writer.upsert(list(records(5, seed=2)))
        generation = writer.begin_generation()
        generation.add(list(records(20)))
        generation.switch()
    finally:
        writer.close()


@pytest.mark.parametrize("seed", range(60))
def test_any_corruption_is_harmless(sound: Path, tmp_path: Path, seed: int) -> None:
    """Overwritten, cut, shifted, zeroed: whoever uses the file gets an answer or DamagedError."""
    rng = random.Random(seed)
    data = bytearray(sound.read_bytes())
    for _ in range(rng.choice((1, 3, 40))):
        start, length = rng.randrange(len(data)), rng.choice((1, 8, 600, 4096))
        kind = rng.randrange(4)
        if kind == 0:
            data[start : start + length] = rng.randbytes(length)
        elif kind == 1:
            data[start : start + length] = bytes(length)
        elif kind == 2:
            del data[start : start + length]
        else:
            page = rng.randrange(len(data) // 4096 + 1) * 4096
            data[page : page + 4096] = data[start : start + 4096]
    path = tmp_path / "models.db"
    path.write_bytes(data)
    usable = is_usable(str(path))
    try:
        answers = asyncio.run(_use(path))
        _write(path)
    except DamagedError:
        assert not usable
        return
    if usable:
        assert [total for total, _ in answers] == [total for total, _ in asyncio.run(_use(sound))]


def test_an_empty_file_becomes_an_index(tmp_path: Path) -> None:
    path = tmp_path / "models.db"
    path.write_bytes(b"")
    writer = IndexWriter(str(path))
    assert writer.known() == {}
    writer.upsert(list(records(3)))
    writer.close()
    assert is_usable(str(path))


def _move_away(path: Path) -> None:
    for suffix in ("-wal", "-shm", ""):
        found = Path(f"{path}{suffix}")
        if found.exists():
            found.rename(path.parent / f"{found.stat().st_ino}.old")


def test_a_replaced_index_is_opened_by_writer_and_reader(sound: Path, tmp_path: Path) -> None:
    path = tmp_path / "models.db"
    shutil.copyfile(sound, path)
    writer = IndexWriter(str(path))
    generation = writer.begin_generation()

    async def replace() -> None:
        async with await SearchIndex.open(str(path)) as index:
            assert await index.count() == 400
            assert not await index.refresh()
            _move_away(path)
            writer.upsert(list(records(3)))
            assert await index.refresh()
            assert await index.count() == 3
            writer.close()
            _move_away(path)
            path.write_bytes(b"damaged" * 999)
            for _ in range(2):
                with pytest.raises(DamagedError):
                    await index.refresh()
                with pytest.raises(DamagedError):
                    await index.count()
            path.unlink()
            IndexWriter(str(path)).close()
            assert await index.refresh()
            assert await index.count() == 0

    asyncio.run(replace())
    with pytest.raises(BusyError):
        generation.add(list(records(1)))
    generation_of_new = writer.begin_generation()
    generation_of_new.add(list(records(1)))
    assert generation_of_new.switch() == 1
    writer.close()


def test_an_index_in_a_folder_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(DiskError):
        IndexWriter(str(tmp_path / "absent" / "models.db"))
    with pytest.raises(DamagedError):
        asyncio.run(SearchIndex.open(str(tmp_path / "models.db")))


def test_a_full_disk_is_said_and_nothing_is_half_written(tmp_path: Path) -> None:
    store = Database(str(tmp_path / "some.db"), Synchronous.FULL, lambda conn: None)
    with store.write() as conn:
        conn.execute("CREATE TABLE t (x)")
        pages = conn.execute("PRAGMA page_count").fetchone()[0]
    with store.read() as conn:
        conn.execute(f"PRAGMA max_page_count={pages + 2}")
    with pytest.raises(DiskFullError), store.write() as conn:
        for _ in range(100):
            conn.execute("INSERT INTO t VALUES (zeroblob(4000))")
    with store.read() as conn:
        assert conn.execute("SELECT count(*) FROM t").fetchone() == (0,)
    store.close()


def test_migrations_start_from_nothing_and_stop_at_newer(tmp_path: Path) -> None:
    path = str(tmp_path / "some.db")
    conn = connect(path, Synchronous.FULL)
    first = [("CREATE TABLE a (x)", "INSERT INTO a VALUES (1)")]
    migrate(conn, path, first)
    migrate(conn, path, [*first, ("ALTER TABLE a ADD COLUMN y",)])
    assert version(conn) == 2
    assert conn.execute("SELECT x, y FROM a").fetchall() == [(1, None)]
    with pytest.raises(NewerLibraryError):
        migrate(conn, path, first)
    with pytest.raises(sqlite3.OperationalError):
        migrate(conn, path, [*first, ("",), ("CREATE TABLE b (x)", "nonsense")])
    assert version(conn) == 2
    assert conn.execute("SELECT count(*) FROM sqlite_master WHERE name = 'b'").fetchone() == (0,)
    conn.close()


def test_a_newer_registry_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    open_registry(str(path)).close()
    conn = sqlite3.connect(path)
    conn.execute(f"PRAGMA user_version={len(SCHEMA) + 1}")
    conn.close()
    with pytest.raises(NewerLibraryError):
        JobStore(str(path))
    with pytest.raises(NewerLibraryError):
        restore_if_damaged(str(path), _refuse)


def _refuse(path: str) -> str:
    raise AssertionError(f"{path} must stay where it is")


def _aside(path: str) -> str:
    return str(Path(path).rename(f"{path}.damaged"))


def _registry(path: Path, count: int) -> None:
    store = JobStore(str(path))
    store.add_many(JobKind.IMPORT, [NewJob({"n": n, "path": "/\udcff"}) for n in range(count)])
    store.close()


def test_a_damaged_registry_comes_back_from_its_backup(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    _registry(path, 30)
    assert backup(str(path), now=1e9)
    assert not backup(str(path), now=1e9 + 3600)
    _registry(path, 1)
    assert restore_if_damaged(str(path), _refuse) is Restored.SOUND
    data = bytearray(path.read_bytes())
    data[4096:12_000] = b"\xaa" * (12_000 - 4096)
    path.write_bytes(data)
    assert restore_if_damaged(str(path), _aside) is Restored.FROM_BACKUP
    assert (tmp_path / "registry.db.damaged").read_bytes() == data
    store = JobStore(str(path))
    jobs = store.list()
    assert [job.payload for job in reversed(jobs)] == [{"n": n, "path": "/\udcff"} for n in range(30)]
    assert store.rev() > 1000  # no process may take a number it has seen for a new one
    store.close()
    assert backup(str(path), now=1e9 + 90_000)


def test_a_damaged_backup_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    _registry(path, 30)
    backup(str(path), now=1e9)
    kept = Path(backup_path(str(path)))
    data = kept.read_bytes()
    assert data.count(b'"n":7') >= 1
    kept.write_bytes(data.replace(b'"n":7', b'"n":8', 1))  # every page is sound, the content is not
    path.write_bytes(b"garbage" * 1000)
    assert restore_if_damaged(str(path), _aside) is Restored.EMPTY
    assert not kept.exists()
    _registry(path, 1)


@pytest.mark.parametrize("seed", range(20))
def test_any_registry_is_sound_restored_or_empty(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    path = tmp_path / "registry.db"
    _registry(path, 30)
    backup(str(path), now=1e9)
    data = bytearray(path.read_bytes())
    start = rng.randrange(len(data))
    data[start : start + rng.choice((4, 5000))] = rng.randbytes(rng.choice((4, 5000)))
    path.write_bytes(data)
    outcome = restore_if_damaged(str(path), _aside)
    assert outcome is not Restored.EMPTY
    store = JobStore(str(path))
    assert len(store.list()) == 30 or outcome is Restored.SOUND
    store.close()


_HOLDER = """
import sys
from pumas_tui.core.db.connection import Synchronous, connect, transaction
conn = connect(sys.argv[1], Synchronous.FULL)
with transaction(conn):
    conn.execute("CREATE TABLE IF NOT EXISTS held (x)")
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_a_writer_waits_for_another_process(tmp_path: Path) -> None:
    path = str(tmp_path / "some.db")
    conn = connect(path, Synchronous.FULL)
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None and holder.stdout.readline() == "held\n"
    conn.execute("PRAGMA busy_timeout=50")
    with pytest.raises(sqlite3.OperationalError, match="locked"), transaction(conn):
        raise AssertionError("the lock was not waited for")
    conn.execute("PRAGMA busy_timeout=20000")
    holder.communicate("go\n", timeout=20)
    with transaction(conn):
        assert conn.execute("SELECT count(*) FROM held").fetchone() == (0,)
    conn.close()


def test_a_nearly_full_disk_gets_no_shared_memory_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mapping `-shm` on a full disk kills the process; a database that others hold in WAL stays as it is."""
    path = tmp_path / "registry.db"
    _registry(path, 3)
    held = JobStore(str(path))
    monkeypatch.setattr("pumas_tui.core.db.connection.SPACE_FLOOR", 1 << 62)
    beside = JobStore(str(path))
    assert len(beside.list()) == 3
    assert (tmp_path / "registry.db-shm").stat().st_size > 0
    beside.close()
    held.close()
    with contextlib.closing(JobStore(str(path))) as store:
        store.add_many(JobKind.IMPORT, [NewJob({})])
        assert {entry.name for entry in tmp_path.iterdir()} <= {"registry.db", "registry.db-journal"}
    monkeypatch.undo()
    again = JobStore(str(path))
    assert len(again.list()) == 4
    assert (tmp_path / "registry.db-wal").exists()
    again.close()


def test_a_file_that_is_just_being_made_is_not_damaged(tmp_path: Path) -> None:
    """Another process has switched it to WAL, which writes its first page, and makes the tables next."""
    path = tmp_path / "models.db"
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA journal_mode=WAL")
        assert path.stat().st_size
        with contextlib.closing(IndexWriter(str(path))) as index:
            assert index.known() == {}
    assert is_usable(str(path))
