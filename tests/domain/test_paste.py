"""Pasted text read as paths: nine forms of quoting, nine nasty names, and text that names none."""

import itertools
import os
import re
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pumas_tui.core.domain.files import PastedSource, SourceKind
from pumas_tui.core.domain.paste import read

NAMES = (
    "my model.x",
    "it's.x",
    'say "hi".x',
    "a ($1) b.x",
    "num #1.x",
    "back\\slash.x",
    "模型.x",
    "🚀 rocket.x",
    "m-00001-of-00002.safetensors",
)

GIO_KEEPS = "/!$&'()*+,;=:@"
"""Characters that GLib leaves as they are in a file:// address."""


def escaped(path: str) -> str:
    return re.sub(r"([ '\"()$#\\])", r"\\\1", path)


def gnome(paths: Sequence[str]) -> str:
    return "x-special/gnome-copied-files\ncopy\n" + "\n".join("file://" + quote(p, GIO_KEEPS) for p in paths)


FORMS: dict[str, Callable[[Sequence[str]], str]] = {
    "single quotes": lambda ps: "".join("'" + p.replace("'", "'\\''") + "' " for p in ps),
    "backslashes": lambda ps: " ".join(map(escaped, ps)) + " ",
    "spaces only": lambda ps: " ".join(p.replace(" ", "\\ ") for p in ps) + " ",
    "quoted where needed": lambda ps: " ".join(map(shlex.quote, ps)),
    "raw lines": lambda ps: "\r".join(ps),
    "raw with a space after": lambda ps: "".join(p + " " for p in ps),
    "file addresses": lambda ps: "# list\r\n" + "".join("file://" + quote(p) + "\r\n" for p in ps),
    "gnome clipboard": gnome,
    "double quotes around": lambda ps: "\r\n".join(f'"{p}"' for p in ps),
}


def lexists(path: str) -> bool:
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def sources(text: str, exists: Callable[[str], bool] = lexists) -> tuple[PastedSource, ...]:
    return read(text, exists, "/home/me", "gpu-box-3")


def paths(text: str) -> list[str]:
    return [source.path for source in sources(text)]


def nothing_here(_: str) -> bool:
    return False


@pytest.fixture
def nasty(tmp_path: Path) -> list[str]:
    for name in NAMES:
        (tmp_path / name).touch()
    return [str(tmp_path / name) for name in NAMES]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("which", range(len(NAMES)))
def test_every_form_of_every_nasty_name(form: str, which: int, nasty: list[str]) -> None:
    assert sources(FORMS[form]([nasty[which]])) == (PastedSource(nasty[which], SourceKind.PATH, True),)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_several_at_once(form: str, nasty: list[str]) -> None:
    assert paths(FORMS[form](nasty)) == nasty
    for pair in itertools.permutations(nasty, 2):
        assert paths(FORMS[form](pair)) == list(pair)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_through_a_terminal_that_turns_line_ends_to_cr(form: str, nasty: list[str]) -> None:
    assert paths(FORMS[form](nasty).replace("\r\n", "\r").replace("\n", "\r")) == nasty


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(
    st.lists(
        st.text(
            st.characters(exclude_categories=("C", "Zl", "Zp"), exclude_characters="/"),
            min_size=1,
            max_size=12,
        ),
        min_size=1,
        max_size=6,
        unique=True,
    )
)
def test_quoted_paths_that_exist_come_back(names: list[str]) -> None:
    known = list(dict.fromkeys(f"/data/{name}" for name in names))
    text = " ".join(map(shlex.quote, known))
    assert [s.path for s in read(text, set(known).__contains__, "/home/me", "box")] == known


@given(st.text(st.characters(exclude_categories=()), max_size=80), st.booleans())
def test_any_text_is_read_without_an_error(text: str, everything_exists: bool) -> None:
    found = sources(text, lambda path: os.fsencode(path) != b"" and everything_exists)
    assert len({source.path for source in found}) == len(found)


def test_order_is_kept_and_duplicates_count_once(nasty: list[str]) -> None:
    a, b = nasty[6], nasty[8]
    assert paths(f"{b}\n'{a}'\nfile://{quote(b)}\n{a}/\n") == [b, a]


def test_paths_that_are_not_here_still_count() -> None:
    found = sources("/no/such file.gguf\n'/no/b c.x' '/no/d.x'\n~/e.x\n/no/f\\ g.x /no/h.x ", nothing_here)
    assert [s.path for s in found] == [
        "/no/such file.gguf",
        "/no/b c.x",
        "/no/d.x",
        "/home/me/e.x",
        "/no/f g.x",
        "/no/h.x",
    ]
    assert {(s.kind, s.exists) for s in found} == {(SourceKind.PATH, False)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"C:\\a b\\c.x"', ["C:\\a b\\c.x"]),
        ('"C:\\a b\\c.x" "D:\\$x.y"', ["C:\\a b\\c.x", "D:\\$x.y"]),
        ("C:\\a b\\c.x D:/d.y", ["C:\\a b\\c.x", "D:/d.y"]),
        ("\u202aC:\\models\\x.ckpt\u202c", ["C:\\models\\x.ckpt"]),
        ("\\\\nas\\share\\x.gguf", ["\\\\nas\\share\\x.gguf"]),
        ("file:///C:/Users/me/a%20b.x", ["C:/Users/me/a b.x"]),
        ("/Users/me/Downloads/flux\\ dev.safetensors", ["/Users/me/Downloads/flux dev.safetensors"]),
        ("/Volumes/usb/x.gguf", ["/Volumes/usb/x.gguf"]),
    ],
)
def test_paths_of_the_client(text: str, expected: list[str]) -> None:
    found = sources(text)
    assert [s.path for s in found] == expected
    assert {(s.kind, s.exists) for s in found} == {(SourceKind.CLIENT, False)}


