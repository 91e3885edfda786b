"""Whatever a server answers, a look-up ends soon, takes little memory, and says that it failed."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pumas_tui.core.db.lookups import Lookups
from pumas_tui.core.domain.errors import NetworkError, NotFoundError, PumasError
from pumas_tui.core.domain.network_state import NetworkStatus
from pumas_tui.core.net import client, transports
from pumas_tui.core.net.calls import Asking, Freshness
from pumas_tui.core.net.session import Options, Session
from tests.core.net.conftest import Joined, set_aside
from tests.hub import behaviours as b
from tests.hub.behaviours import Behaviour
from tests.hub.serving import Hub
from tests.hub.wire import Answer

_BOUND_S = 6.0
_ROOM = 50 << 20


@pytest.fixture(autouse=True)
def short_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call may take half a second instead of seven, and a retry does not wait."""
    monkeypatch.setattr(client, "CALL_S", 0.5)
    monkeypatch.setattr(transports, "_FIRST_PAUSE_S", 0.01)


def encoded(name: str, content: bytes) -> Behaviour:
    return b.Says(Answer(200, {"Content-Type": "application/json", "Content-Encoding": name}, content))


HOSTILE: dict[str, Behaviour] = {
    "garbage": b.body(b"\x00\xff{]"),
    "captive portal": b.body(b"<html>log in</html>", "text/html"),
    "empty": b.body(b""),
    "wrong json": b.body(b'{"error": []}'),
    "another shape": b.body(b'[1, null, {"id": 7}]'),
    "deep json": b.deep_json(200_000),
    "huge number": b.body(b'{"id": "org/tiny", "downloads": ' + b"9" * 100_000 + b"}"),
    "many values": b.body(b"[" + b"{}," * 900_000 + b"{}]"),
    "flood": b.Floods(400, compressed=False),
    "zip bomb": b.Floods(400),
    "broken gzip": encoded("gzip", b"\x1f\x8b\x08nonsense"),
    "another encoding": encoded("br", b"\x00"),
    "redirects for ever": b.Loops(),
    "redirect to a file": b.moved("file:///etc/passwd"),
    "redirect to nowhere": b.moved("http://[::bad"),
    "redirect with a password": b.moved("http://me:secret@127.0.0.1:1/"),
    "silent": b.Silent(),
    "slow headers": b.Slow(first_byte_s=30),
    "a byte at a time": b.Slow(bytes_per_s=20),
    "stalls": b.Stalls(10),
    "cut": b.Cut(10),
    "reset": b.Cut(10, reset=True),
    "hangs up": b.Hangs(),
    "not http": b.Raw(b"220 smtp ready\r\n"),
    "endless headers": b.Raw(b"HTTP/1.1 200 OK\r\n" + b"X-A: " + b"a" * 400_000),
    "length lies": b.Altered({"Content-Length": "5000000"}),
    "teapot": b.error(418),
    "500": b.error(500),
}
_BOTH = ["garbage", "deep json", "flood", "zip bomb", "redirects for ever", "silent", "slow headers"]
_BOTH += ["a byte at a time", "stalls", "cut", "hangs up", "500", "not http", "many values"]


@pytest.fixture
def peak() -> Iterator[None]:
    """The process never held 50 MB more than before."""
    Path("/proc/self/clear_refs").write_text("5")  # forgets the peak so far
    before = _kb("VmHWM")
    yield
    assert (_kb("VmHWM") - before) << 10 < _ROOM


