"""What goes out and what comes back, as values, and the protocol that client, guard, retry and cache share.

Each of them is a `Transport` round another one. All raise NetworkError and its kin only.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from pumas_tui.core.domain.budget import Bucket
from pumas_tui.core.domain.errors import NetworkError, NotAllowedError, NotFoundError, PumasError

CONNECT_S = 3.0
CALL_S = 7.0
TOTAL_S = 20.0
"""Seconds for a connection, for one call with its body, and for a look-up with all its tries."""


class Freshness(StrEnum):
    """How old an answer may be."""

    KEPT = "kept"  # from the cache while it is young enough; when nobody answers also an older one
    YOUNG = "young"  # from the cache while it is young enough, else asked
    CACHED = "cached"  # from the cache, however old, or NothingKeptError: nobody is asked
    FRESH = "fresh"  # asked now


class Why(StrEnum):
    """Why no answer came."""

    TIMEOUT = "timeout"
    CONNECT = "connect"
    CUT = "cut"  # the connection ended in the middle
    SERVER = "server"  # an answer that says that the server has a fault


class NoAnswerError(NetworkError):
    """A call that failed; the breaker counts it. `host`: who failed, after a redirect perhaps another one."""

    def __init__(self, message: str, why: Why, host: str = "") -> None:
        super().__init__(message, hint="try again later; what is in the cache stays usable")
        self.why = why
        self.host = host


class UnusableAnswerError(NetworkError):
    """An answer came, and is not one: too large, redirected for ever, garbage."""


class NothingKeptError(NetworkError):
    """Only the cache was to be asked, and it holds nothing."""

    code = "nothing_cached"


@dataclass(frozen=True, slots=True)
class Asking:
    """For whom, how fresh, and until when (`time.monotonic()`). Of a scarce budget only `by_user` takes."""

    by_user: bool = True
    freshness: Freshness = Freshness.KEPT
    deadline: float = field(default_factory=lambda: time.monotonic() + TOTAL_S)


@dataclass(frozen=True, slots=True)
class Call:
    """One call. `age_s`: how long its answer counts as fresh; 0: it is not kept. POST here is a question too,
    and may be repeated. `identity`: the body must come as it is stored, uncompressed."""

    method: str
    url: str
    asking: Asking
    bucket: Bucket = Bucket.API
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    age_s: float = 0.0
    identity: bool = False

    @property
    def left_s(self) -> float:
        """Seconds until its deadline."""
        return self.asking.deadline - time.monotonic()


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer; names of headers in lower case. `fetched_at`: epoch seconds; `stale`: older than it should
    be, because nobody answered or nobody was asked."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    fetched_at: float
    stale: bool = False


class Transport(Protocol):
    """Sends a call. Raises NetworkError; asyncio's cancellation goes through."""

    async def send(self, call: Call) -> Answer: ...


def refused(status: int, headers: Mapping[str, str], what: str) -> PumasError | None:
    """The error that a status means when `what` was asked for; None for one that means none."""
    if 200 <= status < 300:
        return None
    if headers.get("x-error-code") == "GatedRepo":
        hint = "accept its conditions on its page, and set HF_TOKEN or log in with `hf auth login`"
        return NotAllowedError(f"{what} is given only to who accepted its conditions", hint=hint)
    if status in (401, 403):
        hint = "if it is private, set HF_TOKEN or log in with `hf auth login`"
        return NotAllowedError(f"{what}: not there, or not for you ({status})", hint=hint)
    if status in (404, 410):
        return NotFoundError(f"{what} is not there")
    return UnusableAnswerError(f"{what}: the server answered {status}")
