"""Switching mapping rules on and off: the one that is offered for a folder, or any on a page of all."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual import on

from pumas_tui.core.domain.app_records import App
from pumas_tui.core.domain.errors import PumasError
from pumas_tui.core.domain.text import safe
from pumas_tui.tui.modals.plans import Plans
from pumas_tui.tui.presenters.mapping import FolderRow, PlanRow
from pumas_tui.tui.presenters.mapping_folders import (
    RuleRow,
    rule_rows,
    rule_text,
    rules_title,
    switched_words,
)
from pumas_tui.tui.widgets.chores import chore, telling
from pumas_tui.tui.widgets.frame import READ_ONLY, FramedScreen
from pumas_tui.tui.widgets.list_page import ListPage

if TYPE_CHECKING:
    from pumas_tui.core.library import Library


class RulesPage(ListPage[RuleRow]):
    """Every rule of an app. `changed` is called when one was switched."""

    def __init__(
        self, place: FramedScreen, library: "Library", app: App, changed: Callable[[], None]
    ) -> None:
        super().__init__(rule_text, place.glyphs, (("enter", "switch on or off"),), "No rule.")
        self._place = place
        self._library = library
        self._app = app
        self._changed = changed

    async def read(self, name: str = "") -> None:
        """Show the rules, with the cursor on the one of this name. Raises PumasError."""
        [(_, merged)] = await self._library.mapping.rules(self._app.uid)
        [offers] = await self._library.mapping.offered(self._app.uid)
        self.show_rows(rule_rows(merged, offers.rules), name)

    def show_rows(self, rows: tuple[RuleRow, ...], name: str = "") -> None:
        """Show these rules; a rule that is switched may stand elsewhere than before."""
        self.show(rules_title(self._app, rows), rows)
        at = next((n for n, row in enumerate(rows) if row.rule.name == name), None)
        if at is not None:
            self.rows.cursor = at

    @on(ListPage.Pressed)
    def _pressed(self, event: ListPage.Pressed) -> None:
        event.stop()
        row = self.rows.current
        if self._place.readonly:
            self.say(READ_ONLY)
        elif row is not None:
            self._place.run_worker(chore(self._switch, row), group="rules", exclusive=True)

    async def _switch(self, row: RuleRow) -> None:
        try:
            on = not row.rule.enabled
            done = await self._library.mapping.switch_rule(self._app.uid, row.rule.name, on=on)
            await self.read(row.rule.name)
        except PumasError as error:
            self.say(_problem(error))
            return
        self.say(switched_words(done, "enter takes it back"))
        self._changed()


class Rules:
    """Switches rules of the app in front of `plans`, over `place`; `changed` is called when one was."""

    def __init__(
        self, place: FramedScreen, library: "Library", plans: Plans, changed: Callable[[], None]
    ) -> None:
        self._place = place
        self._library = library
        self._plans = plans
        self._changed = changed

    def use(self, row: PlanRow | None) -> None:
        """Switch on the rule that is offered for the folder in this row."""
        front = self._plans.in_front
        if front is None or not isinstance(row, FolderRow):
            key = self._place.keymap.first("mapping.rules")
            self._place.show_message(
                f"No rule is offered here: go to a folder no rule fills.  {key} all rules"
            )
        else:
            self._place.run_worker(chore(self._use, front.app, row.offer.rule.name), group="rules")

    async def _use(self, app: App, name: str) -> None:
        try:
            done = await self._library.mapping.switch_rule(app.uid, name, on=True)
        except PumasError as error:
            self._place.show_message(_problem(error), "error")
            return
        key = self._place.keymap.first("mapping.rules")
        self._place.show_message(switched_words(done, f"{key} rules, to take it back"))
        self._changed()

    def open(self) -> None:
        """Open the page of all rules of the app in front."""
        front = self._plans.in_front
        if front is None:
            self._place.show_message("There is no app yet.")
            return
        page = RulesPage(self._place, self._library, front.app, self._changed)
        self._place.run_worker(telling(self._place.show_message, self._open, page))

    async def _open(self, page: RulesPage) -> None:
        await self._place.show_over(page)
        await page.read()


def _problem(error: PumasError) -> str:
    return safe(f"{error.message}{f' ({error.hint})' if error.hint else ''}")
