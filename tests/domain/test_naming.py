"""Names of directories and files in the library: legal on every file system, recognisable, never equal."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pumas_tui.core.domain import ids, layout, naming

any_text = st.text(st.characters(exclude_categories=()), max_size=300)
nasty_text = st.text(st.sampled_from(' .:*?/\\"<>|\n\x1b\u202eaAİß模\u0301\udce9'), max_size=300)
texts = any_text | nasty_text | st.sampled_from(["con", "CON.gguf", "nul .txt", "com1.v2." + "x" * 200])

DEVICES = {"con", "prn", "aux", "nul"} | {f"{port}{n}" for port in ("com", "lpt") for n in range(10)}
SHA = ids.sha256("15012c538f" + "0" * 54)


def legal(name: str, limit: int) -> bool:
    """What NTFS, ext4 and a shell user all accept as one path part."""
    return (
        0 < len(name.encode()) <= limit
        and not set(name) & set('<>:"|?*\\/')
        and not any(unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp") for char in name)
        and not name.startswith(".")
        and not name.endswith((".", " "))
        and name.split(".")[0].rstrip().lower() not in DEVICES
    )


@given(texts)
def test_a_cleaned_name_is_always_legal_and_stays_as_it_is(stem: str) -> None:
    name = naming.cleaned_name(stem)
    assert legal(name, 120)
    assert not any(char.isspace() for char in name)
    assert naming.cleaned_name(name) == name


@given(texts)
def test_a_file_name_is_always_legal_and_stays_as_it_is(raw: str) -> None:
    name = naming.safe_file_name(raw)
    assert legal(name, 255)
    assert naming.fold(name) not in layout.RESERVED_NAMES
    assert naming.safe_file_name(name) == name


@given(texts, texts, texts)
def test_a_model_id_stays_inside_the_library(model_type: str, family: str, name: str) -> None:
    parts = naming.model_id(model_type, family, naming.cleaned_name(name)).split("/")
    assert len(parts) == 3
    assert all(legal(part, 120) for part in parts)


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("sd_xl_base_1.0", "sd_xl_base_1.0"),
        ("模型", "模型"),
        ("Juggernaut XL v9", "juggernaut_xl_v9"),
        ("Model:A", "model_a"),
        ("Model*A", "model_a"),
        ("E\u0301tude", "étude"),
        ("tab\there\n", "tab_here_"),
        ("v1... ", "v1"),
        ("CON", "con_file"),
        ("nul.v2", "nul_file.v2"),
        ("console", "console"),
        ("..", "unnamed"),
        ("", "unnamed"),
        (".hidden", "_hidden"),
        ("caf\udce9", "caf_"),
        ("gpj\u202egnp", "gpj_gnp"),
        ("-rf", "-rf"),
    ],
)
def test_cleaned_names(stem: str, name: str) -> None:
    assert naming.cleaned_name(stem) == name


def test_long_names_are_cut_between_characters() -> None:
    assert naming.cleaned_name("模" * 100) == "模" * 40
    assert naming.cleaned_name("a" * 119 + ".b") == "a" * 119
    assert naming.safe_file_name("模" * 100 + ".safetensors") == "模" * 81 + ".safetensors"


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("My Model v1.0 (final).safetensors", "My Model v1.0 (final).safetensors"),
        ("a:b?.gguf", "a_b_.gguf"),
        ("CON.gguf", "CON_file.gguf"),
        ("aux .txt", "aux_file.txt"),
        ("LPT1", "LPT1_file"),
        ("name.gguf. ", "name.gguf"),
        ("..", "unnamed"),
        (".hidden.gguf", "_hidden.gguf"),
        ("line\nbreak\x1b[2J.gguf", "line_break_[2J.gguf"),
        ("caf\udce9.gguf", "caf_.gguf"),
        ("metadata.json", "metadata_file.json"),
        ("Overrides.JSON", "Overrides_file.JSON"),
        ("x.metadata.json", "x.metadata.json"),
    ],
)
def test_file_names(raw: str, name: str) -> None:
    assert naming.safe_file_name(raw) == name


def test_model_ids() -> None:
    assert naming.model_id("diffusion", "sdxl", "model_a") == "diffusion/sdxl/model_a"
    assert naming.model_id("", "", "x") == "unknown/unknown/x"
    assert naming.model_id("llm", "../Llama 3", "x") == "llm/_._llama_3/x"


def test_names_that_ntfs_takes_for_one_differ_by_hash() -> None:
    a, b = naming.cleaned_name("Model:A"), naming.cleaned_name("Model*A")
    assert naming.same_name(a, b)
    assert naming.with_hash(b, SHA, 4) == "model_a-1501"
    assert naming.with_hash(b, SHA, 8) == "model_a-15012c53"


@given(texts, st.sampled_from([4, 8]))
def test_a_name_with_hash_is_a_cleaned_name(stem: str, digits: int) -> None:
    name = naming.with_hash(naming.cleaned_name(stem), SHA, digits)
    assert legal(name, 120)
    assert name.endswith("-" + SHA[:digits])
    assert naming.cleaned_name(name) == name


@pytest.mark.parametrize(("a", "b"), [("Model", "MODEL"), ("é", "E\u0301"), ("straße", "STRASSE")])
def test_twins(a: str, b: str) -> None:
    assert naming.same_name(a, b)
    assert naming.fold(a) == naming.fold(b)


@given(any_text)
def test_folding_does_not_depend_on_the_normal_form(name: str) -> None:
    assert naming.same_name(name, unicodedata.normalize("NFD", name))
    assert naming.same_name(name, unicodedata.normalize("NFC", name))


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("a.b.gguf", ("a.b", ".gguf")),
        ("noext", ("noext", "")),
        (".hidden", (".hidden", "")),
        ("mix. " + "long tail " * 5, ("mix. " + "long tail " * 5, "")),
    ],
)
def test_extensions(name: str, parts: tuple[str, str]) -> None:
    assert naming.split_extension(name) == parts


@pytest.mark.parametrize(
    ("stem", "generic"),
    [
        ("model", True),
        ("Model", True),
        ("pytorch_model.fp16", True),
        ("model-00001-of-00002", True),
        ("model.fp16-00001-of-00002", True),
        ("model_v2", False),
        ("model-1-of-a-kind", False),
        ("sd_xl_base", False),
    ],
)
def test_names_that_say_nothing(stem: str, generic: bool) -> None:
    assert naming.is_generic(stem) is generic
