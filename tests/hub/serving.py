"""A local Hugging Face Hub for tests. How to use it:

    from tests.hub.repos import lfs, model
    from tests.hub.serving import serving

    with serving(model("org/name", {"model.safetensors": b"…", "config.json": "{}"}, downloads=10)) as hub:
        ...                                   # hub.endpoint is "http://127.0.0.1:port"

- `serving(*repos, tls=True)` speaks HTTP/2 over TLS; `hub.client_context()` trusts it, `hub.write_ca(path)`
  writes the PEM for `SSL_CERT_FILE` of a child process.
- Repos: `hub.add(*repos)` any time, `hub.repos` by id; `lfs`, `plain`, `claimed` make files. `hub.versions`
  are Civitai's. `hub.tokens` are valid; `Repo.granted` tokens also read private and gated repos.
- Four hosts, each a `Site` with `endpoint`, `requests`, `calls`, `behave`: `hub.main` (also as `hub.…`),
  `hub.storage` (another host; LFS bytes; answers 400 to a token), `hub.civitai` (a third host) and
  `hub.stranger` (host of the Hub, another port, always plain http; answers like the Hub: a place to
  redirect a client to that must not get its token).
- Records: `hub.requests` are `wire.Request` in order of arrival (`.line` is "GET /path", `.token`,
  `.headers`, `.connection`, `.http`, `.status`, `.at`); `hub.every_request()` are those of all hosts;
  `hub.calls("GET /api/*")` counts; `hub.connections()` is how many connections brought requests.
- Misbehaviour: `hub.behave("GET /api/models*", Slow(first_byte_s=1), times=2, after=1)`. The pattern is
  matched against `.line` (`*` crosses slashes); the rule that was given last wins; `after` requests are
  spared first, `times` are hit. `hub.relent()` forgets all rules. See `behaviours.py` for what there is:
  error, too_many, body, deep_json, moved, Loops, Altered, Slow, Cut, Stalls, Waits, Silent, Hangs, Leaves,
  GoesAway, ResetsStream, Raw, Floods, Says.
- Rate limits: `hub.limits.api.quota = 3`, `hub.limits.resolvers.quota`; the window ends when
  `hub.clock.advance(301)` says so. The clock stands still otherwise and starts at the time of day, so a
  client under test can be given the same one. Signed storage URLs expire after an hour of it.
- Pages: `hub.page_size = 2` makes lists and trees come in pages of at most two.
- Network: `hub.down()` refuses connections and ends those there are, `hub.up()` listens on the same port
  again. Endpoints that never worked are in `dead.py`.

Threads: the Hub runs on one of its own; everything here may be called from any. Starts in a few ms.
"""

import fnmatch
import itertools
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl

from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, Scope

from tests.hub.access import Catalogue, taken_apart
from tests.hub.api import Api
from tests.hub.behaviours import Behaviour
from tests.hub.civitai import PREFIX as CIVITAI_PREFIX
from tests.hub.civitai import Civitai
from tests.hub.exchange import Exchange
from tests.hub.files import Resolver, Storage
from tests.hub.limits import Clock, Limits
from tests.hub.listening import Listener, Loop, authority, client_context
from tests.hub.repos import CivitaiVersion, Repo
from tests.hub.wire import Answer, Endpoint, Request, refusal, revalidated

_RESOLVE_CACHE = "/api/resolve-cache/models/"
_PAGE = 1000


@dataclass
class _Rule:
    pattern: str
    behaviour: Behaviour
    spared: int
    left: int | None

    def takes(self, request: Request) -> bool:
        """Whether this request is one for the rule; counts it."""
        if not fnmatch.fnmatchcase(request.line, self.pattern) or self.left == 0:
            return False
        if self.spared:
            self.spared -= 1
            return False
        if self.left is not None:
            self.left -= 1
        return True


class Site:
    """One host: what it was asked, and how it misbehaves."""

    def __init__(
        self, name: str, host: str, usual: Endpoint, clock: Clock, numbers: "itertools.count[int]", tls: bool
    ) -> None:
        self.name = name
        self.requests: list[Request] = []
        self._usual = usual
        self._clock = clock
        self._rules: list[_Rule] = []
        self.listener = Listener(self._app, host, tls=tls, numbers=numbers)

    @property
    def endpoint(self) -> str:
        """`scheme://host:port`"""
        return self.listener.endpoint

    def calls(self, pattern: str = "*") -> int:
        """How many requests had a method and path like the pattern."""
        return sum(fnmatch.fnmatchcase(request.line, pattern) for request in self.requests)

    def connections(self) -> int:
        """How many connections brought requests."""
        return len({request.connection for request in self.requests})

    def behave(self, pattern: str, behaviour: Behaviour, *, times: int | None = None, after: int = 0) -> None:
        """From now on, `behaviour` for `times` matching requests, after letting `after` of them pass."""
        self._rules.append(_Rule(pattern, behaviour, after, times))

    def relent(self) -> None:
        """Behaves again."""
        self._rules.clear()

    async def _app(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] != "http":
            return
        connection = scope["state"]["connection"]
        raw, query = scope["raw_path"].decode(), scope["query_string"].decode()
        request = Request(
            site=self.name,
            method=scope["method"],
            path=scope["path"],
            target=f"{raw}?{query}" if query else raw,
            headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
            http=scope["http_version"],
            connection=connection.number,
            stream=connection.next_stream(),
            at=self._clock(),
            query=parse_qsl(query, keep_blank_values=True),
        )
        self.requests.append(request)
        request.body = await _read(receive)
        exchange = Exchange(request, connection, self._usual, receive, send)
        for rule in reversed(self._rules):
            if rule.takes(request):
                await rule.behaviour.play(exchange)
                return
        await exchange.answer(self._usual(request))


