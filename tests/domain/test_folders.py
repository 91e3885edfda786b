"""Folders that are one model: what makes them one, what belongs to them, which parts they lack."""

from collections.abc import Mapping
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pumas_tui.core.domain import folders, identity_folders
from pumas_tui.core.domain.files import (
    Candidate,
    Container,
    FileEntry,
    HeaderFacts,
    Member,
    ModelFormat,
    Role,
)
from pumas_tui.core.domain.folders import Document, Folders
from pumas_tui.core.domain.identity import Identity, identify

LLAMA = {"model_type": "llama", "architectures": ["LlamaForCausalLM"]}


def found(*names: str, said: Mapping[str, object] | None = None) -> Folders:
    """What these files below /in come to; documents of which nothing is said are empty objects."""
    files = [
        FileEntry(f"/in/{name}", 10, 0, crc32(name.encode("utf-8", "surrogatepass")), 1) for name in names
    ]
    values = {f"/in/{name}": value for name, value in (said or {}).items()}
    documents = {path: Document(values.get(path, {})) for path in folders.documents_of(files)}
    return folders.find(files, documents)


def only(result: Folders) -> Candidate:
    (candidate,) = result.candidates
    return candidate


def names(result: Folders) -> list[str]:
    return [member.name for member in only(result).members]


PIPELINE = ("p/model_index.json", "p/unet/w.safetensors", "p/vae/w.safetensors", "p/scheduler/s.json")


def test_a_pipeline_is_its_whole_tree() -> None:
    result = found(*PIPELINE, "p/README.md", "p/deep/er/x.bin", "other.safetensors")
    assert names(result) == [
        "README.md",
        "deep/er/x.bin",
        "model_index.json",
        "scheduler/s.json",
        "unet/w.safetensors",
        "vae/w.safetensors",
    ]
    candidate = only(result)
    assert (candidate.name, candidate.model_format) == ("p", ModelFormat.DIFFUSION_FOLDER)
    assert (candidate.source, candidate.main.name) == ("/in/p", "unet/w.safetensors")
    assert [f.path for f in result.rest] == ["/in/other.safetensors"]


def test_checkpoints_beside_a_pipeline_are_models_of_their_own() -> None:
    result = found(*PIPELINE, "p/v1-5.ckpt", "p/q4.gguf")
    assert [f.name for f in result.rest] == ["v1-5.ckpt", "q4.gguf"]
    assert "v1-5.ckpt" not in names(result)


@pytest.mark.parametrize(
    ("files", "said", "is_one"),
    [
        (["m/config.json", "m/model.safetensors"], {"m/config.json": LLAMA}, True),
        (["m/config.json", "m/pytorch_model.bin"], {"m/config.json": {"_class_name": "UNet"}}, True),
        (["m/config.json", "m/onnx/model.onnx"], {"m/config.json": LLAMA}, True),
        (["m/adapter_config.json", "m/adapter_model.safetensors"], {}, True),
        (["m/modules.json", "m/0_T/model.safetensors"], {"m/modules.json": [{"type": "x"}]}, True),
        (["m/config.json", "m/model.safetensors"], {"m/config.json": {"settings": 1}}, False),
        (["m/config.json", "m/model.safetensors"], {"m/config.json": [LLAMA]}, False),
        (["m/config.json", "m/model.safetensors"], {"m/config.json": None}, False),
        (["m/config.json", "m/a-Q4.gguf", "m/a-Q8.gguf"], {"m/config.json": LLAMA}, False),
        (["m/config.json", "m/sub/model.safetensors"], {"m/config.json": LLAMA}, False),
        (["m/model_index.json", "m/unet/config.json"], {}, False),
        (["m/model_index.json", "m/v1-5.ckpt", "m/unet/config.json"], {}, False),
        (["m/modules.json", "m/0_T/model.gguf"], {"m/modules.json": [{"type": "x"}]}, False),
        (["m/modules.json", "m/x.safetensors"], {"m/modules.json": {"type": "x"}}, False),
    ],
)
def test_what_makes_a_folder_one_model(files: list[str], said: dict[str, object], is_one: bool) -> None:
    result = found(*files, said=said)
    assert len(result.candidates) == is_one
    assert len(result.rest) == (0 if is_one else len(files))


def test_the_outermost_folder_counts_and_siblings_stay_apart() -> None:
    result = found(
        *PIPELINE,
        "p/unet/config.json",
        "pp/config.json",
        "pp/model.safetensors",
        said={"p/unet/config.json": {"_class_name": "UNet"}, "pp/config.json": LLAMA},
    )
    assert [(c.folder, len(c.members)) for c in result.candidates] == [("/in/p", 5), ("/in/pp", 2)]


def test_gguf_files_in_a_transformers_folder_are_models_of_their_own() -> None:
    result = found("m/config.json", "m/model.safetensors", "m/m-Q4.gguf", said={"m/config.json": LLAMA})
    assert names(result) == ["config.json", "model.safetensors"]
    assert [f.name for f in result.rest] == ["m-Q4.gguf"]


