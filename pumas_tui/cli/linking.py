"""Links after imports that this command ran: once all of them have ended, in every app that is here."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from pumas_tui.cli import plans
from pumas_tui.cli.running import unbroken
from pumas_tui.core.domain.errors import Trouble
from pumas_tui.core.domain.imports import BROUGHT
from pumas_tui.core.domain.jobs import Job, JobKind, JobState
from pumas_tui.core.domain.plan import Act, Applied
from pumas_tui.core.library import Library


@dataclass(frozen=True, slots=True)
class Linked:
    """What linking came to. Nothing of it fails an import: what went wrong is a warning."""

    created: int = 0
    conflicts: int = 0
    lines: tuple[str, ...] = ()
    warnings: tuple[Trouble, ...] = ()

    @property
    def data(self) -> dict[str, int]:
        """As JSON."""
        return {"created": self.created, "conflicts": self.conflicts}


async def link_imported(library: Library, jobs: Sequence[Job]) -> Linked:
    """Link the models that these jobs brought in, as far as the settings and each job want it."""
    wanted = [
        (job.batch_id, str(job.result["uid"])) for job in jobs if job.result and _links(job, job.result)
    ]
    if not wanted or not library.settings.imports.link:
        return Linked()
    done: list[Applied] = []
    for batch_id, models in groupby(sorted(wanted), key=lambda pair: pair[0]):
        uids = [uid for _, uid in models]
        done += await unbroken(library.mapping.sync(models=uids, batch_id=batch_id))
    results = [result for one in done for result in one.results]
    made = (Act.CREATE, Act.REPLACE_OURS)
    return Linked(
        created=sum(r.state == "done" and r.action.act in made for r in results),
        conflicts=sum(r.action.act is Act.CONFLICT for r in results),
        lines=tuple(plans.applied_lines(done)),
        warnings=tuple(_warnings(done)),
    )


def _links(job: Job, result: Mapping[str, Any]) -> bool:
    is_new = job.state is JobState.DONE and result.get("status") in BROUGHT
    return job.kind in (JobKind.IMPORT, JobKind.DOWNLOAD) and is_new and bool(result.get("link", True))


def _warnings(done: Sequence[Applied]) -> Iterator[Trouble]:
    told = plans.report(plans.Report(tuple(done)))
    yield from (one.error for one in done if one.error is not None)
    yield from (*told.warnings, *told.errors)
