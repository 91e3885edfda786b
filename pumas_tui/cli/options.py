"""Global options, accepted before and after the verb, and the click command that every verb is."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from pumas_tui.cli import diagnostics
from pumas_tui.core.domain.errors import UsageError
from pumas_tui.core.domain.jobs import JobState
from pumas_tui.core.domain.open_options import OpenOptions, RunJobs


@dataclass(slots=True)
class Wanted:
    """What the command line said for every verb; filled while click parses."""

    verb: str = "cli"
    root: str | None = None
    config: str | None = None
    json: bool = False
    quiet: bool = False
    offline: bool = False
    yes: bool = False
    log_level: str | None = None
    readonly: bool = False
    ascii: bool = False
    theme: str | None = None
    no_mouse: bool = False

    def options(self, run_jobs: RunJobs = RunJobs.NONE, *, create: bool = False) -> OpenOptions:
        """How to open the library. A command's own jobs are paused when it ends before them."""
        return OpenOptions(
            root=self.root,
            config=Path(self.config) if self.config is not None else None,
            readonly=self.readonly,
            run_jobs=run_jobs,
            create=create,
            leave_jobs=JobState.PAUSED if run_jobs is RunJobs.OWN else JobState.WAITING,
            offline=self.offline,
        )


def _keep(context: click.Context, param: click.Parameter, value: Any) -> Any:
    if value and param.name is not None:
        setattr(context.ensure_object(Wanted), param.name, value)
    return value


def _option(
    *names: str,
    text: str,
    flag: bool = False,
    metavar: str | None = None,
    choices: Sequence[str] | None = None,
) -> click.Option:
    return click.Option(
        names,
        type=click.Choice(choices) if choices is not None else None,
        is_flag=flag,
        default=False if flag else None,
        metavar=metavar,
        help=text,
        expose_value=False,
        callback=_keep,
    )


def global_options() -> list[click.Option]:
    """Fresh options for one command."""
    return [
        _option(
            "--root", metavar="DIR", text="Folder of the library. Else PUMAS_ROOT, the settings file, XDG."
        ),
        _option("--config", metavar="FILE", text="Settings file."),
        _option("--json", flag=True, text="Answer with one JSON document on stdout."),
        _option("--quiet", flag=True, text="No progress and no warnings on stderr."),
        _option("--offline", flag=True, text="Ask no server; what is known already counts."),
        _option("--yes", flag=True, text="Answer yes where a verb would ask."),
        _option(
            "--log-level", choices=diagnostics.LOG_LEVELS, text="Also say on stderr what goes on inside."
        ),
    ]


def tui_options() -> list[click.Option]:
    """Options of the full-screen program."""
    return [
        _option("--readonly", flag=True, text="Change nothing."),
        _option("--ascii", flag=True, text="Draw with ASCII only."),
        _option("--theme", metavar="NAME", text="Colours of the full-screen program."),
        _option("--no-mouse", flag=True, text="Leave the mouse to the terminal."),
    ]


def no_options(words: Sequence[str]) -> None:
    """For verbs whose words may begin with a dash: two dashes are a misspelled option. Raises UsageError."""
    odd = next((word for word in words if word.startswith("--")), None)
    if odd is not None:
        raise UsageError(f"there is no option {odd.partition('=')[0]}", hint="see --help")


class Verb(click.Command):
    """A verb: its own parameters plus the global ones. `reads_only` verbs go with `--readonly`."""

    def __init__(self, *args: Any, reads_only: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._reads_only = reads_only
        self.params.extend(global_options())

    def invoke(self, ctx: click.Context) -> Any:
        """Run it. Raises UsageError where `--readonly` forbids what it does."""
        if ctx.ensure_object(Wanted).readonly and not self._reads_only:
            words = ctx.command_path.partition(" ")[2]
            raise UsageError(f"--readonly: {words} changes the library", hint="leave --readonly away")
        level = ctx.ensure_object(Wanted).log_level
        if level is not None:
            diagnostics.log_to_stderr(level)
        return super().invoke(ctx)

    def make_context(self, info_name: str | None, args: list[str], *rest: Any, **extra: Any) -> click.Context:
        """Notes the verb before its parameters are parsed, so that a usage error names it too."""
        _note(self.name, extra.get("parent"))
        return super().make_context(info_name, args, *rest, **extra)


class Actions(click.Group):
    """A verb with several actions (`map plan`, `map apply`), each a `Verb` with options of its own."""

    def __init__(self, name: str, actions: Sequence[Verb], **kwargs: Any) -> None:
        super().__init__(name, subcommand_metavar="ACTION [ARGS]…", **kwargs)
        for action in actions:
            self.add_command(action)
        self.params.extend(global_options())

    def make_context(self, info_name: str | None, args: list[str], *rest: Any, **extra: Any) -> click.Context:
        """Notes the verb before its parameters are parsed, so that a usage error names it too."""
        _note(self.name, extra.get("parent"))
        return super().make_context(info_name, args, *rest, **extra)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which they were given."""
        return list(self.commands)


def _note(name: str | None, parent: click.Context | None) -> None:
    """The verb of a call is the command below the program itself."""
    if parent is not None and parent.parent is None and name is not None:
        parent.ensure_object(Wanted).verb = name
