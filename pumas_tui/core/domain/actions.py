"""The one registry of what a person can do: footer, `?`, palette, key map and their documentation read it.

An action's id is `<scope>.<verb>`. What runs it is looked up by the verb on the object that owns the scope;
which keys it has is data (`configs/keymap.toml`).
"""

from collections.abc import Iterable

from pumas_tui.core.domain.action import Action as Action
from pumas_tui.core.domain.action import Scope as Scope
from pumas_tui.core.domain.health_actions import HEALTH
from pumas_tui.core.domain.mapping_actions import MAPPING, SETTINGS

_GLOBAL = (
    Action("global.library", "Library", "goes to the library", "pumas-tui list"),
    Action("global.import", "Import", "goes to the import queue", "pumas-tui jobs list"),
    Action("global.mapping", "Mapping", "goes to the links of apps", "pumas-tui map plan"),
    Action("global.health", "Health", "goes to what is broken and its repair", "pumas-tui health"),
    Action("global.settings", "Settings", "goes to settings and apps", "pumas-tui config show"),
    Action(
        "global.type_path",
        "import a path ...",
        "asks for the path of a model file or folder; pasting paths anywhere needs no key",
        "pumas-tui import PATH",
        footer="import",
        priority=70,
        writes=True,
    ),
    Action(
        "global.jobs", "jobs", "opens or closes the list of running and waiting work", "pumas-tui jobs list"
    ),
    Action(
        "global.undo",
        "undo ...",
        "takes the last change back, after it showed what that does",
        "pumas-tui undo",
        writes=True,
    ),
    Action("global.last_place", "last place", "goes back to the screen that was in front before"),
    Action("global.rescan", "read again", "reads the model folders that changed again", "pumas-tui scan"),
    Action("global.redraw", "redraw", "paints the whole window again"),
    Action("global.suspend", "suspend", "stops to the shell; fg comes back", "kill -TSTP"),
    Action("global.palette", "all actions", "finds any action by its name", "pumas-tui --help"),
    Action("global.help", "help", "lists the keys of this screen", "pumas-tui --help"),
    Action("global.quit", "leave", "leaves; unfinished imports go on at the next start"),
    Action(
        "global.interrupt",
        "interrupt",
        "says how to leave; twice within 2 s leaves",
        runnable=False,
        anywhere=True,
    ),
)

_SCREEN = (
    Action(
        "screen.back",
        "back",
        "closes what is open, clears the search, then marks; never leaves",
        runnable=False,
    ),
)

_LIST = (
    Action("list.down", "down", "moves down", runnable=False),
    Action("list.up", "up", "moves up", runnable=False),
    Action("list.page_down", "page down", "moves down a page", runnable=False),
    Action("list.page_up", "page up", "moves up a page", runnable=False),
    Action("list.half_down", "half a page down", "moves down half a page", runnable=False),
    Action("list.half_up", "half a page up", "moves up half a page", runnable=False),
    Action("list.top", "first row", "moves to the first row", runnable=False),
    Action("list.bottom", "last row", "moves to the last row", runnable=False),
)

_MARKS = (
    Action("marks.mark", "mark", "marks the row and goes down", footer="mark", priority=60),
    Action("marks.mark_range", "mark a range", "marks from here to where it is pressed again"),
    Action("marks.mark_all", "mark all", "marks all rows that are shown, or none"),
)

_LIBRARY = (
    Action(
        "library.open",
        "open model",
        "shows all that is known",
        "pumas-tui show MODEL",
        footer="open",
        priority=90,
    ),
    Action(
        "library.search",
        "search",
        "finds models by words of name, family, type, tags, in any order",
        "pumas-tui list QUERY",
        footer="find",
        priority=50,
    ),
    Action(
        "library.copy",
        "copy ...",
        "copies path, name, SHA-256 or the last message to the clipboard",
        "pumas-tui path MODEL",
        footer="copy",
        priority=40,
    ),
    Action(
        "library.edit",
        "edit ...",
        "changes name, family, type, base, tags and notes of the marked models, or of the one in front",
        "pumas-tui edit MODEL --set FIELD=VALUE",
        footer="edit",
        priority=45,
        writes=True,
    ),
    Action(
        "library.delete",
        "delete ...",
        "moves the marked models, or the one in front, to the trash with their links; asks first",
        "pumas-tui delete MODEL",
        footer="delete",
        priority=38,
        writes=True,
        harmful=True,
    ),
    Action(
        "library.rename",
        "rename ...",
        "gives a model another id; its folder moves and its links follow",
        "pumas-tui rename MODEL NEW_ID",
        writes=True,
    ),
    Action(
        "library.look_up",
        "look up on Hugging Face ...",
        "finds out what the marked models are, or the one in front, and what would change",
        "pumas-tui identify MODEL --explain",
        footer="web lookup",
        priority=43,
        writes=True,
    ),
    Action(
        "library.search_hub",
        "search Hugging Face ...",
        "searches the Hub for what is in the search box; shows files with sizes and downloads them",
        "pumas-tui hub search QUERY",
        footer="search the Hub",
        priority=20,
    ),
    Action(
        "library.filter",
        "filter ...",
        "narrows the list by type, trust, safety, links or date; x clears",
        "pumas-tui list type:lora",
        footer="filter",
        priority=35,
    ),
    Action(
        "library.order",
        "order ...",
        "sorts by name, size, date, links or trust; the same again turns it round",
        "pumas-tui list --sort FIELD",
        footer="order",
        priority=30,
    ),
)

