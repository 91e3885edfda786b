"""What may be edited, how it is checked, and what the document says afterwards."""

from collections.abc import Mapping
from typing import Any

import pytest

from pumas_tui.core.domain import editing, overrides
from pumas_tui.core.domain.editing import BadFieldError, Value
from pumas_tui.core.domain.vocabulary import MODEL_TYPES, subtypes_of

DOCUMENT: Mapping[str, Any] = {
    "model_type": "diffusion",
    "subtype": "loras",
    "family": "sdxl",
    "official_name": "Ink",
    "tags": ["b&w", "line art"],
    "notes": "",
    "context_length": None,
    "field_sources": {"model_type": "header", "family": "filename"},
    "from_the_future": {"kept": [None, 1.5]},
}


def after(changes: Mapping[str, Value]) -> dict[str, Any]:
    return editing.edited(DOCUMENT, editing.checked(changes))


def test_only_named_fields_change_and_become_manual() -> None:
    new = after({"name": " Ink wash ", "tags": "ink, wash,,ink", "notes": "first\r\nsecond\tline"})
    assert new["official_name"] == "Ink wash"
    assert new["tags"] == ["ink", "wash"]
    assert new["notes"] == "first\nsecond\tline"
    assert new["field_sources"] == {
        "model_type": "header",
        "family": "filename",
        "official_name": "manual",
        "tags": "manual",
        "notes": "manual",
    }
    same = set(DOCUMENT) - {"official_name", "tags", "notes", "field_sources"}
    assert {key: new[key] for key in same} == {key: DOCUMENT[key] for key in same}


def test_numbers_and_empty_values() -> None:
    assert after({"parameter_count": "7000000000"})["parameter_count"] == 7_000_000_000
    assert "context_length" not in after({"context_length": ""})
    assert after({"family": ""})["family"] == "unknown"
    assert after({"subtype": ""})["subtype"] == ""
    assert after({"trigger_words": ["one, two", "three"]})["trigger_words"] == ["one, two", "three"]
    assert after({"type": "llm", "subtype": "gguf"})["subtype"] == "gguf"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"uid": "x"}, "uid"),
        ({"files": "x"}, "files"),
        ({"trust": "verified"}, "trust"),
        ({"official_name": "  "}, "official_name"),
        ({"official_name": ["a", "list"]}, "official_name"),
        ({"official_name": "two\nlines"}, "official_name"),
        ({"official_name": "x" * 501}, "official_name"),
        ({"official_name": "\udcff"}, "official_name"),
        ({"family": "a/b"}, "family"),
        ({"model_type": "spaceship"}, "model_type"),
        ({"model_type": "llm"}, "subtype"),
        ({"subtype": "gguf"}, "subtype"),
        ({"tags": ["\x1b]52;c;x\x07"]}, "tags"),
        ({"tags": [str(n) for n in range(501)]}, "tags"),
        ({"notes": "bell\x07"}, "notes"),
        ({"notes": "x" * 100_001}, "notes"),
        ({"parameter_count": "many"}, "parameter_count"),
        ({"parameter_count": "-1"}, "parameter_count"),
        ({"context_length": "9" * 19}, "context_length"),
        ({"name": "a", "official_name": "b"}, "official_name"),
    ],
)
def test_bad_values_name_their_field(changes: Mapping[str, Value], field: str) -> None:
    with pytest.raises(BadFieldError) as caught:
        after(changes)
    assert caught.value.field == field
    assert caught.value.message.startswith(f"{field}: ")


def test_every_type_takes_its_subtypes() -> None:
    for model_type in MODEL_TYPES:
        for subtype in subtypes_of(model_type):
            assert after({"model_type": model_type, "subtype": subtype})["subtype"] == subtype


def test_tags_are_added_and_taken_out_without_regard_to_case() -> None:
    new = editing.tagged(DOCUMENT, ["Anime", "LINE ART"], ["B&W", "absent"])
    assert new["tags"] == ["line art", "Anime"]
    assert new["field_sources"]["tags"] == "manual"
    assert editing.tagged(DOCUMENT, ["b&w"], ["absent"]) == DOCUMENT
    assert editing.tagged(DOCUMENT, ["both"], ["both"]) == DOCUMENT
    with pytest.raises(BadFieldError, match="tags"):
        editing.tagged(DOCUMENT, [str(n) for n in range(499)], [])


def test_protect_sets_the_badge_and_keeps_what_is_known() -> None:
    new = editing.protected(DOCUMENT)
    assert new["trust"] == "manual"
    manual = {name for name, source in new["field_sources"].items() if source == "manual"}
    assert manual == {"model_type", "subtype", "family", "official_name", "tags"}
    assert editing.protected(new) == new


def test_what_others_changed_since_is_seen() -> None:
    wanted = editing.checked({"notes": "mine", "family": "flux"})
    seen = {**DOCUMENT, "notes": None}
    assert editing.unseen(wanted, DOCUMENT, seen) == ()
    assert editing.unseen(wanted, {**DOCUMENT, "notes": "theirs"}, seen) == ("notes",)
    assert editing.unseen(wanted, {**DOCUMENT, "notes": "mine"}, seen) == ()
    assert editing.unseen(wanted, {**DOCUMENT, "tags": []}, seen) == ()


def test_a_difference_tells_both_sides_and_nothing_else() -> None:
    found = editing.difference(DOCUMENT, after({"notes": "x", "context_length": ""}))
    assert found.before == {"notes": "", "context_length": None}
    assert found.after == {"notes": "x", "field_sources": {"notes": "manual", "context_length": "manual"}}
    assert not editing.difference(DOCUMENT, dict(DOCUMENT))


def test_ranges_of_versions() -> None:
    one = overrides.limited({"kept": 1}, " ComfyUI ", ">=0.5, <0.7")
    assert one == {"kept": 1, "version_ranges": {"comfyui": ">=0.5, <0.7"}}
    two = overrides.limited(one, "forge", "==1.*")
    assert overrides.ranges(overrides.parse(overrides.dump(two))) == {
        "comfyui": ">=0.5, <0.7",
        "forge": "==1.*",
    }
    assert overrides.limited(two, "comfyui", "") == {"kept": 1, "version_ranges": {"forge": "==1.*"}}
    for app, text in (
        ("comfyui", "latest"),
        ("comfyui", ">="),
        ("", ">=1"),
        ("a b", ">=1"),
        ("a\x1b", ">=1"),
    ):
        with pytest.raises(BadFieldError):
            overrides.limited({}, app, text)


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"{", b'{"version_ranges": 1}', b'{"version_ranges": {"a": 1}}', b"[" * 100_000]
)
def test_bad_overrides_are_told(raw: bytes) -> None:
    with pytest.raises(overrides.BadOverridesError):
        overrides.parse(raw)
