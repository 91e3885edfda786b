"""Small, valid model files of each kind: the tensor names and shapes that tell the kind, weights of zeros.

Every function writes one file, makes its folder when needed, and returns the path as `str`. The container
formats and the files to be refused are written by `tests.support.containers`; most can be had from here.
"""

from collections.abc import Mapping, Sequence

from tests.support.containers import (
    PathLike,
    Tensors,
    empty_file,
    ggml_file,
    gguf_file,
    html_file,
    lfs_pointer,
    onnx_file,
    pickle_bare,
    pickle_legacy,
    pickle_zip,
    safetensors_file,
    truncated_safetensors,
    zip_without_pickle,
)

__all__ = [
    "PathLike",
    "Tensors",
    "empty_file",
    "ggml_file",
    "gguf_file",
    "html_file",
    "lfs_pointer",
    "onnx_file",
    "pickle_bare",
    "pickle_legacy",
    "pickle_zip",
    "safetensors_file",
    "truncated_safetensors",
    "zip_without_pickle",
]


def _unet(prefix: str, width: int, dtype: str, *, sdxl: bool = False) -> dict[str, tuple[str, Sequence[int]]]:
    """The tensors of a UNet that tell its family, by the original names."""
    block = "input_blocks.4.1" if sdxl else "input_blocks.1.1"
    tensors: dict[str, tuple[str, Sequence[int]]] = {
        "input_blocks.0.0.weight": (dtype, (320, 4, 3, 3)),
        f"{block}.transformer_blocks.0.attn2.to_k.weight": (dtype, (640 if sdxl else 320, width)),
        "middle_block.0.in_layers.0.weight": (dtype, (1280,)),
        "out.2.weight": (dtype, (4, 320, 3, 3)),
    }
    if sdxl:
        tensors["label_emb.0.0.weight"] = (dtype, (1280, 2816))
    return {prefix + name: value for name, value in tensors.items()}


def _checkpoint(path: PathLike, width: int, text: str, *, sdxl: bool, dtype: str, mark: bytes) -> str:
    tensors = _unet("model.diffusion_model.", width, dtype, sdxl=sdxl)
    tensors["first_stage_model.decoder.conv_in.weight"] = (dtype, (512, 4, 3, 3))
    tensors[text] = (dtype, (49408, 768))
    return safetensors_file(path, tensors, {"format": "pt"}, mark=mark)


_SD1_TEXT = "cond_stage_model.transformer.text_model.embeddings.token_embedding.weight"
_SD2_TEXT = "cond_stage_model.model.token_embedding.weight"
_SDXL_TEXT = "conditioner.embedders.0.transformer.text_model.embeddings.token_embedding.weight"


def checkpoint_sd15(path: PathLike, *, dtype: str = "F16", mark: bytes = b"") -> str:
    """A Stable Diffusion 1.x checkpoint: UNet, VAE and text encoder."""
    return _checkpoint(path, 768, _SD1_TEXT, sdxl=False, dtype=dtype, mark=mark)


def checkpoint_sd2(path: PathLike, *, dtype: str = "F16", mark: bytes = b"") -> str:
    """A Stable Diffusion 2.x checkpoint."""
    return _checkpoint(path, 1024, _SD2_TEXT, sdxl=False, dtype=dtype, mark=mark)


def checkpoint_sdxl(path: PathLike, *, dtype: str = "F16", mark: bytes = b"") -> str:
    """An SDXL checkpoint."""
    return _checkpoint(path, 2048, _SDXL_TEXT, sdxl=True, dtype=dtype, mark=mark)


def unet_sdxl(path: PathLike) -> str:
    """The UNet of SDXL by itself."""
    return safetensors_file(path, _unet("", 2048, "F16", sdxl=True))


def checkpoint_sd3(path: PathLike) -> str:
    """An SD 3 checkpoint with its VAE."""
    prefix = "model.diffusion_model."
    tensors = {
        prefix + "joint_blocks.0.context_block.attn.qkv.weight": ("F16", (192, 64)),
        prefix + "x_embedder.proj.weight": ("F16", (1536, 16, 2, 2)),
        prefix + "final_layer.linear.weight": ("F16", (64, 1536)),
        "first_stage_model.decoder.conv_in.weight": ("F16", (512, 16, 3, 3)),
    }
    return safetensors_file(path, tensors)


def _flux(prefix: str, dtype: str) -> dict[str, tuple[str, Sequence[int]]]:
    return {
        prefix + "img_in.weight": (dtype, (3072, 64)),
        prefix + "txt_in.weight": (dtype, (3072, 4096)),
        prefix + "double_blocks.0.img_attn.norm.key_norm.scale": (dtype, (128,)),
        prefix + "double_blocks.0.img_attn.qkv.weight": (dtype, (9216, 3072)),
        prefix + "guidance_in.in_layer.weight": (dtype, (3072, 256)),
    }


