"""A line to type in for somebody who waits for what is typed."""

import asyncio

from textual import on

from pumas_tui.tui.widgets.popup import Prompt


class TextQuestion(Prompt):
    """Begins with `value`. What is typed goes to `answered`, not up to the program."""

    def __init__(self, label: str, hint: str, value: str = "") -> None:
        super().__init__(label, hint, value)
        self._gone = asyncio.Event()
        self._said: str | None = None

    async def answered(self) -> str | None:
        """What was typed, None when the line was closed."""
        await self._gone.wait()
        return self._said

    @on(Prompt.Given)
    def _given(self, event: Prompt.Given) -> None:
        event.stop()
        self._said = event.text

    def on_unmount(self) -> None:
        self._gone.set()
