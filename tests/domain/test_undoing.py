"""Undo brings back exactly what was, undo of an undo does it again; and each step in words."""

from dataclasses import replace

import pytest

from pumas_tui.core.domain import undoing
from pumas_tui.core.domain.operations import Step, StepKind, StepState
from pumas_tui.core.domain.plan import Answer, ConflictKind, Resolution
from tests.domain.test_planner import TARGET, known, tree_of
from tests.domain.test_planner_conflicts import put
from tests.support import simulated_tree as sim
from tests.support.simulated_tree import BASE, TRASH, plan, want


@pytest.mark.parametrize("kind", [ConflictKind.OTHER_LINK, ConflictKind.DEAD_LINK, ConflictKind.OTHER_FILE])
@pytest.mark.parametrize("resolution", list(Resolution))
def test_undo_and_redo_of_an_answer(kind: ConflictKind, resolution: Resolution) -> None:
    tree = tree_of("a", "b")
    tree.folder(TRASH)
    del tree.nodes[f"{BASE}/checkpoints"]
    put(tree, kind)
    before = tree.shape(), dict(tree.rows)
    wanted = [want(tree, "a"), want(tree, "b", "checkpoints/new/b.gguf")]
    done = sim.apply(tree, plan(tree, wanted), {TARGET: Answer(resolution)})
    after = tree.shape(), dict(tree.rows)
    assert after != before
    undone = sim.undo(tree, done)
    assert (tree.shape(), tree.rows) == before
    redone = sim.undo(tree, undone)
    assert (tree.shape(), tree.rows) == after
    sim.undo(tree, redone)
    assert (tree.shape(), tree.rows) == before


@pytest.mark.parametrize("symlinks", [True, False])
def test_undo_of_removals_and_of_what_only_the_registry_saw(symlinks: bool) -> None:
    tree = tree_of("a", "b", "c")
    tree.symlinks = symlinks
    tree.folder(TRASH)
    sim.apply(tree, plan(tree, [want(tree, "a"), want(tree, "b")]))
    del tree.nodes[f"{BASE}/loras/b.safetensors"]
    known(tree, "c", "loras/c.safetensors")
    tree.file(f"{BASE}/loras/c.safetensors", "mine")
    before = tree.shape(), dict(tree.rows)
    done = sim.apply(tree, plan(tree, []))
    assert tree.rows == {}
    undone = sim.undo(tree, done)
    assert (tree.shape(), tree.rows) == before
    sim.undo(tree, undone)
    assert tree.rows == {}


def test_a_link_that_was_turned_is_turned_back_with_its_row() -> None:
    tree = tree_of("a")
    tree.folder(TRASH)
    old = "lora/old/a/a.safetensors"
    tree.link(f"{BASE}/{TARGET}", f"../../../../lib/models/{old}")
    known(tree, "a", TARGET)
    tree.rows[TARGET] = replace(tree.rows[TARGET], source=old)
    before = tree.shape(), dict(tree.rows)
    done = sim.apply(tree, plan(tree, [want(tree, "a")]))
    assert tree.rows[TARGET].source != old
    sim.undo(tree, done)
    assert (tree.shape(), tree.rows) == before


def test_only_what_was_done_is_taken_back_and_a_file_that_came_since_stays() -> None:
    tree = tree_of("a", "b")
    tree.folder(TRASH)
    made = plan(tree, [want(tree, "a"), want(tree, "b")])
    mine = tree.file(f"{BASE}/loras/b.safetensors", "mine")
    done = sim.apply(tree, made)
    assert [step.state for step in done] == [StepState.DONE, StepState.SKIPPED]
    assert [step.target for step in undoing.inverse(done)] == [f"{BASE}/{TARGET}"]
    del tree.nodes[f"{BASE}/{TARGET}"]
    tree.file(f"{BASE}/{TARGET}", "newer")
    assert [step.state for step in sim.undo(tree, done)] == [StepState.SKIPPED]
    assert tree.at(f"{BASE}/loras/b.safetensors") == mine


def test_inverse_steps_are_numbered_from_one_and_wait_to_be_done() -> None:
    tree = tree_of("a", "b")
    done = sim.apply(tree, plan(tree, [want(tree, "a"), want(tree, "b")]))
    inverse = undoing.inverse(done)
    assert [(s.n, s.state) for s in inverse] == [(1, StepState.PLANNED), (2, StepState.PLANNED)]
    assert inverse[0].target == done[1].target


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (Step(1, StepKind.LINK, "/x", "link:../a", "absent"), "makes the link to ../a"),
        (Step(1, StepKind.LINK, "/x", "link:../a", "link:../b"), "points the link to ../a"),
        (Step(1, StepKind.HARD_LINK, "/x", "file:1:0:2", "absent"), "makes the hard link"),
        (Step(1, StepKind.UNLINK, "/x", "absent", "link:../a"), "removes the link"),
        (Step(1, StepKind.MAKE_DIR, "/x", "dir:0", "absent"), "makes the folder"),
        (Step(1, StepKind.REMOVE_DIR, "/x", "absent", "dir:0"), "removes the folder, if it is empty"),
        (
            Step(1, StepKind.MOVE, "/t/1-x", "absent", "file:1:0:2", detail={"to": "/x", "why": "restore"}),
            "brings it back to /x",
        ),
        (
            Step(1, StepKind.MOVE, "/x", "absent", "file:1:0:2", detail={"to": "/t/1-x", "why": "trash"}),
            "puts it into the trash",
        ),
        (
            Step(1, StepKind.MOVE, "/x", "absent", "file:1:0:2", detail={"to": "/x.old", "why": "rename"}),
            "renames it to x.old",
        ),
        (
            Step(1, StepKind.FORGET_ROW, "/x", "absent", "absent"),
            "forgets the link, leaves what is there",
        ),
        (Step(1, StepKind.EDIT, "/x", "content:0", "content:1"), "changes the file"),
    ],
)
def test_steps_in_words(step: Step, words: str) -> None:
    assert undoing.describe(step) == words
