"""`map rules|enable|disable`: the rules of an app, those offered to it, and switching them on and off."""

import shlex
from collections.abc import Sequence
from typing import Any

import click

from pumas_tui.cli.front import with_library
from pumas_tui.cli.options import Verb, Wanted
from pumas_tui.cli.output import Outcome
from pumas_tui.core.domain.app_records import App
from pumas_tui.core.domain.apps import TITLES
from pumas_tui.core.domain.errors import AmbiguousError, NotFoundError
from pumas_tui.core.domain.rule_switches import OfferedRule, Offers, Switched
from pumas_tui.core.domain.rules import ActiveRule
from pumas_tui.core.domain.text import plural, safe
from pumas_tui.core.library import Library

_APP = click.option("--app", metavar="APP", default=None, help="This app only: its name or uid.")
_OF_APP = click.option(
    "--app", metavar="APP", default=None, help="Its name or uid; not needed where there is one app only."
)


@click.command("rules", cls=Verb, reads_only=True, short_help="The rules in force, and where each is from.")
@_APP
@click.pass_obj
def rules(wanted: Wanted, app: str | None) -> Outcome:
    """Which rules say what an app gets: the folder, the file each rule is from, and what it stands for.

    The most specific file wins: a user's before those that came with the program, an exact version before
    any, a variant before none. Then, for folders of the app that no rule fills, the rules that are offered:
    they are off until `map enable` switches them on.
    """

    async def work(library: Library) -> Outcome:
        found = await library.mapping.rules(app)
        offered = await library.mapping.offered(app)
        data = {
            "rules": [_rule(one, rule) for one, merged in found for rule in merged],
            "offered": [_offered(each.app, rule) for each in offered for rule in each.rules],
        }
        lines = []
        for (one, merged), each in zip(found, offered, strict=True):
            lines += [*_lines(one, merged), *_offer_lines(each)]
        return Outcome(data, lines or ["no apps"], [note for each in offered for note in each.notes])

    return with_library(wanted.options(), work)


def _rule(app: App, rule: ActiveRule) -> dict[str, Any]:
    return {
        "app": app.name,
        "rule": rule.rule.name,
        "target_subdir": rule.rule.target_subdir,
        "config": rule.config,
        "layer": rule.layer.name.lower(),
        "enabled": rule.rule.enabled,
        "over": list(rule.over),
        "why": rule.why,
    }


def _lines(app: App, merged: Sequence[ActiveRule]) -> list[str]:
    version = f" {safe(app.version)}" if app.version else ""
    lines = [f"{safe(app.name)}{version}, variant {safe(app.variant)}"]
    for rule in merged:
        lines += [f"  {safe(rule.rule.target_subdir or '.')}", f"    {safe(rule.why)}"]
    return lines


def _offered(app: App, one: OfferedRule) -> dict[str, Any]:
    rule = one.rule
    return {
        "app": app.name,
        "rule": rule.name,
        "target_subdir": rule.target_subdir,
        "path": one.real,
        "files": one.files,
        "complete": one.complete,
        "tags": list(rule.filters.tags),
        "patterns": list(rule.patterns),
        "enabled": rule.enabled,
        "enable": _command("enable", app, rule.name),
    }


def _offer_lines(offers: Offers) -> list[str]:
    if not offers.rules:
        return []
    lines = ["  offered (switched off), for folders that no rule fills:"]
    for one in offers.rules:
        rule, more = one.rule, "" if one.complete else "over "
        lines += [
            f"  {safe(rule.target_subdir)}   {more}{plural(one.files, 'file')} of weights",
            f'    rule "{safe(rule.name)}": {safe(one.takes)}',
            f"    to use it: {safe(_command('enable', offers.app, rule.name))}",
        ]
    return lines


def _command(verb: str, app: App, name: str) -> str:
    return f"pumas-tui map {verb} {shlex.quote(name)} --app {shlex.quote(app.name)}"


def unfilled_lines(offers: Offers) -> list[str]:
    """How many folders of an app no rule fills, and where to see them, as one line; none where all are."""
    if not offers.rules:
        return []
    see = f"pumas-tui map rules --app {shlex.quote(offers.app.name)}"
    return [f"  no rule fills {plural(len(offers.rules), 'folder')} of it: {safe(see)}"]


@click.command("enable", cls=Verb, short_help="Switch a rule on: one that is offered, or off.")
@click.argument("rule", metavar="RULE")
@_OF_APP
@click.pass_obj
def enable(wanted: Wanted, rule: str, app: str | None) -> Outcome:
    """Switch the rule called RULE on for an app, as `map rules` names it: one that is offered, or is off.

    It is written into your own mapping config, so it holds for every app that this file is for. No link is
    made yet: `map plan` shows them.
    """
    return _switch(wanted, rule, app, on=True)


@click.command("disable", cls=Verb, short_help="Switch a rule off.")
@click.argument("rule", metavar="RULE")
@_OF_APP
@click.pass_obj
def disable(wanted: Wanted, rule: str, app: str | None) -> Outcome:
    """Switch the rule called RULE off for an app; `map enable` takes that back.

    It is written into your own mapping config, so it holds for every app that this file is for. Links that
    it made stay until `map apply` or `sync --prune`.
    """
    return _switch(wanted, rule, app, on=False)


def _switch(wanted: Wanted, rule: str, app: str | None, *, on: bool) -> Outcome:
    async def work(library: Library) -> Outcome:
        name = app if app is not None else await _only_app(library)
        done = await library.mapping.switch_rule(name, rule, on=on)
        data = {
            "app": done.app.name,
            "rule": done.rule.name,
            "target_subdir": done.rule.target_subdir,
            "enabled": done.rule.enabled,
            "changed": bool(done.file),
            "file": done.file or None,
        }
        return Outcome(data, _told(done))

    return with_library(wanted.options(), work)


async def _only_app(library: Library) -> str:
    found = [one.app for one in await library.mapping.apps()]
    if not found:
        raise NotFoundError("no app is registered", hint="pumas-tui app add PATH")
    if len(found) > 1:
        names = tuple(one.name for one in found)
        raise AmbiguousError(f"--app says which app is meant: {', '.join(names)}", names)
    return found[0].uid


def _told(done: Switched) -> list[str]:
    state, back = ("on", "disable") if done.rule.enabled else ("off", "enable")
    said = f'rule "{safe(done.rule.name)}" is {state} for {safe(done.app.name)}'
    if not done.file:
        return [f"{said} already"]
    fills = f": it fills {safe(done.rule.target_subdir or '.')}"
    takes = f" with {safe(done.takes)}" if done.takes else ""
    return [
        f"{said}{fills}{takes}" if done.rule.enabled else said,
        f"  written to {safe(done.file)}, for every {TITLES[done.app.kind]} it fits",
        f"  no link is changed yet: pumas-tui map plan --app {safe(shlex.quote(done.app.name))}",
        f"  to take it back: {safe(_command(back, done.app, done.rule.name))}",
    ]
