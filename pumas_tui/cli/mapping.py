"""`map plan|apply|check|unlink` and `sync`: which links apps get, shown, made and taken away."""

import os
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial

import click

from pumas_tui.cli import asking, diagnostics, plans
from pumas_tui.cli.answers import Answers
from pumas_tui.cli.front import with_library
from pumas_tui.cli.options import Actions, Verb, Wanted
from pumas_tui.cli.output import Outcome
from pumas_tui.cli.plans import Report
from pumas_tui.cli.rules import disable, enable, rules
from pumas_tui.cli.running import stoppable
from pumas_tui.cli.status_line import counted
from pumas_tui.core.domain.errors import (
    DecisionNeededError,
    PumasError,
    RemovalNotConfirmedError,
    Trouble,
    UsageError,
    trouble,
)
from pumas_tui.core.domain.operations import OperationKind
from pumas_tui.core.domain.plan import Applied, Plan, Resolution
from pumas_tui.core.domain.text import plural, safe
from pumas_tui.core.library import Library

_APP = click.option("--app", metavar="APP", default=None, help="This app only: its name or uid.")
_MODELS = click.option(
    "--model", "models", multiple=True, metavar="MODEL", help="May be given several times."
)


@click.command("plan", cls=Verb, reads_only=True, short_help="Show what linking would do.")
@_APP
@_MODELS
@click.option("--out", metavar="FILE", default=None, help="Also write the plan, for `map apply FILE`.")
@click.pass_obj
def plan(wanted: Wanted, app: str | None, models: tuple[str, ...], out: str | None) -> Outcome:
    """Every link that would be made, kept or removed, and every conflict, app by app. Nothing is changed.

    With MODEL only links of these models are planned, and none is removed.
    """

    async def work(library: Library) -> Outcome:
        made = await _planned(library, app, models)
        if out is not None:
            await library.mapping.save_plans(_absolute(out), made)
        return plans.outcome_of(made)

    return with_library(wanted.options(), work)


def _absolute(path: str) -> str:
    return os.path.abspath(os.path.expanduser(path))


async def _planned(library: Library, app: str | None, models: Sequence[str]) -> tuple[Plan, ...]:
    return await stoppable(lambda stop: library.mapping.plan(app, models or None, stop=stop))


@click.command("apply", cls=Verb, short_help="Make the links of a plan.")
@click.argument("file", required=False, metavar="[FILE]")
@_APP
@_MODELS
@click.option("--resolve", type=click.Choice([r.value for r in Resolution]), help="Answer to every conflict.")
@click.option(
    "--resolve-target",
    "targets",
    multiple=True,
    metavar="PATH=ANSWER",
    help="Answer to one conflict: skip, overwrite, rename, other_name or other_name:NAME.",
)
@click.pass_obj
def apply(
    wanted: Wanted,
    file: str | None,
    app: str | None,
    models: tuple[str, ...],
    resolve: str | None,
    targets: tuple[str, ...],
) -> Outcome:
    """Do the plan of FILE as `map plan --out` wrote it, or plan now. What changed since is left alone.

    overwrite puts what is there into the trash, rename keeps it beside the link as NAME.old, skip leaves the
    conflict as it is. A conflict without an answer stays as it is and the exit code is 4. `undo` takes all
    back.
    """
    if file is not None and (app is not None or models):
        raise UsageError("FILE says for which apps and models it is", hint="leave --app and --model away")
    answers = Answers(Resolution(resolve) if resolve is not None else None, targets)

    async def work(library: Library) -> Outcome:
        if file is not None:
            made = await library.mapping.saved_plans(_absolute(file))
        else:
            made = await _planned(library, app, models)
        answers.check(made)
        return await _applied(library, wanted, made, answers)

    return with_library(wanted.options(), work)


async def _applied(
    library: Library,
    wanted: Wanted,
    made: Sequence[Plan],
    answers: Answers,
    kind: OperationKind = OperationKind.APPLY,
) -> Outcome:
    """Do plans app by app; one that fails does not stop the others."""
    done: list[Applied] = []
    errors: list[tuple[Trouble, int]] = []
    still_open = 0
    for one in made:
        try:
            done.append(await _apply_one(library, wanted, one, answers, kind))
            still_open += answers.count_open(one)
        except PumasError as error:
            errors.append((trouble(error), error.exit_code))
    if still_open:
        errors.append((_open(still_open), diagnostics.DECISION_NEEDED))
    told = plans.report(Report(tuple(done), tuple(errors)))
    if not done:
        return Outcome(plans.data_of(made), told.lines, told.warnings, told.errors, told.exit_codes)
    return told