def flux_diffusion_model(path: PathLike, *, dtype: str = "BF16", mark: bytes = b"") -> str:
    """The transformer of Flux.1 by itself."""
    return safetensors_file(path, _flux("", dtype), mark=mark)


def checkpoint_flux(path: PathLike, *, dtype: str = "F8_E4M3") -> str:
    """Flux.1 with VAE and text encoders, as ComfyUI packs it."""
    tensors = _flux("model.diffusion_model.", dtype)
    tensors["vae.decoder.conv_in.weight"] = (dtype, (512, 16, 3, 3))
    tensors["text_encoders.clip_l.logit_scale"] = (dtype, (1,))
    return safetensors_file(path, tensors)


_LORA_MODULE = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k"


def _kohya(width: int, *, second: bool = False) -> dict[str, tuple[str, Sequence[int]]]:
    text = "lora_te1" if second else "lora_te"
    tensors: dict[str, tuple[str, Sequence[int]]] = {}
    for module, size in ((_LORA_MODULE, width), (f"{text}_text_model_encoder_layers_0_mlp_fc1", 768)):
        tensors[f"{module}.alpha"] = ("F16", ())
        tensors[f"{module}.lora_down.weight"] = ("F16", (8, size))
        tensors[f"{module}.lora_up.weight"] = ("F16", (320, 8))
    if second:
        tensors["lora_te2_text_model_encoder_layers_0_mlp_fc1.lora_down.weight"] = ("F16", (8, 1280))
        tensors["lora_te2_text_model_encoder_layers_0_mlp_fc1.lora_up.weight"] = ("F16", (5120, 8))
    return tensors


def lora_sd15(path: PathLike, metadata: Mapping[str, str] | None = None, *, mark: bytes = b"") -> str:
    """A LoRA for SD 1.x by kohya's names; by default with kohya's metadata."""
    default = {"ss_base_model_version": "sd_v1", "ss_network_dim": "8", "ss_output_name": "test"}
    return safetensors_file(path, _kohya(768), default if metadata is None else metadata, mark=mark)


def lora_sdxl(path: PathLike, metadata: Mapping[str, str] | None = None, *, mark: bytes = b"") -> str:
    """A LoRA for SDXL by kohya's names."""
    default = {"modelspec.architecture": "stable-diffusion-xl-v1-base/lora"}
    return safetensors_file(
        path, _kohya(2048, second=True), default if metadata is None else metadata, mark=mark
    )


def lora_flux(path: PathLike) -> str:
    """A LoRA for Flux.1 by kohya's names."""
    module = "lora_unet_double_blocks_0_img_mlp_0"
    return safetensors_file(
        path,
        {f"{module}.lora_down.weight": ("BF16", (4, 3072)), f"{module}.lora_up.weight": ("BF16", (12288, 4))},
    )


def lora_flux_diffusers(path: PathLike) -> str:
    """A LoRA for Flux.1 by the names of diffusers (PEFT)."""
    module = "transformer.single_transformer_blocks.0.attn.to_q"
    return safetensors_file(
        path, {f"{module}.lora_A.weight": ("BF16", (4, 3072)), f"{module}.lora_B.weight": ("BF16", (3072, 4))}
    )


def lora_sdxl_diffusers(path: PathLike) -> str:
    """A LoRA for SDXL by the names of diffusers (PEFT)."""
    module = "unet.down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k"
    return safetensors_file(
        path, {f"{module}.lora_A.weight": ("F16", (4, 2048)), f"{module}.lora_B.weight": ("F16", (640, 4))}
    )


def lora_llm(path: PathLike) -> str:
    """A PEFT adapter of a language model."""
    module = "base_model.model.model.layers.0.self_attn.q_proj"
    return safetensors_file(
        path, {f"{module}.lora_A.weight": ("F32", (8, 4096)), f"{module}.lora_B.weight": ("F32", (4096, 8))}
    )


def vae_sd(path: PathLike, *, mark: bytes = b"") -> str:
    """A VAE of four channels by the original names."""
    tensors = {
        "encoder.conv_in.weight": ("F32", (128, 3, 3, 3)),
        "decoder.conv_in.weight": ("F32", (512, 4, 3, 3)),
        "decoder.mid.block_1.conv1.weight": ("F32", (512, 512, 3, 3)),
        "decoder.conv_out.weight": ("F32", (3, 128, 3, 3)),
        "quant_conv.weight": ("F32", (8, 8, 1, 1)),
    }
    return safetensors_file(path, tensors, mark=mark)