def shards(total: int, *numbers: int, stem: str = "m/model", ending: str = "safetensors") -> list[str]:
    return [f"{stem}-{n:05}-of-{total:05}.{ending}" for n in numbers]


def index(*paths: str) -> dict[str, object]:
    return {"weight_map": {f"t{n}": path.rpartition("/")[2] for n, path in enumerate(paths)}}


def test_parts_are_complete_by_their_names() -> None:
    candidate = only(found("m/config.json", *shards(3, 1, 2, 3), said={"m/config.json": LLAMA}))
    assert [(m.shard_index, m.shard_total) for m in candidate.weights] == [(1, 3), (2, 3), (3, 3)]
    assert (candidate.missing, candidate.parts_present) == ((), 3)


def test_the_index_decides() -> None:
    said = {
        "m/config.json": LLAMA,
        "m/model.safetensors.index.json": index(*shards(4, 1, 2, 3, 4), "m/extra.safetensors"),
    }
    candidate = only(found(*said, *shards(4, 1, 2, 4), said=said))
    assert candidate.missing == (1, 4)  # by name: extra, 1, 2, 3, 4
    assert "model-00003-of-00004.safetensors is not there" in candidate.notes
    assert "extra.safetensors is not there" in candidate.notes


def test_an_index_of_weights_that_were_not_fetched_is_only_noted() -> None:
    said = {
        "m/config.json": LLAMA,
        "m/pytorch_model.bin.index.json": index(*shards(2, 1, 2, stem="m/pytorch_model", ending="bin")),
    }
    whole = only(found(*said, *shards(2, 1, 2), said=said))
    assert whole.missing == ()
    assert whole.notes == ("pytorch_model.bin.index.json lists files that are not here; other weights are",)


def test_sets_of_several_components_are_counted_together() -> None:
    said = {"p/transformer/x.safetensors.index.json": index(*shards(2, 1, 2, stem="x"))}
    candidate = only(
        found(
            *PIPELINE,
            *said,
            *shards(2, 1, stem="p/transformer/x"),
            *shards(2, 1, 2, stem="p/text_encoder/y"),
            said=said,
        )
    )
    assert (candidate.parts_present, candidate.missing) == (3, (4,))
    assert candidate.main.name == "transformer/x-00001-of-00002.safetensors"


@pytest.mark.parametrize(
    "value",
    [None, [], "x", {"weight_map": []}, {"weight_map": {"a": 1, "b": None, "c": "../../etc/passwd"}},
     {"weight_map": {"a": "..", "b": "", "c": "/abs", "d": "sub/x"}}],
)  # fmt: skip
def test_what_an_index_may_not_name(value: object) -> None:
    assert folders.listed_names(Document(value)) == ()


def test_what_a_folder_says_of_itself() -> None:
    pipeline = {
        "unet": ["diffusers", "U"],
        "vae_2": ["diffusers", "V"],
        "gone": [None, None],
        "_x": ["a", "b"],
    }
    candidate = only(found(*PIPELINE, "p/pipeline.py", said={"p/model_index.json": pipeline}))
    assert candidate.notes == (
        "holds Python code that some programs run: pipeline.py",
        "model_index.json lists what is not there: vae_2",
    )
    files = [FileEntry(f"/in/{n}", 1, 0, 1, 1) for n in PIPELINE]
    broken = folders.find(files, {"/in/p/model_index.json": Document(problem="nested too deep")})
    assert only(broken).notes == ("model_index.json cannot be read: nested too deep",)


def test_half_a_download_in_a_folder() -> None:
    assert folders.unfinished(only(found(*PIPELINE))) == ""
    assert (
        folders.unfinished(only(found(*PIPELINE, "p/vae/w2.safetensors.part")))
        == "/in/p/vae/w2.safetensors.part"
    )


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("model.safetensors", Role.WEIGHTS),
        ("onnx/model.onnx_data", Role.WEIGHTS),
        ("tokenizer.json", Role.TOKENIZER),
        ("tokenizer_2/anything.txt", Role.TOKENIZER),
        ("spiece.model", Role.TOKENIZER),
        ("generation_config.json", Role.CONFIG),
        ("preview.png", Role.PREVIEW),
        ("images/grid.png", Role.OTHER),
        ("README.md", Role.OTHER),
    ],
)
def test_roles(name: str, role: Role) -> None:
    assert folders.role_of(name) is role


@given(st.lists(st.text(st.characters(exclude_characters="\0"), max_size=20), max_size=8, unique=True))
def test_any_names_keep_every_file_once(some: list[str]) -> None:
    result = found(*PIPELINE, *(f"p/{name}" for name in some if name not in ("", "model_index.json")))
    kept = [m.entry.path for c in result.candidates for m in c.members] + [f.path for f in result.rest]
    assert len(kept) == len(set(kept))


