"""Identity: each kind of model file is what it is, with the evidence; doubt stays unknown."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pumas_tui.core.domain import (
    identity_adapter_rows,
    identity_denoiser_rows,
    identity_encoder_rows,
    identity_gguf,
    identity_language_rows,
    identity_part_rows,
    identity_patch_rows,
    identity_perception_rows,
    identity_vae_rows,
)
from pumas_tui.core.domain.files import (
    Candidate,
    Container,
    FileEntry,
    HeaderFacts,
    Member,
    ModelFormat,
    Role,
    SecurityTier,
    TensorFact,
)
from pumas_tui.core.domain.identity import Identity, identify, security_tier
from pumas_tui.core.domain.identity_rules import Claim, Row, weigh
from pumas_tui.core.domain.vocabulary import MODEL_TYPES
from pumas_tui.core.fs import headers
from tests.support import containers, modelfiles

ROWS: tuple[Row, ...] = (
    *identity_adapter_rows.ROWS,
    *identity_denoiser_rows.ROWS,
    *identity_encoder_rows.ROWS,
    *identity_language_rows.ROWS,
    *identity_part_rows.ROWS,
    *identity_patch_rows.ROWS,
    *identity_perception_rows.ROWS,
    *identity_vae_rows.ROWS,
)


def candidate(name: str, shards: int = 1) -> Candidate:
    """A candidate of weight files of this name."""
    members = tuple(
        Member(FileEntry(f"/x/{name}", 1, 0, number, 1), name, Role.WEIGHTS) for number in range(shards)
    )
    return Candidate(name, ModelFormat.SINGLE_FILE, members)


def seen(path: str) -> Identity:
    """What a file is, under a name that tells nothing."""
    return identify(candidate("model.bin"), headers.read(path))


KINDS: list[tuple[Callable[[Path], str], tuple[str, str, str], str, str]] = [
    (modelfiles.checkpoint_sd15, ("diffusion", "checkpoints", "stable-diffusion"), "SD 1.x", "fp16"),
    (modelfiles.checkpoint_sd2, ("diffusion", "checkpoints", "stable-diffusion"), "SD 2.x", "fp16"),
    (modelfiles.checkpoint_sdxl, ("diffusion", "checkpoints", "sdxl"), "SDXL", "fp16"),
    (modelfiles.checkpoint_sd3, ("diffusion", "checkpoints", "sd3"), "SD 3", "fp16"),
    (modelfiles.checkpoint_flux, ("diffusion", "checkpoints", "flux"), "Flux.1", "fp8_e4m3"),
    (modelfiles.unet_sdxl, ("diffusion", "diffusion_models", "sdxl"), "SDXL", "fp16"),
    (modelfiles.flux_diffusion_model, ("diffusion", "diffusion_models", "flux"), "Flux.1", "bf16"),
    (modelfiles.lora_sd15, ("diffusion", "loras", "stable-diffusion"), "SD 1.x", "fp16"),
    (modelfiles.lora_sdxl, ("diffusion", "loras", "sdxl"), "SDXL", "fp16"),
    (modelfiles.lora_sdxl_diffusers, ("diffusion", "loras", "sdxl"), "SDXL", "fp16"),
    (modelfiles.lora_flux, ("diffusion", "loras", "flux"), "Flux.1", "bf16"),
    (modelfiles.lora_flux_diffusers, ("diffusion", "loras", "flux"), "Flux.1", "bf16"),
    (modelfiles.lora_llm, ("llm", "lora", "unknown"), "", "fp32"),
    (modelfiles.vae_sd, ("diffusion", "vae", "unknown"), "", "fp32"),
    (modelfiles.controlnet_sd15, ("diffusion", "controlnet", "stable-diffusion"), "SD 1.x", "fp16"),
    (modelfiles.controlnet_sdxl_diffusers, ("diffusion", "controlnet", "sdxl"), "SDXL", "fp16"),
    (modelfiles.clip_l, ("diffusion", "text_encoders", "clip"), "", "fp16"),
    (modelfiles.t5xxl, ("diffusion", "text_encoders", "t5"), "", "fp8_e4m3"),
    (modelfiles.text_encoder_comfy, ("diffusion", "text_encoders", "unknown"), "", "fp8_e4m3"),
    (modelfiles.clip_vision, ("diffusion", "clip_vision", "clip"), "", "fp16"),
    (modelfiles.upscaler_esrgan, ("diffusion", "upscale_models", "esrgan"), "", "fp32"),
    (modelfiles.embedding_sd15, ("diffusion", "embeddings", "stable-diffusion"), "SD 1.x", "fp32"),
    (modelfiles.embedding_sdxl, ("diffusion", "embeddings", "sdxl"), "SDXL", "fp32"),
    (modelfiles.llm_llama3, ("llm", "transformers", "llama"), "", "bf16"),
    (modelfiles.llm_mistral, ("llm", "transformers", "mistral"), "", "bf16"),
    (modelfiles.llm_like_llama, ("llm", "transformers", "unknown"), "", "bf16"),
    (modelfiles.llm_qwen2, ("llm", "transformers", "qwen"), "", "bf16"),
    (modelfiles.llm_gemma2, ("llm", "transformers", "gemma"), "", "bf16"),
    (modelfiles.llm_phi3, ("llm", "transformers", "phi"), "", "bf16"),
    (modelfiles.llm_gptq, ("llm", "gptq", "unknown"), "", "fp16"),
    (modelfiles.vlm_qwen, ("vlm", "", "qwen"), "", "bf16"),
    (modelfiles.embedding_bert, ("embedding", "", "bert"), "", "fp32"),
    (modelfiles.reranker_bert, ("reranker", "", "bert"), "", "fp32"),
    (modelfiles.audio_whisper, ("audio", "", "whisper"), "", "fp16"),
    (modelfiles.strange_tensors, ("unknown", "", "unknown"), "", "fp32"),
    (modelfiles.gguf_file, ("llm", "gguf", "llama"), "", ""),
    (modelfiles.pickle_zip, ("unknown", "", "unknown"), "", ""),
    (modelfiles.onnx_file, ("unknown", "", "unknown"), "", ""),
]


@pytest.mark.parametrize(
    ("write", "kind", "base", "precision"), KINDS, ids=lambda value: getattr(value, "__name__", "")
)
def test_kinds_by_content_alone(
    tmp_path: Path, write: Callable[[Path], str], kind: tuple[str, str, str], base: str, precision: str
) -> None:
    identity = seen(write(tmp_path / "m"))
    assert (identity.model_type, identity.subtype, identity.family) == kind
    assert (identity.base_model, identity.precision) == (base, precision)
    assert (identity.confidence >= 0.8) == (identity.model_type != "unknown")
    if identity.model_type != "unknown":
        assert identity.evidence
        assert identity.field_sources["model_type"] == "header"


def test_loras_of_all_spellings_have_the_same_base(tmp_path: Path) -> None:
    for down, up in (
        ("lora_down.weight", "lora_up.weight"),
        ("lora_A.weight", "lora_B.weight"),
        ("lora.down.weight", "lora.up.weight"),
        ("hada_w1_b", "hada_w1_a"),
    ):
        module = "lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k"
        tensors = {f"{module}.{down}": ("F16", (4, 2048)), f"{module}.{up}": ("F16", (640, 4))}
        assert seen(containers.safetensors_file(tmp_path / "m", tensors)).base_model == "SDXL"


def test_shapes_win_over_what_metadata_says(tmp_path: Path) -> None:
    path = modelfiles.lora_sd15(tmp_path / "m", {"ss_base_model_version": "sdxl_base_v1-0"})
    assert seen(path).family == "stable-diffusion"


def test_metadata_tells_the_base_where_shapes_do_not(tmp_path: Path) -> None:
    tensors = {"lora_unet_layers_0_attention_qkv.lora_down.weight": ("BF16", (4, 3840)),
               "lora_unet_layers_0_attention_qkv.lora_up.weight": ("BF16", (64, 4))}  # fmt: skip
    path = containers.safetensors_file(tmp_path / "m", tensors, {"ss_base_model_version": "something"})
    assert (seen(path).subtype, seen(path).family) == ("loras", "unknown")
    path = containers.safetensors_file(tmp_path / "m", tensors, {"ss_base_model_version": "z_image_turbo"})
    assert (seen(path).subtype, seen(path).family) == ("loras", "z-image")


def test_trigger_words_of_a_lora(tmp_path: Path) -> None:
    metadata = {
        "ss_tag_frequency": '{"10_cat": {"sks cat": 12, "outdoors": 5}}',
        "ss_dataset_dirs": '{"10_cat": {"n_repeats": 10, "img_count": 12}}',
    }
    assert seen(modelfiles.lora_sd15(tmp_path / "a", metadata)).trigger_words == ("sks cat",)
    metadata["modelspec.trigger_phrase"] = "sks, a cat ,,sks"
    assert seen(modelfiles.lora_sd15(tmp_path / "b", metadata)).trigger_words == ("sks", "a cat")
    broken = {"ss_tag_frequency": "[" * 50_000, "ss_dataset_dirs": "{}"}
    assert seen(modelfiles.lora_sd15(tmp_path / "c", broken)).trigger_words == ()


GGUF_KINDS: list[tuple[str, dict[str, containers.Value], tuple[str, str, str]]] = [
    ("qwen2", {}, ("llm", "gguf", "qwen")),
    ("qwen3", {"qwen3.pooling_type": 3}, ("embedding", "", "qwen")),
    ("qwen3", {"qwen3.pooling_type": 4}, ("reranker", "", "qwen")),
    ("bert", {"bert.pooling_type": 2}, ("embedding", "", "bert")),
    ("clip", {"clip.has_vision_encoder": True}, ("vlm", "", "clip")),
    ("clip", {"clip.has_audio_encoder": True}, ("audio", "", "unknown")),
    ("flux", {}, ("diffusion", "diffusion_models", "flux")),
    ("t5encoder", {}, ("diffusion", "text_encoders", "t5")),
    ("llama", {"general.name": "Mistral-7B-Instruct-v0.3"}, ("llm", "gguf", "mistral")),
    ("llama", {"general.type": "adapter"}, ("llm", "lora", "unknown")),
    ("brand-new", {}, ("unknown", "", "unknown")),
    (
        "brand-new",
        {"brand-new.block_count": 2, "brand-new.context_length": 512, "tokenizer.ggml.model": "gpt2"},
        ("llm", "gguf", "brand-new"),
    ),
]


@pytest.mark.parametrize(("arch", "keys", "kind"), GGUF_KINDS)
def test_gguf_kinds(
    tmp_path: Path, arch: str, keys: dict[str, containers.Value], kind: tuple[str, str, str]
) -> None:
    identity = seen(modelfiles.gguf_file(tmp_path / "m.gguf", arch, keys))
    assert (identity.model_type, identity.subtype, identity.family) == kind


def test_gguf_details(tmp_path: Path) -> None:
    keys: dict[str, containers.Value] = {
        "general.file_type": 15,
        "llama.context_length": 8192,
        "general.name": "Llama 3",
    }
    identity = seen(modelfiles.gguf_file(tmp_path / "m.gguf", "llama", keys))
    assert (identity.quantization, identity.context_length, identity.official_name) == (
        "Q4_K_M",
        8192,
        "Llama 3",
    )
    assert (identity.architecture, identity.parameter_count) == ("llama", 256 * 32 + 256)
    plain = modelfiles.gguf_file(tmp_path / "f.gguf", "llama", {"general.file_type": 1})
    assert (seen(plain).precision, seen(plain).quantization) == ("fp16", "Q4_K")


def test_gguf_without_an_architecture_by_its_tensors(tmp_path: Path) -> None:
    """stable-diffusion.cpp writes the names of the checkpoint; GGUF has shapes the other way round."""
    prefix = "model.diffusion_model."
    tensors = {
        prefix + "input_blocks.0.0.weight": (1, (3, 3, 4, 320)),
        prefix + "input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight": (8, (768, 320)),
        prefix + "middle_block.0.in_layers.0.weight": (0, (1280,)),
        "first_stage_model.decoder.conv_in.weight": (1, (3, 3, 4, 512)),
    }
    start, size = containers.gguf_bytes({}, tensors)
    identity = seen(containers.sparse_file(tmp_path / "m.gguf", start, len(start) + size))
    assert (identity.subtype, identity.family) == ("checkpoints", "stable-diffusion")


def test_a_vocabulary_has_no_parameters_but_may_announce_them(tmp_path: Path) -> None:
    assert seen(modelfiles.gguf_file(tmp_path / "a", "llama", {}, {})).parameter_count is None
    labelled = modelfiles.gguf_file(tmp_path / "b", "llama", {"general.size_label": "7B"}, {})
    assert seen(labelled).parameter_count == 7_000_000_000


def test_parameters_of_one_shard_or_of_packed_weights_are_not_those_of_the_model(tmp_path: Path) -> None:
    facts = headers.read(modelfiles.llm_llama3(tmp_path / "m"))
    assert identify(candidate("a", shards=2), facts).parameter_count is None
    assert seen(modelfiles.llm_gptq(tmp_path / "q")).parameter_count is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("RealESRGAN_x4plus.pth", ("diffusion", "upscale_models", "esrgan")),
        ("v1-5-pruned-emaonly.ckpt", ("diffusion", "checkpoints", "stable-diffusion")),
        ("my v1-5-pruned mix.ckpt", ("unknown", "", "unknown")),
        ("llama.ckpt", ("unknown", "", "unknown")),
    ],
)
def test_a_pickle_goes_by_its_name_only_when_nobody_else_uses_it(
    name: str, kind: tuple[str, str, str]
) -> None:
    identity = identify(candidate(name), HeaderFacts(Container.PICKLE))
    assert (identity.model_type, identity.subtype, identity.family) == kind
    assert identity.confidence <= 0.3
    assert set(identity.field_sources.values()) <= {"filename"}


def test_a_name_does_not_count_against_tensors(tmp_path: Path) -> None:
    facts = headers.read(modelfiles.strange_tensors(tmp_path / "m"))
    assert identify(candidate("RealESRGAN_x4plus.safetensors"), facts).model_type == "unknown"


def test_security_tiers() -> None:
    assert {container: security_tier(container) for container in Container} == {
        Container.SAFETENSORS: SecurityTier.SAFE,
        Container.GGUF: SecurityTier.SAFE,
        Container.ONNX: SecurityTier.SAFE,
        Container.PICKLE: SecurityTier.PICKLE,
        Container.UNKNOWN: SecurityTier.UNKNOWN,
    }


def test_rows_that_contradict_each_other_leave_it_open() -> None:
    claims = [
        Claim("a", "", {"model_type": "llm", "family": "llama"}, 0.9),
        Claim("b", "", {"model_type": "audio"}, 0.9),
        Claim("c", "", {"precision": "fp16"}, 0.5),
    ]
    assert weigh(claims).values == {"precision": "fp16"}
    assert weigh([*claims, Claim("d", "", {"model_type": "audio"}, 0.95)]).values == {
        "model_type": "audio",
        "precision": "fp16",
    }


def test_the_table_is_sound() -> None:
    names = [row.name for row in ROWS]
    assert len(names) == len(set(names))
    for row in ROWS:
        assert row.gives.get("model_type", "unknown") in MODEL_TYPES
        assert 0.5 <= row.weight < 1
        assert row.every or row.some or row.sizes or row.width, row.name
        for name in (*row.every, *row.some, *row.none):
            assert "*" not in name or re.fullmatch(r"[a-z]\w*\.\*|\*\.[\w.]+|lora_\w+_\*", name), name
            mixed = "#" in name and re.search(r"(?<=[._])\d+(?=[._]|$)", name)
            assert not mixed, f"{name}: either all numbers stand as # or none"
        assert set(row.gives) <= set(Identity.__dataclass_fields__)
    assert {kind for kind, _, _ in identity_gguf.ARCHITECTURES.values()} <= set(MODEL_TYPES)


def _tensors_of(row: Row) -> dict[str, TensorFact]:
    """The fewest tensors for which a row holds."""
    shapes: dict[str, list[int]] = {name: [4, 4] for name in (*row.every, *row.some[:1])}
    for size in row.sizes:
        shape = shapes.setdefault(size.tensor, [4, 4])
        shape[size.axis] = size.most
    tensors = {}
    for name, shape in shapes.items():
        name = name.replace("#", "0")
        if name.endswith(".*"):
            name = name[:-1] + "x"
        elif name.startswith("*"):
            name = "m" + name[1:]
        elif name.endswith("_*"):
            name = name[:-1] + "x_0"
        if row.adapter and "lora_A" not in name:
            name += ".lora_A.weight"
        tensors[name] = TensorFact(name, "F16", tuple(shape))
    if row.width:
        name = "unet.down_blocks.0.attentions.0.attn2.to_k.lora_A.weight"
        tensors[name] = TensorFact(name, "F16", (4, row.width[0]))
    return tensors


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_each_row_alone_leads_to_what_it_says(row: Row) -> None:
    """No other row contradicts it on its own evidence."""
    facts = HeaderFacts(Container.SAFETENSORS, tuple(_tensors_of(row).values()))
    identity = identify(candidate("model.safetensors"), facts)
    assert {name: getattr(identity, name) for name in row.gives} == row.gives


@given(
    st.lists(
        st.builds(
            TensorFact,
            st.text(),
            st.sampled_from(["F16", "I32", "Q4_K", "zz"]),
            st.lists(st.integers(0, 9)).map(tuple),
        )
    ),
    st.dictionaries(
        st.sampled_from(
            [
                "general.architecture",
                "general.file_type",
                "general.size_label",
                "ss_tag_frequency",
                "modelspec.architecture",
            ]
        )
        | st.text(),
        st.text() | st.sampled_from(["llama", "7B", "²", "{}", "1" * 50]),
    ),
    st.sampled_from(Container),
)
def test_any_facts_give_an_identity(
    tensors: list[TensorFact], metadata: dict[str, str], container: Container
) -> None:
    identity = identify(candidate("x"), HeaderFacts(container, tuple(tensors), metadata))
    assert identity.model_type in MODEL_TYPES
    assert 0 <= identity.confidence <= 1
