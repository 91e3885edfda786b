"""Tells a paste that came without brackets from typing, by the speed of its characters.

Some terminals and multiplexers send a dropped file's path as if it were typed: `/data/quit d.ckpt` would then
leave the program at its `q`. Nobody types several different characters within milliseconds, so characters
are held for a moment each; what comes as a burst and holds a path goes on as one paste.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

GAP_S = 0.012
"""How long a single key is held; what people notice starts at three times that."""
_BURST_GAP_S = 0.06
"""Once three different characters came at that speed: a slow line delivers a paste in pieces."""
_PATH_GAP_S = 0.25
"""Once it looks like a path: the rest of a long paste must not be taken for keys."""
_LEAST_PATH = 6
_LEAST_WORDS = 12


@dataclass(frozen=True, slots=True)
class Pasted:
    """A burst that is a paste; line ends are `\\n`."""

    text: str


class BurstGuard(Generic[T]):
    """Takes keys with their characters and the time, gives them back as they were or as one `Pasted`.

    After each `take` call `flush` when `hold_s` seconds have passed without another.
    """

    def __init__(self, gap_s: float = GAP_S) -> None:
        self._gap_s = gap_s
        self._events: list[T] = []
        self._text = ""
        self._last = 0.0

    @property
    def holding(self) -> bool:
        """Something is held and must be flushed some time."""
        return bool(self._events)

    @property
    def hold_s(self) -> float:
        """How long to wait for more before what is held is let go."""
        if looks_pasted(self._text):
            return max(_PATH_GAP_S, self._gap_s)
        if len(self._text) >= 3 and len(set(self._text)) > 1:
            return max(_BURST_GAP_S, self._gap_s)
        return self._gap_s

    def take(self, event: T, character: str | None, now: float) -> Sequence[T | Pasted]:
        """A key: its character (`\\n` for enter), None when it has none. Returns what goes on at once."""
        out: list[T | Pasted] = []
        if self._events and now - self._last > self.hold_s:
            out += self.flush()
        if character is None or (character == "\n" and not self._events):
            return [*out, *self.flush(), event]
        self._events.append(event)
        self._text += character
        self._last = now
        return out

    def flush(self) -> Sequence[T | Pasted]:
        """Let go of what is held."""
        events, text = self._events, self._text
        self._events, self._text = [], ""
        return [Pasted(text)] if looks_pasted(text) else list(events)


def looks_pasted(burst: str) -> bool:
    """A burst that must not be taken for keys: a path, or many different characters.

    `/word` alone is a search that a slow line delivered in one piece: its first key opens the search box, so
    the others are text there in any case.
    """
    if len(burst) < _LEAST_PATH:
        return False
    search = burst[0] == "/" and not any(sign in burst[1:] for sign in "/\\.\n")
    if search:
        return False
    return "/" in burst or "\\" in burst or (len(burst) >= _LEAST_WORDS and len(set(burst)) > 3)
