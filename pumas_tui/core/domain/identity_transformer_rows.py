"""Rows for the denoising networks of 2025 and 2026, in their publishers' names, as ComfyUI takes them."""

from typing import Final

from pumas_tui.core.domain.identity_rules import Row, Size

_SURE: Final = 0.95


def _image(family: str, base: str = "") -> dict[str, str]:
    given = {"model_type": "diffusion", "family": family}
    return {**given, "base_model": base} if base else given


def _row(name: str, reason: str, gives: dict[str, str], *every: str, none: tuple[str, ...] = ()) -> Row:
    return Row(f"{name}-blocks", reason, gives, _SURE, every=every, none=none)


_FLUX_KEY: Final = (
    "double_blocks.#.img_attn.norm.key_norm.scale",
    "double_blocks.#.img_attn.norm.key_norm.weight",
)
_SD_TEXT: Final = "input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"
_SEEDVR: Final = ("vid_in.proj.weight", "txt_in.weight", "vid_out.proj.weight")

IMAGES: Final = (
    _row(
        "ernie",
        "sandwiched layers of ERNIE-Image",
        _image("ernie-image"),
        "layers.#.mlp.linear_fc2.weight",
        "text_proj.weight",
        "final_linear.weight",
    ),
    _row(
        "ideogram4",
        "image indicator of Ideogram 4",
        _image("ideogram", "Ideogram 4"),
        "embed_image_indicator.weight",
        "input_proj.weight",
    ),
    _row(
        "joyimage",
        "double blocks of JoyImage",
        _image("joyimage"),
        "double_blocks.#.attn.img_attn_qkv.weight",
        "condition_embedder.time_embedder.linear_1.weight",
    ),
    _row(
        "krea2",
        "text fusion of Krea 2",
        _image("krea", "Krea 2"),
        "txtfusion.projector.weight",
        "first.weight",
    ),
    _row(
        "lens",
        "joint blocks of Lens",
        _image("lens"),
        "transformer_blocks.#.attn.img_qkv.weight",
        "transformer_blocks.#.img_mlp.w1.weight",
        "img_in.weight",
    ),
    _row(
        "qwen-image-2.1",
        "shared modulation and projected text of Qwen-Image 2.1",
        _image("qwen-image", "Qwen-Image 2.1"),
        "txt_in.text_norm.weight",
        "modulation.1.weight",
        "transformer_blocks.#.attn.to_q",
    ),
    _row(
        "boogu",
        "dual-stream layers of Boogu-Image",
        _image("boogu"),
        "double_stream_layers.#.img_instruct_attn.processor.img_to_q.weight",
    ),
    _row(
        "anima",
        "language adapter on blocks of Cosmos",
        _image("anima", "Anima"),
        "llm_adapter.blocks.#.cross_attn.q_proj.weight",
        "x_embedder.proj.1.weight",
    ),
    _row(
        "pid",
        "projection of the low-quality latent of PiD",
        _image("pixeldit", "PiD"),
        "lq_proj.latent_proj.0.weight",
        "pixel_embedder.proj.weight",
    ),
    _row(
        "pixeldit",
        "pixel and patch embedding of PixelDiT",
        _image("pixeldit", "PixelDiT"),
        "pixel_embedder.proj.weight",
        "patch_blocks.#.attn.qkv_y.weight",
        none=("lq_proj.latent_proj.0.weight",),
    ),
    Row(
        "mage-flow-blocks",
        "text norm of 2560 and patches of 128",
        _image("mage-flow"),
        _SURE,
        every=("txt_norm.weight", "img_in.weight", "transformer_blocks.#.attn.add_k_proj.weight"),
        sizes=(Size("txt_norm.weight", 0, 2560, 2560), Size("proj_out.weight", 0, 128, 128)),
    ),
    Row(
        "longcat-blocks",
        "Flux blocks with text vectors of 3584",
        _image("longcat-image", "LongCat-Image"),
        _SURE,
        every=("img_in.weight",),
        some=_FLUX_KEY,
        none=("vector_in.in_layer.weight", "double_stream_modulation_img.lin.weight"),
        sizes=(Size("txt_in.weight", 1, 3584, 3584),),
    ),
    Row(
        "ovis-image-blocks",
        "Flux blocks with gated MLPs",
        _image("ovis-image", "Ovis-Image"),
        _SURE,
        every=("img_in.weight", "double_blocks.#.img_mlp.gate_proj.weight"),
        some=("txt_norm.scale", "txt_norm.weight"),
    ),
    _row(
        "chroma-radiance",
        "Chroma that paints pixels",
        _image("chroma", "Chroma Radiance"),
        "img_in_patch.weight",
        "nerf_image_embedder.embedder.0.weight",
    ),
    Row(
        "newbie-blocks",
        "Lumina 2 with pooled CLIP text",
        _image("lumina2", "NewBie-Image"),
        0.96,
        every=(
            "cap_embedder.1.weight",
            "clip_text_pooled_proj.0.weight",
            "noise_refiner.#.attention.k_norm.weight",
        ),
    ),
    Row(
        "hidream-o1",
        "pixels, text and images in one network, HiDream-O1",
        {**_image("hidream", "HiDream-O1"), "subtype": "checkpoints"},
        0.97,
        every=("t_embedder1.mlp.0.weight", "x_embedder.proj1.weight"),
    ),
    Row(
        "lotus-unet",
        "UNet of SD 2.x that takes a task",
        _image("stable-diffusion", "Lotus"),
        0.96,
        every=("input_blocks.0.0.weight", "label_emb.0.0.weight", _SD_TEXT),
        sizes=(Size("label_emb.0.0.weight", 1, 4, 4), Size(_SD_TEXT, 1, 1024, 1024)),
    ),
    Row(
        "sdpose-unet",
        "UNet with a head for heat maps",
        {"model_type": "vision", "family": "sdpose"},
        0.97,
        every=("input_blocks.0.0.weight", "heatmap_head.final_layer.weight"),
    ),
)

