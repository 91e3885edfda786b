"""Precision, quantisation and parameter count, counted from a header's tensors."""

import math
from collections import Counter
from typing import Final

from pumas_tui.core.domain.files import Candidate, Container, HeaderFacts
from pumas_tui.core.domain.identity_gguf import announced_parameters
from pumas_tui.core.domain.identity_rules import Claim

_PRECISIONS: Final = {
    "F64": "fp64", "F32": "fp32", "F16": "fp16", "BF16": "bf16", "F8_E4M3": "fp8_e4m3", "F8_E5M2": "fp8_e5m2",
    "F8_E4M3FNUZ": "fp8_e4m3", "F8_E5M2FNUZ": "fp8_e5m2", "F4": "fp4", "I8": "int8",
}  # fmt: skip
_PACKED: Final = ("U8", "I32", "F4", "F6_E2M3", "F6_E3M2")
"""Dtypes in which several weights may share one element: then elements are not parameters."""


def precision_claims(facts: HeaderFacts) -> list[Claim]:
    """Precision (or a GGUF's quantisation) by what most elements are stored as."""
    counts: Counter[str] = Counter()
    for tensor in facts.tensors:
        counts[tensor.dtype] += math.prod(tensor.shape)
    total = counts.total()
    if not total:
        return []
    dtype, elements = counts.most_common(1)[0]
    reason = f"{100 * elements // total} % of all elements are {dtype}"
    if dtype in _PRECISIONS:
        return [Claim("dtypes", reason, {"precision": _PRECISIONS[dtype]}, 0.8)]
    if facts.container is Container.GGUF and not dtype.startswith(("I", "type-")):
        return [Claim("dtypes", reason, {"quantization": dtype}, 0.8)]
    return []


def parameter_count(candidate: Candidate, facts: HeaderFacts) -> int | None:
    """Elements of all tensors, where this header speaks for all weights and no tensor is packed."""
    if facts.container is Container.GGUF:
        whole = facts.metadata.get("split.count", "0") in ("0", "1") and len(candidate.weights) <= 1
        return _elements(facts) if whole and facts.tensors else announced_parameters(facts)
    if len(candidate.weights) > 1 or any(member.shard_total for member in candidate.weights):
        return None
    dtypes = {tensor.dtype for tensor in facts.tensors if math.prod(tensor.shape) > 1}
    return None if dtypes & set(_PACKED) else _elements(facts)


def _elements(facts: HeaderFacts) -> int | None:
    return sum(math.prod(tensor.shape) for tensor in facts.tensors) or None
