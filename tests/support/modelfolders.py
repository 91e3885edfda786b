"""Folders as other programs write them: diffusers, transformers, the Hub's cache, Ollama's store; small."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support import containers, modelfiles

REVISION = "a1b2c3d4e5f60718293a4b5c6d7e8f9012345678"


def write_json(path: Path, value: object) -> None:
    """As `save_pretrained` writes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def write_text(path: Path, text: str) -> None:
    """A text file with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def diffusers_folder(folder: Path, *, mark: str = "") -> Path:
    """Stable Diffusion 1.x in the layout of `StableDiffusionPipeline.save_pretrained`."""
    write_json(
        folder / "model_index.json",
        {
            "_class_name": "StableDiffusionPipeline",
            "_diffusers_version": "0.35.1",
            "feature_extractor": [None, None],
            "requires_safety_checker": False,
            "safety_checker": [None, None],
            "scheduler": ["diffusers", "PNDMScheduler"],
            "text_encoder": ["transformers", "CLIPTextModel"],
            "tokenizer": ["transformers", "CLIPTokenizer"],
            "unet": ["diffusers", "UNet2DConditionModel"],
            "vae": ["diffusers", "AutoencoderKL"],
        },
    )
    write_json(
        folder / "scheduler/scheduler_config.json", {"_class_name": "PNDMScheduler", "steps_offset": 1}
    )
    write_json(folder / "text_encoder/config.json", {"model_type": "clip_text_model", "hidden_size": 8})
    write_json(
        folder / "unet/config.json", {"_class_name": "UNet2DConditionModel", "cross_attention_dim": 768}
    )
    write_json(folder / "vae/config.json", {"_class_name": "AutoencoderKL", "latent_channels": 4})
    write_json(folder / "tokenizer/vocab.json", {"<|startoftext|>": 0, "<|endoftext|>": 1, mark or "a": 2})
    write_text(folder / "tokenizer/merges.txt", "#version: 0.2\na b\n")
    write_json(folder / "tokenizer/special_tokens_map.json", {"bos_token": "<|startoftext|>"})
    write_json(folder / "tokenizer/tokenizer_config.json", {"tokenizer_class": "CLIPTokenizer"})
    weights = {
        "unet/diffusion_pytorch_model.safetensors": {
            "conv_in.weight": ("F32", [8, 4, 3, 3]),
            "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight": ("F32", [8, 768]),
            "up_blocks.0.resnets.0.conv1.weight": ("F32", [8, 8, 3, 3]),
        },
        "vae/diffusion_pytorch_model.safetensors": {"decoder.conv_in.weight": ("F32", [8, 4, 3, 3])},
        "text_encoder/model.safetensors": {"text_model.embeddings.token_embedding.weight": ("F32", [16, 8])},
    }
    for name, tensors in weights.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        modelfiles.safetensors_file(folder / name, tensors, {"format": "pt"}, mark=mark.encode())
    return folder


LLAMA_CONFIG: Mapping[str, Any] = {
    "architectures": ["LlamaForCausalLM"],
    "max_position_embeddings": 131072,
    "model_type": "llama",
    "torch_dtype": "bfloat16",
}


def transformers_folder(folder: Path, config: Mapping[str, Any] = LLAMA_CONFIG, *, parts: int = 1) -> Path:
    """A language model as `AutoModelForCausalLM.save_pretrained` and its tokenizer write it."""
    write_json(folder / "config.json", config)
    write_json(folder / "generation_config.json", {"do_sample": True})
    write_json(folder / "tokenizer.json", {"version": "1.0", "model": {"type": "BPE", "vocab": {}}})
    write_json(folder / "tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast"})
    weights: dict[str, str] = {}
    for n in range(1, parts + 1):
        name = "model.safetensors" if parts == 1 else f"model-{n:05}-of-{parts:05}.safetensors"
        tensor = f"model.layers.{n}.self_attn.q_proj.weight"
        modelfiles.safetensors_file(folder / name, {tensor: ("BF16", [4, 4])}, {"format": "pt"})
        weights[tensor] = name
    if parts > 1:
        index = {"metadata": {"total_size": 32 * parts}, "weight_map": weights}
        write_json(folder / "model.safetensors.index.json", index)
    return folder


def hub_cache(hub: Path, repo: str, source: Path, *, shared: Path | None = None) -> Path:
    """`models--org--name` with a copy of `source` as its only snapshot, which refs/main names.

    Weights are blobs named by their SHA-256, other files by their Git hash, as the Hub's client makes them.
    With `shared` the blobs of weights lie there, and the cache's own blobs are links to them.
    """
    folder = hub / ("models--" + repo.replace("/", "--"))
    for part in ("blobs", "refs", f"snapshots/{REVISION}"):
        (folder / part).mkdir(parents=True)
    (folder / "refs/main").write_text(REVISION)
    for path in sorted(p for p in source.rglob("*") if p.is_file()):
        content = path.read_bytes()
        large = path.suffix == ".safetensors"
        git = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
        name = hashlib.sha256(content).hexdigest() if large else git
        blob = folder / "blobs" / name
        if shared is not None and large:
            shared.mkdir(parents=True, exist_ok=True)
            (shared / name).write_bytes(content)
            if not blob.is_symlink():
                blob.symlink_to(os.path.relpath(shared / name, blob.parent))
        else:
            blob.write_bytes(content)
        link = folder / "snapshots" / REVISION / path.relative_to(source)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(os.path.relpath(blob, link.parent))
    return folder


def snapshot_of(folder: Path) -> Path:
    """The snapshot that refs/main names."""
    return folder / "snapshots" / REVISION


def ollama_blob(store: Path, content: bytes) -> dict[str, Any]:
    """Put content among the blobs; digest and size as a layer has them."""
    digest = hashlib.sha256(content).hexdigest()
    (store / "blobs").mkdir(parents=True, exist_ok=True)
    (store / "blobs" / f"sha256-{digest}").write_bytes(content)
    return {"digest": f"sha256:{digest}", "size": len(content)}


def ollama_model(store: Path, name: str, gguf: bytes, texts: Mapping[str, str] | None = None) -> Path:
    """A manifest such as `registry.ollama.ai/library/llama3/8b`, and its blobs; the manifest's path."""
    kind = "application/vnd.ollama.image."
    layers = [{"mediaType": f"{kind}model", **ollama_blob(store, gguf)}]
    for layer, text in (texts or {}).items():
        layers.append({"mediaType": kind + layer, **ollama_blob(store, text.encode())})
    config = {"mediaType": "application/vnd.docker.container.image.v1+json", **ollama_blob(store, b"{}")}
    path = store / "manifests" / name
    write_json(path, {"schemaVersion": 2, "config": config, "layers": layers})
    return path


def gguf_bytes(name: str, place: Path) -> bytes:
    """A small GGUF of the architecture llama."""
    containers.gguf_file(place, keys={"general.name": name}, mark=name.encode())
    return place.read_bytes()