# What the documents say


def decided(documents: Mapping[str, object]) -> Identity:
    member = Member(FileEntry("/in/m/model.safetensors", 10, 0, 1, 1), "model.safetensors", Role.WEIGHTS)
    candidate = Candidate("m", ModelFormat.FOLDER, (member,), folder="/in/m")
    return identify(candidate, HeaderFacts(Container.SAFETENSORS), documents)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (LLAMA, ("llm", "transformers", "llama")),
        ({"model_type": "qwen2"}, ("llm", "transformers", "qwen")),
        ({"model_type": "qwen2_5_vl"}, ("vlm", "", "qwen")),
        ({"model_type": "whisper"}, ("audio", "", "whisper")),
        ({"model_type": "bert", "architectures": ["BertModel"]}, ("embedding", "", "bert")),
        ({"model_type": "bert", "architectures": ["BertForMaskedLM"]}, ("unknown", "", "bert")),
        (
            {
                "model_type": "xlm-roberta",
                "architectures": ["XLMRobertaForSequenceClassification"],
                "id2label": {"0": "LABEL_0"},
            },
            ("reranker", "", "xlm-roberta"),
        ),
        (
            {"model_type": "brandnew", "architectures": ["BrandNewForCausalLM"]},
            ("llm", "transformers", "unknown"),
        ),
        ({**LLAMA, "quantization_config": {"quant_method": "gptq", "bits": 4}}, ("llm", "gptq", "llama")),
        ({**LLAMA, "quantization_config": {"quant_method": "awq"}}, ("llm", "awq", "llama")),
        ({"_class_name": "ControlNetModel"}, ("diffusion", "controlnet", "unknown")),
        ({"_class_name": "AutoencoderKL"}, ("diffusion", "vae", "unknown")),
    ],
)
def test_config_json_tells_the_kind(config: dict[str, object], expected: tuple[str, str, str]) -> None:
    who = decided({"config.json": config})
    assert (who.model_type, who.subtype, who.family) == expected


@pytest.mark.parametrize(
    ("pipeline", "family"),
    [
        ("StableDiffusionPipeline", "stable-diffusion"),
        ("StableDiffusionXLPipeline", "sdxl"),
        ("StableDiffusion3Pipeline", "sd3"),
        ("FluxPipeline", "flux"),
        ("Flux2Pipeline", "flux2"),
        ("WanImageToVideoPipeline", "wan"),
        ("QwenImageEditPlusPipeline", "qwen-image"),
        ("HunyuanVideoPipeline", "hunyuan-video"),
        ("SomethingNewPipeline", "unknown"),
    ],
)
def test_model_index_json_tells_the_family(pipeline: str, family: str) -> None:
    who = decided({"model_index.json": {"_class_name": pipeline}})
    assert (who.model_type, who.subtype, who.family) == ("diffusion", "diffusers", family)
    assert who.evidence[0].startswith("pipeline: model_index.json names")


def test_numbers_and_precision_of_a_config() -> None:
    who = decided({"config.json": {**LLAMA, "max_position_embeddings": 8192, "torch_dtype": "bfloat16"}})
    assert (who.context_length, who.precision, who.architecture) == (8192, "bf16", "LlamaForCausalLM")
    nested = decided({"config.json": {"model_type": "gemma3", "text_config": {"max_position_embeddings": 7}}})
    assert nested.context_length == 7
    quantized = decided({"config.json": {**LLAMA, "quantization_config": {"load_in_4bit": True}}})
    assert (quantized.quantization, quantized.subtype) == ("bnb-4bit", "transformers")


def test_an_adapter_names_its_base() -> None:
    who = decided({"adapter_config.json": {"task_type": "CAUSAL_LM", "base_model_name_or_path": "org/base"}})
    assert (who.model_type, who.subtype, who.base_model) == ("llm", "lora", "org/base")


def test_the_model_card_is_only_a_hint() -> None:
    card = "---\nlicense: mit\npipeline_tag: text-to-image\n---\n# x\n"
    hinted = decided({"README.md": card})
    assert (hinted.model_type, hinted.confidence) == ("diffusion", 0.3)
    assert hinted.field_sources["model_type"] == "filename"
    assert decided({"README.md": card, "config.json": LLAMA}).model_type == "llm"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(
    ["model_type", "architectures", "_class_name", "torch_dtype", "max_position_embeddings", "text_config",
     "quantization_config", "id2label", "num_labels", "cross_attention_dim", "task_type", "unet"]
)  # fmt: skip


@given(
    st.dictionaries(
        st.sampled_from([*identity_folders.DOCUMENTS, "README.md"]), st.dictionaries(KEYS, JSON) | JSON
    )
)
def test_no_document_breaks_identification(documents: dict[str, object]) -> None:
    who = decided(documents)
    assert 0 <= who.confidence <= 1
