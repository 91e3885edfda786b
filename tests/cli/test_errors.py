"""Errors: one printable line each on stderr, the same in the document, and the exit code that counts."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.support.program import Ran, argv, environment, pumas

HOSTILE = "no\nsuch \x1b]52;c;aGk=\x07\x9b31m‮file.gguf"


def one_line(ran: Ran) -> str:
    assert ran.err.endswith("\n")
    assert ran.err.count("\n") == 1, ran.err
    line = ran.err[:-1]
    assert line.isprintable()
    assert line.startswith("error: ")
    return line


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["frobnicate"], 2, "frobnicate"),
        (["list", "--limit", "many"], 2, "many"),
        (["list", "--sort", HOSTILE], 2, "--sort"),
        (["import"], 2, "PATH"),
        (["import", "x", "--mode", "teleport"], 2, "--mode"),
        (["show", "no such model"], 3, "no such model"),
        (["path", HOSTILE], 3, "no model is called"),
        (["import", "/no/such/file.gguf"], 3, "/no/such/file.gguf"),
        (["import", HOSTILE], 3, "<1B>"),
        (["jobs", "cancel", "77"], 3, "77"),
    ],
)
def test_codes(arguments: list[str], code: int, says: str, filled: Path) -> None:
    ran = pumas(*arguments, "--json", root=filled)
    assert ran.code == code, ran.err
    assert says in one_line(ran)
    assert len(ran.document["errors"]) == 1


def test_an_ambiguous_name_lists_the_choices(root: Path, samples: Path, tmp_path: Path) -> None:
    for n in (1, 2):
        content = (samples / "ink-wash-style-xl.safetensors").read_bytes()
        (tmp_path / f"twin-{n}.safetensors").write_bytes(content[:-1] + bytes([n]))
        assert pumas("import", tmp_path / f"twin-{n}.safetensors", root=root).code == 0
    ran = pumas("show", "twin", "--json", root=root)
    assert ran.code == 3
    assert [c.rsplit("/", 1)[1] for c in sorted(ran.data["choices"])] == ["twin-1", "twin-2"]
    assert "twin-1" in one_line(ran)
    assert "twin-2" in ran.err


def test_a_library_from_a_newer_version(root: Path) -> None:
    marker = root / "models" / "library.json"
    marker.write_text(json.dumps({**json.loads(marker.read_text()), "format_version": 99}))
    ran = pumas("list", root=root)
    assert ran.code == 9
    one_line(ran)


def test_readonly_goes_with_verbs_that_only_read(root: Path, samples: Path) -> None:
    assert pumas("--readonly", "list", root=root).code == 0
    ran = pumas("--readonly", "import", samples, root=root)
    assert ran.code == 2
    assert "--readonly" in one_line(ran)


def test_a_place_where_no_library_can_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    ran = pumas("init", tmp_path / "file" / "library", root=tmp_path)
    assert ran.code == 6
    assert "file" in one_line(ran)


def test_settings_that_cannot_be_read(root: Path, tmp_path: Path) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text("[import]\nreserve_bytes = 'many'\n")
    ran = pumas("list", "--config", settings, root=root)
    assert ran.code == 2
    assert "reserve_bytes" in one_line(ran)


def test_a_reader_that_went_away_is_no_error(filled: Path, tmp_path: Path) -> None:
    for verb in (["list"], ["--help"]):
        reading, writing = os.pipe()
        os.close(reading)
        with subprocess.Popen(
            argv(*verb, root=filled), env=environment(tmp_path), stdout=writing, stderr=subprocess.PIPE
        ) as child:
            os.close(writing)
            assert child.stderr is not None
            assert child.stderr.read() == b""
        assert child.returncode in (0, 1)


def test_an_answer_that_cannot_be_written_is_an_error(filled: Path, tmp_path: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            argv("list", root=filled),
            env=environment(tmp_path),
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 6
    assert done.stderr.decode().startswith("error: cannot write the answer")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_any_terminal_encoding_will_do(encoding: str, root: Path, samples: Path, tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + "/模型 \xe9".encode() + b"\xff.safetensors"
    with open(name, "wb") as file:
        file.write((samples / "ink-wash-style-xl.safetensors").read_bytes())
    env = environment(tmp_path, {"PYTHONIOENCODING": encoding})
    for arguments in (["import", name], ["list"], ["show", "模"]):
        done = subprocess.run(argv(*arguments, root=root), env=env, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stdout.decode(encoding)
