"""The configs that come with the program, against what the apps read and what models are identified as."""

import itertools
import posixpath
from collections.abc import Iterator
from pathlib import Path

import pytest

from pumas_tui import assets
from pumas_tui.core.domain import (
    identity_adapter_rows,
    identity_encoder_rows,
    identity_gguf,
    identity_language_rows,
    identity_part_rows,
    identity_patch_rows,
    identity_perception_rows,
    identity_vae_rows,
    mapping_config,
    rules,
)
from pumas_tui.core.domain.apps import AppKind
from pumas_tui.core.domain.files import ModelFormat, Role
from pumas_tui.core.domain.mapped import MappedModel, WantedLink
from pumas_tui.core.domain.mapping_config import MappingConfig
from pumas_tui.core.domain.rules import ActiveRule
from pumas_tui.core.domain.vocabulary import MODEL_TYPES, subtypes_of
from tests.support.mapped import app, file, model, shards

FOLDER = assets.configs_dir() / "mappings"
PT = frozenset({".ckpt", ".pt", ".pt2", ".bin", ".pth", ".safetensors", ".pkl", ".sft"})
SAME = (
    "checkpoints", "loras", "vae", "clip_vision", "style_models", "embeddings", "vae_approx", "gligen",
    "upscale_models", "hypernetworks", "photomaker", "model_patches", "audio_encoders",
)  # fmt: skip
NEWER = (
    "latent_upscale_models", "background_removal", "frame_interpolation", "geometry_estimation",
    "optical_flow", "detection",
)  # fmt: skip
COMFYUI: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    **{kind: (frozenset({kind}), PT) for kind in (*SAME, *NEWER)},
    "text_encoders": (frozenset({"text_encoders", "clip"}), PT),
    "diffusion_models": (frozenset({"unet", "diffusion_models"}), PT),
    "controlnet": (frozenset({"controlnet", "t2i_adapter"}), PT),
}
"""`folder_names_and_paths` of ComfyUI: folders below models/ and the endings that it lists there."""
GGUF = ("diffusion_models", "text_encoders")


def packaged(kind: AppKind) -> tuple[ActiveRule, ...]:
    path = FOLDER / f"{kind}_*_default.json"
    config = mapping_config.parse(path.read_bytes(), path.name, packaged=True)
    return rules.active((config,), kind, "1.0")


def links(kind: AppKind, one: MappedModel) -> tuple[WantedLink, ...]:
    return rules.wants([one], packaged(kind), app(kind), folders=NEWER).links


def targets(kind: AppKind, one: MappedModel) -> list[str]:
    return [link.target for link in links(kind, one)]


def configs() -> Iterator[tuple[Path, MappingConfig]]:
    for path in sorted(FOLDER.iterdir()):
        yield path, mapping_config.parse(path.read_bytes(), path.name, packaged=True)


def test_every_kind_of_app_has_its_config() -> None:
    assert {config.app for _, config in configs()} == set(AppKind)
    for path, config in configs():
        assert path.read_bytes() == mapping_config.dump(config), "written as the program writes it"
        assert all(r.description for r in config.mappings)


@pytest.mark.parametrize("kind", COMFYUI)
def test_comfyui_lists_a_model_of_each_kind_once(kind: str) -> None:
    folders, endings = COMFYUI[kind]
    types = [t for t in MODEL_TYPES if kind in subtypes_of(t)]
    for ending, model_type in itertools.product(sorted(PT), types):
        (target,) = targets(AppKind.COMFYUI, model(f"Some File{ending.upper()}", kind=(model_type, kind)))
        folder, name = posixpath.split(target)
        assert folder in folders
        assert posixpath.splitext(name)[1].lower() in endings


@pytest.mark.parametrize("kind", GGUF)
def test_comfyui_gguf_is_where_its_node_looks(kind: str) -> None:
    assert targets(AppKind.COMFYUI, model("x.gguf", kind=("diffusion", kind))) == [f"{kind}/x.gguf"]
    other = model("x.gguf", kind=("diffusion", "loras"))
    assert targets(AppKind.COMFYUI, other) == []


def test_comfyui_folders_are_whole() -> None:
    pipeline = model(
        file("model_index.json", role=Role.CONFIG), "unet/model.safetensors",
        kind=("diffusion", "diffusers"), form=ModelFormat.DIFFUSION_FOLDER,
    )  # fmt: skip
    assert targets(AppKind.COMFYUI, pipeline) == ["diffusers/pony"]
    classes = model("model.safetensors", kind=("vision", "classifiers"), form=ModelFormat.FOLDER)
    assert targets(AppKind.COMFYUI, classes) == ["classifiers/pony"]
    vae = model("diffusion_pytorch_model.safetensors", kind=("diffusion", "vae"), form=ModelFormat.FOLDER)
    assert targets(AppKind.COMFYUI, vae) == ["vae/pony"]


def test_a_checkpoints_config_goes_where_each_app_looks_for_it() -> None:
    old = model("v2.ckpt", file("v2.yaml", role=Role.CONFIG))
    assert targets(AppKind.COMFYUI, old) == ["checkpoints/v2.ckpt", "configs/v2.yaml"]
    beside = ["models/Stable-diffusion/v2.ckpt", "models/Stable-diffusion/v2.yaml"]
    assert targets(AppKind.A1111, old) == targets(AppKind.FORGE, old) == beside


