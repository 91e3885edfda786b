"""What is in the way of a link, how it may be answered, and which names are offered."""

import pytest

from pumas_tui.core.domain import planner
from pumas_tui.core.domain.ids import ModelId
from pumas_tui.core.domain.mapped import ConflictPolicy
from pumas_tui.core.domain.plan import Act, Answer, Conflict, ConflictKind, Plan, Resolution
from tests.domain.test_planner import TARGET, only, tree_of
from tests.support import simulated_tree as sim
from tests.support.simulated_tree import BASE, MODELS, Tree, plan, source_of, uid, want

PATH = f"{BASE}/{TARGET}"
SKIP, OVERWRITE = Resolution.SKIP, Resolution.OVERWRITE
RENAME, OTHER_NAME = Resolution.RENAME, Resolution.OTHER_NAME


def conflict_of(made: Plan) -> Conflict:
    """The conflict of a plan's first action."""
    conflict = made.actions[0].conflict
    assert conflict is not None, made.actions
    return conflict


def put(tree: Tree, what: ConflictKind) -> None:
    """Put something of the user's at TARGET."""
    match what:
        case ConflictKind.OTHER_LINK:
            tree.file("/home/me/other.safetensors", "other")
            tree.link(PATH, "/home/me/other.safetensors")
        case ConflictKind.DEAD_LINK:
            tree.link(PATH, "../gone")
        case ConflictKind.SAME_FILE:
            tree.file(PATH, "weights of a")
        case ConflictKind.OTHER_FILE:
            tree.file(PATH, "something else")
        case ConflictKind.FOLDER:
            for number in range(12):
                tree.file(f"{PATH}/{number}")


@pytest.mark.parametrize(
    ("kind", "suggested", "allowed"),
    [
        (ConflictKind.OTHER_LINK, OVERWRITE, {SKIP, OVERWRITE, RENAME, OTHER_NAME}),
        (ConflictKind.DEAD_LINK, OVERWRITE, {SKIP, OVERWRITE, RENAME, OTHER_NAME}),
        (ConflictKind.SAME_FILE, OVERWRITE, {SKIP, OVERWRITE, RENAME, OTHER_NAME}),
        (ConflictKind.OTHER_FILE, SKIP, {SKIP, OVERWRITE, RENAME, OTHER_NAME}),
        (ConflictKind.FOLDER, SKIP, {SKIP}),
    ],
)
def test_each_kind_has_its_suggestion_and_answers(
    kind: ConflictKind, suggested: Resolution, allowed: set[Resolution]
) -> None:
    tree = tree_of("a")
    put(tree, kind)
    before = tree.shape()
    made = plan(tree, [want(tree, "a")])
    conflict = conflict_of(made)
    assert (conflict.kind, conflict.suggested, set(conflict.allowed)) == (kind, suggested, allowed)
    node = tree.at(PATH)
    assert node is not None
    assert only(made).before == conflict.there.fingerprint == node.fingerprint
    assert not made.changes and not sim.apply(tree, made)
    assert tree.shape().items() >= before.items()


def test_what_is_there_is_told_with_what_it_leads_to() -> None:
    tree = tree_of("a")
    put(tree, ConflictKind.OTHER_LINK)
    there = conflict_of(plan(tree, [want(tree, "a")])).there
    assert there.leads_to == there.link_text == "/home/me/other.safetensors"
    put(tree, ConflictKind.DEAD_LINK)
    there = conflict_of(plan(tree, [want(tree, "a")])).there
    assert (there.link_text, there.leads_to) == ("../gone", f"{BASE}/gone")


def test_a_folder_says_why_it_cannot_be_overwritten() -> None:
    tree = tree_of("a")
    put(tree, ConflictKind.FOLDER)
    assert conflict_of(plan(tree, [want(tree, "a")])).why_not[OVERWRITE] == "a folder with 12 files"


def test_without_a_place_to_keep_it_nothing_is_overwritten() -> None:
    tree = tree_of("a")
    tree.has_trash = False
    put(tree, ConflictKind.SAME_FILE)
    conflict = conflict_of(plan(tree, [want(tree, "a")]))
    assert OVERWRITE not in conflict.allowed and conflict.suggested is SKIP
    assert "no place" in conflict.why_not[OVERWRITE]


@pytest.mark.parametrize(
    ("policy", "answers"),
    [
        (ConflictPolicy.ASK, {}),
        (ConflictPolicy.SKIP, {TARGET: Answer(SKIP)}),
        (ConflictPolicy.OVERWRITE, {TARGET: Answer(OVERWRITE)}),
        (ConflictPolicy.RENAME, {TARGET: Answer(RENAME)}),
    ],
)
def test_a_rule_may_answer_its_conflicts(policy: ConflictPolicy, answers: dict[str, Answer]) -> None:
    tree = tree_of("a")
    put(tree, ConflictKind.OTHER_FILE)
    made = plan(tree, [want(tree, "a", conflict=policy)])
    assert planner.default_answers(made) == answers
    assert ("the rule says" in only(made).reason) is bool(answers)


