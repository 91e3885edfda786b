"""Whatever stands in an app and a registry: a plan settles it, touches only what is ours, can be undone."""

import posixpath
from dataclasses import dataclass, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from pumas_tui.core.domain.links import Link, LinkKind, Origin
from pumas_tui.core.domain.mapped import WantedLink
from pumas_tui.core.domain.operations import StepKind, StepState
from pumas_tui.core.domain.plan import Act, Answer, Plan, Resolution
from tests.support import simulated_tree as sim
from tests.support.simulated_tree import BASE, MODELS, TRASH, Tree, plan, source_of, uid, want

NAMES = ("a", "b", "c", "d")
FOLDERS = ("loras", "checkpoints")
FILES = ("x.gguf", "X.gguf", "y.gguf", "sub/x.gguf", "sub/z.gguf")
TARGETS = tuple(f"{folder}/{file}" for folder in FOLDERS for file in FILES)
OUTSIDE = ("/srv/x.gguf", "/srv/deep/y.gguf", "/srv/z.safetensors")
ROOTS: tuple[tuple[tuple[str, str], ...], ...] = (
    (),
    (("loras", "/srv"),),
    (("loras", f"{MODELS}/lora/sdxl/a"), ("checkpoints", "/srv")),
    (("loras", f"{BASE}/checkpoints"), ("checkpoints", "/srv/deep"), ("loras", "/nowhere")),
    (("checkpoints", "/"),),
)
THINGS = ("relative", "absolute", "hard", "dead", "foreign", "file", "same", "folder")

RULES = st.sampled_from([("one",), ("one", "two")])
"""Rules give a model one link in a folder; the same one may come from two of them."""

relaxed = settings(max_examples=50, deadline=None)


@dataclass
class State:
    """A tree, and what the rules want of its models; sources are looked up when it is planned."""

    tree: Tree
    wanted: list[tuple[str, str, str]]  # model, target, rule

    def wants(self) -> list[WantedLink]:
        return [want(self.tree, name, target, rule=rule) for name, target, rule in self.wanted]

    def plan(self) -> Plan:
        return plan(self.tree, self.wants())


def put(tree: Tree, target: str, thing: str, name: str) -> LinkKind | None:
    """Put a thing at a target; the kind of link it is to a model's file."""
    return put_at(tree, f"{BASE}/{target}", thing, name)


def put_at(tree: Tree, path: str, thing: str, name: str) -> LinkKind | None:
    """Put a thing anywhere; the kind of link it is to a model's file."""
    source = f"{MODELS}/{source_of(name)}"
    node = tree.at(source)
    match thing:
        case "relative":
            tree.link(path, posixpath.relpath(source, posixpath.dirname(path)))
            return LinkKind.RELATIVE
        case "absolute":
            tree.link(path, source)
            return LinkKind.ABSOLUTE
        case "hard" if node is not None:
            tree.folder(posixpath.dirname(path))
            tree.nodes[path] = node
            return LinkKind.HARD
        case "dead":
            tree.link(path, "../nowhere")
        case "foreign":
            tree.link(path, "/home/me/file")
        case "same" if node is not None:
            tree.file(path, node.content)
        case "folder":
            tree.file(f"{path}/inner", "mine")
        case _:
            tree.file(path, "mine")
    return None


