"""Rows for the parts of image models: ControlNet, text and image encoders, upscalers, embeddings."""

from typing import Final

from pumas_tui.core.domain.identity_rules import Row, Size


def _part(subtype: str, family: str = "", base: str = "") -> dict[str, str]:
    given = {"model_type": "diffusion", "subtype": subtype, "family": family, "base_model": base}
    return {name: value for name, value in given.items() if value}


_CONTROL_K1: Final = "control_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"
_CONTROL_K4: Final = "control_model.input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight"
_D0: Final = "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight"
_D1: Final = "down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.weight"
_HINT: Final = "controlnet_cond_embedding.conv_in.weight"

CONTROLS: Final = (
    Row(
        "controlnet",
        "zero convolutions and a hint block",
        _part("controlnet"),
        0.95,
        some=("control_model.zero_convs.0.0.weight", "zero_convs.0.0.weight"),
    ),
    Row(
        "controlnet-sd1",
        "ControlNet with text vectors of 768",
        _part("controlnet", "stable-diffusion", "SD 1.x"),
        0.9,
        sizes=(Size(_CONTROL_K1, 1, 768, 768),),
    ),
    Row(
        "controlnet-sd2",
        "ControlNet with text vectors of 1024",
        _part("controlnet", "stable-diffusion", "SD 2.x"),
        0.9,
        sizes=(Size(_CONTROL_K1, 1, 1024, 1024),),
    ),
    Row(
        "controlnet-sdxl",
        "ControlNet with text vectors of 2048",
        _part("controlnet", "sdxl", "SDXL"),
        0.9,
        sizes=(Size(_CONTROL_K4, 1, 2048, 2048),),
    ),
    Row(
        "controlnet-diffusers", "ControlNet as diffusers names it", _part("controlnet"), 0.95, every=(_HINT,)
    ),
    Row(
        "controlnet-diffusers-sd1",
        "its text vectors are of 768",
        _part("controlnet", "stable-diffusion", "SD 1.x"),
        0.9,
        every=(_HINT,),
        sizes=(Size(_D0, 1, 768, 768),),
    ),
    Row(
        "controlnet-diffusers-sd2",
        "its text vectors are of 1024",
        _part("controlnet", "stable-diffusion", "SD 2.x"),
        0.9,
        every=(_HINT,),
        sizes=(Size(_D0, 1, 1024, 1024),),
    ),
    Row(
        "controlnet-diffusers-sdxl",
        "its text vectors are of 2048",
        _part("controlnet", "sdxl", "SDXL"),
        0.9,
        every=(_HINT,),
        sizes=(Size(_D1, 1, 2048, 2048),),
    ),
    Row(
        "controlnet-transformer",
        "ControlNet of a diffusion transformer",
        _part("controlnet"),
        0.95,
        every=("controlnet_blocks.#.weight", "transformer_blocks.#.attn.add_q_proj.weight"),
    ),
    Row(
        "controlnet-sd3",
        "ControlNet of SD 3",
        _part("controlnet", "sd3", "SD 3"),
        0.95,
        every=("controlnet_blocks.#.weight", "pos_embed_input.proj.weight"),
    ),
    Row(
        "controlnet-qwen-image",
        "ControlNet on blocks of Qwen-Image",
        _part("controlnet", "qwen-image", "Qwen-Image"),
        0.96,
        every=("controlnet_blocks.#.weight", "transformer_blocks.#.img_mlp.net.#.proj.weight"),
    ),
    Row(
        "controlnet-qwen-image-fun",
        "control blocks of Qwen-Image",
        _part("controlnet", "qwen-image", "Qwen-Image"),
        0.95,
        every=("control_blocks.#.after_proj.weight", "control_img_in.weight"),
    ),
    Row(
        "controlnet-hunyuan-dit",
        "ControlNet of Hunyuan-DiT",
        _part("controlnet", "hunyuan-dit"),
        0.95,
        every=("after_proj_list.#.weight",),
    ),
    Row(
        "controlnet-flux",
        "ControlNet of Flux",
        _part("controlnet", "flux", "Flux.1"),
        0.9,
        every=("controlnet_blocks.#.weight", "controlnet_x_embedder.weight"),
        some=("single_transformer_blocks.#.proj_mlp.weight", "controlnet_single_blocks.#.weight"),
    ),
    Row(
        "controlnet-flux-xlabs",
        "ControlNet of Flux with a hint block",
        _part("controlnet", "flux", "Flux.1"),
        0.95,
        every=(
            "controlnet_blocks.#.weight",
            "input_hint_block.0.weight",
            "double_blocks.#.img_attn.qkv.weight",
        ),
    ),
    Row(
        "control-lora", "LoRA that makes a ControlNet", _part("controlnet"), 0.97, every=("lora_controlnet",)
    ),
    Row(
        "t2i-adapter",
        "blocks of a T2I adapter",
        _part("controlnet"),
        0.9,
        some=("adapter.body.#.resnets.#.block1.weight", "body.#.block1.weight"),
        none=("conv_first.weight",),
    ),
    Row(
        "ip-adapter",
        "image prompt adapter",
        {"model_type": "diffusion"},
        0.9,
        some=("ip_adapter.1.to_k_ip.weight", "ip_adapter.#.to_k_ip.weight"),
    ),
    Row(
        "redux",
        "style projection of Flux Redux",
        _part("style_models", "flux", "Flux.1"),
        0.95,
        every=("redux_up.weight", "redux_down.weight"),
    ),
    Row(
        "gligen", "position network of GLIGEN", _part("gligen"), 0.9, every=("position_net.linears.0.weight",)
    ),
)

