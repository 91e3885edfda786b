"""Precision, quantisation and parameter count, counted from a header's tensors.

Scaled and packed forms are those of ComfyUI's quantised layers (`*.comfy_quant`, `*.weight_scale`), of its
older scaled fp8 (`scaled_fp8`, `*.scale_weight`), of gpt-oss (`*_blocks`, `*_scales`), of DeepSeek's fp8 in
blocks and of compressed-tensors.
"""

import math
from collections import Counter
from typing import Final, NamedTuple

from pumas_tui.core.domain.files import Candidate, Container, HeaderFacts
from pumas_tui.core.domain.identity_gguf import announced_parameters
from pumas_tui.core.domain.identity_rules import Claim

_PRECISIONS: Final = {
    "F64": "fp64", "F32": "fp32", "F16": "fp16", "BF16": "bf16", "F8_E4M3": "fp8_e4m3", "F8_E5M2": "fp8_e5m2",
    "F8_E4M3FNUZ": "fp8_e4m3", "F8_E5M2FNUZ": "fp8_e5m2", "F4": "fp4", "I8": "int8",
}  # fmt: skip
_PACKED: Final = ("U8", "I32", "F4", "F6_E2M3", "F6_E3M2")
"""Dtypes in which several weights may share one element: then elements are not parameters."""
_ASIDE: Final = (
    "comfy_quant", "weight_scale", "weight_scale_2", "weight_scale_inv", "scale_weight", "scale_input",
    "input_scale", "pre_quant_scale", "scaled_fp8", "spiece_model", "tekken_model", "tokenizer_json",
)  # fmt: skip
"""Last parts of names that hold scales, marks or tokenisers, and no weights."""


class _Form(NamedTuple):
    """A way to store weights in fewer bits: what must be there, and what the scales may be stored as."""

    quantization: str
    reason: str
    tail: str  # last part of a name that must be there
    dtypes: tuple[str, ...]  # of most weights
    scales: tuple[str, ...] = ()  # of the tensors with that tail; empty: any


_FORMS: Final = (
    _Form("nvfp4", "packed weights with scales of fp8 and a second scale", "weight_scale_2", ("U8", "F4")),
    _Form(
        "mxfp4",
        "packed weights with scales that are powers of two",
        "weight_scale",
        ("U8", "F4"),
        ("F8_E8M0",),
    ),
    _Form(
        "mxfp8", "fp8 weights with scales that are powers of two", "weight_scale", ("F8_E4M3",), ("F8_E8M0",)
    ),
    _Form("w4a8", "packed weights of 4 bits with scales", "weight_scale", ("U8",)),
    _Form("int8", "whole numbers with scales", "weight_scale", ("I8",)),
    _Form("fp8_scaled", "fp8 weights with scales", "weight_scale", ("F8_E4M3", "F8_E5M2")),
    _Form("fp8_scaled", "fp8 weights with scales", "scale_weight", ("F8_E4M3", "F8_E5M2")),
    _Form("fp8_scaled", "mark of scaled fp8", "scaled_fp8", ("F8_E4M3", "F8_E5M2")),
    _Form("fp8_block", "fp8 weights with inverse scales of blocks", "weight_scale_inv", ("F8_E4M3",)),
    _Form("mxfp4", "blocks and scales of experts", "gate_up_proj_blocks", ("U8", "BF16")),
    _Form("compressed-tensors", "packed weights of compressed-tensors", "weight_packed", ("I32", "U8")),
)
"""The first that fits counts."""


def precision_claims(facts: HeaderFacts) -> list[Claim]:
    """Precision (or a GGUF's quantisation) by what most elements are stored as, and the form they are in."""
    counts: Counter[str] = Counter()
    tails: dict[str, str] = {}
    for tensor in facts.tensors:
        tail = tensor.name.rpartition(".")[2]
        tails.setdefault(tail, tensor.dtype)
        if tail not in _ASIDE:
            counts[tensor.dtype] += math.prod(tensor.shape)
    total = counts.total()
    if not total:
        return []
    dtype, elements = counts.most_common(1)[0]
    reason = f"{100 * elements // total} % of all elements are {dtype}"
    found = _forms(tails, counts)
    if dtype in _PRECISIONS:
        found.append(Claim("dtypes", reason, {"precision": _PRECISIONS[dtype]}, 0.8))
    elif facts.container is Container.GGUF and not dtype.startswith(("I", "type-")):
        found.append(Claim("dtypes", reason, {"quantization": dtype}, 0.8))
    return found


def _forms(tails: dict[str, str], counts: Counter[str]) -> list[Claim]:
    """The scaled or packed form; a mixed file has it where any tensors are stored so."""
    for form in _FORMS:
        stored = tails.get(form.tail)
        if stored and counts.keys() & set(form.dtypes) and (not form.scales or stored in form.scales):
            return [Claim("scales", form.reason, {"quantization": form.quantization}, 0.85)]
    return []


def parameter_count(candidate: Candidate, facts: HeaderFacts) -> int | None:
    """Elements of all tensors, where this header speaks for all weights and no tensor is packed."""
    if facts.container is Container.GGUF:
        whole = facts.metadata.get("split.count", "0") in ("0", "1") and len(candidate.weights) <= 1
        return _elements(facts) if whole and facts.tensors else announced_parameters(facts)
    if len(candidate.weights) > 1 or any(member.shard_total for member in candidate.weights):
        return None
    dtypes = {
        tensor.dtype for tensor in facts.tensors if math.prod(tensor.shape) > 1 and not _aside(tensor.name)
    }
    return None if dtypes & set(_PACKED) else _elements(facts)


def _aside(name: str) -> bool:
    return name.rpartition(".")[2] in _ASIDE


def _elements(facts: HeaderFacts) -> int | None:
    return sum(math.prod(tensor.shape) for tensor in facts.tensors if not _aside(tensor.name)) or None
