"""`health`, `verify`, `relocate`: what is broken, whether contents are still what came in, and what moved."""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import click

from pumas_tui.cli import asking, diagnostics
from pumas_tui.cli.front import with_library
from pumas_tui.cli.options import Verb, Wanted
from pumas_tui.cli.output import Outcome
from pumas_tui.cli.running import stoppable, unbroken
from pumas_tui.cli.status_line import counted, measured
from pumas_tui.core.domain.errors import DecisionNeededError, Trouble, UsageError
from pumas_tui.core.domain.findings import (
    FETCHABLE,
    FILLABLE,
    Finding,
    FindingKind,
    HealthReport,
    Severity,
)
from pumas_tui.core.domain.relocation import Relocation
from pumas_tui.core.domain.repairs import Repair, Repaired, RepairPlan
from pumas_tui.core.domain.text import bytes_of, plural, safe, size
from pumas_tui.core.domain.verification import VerifyReport
from pumas_tui.core.library import Library

_ALL = "all"
_FEW = 3
_YES = "look at them with --dry-run, then add --yes"


@click.command("health", cls=Verb, reads_only=True, short_help="What is broken, and repairing it.")
@click.option(
    "--repair",
    "kinds",
    type=click.Choice([_ALL, *(kind.value for kind in FindingKind)]),
    multiple=True,
    metavar="KIND|all",
    help="Repair findings of this kind, or all that can be; may be given several times.",
)
@click.option("--dry-run", is_flag=True, help="Say what --repair would do and change nothing.")
@click.pass_obj
def health(wanted: Wanted, kinds: tuple[str, ...], dry_run: bool) -> Outcome:
    """Look at models, links and apps. Names and sizes are compared; `verify` reads contents.

    Repairs that only re-point, remake or note links of the same content are done at once; others are shown
    first, and wait for a yes. `undo` takes repairs back.
    """

    if kinds and wanted.readonly and not dry_run:
        raise UsageError("--readonly: health --repair changes links", hint="add --dry-run")

    async def work(library: Library) -> Outcome:
        with counted(wanted, "links looked at") as so_far:
            report = await library.health.check(on_progress=so_far)
        asked = [one for one in report.findings if _is_asked(one, kinds)]
        told = Outcome(_data(report), list(_lines(report)), report.not_checked)
        if not kinds:
            return told
        plan = await library.health.plan_repair(asked)
        data = {**told.data, "repairs": [_repair(item) for item in plan.items]}
        if dry_run:
            return Outcome(data, list(_planned(plan)), told.warnings)
        if not wanted.yes:
            _ask(wanted, plan)
        return _done(data, await unbroken(library.health.repair(asked, confirmed=True)), told.warnings)

    return with_library(wanted.options(), work)


def _is_asked(one: Finding, kinds: Sequence[str]) -> bool:
    """By its kind, or among all of what is wrong: what is only told was not meant."""
    return one.kind.value in kinds or (_ALL in kinds and one.severity is not Severity.INFO)


def _ask(wanted: Wanted, plan: RepairPlan) -> None:
    """Raises DecisionNeededError unless somebody agrees to what is not safe by itself."""
    unsafe = [item for item in plan.items if not item.safe]
    if not unsafe:
        return
    what = f"{plural(len(unsafe), 'repair')} of {len(plan.items)} need a yes"
    if not asking.can_ask(wanted):
        raise DecisionNeededError(what, hint=_YES)
    for line in _planned(plan):
        diagnostics.say(line)
    if not asking.agrees(f"Do {plural(len(plan.items), 'repair')}?"):
        raise DecisionNeededError("nothing was changed")


def _planned(plan: RepairPlan) -> Iterator[str]:
    for item in plan.items:
        yield f"{safe(item.path)}: {safe(item.does)}"
    if plan.removals:
        yield f"{plural(plan.removals, 'link or record', 'links or records')} would go of {plan.links}"
    if plan.without:
        yield f"{plural(plan.without, 'finding')} cannot be repaired from here"