async def _read(receive: ASGIReceiveCallable) -> bytes:
    content = bytearray()
    while True:
        event = await receive()
        if event["type"] != "http.request":
            return bytes(content)
        content += event["body"]
        if not event["more_body"]:
            return bytes(content)


class Hub:
    """The running Hub. Made by `serving`."""

    def __init__(self, *, tls: bool) -> None:
        self.clock = Clock()
        self.limits = Limits(self.clock)
        self._catalogue = Catalogue()
        self._api = Api(self._catalogue, _PAGE)
        self._resolver = Resolver(self._catalogue, self.clock)
        self._civitai = Civitai()
        storage = Storage(self._catalogue, self.clock)
        numbers = itertools.count(1)
        self.main = Site("hub", "127.0.0.1", self._limited, self.clock, numbers, tls)
        self.storage = Site("storage", "127.0.0.2", storage.blob, self.clock, numbers, tls)
        self.civitai = Site("civitai", "127.0.0.3", self._at_civitai, self.clock, numbers, tls)
        self.stranger = Site("stranger", "127.0.0.1", self._limited, self.clock, numbers, False)
        self._sites = (self.main, self.storage, self.civitai, self.stranger)
        self.requests = self.main.requests
        self.calls = self.main.calls
        self.connections = self.main.connections
        self.behave = self.main.behave
        self._loop = Loop()
        self._closed = False
        self.up()
        self._catalogue.endpoint = self.endpoint
        self._resolver.storage = self.storage.endpoint

    @property
    def endpoint(self) -> str:
        """`scheme://host:port` for `HF_ENDPOINT`."""
        return self.main.endpoint

    @property
    def repos(self) -> dict[str, Repo]:
        """By id; changed by `add`."""
        return self._catalogue.repos

    @property
    def tokens(self) -> set[str]:
        return self._catalogue.tokens

    @property
    def versions(self) -> list[CivitaiVersion]:
        return self._civitai.versions

    @property
    def page_size(self) -> int:
        return self._api.page_size

    @page_size.setter
    def page_size(self, size: int) -> None:
        self._api.page_size = size

    def add(self, *repos: Repo) -> None:
        """Adds repos, or replaces those of the same id."""
        self._catalogue.repos = self.repos | {repo.id: repo for repo in repos}

    def every_request(self) -> list[Request]:
        """The requests of all hosts, host by host."""
        return [request for site in self._sites for request in site.requests]

    def relent(self) -> None:
        """All hosts behave again."""
        for site in self._sites:
            site.relent()

    def client_context(self) -> ssl.SSLContext:
        return client_context()

    def write_ca(self, path: Path) -> Path:
        """The certificate authority as PEM, for `SSL_CERT_FILE`."""
        authority().cert_pem.write_to_path(str(path))
        return path

    def down(self) -> None:
        """No network: connections are refused, those there are end."""
        for site in self._sites:
            self._loop.run(site.listener.stop())

    def up(self) -> None:
        """The network is back, every host on its old port."""
        for site in self._sites:
            self._loop.run(site.listener.start())

    def close(self) -> None:
        """Stops for good; a second call does nothing."""
        if not self._closed:
            self._closed = True
            self.down()
            self._loop.close()

    def _limited(self, request: Request) -> Answer:
        answer = self.limits.refused(request) or revalidated(request, self._hub(request))
        answer.headers = {**self.limits.headers(request), **answer.headers}
        return answer

    def _hub(self, request: Request) -> Answer:
        if refused := self._catalogue.unknown_token(request):
            return refused
        path = request.path
        if path.rstrip("/") == "/api/models":
            return self._api.models(request)
        if path.startswith("/api/models/"):
            return self._of_repo(request, path.removeprefix("/api/models/"))
        if path.startswith(_RESOLVE_CACHE):
            owner, name, commit, *rest = path.removeprefix(_RESOLVE_CACHE).split("/")
            return self._of_repo(request, f"{owner}/{name}/cached/{commit}/{'/'.join(rest)}")
        return self._of_repo(request, path)

    def _of_repo(self, request: Request, path: str) -> Answer:
        asked = taken_apart(path)
        at = self._catalogue.find(request, asked)
        if isinstance(at, Answer):
            return at
        get = request.method in ("GET", "HEAD")
        answers = {
            "": self._api.model,
            "revision": self._api.model,
            "tree": self._api.tree,
            "paths-info": self._api.paths_info,
            "resolve": self._resolver.resolve,
            "cached": self._resolver.cached,
        }
        if asked.verb not in answers or get == (asked.verb == "paths-info"):
            return refusal(404, "Sorry, we can't find the page you are looking for.")
        return answers[asked.verb](request, at)

    def _at_civitai(self, request: Request) -> Answer:
        if request.path.startswith(CIVITAI_PREFIX):
            return self._civitai.by_hash(request)
        return refusal(404, "Not found")


@contextmanager
def serving(*repos: Repo, tls: bool = False) -> Iterator[Hub]:
    """A Hub with these repos for the time of a block."""
    hub = Hub(tls=tls)
    try:
        hub.add(*repos)
        yield hub
    finally:
        hub.close()
