"""Rows for what is laid over a denoiser or works on its latents: patches, upscalers, PhotoMaker."""

from typing import Final

from pumas_tui.core.domain.identity_rules import Row


def _patch(family: str, base: str = "") -> dict[str, str]:
    given = {"model_type": "diffusion", "subtype": "model_patches", "family": family, "base_model": base}
    return {name: value for name, value in given.items() if value}


def _upscaler(family: str) -> dict[str, str]:
    return {"model_type": "diffusion", "subtype": "latent_upscale_models", "family": family}


def _row(name: str, reason: str, gives: dict[str, str], *every: str, none: tuple[str, ...] = ()) -> Row:
    return Row(name, reason, gives, 0.92, every=every, none=none)


PATCHES: Final = (
    _row(
        "anima-lllite",
        "conditioning of a ControlNet-LLLite for Anima",
        _patch("anima", "Anima"),
        "lllite_conditioning1.conv1.weight",
    ),
    _row(
        "qwen-blockwise",
        "block-wise control of Qwen-Image",
        _patch("qwen-image", "Qwen-Image"),
        "controlnet_blocks.#.y_rms.weight",
        "controlnet_blocks.#.input_proj.weight",
    ),
    _row(
        "uso-projector",
        "projector of several SigLIP layers",
        _patch("flux", "Flux.1"),
        "feature_embedder.mid_layer_norm.weight",
        "feature_embedder.high_projection.weight",
    ),
    _row(
        "z-image-fun",
        "control layers of Z-Image",
        _patch("z-image", "Z-Image"),
        "control_all_x_embedder.2-1.weight",
        "control_layers.#.before_proj.weight",
    ),
    _row(
        "uni3c",
        "Uni3C control of Wan",
        _patch("wan"),
        "controlnet_patch_embedding.weight",
        "proj_out.#.weight",
    ),
    _row(
        "multitalk",
        "audio attention of MultiTalk for Wan",
        _patch("wan"),
        "audio_proj.proj1.weight",
        "blocks.#.audio_cross_attn.kv_linear.weight",
    ),
    _row(
        "minimax-h3-fun",
        "control blocks of MiniMax H3",
        _patch("minimax-h3"),
        "control_proj_in.weight",
        "control_blocks.#.adaln_proj.linear.weight",
        "control_blocks.#.after_proj.weight",
    ),
    _row("ltx-duration", "duration head of LTX-Video", _patch("ltx-video"), "attention_pooler.query_tokens"),
    _row(
        "supir",
        "control model and project modules of SUPIR",
        _patch("sdxl", "SDXL"),
        "control_model.input_hint_block.0.weight",
        "project_modules.#.zero_conv.weight",
    ),
)

LATENTS: Final = (
    _row(
        "ltx-upscaler",
        "latent upsampler of LTX-Video",
        _upscaler("ltx-video"),
        "post_upsample_res_blocks.#.conv2.weight",
        "initial_conv.weight",
    ),
    _row(
        "hunyuan-upscaler-1080",
        "causal upsampler of HunyuanVideo 1.5",
        _upscaler("hunyuan-video"),
        "up.#.block.#.conv1.conv.weight",
        "conv_in.conv.weight",
        "conv_out.conv.weight",
    ),
    _row(
        "hunyuan-upscaler-720",
        "causal residual blocks of HunyuanVideo 1.5",
        _upscaler("hunyuan-video"),
        "blocks.#.block.#.conv.weight",
        "in_conv.conv.weight",
        "out_conv.conv.weight",
    ),
)

OTHERS: Final = (
    Row(
        "photomaker",
        "identity encoder of PhotoMaker",
        {"model_type": "diffusion", "subtype": "photomaker", "family": "sdxl", "base_model": "SDXL"},
        0.92,
        some=(
            "id_encoder.visual_projection_2.weight",
            "id_encoder.fuse_module.mlp1.fc1.weight",
            "visual_projection_2.weight",
        ),
    ),
    _row(
        "style-adapter",
        "style transformer of a T2I adapter",
        {
            "model_type": "diffusion",
            "subtype": "style_models",
            "family": "stable-diffusion",
            "base_model": "SD 1.x",
        },
        "style_embedding",
    ),
    _row(
        "hypernetwork",
        "pairs of linear layers by the width of attention",
        {"model_type": "diffusion", "subtype": "hypernetworks"},
        "768.0.linear.0.weight",
        "768.1.linear.0.weight",
    ),
)

ROWS: Final = (*PATCHES, *LATENTS, *OTHERS)
