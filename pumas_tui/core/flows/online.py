"""The network of one open library: what look-ups and downloads share, made when somebody first needs it.

A library that is opened for a list loads none of it and opens no hub.db.
"""

import threading
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from pumas_tui.core.domain.events import Event
from pumas_tui.core.domain.jobs import Job
from pumas_tui.core.domain.models import ModelDetail, ModelRow
from pumas_tui.core.settings import NetworkSettings

if TYPE_CHECKING:
    from pumas_tui.core.db.jobs import JobStore
    from pumas_tui.core.db.lookups import Lookups
    from pumas_tui.core.flows.changing import EditTools
    from pumas_tui.core.flows.downloading import DownloadTools
    from pumas_tui.core.flows.import_job import ImportTools
    from pumas_tui.core.flows.network import Network
    from pumas_tui.core.flows.wiring import Wiring
    from pumas_tui.core.jobs.runner import JobContext, Outcome

T = TypeVar("T")


class Online:
    """`network` is for the event loop, `download` for the threads of jobs; whoever comes first makes
    the store.

    `wiring`: tools for changes of what is in the library. `offline`: the option of this run. Close the
    network before, and end the jobs.
    """

    def __init__(self, settings: NetworkSettings, wiring: "Callable[[], Wiring]", *, offline: bool) -> None:
        self._settings = settings
        self._wiring = wiring
        self._offline = offline
        self._making = threading.Lock()
        self._store: Lookups | None = None
        self._downloads: DownloadTools | None = None

    def prepare(self) -> None:
        """Load and make what `network` needs, in a thread of whoever must not stand still meanwhile."""
        from pumas_tui.core.flows import network as network

        self._with_lock(self._opened_store)

    def network(
        self,
        edit: "EditTools",
        jobs: "JobStore",
        find: Callable[[str], Awaitable[ModelDetail]],
        waiting: Callable[[int], Awaitable[Sequence[ModelRow]]],
        publish: Callable[[Event], None],
        own: Callable[[str], None],
        *,
        by_itself: bool,
    ) -> "Network":
        """The public face; see `NetworkTools` for what it needs. `by_itself`: this process works unasked."""
        from pumas_tui.core.flows import connecting
        from pumas_tui.core.flows.network import Network, NetworkTools

        settings = self._settings
        options = connecting.options_of(settings, offline=self._offline)
        return Network(
            NetworkTools(
                edit,
                jobs,
                self._with_lock(self._opened_store),
                options,
                find,
                waiting,
                publish,
                own,
                by_itself=by_itself and settings.lookups,
                by_hash=settings.civitai,
            )
        )

    def download(self, imports: "ImportTools", job: Job, context: "JobContext") -> "Outcome":
        """What the runner calls for a download job, in that job's thread."""
        from pumas_tui.core.domain import refetching
        from pumas_tui.core.flows import downloading, refetching_job

        tools = self._with_lock(partial(self._download_tools, imports))
        if refetching.is_into(job.payload):
            return refetching_job.handler(self._wiring().refetch_tools(tools))(job, context)
        return downloading.handler(tools)(job, context)

    def close(self) -> None:
        """Close the store, if it was ever needed."""
        if self._store is not None:
            self._store.close()

    def _with_lock(self, made: Callable[[], T]) -> T:
        with self._making:
            return made()

    def _opened_store(self) -> "Lookups":
        if self._store is None:
            from pumas_tui.core.flows import connecting

            self._store = connecting.open_store()
        return self._store

    def _download_tools(self, imports: "ImportTools") -> "DownloadTools":
        """One for all downloads: they share the line's speed."""
        if self._downloads is None:
            from pumas_tui.core.flows import connecting

            options = connecting.options_of(self._settings, offline=self._offline)
            store = self._opened_store()
            self._downloads = connecting.download_tools(imports, store, options, self._settings)
        return self._downloads
