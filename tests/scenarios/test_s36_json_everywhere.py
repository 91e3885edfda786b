"""S36: every verb answers `--json` with one document, stable exit codes, and errors on stderr."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest

from pumas_tui.cli.main import program
from tests.support import modelfiles
from tests.support.program import Ran, pumas


@dataclass(frozen=True)
class Call:
    """A call of a verb and the exit code it must end with. `{model}`, `{file}`, `{pickle}`, `{tmp}` stand for
    a model of the library, new files, and a folder of the test."""

    arguments: str
    code: int = 0


CALLS: dict[str, tuple[Call, ...]] = {
    "init": (Call("{tmp}/another"), Call("{file}/inside", 6), Call("--what", 2)),
    "demo": (Call("{tmp}/demo"), Call("--what", 2)),
    "import": (
        Call("{file}"),
        Call("{file} --dry-run"),
        Call("{pickle}", 4),
        Call("/no/such/file.gguf", 3),
        Call("{empty}", 5),
        Call("", 2),
        Call("{file} --mode teleport", 2),
        Call("{file} --into {model}"),
        Call("{file} --into nobody", 3),
        Call("{file} --into {model} --mode copy", 2),
    ),
    "list": (Call(""), Call("lora -anime type:loras"), Call("--sort nothing", 2), Call("--limit 0", 2)),
    "show": (Call("{model}"), Call("nobody", 3), Call("", 2)),
    "path": (Call("{model}"), Call("nobody", 3), Call("", 2)),
    "edit": (
        Call("{model} --set notes=x"),
        Call("{model} --set nothing=x", 2),
        Call("{model} --set type=x", 2),
        Call("nobody --set notes=x", 3),
        Call("{model}", 2),
    ),
    "tag": (Call("{model} +a -b"), Call("{model} a", 2), Call("nobody +a", 3), Call("{model}", 2)),
    "protect": (Call("{model}"), Call("nobody", 3), Call("", 2)),
    "limit": (
        Call("{model} comfyui >=0.5"),
        Call("{model} comfyui newest", 2),
        Call("nobody comfyui >=1", 3),
        Call("{model}", 2),
    ),
    "duplicates": (Call(""), Call("x", 2)),
    "scan": (Call(""), Call("--deep"), Call("--adopt"), Call("x", 2)),
    "delete": (
        Call("{model} --dry-run"),
        Call("{model}", 4),
        Call("spare --yes"),
        Call("nobody --yes", 3),
        Call("", 2),
    ),
    "app": (
        Call("detect"),
        Call("list"),
        Call("add {app} --no-sync"),
        Call("add {app}", 2),
        Call("add /no/such/folder", 3),
        Call("add {file}", 3),
        Call("add {app} --container nonsense", 2),
        Call("remove studio", 4),
        Call("remove nobody", 3),
        Call("dance", 2),
        Call("", 2),
    ),
    "map": (
        Call("plan"),
        Call("plan --model {model} --app studio --out {tmp}/links.plan"),
        Call("apply {tmp}/links.plan"),
        Call("apply {file}", 2),
        Call("apply --resolve-target nowhere=skip", 3),
        Call("apply --resolve maybe", 2),
        Call("rules --app studio"),
        Call("disable loras"),
        Call("enable loras --app studio"),
        Call("enable nothing", 3),
        Call("disable loras --app nobody", 3),
        Call("enable", 2),
        Call("check {file}", 5),
        Call("check /no/such/file.json", 6),
        Call("unlink", 2),
        Call("unlink --app studio"),
        Call("unlink --model nobody", 3),
        Call("", 2),
    ),
    "sync": (Call(""), Call("--prune --app studio"), Call("--app nobody", 3), Call("x", 2)),
    "identify": (
        Call("{model} --offline", 7),
        Call("{file} --explain --offline", 7),
        Call("{model} --confirm org/repo --offline", 7),
        Call("{model} --tensors --offline", 7),
        Call("{model} --tensors --confirm org/repo", 2),
        Call("{model} --cached", 3),
        Call("{model} --cached --confirm org/repo", 2),
        Call("nobody", 3),
        Call("", 2),
        Call("{model} --pending", 2),
    ),
    "hub": (
        Call("search llama --offline", 7),
        Call("files org/repo --offline", 7),
        Call("download org/repo --yes --offline", 7),
        Call("download org/repo --second --offline", 7),
        Call("download --missing {model} --offline"),
        Call("download --missing nobody --offline", 3),
        Call("download --missing {model} --include x", 2),
        Call("files one/two/three", 2),
        Call("search", 2),
        Call("dance", 2),
    ),
    "health": (
        Call(""),
        Call("--repair all --dry-run"),
        Call("--repair broken_link"),
        Call("--repair everything", 2),
        Call("x", 2),
    ),
    "verify": (Call(""), Call("{model}"), Call("--limit 1"), Call("nobody", 3), Call("--limit many", 2)),
    "relocate": (Call("/no/where {tmp} --dry-run"), Call("relative {tmp}", 2), Call("", 2)),
    "rename": (
        Call("third diffusion/sdxl/renamed"),
        Call("{model} nothing/x/y", 2),
        Call("nobody x", 3),
        Call("{model}", 2),
    ),
    "space": (Call(""), Call("x", 2)),
    "history": (Call(""), Call("--limit 1"), Call("--limit 0", 2)),
    "undo": (Call(""), Call("nothing", 3), Call("a b", 2)),
    "trash": (
        Call("list"),
        Call("restore nothing", 3),
        Call("restore", 2),
        Call("empty nothing --yes --bytes 0", 3),
        Call("empty --bytes many", 2),
        Call("", 2),
    ),
    "jobs": (Call(""), Call("list 77", 3), Call("cancel"), Call("dance", 2)),
    "config": (
        Call(""),
        Call("path"),
        Call("set ui.theme nord"),
        Call("set ui.nothing 1", 2),
        Call("set import.reserve_bytes many", 2),
        Call("show x", 2),
    ),
}


def commands() -> list[str]:
    """Every verb in the program's own tree."""
    context = click.Context(program)
    return program.list_commands(context)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """Root of a small library, and what the placeholders of calls stand for."""
    folder = tmp_path_factory.mktemp("json")
    root = folder / "library"
    assert pumas("init", root=root).code == 0
    modelfiles.lora_sdxl(folder / "ours.safetensors")
    modelfiles.vae_sd(folder / "spare.safetensors")
    modelfiles.vae_sd(folder / "third.safetensors", mark=b"3")
    for name in ("ours", "spare", "third"):
        assert pumas("import", folder / f"{name}.safetensors", root=root).code == 0
    for name in ("main.py", "folder_paths.py"):
        (folder / "studio" / "models").mkdir(parents=True, exist_ok=True)
        (folder / "studio" / name).touch()
    modelfiles.lora_sd15(folder / "new.safetensors")
    modelfiles.pickle_zip(folder / "old.ckpt")
    (folder / "empty.safetensors").write_bytes(b"")
    names = {
        "model": "ours",
        "file": str(folder / "new.safetensors"),
        "pickle": str(folder / "old.ckpt"),
        "empty": str(folder / "empty.safetensors"),
        "app": str(folder / "studio"),
        "tmp": str(folder),
    }
    return root, names


