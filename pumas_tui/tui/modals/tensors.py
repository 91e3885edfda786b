"""Comparing the tensors of a Modified file with the published ones: how far it is, what came of it."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from textual.timer import Timer

from pumas_tui.core.domain.errors import PumasError
from pumas_tui.core.domain.ids import ModelUid
from pumas_tui.core.domain.matching import Compared
from pumas_tui.core.domain.text import safe
from pumas_tui.tui.modals.ask import ask
from pumas_tui.tui.modals.dialog import Dialog
from pumas_tui.tui.presenters import tensors as present
from pumas_tui.tui.presenters.prose import Hint, Line, Tone
from pumas_tui.tui.widgets.frame import FramedScreen

if TYPE_CHECKING:
    from pumas_tui.core.library import Library

_TICK_S = 0.5


class TensorsDialog(Dialog[bool]):
    """Opens while the file is read: `advanced` says how far that is, from any thread; `show` what came of it.
    esc stops it."""

    trigger = frozenset({"t"})

    def __init__(self, candidate: Compared, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock=clock)
        self._candidate = candidate
        self._progress = (0, 0)
        self._lines: Sequence[Line] = ()
        self._ticking: Timer | None = None

    def on_mount(self) -> None:
        super().on_mount()
        self._ticking = self.set_interval(_TICK_S, lambda: self.refresh(layout=True))

    def advanced(self, done: int, total: int) -> None:
        """So many bytes were read, of so many."""
        self._progress = (done, total)

    def show(self, lines: Sequence[Line]) -> None:
        """The end."""
        self._lines = lines
        if self._ticking is not None:
            self._ticking.stop()
        self.refresh(layout=True)

    def heading(self) -> str:
        return present.title(self._candidate)

    def body(self, width: int) -> Sequence[Line]:
        return self._lines or present.so_far(self._candidate, *self._progress)

    def hints(self) -> Sequence[Sequence[Hint]]:
        if self._lines:
            return ((Hint("esc", "back to the candidates", "back"),),)
        return ((Hint("esc", "stop", "stop"),),)

    def press(self, key: str) -> None:
        if key == "enter" and self._lines:
            self.close(True)


async def compare_tensors(
    place: FramedScreen, library: "Library", uid: ModelUid, candidate: Compared
) -> None:
    """Compare, tell, and wait until it was read; closing the dialog stops the reading."""
    dialog = TensorsDialog(candidate)

    async def comparing() -> None:
        try:
            told = await library.network.compare_tensors(uid, candidate, on_progress=dialog.advanced)
        except PumasError as error:
            dialog.show(
                [Line(safe(f"{error.message} ({error.hint})" if error.hint else error.message), Tone.WARNING)]
            )
        else:
            dialog.show(present.answer(told))

    task = asyncio.ensure_future(comparing())
    try:
        await ask(place, dialog)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
