"""What a plan does at each target, by what stands there and what the registry knows of it."""

from dataclasses import replace

import pytest

from pumas_tui.core.domain import planner
from pumas_tui.core.domain.ids import ModelId
from pumas_tui.core.domain.links import Link, LinkKind, Origin
from pumas_tui.core.domain.mapped import Entry, FolderFacts, LeftOut, Wants
from pumas_tui.core.domain.plan import Act, ConflictKind, Plan, PlannedAction
from tests.support import simulated_tree as sim
from tests.support.simulated_tree import BASE, MODELS, Tree, plan, source_of, uid, want

TARGET = "loras/a.safetensors"
TEXT = "../../../../lib/models/lora/sdxl/a/a.safetensors"
"""The relative text from the real folder of TARGET to the file of model a."""


def tree_of(*models: str) -> Tree:
    """A library with these models, and an app with its two folders."""
    tree = Tree()
    for folder in tree.folders:
        tree.folder(f"{BASE}/{folder}")
    for name in models:
        tree.file(f"{MODELS}/{source_of(name)}", f"weights of {name}")
    return tree


def known(
    tree: Tree, name: str, target: str, *, origin: Origin = "rule", kind: LinkKind = LinkKind.RELATIVE
) -> None:
    """The registry knows a link of a model at a target."""
    tree.rows[target] = Link(sim.APP.uid, target, uid(name), source_of(name), kind, origin, "LoRAs")


def only(made: Plan) -> PlannedAction:
    """The one action of a plan."""
    assert len(made.actions) == 1, made.actions
    return made.actions[0]


def test_a_new_link_is_relative_to_its_real_folder() -> None:
    tree = tree_of("a")
    action = only(plan(tree, [want(tree, "a")]))
    assert (action.act, action.code, action.before) == (Act.CREATE, "new", "absent")
    assert (action.link_kind, action.link_text) == (LinkKind.RELATIVE, TEXT)
    assert (action.rule, action.config) == ("LoRAs", "comfyui_*_default.json")


def test_a_kind_folder_that_is_a_link_gets_texts_from_where_it_really_is() -> None:
    tree = tree_of("a")
    app = replace(sim.APP, kind_folders={"loras": "/disk2/loras"})
    facts = tree.facts()
    folder = replace(facts.folders["loras"], real="/disk2/loras", recorded="/disk2/loras", entries={})
    moved = replace(facts, app=app, folders={"loras": folder})
    made = planner.make(sim.HEADER, Wants((want(tree, "a"),), ()), moved, [])
    assert only(made).link_text == "../../lib/models/lora/sdxl/a/a.safetensors"


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (TARGET, TEXT),
        (TARGET, f"{MODELS}/{source_of('a')}"),
        ("loras/my own/style/x.safetensors", f"{MODELS}/{source_of('a')}"),
        ("loras/x.safetensors", f"{BASE}/loras/.other"),  # over another link
    ],
)
def test_a_link_that_is_right_stays_wherever_it_is_and_is_remembered(place: str, text: str) -> None:
    tree = tree_of("a")
    tree.link(f"{BASE}/{place}", text)
    if text.endswith(".other"):
        tree.link(f"{BASE}/loras/.other", f"{MODELS}/{source_of('a')}")
        place = "loras/.other"  # the first of the two by name
    made = plan(tree, [want(tree, "a")])
    action = only(made)
    assert (action.act, action.target, action.code) == (Act.KEEP, place, "adopted")
    assert action.remembers and made.changes
    sim.apply(tree, made)
    assert tree.rows[place].origin == "adopted"
    again = plan(tree, [want(tree, "a")])
    assert (only(again).code, again.changes) == ("right", False)


def test_a_hard_link_of_the_file_counts_by_its_inode() -> None:
    tree = tree_of("a")
    tree.nodes[f"{BASE}/loras/sub/b.safetensors"] = tree.nodes[f"{MODELS}/{source_of('a')}"]
    tree.folder(f"{BASE}/loras/sub")
    action = only(plan(tree, [want(tree, "a")]))
    assert (action.act, action.link_kind) == (Act.KEEP, LinkKind.HARD)
    assert action.target == "loras/sub/b.safetensors"


def test_the_library_below_an_app_is_not_taken_for_its_links() -> None:
    tree = tree_of("a")
    facts = tree.facts()
    everything = replace(facts.folders["loras"], folder="", real="/", recorded="/")
    entries = {
        path[1:]: entry
        for path, node in tree.nodes.items()
        if node.kind == "file"
        for entry in [replace(_entry(node), target=path[1:])]
    }
    app = replace(sim.APP, base="/", kind_folders={"": "/"})
    below = replace(facts, app=app, folders={"": replace(everything, entries=entries)})
    wanted = replace(want(tree, "a"), folder="", target="a.safetensors")
    assert only(planner.make(sim.HEADER, Wants((wanted,), ()), below, [])).act is Act.CREATE


