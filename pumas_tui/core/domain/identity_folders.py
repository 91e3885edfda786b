"""What the documents of a folder say of the model in it: `model_index.json`, `config.json`, the model card.

Names of pipelines are diffusers' classes, names of model types those of transformers' `model_type`. A card
(README.md with YAML between `---` lines) is written by hand and counts no more than a file's name.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from pumas_tui.core.domain.folders import ADAPTER, CONFIG, MODULES, PIPELINE
from pumas_tui.core.domain.identity_gguf import ARCHITECTURES
from pumas_tui.core.domain.identity_rules import Claim

CARD: Final = "README.md"
CARD_BYTES: Final = 16 << 10
DOCUMENTS: Final = (PIPELINE, CONFIG, ADAPTER, MODULES, "unet/config.json", "transformer/config.json")
"""JSON files that are read of a folder, by their paths in it."""

_SURE: Final = 0.97  # above every row that only knows tensors: loaders go by these documents

_PIPELINES: Final = (
    (r"StableDiffusionXL|SDXL", "diffusion", "sdxl", "SDXL"),
    (r"StableDiffusion3", "diffusion", "sd3", "SD 3"),
    (r"StableVideoDiffusion", "diffusion", "stable-video-diffusion", "SVD"),
    (r"StableCascade|Wuerstchen", "diffusion", "stable-cascade", ""),
    (r"StableAudio", "audio", "stable-audio", ""),
    (r"StableDiffusion|LatentConsistency|AnimateDiff|TextToVideoZero", "diffusion", "stable-diffusion", ""),
    (r"Flux2", "diffusion", "flux2", "Flux.2"),
    (r"Flux|ReduxPrior", "diffusion", "flux", "Flux.1"),
    (r"Chroma", "diffusion", "chroma", "Chroma"),
    (r"HunyuanVideo|HunyuanSkyreels", "diffusion", "hunyuan-video", "HunyuanVideo"),
    (r"HunyuanDiT", "diffusion", "hunyuan-dit", ""),
    (r"Wan", "diffusion", "wan", "Wan"),
    (r"QwenImage", "diffusion", "qwen-image", "Qwen-Image"),
    (r"ZImage", "diffusion", "z-image", "Z-Image"),
    (r"Lumina2", "diffusion", "lumina2", "Lumina 2"),
    (r"PixArt", "diffusion", "pixart", ""),
    (r"AuraFlow", "diffusion", "auraflow", ""),
    (r"Kandinsky", "diffusion", "kandinsky", ""),
    (r"CogVideoX", "diffusion", "cogvideox", ""),
    (r"LTX", "diffusion", "ltx-video", ""),
    (r"Mochi", "diffusion", "mochi", ""),
    (r"Cosmos", "diffusion", "cosmos", ""),
    (r"HiDream", "diffusion", "hidream", ""),
    (r"OmniGen2", "diffusion", "omnigen2", ""),
    (r"Sana", "diffusion", "sana", ""),
    (r"AudioLDM|MusicLDM", "audio", "audioldm", ""),
)
"""How the class of a pipeline begins: model type, family, base model. The first that fits counts."""

_WIDTHS: Final = {768: "SD 1.x", 1024: "SD 2.x"}
"""Width of the text vectors that a UNet of Stable Diffusion takes."""

_COMPONENTS: Final = (
    (r"ControlNet|T2IAdapter|.*ControlNetModel", "controlnet"),
    (r"AutoencoderTiny", "vae_approx"),
    (r"Autoencoder|AsymmetricAutoencoder|VQModel|ConsistencyDecoderVAE", "vae"),
    (r"UNet|.*Transformer\w*Model$", "diffusion_models"),
)
"""Classes of diffusers that stand by themselves in a folder, and what they are."""

_FAMILIES: Final = {
    "qwen": "qwen2_moe qwen3_moe qwen3_next",
    "mistral": "mistral ministral",
    "mixtral": "mixtral",
    "gemma": "gemma gemma2 gemma3_text gemma3n_text recurrent_gemma",
    "phi": "phi phi3 phimoe",
    "falcon": "falcon falcon_h1 falcon_mamba",
    "deepseek": "deepseek_v2 deepseek_v3 deepseek_v32",
    "command-r": "cohere cohere2",
    "glm": "glm glm4 glm4_moe chatglm",
    "granite": "granite granitemoe granitemoehybrid",
    "olmo": "olmo olmo2 olmo3 olmoe",
    "gpt-neox": "gpt_neox",
    "gpt-j": "gptj",
    "starcoder": "gpt_bigcode starcoder2",
    "llama": "llama4_text code_llama",
    "smollm": "smollm3",
    "opt": "opt",
    "stablelm": "stablelm",
    "yi": "yi",
    "nemotron": "nemotron nemotron_h",
    "exaone": "exaone exaone4",
    "ernie": "ernie4_5 ernie4_5_moe",
    "hunyuan": "hunyuan_v1_dense hunyuan_v1_moe",
    "minimax": "minimax minimax_m2",
}
_OTHERS: Final = {
    "vlm": {
        "llava": "llava llava_next llava_next_video llava_onevision vipllava",
        "qwen": "qwen2_vl qwen2_5_vl qwen3_vl qwen3_vl_moe qwen2_5_omni",
        "gemma": "paligemma gemma3 gemma3n",
        "llama": "mllama llama4",
        "idefics": "idefics idefics2 idefics3",
        "internvl": "internvl internvl_chat",
        "mistral": "pixtral mistral3",
        "phi": "phi3_v phi4_multimodal",
        "smolvlm": "smolvlm",
        "blip": "blip blip-2 instructblip",
        "florence": "florence2",
        "kosmos": "kosmos-2",
        "glm": "glm4v glm4v_moe",
    },
    "audio": {
        "whisper": "whisper",
        "wav2vec2": "wav2vec2 wav2vec2-bert wav2vec2-conformer",
        "hubert": "hubert wavlm",
        "musicgen": "musicgen musicgen_melody",
        "bark": "bark",
        "vits": "vits",
        "speecht5": "speecht5",
        "seamless": "seamless_m4t seamless_m4t_v2",
        "encodec": "encodec dac mimi",
        "parakeet": "parakeet_ctc parakeet_encoder",
        "clap": "clap",
    },
    "vision": {
        "clip": "clip clip_vision_model",
        "siglip": "siglip siglip2 siglip_vision_model",
        "vit": "vit deit beit swin swinv2",
        "dino": "dinov2 dinov2_with_registers dinov3_vit",
        "sam": "sam sam2 sam_hq",
        "detr": "detr rt_detr rt_detr_v2 conditional_detr yolos",
        "depth-anything": "depth_anything",
        "dpt": "dpt zoedepth",
        "resnet": "resnet convnext convnextv2 regnet",
        "segformer": "segformer mask2former oneformer",
        "birefnet": "birefnet",
    },
}
_ENCODERS: Final = {
    "bert": "bert", "distilbert": "bert", "roberta": "roberta", "xlm-roberta": "xlm-roberta",
    "mpnet": "mpnet", "deberta-v2": "deberta", "modernbert": "modern-bert",
    "nomic_bert": "nomic-bert", "albert": "bert", "camembert": "roberta", "electra": "bert", "new": "gte",
}  # fmt: skip
"""Encoders of text: what they are for, the class of the model tells."""

_TASKS: Final = {
    "text-generation": "llm",
    "text2text-generation": "llm",
    "image-text-to-text": "vlm",
    "sentence-similarity": "embedding",
    "feature-extraction": "embedding",
    "text-ranking": "reranker",
    "text-to-image": "diffusion",
    "text-to-video": "diffusion",
    "image-to-image": "diffusion",
    "automatic-speech-recognition": "audio",
    "text-to-speech": "audio",
    "text-to-audio": "audio",
    "image-classification": "vision",
    "object-detection": "vision",
    "image-segmentation": "vision",
    "depth-estimation": "vision",
}
"""`pipeline_tag` of a model card to model type."""

_PRECISIONS: Final = {"float32": "fp32", "float16": "fp16", "bfloat16": "bf16", "float8_e4m3fn": "fp8_e4m3"}
_CARD_LINE: Final = re.compile(r"(pipeline_tag|base_model): *[\"']?([\w./ -]{1,96})[\"']?\s*")
_MAX_CONTEXT: Final = 1 << 32


def _table() -> dict[str, tuple[str, str]]:
    known = {name: (kind, family) for name, (kind, _, family) in ARCHITECTURES.items() if kind == "llm"}
    for family, names in _FAMILIES.items():
        known.update(dict.fromkeys(names.split(), ("llm", family)))
    for kind, families in _OTHERS.items():
        for family, names in families.items():
            known.update(dict.fromkeys(names.split(), (kind, family)))
    return known


_MODEL_TYPES: Final = _table()


def claims(documents: Mapping[str, object]) -> list[Claim]:
    """What a folder's documents say. `documents` are parsed JSON by path; README.md is the card's text."""
    pipeline = _object(documents, PIPELINE)
    if PIPELINE in documents:
        return list(_pipeline_claims(pipeline, _object(documents, "unet/config.json")))
    config = _object(documents, CONFIG)
    found = list(_component_claims(config) if "_class_name" in config else _config_claims(config))
    found += _quantization_claims(config)
    if _object(documents, ADAPTER):
        found += _adapter_claims(_object(documents, ADAPTER))
    if isinstance(documents.get(MODULES), list):
        gives = {"model_type": "embedding"}
        found.append(Claim("modules", "modules.json of sentence-transformers", gives, 0.98))
    return found


def card_claims(documents: Mapping[str, object]) -> list[Claim]:
    """What the model card's front matter says, as a hint."""
    text = documents.get(CARD)
    if not isinstance(text, str) or not text.startswith("---"):
        return []
    said = dict(_front_matter(text))
    kind = _TASKS.get(said.get("pipeline_tag", ""), "")
    gives = {k: v for k, v in (("model_type", kind), ("base_model", said.get("base_model", ""))) if v}
    reason = ", ".join(f"{key} {value}" for key, value in said.items())
    return (
        [Claim("model-card", f"the model card says {reason}", gives, 0.3, source="filename")] if gives else []
    )


