"""The HTTP client: the only module that knows httpx, which is loaded when the first call goes out.

One client speaks HTTP/2 to every host. An answer is bounded in time, in bytes after decompression and in
redirects. The token goes to the exact origin of the endpoint (scheme, host, port) and nowhere else, however a
call got there; it is in no error and in no address.
"""

import asyncio
import contextlib
import logging
import re
import time
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Protocol

from pumas_tui import __version__
from pumas_tui.core.domain.errors import NetworkError
from pumas_tui.core.net import streams
from pumas_tui.core.net.calls import CALL_S, CONNECT_S, Answer, Call, NoAnswerError, UnusableAnswerError, Why

if TYPE_CHECKING:
    import ssl

    import httpx

MOST_BYTES = 5 << 20
MOST_REDIRECTS = 5
STALL_S = 20.0
"""A download that brings nothing for so long has been cut."""
_AGENT = f"pumas-tui/{__version__}"
_REDIRECTS = (301, 302, 303, 307, 308)
_GZIP = 31  # zlib's code for a gzip header
_TELL_TOO_MUCH = ("httpx", "httpcore", "hpack")
"""Loggers that write down headers and signed addresses."""
_TOKEN = re.compile(r"[\x21-\x7e]{1,1000}")


@dataclass(frozen=True, slots=True)
class Access:
    """Where the Hub is, and the token for it; empty: none. The token never shows in a repr."""

    endpoint: str
    token: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if self.token and not _TOKEN.fullmatch(self.token):  # it could end up in the message of an error
            object.__setattr__(self, "token", "")


class HttpClient:
    """The lowest transport. For one event loop; made at its first call, closed by its owner with `close`."""

    def __init__(self, access: Access, trusted: "ssl.SSLContext | None" = None) -> None:
        """`trusted`: TLS settings in place of the system's."""
        self._access = access
        self._trusted = trusted
        self._client: httpx.AsyncClient | None = None
        self._opening = asyncio.Lock()

    async def close(self) -> None:
        """Close all connections; a later call opens them again."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def send(self, call: Call) -> Answer:
        """The answer of any status, redirects followed. A cut connection is tried once more on a fresh one:
        a server may end one at any time. Raises NoAnswerError, UnusableAnswerError."""
        client = await self._opened()
        if call.left_s <= 0:  # tells nothing of the server
            raise UnusableAnswerError("the time for this look-up is over")
        failure = await self._tried(client, call)
        if isinstance(failure, NoAnswerError) and failure.why is Why.CUT and call.left_s > 0:
            fresh = await asyncio.to_thread(self._made)
            async with fresh:
                failure = await self._tried(fresh, call)
        if isinstance(failure, Answer):
            return failure
        raise failure

    async def _tried(self, client: "httpx.AsyncClient", call: Call) -> Answer | NetworkError:
        """The answer, or the error as a value: it has no context, in which httpx would keep the headers."""
        import httpx

        host = httpx.URL(call.url).host
        try:
            async with asyncio.timeout(max(0.0, min(CALL_S, call.left_s))):
                return await self._answered(client, call)
        except UnusableAnswerError as error:
            return UnusableAnswerError(error.message)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            return _failure(error, host)

    async def _answered(self, client: "httpx.AsyncClient", call: Call) -> Answer:
        headers = {"accept-encoding": "identity" if call.identity else "gzip", **call.headers}
        async with self._reached(client, call, headers) as response:
            body = b"" if call.method == "HEAD" else await _body(response)
            return Answer(response.status_code, _plain(response), body, time.time())

    @asynccontextmanager
    async def stream(self, call: Call) -> AsyncIterator[tuple[int, Mapping[str, str], AsyncIterator[bytes]]]:
        """Status, headers and the bytes as they come, for files of any size. No total time: a stall ends it.

        Raises NoAnswerError, UnusableAnswerError, also out of the iterator.
        """
        import httpx

        client = await self._opened()
        failure: NetworkError | None = None
        try:
            headers = {"accept-encoding": "identity", **call.headers}
            async with self._reached(client, call, headers) as response:
                yield response.status_code, _plain(response), response.aiter_raw()
        except httpx.HTTPError as error:
            failure = _failure(error, httpx.URL(call.url).host)
        if failure is not None:
            raise failure

    @asynccontextmanager
    async def _reached(
        self, client: "httpx.AsyncClient", call: Call, headers: Mapping[str, str]
    ) -> AsyncIterator["httpx.Response"]:
        """The response at the end of the redirects, its body not read yet."""
        import httpx

        home, url = httpx.URL(self._access.endpoint), httpx.URL(call.url)
        start, method = url, call.method
        try:
            for _ in range(MOST_REDIRECTS + 1):
                request = client.build_request(
                    method, url, headers=self._headed(headers, url, home), content=call.body or None
                )
                response = await client.send(request, stream=True)
                target = _target(response, url)
                if target is None or (method != "GET" and not _same_origin(target, url)):
                    try:
                        yield response
                    finally:
                        with contextlib.suppress(httpx.HTTPError):
                            await response.aclose()
                    return
                await response.aclose()
                _check_target(start, target)
                url = target
            raise UnusableAnswerError(f"{start.host}: more than {MOST_REDIRECTS} redirects")
        finally:
            await streams.end_abandoned(client)

    def _headed(self, headers: Mapping[str, str], url: "httpx.URL", home: "httpx.URL") -> "httpx.Headers":
        import httpx

        sent = httpx.Headers({"user-agent": _AGENT, **headers})
        if self._access.token and _same_origin(url, home):
            sent["authorization"] = f"Bearer {self._access.token}"
        return sent

    async def _opened(self) -> "httpx.AsyncClient":
        async with self._opening:
            if self._client is None:  # loading httpx and the certificates takes 200 ms: not on the loop
                self._client = await asyncio.to_thread(self._made)
            return self._client

    def _made(self) -> "httpx.AsyncClient":
        import httpx

        for name in _TELL_TOO_MUCH:
            logging.getLogger(name).setLevel(logging.WARNING)
        client = httpx.AsyncClient(
            http2=True,
            verify=self._trusted if self._trusted is not None else True,
            timeout=httpx.Timeout(STALL_S, connect=CONNECT_S, write=CALL_S, pool=CALL_S),
            limits=httpx.Limits(max_connections=20, max_keepalive_connections=10, keepalive_expiry=60),
            follow_redirects=False,
        )
        client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # none is kept, none is sent
        return client


def host_of(url: str) -> str:
    """The host of an address."""
    import httpx

    return httpx.URL(url).host


class Hooks(Protocol):
    """What the Hub library's own calls pass: the same gate as ours. `before` raises to stop one."""

    def before(self, url: str) -> None: ...
    def after(self, url: str, status: int, headers: Mapping[str, str]) -> None: ...
    def failed(self) -> None: ...


