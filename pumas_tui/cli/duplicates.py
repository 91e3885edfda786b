"""`duplicates`: what the library holds more than once, and what could go."""

from typing import Any

import click

from pumas_tui.cli import output
from pumas_tui.cli.front import with_library
from pumas_tui.cli.options import Verb, Wanted
from pumas_tui.cli.output import Outcome
from pumas_tui.core.domain.duplicates import Duplicates, SameContent
from pumas_tui.core.domain.text import plural, safe, size
from pumas_tui.core.library import Library


@click.command("duplicates", cls=Verb, reads_only=True, short_help="Content that is there more than once.")
@click.pass_obj
def duplicates(wanted: Wanted) -> Outcome:
    """Files with the same SHA-256, the most wasteful first, and models that another one holds whole.

    Says what could go; nothing is removed.
    """

    async def work(library: Library) -> Outcome:
        return _told(await library.models.duplicates())

    return with_library(wanted.options(), work)


def _told(found: Duplicates) -> Outcome:
    data = {
        "groups": [_group(one) for one in found.same],
        "spare_models": [
            {"model_id": s.model_id, "uid": s.uid, "kept": s.kept, "frees_bytes": s.frees_bytes}
            for s in found.spare
        ],
        "spare_bytes": found.spare_bytes,
    }
    if not found.same:
        return Outcome(data, ["no content is there twice"])
    rows = [
        [f"{one.sha256[:12]}...", size(one.size), f"{copy.model_id}/{copy.name}"]
        for one in found.same
        for copy in one.copies
    ]
    lines = output.table(["SHA-256", "SIZE", "FILE"], rows, right=frozenset({1}))
    lines += ["", f"{plural(len(found.same), 'content')} more than once: {size(found.spare_bytes)} could go"]
    lines += [
        f"{safe(s.model_id)} is whole in {safe(s.kept)} too: it frees {size(s.frees_bytes)}"
        for s in found.spare
    ]
    return Outcome(data, lines)


def _group(one: SameContent) -> dict[str, Any]:
    return {
        "sha256": one.sha256,
        "size_bytes": one.size,
        "spare_bytes": one.spare_bytes,
        "files": [{"model_id": c.model_id, "uid": c.uid, "name": c.name} for c in one.copies],
    }


VERBS = {"duplicates": duplicates}
