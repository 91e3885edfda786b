"""Drives one whole import without an event loop: `drive_import.py ROOT SOURCE`.

Opens the library, recovers as every start does, queues one job, runs whatever waits in this thread and writes
the result rows. Exit code 0 when every job ended well, 1 when an error was said.
"""

import sys
import threading
from collections.abc import Sequence

from pumas_tui.core.db.jobs import NewJob
from pumas_tui.core.domain import import_payload
from pumas_tui.core.domain.errors import DiskFullError, PumasError, trouble
from pumas_tui.core.domain.files import PastedSource, SourceKind
from pumas_tui.core.domain.ids import new_model_uid
from pumas_tui.core.domain.imports import DuplicatePolicy, ImportChoices
from pumas_tui.core.domain.jobs import Job, JobKind, JobState, Stage
from pumas_tui.core.domain.lanes import Turns
from pumas_tui.core.flows import opening, recovering
from pumas_tui.core.flows.import_job import ImportRun, ImportTools, Told
from pumas_tui.core.flows.inspecting import inspect_sources
from pumas_tui.core.flows.opening import Opened
from pumas_tui.core.flows.staging_job import Controls
from pumas_tui.core.flows.wiring import Wiring
from pumas_tui.core.fs import owners, space


def main(args: Sequence[str]) -> int:
    root, source = args
    try:
        opened = opening.open_library(root, "/nonexistent")
        try:
            wiring = Wiring(opened, lambda event: None, space.host_name())
            recovering.recover(wiring.operations, opened.jobs, opened.index)
            return 0 if drive(opened, source) else 1
        finally:
            opened.close()
    except PumasError as error:
        sys.stderr.write(f"{error.message}\n")
        return 1


def drive(opened: Opened, source: str) -> bool:
    """Queue one import and run whatever waits; every job ended well."""
    seen = inspect_sources([PastedSource(source, SourceKind.PATH, True)], source, opened.paths)
    choices = ImportChoices(duplicates=DuplicatePolicy.SKIP)
    payload = import_payload.encode(seen.candidates[0], choices, new_model_uid())
    opened.jobs.add_many(JobKind.IMPORT, [NewJob(payload=payload, batch_id="b")])
    paused = [job.id for job in opened.jobs.list() if job.state is JobState.PAUSED]
    opened.jobs.set_state(paused, [JobState.PAUSED], JobState.WAITING)
    owner = owners.mark(owners.this_process())
    good = True
    while (job := opened.jobs.claim(owner, [JobKind.IMPORT], Turns())) is not None:
        good &= _run(opened, job, owner)
    return good


def _run(opened: Opened, job: Job, owner: str) -> bool:
    tools = ImportTools(opened.paths, opened.index, opened.journal, 0, "host", "user")
    controls = Controls(threading.Event(), threading.Event(), _no_report, lambda: True)
    try:
        told = ImportRun(job, tools, controls).run()
    except DiskFullError as error:
        row = {"code": trouble(error).code, "message": error.message}
        opened.jobs.finish(job.id, owner, JobState.PAUSED, error=row)
        return False
    except PumasError as error:
        row = {"code": trouble(error).code, "message": error.message}
        opened.jobs.finish(job.id, owner, JobState.FAILED, error=row)
        return False
    assert isinstance(told, Told)
    opened.jobs.finish(job.id, owner, JobState.DONE, result=told.result)
    return True


def _no_report(stage: Stage, bytes_done: int, bytes_total: int) -> None:
    """Progress is not under test here."""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
