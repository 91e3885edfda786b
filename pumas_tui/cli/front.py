"""Runs a verb's work on an open library, in this process and on one event loop."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

from pumas_tui.cli.output import Outcome
from pumas_tui.core.domain.errors import Trouble
from pumas_tui.core.domain.events import Event, MessagePosted
from pumas_tui.core.library import Library, OpenOptions


def with_library(options: OpenOptions, work: Callable[[Library], Awaitable[Outcome]]) -> Outcome:
    """Open the library, do the work, close it. What opening had to mend is told among the warnings."""

    told: list[
        Outcome
    ] = []  # not what the task returns: `asyncio.run` has that written out, however long it is

    async def body() -> None:
        async with Library.open(options) as library:
            posted = asyncio.create_task(_posted(library.events()))
            await library.ready()
            outcome = await work(library)
        told.append(replace(outcome, warnings=[*outcome.warnings, *await posted]))

    asyncio.run(body())
    return told[0]


async def _posted(events: AsyncIterator[Event]) -> list[Trouble]:
    """Warnings that no row tells, until the library closes."""
    return [
        Trouble(event.code, event.text, event.path)
        async for event in events
        if isinstance(event, MessagePosted) and event.severity != "info"
    ]
