"""Folders beside the app's own: what it reads from there gets no second link, whatever else stands where."""

from dataclasses import replace

import pytest

from pumas_tui.core.domain import extra_model_paths, planner
from pumas_tui.core.domain.links import Link, LinkKind
from pumas_tui.core.domain.mapped import LeftOut, WantedLink, Wants
from pumas_tui.core.domain.plan import Act, Plan, PlannedAction
from tests.domain.test_planner import TARGET, known, only, tree_of
from tests.support import simulated_tree as sim
from tests.support.simulated_tree import BASE, MODELS, Tree, plan, source_of, uid, want

SOURCE = f"{MODELS}/{source_of('a')}"
ROOT = "/srv/webui/Lora"


def with_root(tree: Tree, *roots: tuple[str, str]) -> Tree:
    tree.extra = roots or (("loras", ROOT),)
    return tree


def left_out(action: PlannedAction) -> str:
    """How the app reads it already."""
    assert (action.act, action.code, action.target) == (Act.REFUSE, "extra_root", TARGET), action
    return action.words


@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize("name", ["a.safetensors", "deep/other.CKPT"])
def test_what_an_extra_root_shows_gets_no_link(hard: bool, name: str) -> None:
    tree = with_root(tree_of("a"))
    tree.link(f"{ROOT}/{name}", SOURCE)
    if hard:
        tree.nodes[f"{ROOT}/{name}"] = tree.nodes[SOURCE]
    made = plan(tree, [want(tree, "a")])
    words = f"ComfyUI reads it already as {ROOT}/{name} (extra_model_paths.yaml, section other)"
    assert left_out(only(made)) == words
    assert not made.changes and not made.warnings


@pytest.mark.parametrize(
    ("root", "told"),
    [
        (f"{MODELS}/lora", f"{MODELS}/lora/sdxl/a/a.safetensors"),
        (MODELS, SOURCE),
        ("/", SOURCE),
    ],
)
def test_a_root_that_is_the_library_shows_all_of_it(root: str, told: str) -> None:
    assert told in left_out(only(plan(with_root(tree_of("a"), ("loras", root)), [want(tree_of("a"), "a")])))


def test_a_folder_that_leads_into_the_library_shows_what_is_below() -> None:
    tree = with_root(tree_of("a"))
    tree.link(f"{ROOT}/mine", f"{MODELS}/lora")
    assert f"{ROOT}/mine/sdxl/a/a.safetensors" in left_out(only(plan(tree, [want(tree, "a")])))


def test_a_model_that_is_a_folder_is_shown_by_a_link_to_it() -> None:
    tree = with_root(tree_of("a"))
    tree.link(f"{ROOT}/pipeline", f"{MODELS}/lora/sdxl/a")
    whole = replace(want(tree, "a"), source="lora/sdxl/a", is_folder=True, place=None)
    assert f"{ROOT}/pipeline" in left_out(only(plan(tree, [whole])))


@pytest.mark.parametrize(
    ("root", "name"),
    [
        (("checkpoints", ROOT), "a.safetensors"),  # another kind is another list
        (("loras", ROOT), "a.txt"),  # not listed
        (("loras", ROOT), "../elsewhere/a.safetensors"),
    ],
)
def test_what_the_app_does_not_list_there_is_linked(root: tuple[str, str], name: str) -> None:
    tree = with_root(tree_of("a"), root)
    tree.folder(ROOT)
    tree.link(f"/srv/webui/{name[3:]}" if name.startswith("../") else f"{ROOT}/{name}", SOURCE)
    assert only(plan(tree, [want(tree, "a")])).act is Act.CREATE


@pytest.mark.parametrize(
    ("folder", "kind"),
    [("clip", "text_encoders"), ("unet", "diffusion_models"), ("t2i_adapter/sdxl", "controlnet")],
)
def test_a_folder_belongs_to_the_kind_that_it_is_read_as(folder: str, kind: str) -> None:
    tree = with_root(tree_of("a"), (kind, ROOT))
    tree.folders = (folder,)
    tree.link(f"{ROOT}/a.safetensors", SOURCE)
    wanted = replace(want(tree, "a"), folder=folder, target=f"{folder}/a.safetensors")
    assert only(plan(tree, [wanted])).code == "extra_root"


