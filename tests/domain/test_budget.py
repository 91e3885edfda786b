"""Budgets: what headers grant, how long a 429 waits whatever it says, and who may take the last calls."""

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pumas_tui.core.domain.budget import (
    LONGEST_WAIT_S,
    SHORTEST_WAIT_S,
    UNSAID_WAIT_S,
    Bucket,
    Window,
    after_answer,
    read,
    waited,
)

NOW = 1_790_000_000.0

WAITS = [
    ("30", 30.0),
    ("0", SHORTEST_WAIT_S),
    ("-5", SHORTEST_WAIT_S),
    ("299.9", 299.0),
    ("3600", LONGEST_WAIT_S),
    ("100000000000", LONGEST_WAIT_S),
    ("9" * 400, LONGEST_WAIT_S),
    (formatdate(NOW + 90, usegmt=True), 90.0),
    (formatdate(NOW - 90, usegmt=True), SHORTEST_WAIT_S),
    (formatdate(NOW + 10**7, usegmt=True), LONGEST_WAIT_S),
    ("soon", UNSAID_WAIT_S),
    (None, UNSAID_WAIT_S),
]


@pytest.mark.parametrize(("value", "seconds"), WAITS)
def test_a_429_waits_as_long_as_it_says_within_bounds(value: str | None, seconds: float) -> None:
    headers = {} if value is None else {"retry-after": value}
    assert waited(headers, NOW) == seconds
    window = after_answer({}, Bucket.API, 429, headers, NOW)["api"]
    assert not window.may_go(NOW + seconds - 0.5, asked_by_user=True)
    assert window.may_go(NOW + seconds + 0.1, asked_by_user=False)


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_header_waits_for_ever_or_raises(value: str, other: str) -> None:
    headers = {
        "retry-after": value,
        "ratelimit": other,
        "x-ratelimit-remaining": value,
        "ratelimit-policy": value,
    }
    window = after_answer({}, Bucket.API, 429, headers, NOW)["api"]
    assert NOW < window.resets_at <= NOW + LONGEST_WAIT_S


def test_the_hubs_headers_are_read_with_their_policy() -> None:
    headers = {
        "ratelimit": '"api";r=499;t=120',
        "ratelimit-policy": '"fixed window";"api";q=500;w=300',
    }
    assert read(headers, Bucket.API, NOW) == {"api": Window(499, 500, NOW + 120)}


def test_older_headers_are_read_as_seconds_or_as_a_time() -> None:
    older = {"x-ratelimit-limit": "100", "x-ratelimit-remaining": "7", "x-ratelimit-reset": "60"}
    assert read(older, Bucket.RESOLVERS, NOW) == {"resolvers": Window(7, 100, NOW + 60)}
    timed = {**older, "x-ratelimit-reset": str(int(NOW) + 60)}
    assert read(timed, Bucket.RESOLVERS, NOW) == {"resolvers": Window(7, 100, NOW + 60)}


def test_a_429_with_both_waits_for_the_later_one() -> None:
    headers = {"ratelimit": '"api";r=0;t=200', "retry-after": "10"}
    assert after_answer({}, Bucket.API, 429, headers, NOW)["api"].resets_at == NOW + 200


def test_of_the_last_tenth_only_what_a_person_asked_for_goes() -> None:
    scarce, empty = Window(49, 500, NOW + 100), Window(0, 500, NOW + 100)
    assert scarce.may_go(NOW, asked_by_user=True)
    assert not scarce.may_go(NOW, asked_by_user=False)
    assert not empty.may_go(NOW, asked_by_user=True)
    assert empty.may_go(NOW + 100, asked_by_user=False)
    assert Window(50, 500, NOW + 100).may_go(NOW, asked_by_user=False)


def test_a_clock_set_back_does_not_block_for_days() -> None:
    assert Window(0, 500, NOW + 100).may_go(NOW - 10 * 86400, asked_by_user=False)


def test_answers_of_one_window_count_down_whatever_order_they_come_in() -> None:
    def told(left: int) -> dict[str, str]:
        return {"ratelimit": f'"api";r={left};t=100'}

    windows = after_answer({}, Bucket.API, 200, told(470), NOW)
    windows = after_answer(windows, Bucket.API, 200, told(480), NOW + 0.1)
    assert windows["api"].remaining == 470
    assert after_answer(windows, Bucket.API, 200, told(499), NOW + 200)["api"].remaining == 499