def test_every_verb_is_called_here() -> None:
    assert set(CALLS) == set(commands())
    context = click.Context(program)
    for name in commands():
        verb = program.get_command(context, name)
        assert verb is not None
        assert "--json" in {option for param in verb.params for option in param.opts}


@pytest.mark.parametrize(
    ("verb", "call"),
    [(verb, call) for verb, calls in CALLS.items() for call in calls],
    ids=lambda value: value.arguments or "plain" if isinstance(value, Call) else value,
)
def test_answers(verb: str, call: Call, library: tuple[Path, dict[str, str]]) -> None:
    root, names = library
    arguments = [part.format(**names) for part in call.arguments.split()]
    ran = pumas(verb, *arguments, "--json", root=root)
    assert ran.code == call.code, ran.err
    one_document(ran, verb)


@pytest.mark.parametrize("place", ["before", "after"])
def test_json_may_stand_before_or_after_the_verb(place: str, library: tuple[Path, dict[str, str]]) -> None:
    ran = pumas(*(["--json", "list"] if place == "before" else ["list", "--json"]), root=library[0])
    one_document(ran, "list")


def test_an_unknown_verb_answers_too(library: tuple[Path, dict[str, str]]) -> None:
    ran = pumas("--json", "frobnicate", root=library[0])
    assert ran.code == 2
    one_document(ran, "cli")


@pytest.mark.parametrize("verb", sorted(set(CALLS) - {"init", "demo", "config", "app"}))
def test_without_a_library(verb: str, library: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    call = CALLS[verb][0]
    arguments = [part.format(**library[1]) for part in call.arguments.split()]
    ran = pumas(verb, *arguments, "--json", root=tmp_path / "nowhere")
    assert ran.code == 6
    one_document(ran, verb)
    assert not (tmp_path / "nowhere").exists()


def test_progress_is_lines_before_the_document(library: tuple[Path, dict[str, str]]) -> None:
    for arguments in (["import", library[1]["file"]], ["scan"], ["jobs"]):
        ran = pumas(*arguments, "--json", "--progress", root=library[0])
        *events, last = [json.loads(line) for line in ran.out.splitlines()]
        assert all("event" in event and "schema" not in event for event in events)
        envelope(last, ran, arguments[0])


def one_document(ran: Ran, verb: str) -> None:
    """stdout holds one JSON document and nothing else, in bytes that any terminal takes."""
    assert ran.out.endswith("}\n") and ran.out.count("\n") == 1
    assert ran.out.isascii()
    envelope(json.loads(ran.out), ran, verb)


def envelope(document: dict[str, Any], ran: Ran, verb: str) -> None:
    assert set(document) == {"schema", "ok", "data", "warnings", "errors"}
    assert document["schema"] == f"pumas.{verb}/1"
    assert document["ok"] is (ran.code == 0)
    assert bool(document["errors"]) is (ran.code != 0)
    lines = ran.err.splitlines()
    for kind, told in (("warning", document["warnings"]), ("error", document["errors"])):
        said = [line for line in lines if line.startswith(f"{kind}: ")]
        assert len(said) == len(told), ran.err
        for one in told:
            assert {"code", "message"} <= set(one) <= {"code", "message", "path", "hint"}
            assert all(isinstance(value, str) for value in one.values())
    assert len(lines) == len(document["warnings"]) + len(document["errors"])
    assert all(line.isprintable() for line in lines)
