"""What safetensors metadata and, as the last resort, a file's name say.

Metadata keys: `ss_*` of kohya's trainer, `modelspec.*` of https://github.com/Stability-AI/ModelSpec.
"""

import json
import re
from typing import Any, Final

from pumas_tui.core.domain.files import Container, HeaderFacts
from pumas_tui.core.domain.identity_rules import Claim

_BASES: Final = (
    (r"sd_?v?1|stable-diffusion-v1", "stable-diffusion", "SD 1.x"),
    (r"sd_?v?2|stable-diffusion-v2", "stable-diffusion", "SD 2.x"),
    (r"sdxl|stable-diffusion-xl", "sdxl", "SDXL"),
    (r"sd3|stable-diffusion-v?3", "sd3", "SD 3"),
    (r"flux-?2", "flux2", "Flux.2"),
    (r"flux-?1|flux$", "flux", "Flux.1"),
    (r"chroma", "chroma", "Chroma"),
    (r"hunyuan[_-]?video", "hunyuan-video", "HunyuanVideo"),
    (r"wan[_-]?2|wan[_-]?video|wan$", "wan", "Wan"),
    (r"qwen[_-]?image", "qwen-image", "Qwen-Image"),
    (r"z[_-]?image", "z-image", "Z-Image"),
    (r"lumina[_-]?2", "lumina2", "Lumina 2"),
    (r"ltx-?2", "ltx-video", "LTX-2"),
    (r"ltx", "ltx-video", "LTX-Video"),
    (r"hidream", "hidream", "HiDream"),
    (r"auraflow", "auraflow", "AuraFlow"),
    (r"anima", "anima", "Anima"),
    (r"krea-?2", "krea", "Krea 2"),
    (r"pixart", "pixart", "PixArt"),
    (r"kandinsky-?5", "kandinsky", "Kandinsky 5"),
    (r"ace-?step", "ace-step", "ACE-Step"),
    (r"stable-cascade", "stable-cascade", "Stable Cascade"),
)
"""How bases are spelled in metadata, matched from the start: family and base model."""

_ADAPTER_KINDS: Final = {"lora": "loras", "textual-inversion": "embeddings", "controlnet": "controlnet"}

_NAMES: Final = (
    (
        r"v1-5-pruned(-emaonly)?|sd-v1-[1-5](-inpainting)?|sd_v1-[45]",
        "diffusion",
        "checkpoints",
        "stable-diffusion",
    ),
    (r"v2-1_(512|768)-(ema-pruned|nonema-pruned)", "diffusion", "checkpoints", "stable-diffusion"),
    (r"sd_xl_(base|refiner)_[01]\.[09](_0\.9vae)?", "diffusion", "checkpoints", "sdxl"),
    (r"vae-ft-(mse|ema)-\d+-ema-pruned", "diffusion", "vae", ""),
    (r"control_v11[a-z0-9]+_sd15[a-z0-9_]*", "diffusion", "controlnet", "stable-diffusion"),
    (r"RealESRGAN_x[24]plus(_anime_6B)?|4x-UltraSharp|ESRGAN_4x", "diffusion", "upscale_models", "esrgan"),
    (r"(ggml-)?silero[_-](vad[a-z0-9_.]*|v\d+\.\d+\.\d+)", "audio", "", "silero-vad"),
    (r"ggml-((tiny|base|small|medium)\.en|large-v[123](-turbo)?)(-q\d_\d)?", "audio", "", "whisper"),
)
"""Names given by publishers and nobody else, matched whole without their extension."""

_MOST_TRIGGERS: Final = 8
_LARGEST_JSON: Final = 256 << 10  # characters


def metadata_claims(facts: HeaderFacts) -> list[Claim]:
    """What `__metadata__` of a safetensors file says of base, kind and title."""
    if facts.container is not Container.SAFETENSORS:
        return []
    found: list[Claim] = []
    trained_on = facts.metadata.get("ss_base_model_version", "").lower()
    architecture = facts.metadata.get("modelspec.architecture", "").lower()
    for key, text in (("ss_base_model_version", trained_on), ("modelspec.architecture", architecture)):
        base = _base(text)
        if base:
            gives = {"model_type": "diffusion", "family": base[0], "base_model": base[1]}
            found.append(Claim("metadata-base", f"{key} is {text[:60]}", gives, 0.88))
    kind = _ADAPTER_KINDS.get(architecture.rpartition("/")[2] if "/" in architecture else "")
    if kind:
        gives = {"model_type": "diffusion", "subtype": kind}
        found.append(Claim("metadata-kind", f"modelspec.architecture is {architecture[:60]}", gives, 0.88))
    if architecture:
        given = {"architecture": architecture[:80]}
        found.append(Claim("metadata-architecture", "modelspec.architecture", given, 0.8))
    title = facts.metadata.get("modelspec.title", "").strip()
    if title:
        found.append(Claim("metadata-title", "modelspec.title", {"official_name": title[:200]}, 0.9))
    return found


def name_claims(file_name: str) -> list[Claim]:
    """What a file's name says, where nobody else gives such names."""
    stem = re.sub(r"\.[A-Za-z]+$", "", file_name)
    for pattern, model_type, subtype, family in _NAMES:
        if re.fullmatch(pattern, stem, re.IGNORECASE):
            gives = {"model_type": model_type, "subtype": subtype, "family": family}
            return [Claim("file-name", f"named {stem[:60]}", gives, 0.3, source="filename")]
    return []


def trigger_words(facts: HeaderFacts) -> tuple[str, ...]:
    """Words that call an adapter: modelspec's, else tags that every training picture of a folder had."""
    phrase = facts.metadata.get("modelspec.trigger_phrase", "").strip()
    if phrase:
        return _unique(phrase.split(","))
    tags, folders = _object(facts, "ss_tag_frequency"), _object(facts, "ss_dataset_dirs")
    words: list[str] = []
    for folder, counts in tags.items():
        known = folders.get(folder)
        pictures = known.get("img_count") if isinstance(known, dict) else None
        if isinstance(counts, dict) and isinstance(pictures, int) and pictures > 1:
            words.extend(tag for tag, count in counts.items() if isinstance(count, int) and count >= pictures)
    return _unique(words)


def _unique(words: list[str]) -> tuple[str, ...]:
    clean = (word.strip()[:80] for word in words)
    return tuple(dict.fromkeys(word for word in clean if word))[:_MOST_TRIGGERS]


def _base(text: str) -> tuple[str, str] | None:
    return next(((family, base) for pattern, family, base in _BASES if re.match(pattern, text)), None)


def _object(facts: HeaderFacts, key: str) -> dict[str, Any]:
    """A JSON object kept in a metadata value; empty when it is not one or was cut."""
    text = facts.metadata.get(key, "")
    if not text or len(text) >= _LARGEST_JSON:
        return {}
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
