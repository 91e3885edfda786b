"""Rows for language and vision-language models, by the names of the transformers library.

Llama and Mistral share all names; where shapes do not tell them apart the family stays unknown.
"""

from typing import Final

from pumas_tui.core.domain.identity_rules import Row, Size

_LLM: Final = {"model_type": "llm", "subtype": "transformers"}
_L: Final = "model.layers.#."
_EMBED: Final = "model.embed_tokens.weight"
_LLAMA_LIKE: Final = (
    _L + "self_attn.q_proj",
    _L + "mlp.gate_proj",
    _L + "input_layernorm",
    _L + "post_attention_layernorm",
)
_NOT_LLAMA: Final = (
    _L + "self_attn.q_norm",
    _L + "self_attn.q_proj.bias",
    _L + "pre_feedforward_layernorm",
    _L + "self_attn.kv_a_proj_with_mqa",
    _L + "mlp.experts.#.gate_proj",
    _L + "self_attn.sinks",
    "visual.*",
    "vision_tower.*",
    "multi_modal_projector.*",
)


def _is(family: str) -> dict[str, str]:
    return {**_LLM, "family": family}


def _shaped(vocab: tuple[int, int], width: int, inner: int, keys: int) -> tuple[Size, ...]:
    """Sizes of a Llama-like network: vocabulary, hidden width, MLP width, rows of the key projection."""
    return (
        Size(_EMBED, 0, *vocab),
        Size(_EMBED, 1, width, width),
        Size(_L + "mlp.gate_proj.weight", 0, inner, inner),
        Size(_L + "self_attn.k_proj.weight", 0, keys, keys),
    )


def _llama(name: str, family: str, sizes: tuple[Size, ...]) -> Row:
    return Row(
        name,
        f"sizes of a published {family} model",
        _is(family),
        0.85,
        every=_LLAMA_LIKE,
        none=_NOT_LLAMA,
        sizes=sizes,
    )


KINDS: Final = (
    Row(
        "llm-layers",
        "decoder layers of a language model",
        _LLM,
        0.85,
        every=(_L + "input_layernorm",),
        some=(
            _L + "self_attn.q_proj",
            _L + "self_attn.qkv_proj",
            _L + "self_attn.kv_a_proj_with_mqa",
            _L + "self_attn.dense",
        ),
        none=(
            "vision_tower.*",
            "visual.*",
            "score.weight",
            "classifier.*",
        ),
    ),
    Row(
        "llm-post-norm",
        "decoder layers with norms behind",
        _LLM,
        0.85,
        every=(_L + "self_attn.q_proj", _L + "post_feedforward_layernorm", _EMBED),
    ),
    Row(
        "llm-meta",
        "decoder layers by Meta's own names",
        {"model_type": "llm"},
        0.85,
        every=("tok_embeddings.weight", "layers.#.attention.wq.weight", "layers.#.feed_forward.w1.weight"),
    ),
    Row(
        "gptq",
        "packed weights with group index",
        {"model_type": "llm", "subtype": "gptq", "quantization": "gptq"},
        0.9,
        every=("*.qweight", "*.qzeros", "*.g_idx"),
    ),
    Row(
        "awq",
        "packed weights without group index",
        {"model_type": "llm", "subtype": "awq", "quantization": "awq"},
        0.9,
        every=("*.qweight", "*.qzeros", "*.scales"),
        none=("*.g_idx",),
    ),
    Row(
        "exl2",
        "packed weights of ExLlamaV2",
        {"model_type": "llm", "subtype": "exl2", "quantization": "exl2"},
        0.95,
        every=("*.q_weight", "*.q_scale", "*.q_scale_max"),
    ),
    Row(
        "bnb",
        "4-bit weights of bitsandbytes",
        {"quantization": "bnb-4bit"},
        0.95,
        some=("*.bitsandbytes__nf4", "*.bitsandbytes__fp4"),
    ),
    Row(
        "vlm",
        "image tower beside a language model",
        {"model_type": "vlm"},
        0.95,
        some=(
            "visual.patch_embed.proj.weight",
            "model.visual.patch_embed.proj.weight",
            "multi_modal_projector.linear_1.weight",
            "multi_modal_projector.mm_soft_emb_norm.weight",
            "model.multi_modal_projector.linear_1.weight",
            "model.mm_projector.#.weight",
            "model.multi_modal_projector.mm_soft_emb_norm.weight",
        ),
    ),
    Row(
        "vlm-qwen",
        "image tower of Qwen-VL",
        {"model_type": "vlm", "family": "qwen"},
        0.9,
        some=("visual.merger.mlp.#.weight", "model.visual.merger.mlp.#.weight"),
        every=("visual.patch_embed.proj.weight",),
    ),
    Row(
        "vlm-gemma",
        "image projector of Gemma 3",
        {"model_type": "vlm", "family": "gemma"},
        0.9,
        some=(
            "multi_modal_projector.mm_soft_emb_norm.weight",
            "model.multi_modal_projector.mm_soft_emb_norm.weight",
        ),
    ),
)