def test_a_rule_cannot_answer_what_is_not_allowed() -> None:
    tree = tree_of("a")
    put(tree, ConflictKind.FOLDER)
    assert planner.default_answers(plan(tree, [want(tree, "a", conflict=ConflictPolicy.OVERWRITE)])) == {}


def test_of_two_models_that_want_one_name_the_first_gets_it() -> None:
    tree = tree_of("a", "b", "c")
    made = plan(tree, [want(tree, name, "loras/x.safetensors") for name in "abc"])
    assert [(a.act, a.model_uid) for a in made.actions] == [
        (Act.CONFLICT, uid("b")),
        (Act.CONFLICT, uid("c")),
        (Act.CREATE, uid("a")),
    ]
    one, two = made.actions[0].conflict, made.actions[1].conflict
    assert one is not None and two is not None
    assert (one.kind, one.suggested, one.allowed) == (ConflictKind.TWO_MODELS, OTHER_NAME, (SKIP, OTHER_NAME))
    assert one.there.leads_to == f"{MODELS}/{source_of('a')}"
    assert one.free_name == "x-sdxl.safetensors"
    assert two.free_name == "x-weig.safetensors"  # the family's name is given: digits of its hash
    assert "lora/sdxl/a" in made.actions[0].words


@pytest.mark.parametrize(
    ("name", "family", "is_folder", "free"),
    [
        ("x.safetensors", "flux", False, "x-flux.safetensors"),
        ("x.safetensors", "unknown", False, "x-weig.safetensors"),
        ("x-00001-of-00005.gguf", "flux", False, "x-flux-00001-of-00005.gguf"),
        ("flux.1-dev", "flux", True, "flux.1-dev-flux"),
        ("x" * 243 + ".safetensors", "flux", False, "x" * 238 + "-flux.safetensors"),
    ],
)
def test_free_names(name: str, family: str, is_folder: bool, free: str) -> None:
    tree = tree_of("a", "b")
    target = f"loras/{name}"
    second = want(tree, "b", target, is_folder=is_folder, model_id=ModelId(f"lora/{family}/b"))
    conflict = conflict_of(plan(tree, [want(tree, "a", target, is_folder=is_folder), second]))
    assert conflict.free_name == free
    assert len(conflict.free_name.encode()) <= 255


def test_names_that_are_there_are_not_offered() -> None:
    tree = tree_of("a")
    put(tree, ConflictKind.OTHER_FILE)
    tree.file(f"{PATH}.old")
    tree.file(f"{BASE}/loras/a-sdxl.safetensors")
    conflict = conflict_of(plan(tree, [want(tree, "a")]))
    assert (conflict.old_name, conflict.free_name) == ("a.safetensors.old2", "a-weig.safetensors")


def test_a_name_that_is_too_long_for_an_ending_is_not_renamed() -> None:
    tree = tree_of("a")
    name = "y" * 242 + ".safetensors"
    tree.file(f"{BASE}/loras/{name}")
    conflict = conflict_of(plan(tree, [want(tree, "a", f"loras/{name}")]))
    assert RENAME not in conflict.allowed and "too long" in conflict.why_not[RENAME]


def test_names_that_differ_in_case_only_never_become_one() -> None:
    tree = tree_of("a", "b")
    tree.ignores_case = True
    wanted = [want(tree, "a", "loras/X.safetensors"), want(tree, "b", "loras/x.safetensors")]
    made = plan(tree, wanted)
    assert [a.act for a in made.actions] == [Act.CONFLICT, Act.CREATE]
    assert conflict_of(made).kind is ConflictKind.CASE
    tree.ignores_case = False
    assert [a.act for a in plan(tree, wanted).actions] == [Act.CREATE, Act.CREATE]


def test_names_that_differ_in_composition_only_never_become_one() -> None:
    tree = tree_of("a", "b")
    tree.ignores_case = True
    made = plan(tree, [want(tree, "a", "loras/é.gguf"), want(tree, "b", "loras/e\u0301.gguf")])
    assert [a.act for a in made.actions] == [Act.CONFLICT, Act.CREATE]


def test_a_file_of_the_user_in_another_case_is_a_clash() -> None:
    tree = tree_of("a")
    tree.ignores_case = True
    tree.file(f"{BASE}/loras/A.safetensors", "other")
    conflict = conflict_of(plan(tree, [want(tree, "a")]))
    assert (conflict.kind, conflict.suggested) == (ConflictKind.CASE, OTHER_NAME)
    assert conflict.allowed == (SKIP, OTHER_NAME)


def test_our_own_link_in_another_case_is_right() -> None:
    tree = tree_of("a")
    tree.ignores_case = True
    sim.apply(tree, plan(tree, [want(tree, "a", "loras/A.safetensors")]))
    made = plan(tree, [want(tree, "a")])
    assert (only(made).act, only(made).target, made.changes) == (Act.KEEP, "loras/A.safetensors", False)