_LAYER: Final = "text_model.encoder.layers.#.mlp.fc1.weight"
_MARKS: Final = ("scaled_fp8", "spiece_model", "tekken_model", "*.comfy_quant", "tokenizer_json")
_T5: Final = "encoder.block.#.layer.#.SelfAttention.q.weight"

ENCODERS: Final = (
    Row(
        "clip-text",
        "layers of a CLIP text encoder",
        _part("text_encoders", "clip"),
        0.9,
        every=(_LAYER, "text_model.embeddings.token_embedding.weight"),
        none=("vision_model.*",),
    ),
    Row(
        "t5-encoder",
        "encoder of T5 without a decoder",
        _part("text_encoders", "t5"),
        0.9,
        every=(_T5,),
        none=("decoder.block.#.layer.#.SelfAttention.q.weight", "decoder.block.#.layer.#.SelfAttention.q"),
    ),
    Row(
        "t5",
        "encoder and decoder of T5",
        {"model_type": "llm", "subtype": "transformers", "family": "t5"},
        0.8,
        every=(_T5, "decoder.block.#.layer.#.SelfAttention.q.weight"),
    ),
    Row(
        "comfy-text-encoder",
        "language model with marks of ComfyUI",
        _part("text_encoders"),
        0.97,
        some=_MARKS,
        every=("*.gate_proj.weight",),
        none=("model.diffusion_model.", "text_encoders.*", "model.x_embedder.proj1.weight"),
    ),
    Row(
        "gpt-oss-text",
        "gpt-oss by names without a task above it",
        _part("text_encoders", "gpt-oss"),
        0.9,
        every=("layers.#.self_attn.sinks", "layers.#.mlp.router.weight"),
        none=("model.*",),
    ),
    Row(
        "jina-clip",
        "mixing layers of Jina CLIP",
        _part("text_encoders", "jina-clip"),
        0.95,
        every=("model.encoder.layers.#.mixer.Wqkv.weight",),
    ),
    Row(
        "t5-gemma",
        "encoder of T5Gemma without a decoder",
        _part("text_encoders", "t5gemma"),
        0.97,
        every=("model.encoder.layers.#.pre_self_attn_layernorm.weight",),
        none=("model.decoder.layers.#.pre_self_attn_layernorm.weight",),
    ),
    Row(
        "minimax-music-text",
        "language model with codes of sound",
        _part("text_encoders", "minimax-music"),
        0.97,
        every=("model.embed_tokens_audio.weight", "model.layers.#.mlp.gate_proj.weight"),
    ),
    Row(
        "clip-vision",
        "image tower of CLIP",
        _part("clip_vision", "clip"),
        0.9,
        every=("vision_model.encoder.layers.#.mlp.fc1.weight",),
        none=(
            "text_model.*",
            "qformer.*",
            "language_model.*",
            "multi_modal_projector.*",
            "vision_model.head.attention.in_proj_weight",
        ),
    ),
    Row(
        "siglip-vision",
        "image tower of SigLIP",
        _part("clip_vision", "siglip"),
        0.9,
        every=("vision_model.encoder.layers.#.mlp.fc1.weight", "vision_model.head.attention.in_proj_weight"),
        none=("text_model.*", "language_model.*"),
    ),
    Row(
        "clip-both",
        "text and image tower of CLIP",
        {"model_type": "vision", "family": "clip"},
        0.8,
        every=("vision_model.encoder.layers.#.mlp.fc1.weight", _LAYER, "logit_scale"),
    ),
)

OTHERS: Final = (
    Row(
        "esrgan",
        "residual dense blocks of ESRGAN",
        _part("upscale_models", "esrgan"),
        0.95,
        some=(
            "model.#.sub.#.RDB1.conv1.#.weight",
            "body.#.rdb1.conv1.weight",
            "RRDB_trunk.#.RDB1.conv1.weight",
        ),
    ),
    Row(
        "swinir",
        "residual groups of SwinIR",
        _part("upscale_models", "swinir"),
        0.9,
        every=("conv_first.weight", "layers.#.residual_group.blocks.#.norm1.weight", "conv_last.weight"),
    ),
    Row(
        "embedding",
        "one set of learned vectors",
        _part("embeddings"),
        0.9,
        every=("emb_params",),
    ),
    Row(
        "embedding-sd1",
        "learned vectors of 768",
        _part("embeddings", "stable-diffusion", "SD 1.x"),
        0.9,
        every=("emb_params",),
        sizes=(Size("emb_params", -1, 768, 768),),
    ),
    Row(
        "embedding-sd2",
        "learned vectors of 1024",
        _part("embeddings", "stable-diffusion", "SD 2.x"),
        0.9,
        every=("emb_params",),
        sizes=(Size("emb_params", -1, 1024, 1024),),
    ),
    Row(
        "embedding-sdxl",
        "learned vectors for both encoders of SDXL",
        _part("embeddings", "sdxl", "SDXL"),
        0.9,
        every=("clip_l", "clip_g"),
        sizes=(Size("clip_l", -1, 768, 768), Size("clip_g", -1, 1280, 1280)),
    ),
)

ROWS: Final = (*CONTROLS, *ENCODERS, *OTHERS)
