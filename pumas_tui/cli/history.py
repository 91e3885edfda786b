"""`history`, `undo`, `trash`: what was changed, taking it back, and what waits in the trash."""

import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click

from pumas_tui.cli import asking, diagnostics, output
from pumas_tui.cli.front import with_library
from pumas_tui.cli.options import Actions, Verb, Wanted
from pumas_tui.cli.output import Outcome
from pumas_tui.cli.running import unbroken
from pumas_tui.core.domain.errors import (
    AmbiguousError,
    DecisionNeededError,
    NotFoundError,
    PumasError,
    Trouble,
    trouble,
)
from pumas_tui.core.domain.history import OperationView, TrashItem, UndoItem, Undone, UndoPreview
from pumas_tui.core.domain.text import plural, safe, size
from pumas_tui.core.library import Library

_SHORT = 8
"""Characters of an id that lists show: enough to name a change, as few as fit a line."""


@click.command("history", cls=Verb, reads_only=True, short_help="What was changed, newest first.")
@click.option("--limit", type=click.IntRange(min=1), default=50, help="At most so many changes.")
@click.pass_obj
def history(wanted: Wanted, limit: int) -> Outcome:
    """Changes made from this computer: imports, edits, links, deletions, and what was undone."""

    async def work(library: Library) -> Outcome:
        found = await library.history.list(limit)
        rows = [[one.id[:_SHORT], _when(one.created_at), _state(one), one.title] for one in found]
        lines = output.table(["CHANGE", "WHEN", "STATE", "WHAT"], rows) if rows else ["no changes"]
        return Outcome({"operations": [asdict(one) for one in found]}, lines)

    return with_library(wanted.options(), work)


def _state(one: OperationView) -> str:
    return one.state.value if one.done == one.total else f"{one.state.value} {one.done:,}/{one.total:,}"


def _when(epoch: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(epoch))


@click.command("undo", cls=Verb, short_help="Take back a change.")
@click.argument("operation", required=False, metavar="[OPERATION]")
@click.pass_obj
def undo(wanted: Wanted, operation: str | None) -> Outcome:
    """Take back OPERATION, named as `history` does; without one the newest change with what belongs to it.

    What somebody changed since is left as it is and told. On a terminal it first shows what would be done
    and asks.
    """

    async def work(library: Library) -> Outcome:
        if asking.can_ask(wanted) and not wanted.yes:
            _ask(await library.history.preview_undo(operation))
        return _undone([await unbroken(library.history.undo(operation))])

    return with_library(wanted.options(), work)


def _ask(preview: UndoPreview) -> None:
    """Raises DecisionNeededError unless somebody agrees."""
    diagnostics.say(f"undo: {safe(preview.title)}")
    for item in preview.items:
        diagnostics.say(f"  {_item(item)}")
    if not preview.possible or not asking.agrees(f"Take back {plural(preview.possible, 'step')}?"):
        raise DecisionNeededError("nothing was changed")


def _item(item: UndoItem) -> str:
    refused = f": cannot, {safe(item.refused)}" if item.refused else ""
    return f"{safe(item.does)} {safe(item.path)}{refused}"


def _undone(done: Sequence[Undone], errors: Sequence[tuple[Trouble, int]] = ()) -> Outcome:
    failed = [
        (Trouble("failed", f"{item.path}: {item.refused}", item.path), diagnostics.SOME_FAILED)
        for one in done
        for item in one.failed
    ]
    problems = [*errors, *failed]
    data = {
        "operations": [_told(one) for one in done],
        "done": sum(one.done for one in done),
        "failed": len(problems),
    }
    lines = [f"{safe(one.title)}: {plural(one.done, 'step')} done" for one in done]
    return Outcome(data, lines, (), [found for found, _ in problems], [code for _, code in problems])


def _told(one: Undone) -> dict[str, Any]:
    return {
        "id": one.op_id,
        "title": one.title,
        "done": one.done,
        "failed": [asdict(item) for item in one.failed],
    }


@click.command("list", cls=Verb, reads_only=True, short_help="What waits in the trash.")
@click.pass_obj
def list_trash(wanted: Wanted) -> Outcome:
    """Deleted models, and files of apps that made room for a link, newest first."""

    async def work(library: Library) -> Outcome:
        found = await library.history.trash()
        data = {"items": [asdict(one) for one in found], "bytes": sum(one.size_bytes for one in found)}
        rows = [[_short(one.ref), _when(one.at), size(one.size_bytes), one.kind, one.name] for one in found]
        heads = ["REF", "WHEN", "SIZE", "KIND", "NAME"]
        return Outcome(data, output.table(heads, rows, right=frozenset({2})) if rows else ["nothing"])

    return with_library(wanted.options(), work)


