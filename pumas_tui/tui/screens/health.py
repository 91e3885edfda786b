"""The Health screen: what is broken, what to look at, what waits, and putting it right."""

from collections.abc import Callable, Coroutine, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Unpack

from textual import on
from textual.message import Message
from textual.widget import Widget

from pumas_tui.core.domain.actions import Scope
from pumas_tui.tui.keymap import bindings
from pumas_tui.tui.modals.ask import ask
from pumas_tui.tui.modals.checkup import Checkup
from pumas_tui.tui.modals.relocating import follow
from pumas_tui.tui.modals.repairing import fix, heal, look_into
from pumas_tui.tui.modals.repairs import VerifyDialog, Way
from pumas_tui.tui.presenters import health as present
from pumas_tui.tui.presenters import health_notes as notes
from pumas_tui.tui.presenters.frame import KeyHint
from pumas_tui.tui.widgets.chores import chore, telling
from pumas_tui.tui.widgets.finding_list import FindingList
from pumas_tui.tui.widgets.frame import FramedScreen, FrameOptions
from pumas_tui.tui.widgets.health_board import HealthBoard
from pumas_tui.tui.widgets.lines_pane import LinesPane
from pumas_tui.tui.widgets.popup import Popup

if TYPE_CHECKING:  # opening a library loads databases and readers: not before the first paint
    from pumas_tui.core.library import Library

_TICK_S = 0.2
_COPIES = (("p", "path"), ("m", "last message"))


class HealthScreen(FramedScreen):
    """Checks when it comes to the front and something has changed; shows what is found while it goes on."""

    PLACE = "health"
    SCOPE: ClassVar[Scope] = Scope.HEALTH
    BINDINGS = bindings(Scope.HEALTH)
    AUTO_FOCUS = "FindingList"

    class Counted(Message):
        """Another number of findings may need the user."""

    class ModelWanted(Message):
        """The model of this name is to be shown."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, library: "Library", **options: Unpack[FrameOptions]) -> None:
        super().__init__(**options)
        self._library = library
        self.checkup = Checkup(library, self._changed)
        self._note = LinesPane(id="health-note")
        self._board = HealthBoard(self.glyphs)
        self._told = -1  # findings that were shown of a first check that goes on

    def compose_body(self) -> Iterable[Widget]:
        return (self._note, self._board)

    def on_mount(self) -> None:
        self.set_interval(_TICK_S, self._tick)
        self.show_checked()

    def on_resize(self) -> None:
        self.show_checked()

    def on_screen_resume(self) -> None:
        if self.checkup.stale:
            self.check()

    def facts_changed(self) -> None:
        self.checkup.stale = True
        if self.is_current and not self.checkup.runs:
            self.check()

    def models_changed(self) -> None:
        self.checkup.stale = True

    # Checking and showing.

    def check(self) -> None:
        """Look at everything again, in the background."""
        self.app.run_worker(chore(self.checkup.check), group="health")

    def _changed(self) -> None:
        self.show_checked()
        self.app.post_message(self.Counted())
        if not self.checkup.runs and self.checkup.stale and self.is_attached and self.is_current:
            self.check()  # changed meanwhile

    def _tick(self) -> None:
        if not self.checkup.runs:
            return
        self._show_note()
        if self.checkup.report is None and len(self.checkup.checked.findings) != self._told:
            self.show_checked()

    def show_checked(self) -> None:
        """Show what is known."""
        if not self.is_mounted or not self.is_attached:
            return
        checked = self.checkup.checked
        self._told = len(checked.findings)
        self.show_title(*present.title(checked, self.size.width))
        self._show_note()
        self._board.show(checked)
        self.refresh_keys()

    def _show_note(self) -> None:
        lines = notes.above(self.checkup.standing, self.keymap, self.size.width)
        self.set_class(bool(lines), "-noted")
        self._note.show(lines)

    @on(HealthBoard.Rested)
    def _rested(self) -> None:
        self.refresh_keys()

    @on(FindingList.Marked)
    def _marked(self) -> None:
        count = len(self._board.rows.marks)
        self.status = f"{count:,} marked" if count else ""

    def hints(self) -> list[KeyHint]:
        front, moved = self._board.rows.finding, self.checkup.moved is not None
        return present.fitting(super().hints(), front, self.checkup.checked, self.size.width, moved=moved)

    # Keys.

    def _do(self, work: Callable[[], Coroutine[Any, Any, object]]) -> None:
        self.run_worker(telling(self.show_message, work))

    def action_show(self) -> None:
        if self._board.kinds.has_focus:
            self._board.turn()
        else:
            self._do(self._look_into)

    async def _look_into(self) -> None:
        moved, finding = self.checkup.moved, self._board.rows.finding
        if moved is not None and not self.readonly:
            self.checkup.moved = None
            await follow(self, self._library, moved)
            self.show_checked()
        elif finding is not None:
            way = await look_into(self, self._library, finding)
            if way is Way.OPEN:
                self.action_open_model()

    def action_fix(self) -> None:
        self._do(self._fix)

    async def _fix(self) -> None:
        rows = self._board.rows
        if await fix(self, self._library, rows.chosen_findings()):
            rows.clear_marks()

    def action_heal(self) -> None:
        self._do(self._heal)

    async def _heal(self) -> None:
        await heal(self, self._library, self.checkup.checked.findings)

    def action_open_model(self) -> None:
        finding = self._board.rows.finding
        if finding is None or finding.model_id is None:
            self.show_message("o is off: this is about no model")
        else:
            self.post_message(self.ModelWanted(finding.model_id.rpartition("/")[2]))

    def action_other_pane(self) -> None:
        self._board.turn()

    def action_verify(self) -> None:
        self._do(self._verify)

    async def _verify(self) -> None:
        if self.checkup.runs:
            self.show_message("A check goes on: esc stops it.")
            return
        rows = self._board.rows
        marked = {one.model_id for one in rows.chosen_findings() if one.model_id} if rows.marks else None
        refs = sorted(marked) if marked is not None else None
        if not await ask(self, VerifyDialog(None if refs is None else len(refs))):
            return
        report = await self.checkup.verify(refs)
        if report is not None:
            self.show_message(*notes.verified(report))
            self.check()

    def action_check_again(self) -> None:
        self.check()

    def action_back(self) -> None:
        rows = self._board.rows
        if self.checkup.stop():
            return
        if self.checkup.moved is not None:
            self.checkup.moved = None
            self.show_checked()
        elif rows.marks:
            rows.clear_marks()
        elif self._board.kinds.has_focus:
            self._board.turn()

    async def action_copy(self) -> None:
        await self.show_over(Popup("copy", "Copy", _COPIES))

    @on(Popup.Picked)
    async def _picked(self, event: Popup.Picked) -> None:
        finding = self._board.rows.finding
        told = self.message.text if self.message is not None else ""
        text = told if event.letter == "m" else finding.path if finding is not None else ""
        if text:
            await self.copy_out(text)
        else:
            self.show_message("Nothing to copy here.")
