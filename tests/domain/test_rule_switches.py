"""Switching rules on and off: what a switch does to the user's config, and that switching back undoes it."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pumas_tui import assets
from pumas_tui.core.domain import mapping_config, rule_switches, rules
from pumas_tui.core.domain.apps import AppKind
from pumas_tui.core.domain.errors import NotFoundError
from pumas_tui.core.domain.mapping_config import BadConfigError, MappingConfig
from pumas_tui.core.domain.rule_switches import How
from tests.support.mapped import app, config, rule

APP = app(version="0.6.0")
FILE = "comfyui_*_default.json"
EXACT = "comfyui_0.6.0_default.json"
PACKAGED = mapping_config.parse(
    Path(assets.configs_dir(), "mappings", FILE).read_bytes(), FILE, packaged=True
)
FOLDERS = ("ipadapter", "ultralytics/bbox", "LLM")
NOW = "2026-11-23T12:00:00+00:00"

Files = dict[str, bytes]
"""The user's configs, by name."""


def merged(files: Files) -> tuple[rules.ActiveRule, ...]:
    return rules.merged(_configs(files), "comfyui", APP.version)


def _configs(files: Files) -> list[MappingConfig]:
    return [PACKAGED, *(mapping_config.parse(raw, name) for name, raw in files.items())]


def state(files: Files, name: str) -> bool:
    return any(one.rule.name == name and one.rule.enabled for one in merged(files))


def switch(files: Files, name: str, *, on: bool) -> Files:
    """The user's configs after a switch."""
    others = [one for one in merged(files) if one.rule.name != name]
    offered = rules.offered_rules(AppKind.COMFYUI, FOLDERS, others)
    made = rule_switches.change(_configs(files), APP, offered, name, on=on)
    if made.how is How.NOTHING:
        return files
    after = rule_switches.rewritten(files.get(made.file), made, APP.kind, NOW)
    return {**files, made.file: after}


def test_an_offered_rule_comes_into_the_config_and_goes_out_of_it() -> None:
    on = switch({}, "ipadapter", on=True)
    [written] = json.loads(on[FILE])["mappings"]
    assert (written["name"], written["filters"], written["enabled"]) == (
        "ipadapter", {"tags": ["ipadapter"]}, True,
    )  # fmt: skip
    assert state(on, "ipadapter") and switch(on, "ipadapter", on=True) == on
    off = switch(on, "ipadapter", on=False)
    assert json.loads(off[FILE])["mappings"] == [] and merged(off) == merged({})


def test_a_packaged_rule_is_copied_and_then_is_the_packaged_one_again() -> None:
    off = switch({}, "latent_upscale_models", on=False)
    [written] = json.loads(off[FILE])["mappings"]
    [packaged] = [one for one in PACKAGED.mappings if one.name == "latent_upscale_models"]
    assert mapping_config.Rule.model_validate_json(json.dumps(written)) == packaged.model_copy(
        update={"enabled": False}
    )
    back = switch(off, "latent_upscale_models", on=True)
    assert merged(back) == merged({})  # it is for newer versions only, as that of the program is


def test_what_a_user_wrote_stays_word_for_word_but_for_the_switch() -> None:
    mine: dict[str, Any] = {
        "app": "comfyui",
        "version": "0.6.0",
        "variant": "default",
        "description": "mine, with ümlauts",
        "mappings": [
            rule("vae", patterns="*.pt", filters={"tags": "x", "min_size_mb": 1e3}, priority=7),
            rule("loras", conflict="skip", enabled=True),
        ],
    }
    files = {EXACT: b"\xef\xbb\xbf" + json.dumps(mine, ensure_ascii=False).encode()}
    off = switch(files, "loras", on=False)
    after = json.loads(off[EXACT])
    assert set(off) == {EXACT} and after.pop("updated_at") == NOW
    assert after == {**mine, "mappings": [mine["mappings"][0], {**mine["mappings"][1], "enabled": False}]}
    assert list(after) == list(mine)
    again = json.loads(switch(off, "loras", on=True)[EXACT])
    assert {**again, "updated_at": None} == {**mine, "updated_at": None}


def test_a_rule_that_is_not_there_is_no_rule() -> None:
    with pytest.raises(NotFoundError, match='no rule "nothing"'):
        switch({}, "nothing", on=True)


def test_what_cannot_be_read_or_would_not_be_readable_is_not_rewritten() -> None:
    made = rule_switches.change([PACKAGED], APP, (), "loras", on=False)
    full = {"app": "comfyui", "version": "*", "variant": "default"}
    many = json.dumps({**full, "mappings": [rule(f"r{n}") for n in range(500)]}).encode()
    for raw in (b"{", b"[]", b'{"app": "forge"}', many):
        with pytest.raises(BadConfigError):
            rule_switches.rewritten(raw, made, APP.kind, NOW)


NAMES = ("loras", "vae", "ipadapter", "bbox", "own", "latent_upscale_models")
_RULES = st.builds(
    lambda name, on, priority, tags: rule(
        name, enabled=on, priority=priority, target_subdir=name, filters={"tags": tags} if tags else {}
    ),
    st.sampled_from(NAMES),
    st.booleans(),
    st.sampled_from((0, 0, 1)),
    st.sampled_from(((), ("a",))),
)
_CONFIGS = st.lists(_RULES, max_size=4, unique_by=lambda one: one["name"])


@given(
    st.dictionaries(st.sampled_from(("*", "0.6.0")), _CONFIGS), st.lists(st.sampled_from(NAMES), max_size=4)
)
def test_a_switch_and_the_switch_back_leave_the_rules_as_they_were(
    given_rules: dict[str, list[dict[str, Any]]], names: list[str]
) -> None:
    files = {
        f"comfyui_{version}_default.json": mapping_config.dump(config(*said, version=version))
        for version, said in given_rules.items()
    }
    before = files
    shas = [rules.rules_sha256(merged(files))]
    was: list[tuple[str, bool]] = []
    for name in names:
        known = {one.rule.name for one in merged(files)} | {"ipadapter", "bbox"}
        assume(name in known)
        was.append((name, state(files, name)))
        files = switch(files, name, on=not was[-1][1])
        assert state(files, name) is not was[-1][1]
        shas.append(rules.rules_sha256(merged(files)))
    for name, on in reversed(was):
        assert rules.rules_sha256(merged(files)) == shas.pop()
        files = switch(files, name, on=on)
    assert rules.rules_sha256(merged(files)) == shas.pop() == rules.rules_sha256(merged(before))
