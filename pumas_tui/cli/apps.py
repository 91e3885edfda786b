"""`app add|list|remove|detect`: apps that read models, and which of them get links."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from pumas_tui.cli import asking, diagnostics, output, plans
from pumas_tui.cli.front import with_library
from pumas_tui.cli.mapping import synced
from pumas_tui.cli.options import Actions, Verb, Wanted
from pumas_tui.cli.output import Outcome
from pumas_tui.cli.plans import Report
from pumas_tui.cli.rules import unfilled_lines
from pumas_tui.cli.running import stoppable, unbroken
from pumas_tui.core.domain.app_records import App, AppProposal, AppStatus
from pumas_tui.core.domain.apps import TITLES, AppKind
from pumas_tui.core.domain.errors import DecisionNeededError, PumasError, Trouble, UsageError, trouble
from pumas_tui.core.domain.extra_roots import ExtraRoots, RootState, line
from pumas_tui.core.domain.first_start import App as FoundApp
from pumas_tui.core.domain.text import plural, safe, size
from pumas_tui.core.library import Library, first_start


@click.command("detect", cls=Verb, reads_only=True, short_help="Find apps that read models.")
@click.pass_obj
def detect(wanted: Wanted) -> Outcome:
    """Look for ComfyUI, Forge and a1111 in home folders, /opt, /workspace, /data, at the tops of disks and
    among running processes, and count the model files in them. No code of an app is run."""
    config = Path(wanted.config) if wanted.config is not None else None
    found = asyncio.run(first_start(config).detect())
    data = {"apps": [_found(one) for one in found.apps], "looked_in": list(found.looked_in)}
    looked = f"looked in: {', '.join(safe(place) for place in found.looked_in)}"
    lines = [*_found_table(found.apps), looked] if found.apps else ["no apps", looked]
    return Outcome(data, lines, found.troubles)


def _found(one: FoundApp) -> dict[str, object]:
    told = asdict(one)
    return {key: told[key] for key in ("kind", "version", "path", "files", "size_bytes", "complete")} | {
        "model_folders": list(one.folders),
        "mount_point": one.disk.mount_point,
        "file_system": one.disk.type,
    }


def _found_table(found: Sequence[FoundApp]) -> list[str]:
    cells = [
        [
            TITLES[one.kind],
            one.version,
            one.path,
            one.disk.mount_point,
            f"{one.files:,}" if one.complete else f"over {one.files:,}",
            size(one.size_bytes),
        ]
        for one in found
    ]
    heads = ["APP", "VERSION", "PATH", "DISK", "FILES", "SIZE"]
    return output.table(heads, cells, right=frozenset({4, 5}))


@click.command("add", cls=Verb, short_help="Register an app, so that it gets links.")
@click.argument("path", metavar="PATH")
@click.option("--kind", type=click.Choice([k.value for k in AppKind]), help="Else told from its files.")
@click.option("--name", default="", help="Else the name of its folder.")
@click.option("--version", default="", help="Else read from its files, anew when the app is updated.")
@click.option("--variant", default="default", help="Which variant of the mapping configs it takes.")
@click.option(
    "--container",
    "containers",
    multiple=True,
    metavar="HOST:INSIDE",
    help="It runs in a container that shows the folder HOST as INSIDE; may be given several times.",
)
@click.option("--sync/--no-sync", "wants_links", default=None, help="Make its links now, or not yet.")
@click.pass_obj
def add(
    wanted: Wanted,
    /,
    path: str,
    kind: str | None,
    containers: tuple[str, ...],
    wants_links: bool | None,
    **said: Any,
) -> Outcome:
    """Register the app in the folder PATH and show which links it would get.

    Without --sync and --no-sync it asks on a terminal, and else makes no link yet.
    """
    pairs = tuple(_pair(text) for text in containers)
    said["kind"] = AppKind(kind) if kind is not None else None

    async def work(library: Library) -> Outcome:
        proposal = await _registered(library, path, containers=pairs, **said)
        [offers] = await library.mapping.offered(proposal.app.uid)
        lines = [f"registered {_named(proposal.app)}", f"  {safe(proposal.app.base)}"]
        lines += [f"  {line(s)}" for s in proposal.extra.roots if s.state is RootState.HERE]
        lines += unfilled_lines(offers)
        linked = await _linked(library, wanted, proposal.app, lines, wants_links)
        unfilled = [one.rule.target_subdir for one in offers.rules]
        data = {**_added(proposal), "unfilled_folders": unfilled, **linked.data}
        return replace(linked, data=data, warnings=[*_notes(proposal), *linked.warnings])

    return with_library(wanted.options(), work)


def register(wanted: Wanted, paths: Sequence[str]) -> Outcome:
    """Register the apps in these folders; one that cannot be is told and keeps no other from it."""

    async def work(library: Library) -> Outcome:
        added: list[AppProposal] = []
        errors: list[tuple[Trouble, int]] = []
        for path in paths:
            try:
                added.append(await _registered(library, path))
            except PumasError as error:
                errors.append((trouble(error), error.exit_code))
        return Outcome(
            {"apps": [_added(one) for one in added]},
            [f"registered {_named(one.app)} in {safe(one.app.base)}" for one in added],
            [warning for one in added for warning in _notes(one)],
            [found for found, _ in errors],
            [code for _, code in errors],
        )

    return with_library(wanted.options(), work)


async def _registered(library: Library, path: str, **said: Any) -> AppProposal:
    proposal = await library.mapping.propose(path, **said)
    await library.mapping.add_app(proposal)
    return proposal


def _notes(proposal: AppProposal) -> list[Trouble]:
    return [Trouble("app_note", note, proposal.app.base) for note in proposal.notes]


def _pair(text: str) -> tuple[str, str]:
    host, colon, inside = text.rpartition(":")
    if not colon or not host.startswith("/") or not inside.startswith("/"):
        raise UsageError(f"--container {text}: write HOST:INSIDE", hint="both are absolute paths of folders")
    return host, inside


async def _linked(
    library: Library, wanted: Wanted, app: App, lines: list[str], wants_links: bool | None
) -> Outcome:
    """The plan of a new app, and its links where they are wanted."""
    [plan] = await stoppable(lambda stop: library.mapping.plan(app.uid, stop=stop))
    lines.append(f"  plan: {plans.sums(plan)}")
    if wants_links is None and plan.changes:
        if wanted.yes:
            wants_links = True
        elif asking.can_ask(wanted):
            for line in lines:
                diagnostics.say(line)
            lines.clear()
            wants_links = asking.agrees("Make these links?")
    if wants_links:
        done = synced(await stoppable(lambda stop: library.mapping.sync(app.uid, stop=stop)))
        return replace(done, lines=[*lines, *done.lines])
    if plan.changes:
        lines.append(f"no link is made yet: pumas-tui sync --app {safe(app.name)}")
    return Outcome(plans.data_of([plan]), lines, plan.warnings)


def _added(proposal: AppProposal) -> dict[str, Any]:
    return {
        "app": told(proposal.app),
        "same_disk": proposal.same_disk,
        "linked_folders": dict(proposal.linked_folders),
        "extra_roots": _extra(proposal.extra),
    }


def _extra(extra: ExtraRoots) -> list[dict[str, Any]]:
    return [
        {
            "kind": one.root.kind,
            "path": one.root.path,
            "section": one.root.section,
            "is_default": one.root.is_default,
            "state": one.state.value,
            "in_library": one.in_library,
            "reason": one.reason,
        }
        for one in extra.roots
    ]


def told(app: App) -> dict[str, Any]:
    """A registered app as JSON."""
    return {
        "uid": app.uid,
        "name": app.name,
        "kind": app.kind.value,
        "version": app.version,
        "version_said": app.version_said,
        "base": app.base,
        "variant": app.variant,
        "containers": [list(pair) for pair in app.containers],
        "mount_point": app.mount.mount_point,
        "file_system": app.mount.type,
    }


def _named(app: App) -> str:
    version = f" {safe(app.version)}" if app.version else ""
    return f"{safe(app.name)} ({TITLES[app.kind]}{version})"


@click.command("list", cls=Verb, reads_only=True, short_help="Apps that are registered.")
@click.pass_obj
def list_apps(wanted: Wanted) -> Outcome:
    """Registered apps: whether each is there, its links, of which kind new ones are, and which folders beside
    its own it reads (ComfyUI's extra_model_paths.yaml)."""

    async def work(library: Library) -> Outcome:
        found = await library.mapping.apps()
        troubles = [bad for one in found for bad in one.extra.troubles]
        lines = _table(found) if found else ["no apps"]
        return Outcome({"apps": [_status(one) for one in found]}, lines, troubles)

    return with_library(wanted.options(), work)


def _status(one: AppStatus) -> dict[str, Any]:
    return told(one.app) | {
        "state": one.state.value,
        "reason": one.reason,
        "links": one.links,
        "link_kind": one.link_kind,
        "same_disk": one.same_disk,
        "extra_roots": _extra(one.extra),
    }


def _table(found: Sequence[AppStatus]) -> list[str]:
    cells = [
        [
            one.app.name,
            TITLES[one.app.kind],
            one.app.version,
            one.state.value,
            f"{one.links:,}",
            one.link_kind,
            "same" if one.same_disk else "other" if not one.reason else "",
        ]
        for one in found
    ]
    heads = ["APP", "KIND", "VERSION", "STATE", "LINKS", "AS", "DISK"]
    head, *rows = output.table(heads, cells, right=frozenset({4}))
    lines = [head]
    for one, row in zip(found, rows, strict=True):
        lines += [row, f"  {safe(one.app.base)}"]
        lines += [f"  {safe(one.reason)}"] if one.reason else []
        lines += [f"  {line(seen)}" for seen in one.extra.roots]
    return lines


@click.command("remove", cls=Verb, short_help="Forget an app and take its links away.")
@click.argument("app", metavar="APP")
@click.pass_obj
def remove(wanted: Wanted, app: str) -> Outcome:
    """Take away the links that were made in APP, and forget it; nothing else in its folder is touched.

    An app that is not there keeps what is on its disk: only its records go.
    """

    async def work(library: Library) -> Outcome:
        found = await library.mapping.app(app)
        what = f"Remove {found.app.name} and its {plural(found.links, 'link')}?"
        if not wanted.yes:
            if not asking.can_ask(wanted):
                raise DecisionNeededError(what, path=found.app.base, hint="add --yes")
            if not asking.agrees(safe(what)):
                raise DecisionNeededError("nothing was changed")
        done = plans.report(Report((await unbroken(library.mapping.remove_app(found.app.uid)),)))
        return replace(done, data={"app": told(found.app), **done.data})

    return with_library(wanted.options(), work)


VERBS = {"app": Actions("app", [add, list_apps, remove, detect], short_help="Apps that get links.")}
