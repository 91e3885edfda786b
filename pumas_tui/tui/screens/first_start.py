"""The questions of the first start, in three steps: the place, the apps, what becomes of their files; and the
small program that asks them.

Nothing is written before the last enter. What was answered stays when one goes back a step.
"""

import platform
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input, Static

from pumas_tui.core.domain.actions import Scope
from pumas_tui.core.domain.errors import PumasError
from pumas_tui.core.domain.first_start import APPS, LAST, PLACE, Answers, Choice, Place
from pumas_tui.tui.keymap import Keymap, bindings, default_keymap
from pumas_tui.tui.presenters import first_start as present
from pumas_tui.tui.presenters.cells import ASCII, UNICODE, Glyphs
from pumas_tui.tui.presenters.frame import SMALLEST, too_small
from pumas_tui.tui.presenters.help import Found, help_rows
from pumas_tui.tui.presenters.prose import without_path
from pumas_tui.tui.presenters.theme import PUMAS
from pumas_tui.tui.widgets.burst import GAP_S
from pumas_tui.tui.widgets.choice_list import ChoiceList
from pumas_tui.tui.widgets.chores import chore
from pumas_tui.tui.widgets.finder import Finder
from pumas_tui.tui.widgets.guarded_app import STYLES, GuardedApp
from pumas_tui.tui.widgets.popup import Prompt
from pumas_tui.tui.widgets.question_panel import QuestionPanel

if TYPE_CHECKING:
    from pumas_tui.core.library import FirstStart

_SHORT = 20  # rows: below, blank lines and rules make room
_PROMPTS = ("Path of the library", "Folder of an app")
_HINT = "enter takes it, esc closes"


class FirstStartScreen(Screen[None]):
    """Asks, sets up, and posts `Agreed`."""

    BINDINGS = bindings(Scope.FIRST_START)

    class Agreed(Message):
        """The library is there."""

        def __init__(self, choice: Choice) -> None:
            super().__init__()
            self.choice = choice

    class Left(Message):
        """The user wants to leave; nothing was written."""

    def __init__(self, first: "FirstStart", *, host: str, ascii_only: bool, keymap: Keymap) -> None:
        super().__init__()
        self._first = first
        self._host = host
        self._glyphs: Glyphs = ASCII if ascii_only else UNICODE
        self._keymap = keymap
        self._answers: Answers | None = None  # None: still looking
        self._busy = False
        self._panel = QuestionPanel(host, self._glyphs, keymap)
        self._too_small = Static("", id="window-too-small", markup=False)

    def compose(self) -> ComposeResult:
        yield self._panel
        yield self._too_small

    def on_mount(self) -> None:
        self.run_worker(chore(self._look))

    def on_resize(self) -> None:
        self.set_class(self.size.height < _SHORT, "-short")
        small = self.size.width < SMALLEST[0] or self.size.height < SMALLEST[1]
        self.set_class(small, "-too-small")
        self._too_small.update(too_small(*self.size, ""))

    async def _look(self) -> None:
        try:
            self._now(Answers(await self._first.facts()))
        except PumasError as error:
            self._panel.say(without_path(error.message, error.path))

    def _now(self, answers: Answers) -> None:
        self._answers = answers
        self._panel.show(answers)

    @on(ChoiceList.Moved)
    def _moved(self, event: ChoiceList.Moved) -> None:
        answers = self._answers
        if answers is not None and event.row == self._panel.row != answers.rows[answers.step]:
            self._now(answers.at(event.row))

    @property
    def _ready(self) -> Answers | None:
        """The answers while they may be changed."""
        return None if self._busy else self._answers

    async def action_next(self) -> None:
        answers = self._ready
        if answers is None:
            return
        if answers.asks_for_path:
            await self.action_type_path()
        elif answers.step < LAST:
            self._now(answers.gone(1))
        else:
            self._finish(answers)

    def action_back(self) -> None:
        answers = self._ready
        if answers is not None and answers.step > PLACE:
            self._now(answers.gone(-1))
        elif not self._busy:
            self._panel.say(f"{self._keymap.first('first_start.leave')} leaves; nothing was written")

    def action_tick(self) -> None:
        answers = self._ready
        if answers is not None and answers.step == APPS:
            self._now(answers.toggled())

    async def action_type_path(self) -> None:
        answers = self._ready
        if answers is not None and answers.step < LAST:
            await self._panel.open(Prompt(_PROMPTS[answers.step], _HINT))

    async def action_help(self) -> None:
        def find(text: str, width: int, _everywhere: bool) -> Found:
            return help_rows(Scope.FIRST_START, self._keymap, text, width, self._glyphs)

        keys = "up down move  esc clear, close"
        await self._panel.open(
            Finder(find, self._glyphs, title="Keys of the first start", keys=keys, id="help")
        )

    def action_leave(self) -> None:
        if not self._busy:
            self.post_message(self.Left())

    def action_interrupt(self) -> None:
        self.action_leave()

    @on(Prompt.Given)
    def _given(self, event: Prompt.Given) -> None:
        event.stop()
        self.typed(event.text)

    def typed(self, text: str) -> None:
        """A path was typed or pasted."""
        answers = self._ready
        if answers is not None and answers.step < LAST:
            self.run_worker(chore(self._take, text, answers.step), exclusive=True, group="take")

    async def _take(self, text: str, step: int) -> None:
        """Put what was typed into the list, with the cursor on it, unless the step is another meanwhile."""
        try:
            found = await (self._first.place_at(text) if step == PLACE else self._first.app_at(text))
        except PumasError as error:
            self._panel.say(without_path(error.message, error.path))
            return
        now = self._ready
        if now is not None and now.step == step:
            self._now(now.with_place(found) if isinstance(found, Place) else now.with_app(found))

    def _finish(self, answers: Answers) -> None:
        short, choice = present.no_room(answers), answers.choice
        if short:
            self._panel.say(short)
        elif choice is not None:
            self._busy = True
            self.run_worker(chore(self._set_up, choice))

    async def _set_up(self, choice: Choice) -> None:
        try:
            await self._first.set_up(choice)
        except PumasError as error:
            self._busy = False
            self._panel.say(without_path(error.message, error.path))
        else:
            self.post_message(self.Agreed(choice))


class FirstStartApp(GuardedApp, inherit_bindings=False):
    """The small program that asks. `choice` is what was agreed to and done, or None."""

    ENABLE_COMMAND_PALETTE = False
    CSS_PATH = STYLES

    def __init__(
        self,
        first: "FirstStart",
        *,
        ascii_only: bool = False,
        theme: str = PUMAS.name,
        keymap: Keymap | None = None,
        gap_s: float = GAP_S,
        host: str = "",
    ) -> None:
        super().__init__(gap_s=gap_s)
        self.register_theme(PUMAS)
        self.theme = theme
        self.choice: Choice | None = None
        self._keys = keymap if keymap is not None else default_keymap()
        self._asking = FirstStartScreen(
            first, host=host or platform.node(), ascii_only=ascii_only, keymap=self._keys
        )

    def get_default_screen(self) -> FirstStartScreen:
        return self._asking

    def on_mount(self) -> None:
        self.set_keymap(self._keys.overrides())

    async def pasted(self, text: str) -> None:
        if isinstance(self.focused, Input):
            await self.paste_into_focus(text)
        else:
            self._asking.typed(text)

    @on(FirstStartScreen.Agreed)
    def _agreed(self, event: FirstStartScreen.Agreed) -> None:
        self.choice = event.choice
        self.exit(0)

    @on(FirstStartScreen.Left)
    def _left(self) -> None:
        self.exit(0)
