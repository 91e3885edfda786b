"""The full-screen program: screens as modes, facts handed down to them, pasting, and a clean way out."""

import asyncio
import os
import platform
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial

from textual import on
from textual.widgets import Input

from pumas_tui.core import settings as settings_file
from pumas_tui.core.domain.actions import Scope
from pumas_tui.core.domain.errors import PumasError
from pumas_tui.core.domain.events import MessagePosted
from pumas_tui.core.domain.imports import ImportChoices, ImportMode
from pumas_tui.core.domain.jobs import JobState
from pumas_tui.core.domain.text import plural, safe
from pumas_tui.core.library import Library, OpenOptions, first_start, is_first_start
from pumas_tui.tui import bridge, messages, terminal
from pumas_tui.tui.keymap import Keymap, bindings, default_keymap, load_keymap
from pumas_tui.tui.modals.pasting import Meant, take_paste
from pumas_tui.tui.presenters.frame import HeaderFacts, tabs
from pumas_tui.tui.presenters.imports import Section, section_of
from pumas_tui.tui.presenters.theme import PUMAS
from pumas_tui.tui.screens.first_start import FirstStartApp
from pumas_tui.tui.screens.imports import ImportsScreen
from pumas_tui.tui.screens.library import LibraryScreen
from pumas_tui.tui.widgets.burst import GAP_S
from pumas_tui.tui.widgets.chores import chore
from pumas_tui.tui.widgets.finder import Finder, help_finder, palette
from pumas_tui.tui.widgets.frame import READ_ONLY, FramedScreen
from pumas_tui.tui.widgets.guarded_app import STYLES, GuardedApp, leave_on_signals
from pumas_tui.tui.widgets.jobs_drawer import JobsDrawer
from pumas_tui.tui.widgets.path_prompt import PathPrompt
from pumas_tui.tui.widgets.popup import Prompt
from pumas_tui.tui.widgets.welcome import welcome_back

_TWICE_S = 2.0


