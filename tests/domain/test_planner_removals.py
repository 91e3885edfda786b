"""Which links a full plan takes away, which it only forgets, and which it never touches."""

from dataclasses import replace

import pytest

from pumas_tui.core.domain import planner
from pumas_tui.core.domain.links import Link, LinkKind
from pumas_tui.core.domain.mapped import Wants
from pumas_tui.core.domain.plan import Act, Plan, PlannedAction
from tests.domain.test_planner import TARGET, known, only, tree_of
from tests.support import simulated_tree as sim
from tests.support.simulated_tree import BASE, MODELS, Tree, plan, source_of, uid, want

PATH = f"{BASE}/{TARGET}"


def linked(*models: str, symlinks: bool = True) -> Tree:
    """A library whose models are linked."""
    tree = replace(tree_of(*models), symlinks=symlinks)
    sim.apply(tree, plan(tree, [want(tree, name) for name in models]))
    return tree


def unlink(tree: Tree, *models: str) -> Plan:
    """The plan that takes links away because somebody asked."""
    chosen = [uid(name) for name in models] or None
    return planner.unlink(sim.HEADER, tree.facts(), tree.links(), models=chosen)


def gist(action: PlannedAction) -> tuple[Act, str, bool]:
    """What is done, why, and whether only the registry changes."""
    return action.act, action.code, action.only_row


@pytest.mark.parametrize("symlinks", [True, False])
def test_a_link_that_no_rule_wants_goes_and_the_file_stays(symlinks: bool) -> None:
    tree = linked("a", "b", symlinks=symlinks)
    made = plan(tree, [want(tree, "b")])
    assert gist(made.actions[0]) == (Act.REMOVE_STALE, "stale", False)
    sim.apply(tree, made)
    assert tree.at(PATH) is None and TARGET not in tree.rows
    assert tree.at(f"{MODELS}/{source_of('a')}") is not None
    assert not plan(tree, [want(tree, "b")]).changes


def test_an_incremental_plan_removes_nothing() -> None:
    tree = linked("a", "b")
    assert plan(tree, [], [uid("a"), uid("b")]).actions == ()


def test_a_link_whose_source_is_gone_is_broken() -> None:
    tree = linked("a")
    del tree.nodes[f"{MODELS}/{source_of('a')}"]
    assert gist(only(plan(tree, []))) == (Act.REMOVE_BROKEN, "broken", False)
    wanted = plan(tree, [want(tree, "a")])
    assert [a.code for a in wanted.actions] == ["broken", "missing_source"]


def test_an_adopted_link_stays_when_no_rule_wants_it() -> None:
    tree = tree_of("a")
    tree.link(PATH, f"{MODELS}/{source_of('a')}")
    known(tree, "a", TARGET, origin="adopted", kind=LinkKind.ABSOLUTE)
    made = plan(tree, [])
    assert (only(made).act, made.changes) == (Act.KEEP, False)
    del tree.nodes[f"{MODELS}/{source_of('a')}"]
    assert (only(plan(tree, [])).act, plan(tree, []).changes) == (Act.KEEP, False)


def test_of_a_link_that_is_gone_only_the_row_goes() -> None:
    tree = linked("a")
    del tree.nodes[PATH]
    made = plan(tree, [])
    assert gist(only(made)) == (Act.REMOVE_STALE, "gone", True)
    sim.apply(tree, made)
    assert tree.rows == {}


def test_a_link_that_is_gone_and_wanted_is_made_again() -> None:
    tree = linked("a")
    del tree.nodes[PATH]
    assert gist(only(plan(tree, [want(tree, "a")]))) == (Act.CREATE, "gone", False)


@pytest.mark.parametrize("what", ["file", "link", "folder"])
def test_what_the_user_put_in_the_place_of_a_link_is_not_touched(what: str) -> None:
    tree = linked("a")
    del tree.nodes[PATH]
    if what == "file":
        tree.file(PATH, "mine")
    elif what == "link":
        tree.link(PATH, "../mine")
    else:
        tree.folder(PATH)
    mine = tree.at(PATH)
    for made in (plan(tree, []), unlink(tree)):
        assert gist(only(made)) == (Act.REMOVE_STALE, "replaced", True)
    sim.apply(tree, made)
    assert tree.at(PATH) == mine and tree.rows == {}


def test_the_last_copy_of_a_file_is_never_removed() -> None:
    tree = linked("a", symlinks=False)
    del tree.nodes[f"{MODELS}/{source_of('a')}"]
    for made in (plan(tree, []), unlink(tree)):
        assert gist(only(made)) == (Act.REFUSE, "last_copy", False)


def test_a_hard_link_of_the_users_own_is_forgotten_at_most() -> None:
    tree = tree_of("a")
    tree.nodes[PATH] = tree.nodes[f"{MODELS}/{source_of('a')}"]
    sim.apply(tree, plan(tree, [want(tree, "a")]))
    assert tree.rows[TARGET].origin == "adopted"
    assert only(plan(tree, [])).act is Act.KEEP
    assert gist(only(unlink(tree))) == (Act.REMOVE_STALE, "adopted", True)


def test_unlinking_takes_the_links_of_the_models_asked_for() -> None:
    tree = linked("a", "b")
    tree.rows[TARGET] = replace(tree.rows[TARGET], origin="adopted")
    made = unlink(tree, "a")
    assert gist(only(made)) == (Act.REMOVE_STALE, "asked", False)
    sim.apply(tree, made)
    assert list(tree.rows) == ["loras/b.safetensors"]


def test_links_in_folders_nobody_looked_at_and_of_other_apps_are_left_alone() -> None:
    tree = linked("a")
    facts = replace(tree.facts(), folders={})
    made = planner.make(sim.HEADER, Wants((), ()), facts, tree.links())
    assert gist(only(made)) == (Act.REFUSE, "unknown", False)
    other = [replace(row, app_uid="another") for row in tree.links()]  # type: ignore[arg-type]
    assert planner.make(sim.HEADER, Wants((), ()), facts, other).actions == ()


@pytest.mark.parametrize(
    ("removed", "known_links", "asks"),
    [(20, 20, False), (21, 21, True), (21, 210, False), (22, 219, True), (22, 220, False), (500, 4999, True)],
)
def test_many_removals_are_asked_for(removed: int, known_links: int, asks: bool) -> None:
    row = Link(sim.APP.uid, TARGET, uid("a"), source_of("a"), LinkKind.RELATIVE)
    action = PlannedAction(Act.REMOVE_STALE, "stale: x", TARGET, known=row)
    broken = replace(action, act=Act.REMOVE_BROKEN)
    made = Plan(sim.HEADER, (action,) * (removed - 1) + (broken,))
    assert planner.confirm_removals(made, known_links) is asks
