"""A made-up library of any size: real folders, real metadata.json, empty-ish weights. For measuring only."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from pumas_tui.core.domain import metadata as metadata_format
from pumas_tui.core.domain.files import ModelFormat, SecurityTier
from pumas_tui.core.domain.metadata import Hashes, Metadata, ModelFile
from pumas_tui.core.domain.vocabulary import Trust

_NAMES = [
    "Llama-3.1",
    "Qwen2.5",
    "Mistral-Nemo",
    "Gemma-2",
    "Phi-3.5",
    "DeepSeek-R1",
    "FLUX.1",
    "SDXL",
    "SD-v1-5",
    "Pony",
    "模型",
    "Wan2.1",
]
_SIZES = ["0.5b", "1b", "3b", "7b", "8b", "13b", "14b", "32b", "70b", "72b"]
_KINDS = ["instruct", "chat", "base", "coder", "vl", "merge", "roleplay", "lora", "vae", "inpaint", "turbo"]
_FORMS = ["Q4_K_M", "Q5_K_S", "Q8_0", "IQ2_XS", "fp16", "bf16", "fp8_e4m3fn", "nf4"]
_TYPES = (
    ("llm", "gguf"),
    ("diffusion", "checkpoints"),
    ("diffusion", "loras"),
    ("diffusion", "vae"),
    ("vlm", ""),
)
_WEIGHT = b"\x02\0\0\0\0\0\0\0{}"


def make_library(root: Path, count: int, seed: int = 1) -> None:
    """Fill `root/models` with `count` models. The library must have been made by `init`."""
    chance = random.Random(seed)
    for n in range(count):
        meta = _model(chance, n)
        folder = root / "models" / meta.model_id
        folder.mkdir(parents=True)
        (folder / meta.files[0].name).write_bytes(_WEIGHT)
        (folder / "metadata.json").write_bytes(metadata_format.dump(meta))


def _model(chance: random.Random, n: int) -> Metadata:
    words = [chance.choice(part) for part in (_NAMES, _SIZES, _KINDS, _FORMS)]
    name = f"{'-'.join(words)}-{n}"
    model_type, subtype = chance.choice(_TYPES)
    family = words[0].split("-")[0].lower()
    cleaned = name.lower()
    sha = f"{chance.getrandbits(256):064x}"
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=n)
    file = ModelFile(
        name=f"{cleaned}.safetensors",
        original_name=f"{name}.safetensors",
        size=len(_WEIGHT),
        sha256=sha,
        xxh3_128=f"{chance.getrandbits(128):032x}",
    )
    return Metadata(
        model_id=f"{model_type}/{family}/{cleaned}",
        uid=str(UUID(int=chance.getrandbits(128), version=4)),
        model_type=model_type,
        subtype=subtype,
        family=family,
        model_format=ModelFormat.SINGLE_FILE,
        official_name=name,
        cleaned_name=cleaned,
        tags=chance.sample(_KINDS, 2),
        trust=chance.choice(list(Trust)),
        security_tier=SecurityTier.SAFE,
        files=[file],
        hashes=Hashes(sha256=sha, xxh3_128=file.xxh3_128),
        size_bytes=chance.randrange(10**8, 10**11),
        added_date=at,
        updated_date=at,
    )
