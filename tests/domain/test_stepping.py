"""A plan and its answers as steps: each answer does exactly what it says, and nothing outside the folders."""

from dataclasses import replace

import pytest

from pumas_tui.core.domain import fingerprints, planner, stepping
from pumas_tui.core.domain.links import LinkKind
from pumas_tui.core.domain.mapped import Wants
from pumas_tui.core.domain.operations import Step, StepKind, StepState
from pumas_tui.core.domain.plan import Act, Answer, ConflictKind, Plan, Resolution
from tests.domain.test_planner import TARGET, TEXT, known, only, tree_of
from tests.domain.test_planner_conflicts import put
from tests.support import simulated_tree as sim
from tests.support.simulated_tree import BASE, MODELS, TRASH, Tree, plan, source_of, uid, want

PATH = f"{BASE}/{TARGET}"


def steps_of(
    tree: Tree, made: Plan, answers: dict[str, Answer] | None = None
) -> tuple[stepping.PlannedSteps, ...]:
    """The steps of a plan on a tree, without doing them."""
    places = stepping.Places(tree.facts(), dict.fromkeys(tree.folders, TRASH))
    return stepping.steps_of(made, answers or {}, places)


def kinds(steps: tuple[Step, ...]) -> list[str]:
    return [str(step.kind) for step in steps]


def test_missing_folders_are_made_once_outermost_first() -> None:
    tree = tree_of("a", "b")
    del tree.nodes[f"{BASE}/loras"]
    wanted = [want(tree, "a", "loras/x/y/a.gguf"), want(tree, "b", "loras/x/b.gguf")]
    planned = steps_of(tree, plan(tree, wanted))
    steps = [step for one in planned for step in one.steps]
    assert [(s.n, str(s.kind), s.target[len(BASE) + 1 :]) for s in steps] == [
        (1, "make_dir", "loras"),
        (2, "make_dir", "loras/x"),
        (3, "link", "loras/x/b.gguf"),
        (4, "make_dir", "loras/x/y"),
        (5, "link", "loras/x/y/a.gguf"),
    ]
    assert all(s.state is StepState.DONE for s in tree.perform(steps))


def test_all_the_missing_folders_above_a_target_folder_are_made() -> None:
    tree = tree_of("a")
    facts = tree.facts()
    folder = replace(facts.folders["loras"], folder="pub/name", real=f"{BASE}/pub/name", recorded=None)
    folder = replace(folder, exists=False, missing=(f"{BASE}/pub", f"{BASE}/pub/name"))
    there = replace(facts, folders={"pub/name": folder})
    wanted = want(tree, "a", "pub/name/a.gguf", folder="pub/name")
    made = planner.make(sim.HEADER, Wants((wanted,), ()), there, [])
    (planned,) = stepping.steps_of(made, {}, stepping.Places(there, {}))
    assert [step.target for step in planned.steps[:2]] == list(folder.missing)


def test_a_hard_link_is_known_by_the_inode_of_its_source() -> None:
    tree = replace(tree_of("a"), symlinks=False)
    (planned,) = steps_of(tree, plan(tree, [want(tree, "a")]))
    (step,) = planned.steps
    node = tree.nodes[f"{MODELS}/{source_of('a')}"]
    assert (step.kind, step.detail["source"]) == (StepKind.HARD_LINK, f"{MODELS}/{source_of('a')}")
    assert fingerprints.same_file(step.want, node.fingerprint)


def test_our_old_link_is_replaced_at_once_and_both_rows_are_kept() -> None:
    tree = tree_of("a")
    old = "../../../../lib/models/lora/old/a/a.safetensors"
    tree.link(PATH, old)
    known(tree, "a", TARGET)
    tree.rows[TARGET] = replace(tree.rows[TARGET], source="lora/old/a/a.safetensors")
    (planned,) = steps_of(tree, plan(tree, [want(tree, "a")]))
    (step,) = planned.steps
    assert (step.kind, step.before, step.want) == (StepKind.LINK, f"link:{old}", f"link:{TEXT}")
    assert step.detail["row"]["source"] == source_of("a")
    assert step.detail["was"]["source"] == "lora/old/a/a.safetensors"