@st.composite
def states(draw: st.DrawFn) -> State:
    """A library with some of its files gone, an app with things in it, a registry that may be wrong."""
    tree = Tree(ignores_case=draw(st.booleans()), symlinks=draw(st.booleans()), has_trash=draw(st.booleans()))
    for folder in (TRASH, MODELS, BASE):
        tree.folder(folder)
    tree.file("/home/me/file", "not a model")
    for folder in draw(st.sets(st.sampled_from(FOLDERS))):
        tree.folder(f"{BASE}/{folder}")
    for name in draw(st.sets(st.sampled_from(NAMES), min_size=1)):
        tree.file(f"{MODELS}/{source_of(name)}", f"weights of {name}")
    targets, names = st.sampled_from(TARGETS), st.sampled_from(NAMES)
    outside = st.sampled_from(OUTSIDE)
    cells = st.tuples(targets, st.sampled_from(THINGS), names, st.booleans())
    for target, thing, name, is_known in draw(st.lists(cells, max_size=6)):
        if tree.at(f"{BASE}/{target}") is None:
            kind = put(tree, target, thing, name) or LinkKind.RELATIVE
            if is_known:
                know(tree, target, draw(st.sampled_from([name, *NAMES])), kind, draw(st.booleans()))
    for target in draw(st.sets(targets, max_size=2)):
        know(tree, target, draw(names), LinkKind.RELATIVE, False)
    tree.extra = draw(st.sampled_from(ROOTS))
    for path, thing, name in draw(st.lists(st.tuples(outside, st.sampled_from(THINGS), names), max_size=3)):
        if tree.extra and tree.at(path) is None:
            put_at(tree, path, thing, name)
    once = st.lists(st.tuples(names, targets), max_size=6, unique_by=lambda pair: (pair[0], pair[1][:4]))
    wanted = [(name, target, rule) for name, target in draw(once) for rule in draw(RULES)]
    return State(tree, wanted)


def know(tree: Tree, target: str, name: str, kind: LinkKind, is_adopted: bool) -> None:
    """The registry has a row; one for what is one target."""
    if target not in tree.rows and not (tree.ignores_case and target.lower() in map(str.lower, tree.rows)):
        origin: Origin = "adopted" if is_adopted else "rule"
        tree.rows[target] = Link(sim.APP.uid, target, uid(name), source_of(name), kind, origin, "one")


def users(tree: Tree) -> dict[str, str]:
    """What is not a link that was made here, by path: all that nobody may touch unasked."""
    ours = set()
    for row in tree.links():
        node = tree.at(f"{BASE}/{row.target}")
        source = f"{MODELS}/{row.source}"
        if node is None:
            continue
        path = tree.spelled(f"{BASE}/{row.target}")
        leads_to = posixpath.normpath(posixpath.join(posixpath.dirname(path), node.text))
        is_symbolic = node.kind == "link" and row.kind is not LinkKind.HARD and leads_to == source
        is_hard = row.kind is LinkKind.HARD and row.origin == "rule" and tree.at(source) == node
        if is_symbolic or is_hard:
            ours.add(path)
    return {path: node.fingerprint for path, node in tree.nodes.items() if path not in ours}


@given(states())
@relaxed
def test_after_a_plan_is_applied_there_is_nothing_to_plan(state: State) -> None:
    first = state.plan()
    sim.apply(state.tree, first)
    again = state.plan()
    assert not again.changes, again.of(*(act for act in Act if act is not Act.KEEP))
    assert {a.target for a in again.of(Act.CONFLICT)} <= {a.target for a in first.of(Act.CONFLICT)}
    shape, rows = state.tree.shape(), dict(state.tree.rows)
    assert sim.apply(state.tree, again) == []
    assert (state.tree.shape(), state.tree.rows) == (shape, rows)


@given(states())
@relaxed
def test_a_plan_applied_twice_changes_nothing_more(state: State) -> None:
    made = state.plan()
    sim.apply(state.tree, made)
    shape = state.tree.shape()
    sim.apply(state.tree, made)
    assert state.tree.shape() == shape


@given(states())
@relaxed
def test_without_answers_nothing_of_the_users_is_touched(state: State) -> None:
    before = users(state.tree)
    sim.apply(state.tree, state.plan())
    after = {path: node.fingerprint for path, node in state.tree.nodes.items()}
    assert before.items() <= after.items()


answers = st.sampled_from([Answer(resolution) for resolution in Resolution])


