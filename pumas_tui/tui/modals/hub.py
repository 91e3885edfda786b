"""Dialogs of the Hub: the files of a repository, a yes to a download."""

import time
from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import Literal

from pumas_tui.core.domain.downloads import Download
from pumas_tui.core.domain.holdings import Holdings
from pumas_tui.core.domain.hub_values import HubModel
from pumas_tui.core.domain.text import safe, size
from pumas_tui.tui.modals.dialog import Dialog
from pumas_tui.tui.modals.rows import RowsDialog
from pumas_tui.tui.presenters import hub as present
from pumas_tui.tui.presenters.prose import Hint, Line, Tone

Seconds = Callable[[], float]


class HubFilesDialog(RowsDialog[tuple[Download, ...]]):
    """The files of a repository; answers with what the marked ones, or all, would become. `holdings`: which
    of them the library has."""

    def __init__(
        self,
        model: HubModel,
        holdings: Holdings = MappingProxyType({}),
        *,
        readonly: bool = False,
        clock: Seconds = time.monotonic,
    ) -> None:
        super().__init__(clock=clock)
        self._model = model
        self._holdings = holdings
        self._readonly = readonly
        self._marks: set[str] = set()

    @property
    def count(self) -> int:
        return len(self._model.files)

    def heading(self) -> str:
        return f"Hugging Face > {safe(self._model.repo_id)}"

    def before(self, width: int) -> Sequence[Line]:
        model = self._model
        facts = [
            f"{len(model.files)} files, {size(model.size_bytes)}",
            safe(model.license),
            model.modified_at[:10],
        ]
        base = f"from {safe(model.base_model)}" if model.base_model else ""
        gated = "given only to who accepted its conditions" if model.gated else ""
        return (Line("   ".join(fact for fact in (*facts, base, gated) if fact), Tone.DIM, clip=True), Line())

    def rows(self, width: int) -> Sequence[str]:
        here = {path: helds[0].model_id for path, helds in self._holdings.items()}
        return [
            present.file_row(file, file.path in self._marks, here.get(file.path, ""), width)
            for file in self._model.files
        ]

    def after(self, width: int) -> Sequence[Line]:
        return present.becomes(self._planned, self._marks)

    @property
    def _planned(self) -> tuple[Download, ...]:
        return present.chosen(self._model, self._marks, self._holdings)

    def hints(self) -> Sequence[Sequence[Hint]]:
        get = Hint("enter", "download ...", "download")
        return ((get, Hint("space", "mark", "mark"), Hint("a", "none", "none"), Hint("esc", "back", "back")),)

    def press(self, key: str) -> None:
        if key == "space" and self.count:
            self._marks ^= {self._model.files[self.cursor].path}
            self.move(1)
        elif key == "a":
            self._marks.clear()
        elif key == "enter" and self._readonly:
            self.notice("read only: started with --readonly")
        elif key == "enter":
            planned = self._planned
            if planned:
                self.close(planned)


DownloadAnswer = Literal["missing", "second"]


class DownloadDialog(Dialog[DownloadAnswer]):
    """How much would come, and what is here already. `missing`: what is not here as a whole; `second`: all of
    it, what is here as a second model."""

    trigger = frozenset({"enter", "l", "right"})

    def __init__(self, repo_id: str, planned: Sequence[Download], *, clock: Seconds = time.monotonic) -> None:
        super().__init__(clock=clock)
        self._repo_id = repo_id
        self._planned = planned

    def heading(self) -> str:
        return present.download_title(self._repo_id, self._planned)

    def body(self, width: int) -> Sequence[Line]:
        return present.download_lines(self._planned)

    def hints(self) -> Sequence[Sequence[Hint]]:
        todo = present.missing(self._planned)
        here = [one for one in self._planned if one.known_as is not None]
        more = size(sum(one.size_bytes for one in here))
        get, leave = Hint("y", "download", "download"), Hint("esc", "not now", "not now")
        if not here:
            return ((get, leave),)
        if not todo:
            again = Hint("n", f"get it as a second model anyway ({more} more)", "second model")
            return ((Hint("enter", "leave it as it is", "leave it"),), (again, leave))
        also = Hint("n", f"also what is here, as a second model ({more} more)", "second model")
        return ((Hint("y", "download what is missing", "missing"),), (also, leave))

    def press(self, key: str) -> None:
        todo = present.missing(self._planned)
        if key == "y" and todo:
            self.close("missing")
        elif key == "n" and len(todo) < len(self._planned):
            self.close("second")
        elif key == "enter" and not todo:
            self.close(None)