def test_a_link_of_ours_stays_and_is_led_to_a_new_place() -> None:
    tree = with_root(tree_of("a"))
    tree.link(f"{ROOT}/a.safetensors", SOURCE)
    tree.link(f"{BASE}/{TARGET}", SOURCE)
    known(tree, "a", TARGET, kind=LinkKind.ABSOLUTE)
    assert only(plan(tree, [want(tree, "a")])).act is Act.KEEP
    old = "lora/old/a/a.safetensors"
    tree.link(f"{BASE}/{TARGET}", f"{MODELS}/{old}")
    tree.rows[TARGET] = Link(sim.APP.uid, TARGET, uid("a"), old, LinkKind.ABSOLUTE)
    assert only(plan(tree, [want(tree, "a")])).act is Act.REPLACE_OURS


def test_a_link_that_somebody_took_away_is_not_made_again_and_forgotten() -> None:
    tree = with_root(tree_of("a"))
    tree.link(f"{ROOT}/a.safetensors", SOURCE)
    known(tree, "a", TARGET)
    assert left_out(only(plan(tree, [want(tree, "a")], [uid("a")])))
    sim.apply(tree, plan(tree, [want(tree, "a")]))
    assert not tree.rows and left_out(only(plan(tree, [want(tree, "a")])))


def test_what_is_in_the_way_is_no_conflict_then_and_stays() -> None:
    tree = with_root(tree_of("a"))
    tree.link(f"{ROOT}/a.safetensors", SOURCE)
    tree.file(f"{BASE}/{TARGET}", "mine")
    tree.folder(sim.TRASH)
    before = tree.shape()
    made = plan(tree, [want(tree, "a")])
    assert left_out(only(made))
    sim.apply(tree, made)
    assert tree.shape() == before


def test_a_link_that_this_plan_may_take_away_counts_for_nothing() -> None:
    tree = with_root(tree_of("a"), ("loras", f"{BASE}/checkpoints"))
    tree.link(f"{BASE}/checkpoints/a.safetensors", SOURCE)
    known(tree, "a", "checkpoints/a.safetensors", kind=LinkKind.ABSOLUTE)
    made = plan(tree, [want(tree, "a")])
    assert [a.act for a in made.actions] == [Act.CREATE, Act.REMOVE_STALE]
    sim.apply(tree, made)
    assert not plan(tree, [want(tree, "a")]).changes


def test_a_root_that_is_away_is_told_where_it_matters() -> None:
    tree = with_root(tree_of("a"), ("loras", "/usb/Lora"), ("vae", "/usb/VAE"))
    made = plan(tree, [want(tree, "a")])
    assert only(made).act is Act.CREATE
    [warning] = made.warnings
    assert warning.code == "extra_root" and "/usb/Lora: not there" in warning.message
    assert "VAE" not in warning.message
    sim.apply(tree, made)
    assert plan(tree, [want(tree, "a")]).warnings == ()


# Where no link works.


def no_links(tree: Tree, *wanted: WantedLink, left: tuple[LeftOut, ...] = (), whole: bool = True) -> Plan:
    tree = replace(tree, symlinks=False, same_file_system=False)
    facts = replace(tree.facts(), extra_file="/apps/comfy/extra_model_paths.yaml")
    models = None if whole else {want.model_uid for want in wanted}
    return planner.make(sim.HEADER, Wants(wanted, left), facts, [], models=models)


def test_where_no_link_works_the_lines_that_do_it_are_offered() -> None:
    tree = tree_of("a", "b")
    made = no_links(tree, want(tree, "a"), want(tree, "b"))
    assert made.offer is not None and (made.offer.models, made.offer.file) == (
        2,
        "/apps/comfy/extra_model_paths.yaml",
    )
    assert made.offer.text == f'pumas:\n    base_path: "{MODELS}"\n    loras: "lora"\n'
    said = extra_model_paths.parse(made.offer.text, made.offer.file)
    seen = with_root(replace(tree, symlinks=False), *((r.kind, r.path) for r in said.roots))
    again = no_links(seen, want(tree, "a"), want(tree, "b"))
    assert {a.code for a in again.actions} == {"extra_root"} and again.offer is None


def test_models_that_are_not_wanted_there_are_not_offered_along() -> None:
    tree = tree_of("a", "b")
    out = LeftOut(uid("b"), want(tree, "b").model_id, "version", "not for this version")
    for made in (
        no_links(tree, want(tree, "a"), left=(out,)),
        no_links(tree, want(tree, "a"), whole=False),
    ):
        assert made.offer is not None and '    loras: "lora/sdxl/a"\n' in made.offer.text


def test_an_app_that_takes_links_needs_no_offer() -> None:
    tree = tree_of("a")
    assert plan(tree, [want(tree, "a")]).offer is None