@click.command("restore", cls=Verb, short_help="Bring things back from the trash.")
@click.argument("refs", nargs=-1, required=True, metavar="REF…")
@click.pass_obj
def restore(wanted: Wanted, refs: tuple[str, ...]) -> Outcome:
    """Put each REF (or NAME) of `trash list` back to its place, with what went by the same change: a model
    comes with its links."""

    async def work(library: Library) -> Outcome:
        done: list[Undone] = []
        errors: list[tuple[Trouble, int]] = []
        before = await library.history.trash()
        for ref in dict.fromkeys(refs):
            try:
                item = _called(before, ref)
                if item in await library.history.trash():  # else it came back with another one
                    done.append(await unbroken(library.history.restore(item.ref)))
            except PumasError as error:
                errors.append((trouble(error), error.exit_code))
        return _undone(done, errors)

    return with_library(wanted.options(), work)


@click.command("empty", cls=Verb, short_help="Destroy what is in the trash.")
@click.argument("refs", nargs=-1, metavar="[REF…]")
@click.option(
    "--bytes", "size_bytes", type=click.IntRange(min=0), help="What `trash list --json` says; for scripts."
)
@click.pass_obj
def empty(wanted: Wanted, refs: tuple[str, ...], size_bytes: int | None) -> Outcome:
    """Destroy each REF, or all that is in the trash. Nothing brings it back, so --yes alone is not enough.

    On a terminal the number of things is to be typed; a script says with --yes and --bytes what it saw.
    """

    async def work(library: Library) -> Outcome:
        there = await library.history.trash()
        items = list(dict.fromkeys(_called(there, ref) for ref in refs)) if refs else list(there)
        total = sum(one.size_bytes for one in items)
        agreed = total
        if size_bytes is not None and wanted.yes:
            agreed = size_bytes
        elif items:
            _ask_to_destroy(wanted, items, total)
        done = await unbroken(library.history.empty([one.ref for one in items], agreed))
        errors = [Trouble("failed", f"{one.path}: {one.refused}", one.path) for one in done.failed]
        data = {"destroyed": done.items, "bytes": done.size_bytes, "failed": len(errors)}
        line = f"{plural(done.items, 'thing')} destroyed, {size(done.size_bytes)}"
        return Outcome(data, [line], (), errors, [diagnostics.SOME_FAILED] * len(errors))

    return with_library(wanted.options(), work)


def _ask_to_destroy(wanted: Wanted, items: Sequence[TrashItem], total: int) -> None:
    """Raises DecisionNeededError unless somebody typed how many things go."""
    what = f"{plural(len(items), 'thing')} ({size(total)})"
    if not asking.can_ask(wanted):
        raise DecisionNeededError(f"destroy {what} for good?", hint=f"add --yes --bytes {total}")
    for one in items:
        diagnostics.say(f"  {size(one.size_bytes):>8}  {safe(one.name)}")
        if one.names > 1:
            diagnostics.say(f"            has {one.names - 1:,} more names: no space gets free")
    if not asking.types(f"Type {len(items)} to destroy {what} for good", str(len(items))):
        raise DecisionNeededError("nothing was destroyed")


def _called(items: Sequence[TrashItem], ref: str) -> TrashItem:
    """Raises NotFoundError, AmbiguousError."""
    found = [one for one in items if ref == one.ref]
    found = found or [one for one in items if ref in (_short(one.ref), one.name)]
    if not found:
        raise NotFoundError(f'nothing in the trash is called "{ref}"', hint="pumas-tui trash list")
    if len(found) > 1:
        refs = tuple(one.ref for one in found)
        raise AmbiguousError(f'"{ref}" means {len(refs)} things in the trash: {", ".join(refs)}', refs)
    return found[0]


def _short(ref: str) -> str:
    op, slash, number = ref.partition("/")
    return f"{op[:_SHORT]}{slash}{number}"


trash = Actions("trash", [list_trash, restore, empty], short_help="See the trash, bring back, empty it.")

VERBS = {"history": history, "undo": undo, "trash": trash}
