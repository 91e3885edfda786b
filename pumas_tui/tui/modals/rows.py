"""A dialog with rows to choose one from, as wide and as high as the window lets it."""

import time
from collections.abc import Callable, Sequence
from typing import ClassVar, TypeVar

from textual.geometry import Size

from pumas_tui.tui.modals.dialog import MANY, Dialog
from pumas_tui.tui.presenters.prose import Line, Tone, flow, short_hint_rows

T = TypeVar("T")

_STEPS = {"j": 1, "down": 1, "k": -1, "up": -1, "g": -MANY, "home": -MANY, "G": MANY, "end": MANY}
_PAGE = 10
_KEY_LINES = 2
_STEPS_BY_PAGE = {"ctrl+d": _PAGE, "ctrl+u": -_PAGE, "pagedown": _PAGE, "pageup": -_PAGE}


class RowsDialog(Dialog[T]):
    """Subclasses give `before`, `rows`, `after` and `count`; keys that move go to the rows."""

    full: ClassVar[bool] = False
    """As large as the window from the start: rows that come later move nothing that is shown already."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock=clock)
        self.set_class(self.full, "-full")
        self.cursor = 0

    @property
    def count(self) -> int:
        """How many rows there are."""
        raise NotImplementedError

    def before(self, width: int) -> Sequence[Line]:
        """What stands above the rows."""
        return ()

    def rows(self, width: int) -> Sequence[str]:
        """The rows, `width` cells each at most."""
        raise NotImplementedError

    def after(self, width: int) -> Sequence[Line]:
        """What stands below the rows."""
        return ()

    def body(self, width: int) -> Sequence[Line]:
        shown = [
            Line(
                f"{'>' if n == self.cursor else ' '} {row}",
                Tone.STRONG if n == self.cursor else Tone.PLAIN,
                True,
            )
            for n, row in enumerate(self.rows(width - 2))
        ]
        return [*self.before(width), *shown, *self.after(width)]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return self._most if self.full else super().get_content_height(container, viewport, width)

    @property
    def _most(self) -> int:
        return self.app.size.height - self.gutter.height

    def _keys(self, width: int) -> list[Line]:
        """One or two lines: the rows need the room."""
        full = super()._keys(width)
        return (
            full if len(full) <= _KEY_LINES else [Line(text) for text in short_hint_rows(self.hints(), width)]
        )

    def _scrolled(self, key: str) -> bool:
        step = _STEPS.get(key) or _STEPS_BY_PAGE.get(key)
        if step is None:
            return False
        self.move(step)
        return True

    def move(self, step: int) -> None:
        """Put the cursor so many rows further on, where that is possible, and in view."""
        wanted = self.cursor + step
        self.cursor = max(0, min(wanted, self.count - 1))
        width = self._width
        above = len(flow(self.before(width), width))
        room = max(1, self.content_size.height - len(self._keys(width)) - 2)
        at = above + self.cursor
        if at >= self._top + room:
            self._top = at - room + 1
        elif at < self._top:
            self._top = at if self.cursor else 0
        if wanted >= self.count:  # past the last row there may be more to read
            self._top += step
        self.refresh(layout=True)
