"""The words that metadata.json, the index and queries share; light to import, as lists need no more.

Subtypes of diffusion are the keys of ComfyUI's `folder_paths.folder_names_and_paths`; those of language
models say how the weights are packed.
"""

from enum import StrEnum
from typing import Literal

FieldSource = Literal["manual", "header", "hub", "civitai", "filename"]
"""Where a field's value comes from."""

MODEL_TYPES = ("diffusion", "llm", "vlm", "embedding", "reranker", "audio", "vision", "unknown")

# fmt: off
_DIFFUSION_KINDS = (
    "checkpoints", "loras", "vae", "controlnet", "embeddings", "upscale_models", "text_encoders",
    "clip_vision", "diffusion_models", "diffusers", "style_models", "vae_approx", "gligen",
    "latent_upscale_models", "hypernetworks", "photomaker", "model_patches", "audio_encoders",
    "background_removal", "frame_interpolation", "geometry_estimation", "optical_flow", "detection",
    "classifiers", "configs",
)
# fmt: on
_LANGUAGE_FORMS = ("gguf", "transformers", "gptq", "awq", "exl2", "lora")
_OF_LANGUAGE = ("llm", "vlm", "embedding", "reranker")


class Trust(StrEnum):
    """How sure we are what a file is."""

    VERIFIED = "verified"
    HIGH = "high"
    LOW = "low"
    MODIFIED = "modified"
    NONE = "none"
    PENDING = "pending"
    MANUAL = "manual"


def subtypes_of(model_type: str) -> tuple[str, ...]:
    """The subtypes that go with a model type; audio, vision and unknown take those of both worlds."""
    if model_type == "diffusion":
        return _DIFFUSION_KINDS
    return _LANGUAGE_FORMS if model_type in _OF_LANGUAGE else (*_DIFFUSION_KINDS, *_LANGUAGE_FORMS)
