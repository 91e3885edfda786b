"""The full-screen program: screens as modes, facts handed down to them, pasting, and a clean way out."""

import asyncio
import os
import platform
import sys
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from typing import ClassVar

from textual import on
from textual.widgets import Input

from pumas_tui.core import settings as settings_file
from pumas_tui.core.domain.actions import Scope
from pumas_tui.core.domain.errors import PumasError
from pumas_tui.core.domain.events import MessagePosted
from pumas_tui.core.domain.first_start import Choice
from pumas_tui.core.domain.imports import ImportChoices, ImportMode
from pumas_tui.core.domain.jobs import JobState
from pumas_tui.core.domain.text import plural, safe
from pumas_tui.core.library import Library, OpenOptions, first_start, is_first_start
from pumas_tui.tui import bridge, messages, terminal
from pumas_tui.tui.keymap import Keymap, bindings, default_keymap, load_keymap
from pumas_tui.tui.modals.ask import ask
from pumas_tui.tui.modals.leave import Leave, LeaveDialog
from pumas_tui.tui.modals.pasting import Meant, take_paste
from pumas_tui.tui.modals.undo import undo_last
from pumas_tui.tui.online import OnlineApp
from pumas_tui.tui.presenters.frame import HeaderFacts
from pumas_tui.tui.presenters.imports import Section, section_of
from pumas_tui.tui.presenters.theme import PUMAS
from pumas_tui.tui.screens.first_start import FirstStartApp
from pumas_tui.tui.screens.health import HealthScreen
from pumas_tui.tui.screens.imports import ImportsScreen
from pumas_tui.tui.screens.library import LibraryScreen
from pumas_tui.tui.screens.mapping import MappingScreen
from pumas_tui.tui.screens.settings import SettingsScreen
from pumas_tui.tui.widgets.burst import GAP_S
from pumas_tui.tui.widgets.chores import chore
from pumas_tui.tui.widgets.frame import READ_ONLY, FrameOptions
from pumas_tui.tui.widgets.guarded_app import STYLES, leave_on_signals
from pumas_tui.tui.widgets.jobs_drawer import JobsDrawer
from pumas_tui.tui.widgets.path_prompt import PathPrompt
from pumas_tui.tui.widgets.popup import Prompt
from pumas_tui.tui.widgets.welcome import welcome_back

_TWICE_S = 2.0