def context_length(documents: Mapping[str, object]) -> int | None:
    """Positions that the model of config.json was made for."""
    config = _object(documents, CONFIG)
    for values in (config, _object(config, "text_config")):
        for key in ("max_position_embeddings", "n_positions", "max_sequence_length", "seq_length"):
            number = values.get(key)
            if type(number) is int and 0 < number < _MAX_CONTEXT:
                return number
    return None


def _object(values: Mapping[str, object], key: str) -> Mapping[str, Any]:
    value = values.get(key)
    return value if isinstance(value, dict) else {}


def _text(values: Mapping[str, object], key: str) -> str:
    value = values.get(key)
    return value[:120] if isinstance(value, str) else ""


def _pipeline_claims(index: Mapping[str, Any], unet: Mapping[str, Any]) -> Iterator[Claim]:
    """Any pipeline is one of diffusers; most class names begin with the family's name."""
    name = _text(index, "_class_name")
    gives = {"model_type": "diffusion", "subtype": "diffusers", "architecture": name}
    for pattern, kind, family, base in _PIPELINES:
        if re.match(pattern, name):
            if family == "stable-diffusion":
                width = unet.get("cross_attention_dim")
                base = _WIDTHS.get(width, "") if isinstance(width, int) else ""
            gives |= {"model_type": kind, "family": family, "base_model": base}
            break
    reason = f"model_index.json names the pipeline {name}" if name else "model_index.json of a pipeline"
    yield Claim("pipeline", reason, {k: v for k, v in gives.items() if v}, _SURE)


