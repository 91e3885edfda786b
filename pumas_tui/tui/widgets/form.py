"""A small form over the screen: a line of text per field, saved as a whole or not at all."""

from collections.abc import Awaitable, Callable, Sequence

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Input, Static

from pumas_tui.core.domain.editing import ALIASES
from pumas_tui.core.domain.errors import PumasError
from pumas_tui.core.domain.text import safe
from pumas_tui.tui.presenters.cells import cut_end, pad
from pumas_tui.tui.presenters.edit_fields import Field
from pumas_tui.tui.widgets.chores import chore
from pumas_tui.tui.widgets.frame import Overlay

Save = Callable[[dict[str, str]], Awaitable[None]]

_LABEL_WIDTH = 10
_KEYS = "enter  save    tab  next field    esc  leave it as it was"
_SHORT_KEYS = "enter save  tab next  esc back"
_SHORT_BELOW = 60
_LOW = 16
_OTHER_ROWS, _OTHER_ROWS_LOW = 6, 4  # border, notice, keys
_WRAPPING = 16  # cells that two lines of text lose at their ends


class Form(Overlay):
    """Enter hands `save` the new texts of the fields that were changed, by name. It goes when they are saved;
    what `save` raises is said, and the form stays. Esc leaves everything as it was."""

    FOCUS = "Input"

    def __init__(self, title: str, fields: Sequence[Field], save: Save) -> None:
        super().__init__(classes="form")
        self._title = title
        self._fields = {field.name: field for field in fields}
        self._save = save
        self._refused = False
        self._said = ""
        self._notice = Static(classes="form-notice", markup=False)
        self._keys = Static(classes="form-keys", markup=False)

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="form-fields", can_focus=False):
            for field in self._fields.values():
                box = Input(
                    field.value, placeholder=field.ghost, name=field.name, compact=True, select_on_focus=False
                )
                box.cursor_blink = False
                label = Static(pad(f" {field.label}", _LABEL_WIDTH), classes="form-label", markup=False)
                yield Horizontal(label, box, classes="form-field")
        yield self._notice
        yield self._keys

    def on_resize(self) -> None:
        width, height = self.size.width, self.app.size.height
        self.set_class(height < _LOW, "-low-form")
        most = max(height - (_OTHER_ROWS_LOW if height < _LOW else _OTHER_ROWS), 1)
        self.query_one(VerticalScroll).styles.max_height = most
        self.border_title = cut_end(self._title, max(width - 4, 8))
        self._say(self._said)
        self._keys.update(f" {_KEYS if width >= _SHORT_BELOW else _SHORT_KEYS}")

    def _say(self, text: str) -> None:
        self._said = text
        if self.size.width:
            self._notice.update(cut_end(text, max(2 * self.size.width - _WRAPPING, 8)))

    @on(events.DescendantFocus)
    def _focused(self, event: events.DescendantFocus) -> None:
        if not self._refused:  # else the reason stands there
            self._say(self._fields[event.widget.name or ""].hint)
        self._refused = False

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        texts = {box.name or "": box.value.strip() for box in self.query(Input)}
        changed = {name: text for name, text in texts.items() if text != self._fields[name].value.strip()}
        self.run_worker(chore(self._saved, changed), exclusive=True)

    async def _saved(self, changed: dict[str, str]) -> None:
        try:
            if changed:
                await self._save(changed)
        except PumasError as error:
            self._refuse(error)
        else:
            self.remove()

    def _refuse(self, error: PumasError) -> None:
        """Say why nothing was saved; the keys go to the field it is about."""
        said, wrong = error.message, getattr(error, "field", "")
        for box in self.query(Input):
            if box.name and wrong in (box.name, ALIASES.get(box.name)):
                said = said.replace(f"{wrong}:", f"{self._fields[box.name].label}:", 1)
                self._refused = not box.has_focus  # else nothing comes that would say another thing
                self.screen.set_focus(box)
        self._say(safe(f"{said} ({error.hint})" if error.hint else said))

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape":
            self.remove()
        elif event.key in ("tab", "down"):
            self.screen.focus_next(Input)
        elif event.key in ("shift+tab", "up"):
            self.screen.focus_previous(Input)
        else:
            return
        event.stop()
        event.prevent_default()
