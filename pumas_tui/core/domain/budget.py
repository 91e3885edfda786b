"""How many calls a server still grants, as its headers say, and who may go when they run out.

Sources: the IETF draft "RateLimit header fields for HTTP" as the Hugging Face Hub sends it,

    RateLimit: "api";r=499;t=120                      499 calls left, the window ends in 120 s
    RateLimit-Policy: "fixed window";"api";q=500;w=300

the older X-RateLimit-Limit, -Remaining and -Reset, and Retry-After (RFC 9110, 10.2.3). Times are seconds
since the epoch. Nothing a header says makes anybody wait longer than `LONGEST_WAIT_S`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC
from enum import StrEnum

LONGEST_WAIT_S = 300.0
SHORTEST_WAIT_S = 1.0
UNSAID_WAIT_S = 60.0
"""After a 429 that says nothing one could follow."""
_SCARCE = 0.1
_SAME_WINDOW_S = 5.0
_LARGEST = 10**9

_ITEM = re.compile(r'"(?P<name>[^"]{1,64})"(?P<rest>(?:\s*;\s*[a-z]+\s*=\s*[0-9]{1,18})*)')
_PAIR = re.compile(r";\s*([a-z]+)\s*=\s*([0-9]{1,18})")
_POLICY = re.compile(r'"(?P<name>[^"]{1,64})"(?P<rest>(?:\s*;\s*[a-z]+\s*=\s*[0-9]{1,18})+)')


class Bucket(StrEnum):
    """What the Hub counts apart: calls of its API, and files it hands out."""

    API = "api"
    RESOLVERS = "resolvers"


@dataclass(frozen=True, slots=True)
class Window:
    """One bucket: calls left until `resets_at`. `quota` is the size of the window, 0 where nobody said it."""

    remaining: int
    quota: int
    resets_at: float

    def is_over(self, now: float) -> bool:
        """The window ended, or the clock was set back so far that its end tells nothing any more."""
        return not 0 < self.resets_at - now <= LONGEST_WAIT_S + _SAME_WINDOW_S

    def may_go(self, now: float, *, asked_by_user: bool) -> bool:
        """A call may go out: always in a new window, never in an empty one, and of the last tenth only what
        a person waits for."""
        if self.is_over(now):
            return True
        scarce = self.remaining < self.quota * _SCARCE
        return self.remaining > 0 and (asked_by_user or not scarce)

    def spent(self) -> "Window":
        """The window after a call went out."""
        return replace(self, remaining=max(0, self.remaining - 1))


Windows = Mapping[str, Window]
"""By bucket."""


def after_answer(
    windows: Windows, bucket: Bucket, status: int, headers: Mapping[str, str], now: float
) -> Windows:
    """The windows once an answer said what it said. `headers` have lower-case names."""
    told = read(headers, bucket, now)
    if status == 429:
        until = now + waited(headers, now, told.get(bucket.value))
        quota = told[bucket.value].quota if bucket.value in told else _quota(windows, bucket)
        told = {**told, bucket.value: Window(0, quota, until)}
    return {**windows, **{name: _joined(windows.get(name), window, now) for name, window in told.items()}}


def _quota(windows: Windows, bucket: Bucket) -> int:
    known = windows.get(bucket.value)
    return known.quota if known is not None else 0


def _joined(known: Window | None, told: Window, now: float) -> Window:
    """Answers come in any order: within one window the lowest number is the latest."""
    if known is None or known.is_over(now) or abs(known.resets_at - told.resets_at) > _SAME_WINDOW_S:
        blocked = known is not None and known.remaining == 0 and not known.is_over(now)
        if known is not None and blocked and known.resets_at > told.resets_at:
            return known
        return told
    return replace(told, remaining=min(known.remaining, told.remaining))


def waited(headers: Mapping[str, str], now: float, window: Window | None = None) -> float:
    """Seconds to wait after a 429: what Retry-After or the window says, whichever is later, in bounds."""
    said = retry_after(headers.get("retry-after"), now)
    rest = window.resets_at - now if window is not None else None
    return _bounded(max((s for s in (said, rest) if s is not None), default=UNSAID_WAIT_S))


def retry_after(value: str | None, now: float) -> float | None:
    """Seconds that a Retry-After header asks for, in bounds; None where it says nothing."""
    text = (value or "").strip()
    if re.fullmatch(r"[+-]?[0-9]+(\.[0-9]*)?", text):
        sign = -1.0 if text.startswith("-") else 1.0
        digits = text.lstrip("+-").partition(".")[0].lstrip("0") or "0"
        return _bounded(sign * (float(digits) if len(digits) < 12 else LONGEST_WAIT_S))
    try:
        from email.utils import parsedate_to_datetime  # few servers send a date: mostly it is not loaded

        date = parsedate_to_datetime(text)
        return _bounded((date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _bounded(seconds: float) -> float:
    return min(max(seconds, SHORTEST_WAIT_S), LONGEST_WAIT_S)


def read(headers: Mapping[str, str], bucket: Bucket, now: float) -> dict[str, Window]:
    """The windows that an answer's headers tell; none where they tell nothing."""
    quotas = {name: pairs.get("q", 0) for name, pairs in _items(_POLICY, headers.get("ratelimit-policy", ""))}
    found = {}
    for name, pairs in _items(_ITEM, headers.get("ratelimit", "")):
        if "r" in pairs and "t" in pairs:
            found[name] = _window(pairs["r"], quotas.get(name, 0), pairs["t"], now)
    return found or _older(headers, bucket, now)


def _items(pattern: re.Pattern[str], header: str) -> Iterable[tuple[str, dict[str, int]]]:
    for item in pattern.finditer(header[:2000]):
        yield item["name"], {key: int(value) for key, value in _PAIR.findall(item["rest"])}


def _older(headers: Mapping[str, str], bucket: Bucket, now: float) -> dict[str, Window]:
    remaining = _number(headers.get("x-ratelimit-remaining"))
    if remaining is None:
        return {}
    reset = _number(headers.get("x-ratelimit-reset"))
    if reset is not None and reset > now / 2:  # some servers tell the time of day, some the seconds left
        reset = int(reset - now)
    quota = _number(headers.get("x-ratelimit-limit")) or 0
    return {bucket.value: _window(remaining, quota, LONGEST_WAIT_S if reset is None else reset, now)}


def _number(text: str | None) -> int | None:
    said = (text or "").strip()
    return int(said) if re.fullmatch(r"-?[0-9]{1,12}", said) else None


def _window(remaining: int, quota: int, seconds: float, now: float) -> Window:
    """At most `LONGEST_WAIT_S` long, whatever was said."""
    left = min(max(remaining, 0), _LARGEST)
    return Window(left, min(quota, _LARGEST), now + min(max(seconds, 0.0), LONGEST_WAIT_S))