@given(states(), st.lists(answers, min_size=6, max_size=6))
@relaxed
def test_with_any_answers_undo_restores_the_tree_and_redo_does_it_again(
    state: State, chosen: list[Answer]
) -> None:
    before = state.tree.shape()
    made = state.plan()
    done = sim.apply(state.tree, made, answered(made, chosen))
    after = state.tree.shape()
    assert all(step.state is StepState.DONE for step in done), done
    undone = sim.undo(state.tree, done)
    assert all(step.state is StepState.DONE for step in undone), undone
    assert state.tree.shape() == before
    sim.undo(state.tree, undone)
    assert state.tree.shape() == after


@given(states(), st.lists(answers, min_size=6, max_size=6))
@relaxed
def test_answers_settle_their_conflicts_and_make_no_new_ones(state: State, chosen: list[Answer]) -> None:
    first = state.plan()
    given_answers = answered(first, chosen)
    sim.apply(state.tree, first, given_answers)
    again = state.plan()
    assert not again.changes, again.of(*(act for act in Act if act is not Act.KEEP))
    left = {(a.target, a.model_uid) for a in again.of(Act.CONFLICT)}
    assert left <= {(a.target, a.model_uid) for a in first.of(Act.CONFLICT)}


@given(states(), st.lists(answers, min_size=6, max_size=6))
@relaxed
def test_every_step_is_in_the_folders_of_the_app(state: State, chosen: list[Answer]) -> None:
    made = state.plan()
    steps = sim.apply(state.tree, made, answered(made, chosen))
    for step in steps:
        assert is_in_folders(step.target), step
        if step.kind == StepKind.MOVE:
            assert is_in_folders(step.detail["to"]) or step.detail["to"].startswith(f"{TRASH}/")


@given(states(), st.sets(st.sampled_from(NAMES), min_size=1, max_size=2))
@relaxed
def test_a_plan_for_some_models_leaves_those_of_others(state: State, names: set[str]) -> None:
    uids = {uid(name) for name in names}
    made = plan(state.tree, [one for one in state.wants() if one.model_uid in uids], uids)
    assert {a.model_uid for a in made.actions} <= uids
    assert made.count(Act.REMOVE_STALE) + made.count(Act.REMOVE_BROKEN) == 0
    before = {path: node.fingerprint for path, node in state.tree.nodes.items()}
    rows = [row for row in state.tree.links() if row.model_uid in uids]
    theirs = {state.tree.spelled(f"{BASE}/{row.target}") for row in rows}
    sim.apply(state.tree, made)
    after = {path: node.fingerprint for path, node in state.tree.nodes.items()}
    assert {path for path, what in before.items() if after.get(path) != what} <= theirs


@given(states())
@relaxed
def test_what_an_extra_root_shows_gets_no_second_link_and_keeps_the_one_it_has(state: State) -> None:
    without = replace(state, tree=replace(state.tree, extra=())).plan()
    made = state.plan()
    told = {(a.target, a.model_uid) for a in made.of(Act.REFUSE) if a.code == "extra_root"}
    linked = {(a.target, a.model_uid) for a in made.of(Act.CREATE, Act.CONFLICT)}
    assert not told & linked
    assert made.of(Act.KEEP) == without.of(Act.KEEP)
    ours = (Act.REPLACE_OURS, Act.REMOVE_BROKEN, Act.REMOVE_STALE)
    assert {a.target for a in without.of(Act.REPLACE_OURS)} <= {a.target for a in made.of(*ours)}


def answered(made: Plan, chosen: list[Answer]) -> dict[str, Answer]:
    """Some answer for each conflict."""
    return {action.target: chosen[n % len(chosen)] for n, action in enumerate(made.of(Act.CONFLICT))}


def is_in_folders(path: str) -> bool:
    """A path is a target folder of the app, or below one."""
    return any(path == f"{BASE}/{folder}" or path.startswith(f"{BASE}/{folder}/") for folder in FOLDERS)