def _entry(node: sim.Node) -> Entry:
    return Entry("", node.fingerprint, place=(sim.DEV, node.ino))


@pytest.mark.parametrize(
    ("change", "kind", "text"),
    [
        ({}, LinkKind.RELATIVE, TEXT),
        ({"same_file_system": False}, LinkKind.ABSOLUTE, f"{MODELS}/{source_of('a')}"),
        ({"symlinks": False}, LinkKind.HARD, ""),
    ],
)
def test_link_kinds(change: dict[str, bool], kind: LinkKind, text: str) -> None:
    tree = replace(tree_of("a"), **change)  # type: ignore[arg-type]
    made = plan(tree, [want(tree, "a")])
    action = only(made)
    assert (action.act, action.link_kind, action.link_text) == (Act.CREATE, kind, text)
    assert [w.code for w in made.warnings] == (["other_disk"] if kind is LinkKind.ABSOLUTE else [])


def test_the_warning_of_another_disk_names_both_mounts_once() -> None:
    tree = replace(tree_of("a", "b"), same_file_system=False)
    wanted = (want(tree, "a"), want(tree, "b", "checkpoints/b.safetensors"))
    facts = tree.facts()
    folders = {name: replace(folder, mount="/opt") for name, folder in facts.folders.items()}
    elsewhere = replace(facts, folders=folders, models_mount="/data")
    made = planner.make(sim.HEADER, Wants(wanted, ()), elsewhere, [])
    assert len(made.warnings) == 1
    assert "/data and /opt are on different disks" in made.warnings[0].message


@pytest.mark.parametrize("is_folder", [False, True])
def test_where_no_link_works_another_way_is_offered(is_folder: bool) -> None:
    tree = replace(tree_of("a"), symlinks=False, same_file_system=is_folder)
    action = only(plan(tree, [want(tree, "a", is_folder=is_folder)]))
    assert (action.act, action.code) == (Act.REFUSE, "no_link")
    assert "extra_model_paths.yaml" in action.words


def test_our_link_to_an_old_place_is_led_to_the_new_one() -> None:
    tree = tree_of("a")
    tree.link(f"{BASE}/{TARGET}", "../../../../lib/models/lora/old/a/a.safetensors")
    row = Link(sim.APP.uid, TARGET, uid("a"), "lora/old/a/a.safetensors", LinkKind.RELATIVE)
    tree.rows[TARGET] = row
    action = only(plan(tree, [want(tree, "a")], [uid("a")]))
    assert (action.act, action.code, action.link_text, action.known) == (
        Act.REPLACE_OURS,
        "moved",
        TEXT,
        row,
    )


def test_a_link_that_the_user_turned_elsewhere_is_not_ours_any_more() -> None:
    tree = tree_of("a", "b")
    tree.link(f"{BASE}/{TARGET}", f"{MODELS}/{source_of('b')}")
    known(tree, "a", TARGET)
    action = only(plan(tree, [want(tree, "a")]))
    assert action.conflict is not None
    assert action.conflict.kind is ConflictKind.OTHER_LINK


def test_two_rules_that_want_one_link_of_a_model_make_one_action() -> None:
    tree = tree_of("a")
    wanted = [want(tree, "a"), want(tree, "a", rule="all", config="mine.json")]
    assert only(plan(tree, wanted)).rule == "LoRAs"
    inner = want(tree, "a", "loras/sdxl/a.safetensors", rule="inner")
    assert only(plan(tree, [inner, *wanted])).target == "loras/sdxl/a.safetensors"


def test_a_model_that_has_the_name_keeps_it_against_one_that_comes_earlier() -> None:
    tree = tree_of("a", "b")
    wanted = [want(tree, "b", TARGET)]
    sim.apply(tree, plan(tree, wanted))
    made = plan(tree, [want(tree, "a", TARGET), *wanted])
    assert [(a.act, a.model_uid) for a in made.actions] == [(Act.CONFLICT, uid("a")), (Act.KEEP, uid("b"))]
    incremental = only(plan(tree, [want(tree, "a", TARGET)], [uid("a")]))
    assert incremental.conflict is not None
    assert incremental.conflict.kind is ConflictKind.TWO_MODELS


