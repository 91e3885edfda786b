"""What a check works with, how it is followed, and what it has come to so far."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from pumas_tui.core.db.index import IndexWriter
from pumas_tui.core.db.jobs import JobStore
from pumas_tui.core.db.registry import Registry
from pumas_tui.core.domain.errors import Trouble
from pumas_tui.core.domain.findings import Finding
from pumas_tui.core.domain.layout import LibraryPaths


@dataclass(frozen=True, slots=True)
class CheckTools:
    """What a check works with; all thread-safe. `reserve_bytes`: room that imports keep free."""

    paths: LibraryPaths
    index: IndexWriter
    registry: Registry
    jobs: JobStore
    reserve_bytes: int


@dataclass(frozen=True, slots=True)
class Following:
    """How a check is followed and stopped. `on_progress` takes links looked at so far and in all."""

    on_finding: Callable[[Finding], None]
    on_progress: Callable[[int, int], None] | None = None
    stop: threading.Event | None = None

    @property
    def stopped(self) -> bool:
        """Somebody asked to stop."""
        return self.stop is not None and self.stop.is_set()


@dataclass(slots=True)
class Seen:
    """What a check has come to so far; `tell` adds a finding and hands it on."""

    following: Following
    found: list[Finding] = field(default_factory=list)
    not_checked: list[Trouble] = field(default_factory=list)
    links_total: int = 0
    links_done: int = 0
    links_right: int = 0
    links_waiting: int = 0
    apps_seen: int = 0

    def tell(self, one: Finding) -> None:
        """A finding."""
        self.found.append(one)
        self.following.on_finding(one)

    def advance(self, links: int) -> None:
        """So many more links were looked at."""
        self.links_done += links
        if self.following.on_progress is not None:
            self.following.on_progress(self.links_done, self.links_total)
