"""Asking: mount a dialog on the screen in front, wait for its answer, give the focus back."""

import asyncio
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from textual.screen import Screen

from pumas_tui.tui.modals.dialog import Dialog

T = TypeVar("T")

_turns: WeakKeyDictionary[Screen[Any], asyncio.Lock] = WeakKeyDictionary()


async def ask(screen: Screen[Any], dialog: Dialog[T]) -> T | None:
    """The answer, or None when it was put off. Cancelled with its worker, it takes the dialog away.

    One dialog at a time: a second one waits for the first. Call it from a worker, never from a message
    handler of the screen, which would keep the screen from handling anything meanwhile.
    """
    async with _turns.setdefault(screen, asyncio.Lock()):
        if not screen.is_attached:
            return None
        before = screen.focused
        await screen.mount(dialog)
        try:
            return await dialog.answered()
        finally:
            dialog.close(None)
            if screen.is_attached:
                screen.set_focus(before if before is not None and before.is_attached else None)
            dialog.remove()
