"""Keys of actions: the packaged `keymap.toml`, the user's file over it, and Textual bindings made of both.

Mistakes in the user's file are values, not errors: the default is used and the program says so.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from textual.binding import Binding, BindingType

from pumas_tui import assets
from pumas_tui.core.domain.actions import ACTIONS, BY_ID, Scope

_SHOWN = {
    "escape": "esc",
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "backspace": "bksp",
}
# Scopes whose keys are live at the same time: one key must not mean two things among them.
_TOGETHER = (
    (Scope.GLOBAL, Scope.SCREEN, Scope.LIST, Scope.MARKS, Scope.LIBRARY),
    (Scope.GLOBAL, Scope.SCREEN, Scope.LIST, Scope.MARKS, Scope.IMPORT),
    (Scope.GLOBAL, Scope.SCREEN, Scope.LIST, Scope.MARKS, Scope.MAPPING),
    (Scope.GLOBAL, Scope.SCREEN, Scope.LIST, Scope.MARKS, Scope.HEALTH),
    (Scope.GLOBAL, Scope.SCREEN, Scope.LIST, Scope.SETTINGS),
    (Scope.LIST, Scope.FIRST_START),
)


@dataclass(frozen=True, slots=True)
class KeymapProblem:
    """Why a line of the user's file was not used. `line` is 1-based, 0 where it cannot be told."""

    line: int
    entry: str
    reason: str


@dataclass(frozen=True, slots=True)
class Keymap:
    """Keys of every action id, best first, and what was wrong with the user's file."""

    keys: Mapping[str, tuple[str, ...]]
    problems: tuple[KeymapProblem, ...] = ()

    def first(self, action_id: str) -> str:
        """The key to show for an action, as people write it; empty when it has none."""
        keys = self.keys.get(action_id, ())
        return shown(keys[0]) if keys else ""

    def all(self, action_id: str, limit: int | None = None) -> str:
        """All keys of an action, or the first `limit`, as people write them."""
        return " ".join(shown(key) for key in self.keys.get(action_id, ())[:limit])

    def overrides(self) -> dict[str, str]:
        """What differs from the defaults, in the form of Textual's `set_keymap`."""
        base = default_keymap().keys
        return {name: ",".join(keys) for name, keys in self.keys.items() if keys != base.get(name)}


def shown(key: str) -> str:
    """A key as people write it."""
    return _SHOWN.get(key, key)


@cache
def default_keymap() -> Keymap:
    """The packaged keys. A mistake there is a broken installation: raises what reading raises."""
    text = (assets.configs_dir() / "keymap.toml").read_text(encoding="utf-8")
    return Keymap(dict(_entries(tomllib.loads(text))))


def load_keymap(user: Path | None) -> Keymap:
    """The packaged keys overlaid by a user's file; absent file: the packaged ones."""
    if user is None:
        return default_keymap()
    try:
        text = user.read_text(encoding="utf-8")
    except FileNotFoundError:
        return default_keymap()
    except (OSError, UnicodeDecodeError) as error:
        return Keymap(default_keymap().keys, (KeymapProblem(0, str(user), str(error)),))
    return overlay(text)


def overlay(text: str) -> Keymap:
    """The packaged keys overlaid by the text of a user's file."""
    base = default_keymap()
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return Keymap(base.keys, (KeymapProblem(0, "", str(error)),))
    keys, problems = dict(base.keys), []
    for name, wanted in _entries(values):
        reason = _unusable(name, wanted, keys)
        if reason:
            problems.append(KeymapProblem(_line_of(name, text), f"{name} = {', '.join(wanted)}", reason))
        else:
            keys[name] = wanted
    return Keymap(keys, tuple(problems))


def _entries(values: Mapping[str, Any]) -> Iterable[tuple[str, tuple[str, ...]]]:
    for scope, table in values.items():
        entries = table.items() if isinstance(table, dict) else [("", table)]
        for verb, keys in entries:
            many = keys if isinstance(keys, list) else [keys]
            yield f"{scope}.{verb}".rstrip("."), tuple(str(key) for key in many)


def _unusable(name: str, wanted: tuple[str, ...], keys: Mapping[str, tuple[str, ...]]) -> str:
    if name not in BY_ID:
        return "no such action"
    scope = BY_ID[name].scope
    rivals = {s for group in _TOGETHER if scope in group for s in group} | {scope}
    for other, theirs in keys.items():
        if BY_ID[other].scope not in rivals or _never_together(name, other):
            continue
        taken = next((key for key in wanted if key in theirs), None)
        if taken is not None:
            return f'{taken} is taken by "{BY_ID[other].title}"'
    return ""


def _never_together(name: str, other: str) -> bool:
    """They are one action, or one is off where the other works."""
    return other in (name, BY_ID[name].instead_of) or name == BY_ID[other].instead_of


def _line_of(name: str, text: str) -> int:
    section, _, verb = name.partition(".")
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped.startswith("["):
            inside = stripped.strip("[] ") == section
        elif stripped.split("=")[0].strip() in ((verb,) if inside else (name,)):
            return number
    return 0


def bindings(*scopes: Scope, without: str = "") -> list[BindingType]:
    """Textual bindings of these scopes with the packaged keys; `App.set_keymap` lays the user's over them.

    The action's name is its verb, so whoever declares the bindings has `action_<verb>`. `without`: the id of
    an action that is off there.
    """
    keys = default_keymap().keys
    return [
        Binding(
            ",".join(_spelled(key) for key in keys[action.id]),
            action.verb,
            action.title,
            show=False,
            priority=action.anywhere,
            id=action.id,
            tooltip=action.does,
        )
        for scope in scopes
        for action in ACTIONS
        if action.scope is scope and keys.get(action.id) and action.id != without
    ]


def _spelled(key: str) -> str:
    return "comma" if key == "," else key