def _done(data: dict[str, Any], done: Repaired, warnings: Sequence[Trouble]) -> Outcome:
    errors = [Trouble("failed", f"{one.repair.path}: {one.message}", one.repair.path) for one in done.failed]
    lines = [f"{plural(done.done, 'repair')} done" + ("; take back: pumas-tui undo" if done.op_id else "")]
    told = {**data, "operation": done.op_id, "repaired": done.done, "failed": len(errors)}
    return Outcome(told, lines, warnings, errors, [diagnostics.SOME_FAILED] * len(errors))


def _data(report: HealthReport) -> dict[str, Any]:
    return {
        "status": report.status,
        "findings": [_finding(one) for one in report.findings],
        "models_right": report.models_right,
        "links_right": report.links_right,
        "links_waiting": report.links_waiting,
        "apps_seen": report.apps_seen,
        "not_checked": len(report.not_checked),
        "seconds": report.elapsed_s,
    }


def _finding(one: Finding) -> dict[str, Any]:
    told = {
        "key": one.key,
        "kind": one.kind.value,
        "severity": one.severity.value,
        "message": one.message,
        "path": one.path,
        "evidence": list(one.evidence),
        "model_id": one.model_id,
        "app": one.app or None,
        "repair": _repair(one.repair) if one.repair is not None else None,
        "hint": _hint(one),
        "fill": _fill(one),
    }
    return {name: value for name, value in told.items() if value is not None}


def _hint(one: Finding) -> str | None:
    """The command that may put it right, where nothing here can."""
    fetchable = one.kind in FETCHABLE and one.repair is None and one.model_id is not None
    return f"pumas-tui hub download --missing {one.model_id}" if fetchable else None


def _fill(one: Finding) -> str | None:
    """The command that brings a lost or wrong file back from where it is now."""
    fits = one.kind in FILLABLE and one.repair is None and one.model_id is not None
    return f"pumas-tui import PATH --into {one.model_id}" if fits else None


def _repair(repair: Repair) -> dict[str, Any]:
    return {"kind": repair.kind.value, "does": repair.does, "safe": repair.safe, "path": repair.path}


def _lines(report: HealthReport) -> Iterator[str]:
    """The worst first; of what is only told a few of each kind."""
    yield f"{report.status}; {_right(report)}"
    counts = Counter(one.kind for one in report.findings)
    shown: Counter[FindingKind] = Counter()
    for one in report.findings:
        shown[one.kind] += 1
        if one.severity is not Severity.INFO or shown[one.kind] <= _FEW:
            repair = f" -> {safe(one.repair.does)}" if one.repair is not None else ""
            yield f"{one.severity.value}  {one.kind.value}  {safe(one.message)}{repair}"
            if (hint := _hint(one)) is not None:
                yield f"       get it from the Hub: {safe(hint)}"
            if (fill := _fill(one)) is not None:
                yield f"       it is at PATH: {safe(fill)}"
        elif shown[one.kind] == counts[one.kind]:
            yield f"info  {one.kind.value}  and {counts[one.kind] - _FEW} more"


def _right(report: HealthReport) -> str:
    right = [plural(report.models_right, "model"), plural(report.links_right, "link")]
    text = f"{' and '.join(right)} right, {plural(report.apps_seen, 'app')} seen"
    if report.links_waiting:
        text += f", {plural(report.links_waiting, 'link')} wait for a disk"
    return text


def _limit(_context: click.Context, _option: click.Parameter, written: str | None) -> int | None:
    found = None if written is None else bytes_of(written)
    if written is not None and not found:
        raise click.BadParameter(f"{safe(written)} is no size; write one as 200GB")
    return found


