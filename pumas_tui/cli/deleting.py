"""`delete MODEL…`: models into the trash, with the links that lead to them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import click

from pumas_tui.cli import asking, diagnostics
from pumas_tui.cli.front import with_library
from pumas_tui.cli.options import Verb, Wanted
from pumas_tui.cli.output import Outcome
from pumas_tui.cli.running import unbroken
from pumas_tui.core.domain.deletion import Deletion, LinkToGo
from pumas_tui.core.domain.errors import DecisionNeededError, Trouble
from pumas_tui.core.domain.text import plural, safe, size
from pumas_tui.core.library import Library

_YES = "look at it with --dry-run, then add --yes"


@click.command("delete", cls=Verb, short_help="Put models into the trash, with their links.")
@click.argument("models", nargs=-1, required=True, metavar="MODEL…")
@click.option("--dry-run", is_flag=True, help="Say what would go and change nothing.")
@click.pass_obj
def delete(wanted: Wanted, models: tuple[str, ...], dry_run: bool) -> Outcome:
    """Take away every link to each MODEL in all apps and put the models into the trash of the library.

    `undo` brings everything back. Shows first what goes, and asks on a terminal.
    """

    async def work(library: Library) -> Outcome:
        agreed = await library.deleting.plan(models)
        if dry_run:
            return Outcome(_data(agreed), list(_lines(agreed)), _warnings(agreed))
        if not wanted.yes:
            _ask(wanted, agreed)
        done = await unbroken(library.deleting.delete(agreed))
        errors = [
            Trouble("failed", f"{result.step.target}: {result.message}", result.step.target)
            for result in done.failed
        ]
        data = {**_data(agreed), "operation": done.op_id, "deleted": done.models, "unlinked": done.links}
        lines = [
            f"{plural(done.models, 'model')} in the trash, {plural(done.links, 'link')} removed;"
            " bring back: pumas-tui undo"
        ]
        return Outcome(data, lines, _warnings(agreed), errors, [diagnostics.SOME_FAILED] * len(errors))

    return with_library(wanted.options(), work)


def _ask(wanted: Wanted, agreed: Deletion) -> None:
    """Raises DecisionNeededError unless somebody agrees."""
    what = f"Delete {plural(len(agreed.models), 'model')} and {plural(len(agreed.going), 'link')}?"
    if not asking.can_ask(wanted):
        raise DecisionNeededError(what, hint=_YES)
    for line in _lines(agreed):
        diagnostics.say(line)
    if not asking.agrees(what):
        raise DecisionNeededError("nothing was changed")


def _lines(agreed: Deletion) -> Iterator[str]:
    """What goes and what stays, for people."""
    for model in agreed.models:
        yield f"{safe(model.model_id)}: {plural(model.files, 'file')}, {size(model.size_bytes)}"
    if agreed.shared_bytes:
        shared = size(agreed.shared_bytes)
        yield f"  {shared} have other names (hard links) and free nothing, even once the trash is empty"
    for app, count in sorted(Counter(link.app for link in agreed.going).items()):
        yield f"  {plural(count, 'link')} in {safe(app)}"
    for link in agreed.links:
        if not link.ours and not link.stays:
            yield f"  {safe(link.path)} is not our link any more and stays"
    for app, count in sorted(Counter(link.app for link in agreed.staying).items()):
        yield f"  {plural(count, 'link')} in {safe(app)} cannot be removed now"
    for model_id in agreed.dependents:
        yield f"  {safe(model_id)} names it as its base model"


def _data(agreed: Deletion) -> dict[str, Any]:
    return {
        "models": [asdict(model) for model in agreed.models],
        "bytes": agreed.size_bytes,
        "shared_bytes": agreed.shared_bytes,
        "links": [_link(link) for link in agreed.links],
        "dependents": list(agreed.dependents),
    }


def _link(found: LinkToGo) -> dict[str, Any]:
    return {
        "app": found.app,
        "path": found.path,
        "kind": found.link.kind.value,
        "model_uid": found.link.model_uid,
        "state": found.state.value,
        "ours": found.ours,
        "goes": found.ours and not found.stays,
    }


def _warnings(agreed: Deletion) -> list[Trouble]:
    """Links that stay behind, an app at a time."""
    reasons = {link.app: link.reason for link in agreed.staying}
    counts = Counter(link.app for link in agreed.staying)
    return [
        Trouble(
            "offline_links",
            f"{plural(count, 'link')} in {app} cannot be removed now: {reasons[app]}",
            hint="the records stay; health finds them once it is back",
        )
        for app, count in sorted(counts.items())
    ]


VERBS = {"delete": delete}
