"""What the keys of a GGUF file say: architecture, quantisation, context, size.

Keys: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md; architecture names are llama.cpp's, those of
image models ComfyUI-GGUF's and stable-diffusion.cpp's.
"""

import re
from typing import Final

from pumas_tui.core.domain.files import HeaderFacts
from pumas_tui.core.domain.identity_rules import Claim

_LLM_FAMILIES: Final = {
    "llama": "llama deci llama4 maincoder arcee",
    "qwen": "qwen qwen2 qwen2moe qwen3 qwen3moe qwen3next qwen35 qwen35moe",
    "mistral": "mistral3 mistral4",
    "gemma": "gemma gemma2 gemma3 gemma3n gemma4",
    "phi": "phi2 phi3 phimoe",
    "falcon": "falcon falcon-h1",
    "deepseek": "deepseek deepseek2",
    "command-r": "command-r cohere2",
    "glm": "chatglm glm4 glm4moe glm-dsa",
    "granite": "granite granitemoe granitehybrid",
    "olmo": "olmo olmo2 olmoe",
    "ernie": "ernie4_5 ernie4_5-moe",
    "exaone": "exaone exaone4 exaone-moe",
    "hunyuan": "hunyuan-moe hunyuan-dense",
    "minicpm": "minicpm minicpm3",
    "nemotron": "nemotron nemotron_h nemotron_h_moe",
    "rwkv": "rwkv6 rwkv7 rwkv6qwen2 arwkv7",
    "mamba": "mamba mamba2",
    "gpt-neox": "gptneox",
    "gpt-j": "gptj",
    "starcoder": "starcoder starcoder2",
    "internlm": "internlm2",
    "t5": "t5",
    "lfm": "lfm2 lfm2moe",
}
_LLM_PLAIN: Final = (
    "gpt2 gpt-oss baichuan bloom mpt refact stablelm xverse orion jais jamba arctic dbrx grok bitnet openelm "
    "plamo plamo2 plamo3 codeshell bailingmoe bailingmoe2 dots1 smollm3 seed_oss apertus afmoe llada "
    "llada-moe dream smallthinker grovemoe minimax-m2 kimi-linear mimo2 step35 pangu-embedded"
)
_OTHERS: Final = {
    "bert": ("embedding", "", "bert"),
    "nomic-bert": ("embedding", "", "nomic-bert"),
    "nomic-bert-moe": ("embedding", "", "nomic-bert"),
    "jina-bert-v2": ("embedding", "", "jina-bert"),
    "jina-bert-v3": ("embedding", "", "jina-bert"),
    "modern-bert": ("embedding", "", "modern-bert"),
    "neo-bert": ("embedding", "", "neo-bert"),
    "eurobert": ("embedding", "", "eurobert"),
    "gemma-embedding": ("embedding", "", "gemma"),
    "llama-embed": ("embedding", "", "llama"),
    "clip": ("vlm", "", "clip"),
    "qwen2vl": ("vlm", "", "qwen"),
    "qwen3vl": ("vlm", "", "qwen"),
    "qwen3vlmoe": ("vlm", "", "qwen"),
    "cogvlm": ("vlm", "", "cogvlm"),
    "chameleon": ("vlm", "", "chameleon"),
    "hunyuan_vl": ("vlm", "", "hunyuan"),
    "deepseek2-ocr": ("vlm", "", "deepseek"),
    "paddleocr": ("vlm", "", "ernie"),
    "wavtokenizer-dec": ("audio", "", "wavtokenizer"),
    "t5encoder": ("diffusion", "text_encoders", "t5"),
    "flux": ("diffusion", "diffusion_models", "flux"),
    "sd1": ("diffusion", "diffusion_models", "stable-diffusion"),
    "sd2": ("diffusion", "diffusion_models", "stable-diffusion"),
    "sdxl": ("diffusion", "diffusion_models", "sdxl"),
    "sd3": ("diffusion", "diffusion_models", "sd3"),
    "aura": ("diffusion", "diffusion_models", "auraflow"),
    "hidream": ("diffusion", "diffusion_models", "hidream"),
    "cosmos": ("diffusion", "diffusion_models", "cosmos"),
    "ltxv": ("diffusion", "diffusion_models", "ltx-video"),
    "hyvid": ("diffusion", "diffusion_models", "hunyuan-video"),
    "wan": ("diffusion", "diffusion_models", "wan"),
    "lumina2": ("diffusion", "diffusion_models", ""),  # Z-Image is written under this name as well
    "qwen_image": ("diffusion", "diffusion_models", "qwen-image"),
}
ARCHITECTURES: Final = {
    **{arch: ("llm", "gguf", family) for family, names in _LLM_FAMILIES.items() for arch in names.split()},
    **{arch: ("llm", "gguf", arch.replace("_", "-")) for arch in _LLM_PLAIN.split()},
    **_OTHERS,
}
"""`general.architecture` to model type, subtype and family."""

FILE_TYPES: Final = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S",
    12: "Q3_K_M", 13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K",
    19: "IQ2_XXS", 20: "IQ2_XS", 21: "Q2_K_S", 22: "IQ3_XS", 23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL",
    26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S", 29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16", 36: "TQ1_0",
    37: "TQ2_0", 38: "MXFP4_MOE", 39: "NVFP4", 40: "Q1_0",
}  # fmt: skip
"""`general.file_type` to the name people know (llama.cpp's llama_ftype)."""

