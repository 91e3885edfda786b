"""Rows for adapters (LoRA and its kin): that they are one, and for which family.

A LoRA carries no base model in its tensors; block names and the width of cross-attention tell the family.
"""

from typing import Final

from pumas_tui.core.domain.identity_rules import Row, Size


def _lora(family: str, base: str = "") -> dict[str, str]:
    given = {"model_type": "diffusion", "subtype": "loras", "family": family}
    return {**given, "base_model": base} if base else given


_LORA: Final = {"model_type": "diffusion", "subtype": "loras"}
ROWS: Final = (
    Row(
        "kohya-lora",
        "LoRA parts named lora_unet_…, lora_te…",
        _LORA,
        0.95,
        adapter=True,
        some=("lora_unet_*", "lora_te_*", "lora_te1_*", "lora_te2_*", "lora_te3_*", "lora_transformer_*"),
    ),
    Row(
        "diffusers-lora",
        "LoRA parts below unet, transformer or diffusion_model",
        _LORA,
        0.95,
        adapter=True,
        some=("unet.*", "transformer.*", "diffusion_model.*", "text_encoder.*", "text_encoder_2.*"),
        none=("base_model.*",),
    ),
    Row(
        "bare-lora",
        "LoRA parts named like a diffusion transformer",
        _LORA,
        0.9,
        adapter=True,
        some=(
            "transformer_blocks.#.attn.add_k_proj",
            "double_blocks.#.img_attn.qkv",
            "blocks.#.cross_attn.k",
        ),
    ),
    Row(
        "lora-sd1",
        "cross-attention of an adapter takes 768",
        _lora("stable-diffusion", "SD 1.x"),
        0.9,
        adapter=True,
        width=(768,),
    ),
    Row(
        "lora-sd2",
        "cross-attention of an adapter takes 1024",
        _lora("stable-diffusion", "SD 2.x"),
        0.9,
        adapter=True,
        width=(1024,),
    ),
    Row(
        "lora-sdxl",
        "cross-attention of an adapter takes 2048",
        _lora("sdxl", "SDXL"),
        0.9,
        adapter=True,
        width=(2048,),
    ),
    Row(
        "lora-sdxl-te",
        "adapter of the second text encoder of SDXL",
        _lora("sdxl", "SDXL"),
        0.85,
        adapter=True,
        every=("lora_te2_*",),
        none=("lora_te3_*", "lora_transformer_*"),
    ),
    Row(
        "lora-flux-kohya",
        "adapter of Flux blocks",
        _lora("flux", "Flux.1"),
        0.9,
        adapter=True,
        every=("lora_unet_double_blocks_#_img_mlp_#",),
        none=("lora_unet_double_blocks_#_img_mlp_fc1",),
    ),
    Row(
        "lora-flux-single",
        "adapter of Flux single blocks",
        _lora("flux", "Flux.1"),
        0.85,
        adapter=True,
        every=("lora_unet_single_blocks_#_modulation_lin",),
    ),
    Row(
        "lora-flux-diffusers",
        "adapter of Flux blocks as diffusers names them",
        _lora("flux", "Flux.1"),
        0.8,
        adapter=True,
        every=("transformer.single_transformer_blocks.#.attn.to_q",),
        sizes=(Size("transformer.single_transformer_blocks.#.attn.to_q", 1, 3072, 3072),),
        none=("transformer.single_transformer_blocks.38.attn.to_q.lora_A.weight",),
    ),
    Row(
        "lora-flux",
        "adapter of the 19 double blocks of Flux",
        _lora("flux", "Flux.1"),
        0.8,
        adapter=True,
        some=(
            "diffusion_model.double_blocks.18.img_attn.qkv.lora_A.weight",
            "diffusion_model.double_blocks.18.img_attn.qkv.lora_down.weight",
            "double_blocks.18.img_attn.qkv.lora_A.weight",
        ),
        none=("diffusion_model.double_stream_modulation_img.lin",),
    ),
    Row(
        "lora-hunyuan-video",
        "adapter of HunyuanVideo blocks",
        _lora("hunyuan-video"),
        0.9,
        adapter=True,
        some=(
            "lora_unet_double_blocks_#_img_mlp_fc1",
            "diffusion_model.double_blocks.#.img_attn_qkv",
            "transformer.double_blocks.#.img_attn_qkv",
        ),
    ),
    Row(
        "lora-wan",
        "adapter of Wan blocks",
        _lora("wan"),
        0.9,
        adapter=True,
        some=("diffusion_model.blocks.#.cross_attn.k", "lora_unet_blocks_#_cross_attn_k"),
        none=("diffusion_model.blocks.#.mlp.layer1",),
    ),
    Row(
        "lora-qwen-image",
        "adapter of Qwen-Image blocks",
        _lora("qwen-image", "Qwen-Image"),
        0.85,
        adapter=True,
        some=(
            "transformer_blocks.#.img_mlp.net.#.proj",
            "diffusion_model.transformer_blocks.#.img_mlp.net.#.proj",
            "transformer.transformer_blocks.#.img_mlp.net.#.proj",
            "lora_unet_transformer_blocks_#_img_mlp_net_#_proj",
        ),
    ),
    Row(
        "lora-sd3",
        "adapter of SD 3 joint blocks",
        _lora("sd3", "SD 3"),
        0.9,
        adapter=True,
        some=(
            "lora_unet_joint_blocks_#_context_block_attn_qkv",
            "diffusion_model.joint_blocks.#.x_block.attn.qkv",
        ),
    ),
    Row(
        "lora-ltxv",
        "adapter of LTX-Video blocks",
        _lora("ltx-video"),
        0.8,
        adapter=True,
        some=("diffusion_model.transformer_blocks.#.attn2.to_k",),
        none=("diffusion_model.transformer_blocks.#.attn.add_k_proj",),
    ),
    Row(
        "llm-lora",
        "PEFT adapter of a language model",
        {"model_type": "llm", "subtype": "lora"},
        0.95,
        adapter=True,
        some=(
            "base_model.model.model.layers.#.self_attn.q_proj",
            "base_model.model.model.layers.#.self_attn.v_proj",
            "base_model.model.model.layers.#.mlp.gate_proj",
            "base_model.model.transformer.h.#.attn.c_attn",
            "base_model.model.model.layers.#.self_attn.qkv_proj",
        ),
    ),
)
