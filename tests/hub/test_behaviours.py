"""Every way in which the local Hub can misbehave reaches a client as it should, over HTTP/1.1 and HTTP/2."""

import gzip
import json
import ssl
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.hub import dead
from tests.hub.behaviours import (
    Altered,
    Behaviour,
    Cut,
    Floods,
    GoesAway,
    Hangs,
    Leaves,
    Loops,
    Raw,
    ResetsStream,
    Silent,
    Slow,
    Stalls,
    body,
    deep_json,
    error,
    http_date,
    moved,
    too_many,
)
from tests.hub.conftest import WEIGHTS, stock
from tests.hub.repos import CivitaiVersion
from tests.hub.serving import Hub, serving

if TYPE_CHECKING:
    import httpx

INFO = "/api/models/org/tiny"
WEIGHTS_URL = "/org/tiny/resolve/main/model.safetensors"


@pytest.fixture(params=["1.1", "2"])
def served(request: pytest.FixtureRequest) -> Iterator[tuple[Hub, "httpx.Client"]]:
    """A Hub and a client of it: HTTP/1.1 in the clear, HTTP/2 over TLS."""
    import httpx

    with (
        serving(*stock(), tls=request.param == "2") as hub,
        httpx.Client(base_url=hub.endpoint, http2=True, verify=hub.client_context(), timeout=5) as client,
    ):
        yield hub, client
        assert {one.http for one in hub.requests} == {request.param}


def test_parallel_calls_share_one_http2_connection(secure_hub: Hub) -> None:
    import httpx

    with httpx.Client(http2=True, verify=secure_hub.client_context()) as client:
        client.get(secure_hub.endpoint + INFO)
        with ThreadPoolExecutor(20) as pool:
            answers = [*pool.map(lambda _: client.get(secure_hub.endpoint + INFO), range(20))]
    assert {(one.status_code, one.http_version) for one in answers} == {(200, "HTTP/2")}
    assert (secure_hub.calls(f"GET {INFO}"), secure_hub.connections()) == (21, 1)


def test_nobody_else_trusts_the_certificate(secure_hub: Hub, tmp_path: Path) -> None:
    import httpx

    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(secure_hub.endpoint + INFO)
    trust = ssl.create_default_context(cafile=secure_hub.write_ca(tmp_path / "ca.pem"))
    assert httpx.get(secure_hub.endpoint + INFO, verify=trust).status_code == 200


def test_errors_and_bodies_are_sent_as_given(served: tuple[Hub, "httpx.Client"]) -> None:
    hub, client = served
    date = http_date(hub.clock() + 60)
    for given in ("30", date, "-5", "100000000000", "soon"):
        hub.behave("GET /api/*", too_many(given))
        limited = client.get(INFO)
        assert (limited.status_code, limited.headers["Retry-After"]) == (429, given)
    hub.behave("GET /api/*", error(403, "Not for you", "GatedRepo"))
    assert client.get(INFO).headers["X-Error-Code"] == "GatedRepo"
    hub.behave("GET /api/*", error(503))
    assert client.get(INFO).status_code == 503
    hub.behave("GET /api/*", body(b"<html>Log in to the hotel's network", "text/html"))
    with pytest.raises(json.JSONDecodeError):
        client.get(INFO).json()
    hub.behave("GET /api/*", deep_json(100_000))
    assert len(client.get(INFO).content) == 200_000
    hub.behave(f"HEAD {WEIGHTS_URL}", Altered({"X-Linked-ETag": '"wrong"', "X-Repo-Commit": ""}))
    head = client.head(WEIGHTS_URL)
    assert head.headers["X-Linked-ETag"] == '"wrong"' and "X-Repo-Commit" not in head.headers
    hub.relent()
    assert client.get(INFO).json()["id"] == "org/tiny"


def test_rules_spare_some_requests_and_end(served: tuple[Hub, "httpx.Client"]) -> None:
    hub, client = served
    hub.behave(f"GET {INFO}", error(500), times=2, after=1)
    assert [client.get(INFO).status_code for _ in range(5)] == [200, 500, 500, 200, 200]
    assert [one.status for one in hub.requests] == [200, 500, 500, 200, 200]
    assert client.get("/api/models").status_code == 200


