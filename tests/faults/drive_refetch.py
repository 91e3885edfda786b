"""Drives the last part of getting files into a model, without an event loop: `drive_refetch.py ROOT`.

Opens the library, recovers as every start does, then runs the downloads that wait; their bytes are all there,
so nothing is asked of any server. Exit code 0 when every job ended well, 1 when an error was said.
"""

import sys
import threading
from collections.abc import Sequence

from pumas_tui.core.db.lookups import Lookups
from pumas_tui.core.domain.errors import PumasError
from pumas_tui.core.domain.jobs import Job, JobKind, JobState, Stage
from pumas_tui.core.domain.lanes import Turns
from pumas_tui.core.flows import opening, recovering
from pumas_tui.core.flows.downloading import DownloadTools
from pumas_tui.core.flows.import_job import ImportTools
from pumas_tui.core.flows.opening import Opened
from pumas_tui.core.flows.refetching_job import RefetchRun
from pumas_tui.core.flows.staging_job import Controls
from pumas_tui.core.flows.wiring import Wiring
from pumas_tui.core.fs import ops, owners, space
from pumas_tui.core.jobs.runner import Finished
from pumas_tui.core.net.downloading import Pace
from pumas_tui.core.net.session import Options


def main(args: Sequence[str]) -> int:
    (root,) = args
    try:
        opened = opening.open_library(root, "/nonexistent")
        try:
            wiring = Wiring(opened, lambda event: None, space.host_name())
            recovering.recover(wiring.operations, opened.jobs, opened.index)
            return 0 if _drive(opened, wiring) else 1
        finally:
            opened.close()
    except PumasError as error:
        sys.stderr.write(f"{error.message}\n")
        return 1


def _drive(opened: Opened, wiring: Wiring) -> bool:
    failed = [job.id for job in opened.jobs.list() if job.state in (JobState.FAILED, JobState.PAUSED)]
    opened.jobs.retry(failed)
    opened.jobs.set_state(failed, [JobState.PAUSED], JobState.WAITING)
    owner = owners.mark(owners.this_process())
    good = True
    while (job := opened.jobs.claim(owner, [JobKind.DOWNLOAD], Turns())) is not None:
        good &= _run(opened, wiring, job, owner)
    return good


def _run(opened: Opened, wiring: Wiring, job: Job, owner: str) -> bool:
    imports = ImportTools(opened.paths, opened.index, opened.journal, 0, "host", "user")
    store = Lookups("/nonexistent/hub.db", ops.set_aside)
    nobody = Options("http://127.0.0.1:9", "http://127.0.0.1:9", lambda: False, token="")
    tools = wiring.refetch_tools(DownloadTools(imports, store, nobody, Pace(0)))
    controls = Controls(threading.Event(), threading.Event(), _no_report, lambda: True)
    try:
        outcome = RefetchRun(job, tools, controls).run()
    except PumasError as error:
        sys.stderr.write(f"{error.message}\n")
        opened.jobs.finish(job.id, owner, JobState.FAILED, error={"code": error.code})
        return False
    assert isinstance(outcome, Finished)
    opened.jobs.finish(job.id, owner, JobState.DONE, result=outcome.result)
    return True


def _no_report(stage: Stage, done: int, total: int) -> None:
    """Nobody looks."""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
