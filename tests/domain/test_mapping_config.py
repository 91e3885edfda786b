"""Mapping configs: what a file may say, and what a person is told who wrote it wrong."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pumas_tui.core.domain import mapping_config
from pumas_tui.core.domain.mapping_config import BadConfigError, Layer, LinkType
from tests.support.mapped import config, raw_config, rule

NAME = "comfyui_*_default.json"


def refusal(raw: bytes, name: str = NAME) -> BadConfigError:
    with pytest.raises(BadConfigError) as caught:
        mapping_config.parse(raw, name)
    return caught.value


def refused_rule(**change: Any) -> BadConfigError:
    """The error of a config whose second rule has this in it."""
    return refusal(raw_config(rule(), rule("second", **change))[0])


def test_a_config_says_what_it_was_written_with() -> None:
    written = rule(
        "big loras",
        target_subdir="loras/{family}",
        patterns=["*.safetensors", "*.pt"],
        filters={"subtype": "loras", "tags": ["style", "face"], "min_size_mb": 10, "security_tier": "safe"},
        conflict="skip",
        link_name="{cleaned_name}{ext}",
        priority=5,
        enabled=False,
    )
    (got,) = config(written).mappings
    assert (got.name, got.target_subdir, got.patterns) == (
        "big loras", "loras/{family}", ("*.safetensors", "*.pt"),
    )  # fmt: skip
    assert (got.filters.subtype, got.filters.tags) == (("loras",), ("style", "face"))
    assert (got.filters.min_size_mb, got.filters.max_size_mb) == (10, None)
    assert (got.link_type, got.conflict.value, got.priority, got.enabled) == (LinkType.FILE, "skip", 5, False)


def test_a_config_comes_back_as_it_was_dumped() -> None:
    made = config(
        rule("a", filters={"subtype": ["loras", "vae"], "families": "flux", "max_size_mb": 1.5}),
        rule("b", target_subdir="", link_type="directory", link_name="{cleaned_name}"),
        version="0.3.64",
        variant="sdxl-only",
    )
    assert made.file == "comfyui_0.3.64_sdxl-only.json"
    assert mapping_config.parse(mapping_config.dump(made), made.file) == made


def test_packaged_and_user_configs_are_told_apart() -> None:
    assert config(rule(), packaged=True).layer is Layer.PACKAGED
    assert config(rule()).layer is Layer.USER
    assert b"layer" not in mapping_config.dump(config(rule(), packaged=True))


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"filtres": {}}, "filtres", "not known"),
        ({"filters": {"subtyp": "vae"}}, "filters.subtyp", "not known"),
        ({"filters": {"subtype": "lorax"}}, "filters.subtype", '"lorax" is not known; one of checkpoints'),
        ({"filters": {"model_type": "llms"}}, "filters.model_type", '"llms" is not known'),
        ({"filters": {"security_tier": "good"}}, "filters.security_tier", "safe, unknown, pickle"),
        ({"filters": {"min_size_mb": "3"}}, "filters.min_size_mb", "number"),
        ({"filters": {"min_size_mb": 3, "max_size_mb": 2}}, "filters", "more than max_size_mb"),
        ({"filters": {"tags": [1]}}, "filters.tags[0]", "string"),
        ({"filters": {"tags": ["a\nb"]}}, "filters.tags[0]", "control characters"),
        ({"target_subdir": "../loras"}, "target_subdir", "no .."),
        ({"target_subdir": "a/../../b"}, "target_subdir", "no .."),
        ({"target_subdir": "/etc"}, "target_subdir", "relative"),
        ({"target_subdir": "a//b"}, "target_subdir", "no empty part"),
        ({"target_subdir": "."}, "target_subdir", "made of names"),
        ({"target_subdir": "a\\b"}, "target_subdir", "backslash"),
        ({"target_subdir": "a\0"}, "target_subdir", "control characters"),
        ({"target_subdir": "{name}"}, "target_subdir", "{name} is not known; one of {cleaned_name}"),
        ({"target_subdir": "{family"}, "target_subdir", "brace"),
        ({"target_subdir": "a/" * 17 + "b"}, "target_subdir", "at most 16 parts"),
        ({"target_subdir": "é" * 128}, "target_subdir", "255 bytes"),
        ({"patterns": []}, "patterns", "at least 1"),
        ({"patterns": ["*.safetensors", "a/*"]}, "patterns", "no slash"),
        ({"patterns": ["*" * 129]}, "patterns[0]", "at most 128"),
        ({"link_name": "a/{stem}"}, "link_name", "slash"),
        ({"link_name": ""}, "link_name", "leave it out"),
        ({"link_type": "hard"}, "link_type", "'file' or 'directory'"),
        ({"conflict": "delete"}, "conflict", "'ask', 'skip', 'overwrite' or 'rename'"),
        ({"enabled": "no"}, "enabled", "boolean"),
        ({"priority": 1.5}, "priority", "integer"),
        ({"priority": 10**6}, "priority", "less than or equal to 1000"),
    ],
)
def test_an_error_names_file_field_and_line(change: dict[str, Any], field: str, said: str) -> None:
    error = refused_rule(**change)
    assert (error.file, error.field) == (NAME, f"mappings[1].{field}")
    assert said in error.message
    lines = raw_config(rule(), rule("second", **change))[0].decode().splitlines()
    assert error.line is not None
    assert field.rpartition(".")[2].partition("[")[0] in "\n".join(lines[error.line - 2 : error.line])
    assert str(error).startswith(f"{NAME}, line {error.line}: mappings[1].{field}: ")


def test_what_is_missing_is_named_with_the_line_of_what_lacks_it() -> None:
    document = json.loads(raw_config(rule(), rule("second"))[0])
    del document["mappings"][1]["patterns"]
    text = json.dumps(document, indent=1)
    error = refusal(text.encode())
    assert (error.field, error.message) == ("mappings[1].patterns", "is missing")
    assert text.splitlines()[(error.line or 0) - 1].strip() == "{"
    assert '"second"' in text.splitlines()[error.line or 0]


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("forge_*_default.json", "app"),
        ("comfyui_0.6.0_default.json", "version"),
        ("comfyui_*_sdxl-only.json", "variant"),
        ("comfyui.json", "app"),
    ],
)
def test_a_file_name_that_disagrees_is_an_error_naming_both(name: str, field: str) -> None:
    error = refusal(raw_config(rule())[0], name)
    assert error.field == field
    assert name in error.message and NAME in error.message


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('{"app": "comfyui",\n "version": *}', 2, "not JSON: column 13"),
        ('{"app": "comfyui",\n\n "mappings": [', 3, "not JSON"),
        ("", 1, "not JSON"),
        ("[]", 1, "must be a JSON object"),
        ('{"a": 1, "a": 2}', None, '"a" stands twice'),
        ('{"a": NaN}', None, "NaN"),
        ('{"a": ' + "9" * 9999 + "}", None, "not JSON"),
        ("[" * 100_000, None, "nested too deep"),
        ('{"a":' * 40_000, None, "nested too deep"),
        ('{"app": "\\ud800"}', 1, "JSON"),
    ],
)
def test_what_is_no_config_is_refused_where_it_breaks(text: str, line: int | None, said: str) -> None:
    error = refusal(text.encode())
    assert error.line == line
    assert said in str(error)


def test_bytes_that_are_no_text_are_refused() -> None:
    assert "not UTF-8" in refusal(b'{"app": "\xff"}').message
    assert "larger than" in refusal(b" " * (mapping_config.MAX_BYTES + 1)).message


def test_a_byte_order_mark_is_no_error() -> None:
    raw, name = raw_config(rule())
    assert mapping_config.parse(b"\xef\xbb\xbf" + raw, name).mappings


def test_two_rules_of_one_name_are_refused() -> None:
    error = refusal(raw_config(rule(), rule())[0])
    assert (error.field, error.message) == ("mappings", 'two rules are named "loras"')


def test_a_large_bad_config_is_refused_by_what_comes_first() -> None:
    before, _, after = raw_config(rule())[0].decode().replace(" ", "").partition('{\n"name')
    many = before + "{}," * 80_000 + '{"name' + after
    assert refusal(many.encode()).field == "mappings[0].name"
    twins = "{" + ",".join(f'"{n}":1' for n in range(20_000)) + ',"0":1}'
    assert '"0" stands twice' in refusal(twins.encode()).message
    assert refused_rule(patterns=["*"] * 20_000).field == "mappings[1].patterns"
    rules = [rule(str(n), patterns=["*"]) for n in range(501)]
    assert refusal(json.dumps(json.loads(raw_config(*rules)[0])).encode()).field == "mappings"


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_config_or_a_bad_config(raw: bytes) -> None:
    refusal(raw)


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=5,
    ),
    st.sampled_from([*rule(), "filters", "link_name", "priority", "enabled", "conflict", "description"]),
)
def test_any_value_in_any_field_is_taken_or_refused_by_its_name(value: object, field: str) -> None:
    raw, name = raw_config(rule("first"), {**rule("second"), field: value})
    try:
        mapping_config.parse(raw, name)
    except BadConfigError as error:
        assert error.field.startswith("mappings")
