"""Widening one answer to others, and what the dialogs count before anything is changed."""

from dataclasses import replace

import pytest

from pumas_tui.core.domain import mapping_answers
from pumas_tui.core.domain.mapping_answers import ApplyCounts, Displaced, Scope
from pumas_tui.core.domain.plan import Act, Answer, Plan, Resolution
from tests.domain.test_planner import known, tree_of
from tests.support import simulated_tree as sim
from tests.support.simulated_tree import BASE, MODELS, Tree, plan, source_of, want

SKIP, OVERWRITE = Answer(Resolution.SKIP), Answer(Resolution.OVERWRITE)
RENAME, OTHER_NAME = Answer(Resolution.RENAME), Answer(Resolution.OTHER_NAME)


def target(name: str) -> str:
    return f"loras/{name}.safetensors"


LINKS = tuple(target(name) for name in "abc")
FILES = tuple(target(name) for name in "de")
SAME, FOLDER = target("f"), target("g")


def made() -> Plan:
    """Three other links, two real files, one with the same content, a folder, and two new links."""
    return plan_of(twelve())


def twelve() -> Tree:
    tree = tree_of(*"abcdefghi")
    tree.file("/home/me/file", "mine")
    for path in LINKS:
        tree.link(f"{BASE}/{path}", "/home/me/file")
    for number, path in enumerate(FILES, 1):
        tree.file(f"{BASE}/{path}", "x" * 1000 * number)
    tree.file(f"{BASE}/{SAME}", "weights of f")
    tree.file(f"{BASE}/{FOLDER}/x", "mine")
    return tree


def plan_of(tree: Tree) -> Plan:
    return plan(tree, [want(tree, name) for name in "abcdefghi"])


@pytest.mark.parametrize(
    ("scope", "reached"),
    [
        (Scope.ONE, FILES[:1]),
        (Scope.LIKE, FILES),
        (Scope.MARKED, (LINKS[0], FOLDER)),
        (Scope.OPEN, (*LINKS[1:], *FILES, FOLDER)),
        (Scope.ALL, (*LINKS, *FILES, SAME, FOLDER)),
    ],
)
def test_how_far_an_answer_reaches(scope: Scope, reached: tuple[str, ...]) -> None:
    answers = {LINKS[0]: SKIP, SAME: OVERWRITE}
    marked = {FOLDER, LINKS[0], target("h")}
    assert mapping_answers.widened(made(), answers, scope, cursor=FILES[0], marked=marked) == reached


def test_the_dialog_says_how_many_and_how_many_answers_change() -> None:
    answers = {LINKS[0]: SKIP, FILES[1]: RENAME}
    found = mapping_answers.reaches(made(), answers, cursor=FILES[0])
    assert [(r.scope.value, len(r.targets), r.answered) for r in found] == [
        ("like", 2, 1),
        ("marked", 0, 0),
        ("open", 5, 0),
        ("all", 7, 2),
    ]


def test_conflicts_that_do_not_take_an_answer_keep_what_they_have() -> None:
    everything = mapping_answers.widened(made(), {}, Scope.ALL)
    answers, left = mapping_answers.answered(made(), {FOLDER: SKIP}, everything, OVERWRITE)
    assert left == (FOLDER,)
    assert answers == {**dict.fromkeys((*LINKS, *FILES, SAME), OVERWRITE), FOLDER: SKIP}


def test_the_next_one_without_answer_comes_round() -> None:
    plan_now = made()
    answers = dict.fromkeys((*LINKS[1:], *FILES, SAME), SKIP)
    assert mapping_answers.open_ones(plan_now, answers) == (LINKS[0], FOLDER)
    assert mapping_answers.next_open(plan_now, answers, LINKS[1]) == FOLDER
    assert mapping_answers.next_open(plan_now, answers, FOLDER) == LINKS[0]
    assert mapping_answers.next_open(plan_now, {**answers, LINKS[0]: SKIP, FOLDER: SKIP}, FOLDER) is None


def test_what_applying_would_do_in_numbers() -> None:
    answers = {
        LINKS[0]: OVERWRITE,
        LINKS[1]: OTHER_NAME,
        FILES[0]: OVERWRITE,
        FILES[1]: RENAME,
        SAME: OVERWRITE,
        FOLDER: OVERWRITE,  # not offered: counts as skip
        target("i"): SKIP,  # a new link that is left out
    }
    does = mapping_answers.counts(made(), answers)
    size = 1000 + len("weights of f")
    assert does == ApplyCounts(make=2, repoint=1, replace=2, rename=1, skip=3, trash_bytes=size)
    assert does.changes == 6


def test_removals_and_what_only_the_registry_sees_are_counted_apart() -> None:
    tree = tree_of("a", "b", "c")
    for name in "ab":
        tree.link(f"{BASE}/{target(name)}", f"{MODELS}/{source_of(name)}")
    known(tree, "b", target("b"))
    known(tree, "c", target("c"))
    does = mapping_answers.counts(plan(tree, [want(tree, "a")]), {})
    assert does == ApplyCounts(remove=1, forget=1, remember=1)


def test_real_files_that_would_go_into_the_trash_are_listed_those_kept_elsewhere_first() -> None:
    answers = dict.fromkeys((*LINKS, *FILES, SAME), OVERWRITE)
    assert mapping_answers.displaced(made(), answers) == (
        Displaced(SAME, len("weights of f"), True),
        Displaced(FILES[0], 1000, False),
        Displaced(FILES[1], 2000, False),
    )
    assert mapping_answers.displaced(made(), {**answers, FILES[0]: RENAME, SAME: SKIP}) == (
        Displaced(FILES[1], 2000, False),
    )


def test_of_two_models_skip_is_for_the_one_that_does_not_get_the_name() -> None:
    tree = tree_of("a", "b")
    two = plan(tree, [want(tree, name, "loras/x.gguf") for name in "ab"])
    answers = {"loras/x.gguf": SKIP}
    assert mapping_answers.counts(two, answers) == ApplyCounts(make=1, skip=1)
    assert len(sim.apply(tree, two, answers)) == 1


def test_the_counts_are_what_apply_does() -> None:
    tree = twelve()
    now = plan_of(tree)
    answers = dict.fromkeys((*LINKS, *FILES, SAME), OVERWRITE)
    does = mapping_answers.counts(now, answers)
    sim.apply(tree, now, answers)
    after = plan_of(tree)
    assert after.count(Act.KEEP) == does.make + does.repoint + does.replace
    assert does.skip == after.count(Act.CONFLICT) == 1
    assert replace(does, make=0).changes == 6
