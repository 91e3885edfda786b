"""The state of the library's health as a session has it: checks on demand, contents read on demand."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pumas_tui.core.domain.errors import PumasError
from pumas_tui.core.domain.findings import Finding, HealthReport, ordered
from pumas_tui.core.domain.relocation import Relocation
from pumas_tui.core.domain.verification import VerifyReport
from pumas_tui.tui.presenters.health import Checked
from pumas_tui.tui.presenters.health_notes import Running, Standing

if TYPE_CHECKING:
    from pumas_tui.core.library import Library


class Checkup:
    """One check at a time. `changed` is called whenever there is something else to show.

    `report` is None until a check has ended; `stale`: links or models changed since. `moved`: links that say
    where the library was, until somebody decided on them.
    """

    def __init__(self, library: "Library", changed: Callable[[], None]) -> None:
        self._library = library
        self._changed = changed
        self.report: HealthReport | None = None
        self.moved: Relocation | None = None
        self.error = ""
        self.stale = True
        self._found: list[Finding] = []
        self._progress = (0, 0)  # written by the worker thread as a whole
        self._reads = False
        self._began = 0.0
        self._stop: threading.Event | None = None

    @property
    def runs(self) -> bool:
        """A check goes on."""
        return self._stop is not None

    @property
    def checked(self) -> Checked:
        """What is known: what the last check came to, until the first one ends what it has found so far."""
        if self.report is None:
            return Checked(ordered(tuple(self._found)))
        return Checked(self.report.findings, self.report)

    @property
    def standing(self) -> Standing:
        """What there is to say above the list."""
        running = None
        if self.runs:
            seconds = time.monotonic() - self._began
            running = Running(self._reads, seconds, *self._progress, len(self._found))
        return Standing(self.checked, running, self.moved, self.error)

    def stop(self) -> bool:
        """Stop what goes on; False when nothing does."""
        if self._stop is not None:
            self._stop.set()
        return self._stop is not None

    async def check(self) -> None:
        """Look at everything. What goes wrong is kept in `error`."""
        if self.runs:
            return
        stop = self._begin(reads=False)
        try:
            self.moved = await self._library.health.moved()
            self.report = await self._library.health.check(
                on_finding=self._found.append, on_progress=self._advanced, stop=stop
            )
            if not self._library.readonly and await self._library.health.heal(self.report) is not None:
                self.report = await self._library.health.check(stop=stop)
        except PumasError as error:
            self.error = error.message
        finally:
            self._end()

    async def verify(self, refs: Sequence[str] | None) -> VerifyReport | None:
        """Read contents, of these models or of all; None where something else goes on. Raises PumasError."""
        if self.runs:
            return None
        stop = self._begin(reads=True)
        try:
            return await self._library.health.verify(refs, on_progress=self._advanced, stop=stop)
        finally:
            self._end()

    def _begin(self, *, reads: bool) -> threading.Event:
        self._stop = stop = threading.Event()
        self._began, self._progress, self._found, self._reads = time.monotonic(), (0, 0), [], reads
        self.error, self.stale = "", self.stale and reads
        self._changed()
        return stop

    def _end(self) -> None:
        self.stop()  # where it was left before its end, the thread is not to go on
        self._stop = None
        self._changed()

    def _advanced(self, done: int, total: int) -> None:
        self._progress = (done, total)
