"""Rows for the autoencoders between pixels, sound or shapes and latents, by the names ComfyUI looks for."""

from typing import Final

from pumas_tui.core.domain.identity_rules import Row, Size


def _vae(family: str = "", model_type: str = "diffusion") -> dict[str, str]:
    given = {"model_type": model_type, "subtype": "vae", "family": family}
    return {name: value for name, value in given.items() if value}


def _row(name: str, reason: str, gives: dict[str, str], *every: str, none: tuple[str, ...] = ()) -> Row:
    return Row(f"{name}-vae", reason, gives, 0.9, every=every, none=none)


_APPROX: Final = {"model_type": "diffusion", "subtype": "vae_approx"}

PICTURES: Final = (
    Row(
        "vae",
        "encoder and decoder of a VAE",
        _vae(),
        0.9,
        every=("decoder.conv_in.weight", "decoder.conv_out.weight", "encoder.conv_in.weight"),
        some=("decoder.mid.block_#.conv1.weight", "decoder.mid_block.resnets.#.conv1.weight"),
        none=("quantize.embedding.weight",),
    ),
    Row(
        "vae-in-checkpoint",
        "VAE with the names of a checkpoint",
        _vae(),
        0.9,
        every=("first_stage_model.decoder.conv_in.weight",),
        none=("model.diffusion_model.", "cond_stage_model.*"),
    ),
    Row(
        "vae-16",
        "decoder of 16 channels without quantising layers",
        _vae(),
        0.85,
        every=("decoder.conv_in.weight",),
        sizes=(Size("decoder.conv_in.weight", 1, 16, 16),),
        none=("quant_conv.weight", "quantize.embedding.weight"),
    ),
    Row(
        "vae-32",
        "decoder of 32 channels with normed latents",
        _vae("flux2"),
        0.9,
        every=("decoder.conv_in.weight", "bn.running_mean"),
        sizes=(Size("decoder.conv_in.weight", 1, 32, 32),),
    ),
    _row(
        "mage", "distilled convolutions of Mage", _vae("mage-flow"), "student.dconv_encoder.proj_out.weight"
    ),
    _row(
        "cascade-a",
        "quantising layers of Stable Cascade",
        _vae("stable-cascade"),
        "vquantizer.codebook.weight",
    ),
)

VIDEOS: Final = (
    _row(
        "video",
        "encoder and decoder of a video VAE",
        _vae(),
        "decoder.conv_in.conv.weight",
        "decoder.conv_out.conv.weight",
        "encoder.conv_in.conv.weight",
    ),
    _row(
        "wan",
        "causal VAE of Wan and Qwen-Image",
        _vae(),
        "decoder.middle.0.residual.0.gamma",
        "encoder.conv1.weight",
    ),
    _row(
        "ltx",
        "residual blocks of the VAE of LTX-Video",
        _vae("ltx-video"),
        "decoder.up_blocks.#.res_blocks.#.conv1.conv.weight",
    ),
    _row("ltx-diffusion", "diffusing decoder of LTX-Video", _vae("ltx-video"), "decoder.conv_in_x_t.weight"),
    _row(
        "seedvr2",
        "upscaling convolutions of SeedVR2",
        _vae("seedvr2"),
        "decoder.up_blocks.#.upsamplers.#.upscale_conv.weight",
    ),
    _row(
        "minimax-video",
        "decoding transformer of MiniMax H3",
        _vae("minimax-h3"),
        "decoder.transformer_blocks.#.scale1",
        "decoder.mask_token",
    ),
    _row("mochi", "stacked blocks of Mochi", _vae("mochi"), "decoder.blocks.#.blocks.#.stack.#.weight"),
    _row("cosmos", "wavelets of Cosmos", _vae("cosmos"), "decoder.unpatcher3d.wavelets"),
)

_SOUND: Final = "audio"
SOUNDS: Final = (
    Row(
        "audio-vae",
        "snake activations of an audio VAE",
        _vae(model_type=_SOUND),
        0.8,
        every=("decoder.layers.#.layers.#.beta", "encoder.layers.#.layers.#.beta"),
    ),
    _row(
        "stable-audio-3",
        "transformers in the VAE of Stable Audio 3",
        _vae("stable-audio", _SOUND),
        "decoder.layers.#.transformers.#.pre_norm.alpha",
        "decoder.layers.#.new_tokens",
        "encoder.layers.#.new_tokens",
    ),
    _row(
        "ltx-audio",
        "vocoder and spectrum VAE of LTX-2",
        _vae("ltx-video", _SOUND),
        "vocoder.resblocks.#.convs1.#.weight",
        "audio_vae.decoder.conv_in.conv.weight",
        none=("model.diffusion_model.",),
    ),
    _row(
        "minimax-audio",
        "attention before the latent of MiniMax H3",
        _vae("minimax-h3", _SOUND),
        "pre_block.attn.zero_k_bias",
    ),
    Row(
        "minimax-music-vae",
        "decoder of MiniMax Music 3",
        _vae("minimax-music", _SOUND),
        0.9,
        every=("dec_in_proj.weight",),
        some=("decoder.model.#.weight_g", "decoder.model.#.parametrizations.weight.original0"),
    ),
    _row(
        "ace-step",
        "vocoder of ACE-Step",
        _vae("ace-step", _SOUND),
        "vocoder.backbone.channel_layers.#.#.weight",
        "dcae.decoder.conv_in.weight",
        none=("model.diffusion_model.",),
    ),
    _row(
        "mmaudio",
        "vocoder of MMAudio",
        _vae("mmaudio", _SOUND),
        "vocoder.activation_post.downsample.lowpass.filter",
    ),
)

SHAPES: Final = (
    _row(
        "hunyuan3d",
        "shape decoder of Hunyuan3D",
        _vae("hunyuan3d"),
        "geo_decoder.cross_attn_decoder.ln_1.weight",
        none=("model.*",),
    ),
    _row(
        "triposplat",
        "octree decoder of TripoSplat",
        _vae("triposplat"),
        "gs.base_offset_scale",
        "octree.out_proj.weight",
    ),
    _row(
        "trellis2-shape",
        "structure decoder of TRELLIS.2",
        _vae("trellis2"),
        "struct_dec.input_layer.weight",
        "struct_dec.out_layer.2.weight",
    ),
)

APPROXIMATIONS: Final = (
    Row("taesd", "tiny autoencoder", _APPROX, 0.9, every=("taesd_decoder.1.weight",)),
    Row(
        "taesd-half",
        "encoder or decoder of a tiny autoencoder",
        _APPROX,
        0.85,
        every=("3.conv.0.weight", "3.conv.2.weight", "3.conv.4.weight"),
    ),
    Row(
        "taehv",
        "tiny autoencoder of videos",
        _APPROX,
        0.85,
        every=("decoder.22.weight", "encoder.0.weight", "decoder.1.weight"),
    ),
)

ROWS: Final = (*PICTURES, *VIDEOS, *SOUNDS, *SHAPES, *APPROXIMATIONS)
