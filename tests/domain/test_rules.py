"""Which rules hold for an app, which models they take, and what a model is left out for."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pumas_tui.core.domain import rules
from pumas_tui.core.domain.apps import AppKind
from pumas_tui.core.domain.files import SecurityTier
from pumas_tui.core.domain.mapped import MappedModel, Wants
from pumas_tui.core.domain.mapping_config import MappingConfig
from pumas_tui.core.domain.rules import ActiveRule
from tests.support.mapped import app, config, file, model, rule

CHECKPOINTS = {"subtype": "checkpoints"}


def active(
    *configs: MappingConfig, version: str = "0.6.0", variant: str = "default"
) -> tuple[ActiveRule, ...]:
    return rules.active(configs, "comfyui", version, variant)


def taken(model: MappedModel, **filters: Any) -> bool:
    """A rule with these filters takes the model."""
    return bool(wanted(model, config(rule("r", filters=filters))).links)


def wanted(model: MappedModel, *configs: MappingConfig, version: str = "0.6.0") -> Wants:
    return rules.wants([model], active(*configs, version=version), app(version=version))


def reason(wants: Wants) -> tuple[str, str]:
    (left,) = wants.left_out
    assert not wants.links
    return left.code, left.reason


PLACES: tuple[Mapping[str, Any], ...] = (
    {"version": "0.6.0", "variant": "sdxl-only"},
    {"version": "0.6.0"},
    {"variant": "sdxl-only"},
    {},
    {"version": "0.6.0", "variant": "sdxl-only", "packaged": True},
    {"version": "0.6.0", "packaged": True},
    {"variant": "sdxl-only", "packaged": True},
    {"packaged": True},
)
"""Highest first."""
PLACE_SHOWN = (
    "comfyui_0.6.0_sdxl-only.json",
    "comfyui_0.6.0_default.json",
    "comfyui_*_sdxl-only.json",
    "comfyui_*_default.json",
    "comfyui_0.6.0_sdxl-only.json (packaged)",
    "comfyui_0.6.0_default.json (packaged)",
    "comfyui_*_sdxl-only.json (packaged)",
    "comfyui_*_default.json (packaged)",
)


@pytest.mark.parametrize("first", range(len(PLACES)))
def test_the_most_specific_config_wins_and_says_over_which(first: int) -> None:
    configs = [config(rule(description=str(n)), **PLACES[n]) for n in range(len(PLACES)) if n >= first]
    for given_in in (configs, configs[::-1]):
        (got,) = active(*given_in, variant="sdxl-only")
        assert (got.rule.description, got.config) == (str(first), configs[0].file)
        ranks = range(first + 1, len(PLACES))
        assert got.over == tuple(PLACE_SHOWN[n] for n in ranks)


def test_the_preview_says_why_this_rule() -> None:
    exact, any_version = config(rule(), version="0.6.0"), config(rule(), packaged=True)
    (got,) = active(any_version, exact)
    assert got.why == 'rule "loras" in comfyui_0.6.0_default.json, over comfyui_*_default.json (packaged)'
    (alone,) = active(any_version)
    assert alone.why == 'rule "loras" in comfyui_*_default.json (packaged)'


def test_configs_of_other_apps_versions_and_variants_do_not_count() -> None:
    others = (
        config(rule(), app_id="forge"),
        config(rule(), version="0.6.1"),
        config(rule(), variant="sdxl-only"),
    )
    assert active(*others) == ()
    assert [r.config for r in active(*others, version="0.6.1")] == ["comfyui_0.6.1_default.json"]
    assert active(config(rule(), version="0.6.0"), version="") == ()


@pytest.mark.parametrize(
    ("written", "app_version", "one"),
    [
        ("0.6.0", "0.6", True),
        ("0.6.0", "v0.6.0", True),
        ("0.6.0", "0.6.0.post1", False),
        ("nightly", "nightly", True),
        ("nightly", "0.6.0", False),
    ],
)
def test_versions_are_compared_as_versions(written: str, app_version: str, one: bool) -> None:
    assert bool(active(config(rule(), version=written), version=app_version)) is one


def test_of_two_configs_for_one_version_the_first_by_name_is_taken() -> None:
    first, second = config(rule(), version="0.6.0"), config(rule(), version="0.6")
    for given_in in ((first, second), (second, first)):
        (got,) = active(*given_in)
        assert got.why == 'rule "loras" in comfyui_0.6.0_default.json, over comfyui_0.6_default.json'


def test_a_more_specific_rule_replaces_the_whole_of_the_other() -> None:
    wide = config(rule(filters={"tags": "style"}, priority=9), rule("vae"))
    exact = config(rule(target_subdir="loras/mine"), version="0.6.0")
    mine, vae = active(wide, exact)
    assert (mine.rule.target_subdir, mine.rule.filters.tags, mine.rule.priority) == ("loras/mine", (), 0)
    assert vae.rule.name == "vae"


def test_a_rule_is_switched_off_by_name() -> None:
    packaged = config(rule("loras"), rule("vae"), packaged=True)
    off = config(rule("loras", enabled=False))
    assert [r.rule.name for r in active(packaged, off)] == ["vae"]
    loras, _ = rules.merged((packaged, off), "comfyui", "0.6.0")
    instead = "comfyui_*_default.json, over comfyui_*_default.json (packaged)"
    assert loras.why == f'rule "loras" in {instead}, switched off'


def test_rules_are_heard_by_priority_then_the_users_first_then_by_name() -> None:
    packaged = config(rule("a"), rule("z", priority=1), packaged=True)
    mine = config(rule("c"), rule("b"), rule("last", priority=-1))
    assert [r.rule.name for r in active(packaged, mine)] == ["z", "b", "c", "a", "last"]


def test_one_file_is_linked_once_where_folders_lie_in_each_other() -> None:
    packaged = config(rule("checkpoints", filters=CHECKPOINTS), packaged=True)
    mine = config(rule("mine", target_subdir="checkpoints/xl", filters={"families": "sdxl"}))
    assert [(x.rule, x.target) for x in wanted(model(), packaged, mine).links] == [
        ("mine", "checkpoints/xl/pony.safetensors")
    ]
    beside = config(rule("mine", target_subdir="checkpoints_xl", filters=CHECKPOINTS))
    assert [x.rule for x in wanted(model(), packaged, beside).links] == ["mine", "checkpoints"]


@pytest.mark.parametrize(
    ("filters", "fits"),
    [
        ({}, True),
        ({"model_type": "diffusion", "subtype": "checkpoints"}, True),
        ({"model_type": "llm"}, False),
        ({"model_type": ["llm", "diffusion"]}, True),
        ({"subtype": "loras"}, False),
        ({"families": ["flux", "SDXL"]}, True),
        ({"families": ["flux"]}, False),
        ({"tags": ["anime", "Photo"]}, True),
        ({"tags": ["anime"]}, False),
        ({"exclude_tags": ["PHOTO"]}, False),
        ({"tags": ["photo"], "exclude_tags": ["wip"]}, False),
        ({"tags": ["photo"], "exclude_tags": ["anime"]}, True),
        ({"base_model": "sdxl"}, True),
        ({"base_model": "SD 1.x"}, False),
        ({"min_size_mb": 2}, True),
        ({"min_size_mb": 2.1}, False),
        ({"max_size_mb": 2}, True),
        ({"max_size_mb": 1.9}, False),
        ({"security_tier": "safe"}, False),
        ({"security_tier": ["safe", "pickle"]}, True),
        ({"subtype": "checkpoints", "families": "sdxl", "tags": "photo", "security_tier": "safe"}, False),
    ],
)
def test_all_filters_must_hold(filters: dict[str, Any], fits: bool) -> None:
    pony = model(
        file("pony.safetensors", 2_000_000),
        tags=("Photo", "WIP"),
        base_model="SDXL",
        security_tier=SecurityTier.PICKLE,
    )
    assert taken(pony, **filters) is fits


def test_a_model_without_a_rule_is_left_out_with_the_reason() -> None:
    flux = model(family="flux")
    takes = config(rule("r", filters={**CHECKPOINTS, "families": ["sdxl", "sd3"]}))
    assert reason(wanted(flux, takes)) == ("no_rule", 'rule "r" takes families sdxl, sd3')
    assert reason(wanted(flux)) == ("no_rule", "no rule takes diffusion / checkpoints")
    patterns = config(rule("r", patterns=["*.gguf"]))
    assert reason(wanted(flux, patterns))[1] == 'rule "r" takes none of its files, only *.gguf'
    (left,) = wanted(flux, takes).left_out
    assert (left.rule, left.config) == ("r", "comfyui_*_default.json")


@pytest.mark.parametrize(
    ("wanted_range", "version", "code"),
    [
        (">=0.5,<0.7", "0.6.0", None),
        (">=0.5,<0.7", "0.7.0", "version"),
        (">=0.5,<0.7", "0.7.0rc1", "version"),
        (">=0.5,<0.7", "0.6.0.dev1+g12", None),
        (">=0.5,<0.7", "", "bad_override"),
        (">=0.5,<0.7", "v1.10-3-gabcdef", "bad_override"),
        ("newest", "0.6.0", "bad_override"),
        (">=" + "9" * 300, "0.6.0", "bad_override"),
        ("", "what", None),
    ],
)
def test_a_model_is_linked_only_into_versions_it_is_meant_for(
    wanted_range: str, version: str, code: str | None
) -> None:
    limited = model(version_ranges={"ComfyUI": wanted_range, "forge": "nonsense"})
    got = wanted(limited, config(rule("r")), version=version)
    assert (got.left_out[0].code if got.left_out else None) == code
    assert bool(got.links) is (code is None)
    if code:
        assert wanted_range[:200] in got.left_out[0].reason
        assert code != "version" or got.left_out[0].reason.endswith(f"this is ComfyUI {version}")


def test_overrides_that_cannot_be_read_leave_the_model_out() -> None:
    damaged = model(version_ranges=None, overrides_problem="not JSON: line 1")
    assert reason(wanted(damaged, config(rule("r")))) == (
        "bad_override", "overrides.json cannot be read: not JSON: line 1",
    )  # fmt: skip


def test_a_packaged_rule_for_a_newer_folder_waits_for_the_folder() -> None:
    raft = model(kind=("vision", "optical_flow"))
    packaged = active(config(rule("optical_flow", filters={"subtype": "optical_flow"}), packaged=True))
    old = rules.wants([raft], packaged, app())
    assert reason(old)[1].startswith("this ComfyUI has no folder optical_flow")
    assert rules.wants([raft], packaged, app(), folders=["optical_flow"]).links
    assert rules.wants([raft], packaged, app(kind_folders={"optical_flow": "/srv/app/optical_flow"})).links
    mine = active(config(rule("optical_flow", filters={"subtype": "optical_flow"})))
    assert rules.wants([raft], mine, app()).links, "a rule of the user's own is taken at its word"


BASE = rule("r", filters={"tags": ["a", "b"], "families": "x"}, patterns=["*.pt", "*.bin"], description="d")


@pytest.mark.parametrize(
    "other",
    [
        {**BASE, "description": "other words"},
        {**BASE, "patterns": ["*.BIN", "*.pt", "*.pt"]},
        {**BASE, "filters": {"families": ["X"], "tags": ["B", "a"]}},
        {**BASE, "priority": 3},
    ],
)
def test_the_hash_stays_where_the_meaning_stays(other: dict[str, Any]) -> None:
    other_file = config(other, version="0.6.0")
    assert rules.rules_sha256(active(other_file)) == rules.rules_sha256(active(config(BASE)))


OTHER_FILTERS = (
    ("model_type", "llm"),
    ("subtype", "gguf"),
    ("families", "y"),
    ("tags", ["a"]),
    ("exclude_tags", "c"),
    ("base_model", "m"),
    ("min_size_mb", 1),
    ("max_size_mb", 1),
    ("security_tier", "safe"),
)


@pytest.mark.parametrize(
    "change",
    [
        {"name": "other"},
        {"target_subdir": "other"},
        {"patterns": ["*.pt"]},
        {"link_type": "directory"},
        {"link_name": "{stem}{ext}"},
        {"conflict": "skip"},
        {"enabled": False},
        {"filters": {}},
        *({"filters": BASE["filters"] | {name: value}} for name, value in OTHER_FILTERS),
    ],
)
def test_the_hash_changes_with_the_meaning(change: dict[str, Any]) -> None:
    before = rules.rules_sha256(active(config(BASE)))
    assert rules.rules_sha256(active(config({**BASE, **change}))) != before


def test_the_hash_tells_which_rule_is_heard_first() -> None:
    one = active(config(rule("a"), rule("b")))
    other = active(config(rule("a"), rule("b", priority=1)))
    assert rules.rules_sha256(one) != rules.rules_sha256(other)


def test_folders_no_rule_fills_are_offered_a_rule_that_is_off() -> None:
    known = rules.merged((config(rule("loras"), rule("off", enabled=False)),), "comfyui", "0.6.0")
    folders = [
        "loras",
        "loras/xl",
        "off",
        "ipadapter",
        "clip",
        "unet",
        "a{b}",
        "../x",
        "",
        "ultralytics/bbox",
    ]
    offered = rules.offered_rules(AppKind.COMFYUI, folders, known)
    assert [(r.name, r.target_subdir, r.enabled) for r in offered] == [
        ("ipadapter", "ipadapter", False),
        ("bbox", "ultralytics/bbox", False),
    ]


def test_an_offered_rule_that_is_switched_on_takes_only_what_is_tagged_for_it() -> None:
    (offered,) = rules.offered_rules(AppKind.COMFYUI, ["ipadapter"], ())
    on = config(offered.model_dump(mode="json", exclude_none=True) | {"enabled": True})
    assert wanted(model(tags=("IPAdapter",)), on).links[0].target == "ipadapter/pony.safetensors"
    assert not wanted(model(tags=("other",)), on).links


def test_an_offered_rule_never_takes_a_name_that_is_taken() -> None:
    known = rules.merged((config(rule("bbox", target_subdir="boxes")),), "comfyui", "0.6.0")
    (offered,) = rules.offered_rules(AppKind.COMFYUI, ["ultralytics/bbox"], known)
    assert offered.name == "ultralytics/bbox"


def test_two_folders_of_one_name_are_offered_rules_of_two_names() -> None:
    folders = ["mmdets/bbox", "ultralytics/bbox"]
    offered = rules.offered_rules(AppKind.COMFYUI, folders, ())
    assert [(one.name, one.target_subdir) for one in offered] == [
        ("bbox", "mmdets/bbox"),
        ("ultralytics/bbox", "ultralytics/bbox"),
    ]


@given(st.lists(st.text(), max_size=4))
def test_whatever_folders_an_app_has_the_offer_is_a_config(folders: list[str]) -> None:
    for offered in rules.offered_rules(AppKind.COMFYUI, folders, ()):
        assert config(offered.model_dump(mode="json", exclude_none=True)).mappings == (offered,)


def test_links_know_what_they_lead_to() -> None:
    pony = model(file("pony.safetensors", 7, place=(1, 2)))
    (link,) = wanted(pony, config(rule("r", conflict="skip"))).links
    assert (link.source, link.target, link.folder) == (
        "diffusion/sdxl/pony/pony.safetensors", "r/pony.safetensors", "r",
    )  # fmt: skip
    assert (link.size_bytes, link.place, link.sha256) == (7, (1, 2), pony.files[0].sha256)
    assert (link.rule, link.config, link.conflict.value) == ("r", "comfyui_*_default.json", "skip")
    assert not link.is_folder
