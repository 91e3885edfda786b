"""Rows for networks that look, listen and measure: encoders, cut-outs, depth, motion, classes."""

from typing import Final

from pumas_tui.core.domain.identity_rules import Row


def _sees(subtype: str, family: str = "") -> dict[str, str]:
    given = {"model_type": "vision", "subtype": subtype, "family": family}
    return {name: value for name, value in given.items() if value}


def _row(name: str, reason: str, gives: dict[str, str], *every: str, none: tuple[str, ...] = ()) -> Row:
    return Row(name, reason, gives, 0.9, every=every, none=none)


_HEARS: Final = {"model_type": "audio", "subtype": "audio_encoders"}
_TOWER: Final = {"model_type": "diffusion", "subtype": "clip_vision"}
_CONVOLUTION: Final = "feature_extractor.conv_layers.#.conv.weight"
_WAV_LAYER: Final = "encoder.layers.#.attention.k_proj.weight"

SOUND: Final = (
    _row(
        "wav2vec2",
        "feature extractor of wav2vec 2",
        {**_HEARS, "family": "wav2vec2"},
        "wav2vec2." + _CONVOLUTION,
    ),
    _row(
        "wav2vec2-bare",
        "feature extractor and layers of wav2vec 2",
        {**_HEARS, "family": "wav2vec2"},
        _CONVOLUTION,
        _WAV_LAYER,
    ),
    _row(
        "whisper-encoder",
        "encoder of Whisper without its decoder",
        {**_HEARS, "family": "whisper"},
        "model.encoder.conv1.weight",
        "model.encoder.layers.#.self_attn.q_proj.weight",
        none=("model.decoder.layers.#.encoder_attn.k_proj.weight",),
    ),
)

PICTURES: Final = (
    _row(
        "dinov2",
        "scaled layers of DINOv2",
        {**_TOWER, "family": "dinov2"},
        "encoder.layer.#.layer_scale2.lambda1",
        "embeddings.patch_embeddings.projection.weight",
    ),
    _row(
        "dinov3",
        "scaled layers of DINOv3",
        {**_TOWER, "family": "dinov3"},
        "layer.#.layer_scale2.lambda1",
        "embeddings.patch_embeddings.weight",
    ),
    _row(
        "clip-vision-openclip",
        "image tower of OpenCLIP",
        {**_TOWER, "family": "clip"},
        "visual.transformer.resblocks.#.attn.in_proj_weight",
        none=("token_embedding.weight", "transformer.*"),
    ),
    _row(
        "birefnet",
        "Swin trunk and squeeze module of BiRefNet",
        _sees("background_removal", "birefnet"),
        "bb.layers.#.blocks.#.attn.qkv.weight",
        "squeeze_module.#.conv_in.weight",
    ),
    _row(
        "raft",
        "feature, context and update networks of RAFT",
        _sees("optical_flow", "raft"),
        "feature_encoder.*",
        "context_encoder.*",
        "update_block.*",
    ),
    _row(
        "film",
        "pyramid of FILM",
        _sees("frame_interpolation", "film"),
        "extract.extract_sublevels.convs.#.#.conv.weight",
    ),
    Row(
        "rife",
        "flow blocks of RIFE",
        _sees("frame_interpolation", "rife"),
        0.9,
        some=(
            "block0.conv0.0.0.weight",
            "flownet.block0.conv0.0.0.weight",
            "module.block0.conv0.0.0.weight",
            "module.flownet.block0.conv0.0.0.weight",
        ),
    ),
    _row(
        "depth-anything-3",
        "DINOv2 with a dense prediction head",
        _sees("geometry_estimation", "depth-anything"),
        "backbone.embeddings.patch_embeddings.projection.weight",
        "head.projects.#.weight",
    ),
    _row(
        "moge-2",
        "DINOv2 with heads for points and masks",
        _sees("geometry_estimation", "moge"),
        "encoder.backbone.patch_embed.proj.weight",
        "points_head.input_blocks.#.weight",
        "neck.input_blocks.#.weight",
    ),
    _row(
        "moge-1",
        "DINOv2 with one head for points",
        _sees("geometry_estimation", "moge"),
        "backbone.patch_embed.proj.weight",
        "head.projects.#.weight",
        "head.upsample_blocks.#.#.#.weight",
    ),
    _row(
        "vit-classifier",
        "vision transformer with classes",
        _sees("classifiers", "vit"),
        "vit.encoder.layer.#.attention.attention.query.weight",
        "classifier.weight",
    ),
)

ROWS: Final = (*SOUND, *PICTURES)
