"""The breaker: three failures open it, a minute later one probe decides; clocks may jump."""

from hypothesis import given
from hypothesis import strategies as st

from pumas_tui.core.domain.breaker import FAILURES_TO_OPEN, OPEN_S, PROBE_S, Breaker, Phase

T = 1_000_000.0


def broken(at: float = T) -> Breaker:
    breaker = Breaker()
    for _ in range(FAILURES_TO_OPEN):
        breaker = breaker.failed(at)
    return breaker


def test_two_failures_leave_it_closed_and_a_success_forgets_them() -> None:
    breaker = Breaker().failed(T).failed(T)
    assert breaker.phase(T) is Phase.CLOSED
    again = breaker.succeeded().failed(T).failed(T)
    assert again.asked(T) is not None


def test_three_failures_open_it_for_a_minute() -> None:
    breaker = broken()
    assert breaker.phase(T + OPEN_S - 1) is Phase.OPEN
    assert breaker.asked(T + OPEN_S - 1) is None
    assert breaker.next_try(T + 18) == T + OPEN_S


def test_then_one_probe_goes_out_and_nobody_else() -> None:
    probing = broken().asked(T + OPEN_S)
    assert probing is not None
    assert probing.asked(T + OPEN_S + 1) is None
    assert probing.succeeded().asked(T + OPEN_S + 1) is not None
    failed = probing.failed(T + OPEN_S + 2)
    assert failed.phase(T + OPEN_S + 3) is Phase.OPEN
    assert failed.next_try(T + OPEN_S + 3) == T + OPEN_S + 2 + OPEN_S


def test_a_probe_whose_process_died_or_gave_up_holds_nobody_up() -> None:
    probing = broken().asked(T + OPEN_S)
    assert probing is not None
    assert probing.asked(T + OPEN_S + PROBE_S) is not None
    assert probing.let_go().asked(T + OPEN_S + 1) is not None


def test_a_clock_set_back_never_waits_longer() -> None:
    assert broken().asked(T - 400 * 86400) is not None


@given(st.lists(st.sampled_from(["ask", "ok", "fail", "drop", "wait"]), max_size=40))
def test_never_more_than_one_call_while_half_open_and_none_while_open(steps: list[str]) -> None:
    breaker, now, out = Breaker(), T, 0
    for step in steps:
        if step == "wait":
            now += 7.0
        elif step == "ask":
            asked, phase = breaker.asked(now), breaker.phase(now)
            assert asked is None or phase is not Phase.OPEN
            if asked is not None and phase is Phase.HALF_OPEN:
                assert asked.asked(now) is None
            breaker, out = (asked, out + 1) if asked is not None else (breaker, out)
        elif out:
            out -= 1
            breaker = ended(breaker, step, now)


def ended(breaker: Breaker, how: str, now: float) -> Breaker:
    """A call that went out ended so."""
    if how == "ok":
        return breaker.succeeded()
    return breaker.failed(now) if how == "fail" else breaker.let_go()
