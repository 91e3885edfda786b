"""What a match may write: never what a person wrote, never what the header says, fields by who is surer."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from pumas_tui.core.domain import enriching, matching
from pumas_tui.core.domain.enriching import RemoteFacts
from pumas_tui.core.domain.hub_values import HubFile, HubModel
from pumas_tui.core.domain.matching import Subject, SubjectFile
from pumas_tui.core.domain.vocabulary import Trust
from pumas_tui.core.flows.identifying import alike

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FACTS = RemoteFacts("hub", {"official_name": "Tiny", "license": "mit", "tags": ["x"], "base_model": "org/b"})


def document(**values: Any) -> dict[str, Any]:
    return {
        "official_name": "tiny-q4",
        "trust": "pending",
        "lookup_attempts": 1,
        "future": {"a": 1},
        **values,
    }


def filled(doc: dict[str, Any], trust: Trust) -> dict[str, Any]:
    return enriching.settled(doc, trust, FACTS, ["said"], AT, 0.7)


@pytest.mark.parametrize("trust", [Trust.VERIFIED, Trust.HIGH])
def test_a_sure_match_fills_what_is_empty_or_guessed(trust: Trust) -> None:
    after = filled(document(field_sources={"official_name": "filename"}), trust)
    assert (after["official_name"], after["license"], after["tags"]) == ("Tiny", "mit", ["x"])
    assert after["field_sources"]["license"] == "hub"
    assert after["trust"] == trust.value
    assert after["future"] == {"a": 1}
    assert after["lookup_attempts"] == 2


def test_manual_and_header_fields_stay() -> None:
    sources = {"official_name": "manual", "base_model": "header", "license": "manual"}
    after = filled(document(base_model="SD 1.5", license="", field_sources=sources), Trust.VERIFIED)
    assert (after["official_name"], after["base_model"], after["license"]) == ("tiny-q4", "SD 1.5", "")
    assert after["tags"] == ["x"]


@pytest.mark.parametrize("trust", [Trust.LOW, Trust.MODIFIED, Trust.NONE])
def test_an_unsure_match_writes_its_badge_and_nothing_else(trust: Trust) -> None:
    before = document()
    after = filled(before, trust)
    changed = {key for key in after if after[key] != before.get(key)}
    assert changed == {"trust", "match", "lookup_attempts", "last_lookup_attempt"}
    assert after["match"]["evidence"] == ["said"]


def test_less_sure_never_replaces_surer() -> None:
    verified = filled(document(), Trust.VERIFIED)
    other = RemoteFacts("hub", {"license": "apache-2.0"})
    assert enriching.changes(verified, other, Trust.HIGH) == ()
    assert len(enriching.changes(verified, other, Trust.VERIFIED)) == 1


def test_a_badge_that_was_proven_is_not_lost_to_a_search_that_finds_less() -> None:
    verified = filled(document(), Trust.VERIFIED)
    after = enriching.settled(verified, Trust.NONE, None, ["nothing"], AT)
    assert (after["trust"], after["match"]) == ("verified", verified["match"])
    assert after["lookup_attempts"] == verified["lookup_attempts"] + 1


def test_a_model_that_is_manual_stays_byte_for_byte() -> None:
    protected = document(trust="manual")
    assert filled(protected, Trust.VERIFIED) == protected


def test_choosing_by_hand_takes_what_was_chosen_and_is_manual_afterwards() -> None:
    model = HubModel(
        "org/Tiny_Model", license="mit", tags=("flux", "license:mit"), files=(HubFile("t.gguf"),)
    )
    subject = Subject("tiny", (SubjectFile("tiny.gguf", 1, "a" * 64),))
    compared = matching.compare(subject, model, alike, proven=True)
    facts = enriching.facts_of(compared, "https://hub")
    own = document(field_sources={"notes": "manual"}, notes="mine")
    after = enriching.confirmed(own, compared, facts, AT, only=["license", "notes"])
    assert (after["license"], after["notes"], after["official_name"]) == ("mit", "mine", "tiny-q4")
    assert after["trust"] == "manual"
    assert after["match"]["source"] == "manual"
    assert facts.fields["family"] == "flux"
    assert facts.fields["tags"] == ["flux"]


def test_other_content_under_the_right_name_is_called_modified() -> None:
    file = HubFile("tiny.gguf", 1, "b" * 64)
    subject = Subject("tiny", (SubjectFile("tiny.gguf", 1, "a" * 64),))
    compared = matching.compare(subject, HubModel("org/Tiny", files=(file,)), alike, proven=True)
    assert compared.trust is Trust.MODIFIED
    assert enriching.facts_of(compared, "https://hub").fields["official_name"] == "Modified version of Tiny"
    published = replace(compared, trust=Trust.VERIFIED)
    assert enriching.facts_of(published, "https://hub").fields["official_name"] == "Tiny"