async def _apply_one(
    library: Library, wanted: Wanted, one: Plan, answers: Answers, kind: OperationKind
) -> Applied:
    """Raises PumasError; a RemovalNotConfirmedError where many links would go and nobody could be asked."""

    async def apply_it(*, confirmed: bool) -> Applied:
        with counted(wanted, "links") as told:
            order = partial(library.mapping.apply, one, answers.to(one), kind=kind, on_progress=told)
            return await stoppable(lambda stop: order(stop=stop, confirmed=confirmed))

    try:
        return await apply_it(confirmed=wanted.yes)
    except RemovalNotConfirmedError as error:
        if wanted.quiet:
            raise
        for line in (f"{safe(error.message)}:", *plans.removals(one)):
            diagnostics.say(line)
        if not asking.can_ask(wanted):
            error.hint = "look at the list, then add --yes"
            raise
    if not asking.agrees("Remove them?"):
        raise DecisionNeededError(f"{one.header.app}: nothing was changed")
    return await apply_it(confirmed=True)


def _open(count: int) -> Trouble:
    hint = "see map plan, then answer with --resolve or --resolve-target"
    return Trouble("conflict", f"{plural(count, 'conflict')} left without an answer", hint=hint)


@click.command("check", cls=Verb, reads_only=True, short_help="Check a mapping config.")
@click.argument("file", metavar="FILE")
@click.pass_obj
def check(wanted: Wanted, file: str) -> Outcome:
    """Say what is wrong with the mapping config FILE, by file and field."""

    async def work(library: Library) -> Outcome:
        found = await library.mapping.check_config(_absolute(file))
        lines = [] if found else [f"{safe(file)} can be used"]
        codes = [diagnostics.exit_code_of(one.code) for one in found]
        data = {"file": file, "troubles": [asdict(one) for one in found]}
        return Outcome(data, lines, (), found, codes)

    return with_library(wanted.options(), work)


@click.command("unlink", cls=Verb, short_help="Take links away: of an app, of models, or both.")
@_APP
@_MODELS
@click.pass_obj
def unlink(wanted: Wanted, app: str | None, models: tuple[str, ...]) -> Outcome:
    """Take away links that were made here; models and everything else in the app stay.

    The rules stay too: the next sync links again. Asks on a terminal.
    """
    if app is None and not models:
        raise UsageError("map unlink needs --app or --model", hint="pumas-tui map unlink --help")

    async def work(library: Library) -> Outcome:
        made = await library.mapping.plan_unlink(app, models or None)
        going = sum(len(plans.removals(one)) for one in made)
        if going and asking.can_ask(wanted) and not wanted.yes:
            for one in made:
                for line in plans.plan_lines(one):
                    diagnostics.say(line)
            if not asking.agrees(f"Remove {plural(going, 'link')}?"):
                raise DecisionNeededError("nothing was changed")
        return await _applied(library, wanted, made, Answers(), OperationKind.UNLINK)

    return with_library(wanted.options(), work)


@click.command("sync", cls=Verb, short_help="Make all links that need no decision.")
@_APP
@click.option("--prune", is_flag=True, help="Also remove links that no rule wants, and broken ones of ours.")
@click.pass_obj
def sync(wanted: Wanted, app: str | None, prune: bool) -> Outcome:
    """Make what is missing and re-point what moved, in every app that is here; conflicts stay as they are.

    Conflicts are counted and do not count as a failure: `map apply` answers them.
    """

    async def work(library: Library) -> Outcome:
        with counted(wanted, "links") as told:
            order = partial(library.mapping.sync, app, prune=prune, confirmed=wanted.yes, on_progress=told)
            return synced(await stoppable(lambda stop: order(stop=stop)))

    return with_library(wanted.options(), work)


def synced(done: Sequence[Applied]) -> Outcome:
    """What a sync came to; an app whose turn failed as a whole tells its error."""
    errors = [one.error for one in done if one.error is not None]
    codes = [diagnostics.exit_code_of(one.code) for one in errors]
    told = plans.report(Report(tuple(done), tuple(zip(errors, codes, strict=True))))
    return told if done else Outcome(told.data, ["no app is registered and here"])


map_verb = Actions(
    "map",
    [plan, apply, rules, enable, disable, check, unlink],
    short_help="Plan links, apply plans, see and switch rules.",
)

VERBS = {"map": map_verb, "sync": sync}