def _component_claims(config: Mapping[str, Any]) -> Iterator[Claim]:
    name = _text(config, "_class_name")
    gives = {"architecture": name}
    kind = next((kind for pattern, kind in _COMPONENTS if re.match(pattern, name)), "")
    if kind:
        gives |= {"model_type": "diffusion", "subtype": kind}
    if name:
        yield Claim("component", f"config.json names the class {name}", gives, _SURE)


def _config_claims(config: Mapping[str, Any]) -> Iterator[Claim]:
    kind_name = _text(config, "model_type").lower()
    classes = config.get("architectures")
    first = classes[0][:120] if isinstance(classes, list) and classes and isinstance(classes[0], str) else ""
    kind, family = _MODEL_TYPES.get(kind_name, ("", ""))
    if kind_name in _ENCODERS:
        kind, family = _encoder_kind(first, config), _ENCODERS[kind_name]
    elif first.endswith("ForSequenceClassification"):
        kind = "reranker" if _labels(config) == 1 else ""
    elif not kind and first.endswith("ForCausalLM"):
        kind = "llm"
    elif not kind and first.endswith("ForConditionalGeneration") and "vision_config" in config:
        kind = "vlm"
    gives = {"model_type": kind, "family": family, "architecture": first or kind_name}
    said = " and ".join(filter(None, (kind_name and f"model_type {kind_name}", first)))
    if said:
        yield Claim("config", f"config.json says {said}", {k: v for k, v in gives.items() if v}, _SURE)
    if kind == "llm":
        # Less than what packed tensors say: older quantizers left config.json as it was.
        gives = {"model_type": kind, "subtype": "transformers"}
        yield Claim("config-form", "config.json of a language model", gives, 0.86)
    stored = _text(config, "torch_dtype") or _text(config, "dtype")
    precision = _PRECISIONS.get(stored.removeprefix("torch."), "")
    if precision:
        yield Claim("config-dtype", f"config.json says {stored}", {"precision": precision}, 0.6)


