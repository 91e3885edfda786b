"""The Mapping screen: the plan of an app, answers to its conflicts, and applying it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Unpack

from textual import on
from textual.message import Message
from textual.widget import Widget

from pumas_tui.core.domain.actions import Scope
from pumas_tui.core.domain.errors import PumasError
from pumas_tui.core.domain.ids import AppUid
from pumas_tui.core.domain.plan import Resolution
from pumas_tui.tui.keymap import bindings
from pumas_tui.tui.modals.answering import Answering
from pumas_tui.tui.modals.applying import Applying, Next, left
from pumas_tui.tui.modals.apps import ask_for_app, offer_app
from pumas_tui.tui.modals.plans import Plans
from pumas_tui.tui.modals.rules import Rules
from pumas_tui.tui.modals.undo import undo_last
from pumas_tui.tui.presenters import mapping_notes as notes
from pumas_tui.tui.presenters.frame import KeyHint, title_line
from pumas_tui.tui.presenters.mapping import Sheet
from pumas_tui.tui.presenters.mapping_keys import copies, copy_text, fitting
from pumas_tui.tui.widgets.chores import chore, telling
from pumas_tui.tui.widgets.frame import FramedScreen, FrameOptions, TextLine
from pumas_tui.tui.widgets.lines_pane import LinesPane
from pumas_tui.tui.widgets.plan_board import PlanBoard
from pumas_tui.tui.widgets.plan_list import PlanList
from pumas_tui.tui.widgets.popup import Popup

if TYPE_CHECKING:  # opening a library loads databases and readers: not before the first paint
    from pumas_tui.core.library import Library


class MappingScreen(FramedScreen):
    """Plans when it comes to the front and something has changed; keeps answers as they are given."""

    PLACE = "mapping"
    SCOPE: ClassVar[Scope] = Scope.MAPPING
    BINDINGS = bindings(Scope.MAPPING)
    AUTO_FOCUS = "PlanList"

    class Counted(Message):
        """Another number of conflicts may be open."""

    def __init__(self, library: "Library", **options: Unpack[FrameOptions]) -> None:
        super().__init__(**options)
        self._library = library
        self.plans = Plans(library, self.show_plans)
        self._counts = TextLine(id="plan-counts")
        self._note = LinesPane(id="plan-note")
        self._board = PlanBoard(self.glyphs, self.keymap, library.paths.models)
        self._answering = Answering(self, self.plans, self._board)
        self._applying = Applying(self, library)
        self._rules = Rules(self, library, self.plans, self.facts_changed)

    def compose_second_line(self) -> Iterable[Widget]:
        return (*super().compose_second_line(), self._counts)

    def compose_body(self) -> Iterable[Widget]:
        return (self._note, self._board)

    def on_mount(self) -> None:
        self.set_interval(1.0, self._tick)

    def on_resize(self) -> None:
        self.show_plans()

    def on_screen_resume(self) -> None:
        if self.plans.stale and not self._applying.runs:
            self._plan()

    def facts_changed(self) -> None:
        self.plans.stale = True
        if self.is_current and self.plans.planning_s is None:
            self.on_screen_resume()

    def models_changed(self) -> None:
        self.plans.stale = True

    def plan_of(self, uid: AppUid) -> None:
        """Plan this app, when it is new here or in front."""
        self._plan(uid)

    def _plan(self, wanted: AppUid | None = None, *, say: bool = False) -> None:
        self.run_worker(telling(self.show_message, self._planned, wanted, say), group="plan", exclusive=True)

    async def _planned(self, wanted: AppUid | None, say: bool) -> None:
        old, sheet = await self.plans.make(wanted)
        if sheet is not None and old is None:
            self._answering.go_on(None)
        elif sheet is not None and old is not None:
            said = notes.planned_again(old, sheet, self.keymap.first("mapping.next_open"))
            if say or "new" in said:
                self.show_message(said)
        if self.plans.stale:  # changed meanwhile
            self._plan()
        await self.plans.look_around()

    def _tick(self) -> None:
        self._applying.tell()
        if self.plans.planning_s is not None:
            self._show_counts()

    def show_plans(self) -> None:
        """Show what `plans` has."""
        if not self.is_mounted:
            return
        width, sheet = self.size.width, self.plans.sheet
        apps = [status.app for status in self.plans.apps or ()]
        self.show_title(*notes.title(apps, self.plans.at, width, self.glyphs))
        self._show_counts()
        self._show_note()
        self._board.show(sheet)
        self.refresh_keys()
        self.post_message(self.Counted())

    def _show_counts(self) -> None:
        width = self.size.width
        told = notes.counts(self.plans.sheet, width, self.plans.planning_s)
        self._counts.show(title_line(*told, width, self.glyphs))

    def _show_note(self) -> None:
        plans, apps = self.plans, self.plans.apps
        number = len(apps) if apps is not None else None
        now = notes.Standing(number, plans.planning_s, plans.error, plans.sheet, plans.seen)
        lines = notes.above(now, self.keymap, self.size.width)
        self.set_class(bool(lines), "-noted")
        self._note.show(lines)

    @on(PlanBoard.Rested)
    def _rested(self) -> None:
        self.refresh_keys()

    @on(PlanList.Marked)
    def _marked(self) -> None:
        count = len(self._board.rows.marks)
        self.status = f"{count:,} marked" if count else ""

    def hints(self) -> list[KeyHint]:
        offered, sheet = super().hints(), self.plans.sheet
        return fitting(offered, sheet, self._board.current, no_app=self.plans.apps == ())

    # Keys.

    def action_overwrite(self) -> None:
        self._answering.give(Resolution.OVERWRITE)

    def action_rename(self) -> None:
        self._answering.give(Resolution.RENAME)

    def action_skip(self) -> None:
        self._answering.give(Resolution.SKIP)

    async def action_for_all(self) -> None:
        await self._answering.for_all()

    def action_next_open(self) -> None:
        self._answering.next_open()

    def action_unfold(self) -> None:
        self._board.unfold()

    def action_back(self) -> None:
        if not (self._applying.stop() or self.plans.stop()):
            self._board.back()

    def action_next_target(self) -> None:
        self._turn(1)

    def action_previous_target(self) -> None:
        self._turn(-1)

    def _turn(self, step: int) -> None:
        if len(self.plans.apps or ()) < 2:
            self.show_message("There is no other app.")
        elif not self._applying.runs:
            self.plans.turn(step)
            self._plan()

    def action_plan_again(self) -> None:
        if not self._applying.runs:
            self._plan(say=True)

    def action_add_app(self) -> None:
        self.run_worker(chore(self._add_app))

    async def _add_app(self, path: str = "") -> None:
        app = await (offer_app(self, self._library, path) if path else ask_for_app(self, self._library))
        if app is not None:
            self._plan(app.uid)

    def action_use_rule(self) -> None:
        self._rules.use(self._board.current)

    def action_rules(self) -> None:
        self._rules.open()

    async def action_copy(self) -> None:
        await self.show_over(Popup("copy", "Copy", copies(self.plans.sheet)))

    @on(Popup.Picked)
    async def _picked(self, event: Popup.Picked) -> None:
        if event.popup != "copy":
            self._answering.picked(event.popup, event.letter)
            return
        sheet, action, error = self.plans.sheet, self._board.action_in_front, self.plans.error
        last = self.message.text if self.message is not None else ""
        said = " ".join(part for part in (error.message, error.hint) if part) if error is not None else last
        told = copy_text(event.letter, sheet, self._library.paths.models, action, said)
        if told:
            await self.copy_out(told)
        else:
            self.show_message("Nothing to copy here.")

    # Applying.

    def action_apply(self) -> None:
        sheet, seen = self.plans.sheet, self.plans.seen
        if self.plans.apps == () and seen:
            self.run_worker(chore(self._add_app, seen[0].path))
        elif sheet is None or self.plans.planning_s is not None or self._applying.runs:
            self.show_message("enter is off until there is a whole plan")
        elif sheet.open and not self._answering.warned:
            self._answering.warned = True
            keys = (self.keymap.first("mapping.apply"), self.keymap.first("mapping.next_open"))
            self.show_message(notes.said_of_skips(sheet, *keys), "warning")
        else:
            self.run_worker(chore(self._apply, sheet))

    async def _apply(self, sheet: Sheet) -> None:
        agreed = await self._applying.agreed(sheet)
        if agreed is None:
            return
        try:
            applied = await self._applying.do(agreed)
        except PumasError as error:
            self.show_message(error.message, "error")
            self._plan(say=error.code == "stale_plan")
            return
        self.plans.put(agreed.answered(left(agreed, applied)))
        wanted = await self._applying.told(agreed, applied)
        await self.plans.keep()
        await self._planned(None, say=False)
        if wanted is Next.UNDO:
            await undo_last(self, self._library)
        elif wanted is Next.AGAIN:
            self.action_apply()
