"""Rows for denoising networks (UNets, diffusion transformers): which family a checkpoint belongs to.

Names are those of the original code of each model, as checkpoints carry them, without the prefix that stands
before them in a checkpoint; `*_DIFFUSERS` names those of diffusers. They agree with what ComfyUI looks for.
"""

from typing import Final

from pumas_tui.core.domain import identity_transformer_rows
from pumas_tui.core.domain.identity_rules import Row, Size

_IMAGE: Final = {"model_type": "diffusion"}
_AUDIO: Final = {"model_type": "audio"}
_FLUX_BLOCK: Final = (
    "double_blocks.#.img_attn.norm.key_norm.scale",
    "double_blocks.#.img_attn.norm.key_norm.weight",
)


def _is(family: str, base: str = "", kind: dict[str, str] = _IMAGE) -> dict[str, str]:
    return {**kind, "family": family, **({"base_model": base} if base else {})}


_K1: Final = "input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"
_K4: Final = "input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight"
_D0: Final = "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight"
_D1: Final = "down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.weight"
_LDM: Final = ("input_blocks.0.0.weight", "middle_block.0.in_layers.0.weight")

UNETS: Final = (
    Row(
        "sd1-unet",
        "UNet with text vectors of 768",
        _is("stable-diffusion", "SD 1.x"),
        0.95,
        every=(*_LDM, _K1),
        sizes=(Size(_K1, 1, 768, 768),),
        none=("input_blocks.#.#.time_stack.#.attn1.to_q.weight", "input_hint_block.#.weight"),
    ),
    Row(
        "sd2-unet",
        "UNet with text vectors of 1024",
        _is("stable-diffusion", "SD 2.x"),
        0.95,
        every=(*_LDM, _K1),
        sizes=(Size(_K1, 1, 1024, 1024),),
        none=("input_blocks.#.#.time_stack.#.attn1.to_q.weight", "input_hint_block.#.weight"),
    ),
    Row(
        "sdxl-unet",
        "UNet with text vectors of 2048",
        _is("sdxl", "SDXL"),
        0.95,
        every=(*_LDM, _K4, "label_emb.0.0.weight"),
        sizes=(Size(_K4, 1, 2048, 2048),),
    ),
    Row(
        "sdxl-refiner-unet",
        "UNet with text vectors of 1280",
        _is("sdxl", "SDXL Refiner"),
        0.95,
        every=(*_LDM, _K4, "label_emb.0.0.weight"),
        sizes=(Size(_K4, 1, 1280, 1280),),
    ),
    Row(
        "svd-unet",
        "UNet with layers over time",
        _is("stable-video-diffusion", "SVD"),
        0.95,
        every=(*_LDM, "input_blocks.#.#.time_stack.#.attn1.to_q.weight"),
    ),
    Row(
        "sd1-unet-diffusers",
        "diffusers UNet with text vectors of 768",
        _is("stable-diffusion", "SD 1.x"),
        0.95,
        every=("conv_in.weight", "up_blocks.0.resnets.0.conv1.weight", _D0),
        sizes=(Size(_D0, 1, 768, 768),),
        none=("controlnet_cond_embedding.conv_in.weight",),
    ),
    Row(
        "sd2-unet-diffusers",
        "diffusers UNet with text vectors of 1024",
        _is("stable-diffusion", "SD 2.x"),
        0.95,
        every=("conv_in.weight", "up_blocks.0.resnets.0.conv1.weight", _D0),
        sizes=(Size(_D0, 1, 1024, 1024),),
        none=("controlnet_cond_embedding.conv_in.weight",),
    ),
    Row(
        "sdxl-unet-diffusers",
        "diffusers UNet with text vectors of 2048",
        _is("sdxl", "SDXL"),
        0.95,
        every=("conv_in.weight", "up_blocks.0.resnets.0.conv1.weight", "add_embedding.linear_1.weight", _D1),
        sizes=(Size(_D1, 1, 2048, 2048),),
        none=("controlnet_cond_embedding.conv_in.weight",),
    ),
    Row(
        "cascade-c",
        "Stable Cascade, stage C",
        _is("stable-cascade"),
        0.9,
        every=("clf.1.weight", "clip_txt_mapper.weight"),
    ),
    Row(
        "cascade-b",
        "Stable Cascade, stage B",
        _is("stable-cascade"),
        0.9,
        every=("clf.1.weight", "clip_mapper.weight"),
    ),
)

