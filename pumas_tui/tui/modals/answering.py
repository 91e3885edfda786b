"""Answering conflicts of the plan in front: one, the marked, or as many as the same answer is meant for."""

from collections.abc import Mapping, Sequence

from pumas_tui.core.domain.mapping_answers import Scope, widened
from pumas_tui.core.domain.plan import Act, Answer, PlannedAction, Resolution
from pumas_tui.core.domain.text import safe
from pumas_tui.tui.modals.plans import Plans
from pumas_tui.tui.presenters.mapping import SKIPPED, Sheet, key_of
from pumas_tui.tui.presenters.mapping_answers import asks_for_name, given, name_problem, scope_rows
from pumas_tui.tui.widgets.answer_popup import AnswerPopup
from pumas_tui.tui.widgets.chores import chore, telling
from pumas_tui.tui.widgets.frame import FramedScreen
from pumas_tui.tui.widgets.plan_board import PlanBoard
from pumas_tui.tui.widgets.text_question import TextQuestion

_VERBS = (
    (Resolution.OVERWRITE, "overwrite"),
    (Resolution.RENAME, "rename to .old"),
    (Resolution.SKIP, "skip"),
)


class Answering:
    """Gives answers to `plans` and moves the cursor of `board` on. Says on `place` what cannot be."""

    def __init__(self, place: FramedScreen, plans: Plans, board: PlanBoard) -> None:
        self._place = place
        self._plans = plans
        self._board = board
        self.warned = False
        """It was said that open conflicts count as skip, and nothing was answered since."""

    def give(self, how: Resolution) -> None:
        """The marked, else the row in front: conflicts take the answer, new links are left out by SKIP."""
        sheet, chosen = self._plans.sheet, self._board.chosen()
        targets = [one.target for one in chosen if one.act is Act.CONFLICT]
        links = [one.target for one in chosen if one.act is Act.CREATE]
        if sheet is None or not (targets or links):
            self._place.show_message("Nothing to answer here: this is no conflict.")
        elif len(chosen) == 1 and asks_for_name(chosen[0], how):
            self._place.run_worker(chore(self._ask_name, sheet, chosen[0]))
        elif targets:
            self._give(sheet, targets, how)
        elif how is Resolution.SKIP:
            out = all(target in sheet.answers for target in links)
            kept = {target: one for target, one in sheet.answers.items() if target not in links}
            self._put(kept if out else {**kept, **dict.fromkeys(links, SKIPPED)})
        else:
            self._place.show_message("This is a new link: skip leaves it out.")

    def _give(self, sheet: Sheet, targets: Sequence[str], how: Resolution) -> None:
        after = self._board.action_in_front
        answers, refused = given(sheet, targets, how)
        if answers != sheet.answers:
            self._put(answers)
        if refused:
            self._place.show_message(refused, "warning")
        else:
            self.go_on(after)

    def _put(self, answers: Mapping[str, Answer]) -> None:
        self.warned = False
        if self._board.rows.marks:
            self._board.rows.clear_marks()
        self._plans.answer(answers)
        self._place.run_worker(telling(self._place.show_message, self._plans.keep))

    def go_on(self, after: PlannedAction | None) -> None:
        """Put the cursor on the next conflict without an answer."""
        sheet = self._plans.sheet
        action = sheet.next_open(key_of(after) if after is not None else None) if sheet is not None else None
        if action is not None:
            self._board.go_to(action)

    def next_open(self) -> None:
        """The same, on request: says it where there is none."""
        sheet = self._plans.sheet
        if sheet is not None and not sheet.open:
            said = "Every conflict has an answer." if sheet.conflicts else "There is no conflict."
            self._place.show_message(said)
        self.go_on(self._board.action_in_front)

    # The same answer for several.

    async def for_all(self) -> None:
        """Ask for which conflicts, and which answer."""
        sheet = self._plans.sheet
        if sheet is None or not sheet.conflicts:
            self._place.show_message("There is no conflict to answer.")
            return
        rows = scope_rows(sheet, self._cursor, self._marked)
        keys = [(self._key(how), word) for how, word in _VERBS]
        await self._place.show_over(AnswerPopup(rows, keys, at_once=bool(self._marked)))

    def picked(self, scope: str, letter: str) -> None:
        """The answer behind this letter for a scope."""
        sheet = self._plans.sheet
        if sheet is not None:
            marked, how = self._marked, next(how for how, _ in _VERBS if self._key(how) == letter)
            targets = widened(sheet.plan, sheet.answers, Scope(scope), cursor=self._cursor, marked=marked)
            self._give(sheet, targets, how)

    def _key(self, how: Resolution) -> str:
        return self._place.keymap.first(f"mapping.{how.value}")

    @property
    def _cursor(self) -> str:
        action = self._board.action_in_front
        return action.target if action is not None else ""

    @property
    def _marked(self) -> frozenset[str]:
        return frozenset(target for target, _ in self._board.rows.marks)

    # Another name.

    async def _ask_name(self, sheet: Sheet, action: PlannedAction) -> None:
        """Ask under which name the link is to be made, until it is one that can be."""
        was, conflict = sheet.answers.get(action.target), action.conflict
        free = conflict.free_name if conflict is not None else ""
        value = was.name if was is not None and was.name else free
        hint = f"{safe(action.words)}. enter takes the name, esc closes"
        while True:
            label = f"Name of the link in {safe(action.folder) or 'the app'}"
            question = TextQuestion(label, hint, value)
            await self._place.show_over(question)
            name = await question.answered()
            if name is None:
                return
            problem = name_problem(sheet, action, name)
            if not problem:
                break
            value, hint = name, problem
        self._put({**sheet.answers, action.target: Answer(Resolution.OTHER_NAME, name)})
        self.go_on(action)
