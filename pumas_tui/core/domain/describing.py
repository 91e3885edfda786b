"""How a staged candidate becomes metadata: which field gets which value, and from which source."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pumas_tui.core.domain import naming
from pumas_tui.core.domain.files import Candidate, Member, Origin, Role, SecurityTier
from pumas_tui.core.domain.identity import Identity
from pumas_tui.core.domain.ids import ModelId, ModelUid, Sha256, Xxh3
from pumas_tui.core.domain.imports import ImportChoices, Inspected
from pumas_tui.core.domain.metadata import (
    Acknowledgement,
    Hashes,
    ImportOrigin,
    Metadata,
    ModelFile,
    PickleScan,
)
from pumas_tui.core.domain.pickle_verdict import PickleVerdict
from pumas_tui.core.domain.text import storable
from pumas_tui.core.domain.vocabulary import FieldSource, Trust, subtypes_of


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A member as it lies in staging: its name below the model directory and its hashes."""

    member: Member
    name: str
    sha256: Sha256
    xxh3_128: Xxh3


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Who, where and when; `at` in UTC."""

    at: datetime
    host: str
    user: str
    version: str


def staged_names(members: Sequence[Member]) -> dict[str, str]:
    """Source name -> name in the library, per member: NTFS-safe, unique without regard to case."""
    taken: set[str] = set()
    names: dict[str, str] = {}
    for member in members:
        parts = [naming.safe_file_name(part) for part in member.name.split("/")]
        wanted = "/".join(parts)
        name, n = wanted, 1
        while naming.fold(name) in taken:
            n += 1
            stem, dot, ext = wanted.rpartition(".")
            name = f"{stem}_{n}{dot}{ext}" if stem else f"{wanted}_{n}"
        taken.add(naming.fold(name))
        names[member.name] = name
    return names


def chosen_kind(identity: Identity, choices: ImportChoices) -> tuple[str, str, str]:
    """(model_type, subtype, family): what the user said, else what was identified where it goes with that."""
    model_type = choices.model_type or identity.model_type
    subtype = identity.subtype if identity.subtype in subtypes_of(model_type) else ""
    return model_type, choices.subtype or subtype, choices.family or identity.family


def chosen_model_id(inspected_name: str, identity: Identity, choices: ImportChoices) -> ModelId:
    """Where the model goes unless the name is taken."""
    model_type, _, family = chosen_kind(identity, choices)
    return naming.model_id(model_type, family, naming.cleaned_name(choices.name or inspected_name))


def metadata_of(
    inspected: Inspected,
    choices: ImportChoices,
    files: Sequence[StagedFile],
    uid: ModelUid,
    model_id: ModelId,
    now: Circumstances,
) -> Metadata:
    """The whole metadata.json of a fresh import."""
    candidate, identity = inspected.candidate, inspected.identity
    model_type, subtype, family = chosen_kind(identity, choices)
    main = next(f for f in files if f.member is candidate.main or f.member == candidate.main)
    weight_bytes = sum(f.member.entry.size for f in files if f.member.role is Role.WEIGHTS)
    pickle = inspected.security_tier is SecurityTier.PICKLE
    return Metadata(
        model_id=model_id,
        uid=uid,
        model_type=model_type,
        subtype=subtype,
        family=family,
        model_format=candidate.model_format,
        official_name=choices.name or _known_as(candidate, identity),
        cleaned_name=model_id.rsplit("/", 1)[-1],
        precision=identity.precision,
        quantization=identity.quantization,
        architecture=identity.architecture,
        parameter_count=identity.parameter_count,
        context_length=identity.context_length,
        base_model=identity.base_model,
        trigger_words=list(identity.trigger_words),
        tags=list(choices.tags),
        approx_weight_size_gb=round(weight_bytes / 2**30, 3),
        imported=_imported(candidate, choices, now),
        repo_id=candidate.origin.repo_id if candidate.origin else "",
        repo_revision=candidate.origin.revision if candidate.origin else "",
        trust=Trust.PENDING,
        field_sources=_sources(identity.field_sources, choices, candidate.origin),
        security_tier=inspected.security_tier,
        pickle_scan=_scan(inspected.pickle_scan, now),
        acknowledged=Acknowledgement(by=now.user, at=now.at, sha256=main.sha256) if pickle else None,
        files=[_file(f) for f in files],
        hashes=Hashes(sha256=main.sha256, xxh3_128=main.xxh3_128),
        size_bytes=sum(f.member.entry.size for f in files),
        added_date=now.at,
        updated_date=now.at,
    )


def source_of(candidate: Candidate) -> str:
    """Where it came from, as metadata keeps it: its path, of a download the repository and its revision."""
    if candidate.origin is not None and candidate.origin.downloaded:
        return f"{candidate.origin.repo_id}@{candidate.origin.revision}"
    return storable(candidate.source)[0]


def _imported(candidate: Candidate, choices: ImportChoices, now: Circumstances) -> ImportOrigin:
    downloaded = candidate.origin is not None and candidate.origin.downloaded
    return ImportOrigin(
        source=source_of(candidate),
        mode="download" if downloaded else choices.mode.value,
        host=now.host,
        version=now.version,
        at=now.at,
    )


def _scan(verdict: PickleVerdict | None, now: Circumstances) -> PickleScan | None:
    if verdict is None:
        return None
    found = [storable(name)[0] for name in verdict.globals]
    return PickleScan(
        verdict=verdict.verdict.value, globals=found, reason=storable(verdict.reason)[0], at=now.at
    )


def _known_as(candidate: Candidate, identity: Identity) -> str:
    """What the user called it; the header's name only where the file's says nothing."""
    own = storable(candidate.name)[0]
    stem, _ = naming.split_extension(candidate.main.name)
    nameless = not candidate.folder and naming.is_generic(stem)
    return identity.official_name or own if nameless else own


def _file(staged: StagedFile) -> ModelFile:
    text, raw = storable(staged.member.name)
    return ModelFile(
        name=staged.name,
        original_name=text,
        original_name_hex=raw,
        size=staged.member.entry.size,
        sha256=staged.sha256,
        xxh3_128=staged.xxh3_128,
        role=staged.member.role,
        shard_index=staged.member.shard_index,
        shard_total=staged.member.shard_total,
    )


def _sources(
    identified: Mapping[str, FieldSource], choices: ImportChoices, origin: Origin | None
) -> dict[str, FieldSource]:
    sources = dict(identified)
    if origin is not None:
        told = {"repo_id": origin.repo_id, "repo_revision": origin.revision}
        sources.update({field: origin.told_by for field, value in told.items() if value})
    said = {
        "model_type": choices.model_type,
        "subtype": choices.subtype,
        "family": choices.family,
        "official_name": choices.name,
        "tags": choices.tags,
    }
    sources.update({field: "manual" for field, value in said.items() if value})
    return sources