def _encoder_kind(architecture: str, config: Mapping[str, Any]) -> str:
    if architecture.endswith("ForSequenceClassification"):
        return "reranker" if _labels(config) == 1 else ""
    return "embedding" if architecture.endswith("Model") and not architecture.endswith("LMHeadModel") else ""


def _labels(config: Mapping[str, Any]) -> int:
    named = config.get("id2label")
    if isinstance(named, dict):
        return len(named)
    number = config.get("num_labels")
    return number if isinstance(number, int) else 2  # transformers' own default


def _quantization_claims(config: Mapping[str, Any]) -> Iterable[Claim]:
    said = _object(config, "quantization_config")
    method = _text(said, "quant_method").lower()
    if not method and ("load_in_4bit" in said or "load_in_8bit" in said):
        method = "bitsandbytes"
    if method == "bitsandbytes":
        method = "bnb-4bit" if said.get("load_in_4bit") or said.get("_load_in_4bit") else "bnb-8bit"
    if not re.fullmatch(r"[a-z0-9][a-z0-9_.-]{0,30}", method):
        return
    gives = {"quantization": method}
    if method in ("gptq", "awq", "exl2"):
        gives |= {"model_type": "llm", "subtype": method}
    yield Claim("config-quantization", f"config.json says quant_method {method}", gives, _SURE)


def _adapter_claims(adapter: Mapping[str, Any]) -> Iterable[Claim]:
    base = _text(adapter, "base_model_name_or_path")
    gives = {"model_type": "llm", "subtype": "lora"} if adapter.get("task_type") == "CAUSAL_LM" else {}
    reason = f"adapter_config.json of an adapter for {base or 'an unnamed base'}"
    yield Claim("adapter", reason, {**gives, **({"base_model": base} if base else {})}, _SURE)


def _front_matter(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines()[1:200]:
        if line.startswith("---"):
            return
        found = _CARD_LINE.fullmatch(line)
        if found is not None:
            yield found[1], found[2].strip()
