"""`rename`, `space`: where a model is in the library, and where room could be had."""

from dataclasses import asdict
from typing import Any

import click

from pumas_tui.cli import diagnostics
from pumas_tui.cli.front import with_library
from pumas_tui.cli.options import Verb, Wanted
from pumas_tui.cli.output import Outcome
from pumas_tui.cli.running import unbroken
from pumas_tui.core.domain.errors import Trouble
from pumas_tui.core.domain.spacing import SpaceReport
from pumas_tui.core.domain.text import plural, safe, size
from pumas_tui.core.library import Library

_SHOWN = 5


@click.command("rename", cls=Verb, short_help="Give a model another id, with its links.")
@click.argument("model")
@click.argument("new_id", metavar="NEW_ID")
@click.pass_obj
def rename(wanted: Wanted, model: str, new_id: str) -> Outcome:
    """Move MODEL to NEW_ID (TYPE/FAMILY/NAME, or only NAME), and its links with it. `undo` takes it back."""

    async def work(library: Library) -> Outcome:
        plan = await library.renaming.plan(model, new_id)
        done = await unbroken(library.renaming.rename(plan))
        errors = [Trouble("failed", f"{r.step.target}: {r.message}", r.step.target) for r in done.failed]
        warnings = [
            Trouble("offline_links", f"{link.path}: {link.reason}", link.path, "sync when it is back")
            for link in plan.staying
        ]
        data = {
            "old_id": plan.old_id,
            "model_id": done.model_id,
            "uid": plan.uid,
            "links": done.links,
            "operation": done.op_id,
        }
        lines = [f"{safe(plan.old_id)} is now {safe(done.model_id)}, {plural(done.links, 'link')} followed"]
        return Outcome(data, lines, warnings, errors, [diagnostics.SOME_FAILED] * len(errors))

    return with_library(wanted.options(), work)


@click.command("space", cls=Verb, reads_only=True, short_help="What could go to free room.")
@click.pass_obj
def space(wanted: Wanted) -> Outcome:
    """Models held twice, models that no app uses, the trash, leftovers: what each would free."""

    async def work(library: Library) -> Outcome:
        report = await library.space.report()
        return Outcome(_data(report), _lines(report))

    return with_library(wanted.options(), work)


def _data(report: SpaceReport) -> dict[str, Any]:
    return {
        "used_bytes": report.used_bytes,
        "free_bytes": report.free_bytes,
        "total_bytes": report.total_bytes,
        "duplicates": {"bytes": report.spare_bytes, "models": [asdict(one) for one in report.spare]},
        "unlinked": {"bytes": report.unlinked_bytes, "models": [asdict(one) for one in report.unlinked]},
        "trash": {"bytes": report.trash_bytes, "items": [asdict(one) for one in report.trash]},
        "leftovers": {"bytes": report.leftover_bytes, "items": [asdict(one) for one in report.leftovers]},
    }


def _lines(report: SpaceReport) -> list[str]:
    lines = [
        f"models {size(report.used_bytes)}, free {size(report.free_bytes)} of {size(report.total_bytes)}"
    ]
    groups = (
        ("held twice", report.spare_bytes, [(one.model_id, one.frees_bytes) for one in report.spare]),
        ("in no app", report.unlinked_bytes, [(one.model_id, one.frees_bytes) for one in report.unlinked]),
        ("in the trash", report.trash_bytes, [(one.name, one.size_bytes) for one in report.trash]),
        ("left over", report.leftover_bytes, [(one.path, one.size_bytes) for one in report.leftovers]),
    )
    for title, total, items in groups:
        lines.append(f"{title}: {len(items)}, {size(total)}")
        lines += [f"  {size(count):>8}  {safe(name)}" for name, count in items[:_SHOWN]]
        if len(items) > _SHOWN:
            lines.append(f"  and {len(items) - _SHOWN} more")
    return lines


VERBS = {"rename": rename, "space": space}
