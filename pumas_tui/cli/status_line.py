"""The one line on a terminal's stderr that tells how far it is; elsewhere nothing is told."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from pumas_tui.cli import output
from pumas_tui.cli.options import Wanted
from pumas_tui.core.domain.jobs import round_eta
from pumas_tui.core.domain.text import count, size

EVERY_S = 1.0
"""Seconds between two drawings, so that a slow line carries more than this."""

_COLUMNS = 80

Told = Callable[[int, int], None]
"""Takes how much is done, and of how much; may be called from any one thread."""


def is_wanted(wanted: Wanted) -> bool:
    """Somebody reads along."""
    return not wanted.quiet and sys.stderr is not None and sys.stderr.isatty()


class StatusLine:
    """One line, rewritten in place."""

    def __init__(self) -> None:
        self._shown = 0

    def draw(self, text: str) -> None:
        """Show this, cut to the terminal's width."""
        columns = 0
        with suppress(OSError):
            columns = os.get_terminal_size(sys.stderr.fileno()).columns
        columns = columns or _COLUMNS  # serial lines and some containers say 0
        fitted = text
        while output.cell_width(fitted) >= columns:
            fitted = fitted[:-1]
        width = output.cell_width(fitted)
        self._write("\r" + fitted + " " * max(0, self._shown - width))
        self._shown = width

    def close(self) -> None:
        """Leave an empty line for what comes next."""
        if self._shown:
            self._write("\r" + " " * self._shown + "\r")
            self._shown = 0

    def _write(self, text: str) -> None:
        with suppress(OSError):
            sys.stderr.write(text)
            sys.stderr.flush()


@contextmanager
def counted(wanted: Wanted, what: str) -> Iterator[Told | None]:
    """What tells the line that so many of `what` are done; None where nobody reads along."""
    with _told(wanted, lambda done, total, _: f"{count(done)} of {count(total)} {what}") as told:
        yield told


@contextmanager
def measured(wanted: Wanted, doing: str) -> Iterator[Told | None]:
    """What tells the line how many bytes are done, how fast and for how long still; None likewise."""

    def words(done: int, total: int, elapsed_s: float) -> str:
        rate = done / elapsed_s
        text = f"{doing} {size(done)} of {size(total)}, {size(int(rate))}/s"
        return f"{text}, {round_eta((total - done) / rate)}" if rate else text

    with _told(wanted, words) as told:
        yield told


@contextmanager
def _told(wanted: Wanted, words: Callable[[int, int, float], str]) -> Iterator[Told | None]:
    if not is_wanted(wanted):
        yield None
        return
    line, began = StatusLine(), time.monotonic()
    drawn = began

    def tell(done: int, total: int) -> None:
        nonlocal drawn
        now = time.monotonic()
        if now - drawn >= EVERY_S:
            drawn = now
            line.draw(words(done, total, now - began))

    try:
        yield tell
    finally:
        line.close()
