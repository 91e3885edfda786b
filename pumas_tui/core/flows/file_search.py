"""Looking on this machine for files that a model lacks: near where it was imported from, in the library's
trash, then on every disk that is mounted. Sizes are compared first; a file is found when its SHA-256 is the
recorded one. Reads only.
"""

import asyncio
import os
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace

from pumas_tui.core.domain import found_files
from pumas_tui.core.domain.errors import CancelledError, DiskError, SourceChangedError
from pumas_tui.core.domain.files import FileEntry
from pumas_tui.core.domain.found_files import Searched
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.domain.refetching import Refetch
from pumas_tui.core.flows.searching import WatchedSearch
from pumas_tui.core.fs import copying, reading
from pumas_tui.core.fs.hunting import CANCELLED, TOO_LONG, Hunt, Limits, SoFar
from pumas_tui.core.host import drives

LIMITS = Limits(entries=500_000, seconds=60.0)
"""Entries of folders in one place, and seconds of looking in all of them; reading what fits comes on top."""


class FileSearch(WatchedSearch[Searched]):
    """A search for what one model lacks. `start` gives what that is, and the path it was imported from."""

    def __init__(
        self,
        paths: LibraryPaths,
        start: Callable[[], Awaitable[tuple[Refetch, str]]],
        limits: Limits = LIMITS,
        table: str = drives.MOUNTS,
    ) -> None:
        super().__init__()
        self._paths = paths
        self._start = start
        self._limits = limits
        self._table = table

    async def _look(self) -> Searched:
        plan, source = await self._start()
        return await asyncio.to_thread(self._find, plan, source)

    def _find(self, plan: Refetch, source: str) -> Searched:
        proven = _Proven(plan, self._cancel, self._so_far)
        _, sizes = found_files.looked_for(plan.lacking)
        end, places, stopped = time.monotonic() + self._limits.seconds, 0, ""
        for folder, outward in self._places(source) if sizes else ():
            left = max(0.0, end - time.monotonic())
            limits, avoid = replace(self._limits, seconds=left), (self._paths.models,)
            hunt = Hunt(folder, (), self._cancel, self._so_far, limits, avoid, sizes=sizes)
            places += 1
            with suppress(DiskError):  # what is not there has nothing
                for level in hunt.levels():
                    began = time.monotonic()
                    proven.look(level)
                    end += time.monotonic() - began
                    if proven.all_found or not outward:
                        break
            stopped = hunt.stopped or stopped
            if proven.all_found or hunt.stopped in (CANCELLED, TOO_LONG):
                break
        return Searched(proven.plan(), self._so_far.files, places, proven.others, stopped)

    def _places(self, source: str) -> Iterator[tuple[str, bool]]:
        """(folder, whether to look around the folders above it as well), the likeliest first."""
        near = os.path.dirname(source) if source.startswith("/") else ""
        while near and not reading.is_there(near):
            near = os.path.dirname(near)
        if near not in ("", "/"):
            yield near, True
        yield self._paths.trash, False
        for drive in drives.drives(self._table).answered:
            yield drive.mount.mount_point, False


class _Proven:
    """Files of the right sizes that were read, and turned out to be the right ones."""

    def __init__(self, plan: Refetch, cancel: threading.Event, so_far: SoFar) -> None:
        self._plan = plan
        self._cancel = cancel
        self._so_far = so_far
        self._seen: set[tuple[int, int]] = set()
        self._places: dict[str, str] = {}  # by SHA-256
        self._wanted = {one.sha256: one.size for one in plan.lacking.wanted if one.sha256}
        self.others = 0

    @property
    def all_found(self) -> bool:
        """Nothing is left to look for."""
        return self._wanted.keys() == self._places.keys()

    def look(self, entries: Iterable[FileEntry]) -> None:
        """Read those that may be it. Stops where it was asked to."""
        for entry in entries:
            open_sizes = {size for sha256, size in self._wanted.items() if sha256 not in self._places}
            if entry.size not in open_sizes or (entry.dev, entry.ino) in self._seen:
                continue
            self._seen.add((entry.dev, entry.ino))
            self._so_far.folder = entry.path
            try:
                found = copying.hash_file(
                    entry.path, cancel=self._cancel, on_bytes=lambda _: None, expect=entry
                ).sha256
            except CancelledError:
                return
            except (DiskError, SourceChangedError):
                continue
            if found in self._wanted:
                self._places.setdefault(found, entry.path)
            else:
                self.others += 1

    def plan(self) -> Refetch:
        """What would be brought, from the places that were found."""
        entries = [reading.entry(path) for path in self._places.values()]
        got, left = found_files.matching(self._plan.lacking, entries, "the places that were looked through")
        proven = tuple(
            replace(one, why="its SHA-256 is the recorded one", places=(self._places[one.file.sha256],))
            for one in got
            if one.file.sha256 in self._places
        )
        path = os.path.commonpath(list(self._places.values())) if self._places else ""
        return replace(self._plan, files=proven, left=left, path=path)
