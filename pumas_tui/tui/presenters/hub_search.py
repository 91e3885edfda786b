"""The page that searches the Hub in words: what was found and when, why nothing new comes, its keys."""

import time

from pumas_tui.core.domain.errors import OfflineError, PumasError, RateLimitedError
from pumas_tui.core.domain.hub_values import HubPage
from pumas_tui.core.domain.network_state import NetworkState, NetworkStatus
from pumas_tui.core.domain.text import plural, safe
from pumas_tui.tui.presenters.frame import NARROW, NORMAL
from pumas_tui.tui.presenters.network import clock, when

_NO_HIT = "No repository has all these words in its name."


def found(page: HubPage | None, asking_s: float | None, now: float, width: int) -> str:
    """At the right end of the first line: how many there are and of when, or that it is being asked."""
    parts = []
    if page is not None and page.models:
        more = " and more" if page.more else ""
        parts.append(f"{plural(len(page.models), 'repository', 'repositories')}{more}")
    if asking_s is None and width < NARROW:
        return "".join(parts)
    if asking_s is not None:
        parts.append(f"asking, {clock(asking_s, 0)}")
    elif page is not None and page.stale:
        parts.append(f"from the cache, {when(page.asked_at, now)}")
    elif parts and width >= NORMAL:
        parts.append("most downloaded first")
    return "   ".join(parts if width >= NARROW else parts[-1:])


def fresh_line(fresh: HubPage, shown: HubPage, *, typing: bool) -> str:
    """What an answer brings that came after what is shown."""
    known = {model.repo_id for model in shown.models}
    new = sum(model.repo_id not in known for model in fresh.models)
    what = plural(new, "new result") if new else "Hugging Face answered anew"
    return f"{what}: {'down, then r' if typing else 'press r'}"


def said(told: str, page: HubPage | None, fresh: HubPage | None, *, typing: bool) -> str:
    """The last line but one."""
    if page is not None and fresh is not None:
        return fresh_line(fresh, page, typing=typing)
    if told:
        return told
    return _NO_HIT if page is not None and not page.models else ""


def too_few(fewest: int) -> str:
    """Why nothing is asked while somebody types."""
    return f"From {fewest} characters on the Hub is asked while you type; enter asks at once."


def trouble(
    error: PumasError, retry_at: float | None, state: NetworkState, now: float, *, by_user: bool
) -> str:
    """Why no answer came."""
    again = "" if retry_at is None else f", next try in {clock(retry_at, now)}"
    match error:
        case RateLimitedError() if not by_user and state.may_ask:
            return f"Few calls are left until {_time(retry_at, now)}: enter asks."
        case RateLimitedError():
            return f"Slowed down by Hugging Face until {_time(retry_at, now)}."
        case OfflineError() if state.status is NetworkStatus.OFF:
            return "Lookups are off."
        case OfflineError():
            return f"Offline{again}."
    return f"{safe(error.message)}."


def what_is_kept(page: HubPage | None) -> str:
    """What one sees all the same."""
    if page is None or not page.models:
        return "Nothing is kept for these words."
    return "What is kept is shown."


def keys(*, typing: bool, rows: int, fresh: bool, width: int) -> str:
    """The keys at the foot."""
    if typing:
        return "enter ask at once  down to the list" if width >= NARROW else "enter ask  down list"
    offered = ["j k move", "enter its files"] if rows else []
    return "  ".join([*offered, *(["r show the new answer"] if fresh else []), "/ other words"])


def _time(at: float | None, now: float) -> str:
    return time.strftime("%H:%M", time.localtime(at if at is not None else now))
