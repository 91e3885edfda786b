"""Requests as the local Hub records them, answers as it gives them, and what errors look like on the wire."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl

Headers = dict[str, str]
_TRUE = ("true", "1")


@dataclass
class Request:
    """One request that came in. `status` is 0 until an answer began, and stays 0 when none ever did."""

    site: str
    """Which host got it: `hub`, `storage`, `civitai`, `stranger`."""
    method: str
    path: str
    """Decoded, without the query."""
    target: str
    """As sent, with the query."""
    headers: Headers
    """By lower-case name."""
    http: str
    """`1.1` or `2`."""
    connection: int
    """Number of the connection it came on, from 1, unique over all hosts of one Hub."""
    stream: int
    """How many requests came on that connection before, and this one."""
    at: float
    """When, by the Hub's clock."""
    query: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    status: int = 0

    @property
    def token(self) -> str:
        """The bearer token it carried, or nothing."""
        kind, _, token = self.headers.get("authorization", "").partition(" ")
        return token if kind.lower() == "bearer" else ""

    @property
    def line(self) -> str:
        """Method and path: what patterns are matched against."""
        return f"{self.method} {self.path}"

    def values(self, name: str) -> list[str]:
        """All values of a query parameter; `name[]` is the same parameter."""
        return [value for key, value in self.query if key in (name, f"{name}[]")]

    def value(self, name: str, default: str = "") -> str:
        found = self.values(name)
        return found[-1] if found else default

    def flag(self, name: str) -> bool:
        return self.value(name).lower() in _TRUE

    def form(self) -> dict[str, list[str]]:
        """The body of a POST, as a form or as JSON, every field a list of strings."""
        if "json" in self.headers.get("content-type", ""):
            pairs = [
                (key, str(one))
                for key, value in json.loads(self.body).items()
                for one in (value if isinstance(value, list) else [value])
            ]
        else:
            pairs = parse_qsl(self.body.decode(), keep_blank_values=True)
        fields: dict[str, list[str]] = {}
        for key, value in pairs:
            fields.setdefault(key, []).append(value)
        return fields


@dataclass
class Answer:
    """A whole answer. Its length is told unless the headers are made to say otherwise."""

    status: int = 200
    headers: Headers = field(default_factory=dict)
    body: bytes = b""
    sized: bool = True
    """Whether Content-Length is sent; without it the body goes in chunks."""

    def wire_headers(self) -> list[tuple[bytes, bytes]]:
        sent = {name.lower(): value for name, value in self.headers.items()}
        if self.sized:
            sent.setdefault("content-length", str(len(self.body)))
        return [(name.encode("latin-1"), value.encode("utf-8")) for name, value in sent.items()]


Endpoint = Callable[[Request], Answer]


def as_json(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    body = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")
    return Answer(status, {"Content-Type": "application/json; charset=utf-8", **(headers or {})}, body)


def refusal(status: int, message: str, code: str = "", headers: Mapping[str, str] | None = None) -> Answer:
    """An error as the Hub says it: JSON in the body, message and code in headers as well."""
    said = {"X-Error-Message": message, **({"X-Error-Code": code} if code else {}), **(headers or {})}
    return as_json({"error": message}, status, said)


def redirect(to: str, status: int = 302, headers: Mapping[str, str] | None = None) -> Answer:
    text = f"Found. Redirecting to {to}".encode()
    return Answer(
        status, {"Content-Type": "text/plain; charset=utf-8", "Location": to, **(headers or {})}, text
    )


def revalidated(request: Request, answer: Answer) -> Answer:
    """The answer with a tag; 304 without a body when the caller has that version already."""
    if answer.status != 200 or request.method not in ("GET", "HEAD"):
        return answer
    digest = hashlib.sha1(answer.body).hexdigest()
    headers = {"ETag": f'W/"{len(answer.body):x}-{digest}"', **answer.headers}
    if headers["ETag"] in request.headers.get("if-none-match", "").split(", "):
        kept = {name: value for name, value in headers.items() if not name.startswith("Content-")}
        return Answer(304, kept, sized=False)
    return replace(answer, headers=headers)


def picked(source: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The named entries that exist, in their order."""
    return {name: source[name] for name in names if name in source}
