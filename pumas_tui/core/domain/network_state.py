"""How the network is, decided from what all processes know of one host: its breaker and its budgets."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from pumas_tui.core.domain.breaker import Breaker, Phase
from pumas_tui.core.domain.budget import Bucket, Window, Windows, after_answer


class NetworkStatus(StrEnum):
    """What to expect of the next call."""

    ONLINE = "online"
    DEGRADED = "degraded"  # the last call failed, the next one is tried
    OFFLINE = "offline"  # calls fail at once until `retry_at`; what is cached counts
    RATE_LIMITED = "rate_limited"  # the server grants no call before `retry_at`
    OFF = "off"  # by setting: nothing is asked


@dataclass(frozen=True, slots=True)
class NetworkState:
    """Times are seconds since the epoch. `since`: when it went offline; `retry_at`: when calls go on."""

    status: NetworkStatus
    since: float | None = None
    retry_at: float | None = None

    @property
    def may_ask(self) -> bool:
        """A call would go out now."""
        return self.status in (NetworkStatus.ONLINE, NetworkStatus.DEGRADED)


@dataclass(frozen=True, slots=True)
class HostState:
    """What all processes share of one host. `since`: when calls began to fail."""

    breaker: Breaker = field(default_factory=Breaker)
    windows: Windows = field(default_factory=dict)
    since: float | None = None

    def answered(self, bucket: Bucket, status: int, headers: Mapping[str, str], now: float) -> "HostState":
        """After an answer with a status. A 429 says nothing of the network, only of the budget."""
        windows = after_answer(self.windows, bucket, status, headers, now)
        if status == 429:
            return replace(self, breaker=self.breaker.let_go(), windows=windows)
        if status == 408 or status >= 500:
            return replace(self.failed(now), windows=windows)
        return HostState(self.breaker.succeeded(), windows)

    def failed(self, now: float) -> "HostState":
        """After a call that got no answer."""
        return replace(self, breaker=self.breaker.failed(now), since=self.since or now)

    def given_up(self) -> "HostState":
        """After a call that was cancelled before it got an answer."""
        return replace(self, breaker=self.breaker.let_go())


@dataclass(frozen=True, slots=True)
class Refusal:
    """A call must not go out: why, and until when (epoch seconds) if that is known."""

    status: NetworkStatus
    retry_at: float | None


def admitted(
    host: HostState, bucket: Bucket, now: float, *, asked_by_user: bool
) -> tuple[HostState, Refusal | None]:
    """The host's state once a call goes out, and no refusal; or as it was, and why it must not."""
    window = host.windows.get(bucket.value)
    if window is not None and not window.may_go(now, asked_by_user=asked_by_user):
        return host, Refusal(NetworkStatus.RATE_LIMITED, window.resets_at)
    breaker = host.breaker.asked(now)
    if breaker is None:
        return host, Refusal(NetworkStatus.OFFLINE, host.breaker.next_try(now))
    if window is None or window.is_over(now):
        windows = {name: w for name, w in host.windows.items() if name != bucket.value}
    else:
        windows = {**host.windows, bucket.value: window.spent()}
    return replace(host, breaker=breaker, windows=windows), None


def state_of(host: HostState, now: float, *, allowed: bool = True) -> NetworkState:
    """What a front end shows. `allowed` False: switched off by a setting or an option."""
    if not allowed:
        return NetworkState(NetworkStatus.OFF)
    phase = host.breaker.phase(now)
    if phase is Phase.OPEN or (phase is Phase.HALF_OPEN and host.breaker.next_try(now) is not None):
        return NetworkState(NetworkStatus.OFFLINE, host.since, host.breaker.next_try(now))
    empty = [w.resets_at for w in host.windows.values() if not w.may_go(now, asked_by_user=True)]
    if empty:
        return NetworkState(NetworkStatus.RATE_LIMITED, None, max(empty))
    if host.breaker.failures:
        return NetworkState(NetworkStatus.DEGRADED, host.since)
    return NetworkState(NetworkStatus.ONLINE)


def to_json(host: HostState) -> dict[str, object]:
    """For a store of rows."""
    b = host.breaker
    return {
        "breaker": [b.failures, b.opened_at, b.probe_at],
        "windows": {name: [w.remaining, w.quota, w.resets_at] for name, w in host.windows.items()},
        "since": host.since,
    }


def from_json(values: object) -> HostState:
    """What `to_json` gave; a host nothing is known of for anything else."""
    try:
        return _read(values)
    except (KeyError, TypeError, ValueError, AttributeError):
        return HostState()


def _read(values: Any) -> HostState:
    failures, opened_at, probe_at = values["breaker"]
    windows = {str(n): Window(int(r), int(q), float(t)) for n, (r, q, t) in values["windows"].items()}
    return HostState(
        Breaker(int(failures), _time(opened_at), _time(probe_at)), windows, _time(values["since"])
    )


def _time(value: Any) -> float | None:
    return None if value is None else float(value)