def controlnet_sd15(path: PathLike) -> str:
    """A ControlNet for SD 1.x by the original names."""
    tensors: dict[str, tuple[str, Sequence[int]]] = {
        "control_model." + name: value for name, value in _unet("", 768, "F16").items() if "out.2" not in name
    }
    tensors["control_model.zero_convs.0.0.weight"] = ("F16", (320, 320, 1, 1))
    tensors["control_model.input_hint_block.0.weight"] = ("F16", (16, 3, 3, 3))
    return safetensors_file(path, tensors)


def controlnet_sdxl_diffusers(path: PathLike) -> str:
    """A ControlNet for SDXL by the names of diffusers."""
    tensors = {
        "conv_in.weight": ("F16", (320, 4, 3, 3)),
        "controlnet_cond_embedding.conv_in.weight": ("F16", (16, 3, 3, 3)),
        "controlnet_mid_block.weight": ("F16", (1280, 1280, 1, 1)),
        "down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.weight": ("F16", (640, 2048)),
    }
    return safetensors_file(path, tensors)


def clip_l(path: PathLike, *, mark: bytes = b"") -> str:
    """The text encoder CLIP-L."""
    tensors = {
        "text_model.embeddings.token_embedding.weight": ("F16", (49408, 768)),
        "text_model.encoder.layers.0.mlp.fc1.weight": ("F16", (3072, 768)),
        "text_model.final_layer_norm.weight": ("F16", (768,)),
    }
    return safetensors_file(path, tensors, mark=mark)


def t5xxl(path: PathLike, *, dtype: str = "F8_E4M3") -> str:
    """The text encoder T5-XXL."""
    tensors = {
        "shared.weight": (dtype, (32128, 4096)),
        "encoder.block.0.layer.0.SelfAttention.q.weight": (dtype, (4096, 4096)),
        "encoder.block.23.layer.1.DenseReluDense.wi_1.weight": (dtype, (10240, 4096)),
    }
    return safetensors_file(path, tensors)


def clip_vision(path: PathLike) -> str:
    """The image tower of CLIP."""
    tensors = {
        "vision_model.encoder.layers.0.mlp.fc1.weight": ("F16", (5120, 1280)),
        "vision_model.embeddings.patch_embedding.weight": ("F16", (1280, 3, 14, 14)),
        "visual_projection.weight": ("F16", (1024, 1280)),
    }
    return safetensors_file(path, tensors)


def upscaler_esrgan(path: PathLike) -> str:
    """An ESRGAN upscaler by its later names."""
    tensors = {
        "conv_first.weight": ("F32", (64, 3, 3, 3)),
        "body.0.rdb1.conv1.weight": ("F32", (32, 64, 3, 3)),
        "conv_last.weight": ("F32", (3, 64, 3, 3)),
    }
    return safetensors_file(path, tensors)


def embedding_sd15(path: PathLike) -> str:
    """A textual inversion of two vectors for SD 1.x."""
    return safetensors_file(path, {"emb_params": ("F32", (2, 768))})


def embedding_sdxl(path: PathLike) -> str:
    """A textual inversion for both text encoders of SDXL."""
    return safetensors_file(path, {"clip_l": ("F32", (2, 768)), "clip_g": ("F32", (2, 1280))})


# ── language, embedding and audio models ──────────────────────────────────────────────────────────────────


def _llm_layers(
    width: int, inner: int, keys: int, vocab: int, dtype: str
) -> dict[str, tuple[str, Sequence[int]]]:
    layer = "model.layers.0."
    return {
        "model.embed_tokens.weight": (dtype, (vocab, width)),
        layer + "input_layernorm.weight": (dtype, (width,)),
        layer + "self_attn.q_proj.weight": (dtype, (width, width)),
        layer + "self_attn.k_proj.weight": (dtype, (keys, width)),
        layer + "post_attention_layernorm.weight": (dtype, (width,)),
        layer + "mlp.gate_proj.weight": (dtype, (inner, width)),
        "lm_head.weight": (dtype, (vocab, width)),
    }


def llm_llama3(path: PathLike, *, dtype: str = "BF16", mark: bytes = b"") -> str:
    """A Llama 3 8B of one layer, by the names of transformers."""
    return safetensors_file(path, _llm_layers(4096, 14336, 1024, 128256, dtype), mark=mark)


def llm_mistral(path: PathLike) -> str:
    """A Mistral 7B of one layer."""
    return safetensors_file(path, _llm_layers(4096, 14336, 1024, 32000, "BF16"))


