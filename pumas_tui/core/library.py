"""The door: `async with Library.open(options) as library`. Owns lifetimes and wires flows; has no verbs."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pumas_tui.core import settings as settings_file
from pumas_tui.core.db.changes import ChangeWatch
from pumas_tui.core.db.runtime import Runner as RunnerRow
from pumas_tui.core.db.search import SearchIndex
from pumas_tui.core.domain.errors import LibraryNotFoundError, PumasError
from pumas_tui.core.domain.events import Event, MessagePosted
from pumas_tui.core.domain.ids import JobId, LibraryId
from pumas_tui.core.domain.jobs import Job, JobKind
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.domain.models import ModelRow
from pumas_tui.core.domain.open_options import OpenOptions as OpenOptions
from pumas_tui.core.domain.open_options import RunJobs as RunJobs
from pumas_tui.core.domain.text import safe
from pumas_tui.core.flows import opening
from pumas_tui.core.flows.browsing import Models
from pumas_tui.core.flows.online import Online
from pumas_tui.core.flows.opening import Opened
from pumas_tui.core.flows.queueing import Jobs
from pumas_tui.core.fs import owners, space
from pumas_tui.core.jobs.bus import Bus
from pumas_tui.core.jobs.feed import Feed
from pumas_tui.core.settings import Settings

# Flows that read and write model files are loaded where they are first used: a list needs none of them, and
# they would double the time it takes.
if TYPE_CHECKING:
    from pumas_tui.core.flows.deleting import Deleting
    from pumas_tui.core.flows.editing import Editing
    from pumas_tui.core.flows.first_start import FirstStart as FirstStart
    from pumas_tui.core.flows.health import Health
    from pumas_tui.core.flows.history import History
    from pumas_tui.core.flows.import_job import ImportTools
    from pumas_tui.core.flows.importing import Imports
    from pumas_tui.core.flows.mapping import Mapping
    from pumas_tui.core.flows.network import Network
    from pumas_tui.core.flows.refetching import Refetching
    from pumas_tui.core.flows.renaming import Renaming
    from pumas_tui.core.flows.spacing import Space
    from pumas_tui.core.flows.wiring import Wiring
    from pumas_tui.core.jobs.runner import JobContext, Outcome, Runner

_JOBS_AT_ONCE = 4


class Library:
    """An open library. Use `open`; everything it starts ends with the block."""

    def __init__(
        self, opened: Opened, search: SearchIndex, bus: Bus, options: OpenOptions, settings: Settings
    ):
        self.paths: LibraryPaths = opened.paths
        self.library_id: LibraryId = opened.library_id
        self.settings = settings
        self.config = options.config  # the settings file, None for the one at the usual place
        self.readonly = options.readonly
        self.last_visit = opened.last_visit  # of a full-screen session on this host; epoch seconds
        self._starting: asyncio.Task[None] | None = None
        self._may_begin = asyncio.Event()
        self._opened = opened
        self._bus = bus
        self._options = options
        runs = options.run_jobs is not RunJobs.NONE and not options.readonly
        self._online = Online(settings.network, lambda: self._wiring, offline=options.offline)
        self._runner = _runner(opened, options, settings, self._follow_job, self._online) if runs else None
        self._own: Callable[[str], None] = self._runner.own if self._runner is not None else _nothing
        self._feed = Feed(lambda: _watch(opened.paths), bus.publish)
        self.models = Models(
            opened.paths, search, opened.index, lambda uid: opened.registry.links_of(uid), bus.publish
        )
        wake = self._runner.wake if self._runner is not None else _nothing
        self.jobs = Jobs(opened.paths, opened.jobs, opened.runtime, wake, self._own, self._stuck)

    @cached_property
    def imports(self) -> "Imports":
        """What is pasted becomes jobs."""
        from pumas_tui.core.flows.importing import Imports

        opened = self._opened
        return Imports(
            opened.paths,
            opened.jobs,
            opened.registry,
            self._bus.publish,
            self._own,
            space.host_name(),
            opened.index,
        )

    @cached_property
    def editing(self) -> "Editing":
        """Changes of what is said about a model."""
        from pumas_tui.core.flows.editing import Editing

        return Editing(self._wiring.edits, self.models.get, self._wiring.follow_edit)

    @cached_property
    def mapping(self) -> "Mapping":
        """Apps, and the links that lead from them to the models."""
        return self._wiring.mapping(self.models.get, first_start(self._options.config).detect)

    @cached_property
    def history(self) -> "History":
        """Past changes, taking them back, and the trash."""
        return self._wiring.history()

    @cached_property
    def deleting(self) -> "Deleting":
        """Models into the trash, with their links."""
        return self._wiring.deleting(self.models.get)

    @cached_property
    def renaming(self) -> "Renaming":
        """Other places in the library for models, with their links."""
        return self._wiring.renaming(self.models.get)

    @cached_property
    def health(self) -> "Health":
        """What is broken, and putting it right."""
        health = self.settings.health
        reserve = self.settings.imports.reserve_bytes
        return self._wiring.health(
            self.models.get, reserve, health.verify_bytes_per_s, self_heals=health.self_heal == "safe"
        )

    @cached_property
    def space(self) -> "Space":
        """Where room could be had."""
        return self._wiring.space(self.history.trash)

    @cached_property
    def network(self) -> "Network":
        """Look-ups, searches on the Hub, downloads. Nothing is asked before it is told to."""
        opened, models = self._opened, self.models

        async def waiting(limit: int) -> tuple[ModelRow, ...]:
            return (await models.search("trust:pending", limit=limit)).rows

        edits, publish = self._wiring.edits, self._bus.publish
        by_itself = self._runner is not None and self._options.run_jobs is RunJobs.ALL
        return self._online.network(
            edits, opened.jobs, models.get, waiting, publish, self._own, by_itself=by_itself
        )

    @cached_property
    def refetching(self) -> "Refetching":
        """Files from the Hub for what is there: models that lack some, imports that wait for parts."""
        return self._wiring.refetching(self.models.get, self.network, self._own)

    @cached_property
    def _wiring(self) -> "Wiring":
        from pumas_tui.core.flows.wiring import Wiring

        return Wiring(self._opened, self._bus.publish, space.host_name())

    @classmethod
    @asynccontextmanager
    async def open(cls, options: OpenOptions) -> AsyncIterator["Library"]:
        """Open a library for the time of a block. Raises LibraryNotFoundError, NewerLibraryError, DiskError,
        UsageError."""
        settings = settings_file.load(options.config)
        root = opening.root_of(settings_file.library_root(options.root, settings))
        state_dir = str(settings_file.state_dir())
        try:
            opened = await asyncio.to_thread(opening.open_library, root, state_dir)
        except LibraryNotFoundError:
            if not options.create or options.readonly:
                raise
            await asyncio.to_thread(opening.create, root)
            opened = await asyncio.to_thread(opening.open_library, root, state_dir)
        search = await SearchIndex.open(opened.paths.index_db, opened.paths.registry_db)
        library = cls(opened, search, Bus(asyncio.get_running_loop()), options, settings)
        library._starting = starting = asyncio.create_task(library._start())
        if not options.begin_later:
            library.begin()
        try:
            yield library
        finally:
            if not library._may_begin.is_set():
                starting.cancel()
            await asyncio.wait({starting})
            if not starting.cancelled():
                starting.exception()  # told as an event already; `ready` gives it to who asks
            await library._stop()
            await search.close()
            await asyncio.to_thread(opened.close)

    def _follow_job(self, job_id: JobId) -> None:
        """A command links its own batch when it has told what came of it; a session does so as jobs end."""
        if self._options.run_jobs is RunJobs.ALL and self.settings.imports.link:
            self._wiring.follow_job(job_id)

    def _stuck(self) -> PumasError | None:
        return self._runner.stuck() if self._runner is not None else None

    def events(self) -> AsyncIterator[Event]:
        """Facts from now on, for one listener."""
        return self._bus.events()

    async def _start(self) -> None:
        """Recover, then run jobs; in the background, so that the first paint waits for nothing."""
        self._feed.start()
        await self._may_begin.wait()
        for note in self._opened.notes:
            self._bus.publish(MessagePosted(safe(note), "warning"))
        try:
            if not self.readonly:
                await asyncio.to_thread(self._follow_move)
            if self._runner is not None:
                await asyncio.to_thread(self._recover)
                self._runner.start()
        except PumasError as error:
            self._bus.publish(MessagePosted(safe(error.message), "error"))
            raise

    def _follow_move(self) -> None:
        """Records say where the library and the apps beside it are since somebody moved them."""
        opened = self._opened
        if opening.is_where_it_was(opened):
            return
        from pumas_tui.core.flows import base_places, moved_roots

        old = base_places.settle(opened.paths, opened.library_id, opened.registry)
        if old is not None:
            self._bus.publish(MessagePosted(f"The library was moved; before it was at {safe(old)}", "info"))
        for app in moved_roots.follow(opened.paths, opened.registry):
            self._bus.publish(MessagePosted(f"{safe(app.name)} was moved to {safe(app.base)}", "info"))

    async def load_network(self) -> None:
        """Make what `network` needs, in a thread: whoever shows something must not stand still meanwhile."""
        await asyncio.to_thread(self._online.prepare)

    def begin(self) -> None:
        """Recover and run jobs from now on, where that was not to begin at once."""
        self._may_begin.set()

    async def ready(self) -> None:
        """Wait until jobs run. Raises what stopped that: PumasError, or an error that nobody expected."""
        self.begin()
        if self._starting is not None:
            await asyncio.shield(self._starting)

    def _recover(self) -> None:
        from pumas_tui.core.flows import recovering

        opened = self._opened
        done = recovering.recover(self._wiring.operations, opened.jobs, opened.index)
        opening.back_up_registry(opened.paths)
        for line, warning in done.lines():
            self._bus.publish(MessagePosted(safe(line), "warning" if warning else "info"))

    async def _stop(self) -> None:
        if self._runner is not None:
            await asyncio.to_thread(self._runner.stop, self._options.leave_jobs)
        await asyncio.to_thread(self._feed.stop)
        if "network" in self.__dict__:
            await self.network.close()
        await asyncio.to_thread(self._online.close)
        self._bus.close()


def _nothing(*_: str) -> None:
    """Where no jobs run, nobody waits for any."""


def _watch(paths: LibraryPaths) -> ChangeWatch:
    return ChangeWatch(paths.registry_db, paths.runtime_db, paths.index_db)


def _runner(
    opened: Opened, options: OpenOptions, settings: Settings, follow: Callable[[JobId], None], online: Online
) -> "Runner":
    """The runner of this process, not started yet. Its first job loads what reads and writes model files."""
    from pumas_tui.core.domain.lanes import Turns, Widths
    from pumas_tui.core.jobs.runner import Runner, RunnerOptions

    me = owners.this_process()
    mark = owners.mark(me)

    def beat() -> None:
        opened.runtime.heartbeat(RunnerRow(mark, me.pid, me.boot_id, me.host, time.time()))
        if options.run_jobs is RunJobs.ALL:
            opened.runtime.visit(me.host, time.time())

    @cache
    def tools() -> "ImportTools":
        from pumas_tui.core.flows.import_job import ImportTools

        reserve = settings.imports.reserve_bytes
        return ImportTools(opened.paths, opened.index, opened.journal, reserve, me.host, owners.user_name())

    def run_import(job: Job, context: "JobContext") -> "Outcome":
        from pumas_tui.core.flows import importing

        return importing.handler(tools())(job, context)

    def run_download(job: Job, context: "JobContext") -> "Outcome":
        return online.download(tools(), job, context)

    return Runner(
        opened.jobs,
        opened.runtime,
        {JobKind.IMPORT: run_import, JobKind.DOWNLOAD: run_download},
        RunnerOptions(
            owner=mark,
            width=_JOBS_AT_ONCE,
            turns=Turns(Widths(settings.imports.lanes), lambda owner: owner == mark or owners.runs(owner)),
            heartbeat=beat,
            batches=set() if options.run_jobs is RunJobs.OWN else None,
            after=follow,
        ),
    )


async def create_library(folder: str) -> LibraryPaths:
    """`init`: make a library at `folder`, or return the one there."""
    return await asyncio.to_thread(opening.create, folder)


async def demo_samples(folder: str) -> tuple[str, ...]:
    """Write small valid sample files below `folder`; their paths."""
    from pumas_tui.core.flows import demo

    return await asyncio.to_thread(demo.make_samples, folder)


async def demo_app(folder: str) -> str:
    """Make a sample app tree below a folder of samples; its path."""
    from pumas_tui.core.flows import demo

    return await asyncio.to_thread(demo.make_app, folder)


async def change_setting(config: Path | None, key: str, value: str) -> Path:
    """`config set`: change one key of the settings file; its path. Raises UsageError, DiskError."""
    from pumas_tui.core.flows import configuring

    return await asyncio.to_thread(configuring.change, config, key, value)


async def is_first_start(config: Path | None = None) -> bool:
    """No library is where one looks without being told a place. Raises UsageError, DiskError."""
    root = settings_file.library_root(None, settings_file.load(config))
    return not await asyncio.to_thread(opening.is_library, root)


def first_start(config: Path | None = None) -> "FirstStart":
    """What is asked and done where there is no library yet; which apps are there. Raises UsageError."""
    from pumas_tui.core.flows.first_start import FirstStart

    root = settings_file.library_root(None, settings_file.load(config))
    return FirstStart(str(Path.home()), root, config)