def test_redirects_loop_and_lead_elsewhere(served: tuple[Hub, "httpx.Client"]) -> None:
    import httpx

    hub, client = served
    hub.behave(f"GET {INFO}", Loops(), times=3)
    assert client.get(INFO, follow_redirects=True).status_code == 200
    hub.behave(f"GET {INFO}", Loops())
    with pytest.raises(httpx.TooManyRedirects):
        client.get(INFO, follow_redirects=True)
    hub.behave(f"GET {INFO}", moved(hub.stranger.endpoint + INFO))
    token = {"Authorization": "Bearer hf_secret"}
    hub.tokens.add("hf_secret")
    assert client.get(INFO, follow_redirects=True, headers=token).json()["id"] == "org/tiny"
    assert hub.requests[-1].token == "hf_secret" and [one.token for one in hub.stranger.requests] == [""]
    assert len(hub.every_request()) == len(hub.requests) + 1


@pytest.mark.parametrize(
    ("behaviour", "trouble"),
    [
        (Hangs(), "RemoteProtocolError"),
        (Hangs(reset=True), "ReadError"),
        (Cut(10), "RemoteProtocolError"),
        (GoesAway(), "RemoteProtocolError"),
        (ResetsStream(), "RemoteProtocolError"),
        (Raw(b"HTTP/1.1 two hundred\r\n\r\n"), "RemoteProtocolError"),
        (Raw(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 200_000), "RemoteProtocolError"),
        (Silent(), "ReadTimeout"),
        (Stalls(10), "ReadTimeout"),
        (Slow(first_byte_s=9), "ReadTimeout"),
    ],
    ids=lambda given: given if isinstance(given, str) else type(given).__name__,
)
def test_an_answer_that_never_comes_whole(
    served: tuple[Hub, "httpx.Client"], behaviour: Behaviour, trouble: str
) -> None:
    import httpx

    hub, client = served
    if isinstance(behaviour, Hangs | ResetsStream):
        trouble = ""  # how the end of a connection is called depends on when it is noticed
    hub.behave(f"GET {INFO}", behaviour, times=1)
    with pytest.raises(httpx.TransportError) as failed:
        client.get(INFO, timeout=0.15 if trouble == "ReadTimeout" else 5)
    assert trouble in type(failed.value).__name__
    assert client.get(INFO).status_code == 200


def test_a_connection_that_ends_after_its_answer_is_not_used_again(
    served: tuple[Hub, "httpx.Client"],
) -> None:
    hub, client = served
    hub.behave(f"GET {INFO}", Leaves(), times=1)
    assert client.get(INFO).json()["id"] == "org/tiny"
    time.sleep(0.2)  # until the end of the connection has come through
    assert client.get(INFO).status_code == 200
    assert hub.connections() == 2


