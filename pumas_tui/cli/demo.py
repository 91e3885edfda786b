"""`demo [DIR]`: a scratch library of small generated models, to look around in or to see the program work."""

import asyncio
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from pumas_tui.cli import diagnostics
from pumas_tui.cli.front import with_library
from pumas_tui.cli.launch import LaunchTui, no_screen
from pumas_tui.cli.library import brief, model_table
from pumas_tui.cli.options import Verb, Wanted
from pumas_tui.cli.output import Outcome
from pumas_tui.cli.running import Ran, interruption, report_failure, run_jobs
from pumas_tui.core.domain.imports import DuplicatePolicy, ImportChoices, Inspected
from pumas_tui.core.domain.jobs import Job, JobState
from pumas_tui.core.domain.text import plural, safe
from pumas_tui.core.library import Library, RunJobs, demo_samples

_QUERY = "llama"
_EXPECTED = (JobState.DONE, JobState.NEEDS_YOU, JobState.PAUSED)


@click.command("demo", cls=Verb, short_help="Try it on a scratch library of small generated models.")
@click.argument("directory", required=False, metavar="[DIR]")
@click.pass_obj
def demo(wanted: Wanted, directory: str | None) -> Outcome | LaunchTui:
    """Make a scratch library in DIR (a new temporary folder without it) and import small generated models.

    In a terminal it opens full screen; else it says step by step what it did.
    """
    wanted.root = _folder(directory)
    shows = not wanted.json and no_screen() is None and sys.stdout.isatty()
    samples = asyncio.run(demo_samples(wanted.root))

    async def work(library: Library) -> Outcome:
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
    """Import the samples; `again` also imports them a second time, searches and lists."""
    inspection = await library.imports.inspect_paths(samples)
    known = {
        path for view in await library.jobs.list() if _asks(view.job) for path in view.job.payload["sources"]
    }
    fresh = [c for c in inspection.candidates if c.candidate.main.entry.path not in known]
    first = await _import(library, wanted, fresh)
    failed = [report_failure(j) for j in first.jobs if j.state not in _EXPECTED]
    if first.interrupted:
        failed.append((interruption(first.jobs), diagnostics.INTERRUPTED))
    if failed or not again:
        return Outcome(errors=[found for found, _ in failed], exit_codes=[code for _, code in failed])
    calm = [c for c in inspection.candidates if not c.needs_you]
    second = await _import(library, wanted, calm)
    return await _told(library, samples, first, second)


def _asks(job: Job) -> bool:
    return job.state is JobState.NEEDS_YOU


async def _import(library: Library, wanted: Wanted, candidates: Sequence[Inspected]) -> Ran:
    choices = ImportChoices(duplicates=DuplicatePolicy.SKIP)
    submitted = await library.imports.submit(candidates, choices)
    return await run_jobs(library, submitted.jobs, wanted, progress=False)


async def _told(library: Library, samples: Sequence[str], first: Ran, second: Ran) -> Outcome:
    """What was done, as data and as lines."""
    root = library.paths.root
    asking = [view.job for view in await library.jobs.list() if _asks(view.job)]
    found = await library.models.search(_QUERY)
    everything = await library.models.search("", limit=len(samples))
    data: dict[str, Any] = {
        "root": root,
        "samples": list(samples),
        "imported": _results(first.jobs, "imported"),
        "imported_again": _results(second.jobs, "duplicate"),
        "needs_you": [
            {"id": j.id, "name": j.payload["name"], "sources": j.payload["sources"]} for j in asking
        ],
        "search": {"query": _QUERY, "models": [brief(row) for row in found.rows]},
        "models": [brief(row) for row in everything.rows],
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
