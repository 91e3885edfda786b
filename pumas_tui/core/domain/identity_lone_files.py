"""A language model in one file of its own is most likely the text encoder of an image model.

Tensors cannot tell: the same Qwen or Gemma serves both. Who runs a language model needs its config and
tokeniser beside it, and publishes it as model.safetensors or in shards; image apps take the bare file under a
name of its own. So the layout decides, with less confidence than tensors would give.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from pumas_tui.core.domain.files import Candidate, Container, HeaderFacts, ModelFormat
from pumas_tui.core.domain.identity_rules import Claim

_CONFIDENCE: Final = 0.6
_KIND: Final = {"model_type": "diffusion", "subtype": "text_encoders"}
_OF_TRANSFORMERS: Final = re.compile(
    r"(model|pytorch_model|consolidated|weights|adapter_model)([._-].*)?", re.I
)
"""Stems that publishers of language models use."""


def settle(candidate: Candidate, facts: HeaderFacts, claims: Sequence[Claim]) -> list[Claim]:
    """The claims, those for a language model weakened to a text encoder where it is a lone file."""
    if not _lone(candidate, facts):
        return list(claims)
    settled = [_as_encoder(claim) if _language(claim) else claim for claim in claims]
    if settled != list(claims):
        reason = "a language model in one file, without config or tokeniser"
        settled.append(Claim("lone-file", reason, _KIND, _CONFIDENCE))
    return settled


def _lone(candidate: Candidate, facts: HeaderFacts) -> bool:
    names = {member.name.rpartition("/")[2].lower() for member in candidate.members}
    stem = candidate.main.name.rpartition("/")[2].rpartition(".")[0]
    return (
        facts.container is Container.SAFETENSORS
        and candidate.model_format is ModelFormat.SINGLE_FILE
        and "config.json" not in names
        and not _OF_TRANSFORMERS.fullmatch(stem)
    )


def _language(claim: Claim) -> bool:
    return claim.gives.get("model_type") in ("llm", "vlm") and claim.gives.get("subtype", "") in (
        "",
        "transformers",
    )


def _as_encoder(claim: Claim) -> Claim:
    return replace(claim, gives={**claim.gives, **_KIND}, weight=min(claim.weight, _CONFIDENCE))