def test_a_hard_link_in_place_of_a_symbolic_one_comes_after_it_went() -> None:
    tree = replace(tree_of("a"), symlinks=False)
    tree.link(PATH, "../../../../lib/models/lora/old/a/a.safetensors")
    known(tree, "a", TARGET)
    tree.rows[TARGET] = replace(tree.rows[TARGET], source="lora/old/a/a.safetensors")
    (planned,) = steps_of(tree, plan(tree, [want(tree, "a")]))
    assert kinds(planned.steps) == ["unlink", "hard_link"]
    tree.perform(planned.steps)
    assert tree.rows[TARGET].kind is LinkKind.HARD


@pytest.mark.parametrize("kind", [k for k in ConflictKind if k.value not in ("folder", "two_models", "case")])
def test_each_answer_does_what_it_says(kind: ConflictKind) -> None:
    for resolution in Resolution:
        tree = tree_of("a")
        put(tree, kind)
        there = tree.at(PATH)
        steps = sim.apply(tree, plan(tree, [want(tree, "a")]), {TARGET: Answer(resolution)})
        assert all(step.state is StepState.DONE for step in steps)
        link = tree.at(PATH)
        match resolution:
            case Resolution.SKIP:
                assert (link, steps) == (there, [])
            case Resolution.OVERWRITE:
                assert link is not None and link.text == TEXT
                assert tree.at(f"{TRASH}/1-a.safetensors") == there
                assert steps[0].detail["why"] == "trash"
            case Resolution.RENAME:
                assert link is not None and link.text == TEXT
                assert tree.at(f"{PATH}.old") == there
            case Resolution.OTHER_NAME:
                assert link == there
                other = tree.at(f"{BASE}/loras/a-sdxl.safetensors")
                assert other is not None and other.text == TEXT
                assert "loras/a-sdxl.safetensors" in tree.rows


def test_files_of_one_name_do_not_meet_in_the_trash() -> None:
    tree = tree_of("a", "b")
    for folder in tree.folders:
        tree.file(f"{BASE}/{folder}/x.gguf", folder)
    wanted = [want(tree, "a", "loras/x.gguf"), want(tree, "b", "checkpoints/x.gguf")]
    answers = {w.target: Answer(Resolution.OVERWRITE) for w in wanted}
    sim.apply(tree, plan(tree, wanted), answers)
    assert {path: node.content for path, node in tree.nodes.items() if path.startswith(TRASH + "/")} == {
        f"{TRASH}/1-x.gguf": "checkpoints",
        f"{TRASH}/3-x.gguf": "loras",
    }


def test_a_conflict_without_answer_or_with_one_that_is_not_offered_is_skipped_with_the_reason() -> None:
    tree = tree_of("a")
    put(tree, ConflictKind.FOLDER)
    made = plan(tree, [want(tree, "a")])
    assert [(p.state, p.message) for p in steps_of(tree, made)] == [("skipped", "no answer")]
    (planned,) = steps_of(tree, made, {TARGET: Answer(Resolution.OVERWRITE)})
    assert (planned.steps, planned.message) == ((), "overwrite cannot be done: a folder with 12 files")


@pytest.mark.parametrize("name", ["../evil", "sub/x", "..", ".", "a\0b", "n" * 256, "b.safetensors"])
def test_another_name_is_one_free_part(name: str) -> None:
    tree = tree_of("a", "b")
    put(tree, ConflictKind.OTHER_FILE)
    made = plan(tree, [want(tree, "a"), want(tree, "b")])
    planned = steps_of(tree, made, {TARGET: Answer(Resolution.OTHER_NAME, name)})
    assert (planned[0].state, planned[0].steps) == ("skipped", ())


def test_two_links_never_get_one_name_by_their_answers() -> None:
    tree = tree_of("a", "b", "c")
    made = plan(tree, [want(tree, name, "loras/x.gguf") for name in "abc"])
    planned = steps_of(tree, made, {"loras/x.gguf": Answer(Resolution.OTHER_NAME, "y.gguf")})
    assert [p.state for p in planned] == ["planned", "skipped", "planned"]
    planned = steps_of(tree, made, {"loras/x.gguf": Answer(Resolution.OTHER_NAME)})
    assert [p.steps[0].target.rpartition("/")[2] for p in planned] == ["x-sdxl.gguf", "x-weig.gguf", "x.gguf"]


