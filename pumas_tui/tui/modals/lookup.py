"""One model looked up on the Hub: candidates, what was compared, what a candidate would change, a yes."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pumas_tui.core.domain.enriching import FieldChange
from pumas_tui.core.domain.identification import Identification
from pumas_tui.core.domain.matching import Compared
from pumas_tui.core.domain.models import ModelDetail
from pumas_tui.core.domain.network_state import NetworkState
from pumas_tui.tui.modals.rows import RowsDialog
from pumas_tui.tui.presenters import lookup as present
from pumas_tui.tui.presenters.prose import Hint, Line

_FIELD_KEYS = (
    (
        Hint("space", "take or leave it", "tick"),
        Hint("enter", "take the ticked", "take"),
        Hint("esc", "back", "back"),
    ),
)


@dataclass(frozen=True, slots=True)
class Took:
    """This candidate is it; `fields` of it are taken over."""

    candidate: Compared
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Files:
    """The files of this repository are wanted, to choose from."""

    repo_id: str


LookupAnswer = Took | Files | str
"""A candidate, its repository's files, or what else is wanted: `manual`, `edit`, `words`, `next`, `keep`."""


class LookupDialog(RowsDialog[LookupAnswer]):
    """Opens while the Hub is asked; `show` brings the answer.

    `changes`: what taking a candidate would change. `waiting`: how many models wait for a look-up; `more`:
    there is another one to look at.
    """

    def __init__(
        self,
        detail: ModelDetail,
        changes: Callable[[Compared], Sequence[FieldChange]],
        state: Callable[[], NetworkState],
        *,
        waiting: int = 0,
        more: bool = False,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(clock=clock)
        self._now = now
        self._detail = detail
        self._changes = changes
        self._state = state
        self._waiting = waiting
        self._more = more
        self._answer: Identification | None = None
        self._began = clock()
        self._left_out: set[str] | None = None  # while fields are chosen
        self._chosen = 0
        self._why = False

    def show(self, answer: Identification) -> None:
        """What the look-up came to."""
        self._answer = answer
        self.cursor = 0
        self.refresh(layout=True)

    def on_mount(self) -> None:
        super().on_mount()
        self.set_interval(1.0, self._tick)

    def _tick(self) -> None:
        """Only what counts seconds is painted again."""
        if self._answer is None or not self._answer.candidates:
            self.refresh()

    @property
    def _found(self) -> Sequence[Compared]:
        return self._answer.candidates if self._answer is not None else ()

    @property
    def _current(self) -> Compared | None:
        at = self._chosen if self._left_out is not None else self.cursor
        return self._found[at] if at < len(self._found) else None

    @property
    def count(self) -> int:
        if self._left_out is not None and self._current is not None:
            return len(present.shown_changes(self._changes(self._current)))
        return len(self._found) + 1 if self._found else 0

    def heading(self) -> str:
        return present.title(self._detail)

    def before(self, width: int) -> Sequence[Line]:
        about = present.subject(self._detail, self._answer, self._clock() - self._began, width)
        if self._left_out is not None and self._current is not None:
            return [*about, Line(f"What to take over from {self._current.repo_id}:", clip=True)]
        return [*about, present.heads(width)] if self._found else about

    def rows(self, width: int) -> Sequence[str]:
        if self._left_out is not None and self._current is not None:
            return [
                f"[{' ' if c.field in self._left_out else 'x'}] {present.change_line(c, width - 4)}"
                for c in present.shown_changes(self._changes(self._current))
            ]
        listed = [present.candidate(found, width) for found in self._found]
        return [*listed, present.NONE_OF_THESE] if listed else ()

    def after(self, width: int) -> Sequence[Line]:
        answer = self._answer
        if answer is None or self._left_out is not None:
            return ()
        if self._why:
            return [Line(), *present.why(answer)]
        if not answer.candidates:
            return present.nothing(answer, self._state(), self._waiting, self._now())
        if self._current is None:
            return ()
        changes = present.change_lines(self._changes(self._current), width)
        related = present.related(answer, self._current)
        return [Line(), *changes, *related, Line(), present.meaning(self._current.trust, width)]

    def hints(self) -> Sequence[Sequence[Hint]]:
        if self._left_out is not None:
            return _FIELD_KEYS
        take = (
            [Hint("enter", "take it", "take"), Hint("space", "choose fields", "fields")]
            if self._found
            else []
        )
        why = [Hint("?", "why this badge", "why")] if self._answer and self._answer.evidence else []
        more = [Hint("n", "next one", "next")] if self._more else []
        files = [Hint("f", "its other files", "files")] if self._current is not None else []
        manual, words = Hint("m", "mark as manual", "manual"), Hint("/", "other words", "words")
        edit, back = Hint("e", "edit by hand", "edit"), Hint("esc", "leave as is", "back")
        return ((*take, *files, words), (manual, edit, *why, *more, back))

    def _take(self, key: str) -> None:
        if self._left_out is not None and key in ("escape", "q"):
            self.cursor, self._left_out = self._chosen, None
            self.refresh(layout=True)
        else:
            super()._take(key)

    def press(self, key: str) -> None:
        if self._left_out is not None:
            self._press_field(key, self._left_out)
            return
        match key:
            case "enter" if self._current is not None:
                self.close(self._took(self._current, ()))
            case "enter" if self._found:
                self.close("keep")
            case "space" if self._current is not None and present.shown_changes(self._changes(self._current)):
                self._chosen, self.cursor, self._left_out = self.cursor, 0, set()
            case "f" if self._current is not None:
                self.close(Files(self._current.repo_id))
            case "?" if self._answer is not None and self._answer.evidence:
                self._why = not self._why
            case "n" if self._more:
                self.close("next")
            case "m" | "e" | "/":
                self.close({"m": "manual", "e": "edit", "/": "words"}[key])

    def _press_field(self, key: str, left_out: set[str]) -> None:
        current = self._current
        if current is None:
            return
        if key == "space":
            left_out ^= {present.shown_changes(self._changes(current))[self.cursor].field}
            self.move(1)
        elif key == "enter":
            self.close(self._took(current, left_out))

    def _took(self, candidate: Compared, left_out: "set[str] | tuple[()]") -> Took:
        return Took(candidate, tuple(present.taken_fields(self._changes(candidate), left_out)))