@click.command("verify", cls=Verb, short_help="Read contents and compare them with what came in.")
@click.argument("models", nargs=-1, metavar="[MODEL…]")
@click.option(
    "--limit", callback=_limit, metavar="BYTES", help="Read no more than that, as in 200GB; go on later."
)
@click.pass_obj
def verify(wanted: Wanted, models: tuple[str, ...], limit: int | None) -> Outcome:
    """Read every file of each MODEL, or of all, from the disk itself and compare it with its recorded hashes.

    What was never read comes first, so that several calls with --limit get through all of it. What was read
    once and was right goes on where it was stopped, and tells where it changed. A file that is not what came
    in is told by `health` too, until it is found right again.
    """

    async def work(library: Library) -> Outcome:
        with measured(wanted, "reading") as so_far:
            order = partial(library.health.verify, models or None, limit_bytes=limit, on_progress=so_far)
            return _verified(await stoppable(lambda stop: order(stop=stop)))

    return with_library(wanted.options(), work)


def _verified(report: VerifyReport) -> Outcome:
    data = {
        "files": report.files,
        "bytes": report.size_bytes,
        "findings": [_finding(one) for one in report.findings],
        "left": report.left,
        "left_bytes": report.left_bytes,
        "seconds": report.elapsed_s,
    }
    errors = [Trouble(one.kind.value, one.message, one.path) for one in report.findings]
    lines = [
        f"{plural(report.files, 'file')} read, {size(report.size_bytes)};"
        f" {plural(len(errors), 'file is', 'files are')} not what came in"
    ]
    if report.left:
        lines.append(f"{plural(report.left, 'file')} left, {size(report.left_bytes)}: verify again goes on")
    return Outcome(data, lines, report.not_checked, errors, [diagnostics.SOME_FAILED] * len(errors))


@click.command("relocate", cls=Verb, short_help="A drive or folder is somewhere else now.")
@click.argument("old")
@click.argument("new")
@click.option("--dry-run", is_flag=True, help="Say what would change and change nothing.")
@click.pass_obj
def relocate(wanted: Wanted, old: str, new: str, dry_run: bool) -> Outcome:
    """Make links that say OLD, where the library or an app was, say NEW, where it is now.

    Both are whole folders: /mnt/usb never means /mnt/usb_backup. Links that were not made here stay.
    """

    async def work(library: Library) -> Outcome:
        found = await library.health.relocation(old, new)
        data, lines = _relocation(found), list(_moves(found))
        warnings = [
            Trouble("missing", f"{path} is not there; its link stays", path) for path in found.missing
        ]
        if dry_run:
            return Outcome(data, lines, warnings)
        if asking.can_ask(wanted) and not wanted.yes:
            for line in lines:
                diagnostics.say(line)
            if not asking.agrees(f"Change {plural(len(found.links), 'link')}?"):
                raise DecisionNeededError("nothing was changed")
        return _done(data, await unbroken(library.health.relocate(found)), warnings)

    return with_library(wanted.options(), work)


def _relocation(found: Relocation) -> dict[str, Any]:
    return {
        "old": found.old,
        "new": found.new,
        "links": [_repair(item) for item in found.links],
        "unchanged": found.unchanged,
        "missing": list(found.missing),
        "differing": found.differing,
        "apps": list(found.app_names),
        "waiting": found.waiting,
        "proven": found.proven,
    }


def _moves(found: Relocation) -> Iterator[str]:
    yield f"{safe(found.old)} is now {safe(found.new)}"
    apps = ", ".join(safe(name) for name in found.app_names)
    yield f"  {plural(len(found.links), 'link')} get the new path" + (f" in {apps}" if apps else "")
    yield f"  {plural(found.unchanged, 'link')} need no change"
    if found.missing:
        yield f"  {plural(len(found.missing), 'target')} not there: these links stay as they are"
    if found.differing:
        yield f"  {found.differing} of the targets differ in size"
    if found.waiting:
        yield f"  {plural(found.waiting, 'link')} in apps whose disk is out"


VERBS = {"health": health, "verify": verify, "relocate": relocate}
