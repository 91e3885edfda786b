"""What happens to pasted text: look at it, ask on the paste sheet, queue what was agreed to."""

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING

from pumas_tui.core.domain.errors import PumasError
from pumas_tui.core.domain.imports import ImportChoices, ImportMode
from pumas_tui.core.domain.text import plural
from pumas_tui.tui.modals.ask import ask
from pumas_tui.tui.modals.paste import PasteSheet
from pumas_tui.tui.widgets.frame import READ_ONLY, FramedScreen

if TYPE_CHECKING:
    from pumas_tui.core.library import Library


class Meant(StrEnum):
    """What pasted text turned out to be for."""

    IMPORT = "import"  # seen to, whatever the answer was
    TEXT = "text"  # no path in it, and a text box had the focus
    SEARCH = "search"  # the user wants it in the search box


async def take_paste(
    screen: FramedScreen,
    library: "Library",
    text: str,
    *,
    typing: bool,
    host: str,
    copy: Callable[[str], object],
) -> Meant:
    """Deal with pasted text on this screen. `typing`: a text box has the focus. Run it in a worker."""
    try:
        found = await library.imports.inspect_text(text)
        if typing and not found.understood:
            return Meant.TEXT
        sheet = PasteSheet(found, models_dir=library.paths.models, host=host, copy=copy)
        answer = await ask(screen, sheet)
        if answer is None:
            return Meant.IMPORT
        if answer.kind == "search":
            return Meant.SEARCH
        if screen.readonly:
            screen.show_message(READ_ONLY)
            return Meant.IMPORT
        choices = ImportChoices(mode=ImportMode(library.settings.imports.mode))
        done = await library.imports.submit(found.candidates, choices)
        screen.show_message(f"{plural(len(done.jobs), 'import')} in the queue.")
    except PumasError as error:
        screen.show_message(error.message, "error")
    return Meant.IMPORT