_IMPORT = (
    Action(
        "import.open", "open", "answers what the row asks, or shows it", "pumas-tui jobs list", "open", 90
    ),
    Action(
        "import.answer_pickle",
        "read and decide ...",
        "asks about a pickle file, which can run code when an app loads it",
        "pumas-tui import PATH --accept-pickle",
        footer="pickle",
        priority=80,
        writes=True,
    ),
    Action(
        "import.pause",
        "pause or go on",
        "stops a copy, which then starts anew, or goes on",
        "pumas-tui jobs pause ID",
        footer="pause",
        priority=45,
        writes=True,
    ),
    Action(
        "import.cancel",
        "cancel ...",
        "stops an import; originals are never touched",
        "pumas-tui jobs cancel ID",
        footer="cancel",
        priority=44,
        writes=True,
        harmful=True,
    ),
    Action(
        "import.retry",
        "try again",
        "runs a failed import again",
        "pumas-tui jobs retry ID",
        "retry",
        43,
        True,
    ),
    Action(
        "import.top",
        "next in line",
        "puts an import before the others",
        "pumas-tui jobs top ID",
        "first",
        42,
        True,
    ),
    Action(
        "import.remove",
        "off the queue",
        "takes rows off the list; no file is touched",
        "pumas-tui jobs cancel ID",
        footer="off queue",
        priority=41,
        writes=True,
    ),
    Action(
        "import.edit",
        "edit before it is written ...",
        "changes name, type, family and tags of imports that wait",
        footer="edit",
        priority=30,
        writes=True,
    ),
    Action(
        "import.mode",
        "mode ...",
        "says how the bytes of waiting imports come in: copy, reflink, hard link, auto",
        "pumas-tui import PATH --mode MODE",
        footer="mode",
        priority=25,
        writes=True,
    ),
    Action(
        "import.copy", "copy ...", "copies path, name or error to the clipboard", footer="copy", priority=20
    ),
)

_TEXT = (
    Action("text.delete_word", "delete a word", "deletes the word before the cursor", runnable=False),
    Action("text.delete_to_start", "delete to the start", "deletes to the start of the line", runnable=False),
    Action("text.to_list", "to the list", "leaves the text box and keeps what it says", runnable=False),
)

_FIRST_START = (
    Action(
        "first_start.next", "next", "takes the row and goes on; the last time it finishes", runnable=False
    ),
    Action("first_start.back", "back", "goes back a step; nothing was written", runnable=False),
    Action("first_start.tick", "tick", "ticks the app in front, or takes the tick away", runnable=False),
    Action(
        "first_start.type_path", "type a path", "asks for a folder; pasting it needs no key", runnable=False
    ),
    Action("first_start.help", "help", "lists these keys", runnable=False),
    Action("first_start.leave", "leave", "leaves; nothing was written", runnable=False),
    Action("first_start.interrupt", "leave", "leaves; nothing was written", runnable=False, anywhere=True),
)

ACTIONS: tuple[Action, ...] = (
    *_GLOBAL,
    *_SCREEN,
    *_LIST,
    *_MARKS,
    *_LIBRARY,
    *_IMPORT,
    *MAPPING,
    *HEALTH,
    *SETTINGS,
    *_TEXT,
    *_FIRST_START,
)
BY_ID: dict[str, Action] = {action.id: action for action in ACTIONS}


def of_scopes(scopes: Iterable[Scope]) -> tuple[Action, ...]:
    """Actions of these scopes, scope by scope in the order given."""
    return tuple(action for scope in scopes for action in ACTIONS if action.scope is scope)


_WITHOUT_MARKS = frozenset({Scope.SETTINGS, Scope.FIRST_START})


def on_screen(place: Scope) -> tuple[Action, ...]:
    """Actions that work on a screen, its own first, without those that others stand instead of."""
    marks = () if place in _WITHOUT_MARKS else (Scope.MARKS,)
    found = of_scopes((place, *marks, Scope.LIST, Scope.SCREEN, Scope.GLOBAL))
    off = {action.instead_of for action in found}
    return tuple(action for action in found if action.id not in off)
