"""The payload of an import job: JSON values written at submit, read by the runner and shown by front ends.

Paths keep undecodable bytes as lone surrogates; whoever stores the payload writes JSON with ensure_ascii.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pumas_tui.core.domain import describing
from pumas_tui.core.domain.files import (
    Candidate,
    FileEntry,
    Member,
    ModelFormat,
    Origin,
    Role,
    SecurityTier,
)
from pumas_tui.core.domain.ids import ModelUid
from pumas_tui.core.domain.imports import DuplicatePolicy, ImportChoices, ImportMode, Inspected
from pumas_tui.core.domain.jobs import Need, NeedKind


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """What a job is to import: the candidate as it was seen, the choices, and the uid it will have."""

    candidate: Candidate
    choices: ImportChoices
    uid: ModelUid


def encode(inspected: Inspected, choices: ImportChoices, uid: ModelUid) -> dict[str, Any]:
    """The payload of one candidate."""
    candidate = inspected.candidate
    model_type, subtype, family = describing.chosen_kind(inspected.identity, choices)
    return {
        "name": candidate.name,
        "size_bytes": candidate.size_bytes,
        "model_format": candidate.model_format.value,
        "security_tier": inspected.security_tier.value,
        "container": inspected.container.value,
        "pickle_scan": inspected.pickle_scan.facts if inspected.pickle_scan else None,
        "sources": [m.entry.path for m in candidate.members],
        "model_id": describing.chosen_model_id(candidate.name, inspected.identity, choices),
        "model_type": model_type,
        "subtype": subtype,
        "family": family,
        "missing": list(candidate.missing),
        "short": [asdict(part) for part in inspected.short],
        "shards": _shards(inspected),
        "evidence": list(inspected.identity.evidence),
        "uid": uid,
        "members": [_member(m) for m in candidate.members],
        "complete_known": candidate.complete_known,
        "folder": candidate.folder,
        "main_name": candidate.main_name,
        "origin": asdict(candidate.origin) if candidate.origin else None,
        "choices": encoded_choices(choices),
    }


def encoded_choices(choices: ImportChoices) -> dict[str, Any]:
    """Choices as JSON values, as `choices_of` reads them."""
    return {**asdict(choices), "tags": list(choices.tags)}


def _shards(inspected: Inspected) -> dict[str, int]:
    """How many parts are whole, and how many there should be."""
    candidate = inspected.candidate
    total = candidate.parts_present + len(candidate.missing)
    return {"present": inspected.whole_parts, "total": total}


def _member(member: Member) -> dict[str, Any]:
    return {
        **asdict(member.entry),
        "name": member.name,
        "role": member.role.value,
        "shard_index": member.shard_index,
        "shard_total": member.shard_total,
        "expected_sha256": member.expected_sha256,
    }


def decode(payload: Mapping[str, Any]) -> ImportOrder:
    """The order behind a payload that `encode` made."""
    members = tuple(
        Member(
            FileEntry(m["path"], m["size"], m["mtime_ns"], m["ino"], m["dev"]),
            m["name"],
            Role(m["role"]),
            m["shard_index"],
            m["shard_total"],
            m.get("expected_sha256", ""),
        )
        for m in payload["members"]
    )
    candidate = Candidate(
        name=payload["name"],
        model_format=ModelFormat(payload["model_format"]),
        members=members,
        missing=tuple(payload["missing"]),
        complete_known=payload["complete_known"],
        folder=payload.get("folder", ""),
        main_name=payload.get("main_name", ""),
        origin=Origin(**origin) if (origin := payload.get("origin")) else None,
    )
    return ImportOrder(candidate, choices_of(payload), ModelUid(payload["uid"]))


def choices_of(payload: Mapping[str, Any]) -> ImportChoices:
    """What the user decided."""
    said = payload["choices"]
    return ImportChoices(
        **{
            **said,
            "mode": ImportMode(said["mode"]),
            "duplicates": DuplicatePolicy(said["duplicates"]),
            "tags": tuple(said["tags"]),
        }
    )


def uid_of(payload: Mapping[str, Any]) -> ModelUid:
    """The uid that the model will have."""
    return ModelUid(payload["uid"])


def open_needs(inspected: Inspected, choices: ImportChoices, answers: Mapping[str, str]) -> tuple[Need, ...]:
    """Questions that stand between this candidate and its import."""
    candidate = inspected.candidate
    needs = []
    pickle_ok = choices.accept_pickle or answers.get(NeedKind.PICKLE) == "accept"
    if inspected.security_tier is SecurityTier.PICKLE and not pickle_ok:
        facts: dict[str, Any] = {
            "name": candidate.name,
            "sources": [m.entry.path for m in candidate.weights],
            "scan": inspected.pickle_scan.facts if inspected.pickle_scan else None,
        }
        needs.append(Need(NeedKind.PICKLE, ("accept", "refuse"), facts))
    missing_ok = choices.accept_missing or answers.get(NeedKind.MISSING_PART) == "import"
    if inspected.short or (candidate.missing and not missing_ok):
        facts = {
            "name": candidate.name,
            "missing": list(candidate.missing),
            "short": [asdict(part) for part in inspected.short],
            **_shards(inspected),
            "folder": candidate.folder or candidate.main.entry.path.rpartition("/")[0],
        }
        # What is absent may come later; half a file in a model would only ever be wrong.
        choices_left = ("refuse",) if inspected.short else ("import", "refuse")
        needs.append(Need(NeedKind.MISSING_PART, choices_left, facts))
    return tuple(needs)


def may_rename(choices: ImportChoices, answers: Mapping[str, str]) -> bool:
    """Where the name is taken by other content, the model gets another one without a question."""
    asked = choices.rename_taken or answers.get(NeedKind.NAME_TAKEN) == "rename"
    return asked or duplicate_policy(choices, answers) is DuplicatePolicy.IMPORT


def duplicate_policy(choices: ImportChoices, answers: Mapping[str, str]) -> DuplicatePolicy:
    """What to do with content that is known: the answer to the question beats the choice before."""
    answered = answers.get(NeedKind.DUPLICATE)
    return DuplicatePolicy(answered) if answered in ("skip", "import") else choices.duplicates