FAMILIES: Final = (
    _llama("llama-1-2-7b", "llama", _shaped((32000, 32100), 4096, 11008, 4096)),
    _llama("llama-1-2-13b", "llama", _shaped((32000, 32100), 5120, 13824, 5120)),
    _llama("llama-2-70b", "llama", _shaped((32000, 32100), 8192, 28672, 1024)),
    _llama("llama-tiny-1.1b", "llama", _shaped((32000, 32100), 2048, 5632, 256)),
    _llama("llama-3-8b", "llama", _shaped((128256, 128512), 4096, 14336, 1024)),
    _llama("llama-3-70b", "llama", _shaped((128256, 128512), 8192, 28672, 1024)),
    _llama("llama-3.2-1b", "llama", _shaped((128256, 128512), 2048, 8192, 512)),
    _llama("llama-3.2-3b", "llama", _shaped((128256, 128512), 3072, 8192, 1024)),
    _llama("mistral-7b", "mistral", _shaped((32000, 32100), 4096, 14336, 1024)),
    _llama("mistral-7b-v0.3", "mistral", _shaped((32768, 32800), 4096, 14336, 1024)),
    _llama("mistral-nemo-12b", "mistral", _shaped((131072, 131200), 5120, 14336, 1024)),
    _llama("mistral-small-24b", "mistral", _shaped((131072, 131200), 5120, 32768, 1024)),
    _llama(
        "gemma-2b",
        "gemma",
        (
            Size(_EMBED, 0, 256000, 256128),
            Size(_EMBED, 1, 2048, 2048),
            Size(_L + "mlp.gate_proj.weight", 0, 16384, 16384),
        ),
    ),
    _llama(
        "gemma-7b",
        "gemma",
        (
            Size(_EMBED, 0, 256000, 256128),
            Size(_EMBED, 1, 3072, 3072),
            Size(_L + "mlp.gate_proj.weight", 0, 24576, 24576),
        ),
    ),
    Row(
        "qwen2",
        "biased projections and the vocabulary of Qwen",
        _is("qwen"),
        0.85,
        every=(_L + "self_attn.q_proj.bias", _L + "self_attn.k_proj.bias", _L + "mlp.gate_proj"),
        none=(_L + "self_attn.o_proj.bias",),
        sizes=(Size(_EMBED, 0, 151_600, 153_000),),
    ),
    Row(
        "qwen3",
        "normed queries and the vocabulary of Qwen",
        _is("qwen"),
        0.85,
        every=(_L + "self_attn.q_norm", _L + "self_attn.k_norm", _L + "input_layernorm"),
        sizes=(Size(_EMBED, 0, 151_600, 153_000),),
    ),
    Row(
        "gemma2",
        "norms before and behind the MLP",
        _is("gemma"),
        0.85,
        every=(_L + "pre_feedforward_layernorm", _L + "post_feedforward_layernorm", _L + "mlp.gate_proj"),
        sizes=(Size(_EMBED, 0, 256_000, 263_000),),
    ),
    Row(
        "phi3",
        "joined projections of Phi 3",
        _is("phi"),
        0.85,
        every=(_L + "self_attn.qkv_proj", _L + "mlp.gate_up_proj"),
        sizes=(Size(_EMBED, 1, 3072, 5120),),
    ),
    Row(
        "phi2",
        "dense output and plain MLP of Phi",
        _is("phi"),
        0.85,
        every=(_L + "self_attn.q_proj", _L + "self_attn.dense", _L + "mlp.fc1"),
        sizes=(Size(_EMBED, 0, 51_200, 51_200),),
    ),
    Row(
        "mixtral",
        "sparse experts of Mixtral",
        _is("mixtral"),
        0.85,
        every=(_L + "block_sparse_moe.experts.#.w1", _L + "block_sparse_moe.gate"),
        sizes=(Size(_EMBED, 0, 32_000, 32_800),),
    ),
    Row(
        "gpt-oss",
        "attention sinks of gpt-oss",
        _is("gpt-oss"),
        0.9,
        every=(_L + "self_attn.sinks", _L + "mlp.router.weight"),
    ),
    Row(
        "deepseek",
        "latent attention and the vocabulary of DeepSeek",
        _is("deepseek"),
        0.85,
        every=(_L + "self_attn.kv_a_proj_with_mqa",),
        sizes=(Size(_EMBED, 0, 102_400, 129_280),),
    ),
    Row(
        "gpt2",
        "joined attention of GPT-2",
        _is("gpt2"),
        0.85,
        some=("transformer.h.#.attn.c_attn.weight", "h.#.attn.c_attn.weight"),
        every=("*.c_attn.weight",),
        sizes=(Size("*.c_attn.weight", 1, 2304, 4800),),
    ),
    Row(
        "gpt-neox",
        "joined attention of GPT-NeoX",
        _is("gpt-neox"),
        0.9,
        every=("gpt_neox.layers.#.attention.query_key_value.weight",),
    ),
    Row(
        "bloom",
        "normed word embeddings of Bloom",
        _is("bloom"),
        0.9,
        some=("word_embeddings_layernorm.weight", "transformer.word_embeddings_layernorm.weight"),
        every=("*.query_key_value.weight",),
    ),
    Row(
        "falcon",
        "joined attention of Falcon",
        _is("falcon"),
        0.85,
        every=("transformer.h.#.self_attention.query_key_value.weight", "transformer.word_embeddings.weight"),
        none=("transformer.word_embeddings_layernorm.weight",),
    ),
    Row(
        "mpt",
        "joined attention of MPT",
        _is("mpt"),
        0.85,
        every=("transformer.blocks.#.attn.Wqkv.weight", "transformer.wte.weight"),
    ),
    Row(
        "mamba",
        "state space layers of Mamba",
        _is("mamba"),
        0.85,
        every=("backbone.layers.#.mixer.A_log", "backbone.layers.#.mixer.in_proj.weight"),
    ),
)

ROWS: Final = (*KINDS, *FAMILIES)
