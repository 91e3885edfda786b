"""`init`, `list`, `show`, `path`, `scan`: the library itself and what is in it."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import click

from pumas_tui.cli import output
from pumas_tui.cli.front import with_library
from pumas_tui.cli.options import Verb, Wanted, no_options
from pumas_tui.cli.output import Outcome
from pumas_tui.cli.running import narrated
from pumas_tui.core import settings
from pumas_tui.core.domain.errors import PumasError, Trouble, trouble
from pumas_tui.core.domain.models import ModelDetail, ModelRow, Order, OrderBy, Page, ScanReport
from pumas_tui.core.domain.text import plural, safe, size
from pumas_tui.core.library import Library, create_library

_ALL = 2**31 - 1
_TOLD = tuple(field.name for field in fields(ModelRow) if field.name != "added_at")
_BIGGEST_FIRST = (OrderBy.SIZE, OrderBy.ADDED, OrderBy.LINKS)


@click.command("init", cls=Verb, short_help="Create a library.")
@click.argument("directory", required=False, metavar="[DIR]")
@click.option("--app", "apps", multiple=True, metavar="PATH", help="Also register the app in this folder.")
@click.pass_obj
def init(wanted: Wanted, directory: str | None, apps: tuple[str, ...]) -> Outcome:
    """Create a library in DIR (weights go to DIR/models); a library that is there already stays as it is."""
    config = Path(wanted.config) if wanted.config is not None else None
    root = settings.library_root(directory or wanted.root, settings.load(config))
    paths = asyncio.run(create_library(root))
    data = {"root": paths.root, "models": paths.models}
    made = Outcome(data, [f"library ready: {safe(paths.root)} (models in {safe(paths.models)})"])
    if not apps:
        return made
    from pumas_tui.cli.apps import register  # loaded here only: lists are quick without it

    wanted.root = paths.root
    added = register(wanted, apps)
    return replace(added, data={**data, **added.data}, lines=[*made.lines, *added.lines])


@click.command(
    "list",
    cls=Verb,
    reads_only=True,
    short_help="Search the library.",
    context_settings={"ignore_unknown_options": True},  # -word leaves a word out
)
@click.argument("query", nargs=-1, metavar="[QUERY]")
@click.option("--sort", type=click.Choice([o.value for o in OrderBy]), default=OrderBy.RELEVANCE.value)
@click.option(
    "--limit", type=click.IntRange(min=1), default=None, help="At most so many models; all without it."
)
@click.option("--offset", type=click.IntRange(min=0), default=0, help="Leave out so many first.")
@click.pass_obj
def list_models(wanted: Wanted, query: tuple[str, ...], sort: str, limit: int | None, offset: int) -> Outcome:
    """Models that match QUERY; all models without one. size and added sort the biggest and newest first."""
    no_options(query)
    by = OrderBy(sort)
    order = Order(by, reverse=by in _BIGGEST_FIRST)

    async def work(library: Library) -> Outcome:
        found = await library.models.search(" ".join(query), order=order, limit=limit or _ALL, offset=offset)
        return Outcome(_page(found)) if wanted.json else Outcome(lines=model_table(found.rows))

    return with_library(wanted.options(), work)


def _page(page: Page) -> dict[str, Any]:
    return {
        "models": [brief(row) for row in page.rows],
        "total": page.total,
        "offset": page.offset,
        "query_ms": page.query_ms,
    }


def brief(row: ModelRow) -> dict[str, Any]:
    """A model in a list, as JSON."""
    return {key: getattr(row, key) for key in _TOLD} | {"tags": list(row.tags)}


def model_table(rows: tuple[ModelRow, ...]) -> list[str]:
    """Models as a table for people."""
    if not rows:
        return ["no models"]
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
        "version_ranges": None if detail.version_ranges is None else dict(detail.version_ranges),
    }
    lines = [f"path: {safe(detail.directory)}", *_readable(metadata)]
    lines += [f"meant for: {safe(app)} {safe(text)}" for app, text in (detail.version_ranges or {}).items()]
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
@click.option("--adopt", is_flag=True, help="Describe weights that lie in models/ without metadata.")
@click.option("--progress", is_flag=True, help="Events as JSON lines on stdout before the answer.")
@click.pass_obj
def scan(wanted: Wanted, deep: bool, adopt: bool, progress: bool) -> Outcome:
    """Read what changed on disk into the index. Findings are reported, never fatal.

    With --adopt a folder models/TYPE/FAMILY/NAME that holds weights and no metadata.json becomes a model
    where it lies: its files are hashed and described, none is moved or changed.
    """

    async def work(library: Library) -> Outcome:
        async with narrated(library, wanted, progress):
            report = await library.models.rescan(deep=deep)
            adopted, errors = await _adopted(library, report.stray_folders if adopt else ())
        return _scanned(report, adopted, errors)

    return with_library(wanted.options(), work)


async def _adopted(
    library: Library, folders: Sequence[str]
) -> tuple[list[ModelDetail], list[tuple[Trouble, int]]]:
    """Models made of folders, and what kept others from it."""
    models, errors = [], []
    for folder in folders:
        try:
            models.append(await library.editing.adopt_stray(folder))
        except PumasError as error:
            errors.append((trouble(error), error.exit_code))
    return models, errors


def _scanned(
    report: ScanReport, adopted: Sequence[ModelDetail], errors: Sequence[tuple[Trouble, int]]
) -> Outcome:
    done = tuple(detail.row.model_id for detail in adopted)
    problems = [p for p in report.problems if p.kind != "stray_weights" or not _below(p.path, done)]
    models = [
        {"model_id": d.row.model_id, "uid": d.row.uid, "path": d.directory, "bytes": d.row.size_bytes}
        for d in adopted
    ]
    data = asdict(report) | {"problems": [asdict(p) for p in problems], "adopted": models}
    line = (
        f"{plural(report.found, 'model')} found, {report.indexed:,} indexed, "
        f"{report.skipped_phantom:,} without files, {report.errors:,} unreadable, {report.seconds:.1f} s"
    )
    lines = [line, *(f"adopted {safe(d.row.model_id)}, {size(d.row.size_bytes)}" for d in adopted)]
    warnings = [Trouble(p.kind, p.message, p.path) for p in problems]
    return Outcome(data, lines, warnings, [found for found, _ in errors], [code for _, code in errors])


def _below(path: str, folders: Sequence[str]) -> bool:
    return any(path == folder or path.startswith(folder + "/") for folder in folders)


VERBS = {"init": init, "list": list_models, "show": show, "path": path, "scan": scan}
