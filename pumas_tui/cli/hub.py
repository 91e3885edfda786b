"""`hub search QUERY`, `hub files REPO`, `hub download REPO`: the Hugging Face Hub from the command line."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import click

from pumas_tui.cli import asking, diagnostics, output
from pumas_tui.cli.front import with_library
from pumas_tui.cli.linking import link_imported
from pumas_tui.cli.options import Actions, Verb, Wanted
from pumas_tui.cli.output import Outcome
from pumas_tui.cli.refetching import complete
from pumas_tui.cli.running import Ran, interruption, report_failure, run_jobs
from pumas_tui.core.domain.downloads import Download, amount
from pumas_tui.core.domain.errors import DecisionNeededError, NotFoundError, Trouble, UsageError
from pumas_tui.core.domain.hub_values import HubModel, HubPage, is_repo_id
from pumas_tui.core.domain.imports import DuplicatePolicy, ImportChoices
from pumas_tui.core.domain.jobs import Job, JobState
from pumas_tui.core.domain.text import count, plural, safe, size
from pumas_tui.core.library import Library, RunJobs

_YES = "add --yes"


@click.command("search", cls=Verb, reads_only=True, short_help="Find models on the Hub.")
@click.argument("query", nargs=-1, required=True, metavar="QUERY")
@click.option("--limit", type=click.IntRange(min=1, max=1000), default=20, help="At most so many.")
@click.pass_obj
def search(wanted: Wanted, query: tuple[str, ...], limit: int) -> Outcome:
    """Repositories whose names hold the words of QUERY, most downloaded first."""
    words = " ".join(query)

    async def work(library: Library) -> Outcome:
        page = await library.network.search(words)
        models, last = list(page.models), page
        while last.more and len(models) < limit:
            last = await library.network.more(last)
            models += last.models
        return _found(page, models[:limit])

    return with_library(wanted.options(), work)


def _found(page: HubPage, models: Sequence[HubModel]) -> Outcome:
    data = {"query": page.query, "stale": page.stale, "asked_at": page.asked_at}
    rows = [[m.repo_id, count(m.downloads), m.pipeline, m.license, _door(m)] for m in models]
    lines = output.table(["REPOSITORY", "DOWNLOADS", "TASK", "LICENCE", ""], rows, right=frozenset({1}))
    return Outcome(
        {**data, "models": [_brief(m) for m in models]},
        lines if models else ["no repository has these words in its name"],
        _stale(page),
    )


def _stale(page: HubPage) -> list[Trouble]:
    if not page.stale:
        return []
    at = datetime.fromtimestamp(page.asked_at, UTC).strftime("%Y-%m-%d %H:%M")
    return [Trouble("stale", f"the Hub does not answer; this is what it said at {at} UTC")]


def _door(model: HubModel) -> str:
    return "gated" if model.gated else "private" if model.private else ""


def _brief(model: HubModel) -> dict[str, Any]:
    told = asdict(model)
    del told["files"]
    return {**told, "tags": list(model.tags), "trigger_words": list(model.trigger_words)}


@click.command("files", cls=Verb, reads_only=True, short_help="The files of a repository.")
@click.argument("repo", metavar="REPO")
@click.option("--revision", default="", help="Branch, tag or commit; else main.")
@click.pass_obj
def files(wanted: Wanted, repo: str, revision: str) -> Outcome:
    """The files of REPO with their sizes; --json tells their SHA-256 as well."""
    _check(repo)

    async def work(library: Library) -> Outcome:
        model = await library.network.files(repo, revision)
        rows = [[f.path, size(f.size) if f.size is not None else "?"] for f in model.files]
        lines = output.table(["FILE", "SIZE"], rows, right=frozenset({1}))
        lines.append(f"{plural(len(model.files), 'file')}, {size(model.size_bytes)}")
        data = {**_brief(model), "size_bytes": model.size_bytes, "files": [asdict(f) for f in model.files]}
        return Outcome(data, lines)

    return with_library(wanted.options(), work)


def _check(repo: str) -> None:
    if not is_repo_id(repo):
        raise UsageError(f"{repo} is no repository", hint="write it like owner/name")


@click.command("download", cls=Verb, short_help="Bring models of a repository into the library.")
@click.argument("repo", metavar="[REPO]", default="")
@click.option("--missing", metavar="MODEL", help="What MODEL lacks, into MODEL; from REPO, else its own.")
@click.option("--include", multiple=True, metavar="GLOB", help="Only files like this; several times.")
@click.option("--revision", default="", help="Branch, tag or commit; else main.")
@click.option("--second", is_flag=True, help="What is here already too, as a second model.")
@click.option("--accept-pickle", is_flag=True, help="Also files that run code when an app loads them.")
@click.option(
    "--no-link", "link", is_flag=True, flag_value=False, default=True, help="Make no links in apps now."
)
@click.option("--progress", is_flag=True, help="Events as JSON lines on stdout before the answer.")
@click.pass_obj
def download(
    wanted: Wanted,
    repo: str,
    missing: str | None,
    include: tuple[str, ...],
    revision: str,
    second: bool,
    accept_pickle: bool,
    link: bool,
    progress: bool,
) -> Outcome:
    """Download what REPO holds, check it against the Hub's SHA-256, and import it.

    Says first how much that is, and asks on a terminal. Files that the library has already are taken from
    there, and a model that is here as a whole is left out, unless --second is said. Ctrl-C pauses it;
    `jobs resume` goes on where it was. With --missing it gets files of a model that are gone or not what
    they were, and parts that never came in: what SHA-256 proves to be the right file, nothing else.
    """
    if missing is not None:
        others = include or second or accept_pickle or not link
        return complete(wanted, missing, repo, revision, progress, others)
    _check(repo)
    choices = ImportChoices(
        accept_pickle=accept_pickle,
        accept_missing=True,
        rename_taken=True,
        link=link,
        duplicates=DuplicatePolicy.IMPORT if second else DuplicatePolicy.SKIP,
    )

    async def work(library: Library) -> Outcome:
        planned = await library.network.plan_download(repo, include, revision)
        todo = [one for one in planned if second or one.known_as is None]
        if todo and not wanted.yes and not _agreed(wanted, repo, planned, todo):
            return _undecided(repo, planned, todo)
        jobs = (await library.network.submit(todo, choices)).jobs if todo else ()
        ran = await run_jobs(library, jobs, wanted, progress)
        ended = dict(zip((one.files for one in todo), ran.jobs, strict=True))
        told = await _done(library, repo, [(one, ended.get(one.files)) for one in planned])
        return await _linked(library, told, ran)

    return with_library(wanted.options(RunJobs.OWN), work)


async def _linked(library: Library, told: Outcome, ran: Ran) -> Outcome:
    """What was told, with the links that were made for it, and that it was broken off."""
    linked = await link_imported(library, ran.jobs)
    stop = [interruption(ran.jobs)] if ran.interrupted else []
    return Outcome(
        {**told.data, "links": linked.data},
        [*told.lines, *linked.lines],
        linked.warnings,
        [*told.errors, *stop],
        [*told.exit_codes, *(diagnostics.INTERRUPTED for _ in stop)],
    )


def _agreed(wanted: Wanted, repo: str, planned: Sequence[Download], todo: Sequence[Download]) -> bool:
    """Somebody says yes. Raises DecisionNeededError where somebody says no."""
    if not asking.can_ask(wanted):
        return False
    for line in _plan_lines(planned):
        diagnostics.say(line)
    if not asking.agrees(_question(repo, todo)):
        raise DecisionNeededError("nothing was downloaded")
    return True


def _question(repo: str, todo: Sequence[Download]) -> str:
    return safe(f"Download {plural(len(todo), 'model')}, {amount(todo)}, from {repo}?")


def _undecided(repo: str, planned: Sequence[Download], todo: Sequence[Download]) -> Outcome:
    """Nobody can be asked: what it would be, and how to say yes."""
    asks = Trouble("decision_needed", _question(repo, todo), hint=_YES)
    models = [_planned(one) if one in todo else _here(one) for one in planned]
    return Outcome(
        {"repo_id": repo, "models": models}, _plan_lines(planned), (), [asks], [diagnostics.DECISION_NEEDED]
    )


def _plan_lines(planned: Sequence[Download]) -> list[str]:
    rows = [
        [one.name, plural(len(one.files), "file"), size(one.size_bytes), _is_here(one)] for one in planned
    ]
    return output.table(["MODEL", "FILES", "SIZE", "ALREADY HERE"], rows, right=frozenset({2}))


def _is_here(one: Download) -> str:
    if one.known_as is not None:
        return f"as {one.known_as.model_id}"
    return size(one.held_bytes) if one.held else ""


def _planned(one: Download) -> dict[str, Any]:
    return {
        "status": "planned",
        "name": one.name,
        "bytes": one.size_bytes,
        "files": [asdict(file) for file in one.files],
        "held_bytes": one.held_bytes,
        "held": [{"path": h.path, "model_id": h.model_id, "file": h.name} for h in one.held],
        "revision": one.model.revision,
    }


def _here(one: Download) -> dict[str, Any]:
    """A model that the library has as a whole, and that nobody wants twice."""
    known = one.known_as
    if known is None:
        return _planned(one)
    sha256 = next((file.sha256 for file in one.files if file.path == known.path), "")
    return {
        **_planned(one),
        "status": "duplicate",
        "model_id": known.model_id,
        "uid": known.uid,
        "sha256": sha256,
        "job_id": None,
    }


async def _done(library: Library, repo: str, ended: Sequence[tuple[Download, Job | None]]) -> Outcome:
    """What became of the plan, in its order: each model's job, None where it was left out."""
    models: list[dict[str, Any]] = []
    errors: list[Trouble] = []
    codes: list[int] = []
    for one, job in ended:
        told = _here(one) if job is None else {**_planned(one), "job_id": job.id, "status": _status(job)}
        if job is not None and job.state is JobState.DONE and job.result is not None:
            told |= {key: job.result.get(key) for key in ("model_id", "uid", "sha256", "status")}
        elif job is not None:
            error, code = report_failure(job)
            told["reason"] = error.message
            errors += [error] if error.code != "paused" else []
            codes.append(code)
        if told["status"] == "duplicate":
            told["reason"] = f"already in the library as {told['model_id']}"
        if "uid" in told:
            told |= await _in_library(library, str(told["uid"]))
        models.append(told)
    rows = [[str(m["status"]), str(m.get("model_id") or m["name"]), size(m["bytes"])] for m in models]
    lines = output.table(["STATUS", "MODEL", "SIZE"], rows, right=frozenset({2}))
    lines += [_skipped(m) for m in models if m["status"] == "duplicate"]
    return Outcome({"repo_id": repo, "models": models}, lines, (), errors, codes)


def _skipped(told: Mapping[str, Any]) -> str:
    return safe(f"{told['name']} is {told['reason']}; --second brings it in as a second model")


def _status(job: Job) -> str:
    known = (JobState.REFUSED, JobState.PAUSED, JobState.NEEDS_YOU)
    return job.state.value if job.state in known else "failed"


async def _in_library(library: Library, uid: str) -> dict[str, Any]:
    try:
        detail = await library.models.get(uid)
    except NotFoundError:  # removed by somebody else in the meantime
        return {}
    return {"path": detail.directory, "trust": detail.row.trust.value}


hub = Actions("hub", [search, files, download], short_help="Search the Hugging Face Hub and download.")
VERBS = {"hub": hub}