def llm_like_llama(path: PathLike) -> str:
    """A language model with Llama's names whose sizes fit no published family."""
    return safetensors_file(path, _llm_layers(1536, 4000, 512, 50000, "BF16"))


def llm_qwen2(path: PathLike) -> str:
    """A Qwen 2.5 7B of one layer."""
    tensors = _llm_layers(3584, 18944, 512, 152064, "BF16")
    tensors["model.layers.0.self_attn.q_proj.bias"] = ("BF16", (3584,))
    tensors["model.layers.0.self_attn.k_proj.bias"] = ("BF16", (512,))
    return safetensors_file(path, tensors)


def llm_gemma2(path: PathLike) -> str:
    """A Gemma 2 2B of one layer."""
    tensors = _llm_layers(2304, 9216, 1024, 256000, "BF16")
    tensors["model.layers.0.pre_feedforward_layernorm.weight"] = ("BF16", (2304,))
    tensors["model.layers.0.post_feedforward_layernorm.weight"] = ("BF16", (2304,))
    return safetensors_file(path, tensors)


def llm_phi3(path: PathLike) -> str:
    """A Phi 3 mini of one layer."""
    layer = "model.layers.0."
    tensors = {
        "model.embed_tokens.weight": ("BF16", (32064, 3072)),
        layer + "input_layernorm.weight": ("BF16", (3072,)),
        layer + "self_attn.qkv_proj.weight": ("BF16", (9216, 3072)),
        layer + "mlp.gate_up_proj.weight": ("BF16", (16384, 3072)),
    }
    return safetensors_file(path, tensors)


def llm_gptq(path: PathLike) -> str:
    """A language model packed by GPTQ."""
    layer = "model.layers.0."
    tensors = {
        "model.embed_tokens.weight": ("F16", (128256, 4096)),
        layer + "input_layernorm.weight": ("F16", (4096,)),
        layer + "self_attn.q_proj.qweight": ("I32", (512, 4096)),
        layer + "self_attn.q_proj.qzeros": ("I32", (32, 512)),
        layer + "self_attn.q_proj.scales": ("F16", (32, 4096)),
        layer + "self_attn.q_proj.g_idx": ("I32", (4096,)),
    }
    return safetensors_file(path, tensors)


def text_encoder_comfy(path: PathLike) -> str:
    """A language model that ComfyUI packed as a text encoder."""
    tensors = _llm_layers(3584, 18944, 512, 152064, "F8_E4M3")
    tensors["scaled_fp8"] = ("F8_E4M3", (2,))
    return safetensors_file(path, tensors)


def vlm_qwen(path: PathLike) -> str:
    """A Qwen-VL of one layer with its image tower."""
    tensors = _llm_layers(2048, 11008, 256, 151936, "BF16")
    tensors["visual.patch_embed.proj.weight"] = ("BF16", (1280, 3, 2, 14, 14))
    tensors["visual.merger.mlp.0.weight"] = ("BF16", (5120, 5120))
    return safetensors_file(path, tensors)


def embedding_bert(path: PathLike, *, mark: bytes = b"") -> str:
    """A sentence embedding model: BERT without a head."""
    layer = "encoder.layer.0."
    tensors = {
        "embeddings.word_embeddings.weight": ("F32", (30522, 384)),
        layer + "attention.self.query.weight": ("F32", (384, 384)),
        layer + "output.dense.weight": ("F32", (384, 1536)),
        "pooler.dense.weight": ("F32", (384, 384)),
    }
    return safetensors_file(path, tensors, mark=mark)


def reranker_bert(path: PathLike) -> str:
    """A cross-encoder: BERT with one score."""
    tensors = {
        "bert.embeddings.word_embeddings.weight": ("F32", (30522, 384)),
        "bert.encoder.layer.0.attention.self.query.weight": ("F32", (384, 384)),
        "classifier.weight": ("F32", (1, 384)),
        "classifier.bias": ("F32", (1,)),
    }
    return safetensors_file(path, tensors)


def audio_whisper(path: PathLike) -> str:
    """A Whisper of one layer."""
    tensors = {
        "model.encoder.conv1.weight": ("F16", (1280, 128, 3)),
        "model.encoder.layers.0.self_attn.k_proj.weight": ("F16", (1280, 1280)),
        "model.decoder.layers.0.encoder_attn.k_proj.weight": ("F16", (1280, 1280)),
    }
    return safetensors_file(path, tensors)


def strange_tensors(path: PathLike) -> str:
    """A safetensors file of tensors that no rule knows."""
    return safetensors_file(path, {"frobnicate.weight": ("F32", (4, 4)), "quux": ("F32", (2,))})
