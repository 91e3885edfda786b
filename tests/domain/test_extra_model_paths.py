"""ComfyUI's extra_model_paths.yaml: which folders it adds, and what is said of a file that is broken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pumas_tui.core.domain import extra_model_paths
from pumas_tui.core.domain.extra_model_paths import ExtraPaths

FILE = "/srv/comfy/extra_model_paths.yaml"


def read(text: str) -> ExtraPaths:
    return extra_model_paths.parse(text, FILE, home="/home/ada", environ={"DISK": "/mnt/nvme"})


def paths(text: str) -> list[tuple[str, str]]:
    got = read(text)
    assert not got.troubles
    return [(root.kind, root.path) for root in got.roots]


def troubles(text: str) -> list[str]:
    return [t.message.removeprefix(f"{FILE}: ") for t in read(text).troubles]


WEBUI = """
# a comment
a1111:
    base_path: /srv/webui/
    checkpoints: models/Stable-diffusion
    loras: |
         models/Lora

         models/LyCORIS
other:
    is_default: true
    vae: vae
    custom_nodes: nodes
empty:
"""


def test_sections_give_folders_by_kind() -> None:
    assert paths(WEBUI) == [
        ("checkpoints", "/srv/webui/models/Stable-diffusion"),
        ("loras", "/srv/webui/models/Lora"),
        ("loras", "/srv/webui/models/LyCORIS"),
        ("vae", "/srv/comfy/vae"),
    ]
    assert [(r.section, r.base_path, r.is_default) for r in read(WEBUI).roots[2:]] == [
        ("a1111", "/srv/webui", False),
        ("other", "", True),
    ]


@pytest.mark.parametrize(
    ("base", "path"),
    [
        ("~/models", "/home/ada/models/x"),
        ('"~"', "/home/ada/x"),
        ("$DISK/m", "/mnt/nvme/m/x"),
        ("${DISK}/m", "/mnt/nvme/m/x"),
        ("$NOPE/m", "/srv/comfy/$NOPE/m/x"),
        ("../m", "/srv/m/x"),
        ('"/a b/ü"', "/a b/ü/x"),
    ],
)
def test_a_base_path_is_written_as_the_shell_has_it(base: str, path: str) -> None:
    assert paths(f"a:\n  base_path: {base}\n  loras: x\n") == [("loras", path)]


def test_old_names_of_kinds_are_those_of_today() -> None:
    assert [kind for kind, _ in paths("a:\n  unet: /u\n  clip: /c\n")] == [
        "diffusion_models",
        "text_encoders",
    ]


def test_the_last_default_is_looked_at_first() -> None:
    got = read("a: {loras: /a}\nb: {is_default: true, loras: /b}\nc: {loras: /c, is_default: yes, vae: /v}\n")
    assert got.of("loras") == ("/c", "/b", "/a")
    assert got.of("vae") == ("/v",)
    assert got.of("gligen") == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [1\nb: 2", "line 2: not YAML"),
        ("just text", "must be sections"),
        ("- a\n", "must be sections"),
        ("\nb: text", "line 2: b: must be kinds and their folders"),
        ("a:\n  loras: [x]", "line 2: a: loras: must be folders, one a line"),
        ("a:\n  base_path:\n    - x\n  loras: x", "line 3: a: base_path must be a folder"),
        ("a:\n  is_default: maybe", "line 2: a: is_default must be true or false"),
        ("a: &x {vae: v}\nb:\n  <<: *x", "<<: must be folders"),
        ("a: \x1b[31m", "not YAML"),
        ("[" * 3_000, "nested too deep"),
        ("#" * 40_000, "larger than"),
        ("".join(f"s{n}: {{a: b}}\n" for n in range(201)), "more than 200 sections"),
        ("a:\n" + "".join(f"  k{n}: p\n" for n in range(1001)), "more than 1000 folders"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_line(text: str, said: str) -> None:
    assert any(said in told for told in troubles(text)), troubles(text)


def test_the_rest_of_a_damaged_file_counts() -> None:
    got = read("bad: 1\ngood:\n  vae: /v\n  loras: {}\n")
    assert [r.path for r in got.roots] == ["/v"]
    assert len(got.troubles) == 2


def test_aliases_do_not_multiply() -> None:
    many = ", ".join(f"k{n}: []" for n in range(500))
    got = read(f"a: &a {{{many}}}\n" + "".join(f"s{n}: *a\n" for n in range(150)))
    assert got.roots == () and len(got.troubles) <= 50
    assert read("a: !!python/object/apply:os.system [x]").roots == ()


@given(st.text(max_size=100) | st.text("ab:\n -[]{}&*!|>'\"#%<", max_size=60))
def test_any_text_is_read_or_said_to_be_broken(text: str) -> None:
    got = read(text)
    assert all(root.path.startswith("/") for root in got.roots)
    assert all(t.path == FILE and t.message.isprintable() for t in got.troubles)