_PLAIN: Final = {"F32": "fp32", "F16": "fp16", "BF16": "bf16"}
_SIZE_LABEL: Final = re.compile(r"(\d{1,5}(?:\.\d{1,3})?)([KMBT])")
_UNITS: Final = {"K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}
_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_LLAMA_KIN: Final = (
    "mixtral",
    "mistral",
    "deepseek",
    "aquila",
    "yi",
    "smollm",
    "internlm",
    "solar",
    "vicuna",
)
_RANK: Final = "4"  # llama.cpp's pooling type for scores
_POOLED: Final = ("1", "2", "3")


def claims(facts: HeaderFacts) -> list[Claim]:
    """What the keys say of type, family, quantisation and names."""
    keys = facts.metadata
    arch = keys.get("general.architecture", "")
    found = _architecture(arch, keys)
    found.extend(_kinds(arch, keys))
    file_type = keys.get("general.file_type", "")
    quantisation = FILE_TYPES.get(int(file_type)) if file_type.isdecimal() and len(file_type) < 6 else None
    if quantisation and facts.tensors:
        name = "precision" if quantisation in _PLAIN else "quantization"
        value = _PLAIN.get(quantisation, quantisation)
        found.append(Claim("gguf-file-type", f"general.file_type is {file_type}", {name: value}, 0.95))
    title = keys.get("general.name", "").strip()
    if len(title) > 3 and not set(title) & {"/", "\\"}:  # converters leave folder names here
        found.append(Claim("gguf-name", "general.name", {"official_name": title}, 0.9))
    base = keys.get("general.base_model.0.name", "").strip()
    if base:
        found.append(Claim("gguf-base-model", "general.base_model.0.name", {"base_model": base}, 0.9))
    return found


def context_length(facts: HeaderFacts) -> int | None:
    """Tokens of context, by the architecture's own key."""
    text = facts.metadata.get(f"{facts.metadata.get('general.architecture', '')}.context_length", "")
    return int(text) if text.isdecimal() and len(text) < 12 and int(text) > 0 else None


def announced_parameters(facts: HeaderFacts) -> int | None:
    """Parameters by general.parameter_count or general.size_label ("7B"); None for mixtures ("8x7B")."""
    text = facts.metadata.get("general.parameter_count", "")
    if text.isdecimal() and len(text) < 18:
        return int(text)
    label = _SIZE_LABEL.fullmatch(facts.metadata.get("general.size_label", ""))
    return round(float(label[1]) * _UNITS[label[2]]) if label else None


def _architecture(arch: str, keys: dict[str, str]) -> list[Claim]:
    if not arch:
        return []
    reason = f"general.architecture is {arch}"
    known = ARCHITECTURES.get(arch)
    if known:
        model_type, subtype, family = known
        gives = {"model_type": model_type, "subtype": subtype, "family": family, "architecture": arch}
        return [Claim("gguf-architecture", reason, gives, 0.9)]
    if f"{arch}.block_count" in keys and f"{arch}.context_length" in keys and "tokenizer.ggml.model" in keys:
        family = arch.lower() if _SLUG.fullmatch(arch.lower()) else ""
        gives = {"model_type": "llm", "subtype": "gguf", "family": family, "architecture": arch}
        return [Claim("gguf-new-architecture", f"{reason}, with context and tokenizer", gives, 0.7)]
    return [Claim("gguf-new-architecture", reason, {"architecture": arch}, 0.7)]


def _kinds(arch: str, keys: dict[str, str]) -> list[Claim]:
    """Keys that tell more than the architecture: pooling, adapters, projectors, names."""
    found: list[Claim] = []
    pooling = keys.get(f"{arch}.pooling_type", "")
    if pooling == _RANK:
        found.append(Claim("gguf-pooling", "pooling type is rank", _typed(arch, "reranker"), 0.95))
    elif pooling in _POOLED and ARCHITECTURES.get(arch, ("",))[0] == "llm":
        found.append(Claim("gguf-pooling", "pooling makes one vector", _typed(arch, "embedding"), 0.95))
    if keys.get("general.type") == "adapter":
        gives = {"model_type": "llm", "subtype": "lora"}
        found.append(Claim("gguf-adapter", "general.type is adapter", gives, 0.95))
    hears, sees = (keys.get(f"clip.has_{sense}_encoder") == "true" for sense in ("audio", "vision"))
    if arch == "clip" and hears and not sees:
        found.append(Claim("gguf-projector", "audio encoder only", {"model_type": "audio"}, 0.95))
    if arch == "llama":
        found.extend(_named(keys))
    return found


def _named(keys: dict[str, str]) -> list[Claim]:
    """Families that use Llama's architecture under their own name."""
    named = " ".join(
        keys.get(key, "") for key in ("general.basename", "general.name", "general.base_model.0.name")
    )
    words = re.split(r"[^a-z]+", named.lower())
    family = next((family for family in _LLAMA_KIN if family in words), "")
    if not family:
        return []
    gives = {"model_type": "llm", "family": family}
    return [Claim("gguf-name", f"Llama's architecture, named {family}", gives, 0.92)]


def _typed(arch: str, model_type: str) -> dict[str, str]:
    family = ARCHITECTURES.get(arch, ("", "", ""))[2]
    return {"model_type": model_type, "family": family, "architecture": arch}
