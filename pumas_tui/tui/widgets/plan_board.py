"""The body of the Mapping screen: the plan as a list, and what is known of the row in front."""

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.timer import Timer

from pumas_tui.core.domain.plan import PlannedAction
from pumas_tui.tui.keymap import Keymap
from pumas_tui.tui.presenters.cells import Glyphs
from pumas_tui.tui.presenters.frame import WIDE
from pumas_tui.tui.presenters.mapping import (
    ROOMY,
    ActionRow,
    FolderRow,
    Folds,
    Group,
    Heading,
    More,
    PlanRow,
    Sheet,
    key_of,
    plan_rows,
)
from pumas_tui.tui.presenters.mapping_detail import brief, detail
from pumas_tui.tui.presenters.mapping_folders import folder_brief, folder_detail
from pumas_tui.tui.widgets.cursor_list import CursorList
from pumas_tui.tui.widgets.detail import Edge
from pumas_tui.tui.widgets.lines_pane import LinesPane
from pumas_tui.tui.widgets.plan_list import PlanList

REST_S = 0.08
"""How long the cursor rests before its row is shown: a held key must not paint it at each row."""
_BRIEF_FROM = 18  # lines of a window that has room for the short details


class PlanBoard(Vertical):
    """Shows a sheet. Details stand beside the list, below it, or instead of it once a row is opened."""

    class Rested(Message):
        """Another row is in front."""

    def __init__(self, glyphs: Glyphs, keymap: Keymap, models_dir: str) -> None:
        super().__init__(id="plan-board")
        self.rows = PlanList()
        self._keymap = keymap
        self._models_dir = models_dir
        self._sheet: Sheet | None = None
        self._folds = Folds()
        self._resting: Timer | None = None
        self._edge = Edge(glyphs)
        self._detail, self._brief = LinesPane(id="plan-detail"), LinesPane(id="plan-brief")

    def compose(self) -> ComposeResult:
        yield Horizontal(self.rows, self._edge, self._detail)
        yield self._brief

    def on_resize(self) -> None:
        self.show(self._sheet)

    def show(self, sheet: Sheet | None) -> None:
        """Another plan, or other answers to it."""
        if _app(sheet) != _app(self._sheet):
            self._folds = Folds()
            self.remove_class("-open")
        self._sheet = sheet
        width, height = self.app.size
        self.set_class(width < WIDE and height >= _BRIEF_FROM and sheet is not None, "-brief")
        self.rows.show(plan_rows(sheet, self._folds, height=height) if sheet is not None else ())
        self.call_after_refresh(self._show_detail)  # it is wrapped to the width that the pane has by then

    @property
    def current(self) -> PlanRow | None:
        """The row in front."""
        return self.rows.current

    @property
    def action_in_front(self) -> PlannedAction | None:
        """The action under the cursor."""
        row = self.rows.current
        return row.action if isinstance(row, ActionRow) else None

    def chosen(self) -> list[PlannedAction]:
        """The marked actions in the order of the list, else the one under the cursor."""
        keys = set(self.rows.chosen())
        shown = self._sheet.plan.actions if self._sheet is not None and keys else ()
        return [action for action in shown if key_of(action) in keys]

    def go_to(self, action: PlannedAction) -> None:
        """Put the cursor on an action that is shown."""
        self.rows.go_to(key_of(action))

    @on(CursorList.Moved)
    def _rest(self) -> None:
        if self._resting is not None:
            self._resting.stop()
        self._resting = self.set_timer(REST_S, self._rested)

    def _rested(self) -> None:
        self._show_detail()
        self.post_message(self.Rested())

    def _show_detail(self) -> None:
        action, sheet = self.action_in_front, self._sheet
        width, tight = max(self._detail.size.width - 2, 20), self.app.size.height < ROOMY
        if isinstance(self.current, FolderRow):
            offer = self.current.offer
            self._detail.show(folder_detail(offer, self._keymap, width, tight=tight))
            self._brief.show(folder_brief(offer, self._keymap))
            return
        if action is None or sheet is None:
            self._detail.show(())
            self._brief.show(())
            return
        models = f"{self._models_dir}/" if self.has_class("-open") else ""
        self._detail.show(detail(sheet, action, self._keymap, width, models, tight=tight))
        self._brief.show(brief(sheet, action, self._keymap))

    # Folding.

    def unfold(self) -> None:
        """Show more of a group, every conflict of a kind, or all that is known of an action."""
        row = self.rows.current
        match row:
            case Heading(group, size):
                self._folds = self._folds.unfolded(group, size, 0)
            case More(group, _, _, kind) if kind is not None:
                self._folds = self._folds.spread(kind)
            case More(group, hidden, shown):
                self._folds = self._folds.unfolded(group, hidden + shown, shown)
            case ActionRow() | FolderRow():
                self.toggle_class("-open")
        self.show(self._sheet)

    def back(self) -> bool:
        """Close what is open, clear marks, or fold the group in front; False where there was none of it."""
        row = self.rows.current
        if self.has_class("-open"):
            self.remove_class("-open")
        elif self.rows.marks:
            self.rows.clear_marks()
        elif (group := _foldable(row)) is not None:
            self._folds = self._folds.folded(group)
            self.rows.cursor = self.rows.heading_above()
        elif self._folds.kinds:
            self._folds = Folds(self._folds.shown)
        else:
            return False
        self.show(self._sheet)
        return True


def _app(sheet: Sheet | None) -> str:
    return sheet.plan.header.app_uid if sheet is not None else ""


def _foldable(row: PlanRow | None) -> Group | None:
    """The group that a row is in, if only its heading may be shown."""
    if isinstance(row, FolderRow):
        return Group.UNFILLED
    if isinstance(row, ActionRow | More) and row.group is not Group.CONFLICTS:
        return row.group
    return None
