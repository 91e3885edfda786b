"""The command `pumas-tui`: parses, runs one verb, answers on stdout, ends with an exit code."""

import importlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import click

from pumas_tui import __version__
from pumas_tui.cli import diagnostics, output
from pumas_tui.cli.launch import LaunchTui
from pumas_tui.cli.options import Wanted, global_options, tui_options
from pumas_tui.cli.output import Outcome
from pumas_tui.core.domain.errors import (
    AmbiguousError,
    CancelledError,
    NetworkError,
    PumasError,
    Trouble,
    UsageError,
    trouble,
    worst_exit_code,
)

PROGRAM = "pumas-tui"


def _show_version(context: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        wanted = context.ensure_object(Wanted)
        wanted.verb = "version"
        raise _Answered(Outcome({"version": __version__}, [f"{PROGRAM} {__version__}"]))


class _Answered(Exception):
    """Parsing found the answer already."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


VERBS: Mapping[str, str] = {
    "init": "library",
    "demo": "demo",
    "import": "imports",
    "list": "library",
    "show": "library",
    "path": "library",
    "edit": "editing",
    "tag": "editing",
    "protect": "editing",
    "limit": "editing",
    "duplicates": "duplicates",
    "scan": "library",
    "delete": "deleting",
    "app": "apps",
    "map": "mapping",
    "sync": "mapping",
    "identify": "identifying",
    "hub": "hub",
    "undo": "history",
    "history": "history",
    "trash": "history",
    "health": "health",
    "verify": "health",
    "relocate": "health",
    "rename": "places",
    "space": "places",
    "jobs": "jobs",
    "config": "config",
}
"""Every verb and the module beside this one that holds it."""

SUMMARIES: Mapping[str, str] = {
    "init": "Create a library.",
    "demo": "Try it on a scratch library of small generated models.",
    "import": "Bring model files into the library.",
    "list": "Search the library.",
    "show": "All that is known of a model.",
    "path": "The directory of a model.",
    "edit": "Change what is said about a model.",
    "tag": "Add and remove tags.",
    "protect": "Set the badge Manual: nothing automatic changes the model.",
    "limit": "Say for which versions of an app a model is meant.",
    "duplicates": "Content that is there more than once.",
    "scan": "Bring the index up to date with the disk.",
    "delete": "Put models into the trash, with their links.",
    "app": "Apps that get links.",
    "map": "Plan links, apply plans, see and switch rules.",
    "sync": "Make all links that need no decision.",
    "identify": "Look models and files up on the Hub.",
    "hub": "Search the Hugging Face Hub and download.",
    "undo": "Take back a change.",
    "history": "What was changed, newest first.",
    "trash": "See the trash, bring back, empty it.",
    "health": "What is broken, and repairing it.",
    "verify": "Read contents and compare them with what came in.",
    "relocate": "A drive or folder is somewhere else now.",
    "rename": "Give a model another id, with its links.",
    "space": "What could go to free room.",
    "jobs": "Look at the queue and steer it.",
    "config": "Show and change settings.",
}
"""What `--help` says of every verb, as its module says it (`short_help`), without loading them all."""


class _Program(click.Group):
    """Loads a verb when it is called: together they would take longer than most of them run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(SUMMARIES.items()))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"pumas_tui.cli.{VERBS[cmd_name]}")
        verb: click.Command = module.VERBS[cmd_name]
        return verb


@click.group(PROGRAM, cls=_Program, invoke_without_command=True, params=[*global_options(), *tui_options()])
@click.option("--version", is_flag=True, expose_value=False, callback=_show_version, help="Say the version.")
@click.pass_context
def program(context: click.Context) -> LaunchTui | None:
    """One library of AI model files, kept safe and linked into every app. Without a verb: full screen."""
    return LaunchTui.of(context.ensure_object(Wanted)) if context.invoked_subcommand is None else None


def main(arguments: Sequence[str]) -> int | LaunchTui:
    """Run one call. Returns its exit code, or what to show full screen. Never raises an Exception."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    wanted = Wanted(json="--json" in _before_dashes(arguments))
    try:
        answer = _parse_and_run(wanted, list(arguments))
        if isinstance(answer, LaunchTui):
            return answer
        return _finish(wanted, answer) if isinstance(answer, Outcome) else int(answer or 0)
    except OSError as error:  # stdout is full or gone
        diagnostics.say_error(Trouble("disk", f"cannot write the answer: {error.strerror}"))
        return diagnostics.DISK


def _before_dashes(arguments: Sequence[str]) -> Sequence[str]:
    return arguments[: arguments.index("--")] if "--" in arguments else arguments


def _parse_and_run(wanted: Wanted, arguments: list[str]) -> Any:
    """What click's command returned, or an Outcome that tells why it did not."""
    try:
        return program.main(arguments, prog_name=PROGRAM, standalone_mode=False, obj=wanted)
    except _Answered as answered:
        return answered.outcome
    except click.ClickException as error:
        hint = f"{PROGRAM} {wanted.verb} --help" if wanted.verb != "cli" else f"{PROGRAM} --help"
        return _failed(UsageError(" ".join(error.format_message().split()), hint=hint))
    except PumasError as error:
        return _failed(error)
    except (click.Abort, KeyboardInterrupt, _cancelled()):
        return _failed(CancelledError("interrupted"))
    except Exception as error:  # noqa: BLE001 - an entry point: whatever it is, the call ends with a code
        return _defect(error)


def _cancelled() -> type[BaseException]:
    from asyncio import CancelledError as Cancelled  # the event loop takes a third of the time of `--help`

    return Cancelled


def ended_by(error: Exception) -> int:
    """Say what ended the full-screen program, expected or not; the exit code."""
    outcome = _failed(error) if isinstance(error, PumasError) else _defect(error)
    return _finish(Wanted(), outcome)


def _defect(error: Exception) -> Outcome:
    diagnostics.say_traceback(error)
    return Outcome(errors=[diagnostics.unexpected(error)], exit_codes=[diagnostics.UNEXPECTED])


def _failed(error: PumasError) -> Outcome:
    data: dict[str, Any] = {"choices": list(error.choices)} if isinstance(error, AmbiguousError) else {}
    found = trouble(error)
    if isinstance(error, NetworkError):
        data["retry_at"] = error.retry_at
        found = replace(found, message=diagnostics.with_time(found.message, error.retry_at))
    return Outcome(data, errors=[found], exit_codes=[error.exit_code])


def _finish(wanted: Wanted, outcome: Outcome) -> int:
    """Answer on stdout, warn and complain on stderr, choose the exit code."""
    code = worst_exit_code(list(outcome.exit_codes))
    if not wanted.quiet:
        for warning in outcome.warnings:
            diagnostics.say_warning(warning)
    for error in outcome.errors:
        diagnostics.say_error(error)
    if wanted.json:
        output.write_json(output.document(wanted.verb, outcome, code))
    else:
        output.write_lines(outcome.lines)
    return code