class PumasApp(GuardedApp, inherit_bindings=False):
    """Shows the frame at once and the library when `opening` gives it. Its exit value is the exit code.

    Where `opening` raises a PumasError the app ends and `failure` holds it. `slow`: the terminal is far away.
    `host`: what to call this machine; empty: as it calls itself.
    """

    BINDINGS = bindings(Scope.GLOBAL)
    ENABLE_COMMAND_PALETTE = False
    CSS_PATH = STYLES

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
        super().__init__(gap_s=gap_s)
        self.register_theme(PUMAS)
        self.theme = theme
        self.library: Library | None = None
        self.failure: PumasError | None = None
        self.bridge = bridge.Bridge(self.post_message)
        self._opening = opening
        self._slow = slow
        self._readonly = readonly
        self._keys = keymap if keymap is not None else default_keymap()
        self._ascii = ascii_only
        self._places: dict[str, FramedScreen] = {}
        self._header = HeaderFacts(safe(host or platform.node()), readonly=readonly)
        self._last_place = LibraryScreen.PLACE
        self._interrupted_at = 0.0

    def get_default_screen(self) -> FramedScreen:
        screen = FramedScreen(ascii_only=self._ascii, keymap=self._keys, readonly=self._readonly)
        screen.header = self._header
        return screen

    def on_mount(self) -> None:
        self.set_keymap(self._keys.overrides())
        self.run_worker(chore(self._open))

    @property
    def place(self) -> FramedScreen:
        """The screen in front."""
        screen = self.screen
        if not isinstance(screen, FramedScreen):
            raise TypeError(f"{screen!r} has no frame")
        return screen

    async def _open(self) -> None:
        try:
            library = await self._opening
        except PumasError as error:
            self.failure = error
            self.exit(error.exit_code)
            return
        self.library = library
        self._header = replace(self._header, root=safe(library.paths.root))
        for screen_class in (LibraryScreen, ImportsScreen):
            screen = screen_class(library, ascii_only=self._ascii, keymap=self._keys, readonly=self._readonly)
            self._places[screen.PLACE] = screen
            self.add_mode(screen.PLACE, partial(_same, screen))
        self._show_jobs()
        await self.switch_mode(LibraryScreen.PLACE)
        for problem in self._keys.problems:
            self.place.show_message(
                f"keymap.toml line {problem.line}: {problem.entry}: {problem.reason}", "warning"
            )
        self.run_worker(chore(bridge.run, self.bridge, library.events(), slow=self._slow))
        self.bridge.know(jobs := await library.jobs.list())
        self.bridge.flush()
        await welcome_back(self.place, library.last_visit, jobs)

    def _show_jobs(self) -> None:
        state = self.bridge.state
        asking = sum(section_of(view) is Section.NEED_YOU for view in state.jobs.values())
        self._header = replace(self._header, tabs=tabs(self._keys, asking))
        for screen in self._places.values():
            screen.header, screen.jobs = self._header, state
            for drawer in screen.query(JobsDrawer):
                drawer.show(state)

    def on_jobs_changed(self, event: messages.JobsChanged) -> None:
        self._show_jobs()

    def on_models_changed(self, event: messages.ModelsChanged) -> None:
        self._library_screen.models_rev += 1

    def on_scan_changed(self, event: messages.ScanChanged) -> None:
        self._library_screen.scan = event.scan

    def on_sources_seen(self, event: messages.SourcesSeen) -> None:
        seen = plural(event.scan.files_seen, "file")
        self.place.show_message(f"Reading {event.scan.path}: {seen} so far")

    def on_message_posted(self, event: messages.MessagePosted) -> None:
        self.place.show_message(event.posted.text, event.posted.severity)

    @property
    def _library_screen(self) -> LibraryScreen:
        screen = self._places[LibraryScreen.PLACE]
        assert isinstance(screen, LibraryScreen)
        return screen

    async def pasted(self, text: str) -> None:
        if self.library is None or self.place.overlay is not None:
            await self.paste_into_focus(text)
        else:
            self.run_worker(chore(self._paste, text, self.library))

    async def _paste(self, text: str, library: Library) -> None:
        typing = isinstance(self.focused, Input)
        meant = await take_paste(
            self.place, library, text, typing=typing, host=self._header.host, copy=self._copy
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

    async def _go(self, place: str) -> None:
        if place in self._places and place != self.place.PLACE:
            self._last_place = self.place.PLACE
            await self.switch_mode(place)

    async def action_library(self) -> None:
        await self._go(LibraryScreen.PLACE)

    async def action_import(self) -> None:
        await self._go(ImportsScreen.PLACE)

    async def action_last_place(self) -> None:
        await self._go(self._last_place)

    async def action_type_path(self) -> None:
        if self._readonly:
            self.place.show_message(READ_ONLY)
        elif self.library is not None:
            await self.place.show_over(PathPrompt(self.library.imports.complete))

    async def action_jobs(self) -> None:
        place = self.place
        await place.show_over(JobsDrawer(self.bridge.state, place.glyphs, self._keys.first("global.jobs")))

    @on(JobsDrawer.Opened)
    async def _show_queue(self) -> None:
        await self.action_import()

    def action_rescan(self) -> None:
        if self.library is not None:
            self._library_screen.rescan()

    def action_redraw(self) -> None:
        self.refresh(layout=True)

    def action_suspend(self) -> None:
        self.action_suspend_process()

    async def action_help(self) -> None:
        await self.place.show_over(help_finder(self.place))

    async def action_palette(self) -> None:
        await self.place.show_over(palette(self.place))

    @on(Finder.Chosen)
    async def _chosen(self, event: Finder.Chosen) -> None:
        await event.finder.remove()  # the focus goes back before anything else opens
        scope = event.action.scope
        if scope is not self.place.SCOPE and scope.value in self._places:
            await self._go(scope.value)
        else:
            await self.place.perform(event.action)

    def action_interrupt(self) -> None:
        now = time.monotonic()
        if now - self._interrupted_at < _TWICE_S:
            self.exit(0)
        self._interrupted_at = now
        leave = self._keys.first("global.quit")
        self.place.show_message(f"{leave} leaves, esc goes back. ctrl+c again leaves.")

    async def action_quit(self) -> None:
        self.exit(0)


def _same(screen: FramedScreen) -> FramedScreen:
    return screen


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
    return await _run_on(replace(options, root=asking.choice.root), look, asking.choice.copy)


async def _run_on(options: OpenOptions, look: _Look, copies: Sequence[str] = ()) -> int:
    """Run on a library that is there. The model files in the folders `copies` are imported."""
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
        queueing = asyncio.create_task(_queue_copies(app, opening, copies))
        code = await app.run_async(mouse=look.mouse)
        await queueing  # what was agreed to is in the queue, also when one leaves at once
        left = app.bridge.state.of_state(JobState.RUNNING, JobState.WAITING)
    if app.failure is not None:
        raise app.failure
    if left:
        sys.stdout.write(f"pumas: {plural(len(left), 'import')} stopped. Go on with: pumas-tui\n")
    return code if code is not None else app.return_code or 0


async def _queue_copies(app: PumasApp, opening: Awaitable[Library], folders: Sequence[str]) -> None:
    """Import what is in these folders, as copies."""
    if not folders:
        return
    try:
        library = await opening
        found = await library.imports.inspect_paths(folders)
        done = await library.imports.submit(found.candidates, ImportChoices(mode=ImportMode.COPY))
        said = MessagePosted(f"{plural(len(done.jobs), 'import')} in the queue.", "info")
    except PumasError as error:
        said = MessagePosted(safe(error.message), "error")
    app.post_message(messages.MessagePosted(said))
