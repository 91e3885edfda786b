"""With an endpoint that does not answer, everything local is as fast as with the network switched off.

Start, browse, search and import, each with a dead endpoint and with `offline`, in turns in one run. One
endpoint refuses connections at once, the other takes them and never says a word.
"""

import argparse
import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

from benchmarks.measure import Result, paired, report
from benchmarks.synthetic import make_library
from pumas_tui.core.domain.imports import DuplicatePolicy, ImportChoices
from pumas_tui.core.flows import opening, sample_files
from pumas_tui.core.library import Library, OpenOptions, RunJobs
from tests.hub import dead

_GOAL = 1.15  # what two runs of the very same work differ by on a machine that others use too
_RUNS = 15
_ASK_EVERY_S = 0.2
_SEARCHES = ("model", "model 12", "type:loras", "zzz")


class Session:
    """A full-screen session without its screen, on a loop that runs only while something is timed.

    Once it is open, look-ups are asked for again and again, as by a person who does not give up.
    """

    def __init__(self, root: Path, *, offline: bool) -> None:
        self._root = root
        self._options = OpenOptions(str(root), run_jobs=RunJobs.ALL, offline=offline)
        self._loop = asyncio.new_event_loop()
        self._stack = AsyncExitStack()
        self._library: Library

    def run(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do a piece of work, and whatever else waits meanwhile."""
        self._loop.run_until_complete(work())

    async def start(self) -> None:
        """Open, the first page, close."""
        async with Library.open(self._options) as library:
            library.network.start(library.events())
            await library.models.search("", limit=50)

    async def open(self) -> None:
        """Stay open; the first look-up has failed already."""
        self._library = await self._stack.enter_async_context(Library.open(self._options))
        await self._library.ready()
        self._library.network.start(self._library.events())
        await self._library.network.retry_pending(asked_by_user=True)
        asking = asyncio.create_task(self._keep_asking())
        self._stack.callback(asking.cancel)

    async def close(self) -> None:
        """End it."""
        await self._stack.aclose()

    async def _keep_asking(self) -> None:
        while True:
            await self._library.network.retry_pending(asked_by_user=True)
            await asyncio.sleep(_ASK_EVERY_S)

    async def browse(self) -> None:
        """Page by page, each model looked at."""
        for offset in range(0, 500, 50):
            page = await self._library.models.search("", limit=50, offset=offset)
            for row in page.rows[:5]:
                await self._library.models.get(row.uid)

    async def search(self) -> None:
        """As somebody types."""
        for _ in range(25):
            for words in _SEARCHES:
                await self._library.models.search(words, limit=50)

    async def bring(self) -> None:
        """A few new files."""
        folder = Path(tempfile.mkdtemp(dir=self._root.parent))
        for n in range(5):
            content = sample_files.safetensors({"w": ("F32", (n + 1,))}, {}, f"{folder.name} {n}")
            (folder / f"new {folder.name} {n}.safetensors").write_bytes(content)
        found = await self._library.imports.inspect_paths([str(folder)])
        choices = ImportChoices(duplicates=DuplicatePolicy.IMPORT, rename_taken=True)
        await self._library.jobs.wait((await self._library.imports.submit(found.candidates, choices)).jobs)


def measured(root: Path, endpoint: str, what: str) -> list[Result]:
    """All four with this endpoint."""
    os.environ["HF_ENDPOINT"] = endpoint
    ours, peer = Session(root, offline=False), Session(root, offline=True)
    results = [_compared(f"start, {what}", partial(ours.run, ours.start), partial(peer.run, peer.start))]
    for session in (ours, peer):
        session.run(session.open)
    for name in ("browse", "search", "bring"):
        one, other = getattr(ours, name), getattr(peer, name)
        results.append(_compared(f"{name}, {what}", partial(ours.run, one), partial(peer.run, other)))
    for session in (ours, peer):
        session.run(session.close)
    return results


def _compared(name: str, ours: Callable[[], None], peer: Callable[[], None]) -> Result:
    return paired(name, ours, peer, _GOAL, _RUNS, peer_name="offline")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=2_000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, dead.silent() as silent:
        for name in ("CACHE_HOME", "STATE_HOME", "CONFIG_HOME"):
            os.environ[f"XDG_{name}"] = f"{scratch}/{name}"
        os.environ.pop("HF_HUB_OFFLINE", None)
        root = Path(scratch) / "library"
        opening.create(str(root))
        make_library(root, options.models)
        first = Session(root, offline=True)
        first.run(first.start)  # builds the index
        results = [*measured(root, dead.refusing(), "refused"), *measured(root, silent, "silent")]
    report(results, options.json)


if __name__ == "__main__":
    main()
