"""What `demo` plays with: small valid model files, the same on every run, one a pickle; and an app's tree.

<folder>/about-this-folder.txt     says what this is, and that it is ours to write in
<folder>/downloads/                what somebody might have lying around
<folder>/ComfyUI/                  the files by which a ComfyUI is known, and empty folders for its models
"""

from pumas_tui.core.domain.errors import RefusedError
from pumas_tui.core.flows import sample_files
from pumas_tui.core.flows.sample_files import Shapes
from pumas_tui.core.fs import ops, scan

_NOTE = "about-this-folder.txt"
_NOTE_TEXT = b"""A scratch library made by `pumas-tui demo`. The model files in downloads/ are generated: they
have the headers of real models and no weights worth loading, and ComfyUI/ is no program but the folders
of one. Delete this folder whenever you like.
"""

Sample = tuple[str, bytes]
"""Path below downloads/ and content."""


def make_samples(folder: str) -> tuple[str, ...]:
    """Write the samples below `folder`/downloads; their absolute paths, those of the sharded set together.

    What an earlier call wrote is left as it is. Raises RefusedError when `folder` holds something that no
    demo made: a demo never mixes with files of the user. Raises DiskError. Run in a worker thread.
    """
    ops.make_dirs("/", folder.lstrip("/"))
    there = scan.names(folder)
    if _NOTE not in there:
        if there:
            raise RefusedError(
                f"{folder} is not empty and no demo made it",
                path=folder,
                hint="name an empty or a new folder",
            )
        ops.write_once(f"{folder}/{_NOTE}", _NOTE_TEXT)
    written = []
    for name, content in _samples():
        parent = f"downloads/{name}".rpartition("/")[0]
        ops.make_dirs(folder, parent)
        path = f"{folder}/downloads/{name}"
        ops.write_once(path, content)
        written.append(path)
    return tuple(written)


_APP = "ComfyUI"
_APP_FILES = {
    "main.py": b"# Not the program: a sample of its folders.\n",
    "folder_paths.py": b"# Not the program: a sample of its folders.\n",
    "comfyui_version.py": b'__version__ = "0.3.50"\n',
}
_APP_FOLDERS = ("checkpoints", "diffusion_models", "embeddings", "loras", "text_encoders", "vae")


def make_app(folder: str) -> str:
    """The tree of an app below a folder that `make_samples` made; its absolute path. Raises DiskError."""
    for name in _APP_FOLDERS:
        ops.make_dirs(folder, f"{_APP}/models/{name}")
    for name, content in _APP_FILES.items():
        ops.write_once(f"{folder}/{_APP}/{name}", content)
    return f"{folder}/{_APP}"


def _samples() -> tuple[Sample, ...]:
    return (
        ("studio-portrait-v2.safetensors", _checkpoint()),
        ("ink-wash-style-xl.safetensors", _lora()),
        ("clear-colors.vae.safetensors", _vae()),
        ("tiny-llama-42m.F32.gguf", _llama()),
        *_sharded(),
        ("old-style-mix.ckpt", sample_files.torch_zip("old-style-mix")),
    )


_UNET = "model.diffusion_model"
_TEXT = "cond_stage_model.transformer.text_model"


def _checkpoint() -> bytes:
    """A Stable Diffusion 1.x checkpoint: UNet with a 768-wide text context, VAE, CLIP-L text encoder."""
    shapes: Shapes = {
        f"{_UNET}.input_blocks.0.0.weight": ("F16", (320, 4, 3, 3)),
        f"{_UNET}.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight": ("F16", (320, 768)),
        f"{_UNET}.middle_block.0.in_layers.0.weight": ("F16", (1280,)),
        f"{_UNET}.out.2.weight": ("F16", (4, 320, 3, 3)),
        "first_stage_model.decoder.conv_in.weight": ("F16", (512, 4, 3, 3)),
        "first_stage_model.quant_conv.weight": ("F16", (8, 8, 1, 1)),
        f"{_TEXT}.encoder.layers.0.self_attn.q_proj.weight": ("F16", (768, 768)),
    }
    return sample_files.safetensors(shapes, {"format": "pt"}, "studio-portrait-v2")