def test_newer_kinds_wait_for_their_folder() -> None:
    for kind in NEWER:
        one = model(kind=("diffusion", kind))
        assert not rules.wants([one], packaged(AppKind.COMFYUI), app()).links


def identified() -> set[tuple[str, str]]:
    """Type and subtype of all that a header can tell, as far as one row tells both."""
    tables = (
        identity_adapter_rows, identity_part_rows, identity_vae_rows, identity_patch_rows,
        identity_perception_rows, identity_language_rows, identity_encoder_rows,
    )  # fmt: skip
    rows = {(row.gives.get("model_type", ""), row.gives.get("subtype", "")) for t in tables for row in t.ROWS}
    gguf = {(model_type, subtype) for model_type, subtype, _ in identity_gguf.ARCHITECTURES.values()}
    return {pair for pair in rows | gguf if all(pair)}


@pytest.mark.parametrize("pair", sorted(identified() | {("diffusion", s) for s in subtypes_of("diffusion")}))
def test_every_subtype_has_a_rule_in_the_app_that_runs_it(pair: tuple[str, str]) -> None:
    assert pair[1] in subtypes_of(pair[0])
    name = {"gguf": "x.gguf", "configs": "x.yaml"}.get(pair[1], "x.safetensors")
    role = Role.CONFIG if pair[1] == "configs" else Role.WEIGHTS
    folder = pair[1] in ("diffusers", "transformers", "gptq", "awq", "exl2", "lora")
    marks = ("model_index.json", "config.json") if folder else ()
    one = model(file(name, role=role), *(file(m, role=Role.CONFIG) for m in marks), kind=pair)
    language = pair[0] in ("llm", "vlm", "embedding", "reranker")
    kind = AppKind.COMFYUI if not language else AppKind.LLAMACPP if pair[1] == "gguf" else AppKind.VLLM
    assert len(targets(kind, one)) == 1


@pytest.mark.parametrize(
    ("kind", "subtype", "name", "target"),
    [
        (AppKind.A1111, "checkpoints", "a.safetensors", "models/Stable-diffusion/a.safetensors"),
        (AppKind.A1111, "vae", "a.pt", "models/VAE/a.pt"),
        (AppKind.A1111, "loras", "a.safetensors", "models/Lora/a.safetensors"),
        (AppKind.A1111, "embeddings", "a.pt", "embeddings/a.pt"),
        (AppKind.A1111, "hypernetworks", "a.pt", "models/hypernetworks/a.pt"),
        (AppKind.A1111, "upscale_models", "a.pth", "models/ESRGAN/a.pth"),
        (AppKind.A1111, "controlnet", "a.pth", "models/ControlNet/a.pth"),
        (AppKind.A1111, "diffusion_models", "a.safetensors", None),
        (AppKind.FORGE, "diffusion_models", "a.gguf", "models/Stable-diffusion/a.gguf"),
        (AppKind.FORGE, "text_encoders", "a.safetensors", "models/text_encoder/a.safetensors"),
        (AppKind.FORGE, "loras", "a.safetensors", "models/Lora/a.safetensors"),
    ],
)
def test_web_uis_get_what_they_read(kind: AppKind, subtype: str, name: str, target: str | None) -> None:
    assert targets(kind, model(name, kind=("diffusion", subtype))) == ([target] if target else [])


def test_a_web_ui_gets_no_sound_and_no_vision() -> None:
    for pair in (("audio", "vae"), ("vision", "checkpoints"), ("audio", "checkpoints")):
        assert targets(AppKind.FORGE, model(kind=pair)) == []


def test_language_models_go_where_their_programs_look() -> None:
    one = model("Q4.gguf", name="llama", kind=("llm", "gguf"), family="llama", repo_id="bartowski/Llama")
    assert targets(AppKind.LLAMACPP, one) == ["Q4.gguf"]
    assert targets(AppKind.LMSTUDIO, one) == ["bartowski/llama/Q4.gguf"]
    assert targets(AppKind.VLLM, one) == []
    split = model(*shards(2, "q8", ".gguf"), kind=("llm", "gguf"), form=ModelFormat.SHARDED_SET)
    assert targets(AppKind.LMSTUDIO, split) == [f"local/pony/q8-0000{n}-of-00002.gguf" for n in (1, 2)]
    whole = model(
        *shards(2), file("config.json", role=Role.CONFIG), kind=("llm", "awq"), form=ModelFormat.FOLDER
    )
    assert targets(AppKind.VLLM, whole) == ["pony"]
    assert targets(AppKind.LLAMACPP, whole) == []


def test_denoisers_in_gguf_are_no_language_models() -> None:
    flux = model("flux.gguf", kind=("diffusion", "diffusion_models"))
    assert targets(AppKind.LLAMACPP, flux) == targets(AppKind.LMSTUDIO, flux) == []


def test_nothing_is_poured_into_any_folder() -> None:
    everything = [model(kind=(t, s)) for t in MODEL_TYPES for s in subtypes_of(t)]
    assert packaged(AppKind.GENERIC) == ()
    assert not rules.wants(everything, packaged(AppKind.GENERIC), app(AppKind.GENERIC)).links
