"""What a candidate is, decided from header facts by tables of rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from pumas_tui.core.domain import (
    identity_adapter_rows,
    identity_denoiser_rows,
    identity_encoder_rows,
    identity_folders,
    identity_gguf,
    identity_language_rows,
    identity_lone_files,
    identity_part_rows,
    identity_patch_rows,
    identity_perception_rows,
    identity_texts,
    identity_vae_rows,
    identity_weights,
)
from pumas_tui.core.domain.files import Candidate, Container, HeaderFacts, SecurityTier
from pumas_tui.core.domain.identity_rules import Claim, Verdict, weigh
from pumas_tui.core.domain.tensor_names import TensorNames
from pumas_tui.core.domain.vocabulary import FieldSource

_TIERS = {
    Container.SAFETENSORS: SecurityTier.SAFE,
    Container.GGUF: SecurityTier.SAFE,
    Container.ONNX: SecurityTier.SAFE,
    Container.PICKLE: SecurityTier.PICKLE,
    Container.UNKNOWN: SecurityTier.UNKNOWN,
}


_ROWS = (
    *identity_adapter_rows.ROWS,
    *identity_part_rows.ROWS,
    *identity_vae_rows.ROWS,
    *identity_patch_rows.ROWS,
    *identity_perception_rows.ROWS,
    *identity_language_rows.ROWS,
    *identity_encoder_rows.ROWS,
)


@dataclass(frozen=True, slots=True)
class Identity:
    """What a model is, how sure we are (0–1), and the rows that decided. Empty text means not known."""

    model_type: str = "unknown"
    subtype: str = ""
    family: str = "unknown"
    official_name: str = ""
    precision: str = ""
    quantization: str = ""
    architecture: str = ""
    parameter_count: int | None = None
    context_length: int | None = None
    base_model: str = ""
    trigger_words: tuple[str, ...] = ()
    confidence: float = 0.0
    evidence: tuple[str, ...] = ()
    field_sources: Mapping[str, FieldSource] = field(default_factory=dict)


def security_tier(container: Container) -> SecurityTier:
    """What loading a file of this container can do."""
    return _TIERS[container]


def identify(
    candidate: Candidate, facts: HeaderFacts, documents: Mapping[str, object] = MappingProxyType({})
) -> Identity:
    """Decide what a candidate is. Never raises; `unknown` where no rule speaks.

    `documents` are those of a folder that is one model (`identity_folders`). A file's name, or a model card,
    counts only where the header says nothing of the type. Evidence is `rule: what was seen`.
    """
    header = identity_lone_files.settle(candidate, facts, _header_claims(facts))
    claims = [*header, *identity_folders.claims(documents)]
    verdict = weigh(claims)
    if "model_type" not in verdict.values:
        hints = identity_folders.card_claims(documents)
        if not facts.tensors:
            hints += identity_texts.name_claims(candidate.main.entry.name)
        verdict = weigh([*claims, *hints])
    values = verdict.values
    counted = {
        "parameter_count": identity_weights.parameter_count(candidate, facts),
        "context_length": identity_gguf.context_length(facts)
        if facts.container is Container.GGUF
        else identity_folders.context_length(documents),
    }
    words = identity_texts.trigger_words(facts)
    return Identity(
        model_type=values.get("model_type", "unknown"),
        subtype=values.get("subtype", ""),
        family=values.get("family", "unknown"),
        official_name=values.get("official_name", ""),
        precision=values.get("precision", ""),
        quantization=values.get("quantization", ""),
        architecture=values.get("architecture", ""),
        parameter_count=counted["parameter_count"],
        context_length=counted["context_length"],
        base_model=values.get("base_model", ""),
        trigger_words=words,
        confidence=verdict.weights.get("model_type", 0.0),
        evidence=tuple(f"{claim.rule}: {claim.reason}" for claim in verdict.decided_by),
        field_sources=_sources(verdict, {**counted, "trigger_words": words or None}),
    )


def _header_claims(facts: HeaderFacts) -> list[Claim]:
    """What everything in the header says, each row that holds as one claim."""
    found = identity_weights.precision_claims(facts)
    if facts.container is Container.GGUF:
        found.extend(identity_gguf.claims(facts))
    found.extend(identity_texts.metadata_claims(facts))
    names = TensorNames(facts.tensors, reversed_shapes=facts.container is Container.GGUF)
    found.extend(row.claim() for row in _ROWS if row.holds(names))
    found.extend(_denoiser_claims(names))
    return found


def _denoiser_claims(names: TensorNames) -> list[Claim]:
    """Rows of denoising networks, and whether VAE or text encoders stand beside it."""
    found = [
        row.claim()
        for row in identity_denoiser_rows.ROWS
        if any(row.holds(names, prefix) for prefix in names.prefixes)
    ]
    if found and not any("subtype" in claim.gives for claim in found):
        beside = [part for part in identity_denoiser_rows.BUNDLED if part in names]
        kind = "checkpoints" if beside else "diffusion_models"
        reason = f"{beside[0]} beside the denoiser" if beside else "a denoiser by itself"
        weight = max(claim.weight for claim in found)
        model_type = max(found, key=lambda claim: claim.weight).gives["model_type"]
        found.append(Claim("bundle", reason, {"model_type": model_type, "subtype": kind}, weight))
    return found


def _sources(verdict: Verdict, counted: Mapping[str, object]) -> dict[str, FieldSource]:
    """Where each field that is known comes from."""
    sources = dict(verdict.sources)
    sources.update({name: "header" for name, value in counted.items() if value is not None})
    return sources
