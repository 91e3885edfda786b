"""What of a model becomes a link, under which name, in which folder, whatever its names are."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pumas_tui.core.domain import link_forms, link_templates
from pumas_tui.core.domain.files import ModelFormat, Role
from pumas_tui.core.domain.mapped import MappedModel
from pumas_tui.core.domain.mapping_config import Rule
from tests.domain.test_naming import any_text, legal, nasty_text
from tests.support.mapped import config, file, model, rule, shards

ALL = ["*"]


def made(**given_: Any) -> Rule:
    return config(rule("r", **{"patterns": ALL, **given_})).mappings[0]


def targets(one: MappedModel, **rule_says: Any) -> list[str]:
    return [form.target for form in link_forms.forms(one, made(**rule_says))]


def folder_model(*files: str, form: ModelFormat = ModelFormat.FOLDER, **given_: Any) -> MappedModel:
    return model(*files, form=form, **given_)


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("Pony V6.safetensors", "r/Pony V6.safetensors"),
        ("model.safetensors", "r/pony.safetensors"),
        ("model.fp16.safetensors", "r/pony.safetensors"),
        ("diffusion_pytorch_model.safetensors", "r/pony.safetensors"),
        ("diffusion_pytorch_model.non_ema.bin", "r/pony.bin"),
        ("pytorch_model.bin", "r/pony.bin"),
        ("model.gguf", "r/pony.gguf"),
        ("adapter_model.safetensors", "r/pony.safetensors"),
        ("models.safetensors", "r/models.safetensors"),
        ("my_model.safetensors", "r/my_model.safetensors"),
    ],
)
def test_a_file_keeps_its_name_unless_thousands_have_it(name: str, target: str) -> None:
    assert targets(model(name)) == [target]


def test_only_weights_get_links() -> None:
    beside = (
        file("pony.png", role=Role.PREVIEW),
        file("pony.json", role=Role.CONFIG),
        file("README.md", role=Role.OTHER),
    )
    assert targets(model(file("pony.safetensors"), *beside)) == ["r/pony.safetensors"]


def test_a_config_goes_along_where_a_pattern_spells_its_ending() -> None:
    old = model(file("v2.ckpt"), file("v2.yaml", role=Role.CONFIG), file("v2.json", role=Role.CONFIG))
    assert targets(old, patterns=["*.ckpt", "*.YAML"]) == ["r/v2.ckpt", "r/v2.yaml"]
    assert targets(old, patterns=["*.yaml"]) == ["r/v2.yaml"]
    assert targets(old, patterns=["*"]) == ["r/v2.ckpt"]
    unnamed = model(file("model.ckpt"), file("model.yaml", role=Role.CONFIG))
    assert targets(unnamed, patterns=["*.ckpt", "*.yaml"]) == ["r/pony.ckpt", "r/pony.yaml"]


@pytest.mark.parametrize("name", ["model.safetensors.index.json", "model.safetensors.index.fp16.json"])
def test_a_set_with_an_index_is_one_folder(name: str) -> None:
    index = file(name, role=Role.CONFIG)
    (form,) = link_forms.forms(
        model(*shards(5), index, form=ModelFormat.SHARDED_SET), made(patterns=["*.safetensors"])
    )
    assert (form.target, form.folder, form.file) == ("r/pony", "r", None)


def test_a_set_without_an_index_is_its_files() -> None:
    own = model(*shards(5, stem="llama"), form=ModelFormat.SHARDED_SET)
    assert targets(own) == [f"r/llama-{n:05}-of-00005.safetensors" for n in range(1, 6)]
    generic = model(*shards(5), form=ModelFormat.SHARDED_SET)
    assert targets(generic) == [f"r/pony-{n:05}-of-00005.safetensors" for n in range(1, 6)]


def test_parts_of_a_set_whose_total_is_not_known_are_told_apart() -> None:
    parts = [file(f"model_0000{n}.bin", shard_index=n) for n in (1, 2)]
    assert targets(model(*parts), link_name="{cleaned_name}-{shard}{ext}") == [
        "r/pony-00001.bin",
        "r/pony-00002.bin",
    ]


@pytest.mark.parametrize("form", [ModelFormat.FOLDER, ModelFormat.DIFFUSION_FOLDER])
def test_a_folder_that_is_a_model_is_one_link(form: ModelFormat) -> None:
    whole = folder_model("unet/model.safetensors", "vae/model.safetensors", form=form)
    assert targets(whole, patterns=["*.safetensors"]) == ["r/pony"]
    assert targets(whole, patterns=["*.gguf"]) == []
    assert targets(whole, link_name="{family}-{stem}") == ["r/sdxl-pony"]


def test_files_that_name_each_other_stay_together() -> None:
    onnx = model(file("model.onnx"), file("model.onnx_data"))
    assert targets(onnx) == ["r/pony"]


def test_a_folder_is_not_linked_for_a_config_in_it() -> None:
    whole = folder_model("model.safetensors")
    whole = model(*whole.files, file("train.yaml", role=Role.CONFIG), form=ModelFormat.FOLDER)
    assert targets(whole, patterns=["*.yaml"]) == []


def test_a_rule_for_folders_links_the_folder_of_a_single_file() -> None:
    assert targets(model("pony.safetensors"), link_type="directory") == ["r/pony"]
    config_beside = model(file("w.bin"), file("config.json", role=Role.CONFIG))
    assert targets(config_beside, link_type="directory", patterns=["config.json"]) == ["r/pony"]
    assert targets(model("w.bin"), link_type="directory", patterns=["config.json"]) == []


@pytest.mark.parametrize(
    ("template", "target"),
    [
        ("{publisher}/{cleaned_name}", "stabilityai/pony/Pony.safetensors"),
        ("{model_type}/{subtype}/{family}", "diffusion/checkpoints/sdxl/Pony.safetensors"),
        ("by family/{family}-x", "by family/sdxl-x/Pony.safetensors"),
        ("{stem}{ext}", "Pony.safetensors/Pony.safetensors"),
        ("", "Pony.safetensors"),
    ],
)
def test_folders_are_filled_in(template: str, target: str) -> None:
    assert targets(model("Pony.safetensors", repo_id="stabilityai/sdxl"), target_subdir=template) == [target]


def test_what_is_not_known_has_a_name_too() -> None:
    unknown = model("a.bin", kind=("unknown", ""), family="")
    assert targets(unknown, target_subdir="{publisher}/{family}/{subtype}") == ["local/unknown/unknown/a.bin"]
    assert targets(model("a.bin", repo_id="gpt2"), target_subdir="{publisher}") == ["local/a.bin"]


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("*.safetensors", "A.SafeTensors", True),
        ("*.SAFETENSORS", "a.safetensors", True),
        ("*.safetensors", "a.safetensors.bak", False),
        ("sd_xl_*", "SD_XL_base.bin", True),
        ("?.bin", "ab.bin", False),
        ("*[v2].bin", "pony [V2].bin", True),
        ("[ab].bin", "a.bin", False),
        ("straße*", "STRASSE.bin", True),
        ("模*", "模型.bin", True),
        ("*", "a\nb", True),
        ("a.bin", "a.bin", True),
        ("a.bin", "a.bin\n", False),
        ("(a+)+$", "aaaa", False),
        ("*.bin", "unet/x.bin", True),
        ("unet*", "unet/x.bin", False),
    ],
)
def test_patterns_are_globs_on_the_name(pattern: str, name: str, fits: bool) -> None:
    assert bool(link_forms.forms(model(name), made(patterns=[pattern]))) is fits


@pytest.mark.parametrize(
    "pattern", ["*a" * 60 + "c", "*" * 127 + "c", "?*" * 60 + "c", "*a*" * 40 + "c", "*?a" * 40 + "c"]
)
def test_no_pattern_tries_all_ways_to_fit(pattern: str) -> None:
    """A matcher that goes back over its stars would not come to an end here."""
    assert link_forms.forms(model("a" * 250 + ".bin"), made(patterns=[pattern, "b*"])) == ()


HOSTILE = (
    any_text
    | nasty_text
    | st.sampled_from(["..", ".", "", "/", "CON", "a/../../b", "{stem}", "x" * 300, "a\0"])
)
PART = st.sampled_from(
    ["loras", "{family}", "{subtype}", "a {publisher}", "{stem}", "{cleaned_name}{ext}", "{shard}", "..{ext}"]
)


@given(
    subdir=st.lists(PART, max_size=4)
    .map("/".join)
    .filter(lambda text: link_templates.folder_problem(text) is None),
    link_name=st.none() | PART,
    values=st.tuples(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE),
    name=HOSTILE.filter(lambda text: "/" not in text),
    link_type=st.sampled_from(["file", "directory"]),
    index=st.none() | st.integers(0, 10**9),
)
def test_no_name_leads_out_of_the_folder(
    subdir: str,
    link_name: str | None,
    values: tuple[str, str, str, str, str],
    name: str,
    link_type: str,
    index: int | None,
) -> None:
    model_type, subtype, family, publisher, cleaned = values
    one = model(
        file(name, shard_index=index), name=cleaned, kind=(model_type, subtype), family=family,
        repo_id=f"{publisher}/x",
    )  # fmt: skip
    (form,) = link_forms.forms(one, made(target_subdir=subdir, link_type=link_type, link_name=link_name))
    parts = form.target.split("/")
    wanted = subdir.split("/") if subdir else []
    assert len(parts) == len(wanted) + 1
    assert form.folder == "/".join(parts[:-1])
    for part, template in zip(parts, [*wanted, "{}"], strict=True):
        assert legal(part, 255)
        assert "{" in template or part == template


@given(nasty_text | any_text)
def test_a_text_is_a_template_that_fills_or_has_a_problem(text: str) -> None:
    values = dict.fromkeys(link_templates.FIELDS, "..")
    if link_templates.folder_problem(text) is None:
        filled = link_templates.fill_folder(text, values)
        assert not filled.startswith("/") and "\0" not in filled
        assert not {"", ".", ".."} & set(filled.split("/") if filled else [])
