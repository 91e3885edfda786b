"""`--version` at once, help, and what stands where there is no terminal."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from pumas_tui import __version__
from pumas_tui.cli.main import VERBS, program
from tests.support.program import environment, pumas


def python(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        env=environment(home),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_version_is_answered_without_loading_the_program(tmp_path: Path) -> None:
    ran = python("-X", "importtime", "-m", "pumas_tui", "--version", home=tmp_path)
    assert (ran.returncode, ran.stdout) == (0, f"pumas-tui {__version__}\n")
    loaded = {line.rsplit("|", 1)[1].strip() for line in ran.stderr.splitlines() if "|" in line}
    assert "pumas_tui" in loaded
    assert not {name for name in loaded if name.startswith(("pumas_tui.", "click", "asyncio", "json"))}


def test_version_as_json(tmp_path: Path) -> None:
    ran = pumas("--json", "--version", root=tmp_path)
    assert ran.code == 0
    assert ran.document["schema"] == "pumas.version/1"
    assert ran.data == {"version": __version__}


def test_verbs_load_no_screen(tmp_path: Path) -> None:
    code = (
        "import sys; sys.argv[1:] = ['list', '--root', sys.argv[1]]\n"
        "from pumas_tui.__main__ import main; main()\n"
        "print([m for m in sys.modules if m.split('.')[0] in ('textual', 'rich') or m == 'pumas_tui.tui'])"
    )
    ran = python("-c", code, str(tmp_path / "library"), home=tmp_path)
    assert ran.stdout == "[]\n", ran.stderr


def test_a_list_needs_no_parser_of_metadata_and_no_import_flow(tmp_path: Path) -> None:
    """What made the start slow: none of it may come back by an import at the top of some module."""
    library = tmp_path / "library"
    assert pumas("init", root=library).code == 0
    assert pumas("list", root=library).code == 0  # builds the index
    code = (
        "import sys; sys.argv[1:] = ['--root', sys.argv[1], 'list', '--json']\n"
        "from pumas_tui.__main__ import main; main()\n"
        "print(sorted(m for m in sys.modules if m in %r))"
    )
    heavy = (
        "pydantic",
        "pumas_tui.core.domain.identity",
        "pumas_tui.core.flows.import_job",
        "pumas_tui.core.db.lookups",
        "pumas_tui.core.net.session",
        "tomlkit",
        "packaging",
    )
    ran = python("-c", code % (heavy,), str(library), home=tmp_path)
    assert ran.stdout.splitlines()[-1] == "[]", ran.stderr
    assert not (tmp_path / ".cache" / "pumas").exists(), "nobody asked what servers said before"


def test_log_level_speaks_on_stderr_only(tmp_path: Path) -> None:
    library = tmp_path / "library"
    assert pumas("init", root=library).code == 0
    ran = pumas("list", "--log-level", "debug", "--json", root=library)
    assert ran.code == 0 and ran.data["total"] == 0
    assert "DEBUG asyncio: " in ran.err
    assert pumas("list", "--log-level", "loud", root=library).code == 2


def test_help_names_every_verb(tmp_path: Path) -> None:
    ran = pumas("--help", root=tmp_path)
    assert ran.code == 0
    context = click.Context(program)
    for verb in VERBS:
        loaded = program.get_command(context, verb)
        assert loaded is not None
        assert re.search(rf"\n  {verb} +{re.escape(loaded.get_short_help_str())}\n", ran.out)
    assert "--accept-pickle" in pumas("import", "--help", root=tmp_path).out


@pytest.mark.parametrize("verb", {module: verb for verb, module in VERBS.items()}.values())
def test_a_verb_starts_with_nothing_loaded(verb: str, tmp_path: Path) -> None:
    ran = python("-m", "pumas_tui", verb, "--help", home=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert f"pumas-tui {verb} " in ran.stdout


def test_full_screen_needs_a_terminal(tmp_path: Path) -> None:
    ran = pumas(root=tmp_path)
    assert ran.code == 2
    assert ran.out == ""
    assert "terminal" in ran.err
    assert ran.err.count("\n") == 1
