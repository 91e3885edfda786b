"""The dialogs before and after a plan is applied."""

import time
from collections.abc import Callable, Sequence
from typing import Literal

from pumas_tui.core.domain.mapping_answers import Displaced, counts
from pumas_tui.core.domain.plan import ActionResult, Applied
from pumas_tui.core.domain.text import plural, safe, size
from pumas_tui.tui.modals.dialog import NARROW, Dialog
from pumas_tui.tui.presenters.cells import pad, pad_left
from pumas_tui.tui.presenters.mapping import Sheet
from pumas_tui.tui.presenters.mapping_changes import all_lines, change_lines
from pumas_tui.tui.presenters.prose import Hint, Line, Tone, clip

FilesAnswer = Literal["all", "same"]
AppliedAnswer = Literal["again", "copy", "undo"]

_LISTED = 6
_SIZE, _WORDS = 9, 31


class RealFilesDialog(Dialog[FilesAnswer]):
    """Overwrite files that are no links? Takes those that the answers would put into the trash.

    `same`: only those whose content the library has.
    """

    trigger = frozenset({"enter"})

    def __init__(self, files: Sequence[Displaced], *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock=clock)
        self._files = tuple(files)
        self._same = [one for one in files if one.is_same]

    def on_mount(self) -> None:
        if len(self._same) < len(self._files):
            self.add_class("-danger")

    def heading(self) -> str:
        return f"Overwrite {plural(len(self._files), 'real file')}?"

    def body(self, width: int) -> Sequence[Line]:
        one = len(self._files) == 1
        says = (
            f"{'This is a file, not a link' if one else 'These are files, not links'}. Pumas moves "
            f"{'it' if one else 'them'} to the trash of {'its' if one else 'their'} own disk (quick, no "
            f"copying) and puts {'a link in its' if one else 'links in their'} place."
        )
        lines = [Line(says), Line(), *self.full_list(width)[:_LISTED]]
        if len(self._files) > _LISTED:
            lines.append(Line(f"  ... {len(self._files) - _LISTED:,} more, l reads them all", Tone.DIM))
        return lines

    def full_list(self, width: int) -> Sequence[Line]:
        room = max(width - _SIZE - _WORDS - 6, 16)
        return [self._row(one, room, width) for one in self._files]

    def _row(self, one: Displaced, room: int, width: int) -> Line:
        words = "same content as the library's" if one.is_same else "OTHER content, nowhere else"
        amount = size(one.size_bytes)
        name = clip(safe(one.target.rpartition("/")[2]), room)
        row = f"  {pad(name, room)} {pad_left(amount, _SIZE)}   {words}"
        return Line(row, Tone.PLAIN if one.is_same else Tone.STRONG, clip=width >= room + _SIZE + _WORDS)

    def hints(self) -> Sequence[Sequence[Hint]]:
        number = len(self._files)
        whole = "yes" if number == 1 else f"yes, all {number:,}"
        keys = [Hint("y", whole, whole, harm=True)]
        if self._same and len(self._same) < number:
            one = len(self._same) == 1
            only = f"only the {'one' if one else f'{len(self._same):,}'} with the same content"
            keys.append(Hint("1", only, "same content"))
        return ((*keys, Hint("esc", "no", "no")),)

    def press(self, key: str) -> None:
        if key == "y":
            self.close("all")
        elif key == "1" and self._same:
            self.close("same")


class ApplyDialog(Dialog[bool]):
    """Apply the plan? With what it comes to, and the list of all of it."""

    trigger = frozenset({"enter"})
    reading_keys = frozenset({"l"})

    def __init__(self, sheet: Sheet, app: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock=clock)
        self._sheet = sheet
        self._app = safe(app)

    def heading(self) -> str:
        return f"Apply the plan for {self._app}?"

    def body(self, width: int) -> Sequence[Line]:
        does = counts(self._sheet.plan, self._sheet.answers)
        rows = [Line(f"  {row}", clip=width >= NARROW, hang=6) for row in change_lines(does)]
        said = f"Everything can be taken back with u. {self._app} may need a refresh to see it."
        return [*rows, Line(), Line(said)]

    def full_list(self, width: int) -> Sequence[Line]:
        return [Line(row, clip=True) for row in all_lines(self._sheet)]

    def hints(self) -> Sequence[Sequence[Hint]]:
        return (
            (
                Hint("y", "apply", "apply"),
                Hint("l", "read the list first", "list"),
                Hint("esc", "not now", "not now"),
            ),
        )

    def press(self, key: str) -> None:
        if key == "y":
            self.close(True)


class AppliedDialog(Dialog[AppliedAnswer]):
    """What came of a plan of which not all was done. `again`: try what failed once more."""

    trigger = frozenset({"y"})

    def __init__(
        self,
        applied: Applied,
        problems: Sequence[ActionResult],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(clock=clock)
        self._done = applied.count("done")
        self._elapsed_s = applied.elapsed_s
        self._app = safe(applied.app)
        self._problems = [(result.action.target, result.message) for result in problems]

    def heading(self) -> str:
        return f"{self._app}: done, {plural(len(self._problems), 'problem')}"

    def body(self, width: int) -> Sequence[Line]:
        total = self._done + len(self._problems)
        lines = [Line(f"{self._done:,} of {plural(total, 'change')} made in {self._elapsed_s:.1f} s.")]
        lines += self.full_list(width)[:_LISTED]
        if len(self._problems) > _LISTED:
            lines.append(Line(f"  ... {len(self._problems) - _LISTED:,} more, l reads them all", Tone.DIM))
        return lines

    def full_list(self, width: int) -> Sequence[Line]:
        return [Line(f"! {safe(target)}: {safe(message)}", hang=4) for target, message in self._problems]

    def hints(self) -> Sequence[Sequence[Hint]]:
        again = f"try the {len(self._problems):,} again"
        undo = f"undo {self._done:,}"
        keys = [Hint("enter", "back", "back")]
        keys += [Hint("t", again, again), Hint("y", "copy the message", "copy")]
        keys += [Hint("u", undo, undo)] if self._done else []
        return (tuple(keys),)

    def press(self, key: str) -> None:
        if key == "enter":
            self.close(None)
        elif key == "t":
            self.close("again")
        elif key == "y":
            self.close("copy")
        elif key == "u" and self._done:
            self.close("undo")

    @property
    def text(self) -> str:
        """The problems, one a line, as they are copied."""
        return "\n".join(f"{target}: {message}" for target, message in self._problems)
