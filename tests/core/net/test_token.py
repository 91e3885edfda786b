"""The token goes to the exact origin of the endpoint, and nowhere else: no redirect, link or error has it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from pumas_tui.core.domain.errors import PumasError
from pumas_tui.core.net import hub_library
from pumas_tui.core.net.calls import Asking, Call, Freshness
from pumas_tui.core.net.client import Access
from pumas_tui.core.net.downloading import Fetch, Pace
from pumas_tui.core.net.transports import Gate
from tests.core.net.conftest import Joined, Switch
from tests.core.net.test_same_answers import Bytes
from tests.hub import behaviours as b
from tests.hub.serving import Hub
from tests.hub.wire import Answer

CANARY = "hf_CANARY0123456789"

MATRIX: dict[str, Callable[[Hub], str]] = {
    "another port": lambda hub: f"{hub.stranger.endpoint}/api/models/org/tiny",
    "another host": lambda hub: f"{hub.storage.endpoint}/x",
    "a third host": lambda hub: f"{hub.civitai.endpoint}/x",
    "host by name": lambda hub: hub.endpoint.replace("127.0.0.1", "localhost") + "/api/models/org/tiny",
    "scheme left out": lambda hub: hub.stranger.endpoint.removeprefix("http:") + "/x",
    "password before the host": lambda hub: hub.endpoint.replace("://", "://hub@") + "/x",
    "the endpoint as a password": lambda hub: hub.stranger.endpoint.replace("://", "://127.0.0.1:80@") + "/x",
    "a backslash": lambda hub: hub.endpoint + "\\@" + hub.storage.endpoint.removeprefix("http://"),
    "in the query": lambda hub: f"{hub.stranger.endpoint}/?to={hub.endpoint}",
    "there and back": lambda hub: f"{hub.stranger.endpoint}/back",
}


def strangers(hub: Hub) -> list[str]:
    """Everything that other origins were sent, and what the Hub was sent outside of its own header."""
    sent = []
    for request in hub.every_request():
        own = request.site == "hub" and request.headers.get("host") == hub.endpoint.removeprefix("http://")
        headers = {k: v for k, v in request.headers.items() if not (own and k == "authorization")}
        sent += [str(headers), request.target, request.body.decode("latin-1")]
    return sent


@pytest.mark.parametrize("name", MATRIX)
async def test_no_redirect_carries_it_elsewhere(name: str, hub: Hub, joined: Joined) -> None:
    hub.tokens.add(CANARY)
    hub.behave("GET /api/models/org/tiny", b.moved(MATRIX[name](hub), 307))
    hub.stranger.behave("GET /back*", b.moved(f"{hub.endpoint}/api/models/org/gated"))
    async with joined(hub, token=CANARY) as session:
        try:
            await (await session.hub()).model("org/tiny", Asking(freshness=Freshness.FRESH))
        except PumasError as error:
            assert CANARY not in repr(error) + error.message
    assert hub.requests[0].token == CANARY, "the endpoint itself got it"
    assert not any(CANARY in sent for sent in strangers(hub))


async def test_a_download_from_storage_goes_without_it(hub: Hub, joined: Joined) -> None:
    hub.tokens.add(CANARY)
    sink = Bytes()
    async with joined(hub, token=CANARY) as session:
        url = (await session.hub()).file_url("org/tiny", "model.safetensors", "main")
        await Fetch(url, 262144, 0, sink).run(await session.line(Pace(0)))
    assert hub.storage.requests
    assert not any(CANARY in sent for sent in strangers(hub))


async def test_a_next_page_elsewhere_is_no_page(hub: Hub, joined: Joined) -> None:
    link = {"Link": f'<{hub.stranger.endpoint}/api/models?cursor=1>; rel="next"'}
    hub.behave("GET /api/models", b.Says(Answer(200, link, b"[]")))
    async with joined(hub, token=CANARY) as session:
        assert (await (await session.hub()).search("x", Asking())).more == ""


async def test_no_cookie_is_kept(hub: Hub, joined: Joined) -> None:
    hub.behave("GET /api/models*", b.Altered({"Set-Cookie": "id=1; Path=/"}))
    async with joined(hub) as session:
        for _ in range(2):
            await (await session.hub()).model("org/tiny", Asking(freshness=Freshness.FRESH))
    assert not any("cookie" in request.headers for request in hub.requests)


@pytest.mark.parametrize("broken", ["hf_a\nb", "hf_a b", "hf_\xe9", "\x7f"])
def test_a_token_that_no_header_can_hold_is_none(broken: str) -> None:
    assert Access("https://huggingface.co", broken).token == ""
    assert "hf_good" not in repr(Access("https://huggingface.co", "hf_good"))


async def test_the_store_and_its_files_never_hold_it(hub: Hub, joined: Joined, tmp_path: Path) -> None:
    hub.tokens.add(CANARY)
    async with joined(hub, token=CANARY) as session:
        await (await session.hub()).search("tiny", Asking())
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or CANARY.encode() not in path.read_bytes()


def test_the_users_token_is_found_as_the_hubs_library_finds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("hf_from_login\n")
    probe = (
        "from pumas_tui.core.db.lookups import Lookups; from pumas_tui.core.net import hub_library;"
        "from pumas_tui.core.net.transports import Gate;"
        "print(hub_library.token(Gate(Lookups('/nowhere/hub.db', str), 'http://127.0.0.1:1')))"
    )
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    said = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "hf_from_login"


def test_the_librarys_own_calls_pass_our_gate(hub: Hub, store: object) -> None:
    import huggingface_hub

    from pumas_tui.core.db.lookups import Lookups

    assert isinstance(store, Lookups)
    switch = Switch()
    hub_library.join(Gate(store, hub.endpoint, allowed=switch, clock=hub.clock))
    try:
        api = huggingface_hub.HfApi(endpoint=hub.endpoint, token=False)
        assert api.model_info("org/tiny").id == "org/tiny"
        assert store.host(hub.endpoint).windows["api"].remaining == 499
        switch.on = False
        with pytest.raises(PumasError):
            api.model_info("org/tiny")
        assert hub.calls("GET /api/*") == 1
    finally:
        huggingface_hub.set_client_factory(lambda: httpx.Client(follow_redirects=True))


async def test_an_address_is_not_asked_for_by_another_scheme(hub: Hub, joined: Joined) -> None:
    async with joined(hub) as session:
        line = await session.line(Pace(0))
        with pytest.raises(PumasError):
            await line.client.send(Call("GET", "file:///etc/passwd", Asking()))