def test_who_has_the_answer_already_gets_no_body(served: tuple[Hub, "httpx.Client"]) -> None:
    hub, client = served
    tag = client.get(INFO).headers["ETag"]
    again = client.get(INFO, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["RateLimit"].startswith('"api";r=498;')
    hub.add(replace(hub.repos["org/tiny"], downloads=501))
    assert client.get(INFO, headers={"If-None-Match": tag}).json()["downloads"] == 501


def test_one_reset_stream_leaves_the_others_alone(secure_hub: Hub) -> None:
    import httpx

    secure_hub.behave(f"GET {INFO}", Slow(first_byte_s=0.1), times=1)
    secure_hub.behave("GET /api/models/org/gated", ResetsStream())
    with httpx.Client(http2=True, verify=secure_hub.client_context()) as client:
        client.get(secure_hub.endpoint + "/api/models")
        with ThreadPoolExecutor(1) as pool:
            slow = pool.submit(client.get, secure_hub.endpoint + INFO)
            while not secure_hub.calls(f"GET {INFO}"):
                time.sleep(0.005)
            with pytest.raises(httpx.RemoteProtocolError):
                client.get(secure_hub.endpoint + "/api/models/org/gated")
            assert slow.result().status_code == 200
    assert secure_hub.connections() == 1


def test_slow_bytes_come_in_time(served: tuple[Hub, "httpx.Client"]) -> None:
    hub, client = served
    hub.storage.behave("*", Slow(bytes_per_s=len(WEIGHTS) * 5))
    started = time.monotonic()
    assert client.get(WEIGHTS_URL, follow_redirects=True).content == WEIGHTS
    assert time.monotonic() - started >= 0.2


def test_a_flood_is_valid_json_and_small_on_the_wire(served: tuple[Hub, "httpx.Client"]) -> None:
    hub, client = served
    hub.behave(f"GET {INFO}", Floods(8))
    with client.stream("GET", INFO) as answer:
        packed = b"".join(answer.iter_raw())
    assert len(packed) < 200_000 and gzip.decompress(packed) == b"[" + b" " * (8 << 20) + b"]"
    hub.behave(f"GET {INFO}", Floods(4, compressed=False))
    assert client.get(INFO).json() == []
    hub.behave(f"GET {INFO}", Floods(100_000))
    with client.stream("GET", INFO) as answer:
        assert next(answer.iter_bytes())
    assert client.get("/api/models").status_code == 200


Asking = Callable[..., "httpx.Response"]


@pytest.fixture
def at_storage(served: tuple[Hub, "httpx.Client"]) -> Asking:
    """Asks the storage host for the weights, with these headers."""
    hub, client = served
    signed = client.head(WEIGHTS_URL).headers["Location"]
    assert signed.startswith(hub.storage.endpoint)
    return lambda **headers: client.get(signed, headers=headers)


def test_ranges_resume_a_download(at_storage: Asking) -> None:
    size = len(WEIGHTS)
    part = at_storage(Range="bytes=100-199")
    assert (part.status_code, part.content) == (206, WEIGHTS[100:200])
    assert part.headers["Content-Range"] == f"bytes 100-199/{size}"
    assert at_storage(Range=f"bytes={size - 5}-").content == WEIGHTS[-5:]
    assert at_storage(Range="bytes=-7").content == WEIGHTS[-7:]
    beyond = at_storage(Range=f"bytes={size}-")
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{size}")
    tag = part.headers["ETag"]
    assert at_storage(Range="bytes=0-0", **{"If-Range": tag}).status_code == 206
    assert at_storage(Range="bytes=0-0", **{"If-Range": '"older"'}).status_code == 200


def test_storage_refuses_tokens_and_old_signatures(
    served: tuple[Hub, "httpx.Client"], at_storage: Asking
) -> None:
    assert at_storage(Authorization="Bearer hf_leaked").status_code == 400
    assert served[0].storage.requests[-1].token == "hf_leaked"
    assert at_storage().status_code == 200
    served[0].clock.advance(3601)
    assert at_storage().status_code == 403


def test_small_text_is_compressed_for_whom_takes_it(served: tuple[Hub, "httpx.Client"]) -> None:
    url = "/org/tiny/resolve/main/config.json"
    _, client = served
    packed = client.get(url, follow_redirects=True)
    assert packed.headers["Content-Encoding"] == "gzip" and "Content-Length" not in packed.headers
    bare = client.get(url, follow_redirects=True, headers={"Accept-Encoding": "identity"})
    assert (bare.headers["Content-Length"], bare.content) == ("8", b'{"a": 1}')


def test_civitai_finds_a_version_by_hash_on_a_host_of_its_own(served: tuple[Hub, "httpx.Client"]) -> None:
    hub, client = served
    hub.versions.append(CivitaiVersion("Inky", "v2", "ab" * 32, "inky.safetensors", 2048))
    url = hub.civitai.endpoint + "/api/v1/model-versions/by-hash/"
    told = client.get(url + ("AB" * 32)).json()
    assert (told["model"]["name"], told["files"][0]["sizeKB"]) == ("Inky", 2.0)
    assert client.get(url + "00").status_code == 404
    assert client.get("/api/models").status_code == 200
    assert hub.civitai.calls() == 2


def test_the_network_goes_and_comes_back(served: tuple[Hub, "httpx.Client"]) -> None:
    import httpx

    hub, client = served
    assert client.get(INFO).status_code == 200
    before = hub.endpoint
    hub.down()
    with pytest.raises(httpx.TransportError):
        client.get(INFO)
    with pytest.raises(httpx.ConnectError):
        client.get(INFO)
    hub.up()
    assert (client.get(INFO).status_code, hub.endpoint) == (200, before)


def test_endpoints_that_never_work() -> None:
    import httpx

    with pytest.raises(httpx.ConnectError):
        httpx.get(dead.refusing())
    with dead.silent() as endpoint, pytest.raises(httpx.ReadTimeout):
        httpx.get(endpoint, timeout=0.1)
    with dead.silent() as endpoint, pytest.raises(httpx.ConnectTimeout):
        httpx.get(endpoint.replace("http:", "https:"), timeout=0.1)
    with dead.black_hole() as endpoint, pytest.raises(httpx.ConnectTimeout):
        httpx.get(endpoint, timeout=0.1)


def test_closing_does_not_wait_for_requests_that_hang() -> None:
    import httpx

    with ThreadPoolExecutor(1) as pool:
        with serving(*stock()) as hub:
            hub.behave("*", Silent())
            hanging = pool.submit(httpx.get, hub.endpoint + INFO, timeout=30)
            while not hub.requests:
                time.sleep(0.005)
            started = time.monotonic()
        assert time.monotonic() - started < 2
        assert isinstance(hanging.exception(5), httpx.TransportError)
