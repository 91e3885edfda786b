"""The full-screen program: screens as modes, facts handed down to them, pasting, and a clean way out."""

import asyncio
import os
import platform
import sys
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.widgets import Input

from pumas_tui.core import settings as settings_file
from pumas_tui.core.domain.actions import Scope
from pumas_tui.core.domain.errors import PumasError
from pumas_tui.core.domain.events import MessagePosted
from pumas_tui.core.domain.jobs import JobState
from pumas_tui.core.domain.text import plural, safe
from pumas_tui.core.library import Library, OpenOptions, first_start, is_first_start
from pumas_tui.tui import bridge, messages, terminal
from pumas_tui.tui.keymap import Keymap, bindings, default_keymap, load_keymap
from pumas_tui.tui.places import LibraryApp
from pumas_tui.tui.presenters.frame import HeaderFacts
from pumas_tui.tui.presenters.theme import PUMAS
from pumas_tui.tui.screens.library import LibraryScreen
from pumas_tui.tui.widgets.burst import GAP_S
from pumas_tui.tui.widgets.chores import chore
from pumas_tui.tui.widgets.frame import READ_ONLY, FramedScreen, FrameOptions
from pumas_tui.tui.widgets.guarded_app import STYLES, leave_on_signals
from pumas_tui.tui.widgets.jobs_drawer import JobsDrawer
from pumas_tui.tui.widgets.popup import Prompt

if TYPE_CHECKING:
    from pumas_tui.core.domain.first_start import Choice

_TWICE_S = 2.0
_AT_ONCE_S = 0.2
"""How long a library may take to open before a frame without it is shown."""


class PumasApp(LibraryApp, inherit_bindings=False):
    """Shows the frame at once and the library when `opening` gives it. Its exit value is the exit code.

    Where `opening` raises a PumasError the app ends and `failure` holds it. `slow`: the terminal is far away.
    `host`: what to call this machine; empty: as it calls itself.
    """

    BINDINGS = bindings(Scope.GLOBAL)
    ENABLE_COMMAND_PALETTE = False
    CSS_PATH = STYLES
    BEGIN_AFTER_S: ClassVar[float] = 0.1
    """When work in the background begins after the first picture: its threads would hold up the rows."""
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
        if self.library is None:
            self.take(library)
            await self.switch_mode(LibraryScreen.PLACE)
        for problem in self.keys.problems:
            self.place.show_message(
                f"keymap.toml line {problem.line}: {problem.entry}: {problem.reason}", "warning"
            )
        self.run_worker(chore(bridge.run, self.bridge, library.events(), slow=self._slow))
        self.bridge.know(jobs := await library.jobs.list())
        self.bridge.flush()
        begin = partial(self.run_worker, chore(self._begin, library))
        self.place.call_after_refresh(self.set_timer, self.BEGIN_AFTER_S, begin)
        if jobs:
            from pumas_tui.tui.widgets.welcome import welcome_back

            await welcome_back(self.place, library.last_visit, jobs)

    def get_default_screen(self) -> FramedScreen:
        """The library where it is open by now, so that it is in the first picture."""
        opening = self._opening
        if not isinstance(opening, asyncio.Future) or not opening.done() or opening.exception() is not None:
            return super().get_default_screen()
        self.take(opening.result())
        return self.begin_with(LibraryScreen.PLACE)

    async def _begin(self, library: Library) -> None:
        await library.load_network()
        self.go_online(library)
        library.begin()
        if not self._readonly:
            self.library_screen.rescan(quiet=True)
        self.set_timer(self.CHECK_AFTER_S, lambda: self.health.check())

    def on_sources_seen(self, event: messages.SourcesSeen) -> None:
        seen = plural(event.scan.files_seen, "file")
        self.place.show_message(f"Reading {event.scan.path}: {seen} so far")

    def on_message_posted(self, event: messages.MessagePosted) -> None:
        self.place.show_message(event.posted.text, event.posted.severity)

    async def pasted(self, text: str) -> None:
        if self.library is None or self.place.overlay is not None:
            await self.paste_into_focus(text)
        else:
            self.run_worker(chore(self._paste, text, self.library))

    async def _paste(self, text: str, library: Library) -> None:
        from pumas_tui.tui.modals.pasting import Meant, take_paste

        typing = isinstance(self.focused, Input)
        meant = await take_paste(
            self.place, library, text, typing=typing, host=self.header.host, copy=self._copy
        )
        if meant is Meant.TEXT:
            await self.paste_into_focus(text)
        elif meant is Meant.SEARCH:
            await self.search_for(text)

    @on(Prompt.Given)
    def _path_typed(self, event: Prompt.Given) -> None:
        if self.library is not None:
            self.run_worker(chore(self._paste, event.text, self.library))

    def _copy(self, text: str) -> None:
        self.run_worker(chore(terminal.copy, text, self.copy_to_clipboard))

    async def action_type_path(self) -> None:
        from pumas_tui.tui.widgets.path_prompt import PathPrompt

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

    def action_interrupt(self) -> None:
        now = time.monotonic()
        if now - self._interrupted_at < _TWICE_S:
            self.exit(0)
        self._interrupted_at = now
        leave = self.keys.first("global.quit")
        self.place.show_message(f"{leave} leaves, esc goes back. ctrl+c again leaves.")

    def action_undo(self) -> None:
        from pumas_tui.tui.modals.undo import undo_last

        if self._readonly:
            self.place.show_message(READ_ONLY)
        elif self.library is not None:
            self.run_worker(chore(undo_last, self.place, self.library))

    async def action_quit(self) -> None:
        if self.unapplied:
            self.run_worker(chore(self._leave, self.unapplied))
        else:
            self.exit(0)

    async def _leave(self, unapplied: int) -> None:
        from pumas_tui.tui.modals.ask import ask
        from pumas_tui.tui.modals.leave import Leave, LeaveDialog

        match await ask(self.place, LeaveDialog(unapplied)):
            case Leave.LEAVE:
                await self.mapping.plans.keep()
                self.exit(0)
            case Leave.APPLY:
                await self.action_mapping()
                self.mapping.action_apply()


@asynccontextmanager
async def opened_aside(
    context: AbstractAsyncContextManager[Library],
) -> AsyncIterator[asyncio.Future[Library]]:
    """Enter and leave a context in a task of its own; gives the future of what it yields.

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
    from pumas_tui.tui.screens.first_start import FirstStartApp  # once in the life of a library

    first = first_start(options.config)
    asking = FirstStartApp(first, ascii_only=look.ascii_only, theme=look.theme, keymap=look.keymap)
    leave_on_signals(asking)
    code = await asking.run_async(mouse=look.mouse)
    if asking.choice is None:
        return code or asking.return_code or 0
    return await _run_on(replace(options, root=asking.choice.root), look, asking.choice)


async def _run_on(options: OpenOptions, look: _Look, agreed: "Choice | None" = None) -> int:
    """Run on a library that is there. What was `agreed` to at the first start is taken up."""
    async with opened_aside(Library.open(replace(options, begin_later=True))) as opening:
        await asyncio.wait({opening}, timeout=_AT_ONCE_S)
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


async def _take_up(app: PumasApp, opening: Awaitable[Library], agreed: "Choice | None") -> None:
    """Register the apps that were ticked, and import the model files of those that were to be copied."""
    if agreed is None:
        return
    from pumas_tui.core.domain.imports import ImportChoices, ImportMode

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