def test_what_could_not_be_looked_at_is_never_taken_for_absent() -> None:
    tree = tree_of("a")
    tree.link(f"{BASE}/{TARGET}", "somewhere")
    facts = tree.facts()
    folder = facts.folders["loras"]
    unknown = {t: replace(e, unknown=True, place=None) for t, e in folder.entries.items()}
    unsure = replace(facts, folders={"loras": replace(folder, entries=unknown)})
    known(tree, "a", TARGET)
    action = only(planner.make(sim.HEADER, Wants((want(tree, "a"),), ()), unsure, []))
    assert (action.act, action.code) == (Act.REFUSE, "unknown")
    removal = only(planner.make(sim.HEADER, Wants((), ()), unsure, tree.links()))
    assert (removal.act, removal.code) == (Act.REFUSE, "unknown")


def test_a_link_elsewhere_that_may_be_the_wanted_one_is_waited_for() -> None:
    tree = tree_of("a")
    tree.link(f"{BASE}/loras/sub/a.safetensors", f"{MODELS}/{source_of('a')}")
    facts = tree.facts()
    folder = facts.folders["loras"]
    entries = {
        t: replace(e, unknown=e.resolved is not None, resolved=None) for t, e in folder.entries.items()
    }
    unsure = replace(facts, folders={"loras": replace(folder, entries=entries)})
    action = only(planner.make(sim.HEADER, Wants((want(tree, "a"),), ()), unsure, []))
    assert (action.act, action.words) == (Act.REFUSE, "could not look at loras/sub/a.safetensors")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"real": "/disk2/loras"}, "bad_config"),
        ({"real": "/disk2/loras", "recorded": None}, "bad_config"),
        ({"real": f"{MODELS}/lora", "recorded": f"{MODELS}/lora"}, "bad_config"),
        ({"problem": "/apps/comfy/models/loras may not be written by this user"}, "folder"),
    ],
)
def test_a_folder_that_cannot_be_used_leaves_all_in_it_alone(change: dict[str, str], code: str) -> None:
    tree = tree_of("a", "b")
    sim.apply(tree, plan(tree, [want(tree, "b")]))
    facts = tree.facts()
    folder = replace(facts.folders["loras"], **change)  # type: ignore[arg-type]
    made = planner.make(
        sim.HEADER, Wants((want(tree, "a"),), ()), replace(facts, folders={"loras": folder}), tree.links()
    )
    assert [(a.act, a.code) for a in made.actions] == [(Act.REFUSE, code)] * 2
    assert not made.changes


@pytest.mark.parametrize(
    "target",
    ["../evil", "loras/../../evil", "/etc/passwd", "loras//x", "loras/./x", "loras", "loras/a\0b", "other/x"],
)
def test_no_target_leaves_the_folder_of_its_rule(target: str) -> None:
    tree = tree_of("a")
    action = only(plan(tree, [want(tree, "a", target, folder="loras")]))
    assert action.act is Act.REFUSE
    assert not sim.apply(tree, plan(tree, [want(tree, "a", target, folder="loras")]))


@pytest.mark.parametrize("source", ["../../etc/passwd", "/etc/passwd", "lora/../../x"])
def test_no_source_leaves_the_library(source: str) -> None:
    tree = tree_of("a")
    assert only(plan(tree, [want(tree, "a", source=source)])).act is Act.REFUSE


def test_a_folder_on_the_way_that_is_a_link_is_not_walked_through() -> None:
    tree = tree_of("a")
    tree.link(f"{BASE}/loras/sdxl", "/home/me/loras")
    action = only(plan(tree, [want(tree, "a", "loras/sdxl/a.safetensors")]))
    assert (action.act, action.code) == (Act.REFUSE, "blocked")


def test_a_link_is_not_made_into_another_link_nor_over_a_folder_of_the_app() -> None:
    tree = tree_of("a", "b")
    folder = want(tree, "a", "loras/set", is_folder=True)
    inner = want(tree, "b", "loras/set/b.safetensors")
    for wanted in ([folder, inner], [inner, folder]):
        made = plan(tree, wanted)
        assert [a.act for a in made.actions] == [Act.CREATE, Act.REFUSE]
        assert made.actions[1].code == "blocked"
    del tree.nodes[f"{BASE}/loras"]
    top = replace(tree.facts(), folders={"": FolderFacts("", BASE, recorded=BASE)})
    kind_folder = replace(want(tree, "a", is_folder=True), folder="", target="loras")
    assert only(planner.make(sim.HEADER, Wants((kind_folder,), ()), top, [])).code == "blocked"


def test_a_source_that_is_not_there_gets_no_link() -> None:
    tree = tree_of()
    action = only(plan(tree, [want(tree, "a")]))
    assert (action.act, action.code) == (Act.REFUSE, "missing_source")