TRANSFORMERS: Final = (
    Row(
        "sd3-blocks",
        "joint blocks of SD 3",
        _is("sd3", "SD 3"),
        0.95,
        every=(
            "joint_blocks.#.context_block.attn.qkv.weight",
            "x_embedder.proj.weight",
            "final_layer.linear.weight",
        ),
    ),
    Row(
        "flux-blocks",
        "double blocks of Flux",
        _is("flux", "Flux.1"),
        0.95,
        every=("img_in.weight",),
        some=_FLUX_BLOCK,
        none=(
            "double_stream_modulation_img.lin.weight",
            "distilled_guidance_layer.norms.0.scale",
            "double_blocks.#.img_mlp.gate_proj.weight",
            "txt_in.individual_token_refiner.blocks.#.norm1.weight",
        ),
        sizes=(Size("img_in.weight", 0, 3072, 3072), Size("txt_in.weight", 1, 4096, 4096)),
    ),
    Row(
        "flux2-blocks",
        "shared modulation of Flux 2",
        _is("flux2", "Flux.2"),
        0.95,
        every=("img_in.weight", "double_stream_modulation_img.lin.weight"),
        some=_FLUX_BLOCK,
    ),
    Row(
        "chroma-blocks",
        "Flux blocks with distilled guidance",
        _is("chroma", "Chroma"),
        0.95,
        some=_FLUX_BLOCK,
        every=("distilled_guidance_layer.norms.#.scale",),
    ),
    Row(
        "hunyuan-video-blocks",
        "token refiner of HunyuanVideo",
        _is("hunyuan-video"),
        0.95,
        every=("txt_in.individual_token_refiner.blocks.#.norm1.weight", "img_in.proj.weight"),
    ),
    Row(
        "wan-blocks",
        "modulated head of Wan",
        _is("wan"),
        0.95,
        every=("head.modulation", "patch_embedding.weight", "blocks.#.cross_attn.q.weight"),
    ),
    Row(
        "ltxv-blocks",
        "single adaptive norm of LTX-Video",
        _is("ltx-video"),
        0.95,
        every=("adaln_single.emb.timestep_embedder.linear_1.bias", "patchify_proj.weight"),
        none=("pos_embed.proj.bias",),
    ),
    Row(
        "qwen-image-blocks",
        "dual-stream blocks of Qwen-Image",
        _is("qwen-image", "Qwen-Image"),
        0.95,
        every=("txt_norm.weight", "img_in.weight", "transformer_blocks.#.attn.add_k_proj.weight"),
        none=("controlnet_blocks.#.weight",),
        sizes=(Size("txt_norm.weight", 0, 3584, 3584),),
    ),
    Row(
        "z-image-blocks",
        "refiner layers of Z-Image",
        _is("z-image", "Z-Image"),
        0.95,
        every=("cap_embedder.1.weight", "noise_refiner.#.attention.k_norm.weight", "cap_pad_token"),
        sizes=(Size("cap_embedder.1.weight", 0, 3840, 3840),),
    ),
    Row(
        "lumina2-blocks",
        "refiner layers of Lumina 2",
        _is("lumina2", "Lumina 2"),
        0.95,
        every=("cap_embedder.1.weight", "noise_refiner.#.attention.k_norm.weight"),
        sizes=(Size("cap_embedder.1.weight", 0, 2304, 2304),),
    ),
    Row(
        "hidream-blocks",
        "caption projections of HiDream",
        _is("hidream"),
        0.95,
        every=("caption_projection.0.linear.weight",),
    ),
    Row(
        "auraflow-blocks",
        "double layers of AuraFlow",
        _is("auraflow"),
        0.95,
        every=("double_layers.0.attn.w1q.weight", "cond_seq_linear.weight"),
    ),
    Row(
        "hunyuan-dit-blocks",
        "T5 pooling of Hunyuan-DiT",
        _is("hunyuan-dit"),
        0.95,
        every=("mlp_t5.0.weight", "x_embedder.proj.weight"),
    ),
    Row("mochi-blocks", "T5 projection of Mochi", _is("mochi"), 0.95, every=("t5_yproj.weight",)),
    Row(
        "pixart-blocks",
        "time block of PixArt",
        _is("pixart"),
        0.9,
        every=("t_block.1.weight", "y_embedder.y_proj.fc1.weight"),
    ),
    Row(
        "cogvideox-blocks",
        "expert norms of CogVideoX",
        _is("cogvideox"),
        0.9,
        every=("blocks.0.norm1.linear.weight", "patch_embed.text_proj.weight"),
    ),
    Row(
        "cosmos-blocks",
        "named blocks of Cosmos",
        _is("cosmos"),
        0.95,
        every=("blocks.block0.blocks.0.block.attn.to_q.0.weight",),
    ),
    Row(
        "cosmos2-blocks",
        "blocks of Cosmos Predict 2",
        _is("cosmos"),
        0.9,
        every=("blocks.0.mlp.layer1.weight", "x_embedder.proj.1.weight"),
        none=("llm_adapter.*",),
    ),
    Row(
        "hunyuan3d-blocks",
        "shape latents of Hunyuan3D",
        _is("hunyuan3d"),
        0.95,
        every=("latent_in.weight", "cond_in.weight"),
    ),
    Row(
        "kandinsky5-blocks",
        "visual blocks of Kandinsky 5",
        _is("kandinsky"),
        0.95,
        every=("visual_transformer_blocks.0.cross_attention.key_norm.weight",),
    ),
    Row(
        "omnigen2-blocks",
        "time and caption embedding of OmniGen 2",
        _is("omnigen2"),
        0.95,
        every=("time_caption_embed.timestep_embedder.linear_1.bias",),
        none=("double_stream_layers.#.img_instruct_attn.processor.img_to_q.weight",),
    ),
    Row(
        "stable-audio-blocks",
        "audio transformer of Stable Audio",
        _is("stable-audio", kind=_AUDIO),
        0.9,
        every=("transformer.rotary_pos_emb.inv_freq", "to_timestep_embed.0.weight"),
    ),
    Row(
        "ace-step-blocks",
        "genre embedding of ACE-Step",
        _is("ace-step", kind=_AUDIO),
        0.9,
        every=("genre_embedder.weight", "lyric_embs.weight"),
    ),
)