class PumasApp(OnlineApp, inherit_bindings=False):
    """Shows the frame at once and the library when `opening` gives it. Its exit value is the exit code.

    Where `opening` raises a PumasError the app ends and `failure` holds it. `slow`: the terminal is far away.
    `host`: what to call this machine; empty: as it calls itself.
    """

    BINDINGS = bindings(Scope.GLOBAL)
    ENABLE_COMMAND_PALETTE = False
    CSS_PATH = STYLES
    CHECK_AFTER_S: ClassVar[float] = 2.0
    """When the first check of the library's health begins: the first moments belong to who opened it."""

    def __init__(
        self,
        opening: Awaitable[Library],
        *,
        ascii_only: bool = False,
        theme: str = PUMAS.name,
        keymap: Keymap | None = None,
        readonly: bool = False,
        slow: bool = False,
        gap_s: float = GAP_S,
        host: str = "",
    ) -> None:
        keys = keymap if keymap is not None else default_keymap()
        frame = FrameOptions(ascii_only=ascii_only, keymap=keys, readonly=readonly)
        super().__init__(HeaderFacts(safe(host or platform.node()), readonly=readonly), frame, gap_s=gap_s)
        self.register_theme(PUMAS)
        self.theme = theme
        self.failure: PumasError | None = None
        self.bridge = bridge.Bridge(self.post_message)
        self._opening = opening
        self._slow = slow
        self._readonly = readonly
        self._conflicts: dict[str, int] = {}
        self._interrupted_at = 0.0

    def on_mount(self) -> None:
        self.set_keymap(self.keys.overrides())
        self.run_worker(chore(self._open))

    async def _open(self) -> None:
        try:
            library = await self._opening
        except PumasError as error:
            self.failure = error
            self.exit(error.exit_code)
            return
        self.library = library
        self.header = replace(self.header, root=safe(library.paths.root))
        for screen_class in (LibraryScreen, ImportsScreen, MappingScreen, HealthScreen, SettingsScreen):
            self.add_place(screen_class(library, **self.frame))
        self._show_facts()
        await self.switch_mode(LibraryScreen.PLACE)
        for problem in self.keys.problems:
            self.place.show_message(
                f"keymap.toml line {problem.line}: {problem.entry}: {problem.reason}", "warning"
            )
        self.run_worker(chore(bridge.run, self.bridge, library.events(), slow=self._slow))
        self.go_online(library)
        self.bridge.know(jobs := await library.jobs.list())
        self.bridge.flush()
        self.set_timer(self.CHECK_AFTER_S, self._health.check)
        await welcome_back(self.place, library.last_visit, jobs)

    def _show_facts(self) -> None:
        state = self.bridge.state
        imports = sum(section_of(view) is Section.NEED_YOU for view in state.jobs.values())
        conflicts = {**self._conflicts, **self._mapping.plans.open_conflicts}
        asking = {ImportsScreen.PLACE: imports, MappingScreen.PLACE: sum(conflicts.values())}
        self.show_facts(state, {**asking, HealthScreen.PLACE: self._health.checkup.checked.needs_you})

    @on(messages.JobsChanged)
    @on(MappingScreen.Counted)
    @on(HealthScreen.Counted)
    def _facts_changed(self) -> None:
        self._show_facts()

    def on_plans_made(self, event: messages.PlansMade) -> None:
        self._conflicts.update(event.conflicts)
        self._show_facts()

    def on_links_changed(self) -> None:
        self._mapping.facts_changed()
        self._health.facts_changed()
        self.place_of(SettingsScreen).facts_changed()

    @on(SettingsScreen.PlanWanted)
    async def _show_plan(self, event: SettingsScreen.PlanWanted) -> None:
        self._mapping.plan_of(event.uid)
        await self.action_mapping()

    @on(HealthScreen.ModelWanted)
    async def _show_model(self, event: HealthScreen.ModelWanted) -> None:
        await self.action_library()
        self._library_screen.search_for(event.name)

    def on_models_changed(self, event: messages.ModelsChanged) -> None:
        self._library_screen.models_rev += 1
        self._mapping.plans.stale = self._health.checkup.stale = True

    def on_scan_changed(self, event: messages.ScanChanged) -> None:
        self._library_screen.scan = event.scan

    def on_sources_seen(self, event: messages.SourcesSeen) -> None:
        seen = plural(event.scan.files_seen, "file")
        self.place.show_message(f"Reading {event.scan.path}: {seen} so far")

    def on_message_posted(self, event: messages.MessagePosted) -> None:
        self.place.show_message(event.posted.text, event.posted.severity)

    @property
    def _library_screen(self) -> LibraryScreen:
        return self.place_of(LibraryScreen)

    @property
    def _mapping(self) -> MappingScreen:
        return self.place_of(MappingScreen)

    @property
    def _health(self) -> HealthScreen:
        return self.place_of(HealthScreen)

    async def pasted(self, text: str) -> None:
        if self.library is None or self.place.overlay is not None:
            await self.paste_into_focus(text)
        else:
            self.run_worker(chore(self._paste, text, self.library))

    async def _paste(self, text: str, library: Library) -> None:
        typing = isinstance(self.focused, Input)
        meant = await take_paste(
            self.place, library, text, typing=typing, host=self.header.host, copy=self._copy
        )
        if meant is Meant.TEXT:
            await self.paste_into_focus(text)
        elif meant is Meant.SEARCH:
            await self.action_library()
            self._library_screen.search_for(text)

    @on(Prompt.Given)
    def _path_typed(self, event: Prompt.Given) -> None:
        if self.library is not None:
            self.run_worker(chore(self._paste, event.text, self.library))

    def _copy(self, text: str) -> None:
        self.run_worker(chore(terminal.copy, text, self.copy_to_clipboard))

    async def action_type_path(self) -> None:
        if self._readonly:
            self.place.show_message(READ_ONLY)
        elif self.library is not None:
            await self.place.show_over(PathPrompt(self.library.imports.complete))

    async def action_jobs(self) -> None:
        place = self.place
        await place.show_over(JobsDrawer(self.bridge.state, place.glyphs, self.keys.first("global.jobs")))

    @on(JobsDrawer.Opened)
    async def _show_queue(self) -> None:
        await self.action_import()

    def action_rescan(self) -> None:
        if self.library is not None:
            self._library_screen.rescan()

    def action_interrupt(self) -> None:
        now = time.monotonic()
        if now - self._interrupted_at < _TWICE_S:
            self.exit(0)
        self._interrupted_at = now
        leave = self.keys.first("global.quit")
        self.place.show_message(f"{leave} leaves, esc goes back. ctrl+c again leaves.")

    def action_undo(self) -> None:
        if self._readonly:
            self.place.show_message(READ_ONLY)
        elif self.library is not None:
            self.run_worker(chore(undo_last, self.place, self.library))

    async def action_quit(self) -> None:
        unapplied = self._mapping.plans.unapplied if self.places else 0
        if unapplied:
            self.run_worker(chore(self._leave, unapplied))
        else:
            self.exit(0)

    async def _leave(self, unapplied: int) -> None:
        match await ask(self.place, LeaveDialog(unapplied)):
            case Leave.LEAVE:
                await self._mapping.plans.keep()
                self.exit(0)
            case Leave.APPLY:
                await self.action_mapping()
                self._mapping.action_apply()


