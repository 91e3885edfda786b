"""Forms of weights, bases of adapters, and language models that come alone: what tensors and layout tell."""

from collections.abc import Mapping

import pytest

from pumas_tui.core.domain.files import (
    Candidate,
    Container,
    FileEntry,
    HeaderFacts,
    Member,
    ModelFormat,
    Role,
    TensorFact,
)
from pumas_tui.core.domain.identity import Identity, identify
from pumas_tui.core.domain.vocabulary import subtypes_of
from tests.support.layouts import layouts, tensors


def seen(made: Mapping[str, tuple[str, tuple[int, ...]]], *names: str, **metadata: str) -> Identity:
    """What a safetensors file with these tensors is; `names` are its own and those beside it."""
    members = tuple(
        Member(FileEntry(f"/x/{name}", 1, 0, number, 1), name, Role.OTHER if number else Role.WEIGHTS)
        for number, name in enumerate(names or ("model.safetensors",))
    )
    facts = HeaderFacts(
        Container.SAFETENSORS,
        tuple(TensorFact(name, dtype, shape) for name, (dtype, shape) in made.items()),
        metadata,
    )
    return identify(Candidate("x", ModelFormat.SINGLE_FILE, members), facts)


def made(recipe: str, name: str = "x.safetensors") -> dict[str, tuple[str, tuple[int, ...]]]:
    return {tensor: (dtype, tuple(shape)) for tensor, (dtype, shape) in tensors(recipe, name).items()}


def stored(weight: str, **scales: str) -> dict[str, tuple[str, tuple[int, ...]]]:
    """A linear layer stored as `weight`, with scales of these dtypes beside it."""
    layer = {"blocks.0.ffn.0.weight": (weight, (64, 64)), "blocks.0.norm.weight": ("BF16", (64,))}
    return layer | {f"blocks.0.ffn.0.{name}": (dtype, (64, 1)) for name, dtype in scales.items()}


@pytest.mark.parametrize(
    ("layer", "precision", "quantization"),
    [
        (stored("BF16"), "bf16", ""),
        (stored("F8_E4M3"), "fp8_e4m3", ""),
        (stored("F8_E4M3", weight_scale="F32", comfy_quant="U8"), "fp8_e4m3", "fp8_scaled"),
        (stored("F8_E5M2", scale_weight="F32"), "fp8_e5m2", "fp8_scaled"),
        (stored("F8_E4M3", weight_scale_inv="F32"), "fp8_e4m3", "fp8_block"),
        (stored("F8_E4M3", weight_scale="F8_E8M0"), "fp8_e4m3", "mxfp8"),
        (stored("U8", weight_scale="F8_E4M3", weight_scale_2="F32", comfy_quant="U8"), "", "nvfp4"),
        (stored("U8", weight_scale="F8_E8M0"), "", "mxfp4"),
        (stored("U8", weight_scale="F32", comfy_quant="U8"), "", "w4a8"),
        (stored("I8", weight_scale="F32", comfy_quant="U8"), "int8", "int8"),
    ],
)
def test_forms_of_weights(
    layer: dict[str, tuple[str, tuple[int, ...]]], precision: str, quantization: str
) -> None:
    identity = seen(layer)
    assert (identity.precision, identity.quantization) == (precision, quantization)


def test_scales_and_marks_are_no_parameters() -> None:
    assert seen(stored("I8", weight_scale="F32", comfy_quant="U8")).parameter_count == 64 * 64 + 64
    assert seen(stored("U8", weight_scale="F32")).parameter_count is None


@pytest.mark.parametrize(
    ("recipe", "family", "base"),
    [
        ("lora:diffusion_model.=wan_i2v", "wan", ""),
        ("kohya:=qwen_image", "qwen-image", "Qwen-Image"),
        ("lora:transformer.=qwen_image", "qwen-image", "Qwen-Image"),
        ("lora:diffusion_model.=flux2", "flux2", "Flux.2"),
        ("lora:diffusion_model.=zimage", "z-image", "Z-Image"),
        ("lora:diffusion_model.=krea2", "krea", "Krea 2"),
        ("lora:diffusion_model.=anima", "anima", "Anima"),
        ("lora:diffusion_model.=ltxav", "ltx-video", "LTX-2"),
        ("lora:diffusion_model.=ltxv", "ltx-video", ""),
        ("lora:diffusion_model.=minimax_h3", "minimax-h3", ""),
        ("lora:diffusion_model.=hunyuan_video", "hunyuan-video", ""),
        ("lora:diffusion_model.=mmdit_sd35", "sd3", "SD 3"),
        ("lora:text_encoders.gemma3_12b.transformer.=te_gemma3_12b", "unknown", ""),
    ],
)
def test_bases_of_adapters(recipe: str, family: str, base: str) -> None:
    identity = seen(made(recipe))
    assert (identity.subtype, identity.family, identity.base_model) == ("loras", family, base)


def test_a_language_model_by_itself_is_a_text_encoder_but_not_surely() -> None:
    qwen = made("=te_qwen3_4b")
    alone = seen(qwen, "qwen_3_4b.safetensors")
    assert (alone.model_type, alone.subtype, alone.family) == ("diffusion", "text_encoders", "qwen")
    assert alone.confidence == 0.6
    assert any(text.startswith("lone-file") for text in alone.evidence)
    for names in (
        ("model.safetensors",),
        ("pytorch_model.safetensors",),
        ("qwen_3_4b.safetensors", "config.json"),
    ):
        identity = seen(qwen, *names)
        assert (identity.model_type, identity.subtype, identity.family) == ("llm", "transformers", "qwen")
    tails = (("q_weight", "I32"), ("q_scale", "I32"), ("q_scale_max", "F16"))
    layer = {f"model.layers.0.self_attn.q_proj.{tail}": (dtype, (4, 4)) for tail, dtype in tails}
    packed = seen(layer, "qwen-exl2.safetensors")
    assert (packed.model_type, packed.subtype) == ("llm", "exl2")


def test_marks_of_an_image_app_make_it_sure() -> None:
    identity = seen(made("=te_qwen3_4b", "qwen_3_4b_fp8_scaled.safetensors"), "model.safetensors")
    assert (identity.subtype, identity.quantization) == ("text_encoders", "fp8_scaled")
    assert identity.confidence > 0.9


@pytest.mark.parametrize("name", sorted(set(layouts()) - {"t5_decoder"}))
def test_no_part_is_taken_for_a_language_model_or_another_world(name: str) -> None:
    """Each part alone gets a kind that goes with its type, and language models only where language is."""
    identity = seen(made(f"={name}"))
    assert not identity.subtype or identity.subtype in subtypes_of(identity.model_type)
    assert identity.model_type not in ("llm", "vlm") or name.startswith("te_")
    if name.startswith("vae_"):
        assert identity.subtype in ("vae", "")
