"""Healing: what is found again and how, what stays with the user, and what no repair ever does."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pumas_tui.core.domain import healing
from pumas_tui.core.domain.errors import Trouble
from pumas_tui.core.domain.findings import Finding, FindingKind, Severity
from pumas_tui.core.domain.library_facts import Presence, Seen, Source
from pumas_tui.core.domain.links import LinkKind
from pumas_tui.core.domain.operations import StepState
from pumas_tui.core.domain.repairs import Repair, RepairKind
from tests.support.simulated_library import Box
from tests.support.simulated_tree import APP, BASE, MODELS

SYMBOLIC = (LinkKind.RELATIVE, LinkKind.ABSOLUTE)
LINK = f"{BASE}/loras/a.safetensors"


def only(box: Box) -> Finding:
    [found] = box.check()
    return found


def repair_of(found: Finding) -> Repair:
    assert found.repair is not None
    return found.repair


def box_with(kind: LinkKind, content: str = "weights") -> Box:
    box = Box()
    box.add("a", content, kind)
    return box


@pytest.mark.parametrize("kind", list(LinkKind))
def test_a_link_as_it_was_made_is_right(kind: LinkKind) -> None:
    assert box_with(kind).check() == []


@pytest.mark.parametrize("kind", SYMBOLIC)
def test_a_moved_model_is_found_and_its_link_follows(kind: LinkKind) -> None:
    box = box_with(kind)
    box.move("a", "lora/sdxl/renamed")
    found = only(box)
    assert (found.kind, found.severity) == (FindingKind.BROKEN_LINK, Severity.ERROR)
    assert repair_of(found).kind is RepairKind.REPOINT and repair_of(found).safe
    assert all(step.state is StepState.DONE for step in box.heal())
    assert box.tree.resolved(LINK) == f"{MODELS}/lora/sdxl/renamed/a.safetensors"
    assert box.check() == []


def test_the_same_content_elsewhere_is_the_same_file() -> None:
    box = box_with(LinkKind.RELATIVE)
    other = box.add("b", "weights", LinkKind.RELATIVE)
    box.drop("a")
    [found] = box.check()
    assert repair_of(found).safe and f"found: {MODELS}/{other.source}" in found.evidence[1]


def test_the_same_name_with_other_content_needs_a_person() -> None:
    box = box_with(LinkKind.RELATIVE)
    box.move("a", "lora/sdxl/renamed")
    box.models["a"].content = "changed"
    assert repair_of(only(box)).kind is RepairKind.REPOINT and not repair_of(only(box)).safe
    assert box.heal() == []


def test_what_is_found_nowhere_is_removed_only_on_somebodys_word() -> None:
    box = box_with(LinkKind.RELATIVE)
    box.drop("a")
    repair = repair_of(only(box))
    assert repair.kind is RepairKind.REMOVE and not repair.safe and box.heal() == []
    box.repair([repair])
    assert box.tree.at(LINK) is None and box.tree.rows == {}


def test_a_hard_link_whose_library_name_is_gone_is_the_last_copy() -> None:
    box = box_with(LinkKind.HARD)
    box.drop("a")
    found = only(box)
    repair = repair_of(found)
    assert found.kind is FindingKind.LAST_COPY and found.instead is None
    assert repair.kind is RepairKind.LINK_BACK and not repair.safe and box.heal() == []
    box.repair([repair])
    back = box.tree.at(f"{MODELS}/lora/sdxl/a/a.safetensors")
    assert back is not None and back == box.tree.at(LINK)
    assert box.check() == []


def test_a_hard_link_is_followed_by_its_inode() -> None:
    box = box_with(LinkKind.HARD)
    box.move("a", "lora/sdxl/renamed")
    before = box.tree.shape()
    assert [step.kind for step in box.heal()] == ["remember_row"]
    assert box.tree.shape() == before and box.check() == []
    assert box.tree.rows["loras/a.safetensors"].source == "lora/sdxl/renamed/a.safetensors"


@pytest.mark.parametrize("kind", list(LinkKind))
def test_a_link_that_is_gone_is_made_again(kind: LinkKind) -> None:
    box = box_with(kind)
    before = box.tree.shape()
    del box.tree.nodes[LINK], box.tree.nodes[f"{BASE}/loras"]
    repair = repair_of(only(box))
    assert repair.kind is RepairKind.REMAKE and repair.safe and repair.folders == (f"{BASE}/loras",)
    box.heal()
    assert box.tree.shape() == before and box.check() == []


def test_an_adopted_link_that_is_gone_was_taken_away_by_its_owner() -> None:
    box = box_with(LinkKind.RELATIVE)
    box.tree.rows["loras/a.safetensors"] = replace(box.tree.rows["loras/a.safetensors"], origin="adopted")
    del box.tree.nodes[LINK]
    found = only(box)
    assert repair_of(found).kind is RepairKind.FORGET and box.heal() == []
    assert found.instead is not None and found.instead.kind is RepairKind.REMAKE


@pytest.mark.parametrize("kind", list(LinkKind))
def test_what_replaced_a_link_is_the_users(kind: LinkKind) -> None:
    box = box_with(kind)
    box.tree.file(LINK, "mine")
    found = only(box)
    assert (repair_of(found).kind, found.severity) == (RepairKind.FORGET, Severity.WARNING)
    before = box.tree.shape()
    box.repair([repair_of(found)])
    assert box.tree.shape() == before and box.tree.rows == {}


def test_a_link_to_the_librarys_old_place_is_ours() -> None:
    box = box_with(LinkKind.ABSOLUTE)
    box.tree.link(LINK, "/old/models/lora/sdxl/a/a.safetensors")
    assert repair_of(only(box)).kind is RepairKind.FORGET
    box.former = ("/old/models",)
    assert repair_of(only(box)).kind is RepairKind.REPOINT
    box.heal()
    assert box.check() == []
    box.tree.link(LINK, "/old/models_backup/lora/sdxl/a/a.safetensors")
    assert repair_of(only(box)).kind is RepairKind.FORGET


def test_an_orphan_is_adopted_only_where_it_leads_to_a_models_file() -> None:
    box = box_with(LinkKind.RELATIVE)
    box.tree.rows.clear()
    found = only(box)
    assert found.kind is FindingKind.ORPHANED_LINK and repair_of(found).kind is RepairKind.ADOPT
    assert found.instead is not None and found.instead.kind is RepairKind.REMOVE
    box.tree.file(f"{MODELS}/lora/sdxl/a/notes.txt")
    box.tree.link(LINK, f"{MODELS}/lora/sdxl/a/notes.txt")
    assert only(box).repair is None


def test_what_cannot_be_looked_at_is_no_finding() -> None:
    box = box_with(LinkKind.RELATIVE)
    row = box.tree.rows["loras/a.safetensors"]
    unknown = replace(box.facts(), source=lambda source: Source(Presence.UNKNOWN))
    dead = Seen(LINK, box.seen(LINK).fingerprint, alive=False)
    for seen, facts in (
        (replace(dead, alive=None), box.facts()),
        (dead, unknown),
        (Seen(LINK), unknown),
        (replace(dead, problem="no permission"), box.facts()),
        (dead, box.facts()),  # the file is there, yet its path does not lead to it
    ):
        assert isinstance(healing.judge(APP, row, seen, facts), Trouble)


CONTENTS = st.sampled_from(["one", "two", "three"])
AT_LINK = st.sampled_from(["as it is", "gone", "file", "foreign", "dead", "former", "unrecorded"])
AT_MODEL = st.sampled_from(["as it is", "moved", "gone", "file gone", "changed"])
MODEL = st.tuples(st.sampled_from(list(LinkKind)), CONTENTS, AT_MODEL, AT_LINK)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    """Models and links of all kinds, with everything done to them that people do by hand."""
    box = Box(former=("/old/models",))
    for n, (kind, content, _, _) in enumerate(wanted := draw(st.lists(MODEL, min_size=1, max_size=5))):
        box.add(f"m{n}", content, kind)
    for n, (_, _, at_model, at_link) in enumerate(wanted):
        name = f"m{n}"
        _touch_model(box, name, at_model)
        _touch_link(box, f"{BASE}/loras/{name}.safetensors", name, at_link)
    return box


def _touch_model(box: Box, name: str, what: str) -> None:
    if what == "moved":
        box.move(name, f"lora/other/{name}-here")
    elif what == "gone":
        box.drop(name)
    elif what == "file gone":
        del box.tree.nodes[box.models[name].path]
    elif what == "changed":
        box.models[name].content = "recorded otherwise"


def _touch_link(box: Box, path: str, name: str, what: str) -> None:
    if what == "gone":
        del box.tree.nodes[path]
    elif what == "file":
        box.tree.file(path, "mine")
    elif what in ("foreign", "dead", "former"):
        to = {
            "foreign": f"{BASE}/loras/theirs",
            "dead": "/nowhere",
            "former": f"/old/models/lora/sdxl/{name}/{name}.safetensors",
        }
        box.tree.file(f"{BASE}/loras/theirs", "theirs")
        box.tree.link(path, to[what])
    elif what == "unrecorded":
        del box.tree.rows[path[len(BASE) + 1 :]]


def files(box: Box) -> dict[str, tuple[int, str]]:
    return {path: (n.ino, n.content) for path, n in box.tree.nodes.items() if n.kind == "file"}


@given(boxes())
@settings(max_examples=300)
def test_healing_twice_is_healing_once(box: Box) -> None:
    steps = box.heal()
    assert all(step.state is StepState.DONE for step in steps)
    shape, rows = box.tree.shape(), dict(box.tree.rows)
    assert box.heal() == []
    assert (box.tree.shape(), box.tree.rows) == (shape, rows)


@given(boxes())
@settings(max_examples=300)
def test_no_repair_loses_a_copy_or_touches_what_is_not_ours(box: Box) -> None:
    before, theirs = files(box), {}
    found = box.check()
    wanted = [f.repair for f in found if f.repair is not None]
    ours = {repair.path for repair in wanted if repair.kind is not RepairKind.FORGET}
    theirs = {path: node for path, node in box.tree.nodes.items() if path not in ours}
    steps = box.repair(wanted)
    assert all(step.state is StepState.DONE for step in steps)
    after = files(box)
    assert before.items() <= after.items()  # every name of every file is still there
    assert theirs.items() <= box.tree.nodes.items()
    again = [f.repair for f in box.check() if f.repair is not None]
    assert again == []


@given(boxes())
@settings(max_examples=200)
def test_a_safe_repair_leads_to_the_recorded_content(box: Box) -> None:
    recorded = {f"{BASE}/{target}": row.sha256 for target, row in box.tree.rows.items()}
    safe = [f.repair for f in box.check() if f.repair is not None and f.repair.safe]
    assert not any(repair.takes_away for repair in safe)
    box.repair(safe)
    for repair in safe:
        resolved = box.tree.resolved(repair.path)
        assert resolved is not None and repair.row is not None
        node = box.tree.at(resolved)
        assert node is not None
        model = next((m for m in box.models.values() if m.path == f"{MODELS}/{repair.row.source}"), None)
        assert model is not None
        if repair.kind is RepairKind.REPOINT and repair.path in recorded:
            assert model.content == recorded[repair.path] or repair.row.kind is LinkKind.HARD
