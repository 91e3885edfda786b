"""`import PATH…`: inspect, queue, wait, say what came of each candidate. No question stays behind."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import click

from pumas_tui.cli import diagnostics, output
from pumas_tui.cli.front import with_library
from pumas_tui.cli.linking import Linked, link_imported
from pumas_tui.cli.options import Verb, Wanted
from pumas_tui.cli.output import Outcome
from pumas_tui.cli.refetching import fill
from pumas_tui.cli.running import Ran, interruption, narrated, report_failure, run_jobs
from pumas_tui.core.domain import describing, pickle_verdict
from pumas_tui.core.domain.errors import NotFoundError, Trouble, UsageError
from pumas_tui.core.domain.files import SecurityTier
from pumas_tui.core.domain.imports import DuplicatePolicy, ImportChoices, ImportMode, Inspected, Inspection
from pumas_tui.core.domain.jobs import Job, JobState, NeedKind
from pumas_tui.core.domain.text import size
from pumas_tui.core.domain.vocabulary import MODEL_TYPES
from pumas_tui.core.library import Library, RunJobs

_ACCEPT_PICKLE = "check where it is from, then add --accept-pickle"


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the answer. `path` is the model's directory once it has one, `sources` its files before."""

    status: str  # imported | duplicate | needs_you | refused | failed | paused | planned
    model_id: str
    model_format: str
    model_type: str
    subtype: str
    security_tier: str
    bytes: int
    sources: tuple[str, ...]
    mode: str
    uid: str | None = None
    path: str | None = None
    trust: str | None = None
    sha256: str | None = None
    reason: str | None = None
    job_id: int | None = None
    pickle_scan: dict[str, Any] | None = None  # verdict, globals, reason


@dataclass(frozen=True, slots=True)
class Judged:
    """An item with what is to be said about it on stderr, and the exit code it stands for."""

    item: Item
    error: Trouble | None = None
    exit_code: int = diagnostics.DONE