def test_what_is_no_conflict_may_be_left_out_and_takes_no_other_answer() -> None:
    tree = tree_of("a")
    made = plan(tree, [want(tree, "a")])
    assert steps_of(tree, made, {TARGET: Answer(Resolution.SKIP)})[0].state == "skipped"
    assert kinds(steps_of(tree, made, {TARGET: Answer(Resolution.OVERWRITE)})[0].steps) == ["link"]


def test_a_plan_for_a_library_or_folder_that_moved_does_nothing() -> None:
    tree = tree_of("a")
    made = plan(tree, [want(tree, "a")])
    facts = tree.facts()
    folder = replace(facts.folders["loras"], real="/disk2/loras")
    for now in (replace(facts, models_dir="/mnt/models"), replace(facts, folders={"loras": folder})):
        (planned,) = stepping.steps_of(made, {}, stepping.Places(now, {}))
        assert (planned.steps, planned.state) == ((), "skipped")
        assert "plan again" in planned.message


def test_a_forged_plan_cannot_remove_what_is_not_a_link_into_the_library() -> None:
    tree = tree_of("a")
    tree.link(PATH, "/home/me/mine")
    known(tree, "a", TARGET)
    row = tree.rows[TARGET]
    forged = replace(
        only(plan(tree, [])), act=Act.REMOVE_STALE, only_row=False, before="link:/home/me/mine", known=row
    )
    (planned,) = steps_of(tree, Plan(sim.HEADER, (forged,)))
    assert (planned.steps, planned.state) == ((), "skipped")


def test_a_target_that_changed_since_the_plan_is_left_alone() -> None:
    tree = tree_of("a")
    made = plan(tree, [want(tree, "a")])
    mine = tree.file(PATH, "mine")
    steps = sim.apply(tree, made)
    assert [step.state for step in steps] == [StepState.SKIPPED]
    assert tree.at(PATH) == mine and uid("a") not in {row.model_uid for row in tree.links()}


def test_another_name_leaves_the_row_of_the_model_that_has_the_first_one() -> None:
    tree = tree_of("a", "b")
    sim.apply(tree, plan(tree, [want(tree, "a")]))
    made = plan(tree, [want(tree, "b", TARGET)], [uid("b")])
    sim.apply(tree, made, {TARGET: Answer(Resolution.OTHER_NAME)})
    assert {target: row.model_uid for target, row in tree.rows.items()} == {
        TARGET: uid("a"),
        "loras/a-sdxl.safetensors": uid("b"),
    }


def test_a_row_that_was_wrong_goes_when_its_link_gets_another_name() -> None:
    tree = tree_of("a")
    put(tree, ConflictKind.OTHER_FILE)
    known(tree, "a", TARGET)
    sim.apply(tree, plan(tree, [want(tree, "a")]), {TARGET: Answer(Resolution.OTHER_NAME)})
    assert list(tree.rows) == ["loras/a-sdxl.safetensors"]
    assert not plan(tree, [want(tree, "a")]).changes


def test_nothing_is_removed_in_a_folder_that_leads_elsewhere_by_now() -> None:
    tree = tree_of("a")
    sim.apply(tree, plan(tree, [want(tree, "a")]))
    facts = tree.facts()
    folder = replace(facts.folders["loras"], real=f"{BASE}/other")
    now = replace(facts, folders={"loras": folder})
    (planned,) = stepping.steps_of(plan(tree, []), {}, stepping.Places(now, {}))
    assert (planned.steps, planned.state) == ((), "skipped")
    assert "add the app again" in planned.message


def test_a_link_is_taken_away_under_the_name_it_has_on_disk() -> None:
    tree = tree_of("a")
    tree.ignores_case = True
    tree.link(f"{BASE}/loras/A.safetensors", TEXT)
    known(tree, "a", TARGET)
    before = tree.shape()
    tree.folder(TRASH)
    done = sim.apply(tree, plan(tree, []))
    assert tree.at(PATH) is None
    sim.undo(tree, done)
    assert before.items() <= tree.shape().items()
