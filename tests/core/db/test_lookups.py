"""hub.db: answers are kept within bounds, a row that is not as it was written is a miss, hosts are shared."""

import os
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from pumas_tui.core.db.lookups import Lookups
from pumas_tui.core.domain.kept_answers import KeptAnswer, key_of
from pumas_tui.core.domain.network_state import HostState


def set_aside(path: str) -> str:
    os.rename(path, path + ".aside")
    return path + ".aside"


@pytest.fixture
def open_store(tmp_path: Path) -> Callable[..., Lookups]:
    def opened(**options: int) -> Lookups:
        return Lookups(str(tmp_path / "hub.db"), set_aside, **options)

    return opened


def answer(body: bytes, at: float = 1000.0) -> KeptAnswer:
    return KeptAnswer("https://hub", 200, '"e"', at, body, (("link", "<x>"),))


def key(name: str, token: str = "") -> bytes:
    return key_of("https://hub", token, "GET", f"https://hub/{name}", b"")


def test_what_was_put_comes_back_also_in_another_process(open_store: Callable[..., Lookups]) -> None:
    one, other = open_store(), open_store()
    one.put(key("a"), answer(b"body"))
    assert other.get(key("a")) == answer(b"body")
    assert other.get(key("b")) is None
    one.close()
    other.close()


def test_keys_differ_by_every_part_and_hold_no_token() -> None:
    parts = [
        ("https://hub", "", "GET", "u", b""),
        ("https://other", "", "GET", "u", b""),
        ("https://hub", "t", "GET", "u", b""),
        ("https://hub", "t2", "GET", "u", b""),
        ("https://hub", "", "POST", "u", b""),
        ("https://hub", "", "GET", "u2", b""),
        ("https://hub", "", "GET", "u", b"b"),
    ]
    assert len({key_of(*part) for part in parts}) == len(parts)


def test_the_oldest_answers_make_room(open_store: Callable[..., Lookups]) -> None:
    store = open_store(most_bytes=10_000)
    for n in range(20):
        store.put(key(str(n)), answer(b"x" * 1000, at=n))
    kept = [n for n in range(20) if store.get(key(str(n))) is not None]
    assert kept == list(range(kept[0], 20))
    assert 5 <= len(kept) <= 10
    store.put(key("huge"), answer(b"x" * 9000, at=99))
    assert store.get(key("huge")) is None, "one answer never pushes out all others"
    store.close()


@pytest.mark.parametrize(
    "column", ["body = x'00'", "etag = 'z'", "status = 404", "fetched_at = 1.5", "headers = '{'"]
)
def test_a_row_that_was_changed_is_a_miss(
    open_store: Callable[..., Lookups], tmp_path: Path, column: str
) -> None:
    store = open_store()
    store.put(key("a"), answer(b"body"))
    with sqlite3.connect(tmp_path / "hub.db") as conn:
        conn.execute(f"UPDATE answers SET {column}")
    conn.close()
    assert store.get(key("a")) is None
    store.put(key("a"), answer(b"new"))
    assert store.get(key("a")) == answer(b"new")
    store.close()


def test_a_row_under_another_key_is_a_miss(open_store: Callable[..., Lookups], tmp_path: Path) -> None:
    store = open_store()
    store.put(key("a", "mine"), answer(b"private"))
    with sqlite3.connect(tmp_path / "hub.db") as conn:
        conn.execute("UPDATE answers SET key = ?", (key("a"),))
    conn.close()
    assert store.get(key("a")) is None
    store.close()


@pytest.mark.parametrize("content", [b"no database", b"SQLite format 3\0" + b"\xff" * 4096, b""])
def test_a_file_that_is_no_database_makes_way(
    open_store: Callable[..., Lookups], tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "hub.db").write_bytes(content)
    store = open_store()
    store.put(key("a"), answer(b"body"))
    assert store.get(key("a")) == answer(b"body")
    store.close()


def test_without_a_place_nothing_is_kept_and_hosts_are_known_to_this_process(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = Lookups(str(tmp_path / "file" / "hub.db"), set_aside)
    store.put(key("a"), answer(b"body"))
    assert store.get(key("a")) is None
    for _ in range(3):
        store.change_host("h", lambda host: (host.failed(5.0), None))
    assert store.host("h").breaker.failures == 3
    store.close()


def test_many_at_once_lose_no_count(tmp_path: Path) -> None:
    """Also where all of them find no file: none sets aside what another one is just making."""
    for fresh in range(20):
        stores = [Lookups(str(tmp_path / f"hub{fresh}.db"), set_aside) for _ in range(4)]

        def work(store: Lookups) -> None:
            for _ in range(5):
                store.change_host("h", lambda host: (host.failed(5.0), None))

        threads = [threading.Thread(target=work, args=(store,)) for store in stores]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert stores[0].host("h").breaker.failures == 20
        for store in stores:
            store.close()


def test_a_state_that_cannot_be_read_is_none(open_store: Callable[..., Lookups], tmp_path: Path) -> None:
    store = open_store()
    store.change_host("h", lambda host: (host.failed(5.0), None))
    with sqlite3.connect(tmp_path / "hub.db") as conn:
        conn.execute("UPDATE hosts SET state = '[[[['")
    conn.close()
    assert store.host("h") == HostState()
    store.close()