def _lora() -> bytes:
    """An SDXL LoRA of rank 4 as kohya's scripts write it, with its training facts in the header."""
    block = "lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k"
    shapes: Shapes = {
        f"{block}.alpha": ("F16", ()),
        f"{block}.lora_down.weight": ("F16", (4, 2048)),
        f"{block}.lora_up.weight": ("F16", (640, 4)),
        "lora_te1_text_model_encoder_layers_0_self_attn_q_proj.lora_down.weight": ("F16", (4, 768)),
        "lora_te1_text_model_encoder_layers_0_self_attn_q_proj.lora_up.weight": ("F16", (768, 4)),
    }
    metadata = {
        "ss_base_model_version": "sdxl_base_v1-0",
        "ss_network_module": "networks.lora",
        "ss_network_dim": "4",
        "ss_output_name": "ink-wash-style-xl",
        "ss_tag_frequency": '{"10_inkwash": {"inkwash style": 40, "mountain": 12}}',
    }
    return sample_files.safetensors(shapes, metadata, "ink-wash-style-xl")


def _vae() -> bytes:
    """A VAE of the Stable Diffusion family, alone."""
    shapes: Shapes = {
        "encoder.conv_in.weight": ("F32", (128, 3, 3, 3)),
        "encoder.conv_out.weight": ("F32", (8, 512, 3, 3)),
        "decoder.conv_in.weight": ("F32", (512, 4, 3, 3)),
        "decoder.mid.block_1.norm1.weight": ("F32", (512,)),
        "decoder.mid.block_1.conv1.weight": ("F32", (32, 32, 3, 3)),
        "decoder.conv_out.weight": ("F32", (3, 128, 3, 3)),
        "quant_conv.weight": ("F32", (8, 8, 1, 1)),
        "post_quant_conv.weight": ("F32", (4, 4, 1, 1)),
    }
    return sample_files.safetensors(shapes, {"format": "pt"}, "clear-colors")


def _llama() -> bytes:
    """A LLaMA of one layer with a vocabulary of eight tokens."""
    keys: dict[str, int | str | list[str]] = {
        "general.architecture": "llama",
        "general.name": "Tiny Llama 42M",
        "general.file_type": 0,
        "llama.context_length": 2048,
        "llama.embedding_length": 64,
        "llama.block_count": 1,
        "llama.attention.head_count": 4,
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": ["<unk>", "<s>", "</s>", "a", "b", "c", "d", "e"],
    }
    shapes = {
        "token_embd.weight": (64, 8),
        "blk.0.attn_q.weight": (64, 64),
        "blk.0.attn_k.weight": (64, 64),
        "blk.0.ffn_up.weight": (64, 172),
        "output_norm.weight": (64,),
        "output.weight": (64, 8),
    }
    return sample_files.gguf(keys, shapes, "tiny-llama-42m")


def _layer(number: int) -> Shapes:
    """One decoder layer as transformers names it."""
    name = f"model.layers.{number}"
    return {
        f"{name}.input_layernorm.weight": ("BF16", (64,)),
        f"{name}.self_attn.q_proj.weight": ("BF16", (64, 64)),
        f"{name}.self_attn.k_proj.weight": ("BF16", (64, 64)),
        f"{name}.post_attention_layernorm.weight": ("BF16", (64,)),
        f"{name}.mlp.gate_proj.weight": ("BF16", (172, 64)),
    }


def _sharded() -> tuple[Sample, ...]:
    """A language model in three parts, in a folder of its own."""
    parts: list[Shapes] = [
        {"model.embed_tokens.weight": ("BF16", (32, 64)), **_layer(0)},
        _layer(1),
        {**_layer(2), "model.norm.weight": ("BF16", (64,)), "lm_head.weight": ("BF16", (32, 64))},
    ]
    name = "story-writer-3part"
    return tuple(
        (
            f"{name}/{name}-{n:05}-of-{len(parts):05}.safetensors",
            sample_files.safetensors(shapes, {"format": "pt"}, f"{name}-{n}"),
        )
        for n, shapes in enumerate(parts, 1)
    )
