"""Rate limits as the Hub has them: fixed windows per class of requests, told in headers of every answer."""

import math
import time
from dataclasses import dataclass, field

from tests.hub.wire import Answer, Headers, Request, refusal

WINDOW_S = 300.0


class Clock:
    """Seconds since the epoch, standing still until a test moves it."""

    def __init__(self) -> None:
        self._now = float(math.floor(time.time()))

    def __call__(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += seconds


@dataclass
class Bucket:
    """Calls of one class in one window. The window begins with its first call, ends by the clock."""

    name: str
    quota: int
    window_s: float = WINDOW_S
    used: int = 0
    ends: float = 0.0

    def take(self, now: float) -> bool:
        """Counts a call; False when the window's quota was used up before it."""
        if now >= self.ends:
            self.used, self.ends = 0, now + self.window_s
        self.used += 1
        return self.used <= self.quota

    def headers(self, now: float) -> Headers:
        left = max(0, self.quota - self.used)
        wait = max(0, math.ceil(self.ends - now))
        return {
            "RateLimit": f'"{self.name}";r={left};t={wait}',
            "RateLimit-Policy": f'"fixed window";"{self.name}";q={self.quota};w={int(self.window_s)}',
        }


@dataclass
class Limits:
    """The two classes a client of ours meets. Quotas are an anonymous caller's; a test sets others."""

    clock: Clock
    api: Bucket = field(default_factory=lambda: Bucket("api", 500))
    resolvers: Bucket = field(default_factory=lambda: Bucket("resolvers", 3000))

    def bucket(self, request: Request) -> Bucket | None:
        """`/resolve/` anywhere in the path is a resolver call, `/api/` an API call; errors count."""
        if "/resolve/" in request.path:
            return self.resolvers
        if request.path.startswith("/api/") and not request.path.startswith("/api/resolve-cache/"):
            return self.api
        return None

    def refused(self, request: Request) -> Answer | None:
        """Counts the request; the answer 429 when it is one too many."""
        bucket = self.bucket(request)
        if bucket is None or bucket.take(self.clock()):
            return None
        return refusal(429, "We had to rate limit you, retry after the window has been reset.")

    def headers(self, request: Request) -> Headers:
        bucket = self.bucket(request)
        return bucket.headers(self.clock()) if bucket else {}