def test_a_mac_path_that_is_here_is_a_path() -> None:
    assert sources("/Users/me/x.gguf", lambda _: True)[0].kind is SourceKind.PATH
    assert read("/Users/me/x.gguf", nothing_here, "/Users/me", "mac")[0].kind is SourceKind.PATH


@pytest.mark.parametrize(
    "text",
    [
        "meta-llama/Llama-3.1-70B",
        "https://huggingface.co/meta-llama/Llama-3.1-70B/blob/main/config.json",
        "huggingface.co/org/name",
        "https://hf.co/org/name",
        "file://other-box/data/x.gguf",
    ],
)
def test_places_elsewhere(text: str) -> None:
    assert sources(text) == (PastedSource(text, SourceKind.REMOTE, False),)


@pytest.mark.parametrize("host", ["", "localhost", "gpu-box-3", "GPU-BOX-3", "gpu-box-3.local"])
def test_file_addresses_of_this_machine(host: str) -> None:
    assert [s.path for s in sources(f"file://{host}/data/a%20b.x", nothing_here)] == ["/data/a b.x"]


def test_file_addresses_of_odd_names(tmp_path: Path) -> None:
    raw = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.x")
    percent, number = str(tmp_path / "100%25.x"), str(tmp_path / "a#1?.x")
    for path in (raw, percent, number):
        with open(path, "wb"):
            pass
    assert paths(f"file://{tmp_path}/caf%E9.x") == [raw]
    assert paths(f"file://{percent}") == [percent]
    assert paths(f"file://{number} file:{quote(percent)}") == [number, percent]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \r\n\t ",
        "see also the readme, thanks",
        "see /etc-like/stuff that is not here",
        "model.safetensors",
        "loras/missing.safetensors",
        "1 / 2 of all",
        "https://civitai.com/models/123",
        "copy",
        "# a comment",
        'an open " quote',
        "\\",
    ],
)
def test_text_that_is_no_path(text: str) -> None:
    assert sources(text, nothing_here) == ()


def test_a_path_inside_other_words_counts_when_it_exists(nasty: list[str]) -> None:
    assert paths(f"- {nasty[0]}\nmv {nasty[6]} {nasty[8]}") == [nasty[0], nasty[6], nasty[8]]


def test_a_folder_that_begins_like_a_missing_path_is_not_taken_for_it(tmp_path: Path) -> None:
    (tmp_path / "AI").mkdir()
    missing = f"{tmp_path}/AI models/x.gguf"
    assert sources(missing) == (PastedSource(missing, SourceKind.PATH, False),)


def test_bare_names_count_when_they_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my model.x").touch()
    (tmp_path / "b.x").touch()
    monkeypatch.chdir(tmp_path)
    assert paths("my model.x") == ["my model.x"]
    assert paths("b.x 'my model.x'") == ["b.x", "my model.x"]
    assert paths("b.x and more") == []


def test_folders_with_a_blank_at_the_end(tmp_path: Path) -> None:
    (tmp_path / "dir ").mkdir()
    odd, plain = str(tmp_path / "dir " / "a b.x"), str(tmp_path / "c.x")
    for path in (odd, plain):
        Path(path).touch()
    assert paths(f"{odd} {plain} {odd} ") == [odd, plain]
    assert paths(f"{tmp_path}/dir /") == [f"{tmp_path}/dir "]


def test_control_characters_are_not_part_of_a_path(nasty: list[str]) -> None:
    assert paths(f"\x1b[200~{nasty[0]}\x1b[201~\r\x1b[31m{nasty[1]}\x1b[0m\x07\r\ufeff{nasty[6]}") == [
        nasty[0],
        nasty[1],
        nasty[6],
    ]


def test_home_and_trailing_slashes() -> None:
    assert [s.path for s in sources("~/models/ '~/my models/'", nothing_here)] == [
        "/home/me/models",
        "/home/me/my models",
    ]
    assert [s.path for s in sources("~", lambda p: p == "/home/me")] == ["/home/me"]


def test_names_that_no_disk_can_hold_are_absent(tmp_path: Path) -> None:
    long_name, deep = "/" + "模" * 86, "/d" * 2048
    assert sources(f"{long_name}\n{deep}\n{'many words ' * 60}") == (
        PastedSource(long_name, SourceKind.PATH, False),
        PastedSource(deep, SourceKind.PATH, False),
    )
    longest = tmp_path / ("模" * 85)
    longest.touch()
    assert sources(str(longest)) == (PastedSource(str(longest), SourceKind.PATH, True),)


@pytest.mark.parametrize("between", ["\n", " "])
@pytest.mark.parametrize("known", [True, False])
def test_the_disk_is_asked_a_few_times_for_each_path(between: str, known: bool) -> None:
    asked: list[str] = []
    many = [f"/data/stable diffusion/some name {n}.safetensors" for n in range(5000)]
    here = frozenset(many if known else ())

    def exists(path: str) -> bool:
        asked.append(path)
        return path in here

    found = sources(between.join(many), exists)
    assert [s.path for s in found] == many
    assert {s.exists for s in found} == {known}
    assert len(asked) <= 3 * len(many)
    assert sum(map(len, asked)) <= 10 * sum(map(len, many))
