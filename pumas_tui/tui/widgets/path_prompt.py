"""The line that asks for a path; tab completes it."""

import asyncio
from collections.abc import Awaitable, Callable

from textual import events, on
from textual.widgets import Input, Static

from pumas_tui.core.domain.completion import Completion
from pumas_tui.core.domain.errors import PumasError
from pumas_tui.core.domain.text import count, safe
from pumas_tui.tui.presenters.cells import cut_end
from pumas_tui.tui.widgets.popup import Prompt

_HINT = "tab completes, * and ? stand for many, enter looks at it, esc closes"
_ONE_FILE = "tab completes, enter takes it, esc goes back"
_CHOICES_SHOWN = 12


class PathPrompt(Prompt):
    """`complete` is asked with what was typed; the names it cannot choose from are listed below the line."""

    def __init__(
        self,
        complete: Callable[[str], Awaitable[Completion]],
        label: str = "Import: path of a file or folder",
        hint: str = _HINT,
    ) -> None:
        super().__init__(label, hint)
        self._complete = complete
        self._keys = hint

    def on_key(self, event: events.Key) -> None:
        if event.key == "tab":
            event.stop()
            event.prevent_default()
            box = self.query_one(Input)
            if box.cursor_at_end:
                self.run_worker(self._completed(box, box.value), exclusive=True)

    async def _completed(self, box: Input, typed: str) -> None:
        try:
            completion = await self._complete(typed)
        except PumasError as error:
            self._say(safe(error.message))
            return
        if box.value == typed:  # otherwise more was typed meanwhile
            box.value = completion.text
            box.cursor_position = len(completion.text)
            names = completion.choices[:_CHOICES_SHOWN]
            more = len(completion.choices) - len(names)
            listed = "  ".join(safe(name) for name in names)
            self._say(f"{listed}  and {count(more)} more" if more else listed or self._keys)

    def _say(self, text: str) -> None:
        hint = self.query_one(".prompt-hint", Static)
        hint.update(f" {cut_end(text, max(10, self.size.width - 2))}")


class PathQuestion(PathPrompt):
    """A path that somebody waits for: it goes to `answered`, not up to the program."""

    def __init__(self, complete: Callable[[str], Awaitable[Completion]], label: str) -> None:
        super().__init__(complete, label, _ONE_FILE)
        self._gone = asyncio.Event()
        self._path: str | None = None

    async def answered(self) -> str | None:
        """What was typed, None when the line was closed."""
        await self._gone.wait()
        return self._path

    @on(Prompt.Given)
    def _given(self, event: Prompt.Given) -> None:
        event.stop()
        self._path = event.text

    def on_unmount(self) -> None:
        self._gone.set()
