"""`hub download --missing MODEL`, `import PATH --into MODEL`: what a model of the library lacks, from the
Hub or from this machine into that model."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from pumas_tui.cli import asking, diagnostics, output
from pumas_tui.cli.front import with_library
from pumas_tui.cli.linking import link_imported
from pumas_tui.cli.options import Wanted
from pumas_tui.cli.output import Outcome
from pumas_tui.cli.running import interruption, report_failure, run_jobs, stoppable
from pumas_tui.core.domain.errors import (
    DecisionNeededError,
    NotFoundError,
    OfflineError,
    Trouble,
    UsageError,
)
from pumas_tui.core.domain.hub_values import is_repo_id
from pumas_tui.core.domain.jobs import Job, JobState
from pumas_tui.core.domain.refetching import Get, Lack, Refetch
from pumas_tui.core.domain.refetching import Wanted as Lacked
from pumas_tui.core.domain.text import plural, safe, size
from pumas_tui.core.library import Library, RunJobs

_LACKS = {
    Lack.GONE: "is gone",
    Lack.SIZE: "has another size",
    Lack.CONTENT: "has another content",
    Lack.NEVER: "never came in",
}
_YES = "add --yes"


def complete(
    wanted: Wanted, ref: str, repo: str, revision: str, progress: bool, meaningless: object
) -> Outcome:
    """`hub download --missing`. `meaningless`: options that go with it are said, which is a wrong call."""
    if meaningless:
        raise UsageError("--missing goes with REPO, --revision and --progress only")
    if repo and not is_repo_id(repo):
        raise UsageError(f"{repo} is no repository", hint="write it like owner/name")

    async def work(library: Library) -> Outcome:
        return await _got(library, wanted, ref, repo, revision, progress)

    return with_library(wanted.options(RunJobs.OWN), work)


async def _got(
    library: Library, wanted: Wanted, ref: str, repo: str, revision: str, progress: bool
) -> Outcome:
    """Plan, ask where somebody can be asked, get. Raises NotFoundError where nothing is to be had,
    OfflineError, DecisionNeededError where somebody says no."""
    plan = await library.refetching.plan(ref, repo, revision)
    if not plan.lacking.wanted:
        return Outcome(_data(plan), [f"{safe(plan.lacking.model_id)} lacks nothing"])
    if plan.waits:
        raise OfflineError(plan.waits, hint="try again when the network is back")
    if not plan.files:
        one, why = plan.left[0]
        raise NotFoundError(f"{one.name}: {why}", hint="name a repository that has it: hub download REPO")
    if not wanted.yes and not _agreed(wanted, plan):
        asks = Trouble("decision_needed", _question(plan), hint=_YES)
        return Outcome(_data(plan), list(_lines(plan)), (), [asks], [diagnostics.DECISION_NEEDED])
    return await _brought(library, wanted, plan, progress)


def fill(
    wanted: Wanted,
    paths: Sequence[str],
    ref: str,
    dry_run: bool,
    progress: bool,
    meaningless: object,
) -> Outcome:
    """`import --into`. `meaningless`: options that go with it are said, which is a wrong call."""
    if meaningless or len(paths) != 1:
        raise UsageError("--into goes with one PATH, --dry-run and --progress only")

    async def work(library: Library) -> Outcome:
        planning = library.refetching.plan_from
        plan = await stoppable(lambda stop: planning(ref, paths[0], stop=stop))
        if not plan.lacking.wanted:
            return Outcome(_data(plan), [f"{safe(plan.lacking.model_id)} lacks nothing"])
        if dry_run:
            return Outcome(_data(plan), list(_lines(plan)))
        return await _brought(library, wanted, plan, progress)

    return with_library(wanted.options(RunJobs.NONE if dry_run else RunJobs.OWN), work)


async def _brought(library: Library, wanted: Wanted, plan: Refetch, progress: bool) -> Outcome:
    """Have it brought, and wait for it."""
    submitted = await library.refetching.submit(plan)
    ran = await run_jobs(library, submitted.jobs, wanted, progress)
    [job] = ran.jobs
    told = _done(plan, job)
    linked = await link_imported(library, ran.jobs)
    stop = [interruption(ran.jobs)] if ran.interrupted else []
    return Outcome(
        {**told.data, "links": linked.data},
        [*told.lines, *linked.lines],
        [*_left(plan), *told.warnings, *linked.warnings],
        [*told.errors, *stop],
        [*told.exit_codes, *(diagnostics.INTERRUPTED for _ in stop)],
    )


def _agreed(wanted: Wanted, plan: Refetch) -> bool:
    if not asking.can_ask(wanted):
        return False
    for line in _lines(plan):
        diagnostics.say(line)
    if not asking.agrees(_question(plan)):
        raise DecisionNeededError("nothing was downloaded")
    return True


def _question(plan: Refetch) -> str:
    files, total = plural(len(plan.files), "file"), size(plan.size_bytes)
    return safe(f"Get {files}, {total}, from {plan.repo.repo_id} into {plan.lacking.model_id}?")


def _lines(plan: Refetch) -> Iterator[str]:
    rows = [
        [one.wanted.name, _LACKS[one.wanted.lack], size(one.file.size or 0), one.why] for one in plan.files
    ]
    yield from output.table(["FILE", "LACKS", "SIZE", "WHY IT IS THE RIGHT ONE"], rows, right=frozenset({2}))
    yield f"from {safe(plan.source)}; {size(plan.free_bytes)} free"
    for told in _left(plan):
        yield safe(told.message)


def _left(plan: Refetch) -> list[Trouble]:
    return [Trouble("not_found", f"{one.name}: {why}") for one, why in plan.left]


def _data(plan: Refetch) -> dict[str, Any]:
    lacking = plan.lacking
    return {
        "model_id": lacking.model_id,
        "uid": lacking.uid,
        "repo_id": plan.repo.repo_id or None,
        "revision": plan.repo.revision or None,
        "source": plan.path or None,
        "bytes": plan.size_bytes,
        "free_bytes": plan.free_bytes,
        "status": "planned" if plan.files else "not_found" if plan.left else "whole",
        "files": [_file(one) for one in plan.files],
        "left": [{**_lacked(one), "reason": why} for one, why in plan.left],
    }


def _file(one: Get) -> dict[str, Any]:
    told = {**_lacked(one.wanted), **asdict(one.file), "sha256": one.sha256, "why": one.why}
    return {**told, "places": list(one.places)} if one.places else told


def _lacked(one: Lacked) -> dict[str, Any]:
    return {"name": one.name, "lack": one.lack.value}


def _done(plan: Refetch, job: Job) -> Outcome:
    data = {**_data(plan), "job_id": job.id}
    if job.state is JobState.DONE and job.result is not None:
        data |= {key: job.result.get(key) for key in ("status", "operation")}
        came = set(job.result.get("files", ()))
        names = [one.wanted.name for one in plan.files]
        files = plural(len(came), "file")
        said = f"{files} from {plan.source} in {plan.lacking.model_id}; take back: pumas-tui undo"
        others = [
            Trouble("refused", f"{name}: nothing in {plan.source} has its SHA-256")
            for name in names
            if name not in came
        ]
        data["files"] = [one for one in data["files"] if one["name"] in came]
        return Outcome(data, [safe(said)], others)
    error, code = report_failure(job)
    data |= {"status": job.state.value, "reason": error.message}
    errors = [error] if error.code != "paused" else []
    return Outcome(data, (), (), errors, [code])
