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
from pumas_tui.tui.presenters import tensors
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


@dataclass(frozen=True, slots=True)
class Tensors:
    """Does only the header of this candidate's file differ? It is to be found out."""

    candidate: Compared


LookupAnswer = Took | Files | Tensors | str
"""A candidate, its repository's files, its tensors, or what else is wanted: `manual`, `edit`, `words`,
`next`, `keep`."""


class LookupDialog(RowsDialog[LookupAnswer]):
    """Opens while the Hub is asked: `found` brings the candidates one by one, `show` the answer.

    A row that is shown stays where it is, whatever is found out later; what comes later stands below.
    `changes`: what taking a candidate would change. `waiting`: how many models wait for a look-up; `more`:
    there is another one to look at.
    """

    full = True

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
        self.detail = detail
        self._changes = changes
        self._state = state
        self._waiting = waiting
        self._more = more
        self._answer: Identification | None = None
        self._kept: Identification | None = None
        self._found: list[Compared] = []
        self._began = clock()
        self._left_out: set[str] | None = None  # while fields are chosen
        self._chosen = 0
        self._why = False

    def found(self, candidates: Sequence[Compared]) -> None:
        """What is known so far."""
        places = {one.repo_id: number for number, one in enumerate(self._found)}
        for one in candidates:
            if one.repo_id in places:
                self._found[places[one.repo_id]] = one
            else:
                self._found.append(one)
        self.refresh(layout=True)

    def show(self, answer: Identification, kept: Identification | None = None) -> None:
        """What the look-up came to. `kept`: what the cache alone says, where nobody could be asked."""
        self._answer, self._kept = answer, kept if kept is not None and kept.candidates else None
        self.found(answer.candidates)

    def on_mount(self) -> None:
        super().on_mount()
        self.set_interval(1.0, self._tick)

    def _tick(self) -> None:
        """Only what counts seconds is painted again."""
        if self._answer is None or not self._found:
            self.refresh()

    @property
    def _current(self) -> Compared | None:
        at = self._chosen if self._left_out is not None else self.cursor
        return self._found[at] if at < len(self._found) else None

    @property
    def _may_compare(self) -> bool:
        return self._answer is not None and tensors.is_offered(self._current)

    @property
    def count(self) -> int:
        if self._left_out is not None and self._current is not None:
            return len(present.shown_changes(self._changes(self._current)))
        return len(self._found) + (self._answer is not None) if self._found else 0

    def heading(self) -> str:
        return present.title(self.detail)

    def before(self, width: int) -> Sequence[Line]:
        if self._answer is None:
            asked = present.asking(len(self._found), self._clock() - self._began)
        else:
            asked = present.asked(self._answer, self._state(), self._now(), width)
        trust = present.trust_by_now(self.detail, self._answer)
        about = present.subject(self.detail, trust, asked, width)
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
        return [*listed, present.NONE_OF_THESE] if listed and self._answer is not None else listed

    def after(self, width: int) -> Sequence[Line]:
        answer, current = self._answer, self._current
        if self._left_out is not None:
            return ()
        if answer is not None and self._why:
            return [Line(), *present.why(answer)]
        if answer is not None and not self._found:
            return present.nothing(answer, self._state(), self._waiting, self._now())
        left = present.not_asked(answer) if answer is not None else []
        if current is None:
            return left
        filled = answer is not None and answer.filled and current == answer.best
        changes = present.change_lines(self._changes(current), width, filled=filled)
        related = present.related(answer, current) if answer is not None else []
        means = [present.meaning(current.trust, width), *tensors.known(answer, current)]
        means += present.declined(self.detail, current)
        return [*left, Line(), *changes, *related, Line(), *means]

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
        same = [Hint("t", "same tensors?", "tensors")] if self._may_compare else []
        manual, words = Hint("m", "mark as manual", "manual"), Hint("/", "other words", "words")
        edit, back = Hint("e", "edit by hand", "edit"), Hint("esc", "leave as is", "back")
        if self._answer is None:
            back = Hint("esc", "stop", "stop")
        kept = self._kept
        cached = [present.cached_hint(kept, self._now())] if kept is not None else []
        return ((*take, *files, *same, *cached, words), (manual, edit, *why, *more, back))

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
            case "t" if self._current is not None and self._may_compare:
                self.close(Tensors(self._current))
            case "c" if self._kept is not None:
                self.show(self._kept)
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
