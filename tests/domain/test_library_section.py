"""Lines for extra_model_paths.yaml: read back they say what was meant, whatever the folders are called."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pumas_tui.core.domain import extra_model_paths, library_section

FILE = "/srv/comfy/extra_model_paths.yaml"


def read_back(text: str) -> dict[str, tuple[str, ...]]:
    said = extra_model_paths.parse(text, FILE, home="/home/ada", environ={"HOME": "/home/ada", "X": "x"})
    assert not said.troubles
    return {root.kind: said.of(root.kind) for root in said.roots}


def test_a_section_as_comfyui_has_them() -> None:
    text = library_section.text("/data/models", {"loras": ("lora",), "vae": ("a/b", "c")}, taken={"pumas"})
    assert text == (
        'pumas-2:\n    base_path: "/data/models"\n    loras: "lora"\n    vae: |\n        a/b\n        c\n'
    )
    assert read_back(text) == {"loras": ("/data/models/lora",), "vae": ("/data/models/a/b", "/data/models/c")}


parts = st.text("aZ9 .-_$~'\"\\#:{}[]&*!|>%@`ä日\U0001f600", min_size=1, max_size=8)
plain = parts.filter(lambda name: name not in (".", ".."))
folders = st.lists(st.from_regex(r"[a-z0-9][a-z0-9._-]{0,8}", fullmatch=True), min_size=1, max_size=3).map(
    "/".join
)
kinds = st.sampled_from(["loras", "vae", "on", "LLM", "true", "my kind: x", "controlnet"])


@given(
    st.lists(plain, min_size=1, max_size=3), st.dictionaries(kinds, st.lists(folders, min_size=1), min_size=1)
)
@settings(max_examples=30, deadline=None)
def test_what_is_written_is_read_back(library: list[str], wanted: dict[str, list[str]]) -> None:
    models = "/" + "/".join(library)
    text = library_section.text(models, wanted)
    expected = {kind: tuple(sorted({f"{models}/{one}" for one in own})) for kind, own in wanted.items()}
    assert text == "" or read_back(text) == expected
    assert text or not models.isprintable()


@pytest.mark.parametrize("models_dir", ["/data/new\nline", "/data/\udcff"])
def test_a_library_whose_path_cannot_be_written_is_not_offered(models_dir: str) -> None:
    assert library_section.text(models_dir, {"loras": ("lora",)}) == ""


def test_so_many_folders_that_comfyui_could_not_be_told_are_not_offered() -> None:
    many = tuple(f"lora/sdxl/style-number-{n:06}" for n in range(2_000))
    assert library_section.text("/data/models", {"loras": many}) == ""


KNOWN = {
    "lora/sdxl/a": ("loras",),
    "lora/flux/b": ("loras",),
    "diffusion/sdxl/c": ("checkpoints",),
    "diffusion/sdxl/v": ("vae",),
    "diffusion/sd15/d": ("checkpoints",),
    "diffusion/sd15/e": ("checkpoints", "configs"),
    "diffusion/flux/p": ("diffusers",),
}


def of(kind: str) -> list[str]:
    own = {model: (f"{model[-1]}.safetensors",) for model, kinds in KNOWN.items() if kind in kinds}
    return sorted(set(library_section.folders(kind, own, KNOWN).values()))


def test_the_fewest_folders_with_nothing_else_in_them() -> None:
    assert of("loras") == ["lora"]
    assert of("checkpoints") == ["diffusion/sd15", "diffusion/sdxl/c"]
    assert of("configs") == ["diffusion/sd15/e"]
    assert of("vae") == ["diffusion/sdxl/v"]
    assert of("diffusers") == ["diffusion/flux"]  # listed by name, so its own folder would have none


def test_of_two_files_with_one_name_only_one_is_offered_where_comfyui_shows_only_one() -> None:
    models = {"d/x/a": ("model.safetensors",), "d/x/b": ("model.safetensors",), "d/x/c": ("c.safetensors",)}
    assert library_section.folders("vae", models, None) == {"d/x/a": "d/x/a", "d/x/c": "d/x/c"}
    known = dict.fromkeys(models, ("vae",))
    assert set(library_section.folders("vae", models, known).values()) == {"d"}
