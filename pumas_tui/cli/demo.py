"""`demo [DIR]`: a scratch library of small generated models and a sample app, to look around in or to see the
program work."""

import asyncio
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click

from pumas_tui.cli import diagnostics, plans
from pumas_tui.cli.front import with_library
from pumas_tui.cli.launch import LaunchTui, no_screen
from pumas_tui.cli.library import brief, model_table
from pumas_tui.cli.linking import Linked, link_imported
from pumas_tui.cli.options import Verb, Wanted
from pumas_tui.cli.output import Outcome
from pumas_tui.cli.running import Ran, interruption, report_failure, run_jobs
from pumas_tui.core.domain.imports import DuplicatePolicy, ImportChoices, Inspected
from pumas_tui.core.domain.jobs import Job, JobState
from pumas_tui.core.domain.text import plural, safe
from pumas_tui.core.library import Library, RunJobs, demo_app, demo_samples

_QUERY = "llama"
_EXPECTED = (JobState.DONE, JobState.NEEDS_YOU, JobState.PAUSED)


@click.command("demo", cls=Verb, short_help="Try it on a scratch library of small generated models.")
@click.argument("directory", required=False, metavar="[DIR]")
@click.pass_obj
def demo(wanted: Wanted, directory: str | None) -> Outcome | LaunchTui:
    """Make a scratch library in DIR (a new temporary folder without it), import small generated models, and
    link them into a sample app.

    In a terminal it opens full screen; else it says step by step what it did.
    """
    wanted.root = _folder(directory)
    shows = not wanted.json and no_screen() is None and sys.stdout.isatty()
    samples = asyncio.run(demo_samples(wanted.root))
    app = asyncio.run(demo_app(wanted.root))

    async def work(library: Library) -> Outcome:
        if not await library.mapping.apps():
            await library.mapping.add_app(await library.mapping.propose(app))
        return await _run(library, wanted, samples, again=not shows)

    outcome = with_library(wanted.options(RunJobs.OWN, create=True), work)
    if not shows or outcome.exit_codes:
        return outcome
    if not wanted.quiet:
        diagnostics.say(f"demo library: {safe(wanted.root)}")
    return LaunchTui.of(wanted)


def _folder(directory: str | None) -> str:
    """DIR, or a new name below the folder for temporary files that nobody can guess and prepare."""
    if directory is not None:
        return os.path.abspath(os.path.expanduser(directory))
    import secrets  # these two are loaded here only: no other verb needs them, and they take 10 ms
    import tempfile

    return os.path.join(tempfile.gettempdir(), f"pumas-demo-{secrets.token_hex(4)}")


async def _run(library: Library, wanted: Wanted, samples: Sequence[str], *, again: bool) -> Outcome:
    """Import the samples and link them; `again` also imports them a second time, searches and checks."""
    inspection = await library.imports.inspect_paths(samples)
    known = {
        path for view in await library.jobs.list() if _asks(view.job) for path in view.job.payload["sources"]
    }
    fresh = [c for c in inspection.candidates if c.candidate.main.entry.path not in known]
    first = await _import(library, wanted, fresh)
    linked = await link_imported(library, first.jobs)
    failed = [report_failure(j) for j in first.jobs if j.state not in _EXPECTED]
    if first.interrupted:
        failed.append((interruption(first.jobs), diagnostics.INTERRUPTED))
    if failed or not again:
        return Outcome(errors=[found for found, _ in failed], exit_codes=[code for _, code in failed])
    calm = [c for c in inspection.candidates if not c.needs_you]
    second = await _import(library, wanted, calm)
    return await _told(library, samples, _Shown(first, second, linked))


def _asks(job: Job) -> bool:
    return job.state is JobState.NEEDS_YOU


async def _import(library: Library, wanted: Wanted, candidates: Sequence[Inspected]) -> Ran:
    choices = ImportChoices(duplicates=DuplicatePolicy.SKIP, rename_taken=True)
    submitted = await library.imports.submit(candidates, choices)
    return await run_jobs(library, submitted.jobs, wanted, progress=False)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What was done, in order."""

    first: Ran
    second: Ran
    linked: Linked


async def _told(library: Library, samples: Sequence[str], shown: _Shown) -> Outcome:
    """What was done, as data and as lines, with a search and a check of the links."""
    root = library.paths.root
    asking = [view.job for view in await library.jobs.list() if _asks(view.job)]
    found = await library.models.search(_QUERY)
    everything = await library.models.search("", limit=len(samples))
    checked = await library.mapping.plan()
    data: dict[str, Any] = {
        "root": root,
        "samples": list(samples),
        "imported": _results(shown.first.jobs, "imported"),
        "imported_again": _results(shown.second.jobs, "duplicate"),
        "needs_you": [
            {"id": j.id, "name": j.payload["name"], "sources": j.payload["sources"]} for j in asking
        ],
        "search": {"query": _QUERY, "models": [brief(row) for row in found.rows]},
        "models": [brief(row) for row in everything.rows],
        "links": shown.linked.data,
        "check": plans.data_of(checked)["summary"],
    }
    place = safe(root)
    lines = [
        f"made {plural(len(samples), 'sample file')} in {place}/downloads",
        *(f"imported {safe(m['model_id'])} (sha256 {m['sha256'][:16]}...)" for m in data["imported"]),
        *(
            f"waits for you: {safe(str(j['name']))} is a pickle, it can run code when loaded"
            for j in data["needs_you"]
        ),
        f"imported them again: {plural(len(data['imported_again']), 'model')} recognised, nothing copied",
        *(f"linked into {line}" for line in shown.linked.lines),
        *(f"checked the links in {safe(plan.header.base)}: {plans.sums(plan)}" for plan in checked),
        f"searched for {_QUERY}: " + (", ".join(safe(row.model_id) for row in found.rows) or "nothing"),
        "",
        *model_table(everything.rows),
        "",
        f"look around: pumas-tui --root {place}",
    ]
    return Outcome(data, lines)


def _results(jobs: Sequence[Job], status: str) -> list[dict[str, Any]]:
    return [dict(job.result) for job in jobs if job.result is not None and job.result.get("status") == status]


VERBS = {"demo": demo}
