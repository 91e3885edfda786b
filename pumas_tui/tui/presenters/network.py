"""How the network is, in words: top right, and one line when it changes."""

import time
from dataclasses import dataclass

from pumas_tui.core.domain.network_state import NetworkState, NetworkStatus

_OFFLINE_AFTER_S = 60.0
"""Calls that have failed for so long count as offline, also in between, when one more is tried."""


@dataclass(frozen=True, slots=True)
class NetworkWords:
    """The same for wide, normal and narrow windows."""

    long: str = ""
    short: str = ""
    least: str = ""


def header_words(state: NetworkState, now: float) -> NetworkWords:
    """What stands top right. `now`: epoch seconds."""
    if is_offline(state, now):
        since = now - (state.since if state.since is not None else now)
        short = f"offline {_minutes(since, 'm', 'h')}"
        return NetworkWords(f"offline {_minutes(since, ' min', ' h')}, cached data", f"{short} cached", short)
    match state.status:
        case NetworkStatus.RATE_LIMITED:
            slow = f"slow {clock(state.retry_at, now)}"
            return NetworkWords(slow, slow, slow)
        case NetworkStatus.OFF:
            return NetworkWords("lookups off", "lookups off", "off")
        case NetworkStatus.DEGRADED:
            return NetworkWords("degraded", "degraded", "degraded")
    return NetworkWords("online", "online", "online")


def is_offline(state: NetworkState, now: float) -> bool:
    """Calls fail at once, or have failed for a while."""
    failing = state.status is NetworkStatus.DEGRADED and state.since is not None
    return state.status is NetworkStatus.OFFLINE or (
        failing and now - (state.since or now) >= _OFFLINE_AFTER_S
    )


def moves_on(state: NetworkState) -> bool:
    """The words change as time goes by."""
    return state.since is not None or state.retry_at is not None


def told(before: NetworkState, state: NetworkState, now: float) -> str:
    """The line to say when it changed; empty where nobody needs to know."""
    if state.status is NetworkStatus.RATE_LIMITED:
        until = time.strftime("%H:%M", time.localtime(state.retry_at))
        return f"Hugging Face asks us to slow down: lookups go on by themselves at {until}."
    if is_offline(state, now):
        if is_offline(before, now):
            return ""
        again = f" Next try in {clock(state.retry_at, now)}." if state.retry_at is not None else ""
        return f"Offline. Using cached data.{again}"
    was = before.status in (NetworkStatus.OFFLINE, NetworkStatus.RATE_LIMITED) or is_offline(before, now)
    return "Online again: lookups go on." if was and state.status is NetworkStatus.ONLINE else ""


def clock(at: float | None, now: float) -> str:
    """`2:10` until a time, never less than nothing."""
    left = max(0, round((at if at is not None else now) - now))
    return f"{left // 60}:{left % 60:02}"


def when(at: float, now: float) -> str:
    """A time as short as it can be told: `14:02` today, else `11-20`, of another year `2025-11-20`."""
    then, today = time.localtime(at), time.localtime(now)
    if (then.tm_year, then.tm_yday) == (today.tm_year, today.tm_yday):
        return time.strftime("%H:%M", then)
    return time.strftime("%m-%d" if then.tm_year == today.tm_year else "%Y-%m-%d", then)


def _minutes(seconds: float, minute: str, hour: str) -> str:
    whole = max(0, int(seconds // 60))
    if whole < 60:
        return f"{whole or '<1'}{minute}"
    return f"{whole // 60}{hour}"