def test_models_that_no_rule_takes_are_left_out_with_the_reason() -> None:
    tree = tree_of("a")
    out = LeftOut(
        uid("a"), ModelId("lora/sdxl/a"), "version", "overrides.json allows <0.6", "LoRAs", "x.json"
    )
    made = planner.make(sim.HEADER, Wants((), (out,)), tree.facts(), [])
    action = only(made)
    assert (action.act, action.code, action.words) == (Act.REFUSE, "version", "overrides.json allows <0.6")
    assert not made.changes


def test_conflicts_come_first_then_acts_then_targets_whatever_the_order_of_the_wanted() -> None:
    tree = tree_of("a", "b", "c")
    tree.file(f"{BASE}/loras/c.safetensors")
    wanted = [want(tree, name) for name in "abc"]
    made = plan(tree, wanted)
    assert [(a.act, a.target[6]) for a in made.actions] == [
        (Act.CONFLICT, "c"),
        (Act.CREATE, "a"),
        (Act.CREATE, "b"),
    ]
    assert plan(tree, wanted[::-1]) == made


def test_only_the_links_of_the_models_asked_for_are_planned() -> None:
    tree = tree_of(*"abcd")
    sim.apply(tree, plan(tree, [want(tree, name) for name in "cd"]))
    made = plan(tree, [want(tree, name) for name in "abc"], [uid("b")])
    assert [(a.act, a.model_uid) for a in made.actions] == [(Act.CREATE, uid("b"))]
    assert made.models == (uid("b"),)


@pytest.mark.parametrize(
    ("containers", "dead"),
    [
        ((), 0),
        ((("/apps/comfy/models", "/deep/comfy/x/models"), ("/lib", "/lib")), 2),  # deeper inside
        ((("/apps/comfy/models", "/w/models"), ("/lib", "/library")), 2),
        ((("/apps/comfy", "/apps/comfy"), ("/lib", "/lib")), 0),
        ((("/apps/comfy", "/apps/comfy"),), 2),
        ((("/lib", "/lib"),), 2),
        ((("/", "/host"),), 0),
    ],
)
def test_links_that_are_dead_in_a_container_are_counted(
    containers: tuple[tuple[str, str], ...], dead: int
) -> None:
    tree = replace(tree_of("a", "b"), app=replace(sim.APP, containers=containers))
    made = plan(tree, [want(tree, name) for name in "ab"])
    messages = [w.message for w in made.warnings if w.code == "container"]
    words = f"2 of 2 links would be dead inside the container: {TARGET}, loras/b.safetensors"
    assert messages == ([words] if dead else [])


def test_absolute_links_live_in_a_container_only_at_the_same_path() -> None:
    for inside, dead in (("/lib", False), ("/models", True)):
        containers = (("/apps/comfy", "/comfy"), ("/lib", inside))
        app = replace(sim.APP, containers=containers)
        tree = replace(tree_of("a"), app=app, same_file_system=False)
        codes = [w.code for w in plan(tree, [want(tree, "a")]).warnings]
        assert ("container" in codes) is dead


def test_a_model_that_moved_keeps_its_name_against_one_that_comes_earlier() -> None:
    tree = tree_of("a", "b")
    tree.link(f"{BASE}/{TARGET}", "../../../../lib/models/lora/old/b/b.safetensors")
    known(tree, "b", TARGET)
    tree.rows[TARGET] = replace(tree.rows[TARGET], source="lora/old/b/b.safetensors")
    made = plan(tree, [want(tree, "a", TARGET), want(tree, "b", TARGET)])
    assert [(a.act, a.model_uid) for a in made.actions] == [
        (Act.CONFLICT, uid("a")),
        (Act.REPLACE_OURS, uid("b")),
    ]


@pytest.mark.parametrize("is_known", [True, False])
def test_models_that_share_a_file_each_have_their_own_link(is_known: bool) -> None:
    tree = tree_of("a", "b")
    tree.nodes[f"{MODELS}/{source_of('b')}"] = tree.nodes[f"{MODELS}/{source_of('a')}"]
    wanted = [want(tree, "a"), want(tree, "b")]
    tree.link(f"{BASE}/{TARGET}", TEXT)
    if is_known:
        known(tree, "a", TARGET)
    made = plan(tree, wanted)
    assert [(a.act, a.model_uid) for a in made.actions] == [(Act.CREATE, uid("b")), (Act.KEEP, uid("a"))]
    if is_known:
        assert only(plan(tree, wanted[1:], [uid("b")])).act is Act.CREATE


def test_what_lies_in_a_trash_is_no_link() -> None:
    tree = tree_of("a")
    tree.link(f"{BASE}/loras/.pumas-trash/op/1-a.safetensors", f"{MODELS}/{source_of('a')}")
    assert only(plan(tree, [want(tree, "a")])).act is Act.CREATE
