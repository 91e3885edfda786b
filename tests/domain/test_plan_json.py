"""Plans as files: they come back as they were, and what is not one is refused with the place at fault."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from pumas_tui.core.domain import plan_json, planner
from pumas_tui.core.domain.errors import UsageError
from pumas_tui.core.domain.mapped import LeftOut, Wants
from pumas_tui.core.domain.plan import Act, ConflictKind, Plan
from tests.domain.test_planner import known, tree_of
from tests.domain.test_planner_conflicts import put
from tests.domain.test_planner_properties import State, states
from tests.support import simulated_tree as sim
from tests.support.simulated_tree import BASE, MODELS, source_of, uid, want

KEYS = [
    "action",
    "reason",
    "app",
    "model_id",
    "rule",
    "config",
    "source",
    "target",
    "link_kind",
    "fingerprint",
]


def full() -> Plan:
    """A plan with an action of each kind, a warning, and a name that is not UTF-8."""
    tree = replace(tree_of("a", "b", "c", "d", "e"), same_file_system=False)
    put(tree, ConflictKind.OTHER_FILE)
    tree.link(f"{BASE}/loras/b.safetensors", f"{MODELS}/lora/old/b.safetensors")
    known(tree, "b", "loras/b.safetensors")
    tree.rows["loras/b.safetensors"] = replace(
        tree.rows["loras/b.safetensors"], source="lora/old/b.safetensors"
    )
    tree.link(f"{BASE}/loras/c.safetensors", f"{MODELS}/{source_of('c')}")
    for name in "de":
        tree.link(f"{BASE}/loras/{name}.safetensors", f"{MODELS}/{source_of(name)}")
        known(tree, name, f"loras/{name}.safetensors")
    del tree.nodes[f"{MODELS}/{source_of('e')}"]
    wanted = [want(tree, name) for name in "abc"]
    wanted.append(want(tree, "d", "checkpoints/caf\udce9 \u202e.gguf"))
    wants = Wants(tuple(wanted), (LeftOut(uid("e"), wanted[0].model_id, "no_rule", "no rule takes it"),))
    return planner.make(sim.HEADER, wants, tree.facts(), tree.links())


def test_a_file_brings_the_very_plans_back() -> None:
    one = full()
    assert {action.act for action in one.actions} == set(Act)
    two = replace(one, models=(uid("a"),), actions=(), warnings=())
    text = plan_json.encode([one, two])
    assert text.isascii()
    assert plan_json.parse(text.encode()) == (one, two)


@given(states())
@settings(max_examples=25, deadline=None)
def test_any_plan_comes_back(state: State) -> None:
    made = state.plan()
    assert plan_json.parse(plan_json.encode([made]).encode()) == (made,)


def test_the_keys_that_scripts_rely_on() -> None:
    made = full()
    body = plan_json.plan_json(made)
    assert set(body["header"]) >= {
        "schema",
        "library_id",
        "host",
        "app",
        "base",
        "rules_sha256",
        "created_at",
    }
    assert body["header"]["schema"] == "pumas.plan/1"
    for action in body["actions"]:
        assert set(KEYS) <= action.keys()
    assert plan_json.summary(made) == {
        "create": 1,
        "keep": 1,
        "replace_ours": 1,
        "conflict": 1,
        "remove_stale": 1,
        "remove_broken": 1,
        "refuse": 1,
    }


Change = Callable[[dict[str, Any]], Any]


def of_action(act: str, **values: Any) -> Change:
    """Change values of the first action of a kind."""
    return lambda top: next(a for a in top["plans"][0]["actions"] if a["action"] == act).update(values)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda top: top.update(schema="pumas.plan/2"), "not of the form pumas.plan/1"),
        (lambda top: top.update(more=1), "'more' that means nothing"),
        (lambda top: top.pop("plans"), "has no plans"),
        (lambda top: top["plans"][0]["header"].update(created_at=True), "header.created_at is not a time"),
        (lambda top: top["plans"][0]["header"].update(library_id="x"), "header.library_id is 'x'"),
        (lambda top: top["plans"][0].update(models="all"), "models is not a list"),
        (lambda top: top["plans"][0].update(models=["x"]), "not the uid of a model"),
        (of_action("create", action="destroy"), "'destroy', which means nothing"),
        (of_action("create", app="other"), "is for another app"),
        (of_action("create", target="../../etc/cron.d/x"), "target is '../../etc/cron.d/x'"),
        (of_action("create", target="/etc/passwd"), "target is '/etc/passwd'"),
        (of_action("create", target=""), "target is ''"),
        (of_action("create", source="lora/../../x"), "source is"),
        (of_action("create", source="a\0b"), "source is not a text"),
        (of_action("create", link_kind=None), "link_kind is not a text"),
        (of_action("create", link_text="x" * 20_000), "link_text is not a text of usual length"),
        (of_action("create", size_bytes=-1), "size_bytes is not a whole number"),
        (of_action("create", size_bytes=1.5), "size_bytes is not a whole number"),
        (of_action("create", inode=2**70), "inode is not a whole number"),
        (of_action("create", fingerprint="file:1"), "fingerprint is 'file:1'"),
        (of_action("create", is_folder="yes"), "is_folder is neither true nor false"),
        (of_action("create", only_row=True), "forgets a link that it does not remove"),
        (of_action("create", extra=1), "'extra' that means nothing"),
        (of_action("conflict", conflict=None), "has a conflict that is none"),
        (of_action("remove_stale", known=None), "that no registry knows"),
        (of_action("replace_ours", known=None), "that no registry knows"),
        (of_action("remove_stale", known={}), "known has no app_uid"),
    ],
)
def test_what_is_wrong_is_named(change: Change, words: str) -> None:
    top = json.loads(plan_json.encode([full()]))
    change(top)
    with pytest.raises(UsageError) as caught:
        plan_json.parse(json.dumps(top).encode())
    assert words in caught.value.message
    assert "map plan" in str(caught.value.hint)


@pytest.mark.parametrize("value", ["../x", "a/b", ".."])
@pytest.mark.parametrize("key", ["free_name", "old_name"])
def test_names_in_a_conflict_are_lone_parts(key: str, value: str) -> None:
    top = json.loads(plan_json.encode([full()]))
    top["plans"][0]["actions"][0]["conflict"][key] = value
    with pytest.raises(UsageError, match=key):
        plan_json.parse(json.dumps(top).encode())


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b'{"schema": NaN}',
        b"[" * 100_000,
        b"[" + b"0," * 12_000_001 + b"0]",
        b'{"schema": "pumas.plan/1", "plans": [[]]}',
        b'{"schema": "pumas.plan/1", "plans": ' + b"9" * 5_000 + b"}",
    ],
)
def test_garbage_is_no_plan(raw: bytes) -> None:
    with pytest.raises(UsageError):
        plan_json.parse(raw)
