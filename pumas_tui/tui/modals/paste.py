"""The paste sheet: what pasted text came to, and whether to import it.

Three faces: candidates to add; the same with paths that are not on this machine, and the commands that send
them; nothing to import at all.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from pumas_tui.core.domain.imports import Inspection
from pumas_tui.core.domain.text import plural, safe, size
from pumas_tui.tui.modals.dialog import Dialog
from pumas_tui.tui.presenters import paste as present
from pumas_tui.tui.presenters.prose import Hint, Line, Tone

_ROWS_SHOWN = 6
_ABSENT_SHOWN = 3


@dataclass(frozen=True, slots=True)
class PasteAnswer:
    """`add`: queue what can be imported. `search`: the text was meant for the search box."""

    kind: Literal["add", "search"]


class PasteSheet(Dialog[PasteAnswer]):
    """`models_dir` is where models go, `host` the name of this machine, `copy` puts text on the clipboard."""

    reading_keys = frozenset({"l", "e"})

    def __init__(
        self,
        inspection: Inspection,
        *,
        models_dir: str,
        host: str,
        copy: Callable[[str], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(clock=clock)
        self._inspection = inspection
        self._good = present.importable(inspection)
        self._models_dir = safe(models_dir)
        self._host = safe(host)
        self._send = present.send_lines(inspection.absent, self._host)
        self._copy = copy

    def heading(self) -> str:
        found = self._inspection
        total, absent = len(found.sources), len(found.absent)
        if absent:
            which = f"{absent:,} of {plural(total, 'path')}" if total > 1 else "This path"
            return f"{which} {'is' if absent == 1 else 'are'} not on {self._host}"
        if not self._good:
            return "Nothing to import in what was pasted"
        return present.pasted(found)

    def body(self, width: int) -> Sequence[Line]:
        if self._inspection.absent:
            return self._absent_body()
        if not self._inspection.candidates:
            return self._nothing_body()
        room = _ROWS_SHOWN - bool(self._inspection.troubles)
        rows = [present.row(found, width) for found in self._inspection.candidates[:room]]
        more = len(self._inspection.candidates) - len(rows)
        if more:
            rows.append(Line(f"    and {more:,} more: l reads the list", Tone.DIM))
        lines = [Line(present.sentence(self._inspection)), Line(), *rows]
        if self._inspection.troubles:
            lines += [Line(), self._left_out()]
        return [*lines, Line(), self._target()] if self._good else lines

    def _left_out(self) -> Line:
        troubles = self._inspection.troubles
        first = safe(troubles[0].message)
        if len(troubles) == 1:
            return Line(f"Left out: {first}", Tone.DIM)
        return Line(f"{len(troubles):,} left out: l reads which. The first: {first}", Tone.DIM, clip=True)

    def _target(self) -> Line:
        free = size(self._inspection.free_bytes)
        return Line(f"Goes to {self._models_dir} ({free} free). Originals stay where they are.")

    def _absent_body(self) -> Sequence[Line]:
        absent = self._inspection.absent
        shown = [Line("  " + safe(source.path), clip=True) for source in absent[:_ABSENT_SHOWN]]
        if len(absent) > len(shown):
            shown.append(Line(f"  and {len(absent) - len(shown):,} more: l reads the list", Tone.DIM))
        lines = [Line(present.absence(self._inspection)), Line(), *shown]
        if self._send:
            lines += [
                Line(),
                Line(
                    "Dropping a file on a terminal pastes its path, not the file. "
                    "Send it first, then paste where it is:"
                ),
                Line(),
                Line("  " + self._send[0], clip=True),
            ]
        return lines

    def _nothing_body(self) -> Sequence[Line]:
        found = self._inspection
        if found.troubles:
            return [Line(safe(trouble.message), hang=2) for trouble in found.troubles[:_ROWS_SHOWN]]
        if found.understood:
            return [Line(f"No model file was found in {safe(found.sources[0].path)}.")]
        text = safe(" ".join(found.text.split()), 200)
        return [Line(f'"{text}" is not a path of a file or folder here.')]

    def full_list(self, width: int) -> Sequence[Line]:
        found = self._inspection
        lines = present.details(found, width) if found.candidates or found.troubles else []
        if found.absent:
            lines += [
                Line("not on this machine:"),
                *(Line("  " + safe(s.path), clip=True) for s in found.absent),
            ]
        return lines

    def hints(self) -> Sequence[Sequence[Hint]]:
        to_search = Hint("t", "no, put this text into the search box", "search for it")
        if not self._good and not self._inspection.absent:
            closing = Hint("esc", "close", "close")
            return ((Hint("t", "put it into the search box", "search for it"), closing),)
        if not self._inspection.absent:
            return (
                (Hint("enter", present.add_label(self._good), f"add {len(self._good):,}"),),
                (Hint("e", "look at each first", "look first"),),
                (to_search, Hint("esc", "drop it", "drop")),
            )
        rows: list[Sequence[Hint]] = []
        if self._send:
            these = "this line" if len(self._send) == 1 else f"these {len(self._send):,} lines"
            rows.append((Hint("y", f"copy {these}", "copy line"), to_search))
        else:
            rows.append((to_search,))
        if self._good:
            label = f"import the {len(self._good):,} that {'is' if len(self._good) == 1 else 'are'} here"
            rows.append(
                (Hint("enter", label, f"import {len(self._good):,}"), Hint("esc", "drop all", "drop all"))
            )
        else:
            rows.append((Hint("esc", "drop all", "drop all"),))
        return rows

    def press(self, key: str) -> None:
        if key == "enter" and self._good:
            self.close(PasteAnswer("add"))
        elif key == "t":
            self.close(PasteAnswer("search"))
        elif key == "y" and self._send:
            self._copy("\n".join(self._send))
            them = "it" if len(self._send) == 1 else "them"
            self.notice(f"Copied {plural(len(self._send), 'line')}. Run {them} on your own computer.")
