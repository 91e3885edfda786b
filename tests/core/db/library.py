"""Synthetic libraries for tests and benchmarks of the index: seeded, with names as model hubs have them."""

import random
from collections.abc import Iterator
from uuid import UUID

from pumas_tui.core.db.index_schema import FileStamp, IndexedFile, IndexRecord
from pumas_tui.core.domain.files import ModelFormat, SecurityTier
from pumas_tui.core.domain.ids import ModelId, ModelUid
from pumas_tui.core.domain.models import ModelRow
from pumas_tui.core.domain.vocabulary import Trust

_FAMILIES = {
    "llm": ("llama", "qwen", "mistral", "gemma", "phi", "deepseek", "yi"),
    "diffusion": ("stable-diffusion", "sdxl", "flux", "pony", "illustrious", "wan"),
}
_SUBTYPES = {
    "llm": ("gguf", "transformers", "lora"),
    "diffusion": ("checkpoints", "loras", "vae", "controlnet"),
}
_SIZES = ("1.5b", "3b", "7b", "8b", "13b", "34b", "70b", "8x7b")
_TUNES = ("instruct", "chat", "base", "coder", "vision", "r1", "distill", "abliterated", "simpo")
_QUANTS = ("Q4_K_M", "Q5_K_S", "Q8_0", "IQ2_XS", "fp16", "bf16", "AWQ", "int4")
_STYLES = (
    "anime",
    "photo",
    "pixel-art",
    "watercolor",
    "detail_tweaker",
    "add-detail",
    "线稿",
    "水墨画",
    "ghibli",
)
_WORDS = ("night", "ocean", "ruby", "falcon", "ember", "cedar", "quartz", "violet", "comet", "maple", "drift")


def record(
    name: str,
    *,
    number: int = 0,
    model_type: str = "llm",
    subtype: str = "gguf",
    family: str = "llama",
    size: int = 4_000_000_000,
    tags: tuple[str, ...] = (),
    trust: Trust = Trust.NONE,
    tier: SecurityTier = SecurityTier.SAFE,
    added_at: float = 1_700_000_000.0,
    notes: tuple[str, ...] = (),
    stem: str | None = None,
) -> IndexRecord:
    """One model with one file. Uid, hash and inode follow from `number`."""
    uid = ModelUid(str(UUID(int=number)))
    stem = name.lower().replace(" ", "_") if stem is None else stem
    sha256 = f"{number:064x}"
    row = ModelRow(
        uid=uid,
        model_id=ModelId(f"{model_type}/{family}/{stem}"),
        official_name=name,
        model_type=model_type,
        subtype=subtype,
        family=family,
        model_format=ModelFormat.SINGLE_FILE,
        size_bytes=size,
        file_count=1,
        trust=trust,
        security_tier=tier,
        acknowledged=False,
        sha256=sha256,
        added_at=added_at,
        tags=tags,
    )
    file = IndexedFile(f"{stem}.safetensors", size, sha256)
    return IndexRecord(row, FileStamp(number, 900 + number % 100, number, uid), (file,), notes=notes)


def records(count: int, seed: int = 1) -> Iterator[IndexRecord]:
    """`count` models; the same for the same seed."""
    rng = random.Random(seed)
    for number in range(1, count + 1):
        model_type = rng.choice(tuple(_FAMILIES))
        family = rng.choice(_FAMILIES[model_type])
        word = f"{rng.choice(_WORDS)}{rng.choice(_WORDS)}"
        if model_type == "llm":
            name = (
                f"{family.title()}-{rng.randint(1, 4)}.{rng.randint(0, 5)}-{rng.choice(_SIZES)}-"
                f"{word.title()}-{rng.choice(_TUNES)}-{rng.choice(_QUANTS)}-v{number}"
            )
        else:
            name = (
                f"{family}_{rng.choice(_STYLES)}_{word}_v{rng.randint(1, 9)}.{number}-{rng.choice(_QUANTS)}"
            )
        yield record(
            name,
            number=number,
            model_type=model_type,
            subtype=rng.choice(_SUBTYPES[model_type]),
            family=family,
            size=rng.randrange(10_000_000, 60_000_000_000),
            tags=tuple(rng.sample(_STYLES, 2)),
            trust=rng.choice(tuple(Trust)),
            tier=rng.choice(tuple(SecurityTier)),
            added_at=1_700_000_000.0 + rng.randrange(50_000_000),
        )