@click.command("import", cls=Verb, short_help="Bring model files into the library.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
@click.option(
    "--mode", type=click.Choice([m.value for m in ImportMode]), default=None, help="How; else the setting."
)
@click.option("--type", "model_type", type=click.Choice(MODEL_TYPES), default=None, help="Model type.")
@click.option("--family", default="", help="Family, the second part of the model id.")
@click.option("--subtype", default="", help="Subtype, such as loras or vae.")
@click.option("--name", default="", help="Name of the model; for one candidate only.")
@click.option("--tag", "tags", multiple=True, help="A tag; may be given several times.")
@click.option("--accept-pickle", is_flag=True, help="Import files that run code when an app loads them.")
@click.option(
    "--no-link", "link", is_flag=True, flag_value=False, default=True, help="Make no links in apps now."
)
@click.option("--into", metavar="MODEL", help="PATH is, or holds, what MODEL lacks: fill it.")
@click.option("--dry-run", is_flag=True, help="Say what would happen and change nothing.")
@click.option("--progress", is_flag=True, help="Events as JSON lines on stdout before the answer.")
@click.pass_obj
def import_verb(
    wanted: Wanted,
    /,
    paths: tuple[str, ...],
    mode: str | None,
    model_type: str | None,
    into: str | None,
    dry_run: bool,
    progress: bool,
    **rest: Any,
) -> Outcome:
    """Scan, group and identify PATHs (files or folders), then copy what they hold into the library.

    Once all are in, the apps get links to them where the way is free. With --into no model is made: files of
    MODEL that are gone or not what they were come back from PATH, where SHA-256 proves them to be the ones.
    """
    absolute = [str(Path(path).absolute()) for path in paths]
    if into is not None:
        link = rest.pop("link")
        return fill(
            wanted, absolute, into, dry_run, progress, any((mode, model_type, not link, *rest.values()))
        )
    said = ImportChoices(
        model_type=model_type or "",
        accept_missing=True,
        rename_taken=True,
        duplicates=DuplicatePolicy.SKIP,
        **rest,
    )

    async def work(library: Library) -> Outcome:
        choices = replace(said, mode=ImportMode(mode or library.settings.imports.mode))
        return await _import(library, wanted, absolute, choices, dry_run, progress)

    return with_library(wanted.options(RunJobs.NONE if dry_run else RunJobs.OWN), work)


async def _import(
    library: Library,
    wanted: Wanted,
    paths: Sequence[str],
    choices: ImportChoices,
    dry_run: bool,
    progress: bool,
) -> Outcome:
    async with narrated(library, wanted, progress, frozenset()):
        inspection = await library.imports.inspect_paths(paths)
    candidates = inspection.candidates
    if choices.name and len(candidates) > 1:
        raise UsageError(
            f"--name fits one model, but there are {len(candidates)} here", hint="import one by one"
        )
    judged = {i: _before(c, choices) for i, c in enumerate(candidates)}
    todo = [i for i, found in judged.items() if found.item.status == "planned"]
    ran, linked = Ran((), False), Linked()
    if not dry_run:
        submitted = await library.imports.submit([candidates[i] for i in todo], choices)
        ran = await run_jobs(library, submitted.jobs, wanted, progress)
        ended = {job.id: job for job in ran.jobs}
        for i, job_id in zip(todo, submitted.jobs, strict=True):
            judged[i] = await _after(library, judged[i].item, ended.get(job_id))
        await _withdraw(library, ran.jobs)
        linked = await link_imported(library, ran.jobs)
    told = _outcome(inspection, list(judged.values()), ran)
    data = {"dry_run": dry_run, **told.data, "links": linked.data}
    return replace(
        told, data=data, lines=[*told.lines, *linked.lines], warnings=[*told.warnings, *linked.warnings]
    )


def _before(inspected: Inspected, choices: ImportChoices) -> Judged:
    """What can be said of a candidate before anything is queued."""
    candidate, identity = inspected.candidate, inspected.identity
    item = Item(
        status="planned",
        model_id=describing.chosen_model_id(candidate.name, identity, choices),
        model_format=candidate.model_format.value,
        model_type=choices.model_type or identity.model_type,
        subtype=choices.subtype or identity.subtype,
        security_tier=inspected.security_tier.value,
        bytes=candidate.size_bytes,
        sources=tuple(m.entry.path for m in candidate.members),
        mode=choices.mode.value,
        pickle_scan=inspected.pickle_scan.facts if inspected.pickle_scan else None,
    )
    refuse = inspected.refuse or next((part.trouble for part in inspected.short), None)
    if refuse is not None:
        refused = replace(item, status="refused", reason=refuse.message)
        return Judged(refused, refuse, diagnostics.SOME_FAILED)
    if inspected.security_tier is SecurityTier.PICKLE and not choices.accept_pickle:
        return _asks_pickle(item)
    return Judged(item)


def _asks_pickle(item: Item) -> Judged:
    main = item.sources[0]
    reason = "this is a pickle: it can run code when an app loads it"
    scan = pickle_verdict.read_facts(item.pickle_scan)
    if scan is not None:
        reason += f"; scan: {scan.text}"
    asks = Trouble("decision_needed", f"{main}: {reason}", main, _ACCEPT_PICKLE)
    return Judged(replace(item, status="needs_you", reason=reason), asks, diagnostics.DECISION_NEEDED)


async def _after(library: Library, item: Item, job: Job | None) -> Judged:
    """What a job came to; None when somebody took it off the list meanwhile."""
    if job is None:
        gone = Trouble(
            "cancelled", f"{item.sources[0]}: its job was removed by somebody else", item.sources[0]
        )
        return Judged(replace(item, status="failed", reason=gone.message), gone, diagnostics.SOME_FAILED)
    item = replace(item, job_id=job.id)
    if job.state is JobState.DONE and job.result is not None:
        return await _done(library, item, job)
    if job.state is JobState.NEEDS_YOU:
        return _asks(item, job)
    found, code = report_failure(job)
    status = job.state.value if job.state in (JobState.REFUSED, JobState.PAUSED) else "failed"
    return Judged(replace(item, status=status, reason=found.message), found, code)


async def _done(library: Library, item: Item, job: Job) -> Judged:
    result, wanted = job.result or {}, item.model_id
    item = replace(
        item,
        status=str(result["status"]),
        model_id=str(result["model_id"]),
        uid=str(result["uid"]),
        sha256=str(result["sha256"]),
        mode=str(result["mode"]),
    )
    if item.status == "duplicate":
        item = replace(item, reason=f"already in the library as {item.model_id}")
    elif item.model_id != wanted:
        item = replace(item, reason=f"{wanted} holds other content, so this one got a suffix")
    try:
        detail = await library.models.get(str(result["uid"]))
    except NotFoundError:  # removed by somebody else in the meantime; the result still tells what happened
        return Judged(item)
    row = detail.row
    return Judged(
        replace(
            item,
            model_id=row.model_id,
            path=detail.directory,
            trust=row.trust.value,
            model_type=row.model_type,
            subtype=row.subtype,
        )
    )


def _asks(item: Item, job: Job) -> Judged:
    """A question that only came up while the job ran."""
    kinds = {need.kind for need in job.needs}
    if NeedKind.PICKLE in kinds:
        return _asks_pickle(item)
    if NeedKind.DISK_FULL in kinds:
        found = Trouble(
            "disk_full", f"{item.sources[0]}: no space in the library", hint="free space, then retry"
        )
        return Judged(replace(item, status="failed", reason=found.message), found, diagnostics.DISK)
    asked = ", ".join(sorted(kinds))
    found = Trouble("decision_needed", f"{item.sources[0]}: somebody must decide ({asked})", item.sources[0])
    return Judged(replace(item, status="needs_you", reason=found.message), found, diagnostics.DECISION_NEEDED)


async def _withdraw(library: Library, jobs: Sequence[Job]) -> None:
    """Questions are answered on the command line by calling it again, so no job waits for an answer."""
    asking = [job.id for job in jobs if job.state is JobState.NEEDS_YOU]
    if asking:
        await library.jobs.cancel(asking)
        await library.jobs.remove(asking)


def _outcome(inspection: Inspection, judged: Sequence[Judged], ran: Ran) -> Outcome:
    errors, warnings, codes = _of_paths(inspection)
    warnings += [w for c in inspection.candidates if c.refuse is None for w in c.warnings]
    errors += [j.error for j in judged if j.error is not None and j.error.code != "paused"]
    codes += [j.exit_code for j in judged]
    if ran.interrupted:
        errors.append(interruption(ran.jobs))
        codes.append(diagnostics.INTERRUPTED)
    items = [j.item for j in judged]
    return Outcome({"models": [asdict(i) for i in items]}, _lines(items), warnings, errors, codes)


def _of_paths(inspection: Inspection) -> tuple[list[Trouble], list[Trouble], list[int]]:
    """(errors, warnings, exit codes) of paths that did not become candidates."""
    errors = [
        Trouble("not_found", f"no such file or folder: {source.path}", source.path, "check the path")
        for source in inspection.absent
    ]
    warnings: list[Trouble] = []
    for found in inspection.troubles:
        unread = diagnostics.exit_code_of(found.code) == diagnostics.DISK
        (errors if unread else warnings).append(found)
    if not inspection.candidates and not errors:
        errors.append(
            Trouble("not_found", "nothing here can be imported", hint="name model files or folders")
        )
    return errors, warnings, [diagnostics.exit_code_of(found.code) for found in errors]


def _lines(items: Sequence[Item]) -> list[str]:
    if not items:
        return []
    rows = [
        [
            item.status,
            item.model_id
            if item.status in ("imported", "duplicate", "planned")
            else Path(item.sources[0]).name,
            item.subtype or item.model_type,
            size(item.bytes),
            item.security_tier,
        ]
        for item in items
    ]
    return output.table(["STATUS", "MODEL", "TYPE", "SIZE", "SAFETY"], rows, right=frozenset({3}))


VERBS = {"import": import_verb}
