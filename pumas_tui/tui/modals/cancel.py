"""The dialog before a running copy is stopped."""

import time
from collections.abc import Callable, Sequence

from pumas_tui.core.domain.jobs import JobView
from pumas_tui.core.domain.text import size
from pumas_tui.tui.modals.dialog import Dialog
from pumas_tui.tui.presenters.imports import plain_name
from pumas_tui.tui.presenters.jobs import percent
from pumas_tui.tui.presenters.prose import Hint, Line


class CancelDialog(Dialog[bool]):
    """True: stop. Takes the running jobs as they were when the key was pressed."""

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
        known = [view.progress for view in self._views if view.progress is not None]
        done, total = sum(p.bytes_done for p in known), sum(p.bytes_total for p in known)
        return [
            Line(
                f"{size(done)} of {size(total)} {'are' if done else 'is'} done."
                if total
                else "Nothing is copied yet."
            ),
            Line("Originals are not touched; the import can be started again."),
        ]

    def hints(self) -> Sequence[Sequence[Hint]]:
        return (
            (Hint("x", "stop and throw away what was copied", "stop", harm=True),),
            (Hint("esc", "let it run", "let it run"),),
        )

    def press(self, key: str) -> None:
        if key == "x":
            self.close(True)
