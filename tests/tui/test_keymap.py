"""One registry feeds keys, footer, help and palette; a user's key file never breaks the program."""

from pathlib import Path

import pytest
from textual.binding import Binding

from pumas_tui.core.domain.actions import ACTIONS, BY_ID, Action, Scope, on_screen
from pumas_tui.tui.app import PumasApp
from pumas_tui.tui.keymap import default_keymap, load_keymap, overlay
from pumas_tui.tui.presenters.help import help_rows, palette_rows
from pumas_tui.tui.screens.first_start import FirstStartScreen
from pumas_tui.tui.screens.health import HealthScreen
from pumas_tui.tui.screens.imports import ImportsScreen
from pumas_tui.tui.screens.library import LibraryScreen
from pumas_tui.tui.screens.mapping import MappingScreen
from pumas_tui.tui.screens.settings import SettingsScreen
from pumas_tui.tui.widgets.cursor_list import CursorList
from pumas_tui.tui.widgets.model_list import ModelList
from pumas_tui.tui.widgets.queue_list import QueueList

OWNERS: dict[Scope, tuple[type, ...]] = {
    Scope.GLOBAL: (PumasApp,),
    Scope.SCREEN: (LibraryScreen, ImportsScreen, MappingScreen, SettingsScreen),
    Scope.LIST: (CursorList,),
    Scope.MARKS: (ModelList, QueueList),
    Scope.LIBRARY: (LibraryScreen,),
    Scope.IMPORT: (ImportsScreen,),
    Scope.MAPPING: (MappingScreen,),
    Scope.HEALTH: (HealthScreen,),
    Scope.SETTINGS: (SettingsScreen,),
    Scope.FIRST_START: (FirstStartScreen,),
}


def test_every_action_has_keys_and_every_key_an_action() -> None:
    assert set(default_keymap().keys) == set(BY_ID)
    assert all(default_keymap().keys.values())


@pytest.mark.parametrize("action", [a for a in ACTIONS if a.scope is not Scope.TEXT], ids=lambda a: a.id)
def test_no_key_is_dead(action: Action) -> None:
    for owner in OWNERS[action.scope]:
        assert callable(getattr(owner, f"action_{action.verb}", None)), f"{owner.__name__} cannot {action.id}"
        bound = [b for c in owner.__mro__ for b in c.__dict__.get("BINDINGS", ()) if isinstance(b, Binding)]
        assert action.id in {b.id for b in bound}


def test_no_key_means_two_things_on_one_screen() -> None:
    for place in (Scope.LIBRARY, Scope.IMPORT, Scope.MAPPING, Scope.HEALTH, Scope.SETTINGS):
        taken: dict[str, str] = {}
        for action in on_screen(place):
            for key in default_keymap().keys[action.id]:
                assert taken.setdefault(key, action.id) == action.id, key


def test_a_screens_own_action_takes_the_place_of_a_common_one() -> None:
    here = {action.id for action in on_screen(Scope.MAPPING)}
    assert "mapping.for_all" in here and "marks.mark_all" not in here and "marks.mark" in here
    taken = overlay('[mapping]\nfor_all = "g"\n')
    assert taken.problems and "first row" in taken.problems[0].reason
    assert overlay('[marks]\nmark_all = ["a", "z"]\n').problems == ()


def test_no_harm_by_a_capital_that_ends_an_escape_sequence() -> None:
    for action in ACTIONS:
        if action.harmful or action.writes:
            assert not set(default_keymap().keys[action.id]) & set("ABCDFHOPQRS[~")


def test_the_users_file_lies_over_the_packaged_one() -> None:
    keymap = overlay('[library]\ncopy = ["c", "y"]\n')
    assert keymap.problems == ()
    assert keymap.first("library.copy") == "c"
    assert keymap.overrides() == {"library.copy": "c,y"}


def test_mistakes_are_told_with_their_lines_and_the_default_stays() -> None:
    keymap = overlay('[library]\ncopy = "j"\n\n[librry]\nmap = "x"\n')
    told = [(p.line, p.reason) for p in keymap.problems]
    assert told == [(2, 'j is taken by "down"'), (5, "no such action")]
    assert keymap.keys == default_keymap().keys


@pytest.mark.parametrize("text", ["= nonsense", "x = 1", "[global]\nquit = 5\n"])
def test_no_key_file_stops_the_program(text: str) -> None:
    assert overlay(text).keys["global.help"] == ("?",)


def test_a_file_that_is_not_there_or_not_text_is_no_error(tmp_path: Path) -> None:
    assert load_keymap(tmp_path / "none.toml").problems == ()
    bad = tmp_path / "bad.toml"
    bad.write_bytes(b"\xff\xfe\x00")
    assert len(load_keymap(bad).problems) == 1


def test_help_lists_every_action_of_a_screen_and_filters() -> None:
    found = help_rows(Scope.LIBRARY, default_keymap(), "", 100)
    listed = {row.action.id for row in found.rows if row.action}
    text = {a.id for a in ACTIONS if a.scope is Scope.TEXT}
    assert listed == {a.id for a in on_screen(Scope.LIBRARY)} | text
    only = help_rows(Scope.LIBRARY, default_keymap(), "/turns it", 100)
    assert [row.action.id for row in only.rows if row.action] == ["library.order"]


def test_the_palette_has_everything_that_can_be_started() -> None:
    found = palette_rows(Scope.IMPORT, default_keymap(), "", 100)
    assert {row.action.id for row in found.rows if row.action} == {a.id for a in ACTIONS if a.runnable}
    paused = palette_rows(Scope.LIBRARY, default_keymap(), "import pause", 100, readonly=True)
    assert [row.action.id for row in paused.rows if row.action] == ["import.pause"]
    assert "off: read only" in paused.rows[0].text
