"""A question in a panel: title, rows to choose from, notes, message, keys; and what opens over it."""

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical

from pumas_tui.core.domain.first_start import Answers
from pumas_tui.core.domain.text import safe
from pumas_tui.tui.keymap import Keymap
from pumas_tui.tui.presenters import first_start as present
from pumas_tui.tui.presenters.cells import Glyphs
from pumas_tui.tui.presenters.frame import rule
from pumas_tui.tui.presenters.prose import wrap
from pumas_tui.tui.widgets.choice_list import ChoiceList, Notes
from pumas_tui.tui.widgets.frame import Overlay, TextLine

_MESSAGE_ROWS = 3


class QuestionPanel(Vertical):
    """Shows how far the answers have come. Posts what its list posts."""

    def __init__(self, host: str, glyphs: Glyphs, keymap: Keymap) -> None:
        super().__init__()
        self._host = host
        self._glyphs = glyphs
        self._keymap = keymap
        self._answers: Answers | None = None
        self._lines = {name: TextLine(id=name) for name in ("title", "question", "message", "keys")}
        self._list = ChoiceList()
        self._notes = Notes()

    def compose(self) -> ComposeResult:
        yield self._lines["title"]
        yield TextLine(classes="rule")
        yield self._lines["question"]
        yield self._list
        yield self._notes
        yield self._lines["message"]
        yield TextLine(classes="rule")
        yield self._lines["keys"]

    def on_mount(self) -> None:
        self._list.focus()

    def on_resize(self) -> None:
        self.show(self._answers)

    @property
    def row(self) -> int:
        """The row under the cursor."""
        return self._list.cursor

    def show(self, answers: Answers | None) -> None:
        """Paint this; None while there is nothing to ask yet."""
        self._answers = answers
        width, glyphs = self.size.width, self._glyphs
        if width <= 0:
            return
        step = answers.step if answers is not None else 0
        self._lines["title"].show(present.title(self._host, step, width, glyphs))
        for line in self.query(".rule").results(TextLine):
            line.show(((rule(width, glyphs), "dim"),))
        self._lines["keys"].show(present.key_line(step, width, present.keys_of(self._keymap), glyphs))
        question = present.LOOKING
        if answers is not None:
            asked = present.asked(answers, self._list.room(width), glyphs)
            question = asked.question
            self._list.show(asked.rows, answers.rows[step])
            self._notes.show(asked.notes)
        self._lines["question"].show(((f" {question}", ""),))
        self.call_after_refresh(self._tell_more)

    def say(self, text: str) -> None:
        """A message, until something else is shown."""
        self._tell(wrap(safe(text), self.size.width - 2)[:_MESSAGE_ROWS], "$warning")

    def _tell(self, rows: Sequence[str], style: str) -> None:
        self._lines["message"].show(((" " + "\n ".join(rows), style),) if rows else ())
        self._lines["message"].refresh(layout=True)

    async def open(self, overlay: Overlay) -> None:
        """Open this over the panel and give it the keys."""
        await self.mount(overlay, before=0)

    @on(ChoiceList.PastEnd)
    def _past_end(self, event: ChoiceList.PastEnd) -> None:
        event.stop()
        self._notes.scroll_relative(y=1 if event.step > 0 else -1, animate=False)
        self.call_after_refresh(self._tell_more)

    def _tell_more(self) -> None:
        self._tell(["j: more below"] if self._notes.more else [], "dim")
