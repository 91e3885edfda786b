"""The action registry as lines: the `?` list with keys and command lines, and the palette."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pumas_tui.core.domain.actions import ACTIONS, Action, Scope, of_scopes, on_screen
from pumas_tui.tui.keymap import Keymap
from pumas_tui.tui.presenters.cells import UNICODE, Glyphs, cut_end, pad, width_of

_HEADINGS = {
    Scope.GLOBAL: "EVERYWHERE",
    Scope.SCREEN: "EVERYWHERE",
    Scope.LIST: "LISTS",
    Scope.MARKS: "LISTS",
    Scope.LIBRARY: "LIBRARY",
    Scope.IMPORT: "IMPORT",
    Scope.MAPPING: "MAPPING",
    Scope.HEALTH: "HEALTH",
    Scope.SETTINGS: "SETTINGS",
    Scope.TEXT: "TEXT BOXES",
    Scope.FIRST_START: "FIRST START",
}
_PLACES = {
    Scope.LIBRARY: "Library",
    Scope.IMPORT: "Import",
    Scope.MAPPING: "Mapping",
    Scope.HEALTH: "Health",
    Scope.SETTINGS: "Settings",
}
READ_ONLY = "off: read only"
_CLI_AT = 38  # column of the command line in `?`
_PALETTE_EDGES = 12  # cells beside an action's name: margin and key


@dataclass(frozen=True, slots=True)
class FoundRow:
    """A line of a list of actions. `action` is None for headings and explanations, which are passed over."""

    text: str
    action: Action | None = None
    dim: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What a filter left, and how many actions of how many."""

    rows: tuple[FoundRow, ...]
    hits: int
    total: int


def matches(action: Action, words: Sequence[str], keys: str = "") -> bool:
    """All words occur, anywhere, in any order."""
    text = f"{action.title} {action.does} {action.cli} {action.scope.value} {keys}".lower()
    return all(word in text for word in words)


def _words(text: str) -> list[str]:
    # In a list that filters while one types, a leading slash is habit, not text.
    return text.lower().removeprefix("/").split()


def help_rows(
    place: Scope, keymap: Keymap, text: str, width: int, glyphs: Glyphs = UNICODE, *, everywhere: bool = False
) -> Found:
    """Keys that work here (or on all screens), under headings, each with its command line and a sentence."""
    if place is Scope.FIRST_START:
        actions = of_scopes((place, Scope.LIST))
    elif everywhere:
        actions = of_scopes((*_PLACES, Scope.MARKS, Scope.LIST, Scope.SCREEN, Scope.GLOBAL, Scope.TEXT))
    else:
        actions = (*on_screen(place), *of_scopes((Scope.TEXT,)))
    words = _words(text)
    hits = [action for action in actions if matches(action, words, keymap.all(action.id))]
    rows: list[FoundRow] = []
    heading = ""
    for action in hits:
        if _HEADINGS[action.scope] != heading:
            heading = _HEADINGS[action.scope]
            rows.append(FoundRow(f" {heading}"))
        rows.append(FoundRow(_help_text(action, keymap, width, glyphs), action))
        rows.append(FoundRow(cut_end(f"{'':15}{action.does}", width, glyphs), dim=True))
    return Found(tuple(rows), len(hits), len(actions))


def _help_text(action: Action, keymap: Keymap, width: int, glyphs: Glyphs) -> str:
    left = f"   {pad(cut_end(keymap.all(action.id, 2), 11, glyphs), 11)} {action.title}"
    left = pad(left, max(width_of(left) + 2, _CLI_AT))
    room = width - width_of(left) - 1
    return pad(left + (cut_end(action.cli, room, glyphs) if room > 12 else ""), width)


def palette_rows(
    place: Scope, keymap: Keymap, text: str, width: int, glyphs: Glyphs = UNICODE, *, readonly: bool = False
) -> Found:
    """Every action that can be started, those of the screen in front first, with key and command line."""
    offered = [action for action in ACTIONS if action.runnable]
    words = _words(text)
    hits = [action for action in offered if matches(action, words, _PLACES.get(action.scope, ""))]
    hits.sort(key=lambda action: _rank(action, place, words))
    rows = tuple(FoundRow(_palette_text(a, place, keymap, width, glyphs, readonly), a) for a in hits)
    return Found(rows, len(hits), len(offered))


def _rank(action: Action, place: Scope, words: Sequence[str]) -> tuple[bool, bool]:
    in_title = bool(words) and all(word in action.title.lower() for word in words)
    return (not in_title, not here(action, place))


def here(action: Action, place: Scope) -> bool:
    """It works on the screen in front."""
    return action.scope not in _PLACES or action.scope is place


def off_reason(action: Action, *, readonly: bool) -> str:
    """Why an action cannot be started, or empty."""
    return READ_ONLY if readonly and action.writes else ""


def _palette_text(
    action: Action, place: Scope, keymap: Keymap, width: int, glyphs: Glyphs, readonly: bool
) -> str:
    prefix = f"{_PLACES[action.scope]}: " if action.scope in _PLACES else ""
    wide = min(30, width - _PALETTE_EDGES)
    left = pad(cut_end(f"{prefix}{action.title}", wide, glyphs), wide)
    elsewhere = "" if here(action, place) else f"goes to {_PLACES[action.scope]}"
    note = off_reason(action, readonly=readonly) or elsewhere or action.cli
    text = f"   {left} {pad(keymap.first(action.id), 7)}"
    room = width - width_of(text) - 2
    return pad(f"{text} {cut_end(note, room, glyphs)}" if room > 12 else text, width)


def first_action(rows: Iterable[FoundRow]) -> int:
    """The number of the first row that can be chosen; 0 when there is none."""
    return next((number for number, row in enumerate(rows) if row.action is not None), 0)