@asynccontextmanager
async def opened_aside(context: AbstractAsyncContextManager[Library]) -> AsyncIterator[Awaitable[Library]]:
    """Enter and leave a context in a task of its own; gives an awaitable of what it yields.

    The block does not wait for the library, and the task that opened it closes it.
    """
    opened: asyncio.Future[Library] = asyncio.get_running_loop().create_future()
    leaving = asyncio.Event()

    async def hold() -> None:
        async with context as library:
            if not opened.done():
                opened.set_result(library)
            await leaving.wait()

    def failed(task: asyncio.Task[None]) -> None:
        error = task.exception()
        if error is not None and not opened.done():
            opened.set_exception(error)

    holding = asyncio.create_task(hold())
    holding.add_done_callback(failed)
    try:
        yield opened
    finally:
        leaving.set()
        await asyncio.wait({holding})


@dataclass(frozen=True, slots=True)
class _Look:
    """How the program is to look, as the command line, the settings and the terminal say."""

    ascii_only: bool
    theme: str
    keymap: Keymap
    mouse: bool


def run(
    options: OpenOptions,
    *,
    may_be_first: bool = False,
    ascii: bool = False,
    theme: str | None = None,
    mouse: bool | None = None,
) -> int:
    """Run full screen until the user leaves; the exit code. Raises what opening the library raises.

    `may_be_first`: where there is no library at the default place, ask where it shall live. `theme` None: as
    the settings say; `mouse` None: on unless the terminal is at the other end of a network.
    """
    look = _Look(
        ascii or terminal.wants_ascii(os.environ),
        terminal.choose_theme(os.environ, theme or settings_file.load(options.config).ui.theme),
        load_keymap(settings_file.default_config_path().with_name("keymap.toml")),
        terminal.wants_mouse(os.environ) if mouse is None else mouse,
    )
    return asyncio.run(_run(options, look, may_be_first))


async def _run(options: OpenOptions, look: _Look, may_be_first: bool) -> int:
    if not may_be_first or not await is_first_start(options.config):
        return await _run_on(options, look)
    first = first_start(options.config)
    asking = FirstStartApp(first, ascii_only=look.ascii_only, theme=look.theme, keymap=look.keymap)
    leave_on_signals(asking)
    code = await asking.run_async(mouse=look.mouse)
    if asking.choice is None:
        return code or asking.return_code or 0
    return await _run_on(replace(options, root=asking.choice.root), look, asking.choice)


async def _run_on(options: OpenOptions, look: _Look, agreed: Choice | None = None) -> int:
    """Run on a library that is there. What was `agreed` to at the first start is taken up."""
    async with opened_aside(Library.open(options)) as opening:
        app = PumasApp(
            opening,
            ascii_only=look.ascii_only,
            theme=look.theme,
            keymap=look.keymap,
            readonly=options.readonly,
            slow=terminal.over_ssh(os.environ),
        )
        leave_on_signals(app)
        queueing = asyncio.create_task(_take_up(app, opening, agreed))
        code = await app.run_async(mouse=look.mouse)
        await queueing  # what was agreed to is in the queue, also when one leaves at once
        left = app.bridge.state.of_state(JobState.RUNNING, JobState.WAITING)
    if app.failure is not None:
        raise app.failure
    if left:
        sys.stdout.write(f"pumas: {plural(len(left), 'import')} stopped. Go on with: pumas-tui\n")
    return code if code is not None else app.return_code or 0


async def _take_up(app: PumasApp, opening: Awaitable[Library], agreed: Choice | None) -> None:
    """Register the apps that were ticked, and import the model files of those that were to be copied."""
    if agreed is None:
        return
    try:
        library = await opening
        for folder in agreed.apps:
            await library.mapping.add_app(await library.mapping.propose(folder))
        if not agreed.copy:
            return
        found = await library.imports.inspect_paths(agreed.copy)
        done = await library.imports.submit(found.candidates, ImportChoices(mode=ImportMode.COPY))
        said = MessagePosted(f"{plural(len(done.jobs), 'import')} in the queue.", "info")
    except PumasError as error:
        said = MessagePosted(safe(error.message), "error")
    app.post_message(messages.MessagePosted(said))
