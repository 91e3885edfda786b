"""Dialogs of the Hub: what a search found, the files of a repository, a yes to a download."""

import time
from collections.abc import Callable, Sequence

from pumas_tui.core.domain.downloads import Download
from pumas_tui.core.domain.errors import PumasError
from pumas_tui.core.domain.hub_values import HubModel, HubPage
from pumas_tui.core.domain.text import safe, size
from pumas_tui.tui.modals.dialog import Dialog
from pumas_tui.tui.modals.rows import RowsDialog
from pumas_tui.tui.presenters import hub as present
from pumas_tui.tui.presenters.prose import Hint, Line, Tone

Seconds = Callable[[], float]


class HubSearchDialog(RowsDialog[str]):
    """Answers with a repository's id, or `/` for other words. `offer` takes what came after `show`."""

    def __init__(self, words: str, seq: int, *, clock: Seconds = time.monotonic) -> None:
        super().__init__(clock=clock)
        self.seq = seq
        self._words = words
        self._page: HubPage | None = None
        self._fresh: HubPage | None = None
        self._trouble = ""
        self._began = clock()

    def on_mount(self) -> None:
        super().on_mount()
        self.set_interval(1.0, self._tick)

    def _tick(self) -> None:
        if self._page is None:
            self.refresh()

    def show(self, page: HubPage) -> None:
        """What was found."""
        self._page, self._trouble = page, ""
        self.refresh(layout=True)

    def fail(self, error: PumasError) -> None:
        """Why nothing is shown."""
        self._trouble = f"{error.message} ({error.hint})" if error.hint else error.message
        self._page = HubPage(self._words, (), time.time())
        self.refresh(layout=True)

    def offer(self, seq: int, page: HubPage) -> None:
        """A fresh answer: announced, never put under the cursor. One to another question is dropped."""
        if seq == self.seq and self._page is not None:
            if page.models == self._page.models:
                self.show(page)
            else:
                self._fresh = page
                self.notice(present.fresh_line(page, self._page))

    @property
    def _models(self) -> Sequence[HubModel]:
        return self._page.models if self._page is not None else ()

    @property
    def count(self) -> int:
        return len(self._models)

    def heading(self) -> str:
        return f"Hugging Face > {safe(self._words)}"

    def before(self, width: int) -> Sequence[Line]:
        if self._trouble:
            return (Line(safe(self._trouble), Tone.WARNING),)
        told = Line(present.found_line(self._page, self._clock() - self._began), Tone.DIM, clip=True)
        return (told, Line(), present.repo_heads(width)) if self._models else (told,)

    def rows(self, width: int) -> Sequence[str]:
        return [present.repo_row(model, width) for model in self._models]

    def after(self, width: int) -> Sequence[Line]:
        if self._page is None or self._models or self._trouble:
            return ()
        return (Line(), Line("No repository has all these words in its name. / tries others."))

    def hints(self) -> Sequence[Sequence[Hint]]:
        files = [Hint("enter", "its files", "files")] if self._models else []
        fresh = [Hint("r", "show the new answer", "new")] if self._fresh is not None else []
        return ((*files, *fresh, Hint("/", "other words", "words"), Hint("esc", "close", "close")),)

    def press(self, key: str) -> None:
        if key == "enter" and self._models:
            self.close(self._models[self.cursor].repo_id)
        elif key == "/":
            self.close("/")
        elif key == "r" and self._fresh is not None:
            fresh, self._fresh, self.cursor = self._fresh, None, 0
            self.show(fresh)


class HubFilesDialog(RowsDialog[tuple[Download, ...]]):
    """The files of a repository; answers with what the marked ones, or all, would become."""

    def __init__(self, model: HubModel, *, readonly: bool = False, clock: Seconds = time.monotonic) -> None:
        super().__init__(clock=clock)
        self._model = model
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
        return [present.file_row(file, file.path in self._marks, width) for file in self._model.files]

    def after(self, width: int) -> Sequence[Line]:
        return present.becomes(present.chosen(self._model, self._marks), self._marks)

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
            planned = present.chosen(self._model, self._marks)
            if planned:
                self.close(planned)


class DownloadDialog(Dialog[bool]):
    """How much would come; answers True for yes."""

    def __init__(self, repo_id: str, planned: Sequence[Download], *, clock: Seconds = time.monotonic) -> None:
        super().__init__(clock=clock)
        self._repo_id = repo_id
        self._planned = planned

    def heading(self) -> str:
        total = sum(one.size_bytes for one in self._planned)
        return f"Download {size(total)} from {safe(self._repo_id)}?"

    def body(self, width: int) -> Sequence[Line]:
        return (
            *present.plan_lines(self._planned),
            Line(),
            Line("Checked against the SHA-256 of the Hub, then imported and linked. It can be paused."),
        )

    def hints(self) -> Sequence[Sequence[Hint]]:
        return ((Hint("y", "download", "download"), Hint("esc", "not now", "not now")),)

    def press(self, key: str) -> None:
        if key == "y":
            self.close(True)
