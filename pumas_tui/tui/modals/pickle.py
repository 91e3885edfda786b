"""The pickle dialog: code that runs when an app loads the file. Import only after a tick."""

import time
from collections.abc import Callable, Sequence
from typing import Literal

from pumas_tui.core.domain.pickle_verdict import PickleVerdict
from pumas_tui.core.domain.text import safe
from pumas_tui.tui.modals.dialog import Dialog
from pumas_tui.tui.presenters.pickles import scan_lines, scan_sentence, scan_summary
from pumas_tui.tui.presenters.prose import Hint, Line, Tone, columns

PickleAnswer = Literal["accept", "refuse"]
_EXTENSIONS = (".ckpt", ".pt", ".pth", ".bin", ".pkl", ".pickle")
_LISTED_ROWS = 4


class PickleDialog(Dialog[PickleAnswer]):
    """One question for one or several files. `names` are what people call them, `paths` where they are.

    `scans` has a verdict for each name, None where no scan was made.
    """

    trigger = frozenset({"!", "enter"})

    def __init__(
        self,
        names: Sequence[str],
        paths: Sequence[str],
        scans: Sequence[PickleVerdict | None] = (),
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(clock=clock)
        self._names = [safe(name) for name in names]
        self._paths = [safe(path) for path in paths]
        self._scans = tuple(scans) or (None,) * len(self._names)
        self._ticked = False

    @property
    def _several(self) -> bool:
        return len(self._names) > 1

    def on_mount(self) -> None:
        self.add_class("-danger")

    def heading(self) -> str:
        return f"{len(self._names):,} pickle files" if self._several else f"{self._names[0]} can run code"

    def body(self, width: int) -> Sequence[Line]:
        lines = [Line(" PICKLE: can run code when loaded", Tone.BANNER), Line()]
        if self._several:
            listed = columns(self._names, width)
            runs = f"Loading a pickle file runs code from whoever made it. {scan_summary(self._scans)}"
            lines += [Line(runs.rstrip()), Line()]
            lines += [Line(text, clip=True) for text in listed[:_LISTED_ROWS]]
            if len(listed) > _LISTED_ROWS:
                lines.append(Line("    ... l reads the whole list", Tone.DIM))
            sure = f"I understand the risk for these {len(self._names):,} files"
        else:
            lines += [
                Line(
                    f"{self._kind()} Loading it runs whatever its maker put in, with your rights: it can "
                    "read your keys and delete your files. Importing is safe, because Pumas never loads "
                    "it. ComfyUI will."
                ),
                *scan_lines(self._scans[0], width),
            ]
            sure = "I understand the risk and trust where this file came from"
        return [*lines, Line(), Line(f"[{'x' if self._ticked else ' '}] {sure}", Tone.STRONG, hang=4)]

    def _kind(self) -> str:
        stem, dot, extension = self._names[0].rpartition(".")
        if not (stem and dot) or len(extension) > 12:
            return "This is a pickle file."
        if f".{extension.lower()}" in _EXTENSIONS:
            return f"This is a pickle file (.{extension})."
        return f"This is a pickle file, though its name ends in .{extension}."

    def full_list(self, width: int) -> Sequence[Line]:
        if not self._several:
            return ()
        scans = [
            Line(f"{name}: {scan_sentence(scan)}", hang=2)
            for name, scan in zip(self._names, self._scans, strict=True)
            if scan is not None
        ]
        return [*(Line(path, hang=2) for path in self._paths), *([Line(), *scans] if scans else ())]

    def hints(self) -> Sequence[Sequence[Hint]]:
        tick = Hint("space", "tick", "tick")
        if self._several:
            count = f"import {len(self._names):,}"
            return (
                (
                    tick,
                    Hint("enter", f"{count} (after the tick)", count),
                    Hint("n", "keep them out", "keep out"),
                ),
                (Hint("l", "look at each", "list"), Hint("esc", "decide later", "later")),
            )
        return (
            (tick, Hint("enter", "import (after the tick)", "import"), Hint("n", "keep it out", "keep out")),
            (Hint("esc", "decide later", "later"),),
        )

    def press(self, key: str) -> None:
        if key == "space":
            self._ticked = not self._ticked
            self.show_end()
        elif key == "n":
            self.close("refuse")
        elif key == "enter" and self._ticked:
            self.close("accept")
        elif key == "enter":
            self.notice(f"Tick the box first (space), or n keeps {'them' if self._several else 'it'} out.")
