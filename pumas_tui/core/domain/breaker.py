"""The circuit breaker of one host as a value: closed, open for a while, half-open with one probe.

closed --3 failures in a row--> open --60 s--> half-open --probe well--> closed, --probe failed--> open.
Times are seconds since the epoch and passed in, because every process on the machine shares one breaker; a
clock that was set back ends a wait early and never makes it longer.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

FAILURES_TO_OPEN = 3
OPEN_S = 60.0
PROBE_S = 20.0
"""How long others wait for a probe: longer than any call, so that a killed process holds it up no longer."""


class Phase(StrEnum):
    """What a call meets."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Breaker:
    """`failures` in a row; `opened_at` while it is not closed; `probe_at` while somebody tries."""

    failures: int = 0
    opened_at: float | None = None
    probe_at: float | None = None

    def phase(self, now: float) -> Phase:
        """What a call at `now` meets."""
        if self.opened_at is None:
            return Phase.CLOSED
        return Phase.OPEN if 0 <= now - self.opened_at < OPEN_S else Phase.HALF_OPEN

    def next_try(self, now: float) -> float | None:
        """When a call may go out again; None: now."""
        phase = self.phase(now)
        if phase is Phase.OPEN and self.opened_at is not None:
            return self.opened_at + OPEN_S
        if phase is Phase.HALF_OPEN and self._is_probed(now) and self.probe_at is not None:
            return self.probe_at + PROBE_S
        return None

    def asked(self, now: float) -> "Breaker | None":
        """The breaker once a call goes out at `now`; None: it must not."""
        if self.next_try(now) is not None:
            return None
        return self if self.opened_at is None else replace(self, probe_at=now)

    def succeeded(self) -> "Breaker":
        """The breaker after an answer came."""
        return _CLOSED

    def failed(self, now: float) -> "Breaker":
        """The breaker after a timeout, a connection that was not made, or an error of the server."""
        failures = self.failures + 1
        opens = self.opened_at is not None or failures >= FAILURES_TO_OPEN
        return Breaker(failures, now if opens else None)

    def let_go(self) -> "Breaker":
        """The breaker after a call ended that tells nothing of the network: it was given up."""
        return replace(self, probe_at=None)

    def _is_probed(self, now: float) -> bool:
        return self.probe_at is not None and 0 <= now - self.probe_at < PROBE_S


_CLOSED = Breaker()
