"""Searches of the disk that somebody watches, and may stop: what all of them have in common."""

import threading
from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from pumas_tui.core.fs.hunting import SoFar

FoundT = TypeVar("FoundT")


class WatchedSearch(ABC, Generic[FoundT]):
    """Run it, see how far it is, stop it. For one event loop; `stop` and `so_far` from any thread."""

    def __init__(self) -> None:
        self._so_far = SoFar()
        self._cancel = threading.Event()

    @property
    def so_far(self) -> tuple[int, str]:
        """Files seen, and the folder or file that is being read."""
        return self._so_far.files, self._so_far.folder

    def stop(self) -> None:
        """End the search soon; `run` gives what it came to."""
        self._cancel.set()

    async def run(self) -> FoundT:
        """Look. Raises NotFoundError, AmbiguousError, DiskError, DamagedError: it is not known for what."""
        try:
            return await self._look()
        finally:
            self.stop()  # whoever waited is gone: so is the reason to look

    @abstractmethod
    async def _look(self) -> FoundT:
        """The search itself; disk work in threads."""