VIDEO_AND_SPACE: Final = (
    _row(
        "minimax-h3",
        "patches of picture and sound, MiniMax H3",
        _image("minimax-h3"),
        "video_patch_proj.weight",
        "audio_patch_proj.weight",
    ),
    Row(
        "ltxav-blocks",
        "LTX-Video with sound",
        _image("ltx-video", "LTX-2"),
        0.96,
        every=("adaln_single.emb.timestep_embedder.linear_1.bias", "audio_adaln_single.linear.weight"),
    ),
    Row(
        "seedvr2-blocks",
        "paired layers of SeedVR2",
        _image("seedvr2"),
        _SURE,
        every=_SEEDVR,
        some=("blocks.#.mlp.all.proj_in_gate.weight", "blocks.#.mlp.vid.proj_out.weight"),
    ),
    _row(
        "trellis2",
        "shape and structure networks of TRELLIS.2",
        _image("trellis2"),
        "img2shape.blocks.#.self_attn.to_qkv.weight",
        "structure_model.blocks.#.self_attn.to_qkv.weight",
    ),
    _row(
        "trellis2-texture",
        "texture network of TRELLIS.2",
        _image("trellis2"),
        "shape2txt.blocks.#.self_attn.to_qkv.weight",
        none=("img2shape.*",),
    ),
    _row(
        "triposplat",
        "camera output of TripoSplat",
        _image("triposplat"),
        "cam_out_layer.weight",
        "repo_layers.0.final_map.weight",
    ),
    _row(
        "hunyuan3d-2.1",
        "shape transformer of Hunyuan3D 2.1",
        _image("hunyuan3d", "Hunyuan3D 2.1"),
        "t_embedder.mlp.2.weight",
        "blocks.#.attn1.k_norm.weight",
        "x_embedder.weight",
    ),
)

_MUSIC: Final = {"model_type": "audio"}
SOUND: Final = (
    Row(
        "ace-step-1.5-blocks",
        "lyric encoder of ACE-Step 1.5",
        {**_MUSIC, "family": "ace-step", "base_model": "ACE-Step 1.5"},
        _SURE,
        every=(
            "encoder.lyric_encoder.layers.#.input_layernorm.weight",
            "decoder.layers.#.self_attn_norm.weight",
        ),
    ),
    Row(
        "minimax-music-blocks",
        "latent conditioner of MiniMax Music 3",
        {**_MUSIC, "family": "minimax-music"},
        _SURE,
        every=("latent_conditioners.0.weight", "diffusion_transformer.preprocess_conv.weight"),
    ),
)

SEEING: Final = (
    Row(
        "rt-detr",
        "detection transformer RT-DETR",
        {"model_type": "vision", "family": "rt-detr"},
        _SURE,
        every=("encoder.pan_blocks.#.cv4.conv.weight",),
    ),
    Row(
        "sam3",
        "detector and image trunk of SAM 3",
        {"model_type": "vision", "subtype": "checkpoints", "family": "sam3"},
        0.97,
        every=("detector.backbone.vision_backbone.trunk.blocks.#.attn.qkv.weight",),
    ),
)

ROWS: Final = (*IMAGES, *VIDEO_AND_SPACE, *SOUND, *SEEING)