def hooked_client(hooks: Hooks, trusted: "ssl.SSLContext | None" = None) -> "httpx.Client":
    """A synchronous client for the Hub library: every request passes the hooks first, redirects too."""
    import httpx

    class Hooked(httpx.HTTPTransport):
        """The library's calls, each through the gate."""

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            url = str(request.url)
            hooks.before(url)
            try:
                response = super().handle_request(request)
            except httpx.TransportError:
                hooks.failed()
                raise
            hooks.after(url, response.status_code, {n.lower(): v for n, v in response.headers.items()})
            return response

    verify = trusted if trusted is not None else True
    timeout = httpx.Timeout(CALL_S, connect=CONNECT_S)
    return httpx.Client(transport=Hooked(verify=verify, http2=True), timeout=timeout, follow_redirects=True)


def _port(url: "httpx.URL") -> int:
    return url.port or {"https": 443, "http": 80}.get(url.scheme, 0)


def _same_origin(one: "httpx.URL", other: "httpx.URL") -> bool:
    return (one.scheme, one.host, _port(one)) == (other.scheme, other.host, _port(other))


def _target(response: "httpx.Response", url: "httpx.URL") -> "httpx.URL | None":
    """Where a response redirects to; None when it does not."""
    import httpx

    place = response.headers.get("location")
    if response.status_code not in _REDIRECTS or not place:
        return None
    try:
        return url.join(place)
    except (httpx.InvalidURL, ValueError):
        return httpx.URL("invalid:")


def _check_target(start: "httpx.URL", target: "httpx.URL") -> None:
    """No redirect leaves TLS, and none brings a name and password of its own."""
    known = target.scheme == "https" or (target.scheme == "http" and start.scheme == "http")
    if not known or not target.host or target.userinfo:
        raise UnusableAnswerError(f"{start.host}: a redirect that is not followed")


def _plain(response: "httpx.Response") -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


async def _body(response: "httpx.Response") -> bytes:
    """The whole body, decompressed, `MOST_BYTES` at most: a small one may unfold to gigabytes."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", ""):
        raise UnusableAnswerError(f"{response.url.host}: an encoding that was not asked for")
    unfold = zlib.decompressobj(_GZIP) if encoding == "gzip" else None
    held = bytearray()
    async for chunk in response.aiter_raw():
        room = MOST_BYTES + 1 - len(held)
        try:
            held += unfold.decompress(chunk, room) if unfold is not None else chunk[:room]
        except zlib.error:
            raise UnusableAnswerError(f"{response.url.host}: a body that cannot be unpacked") from None
        if len(held) > MOST_BYTES:
            raise UnusableAnswerError(f"{response.url.host}: an answer of more than {MOST_BYTES >> 20} MB")
    return bytes(held)


def _failure(error: Exception, host: str) -> NetworkError:
    """Our word for what httpx says; its own text may hold what was sent. `host`: the one that was asked."""
    import httpx

    if isinstance(error, httpx.RequestError):
        with contextlib.suppress(RuntimeError):  # an error that belongs to no request
            host = error.request.url.host

    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return NoAnswerError(f"{host} did not answer in time", Why.TIMEOUT, host)
    if isinstance(error, httpx.ConnectError | httpx.ProxyError):
        return NoAnswerError(f"{host} cannot be reached", Why.CONNECT, host)
    if isinstance(error, httpx.UnsupportedProtocol | httpx.LocalProtocolError | httpx.InvalidURL):
        return UnusableAnswerError(f"{host}: a call that cannot be made")
    return NoAnswerError(f"{host} broke the connection off", Why.CUT, host)
