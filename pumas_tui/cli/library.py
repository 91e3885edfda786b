"""`init`, `list`, `show`, `path`, `scan`: the library itself and what is in it."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from pumas_tui.cli import output
from pumas_tui.cli.front import with_library
from pumas_tui.cli.options import Verb, Wanted
from pumas_tui.cli.output import Outcome
from pumas_tui.cli.running import narrated
from pumas_tui.core import settings
from pumas_tui.core.domain.errors import Trouble
from pumas_tui.core.domain.models import ModelDetail, ModelRow, Order, OrderBy, Page, ScanReport
from pumas_tui.core.domain.text import plural, safe, size
from pumas_tui.core.library import Library, create_library

_ALL = 2**31 - 1
_BIGGEST_FIRST = (OrderBy.SIZE, OrderBy.ADDED)


@click.command("init", cls=Verb, short_help="Create a library.")
@click.argument("directory", required=False, metavar="[DIR]")
@click.pass_obj
def init(wanted: Wanted, directory: str | None) -> Outcome:
    """Create a library in DIR (weights go to DIR/models); a library that is there already stays as it is."""
    config = Path(wanted.config) if wanted.config is not None else None
    root = settings.library_root(directory or wanted.root, settings.load(config))
    paths = asyncio.run(create_library(root))
    data = {"root": paths.root, "models": paths.models}
    return Outcome(data, [f"library ready: {safe(paths.root)} (models in {safe(paths.models)})"])


@click.command("list", cls=Verb, reads_only=True, short_help="Search the library.")
@click.argument("query", nargs=-1, metavar="[QUERY]")
@click.option("--sort", type=click.Choice([o.value for o in OrderBy]), default=OrderBy.RELEVANCE.value)
@click.option(
    "--limit", type=click.IntRange(min=1), default=None, help="At most so many models; all without it."
)
@click.option("--offset", type=click.IntRange(min=0), default=0, help="Leave out so many first.")
@click.pass_obj
def list_models(wanted: Wanted, query: tuple[str, ...], sort: str, limit: int | None, offset: int) -> Outcome:
    """Models that match QUERY; all models without one. size and added sort the biggest and newest first."""
    by = OrderBy(sort)
    order = Order(by, reverse=by in _BIGGEST_FIRST)

    async def work(library: Library) -> Outcome:
        found = await library.models.search(" ".join(query), order=order, limit=limit or _ALL, offset=offset)
        return _page(found)

    return with_library(wanted.options(), work)


def _page(page: Page) -> Outcome:
    data = {
        "models": [brief(row) for row in page.rows],
        "total": page.total,
        "offset": page.offset,
        "query_ms": page.query_ms,
    }
    return Outcome(data, model_table(page.rows) if page.rows else ["no models"])


def brief(row: ModelRow) -> dict[str, Any]:
    """A model in a list, as JSON."""
    told = asdict(row)
    return {key: told[key] for key in told if key != "added_at"} | {"tags": list(row.tags)}


def model_table(rows: tuple[ModelRow, ...]) -> list[str]:
    """Models as a table for people."""
    cells = [
        [row.model_id, row.subtype or row.model_type, size(row.size_bytes), row.trust.value, _safety(row)]
        for row in rows
    ]
    return output.table(["MODEL", "TYPE", "SIZE", "TRUST", "SAFETY"], cells, right=frozenset({2}))


def _safety(row: ModelRow) -> str:
    return f"{row.security_tier.value} (accepted)" if row.acknowledged else row.security_tier.value


@click.command("show", cls=Verb, reads_only=True, short_help="All that is known of a model.")
@click.argument("model", metavar="MODEL")
@click.pass_obj
def show(wanted: Wanted, model: str) -> Outcome:
    """All that is known of MODEL: a model id, a uid, or an unambiguous beginning of a name."""
    return _about(wanted, model, _shown)


def _shown(detail: ModelDetail) -> Outcome:
    metadata = detail.metadata.model_dump(mode="json", by_alias=True)
    data = {
        "model_id": detail.row.model_id,
        "uid": detail.row.uid,
        "path": detail.directory,
        "metadata": metadata,
        "links": [asdict(link) for link in detail.links],
    }
    lines = [f"path: {safe(detail.directory)}", *_readable(metadata)]
    lines += [f"link: {safe(link.app)} {safe(link.target)} ({safe(link.kind)})" for link in detail.links]
    return Outcome(data, lines)


def _about(wanted: Wanted, model: str, tell: Callable[[ModelDetail], Outcome]) -> Outcome:
    async def work(library: Library) -> Outcome:
        return tell(await library.models.get(model))

    return with_library(wanted.options(), work)


def _readable(value: Any, key: str = "", indent: int = 0) -> Iterator[str]:
    """Nested JSON as indented `key: value` lines; what is empty is left out."""
    margin = "  " * indent
    if value is None or value in ("", [], {}):
        return
    if isinstance(value, dict):
        if key:
            yield f"{margin}{safe(key)}:"
        for name, inner in value.items():
            yield from _readable(inner, str(name), indent + bool(key))
    elif isinstance(value, list) and any(isinstance(inner, dict) for inner in value):
        for n, inner in enumerate(value, 1):
            yield from _readable(inner, f"{key} {n}", indent)
    elif isinstance(value, list):
        yield f"{margin}{safe(key)}: {', '.join(safe(str(inner)) for inner in value)}"
    else:
        yield f"{margin}{safe(key)}: {safe(str(value))}"


@click.command("path", cls=Verb, reads_only=True, short_help="The directory of a model.")
@click.argument("model", metavar="MODEL")
@click.pass_obj
def path(wanted: Wanted, model: str) -> Outcome:
    """The directory of MODEL and nothing else, for scripts."""
    return _about(wanted, model, _place)


def _place(detail: ModelDetail) -> Outcome:
    shown = safe(detail.directory)
    warnings = []
    if shown != detail.directory:
        hint = "use --json for the exact name"
        warnings.append(Trouble("not_printable", f"{shown} has characters that are not printable", hint=hint))
    data = {"model_id": detail.row.model_id, "uid": detail.row.uid, "path": detail.directory}
    return Outcome(data, [shown], warnings)


@click.command("scan", cls=Verb, short_help="Bring the index up to date with the disk.")
@click.option("--deep", is_flag=True, help="Read every metadata.json again and build the index anew.")
@click.option("--progress", is_flag=True, help="Events as JSON lines on stdout before the answer.")
@click.pass_obj
def scan(wanted: Wanted, deep: bool, progress: bool) -> Outcome:
    """Read what changed on disk into the index. Findings are reported, never fatal."""

    async def work(library: Library) -> Outcome:
        async with narrated(library, wanted, progress):
            report = await library.models.rescan(deep=deep)
        return _scanned(report)

    return with_library(wanted.options(), work)


def _scanned(report: ScanReport) -> Outcome:
    data = asdict(report) | {"problems": [asdict(p) for p in report.problems]}
    line = (
        f"{plural(report.found, 'model')} found, {report.indexed:,} indexed, "
        f"{report.skipped_phantom:,} without files, {report.errors:,} unreadable, {report.seconds:.1f} s"
    )
    return Outcome(data, [line], [Trouble(p.kind, p.message, p.path) for p in report.problems])