def _kb(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


async def fails(session: Session) -> NetworkError:
    began = time.monotonic()
    with pytest.raises(NetworkError) as failed:
        await (await session.hub()).model("org/tiny", Asking(freshness=Freshness.FRESH))
    assert time.monotonic() - began < _BOUND_S
    return failed.value


@pytest.mark.usefixtures("peak")
@pytest.mark.parametrize("name", HOSTILE)
async def test_over_http1(name: str, hub: Hub, joined: Joined) -> None:
    hub.behave("GET /api/*", HOSTILE[name])
    async with joined(hub) as session:
        error = await fails(session)
        assert error.message.isprintable()
        assert "secret" not in error.message
    assert [r for r in hub.every_request() if not r.path.startswith("/api/models")] == []


@pytest.mark.usefixtures("peak")
@pytest.mark.parametrize("name", _BOTH)
async def test_over_http2(name: str, secure_hub: Hub, joined: Joined) -> None:
    secure_hub.behave("GET /api/*", HOSTILE[name])
    async with joined(secure_hub) as session:
        await fails(session)


@pytest.mark.usefixtures("peak")
@pytest.mark.parametrize("compressed", [False, True])
async def test_an_answer_is_cut_off_at_five_megabytes(compressed: bool, hub: Hub, joined: Joined) -> None:
    hub.behave("GET /api/*", b.Floods(8, compressed=compressed))
    async with joined(hub) as session:
        assert "more than 5 MB" in (await fails(session)).message
        assert session.gate.state().status is NetworkStatus.ONLINE


@pytest.mark.parametrize("gone", [b.GoesAway(), b.ResetsStream(), b.ResetsStream(2), b.Hangs(), b.Cut(10)])
@pytest.mark.parametrize("tls", [False, True])
async def test_a_connection_that_ends_is_no_failure_of_the_server(
    gone: Behaviour, tls: bool, hub: Hub, secure_hub: Hub, joined: Joined
) -> None:
    asked = secure_hub if tls else hub
    asked.behave("GET /api/*", gone, times=1)
    async with joined(asked) as session:
        found = await (await session.hub()).model("org/tiny", Asking())
        assert found.repo_id == "org/tiny"
        assert session.gate.state().status is NetworkStatus.ONLINE
    assert asked.calls("GET /api/*") == 2
    assert asked.connections() == 2


async def test_strings_of_the_hub_are_kept_as_text_and_bounded(hub: Hub, joined: Joined) -> None:
    wild = b'"\\u001b]52;c;AAAA\\u0007 \\ud800 \\u0000 ' + b"x" * 5000 + b'"'
    body = b'{"id": "org/tiny", "tags": [' + wild + b'], "siblings": [{"rfilename": "../../etc/passwd"}]}'
    hub.behave("GET /api/*", b.body(body))
    async with joined(hub) as session:
        found = await (await session.hub()).model("org/tiny", Asking())
    assert found.files == ()
    assert len(found.tags[0]) <= 500
    found.tags[0].encode("utf-8")
    assert "\0" not in found.tags[0]


def test_a_damaged_cache_is_a_miss_and_begins_anew(tmp_path: Path, hub: Hub) -> None:
    """Any page of hub.db overwritten: look-ups go on, and no wrong answer is ever given."""
    import asyncio

    path = tmp_path / "hub.db"

    async def ask() -> str:
        store = Lookups(str(path), set_aside)
        session = Session(store, Options(hub.endpoint, hub.civitai.endpoint, lambda: True, token=""))
        try:
            return (await (await session.hub()).model("org/tiny", Asking())).revision
        except PumasError as error:
            return type(error).__name__
        finally:
            await session.close()
            store.close()

    expected = asyncio.run(ask())
    whole = path.read_bytes()
    for offset in range(0, len(whole), 1500):
        damaged = bytearray(whole)
        damaged[offset : offset + 40] = os.urandom(len(damaged[offset : offset + 40]))
        for suffix in ("-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
        path.write_bytes(damaged)
        assert asyncio.run(ask()) == expected, offset


async def test_not_found_is_no_failure_of_the_network(hub: Hub, joined: Joined) -> None:
    async with joined(hub, token="hf_granted") as session:
        with pytest.raises(NotFoundError):
            await (await session.hub()).model("nobody/nothing", Asking())
        assert session.gate.state().status is NetworkStatus.ONLINE
