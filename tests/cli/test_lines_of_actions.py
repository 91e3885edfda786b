"""The command lines that help, palette and footer show: each names a verb and options that there are."""

import click
import pytest

from pumas_tui.cli.main import program
from pumas_tui.core.domain.actions import ACTIONS

LINES = sorted({action.cli for action in ACTIONS if action.cli.startswith("pumas-tui ")})


@pytest.mark.parametrize("line", LINES)
def test_every_line_can_be_typed(line: str) -> None:
    _, verb, *words = line.split()
    if verb.startswith("--"):
        return
    context = click.Context(program)
    command = program.get_command(context, verb)
    if isinstance(command, click.Group) and words:
        command = command.get_command(context, words[0])
    assert command is not None
    options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    assert {word for word in words if word.startswith("--")} <= options