DIFFUSERS: Final = (
    Row(
        "flux-diffusers",
        "single and double blocks of Flux as diffusers names them",
        _is("flux", "Flux.1"),
        0.9,
        every=(
            "x_embedder.weight",
            "context_embedder.weight",
            "single_transformer_blocks.#.proj_mlp.weight",
            "time_text_embed.text_embedder.linear_1.weight",
        ),
        sizes=(Size("x_embedder.weight", 0, 3072, 3072), Size("context_embedder.weight", 1, 4096, 4096)),
    ),
    Row(
        "sd3-diffusers",
        "joint blocks of SD 3 as diffusers names them",
        _is("sd3", "SD 3"),
        0.9,
        every=(
            "pos_embed.proj.weight",
            "context_embedder.weight",
            "transformer_blocks.#.attn.add_q_proj.weight",
            "time_text_embed.text_embedder.linear_1.weight",
        ),
        none=("controlnet_blocks.#.weight",),
    ),
)

ROWS: Final = (*UNETS, *TRANSFORMERS, *DIFFUSERS, *identity_transformer_rows.ROWS)

BUNDLED: Final = (
    "first_stage_model.*",
    "cond_stage_model.*",
    "conditioner.*",
    "text_encoders.*",
    "vae.*",
    "audio_vae.*",
    "pretransform.*",
)
"""First parts of names that stand in a checkpoint beside its denoiser: VAE and text encoders."""
