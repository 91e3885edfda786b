"""The dialog before a running copy is stopped."""

import time
from collections.abc import Callable, Sequence
from enum import StrEnum

from pumas_tui.core.domain.jobs import JobView, Stage
from pumas_tui.core.domain.text import size
from pumas_tui.tui.modals.dialog import Dialog
from pumas_tui.tui.presenters.imports import plain_name
from pumas_tui.tui.presenters.jobs import percent
from pumas_tui.tui.presenters.prose import Hint, Line


class Stop(StrEnum):
    """How to stop a copy."""

    KEEP = "keep"  # what was copied stays, and the import goes on after it one day
    THROW_AWAY = "throw away"


class CancelDialog(Dialog[Stop]):
    """How to stop. Takes the running jobs as they were when the key was pressed."""

    trigger = frozenset({"c"})

    def __init__(self, views: Sequence[JobView], *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock=clock)
        self._views = tuple(views)

    def heading(self) -> str:
        if len(self._views) > 1:
            return f"Stop copying {len(self._views):,} models?"
        view = self._views[0]
        return f"Stop copying {plain_name(view.job.payload)} ({percent(view)})?"

    def body(self, width: int) -> Sequence[Line]:
        done, total = self._copied()
        if not done:
            return [Line("Nothing is copied yet. Originals are not touched.")]
        return [Line(f"{size(done)} of {size(total)} are copied.")]

    def _copied(self) -> tuple[int, int]:
        """Bytes copied and bytes to copy, of all."""
        known = [view.progress for view in self._views if view.progress is not None]
        copying = [p for p in known if p.stage is not Stage.CHECKING]
        return sum(p.bytes_done for p in copying), sum(p.bytes_total for p in known)

    def hints(self) -> Sequence[Sequence[Hint]]:
        done, _ = self._copied()
        amount = f"the {size(done)}" if done else "nothing"
        keep = f"stop and keep {amount} for later (p goes on)" if done else "pause (p goes on)"
        away = f"stop and throw {amount} away" if done else "take it out of the queue"
        return (
            (Hint("y", keep, "stop, keep"),),
            (Hint("x", away, "stop, throw away", harm=True),),
            (Hint("esc", "let it run", "let it run"),),
        )

    def press(self, key: str) -> None:
        answer = {"y": Stop.KEEP, "x": Stop.THROW_AWAY}.get(key)
        if answer is not None:
            self.close(answer)
