"""A driver for the fault sweeps: does the steps of one operation in two groups, with the disk modules only.

    drive_steps.py STEPS PLACE

STEPS is a JSON file of steps as the journal keeps them, PLACE a trash that some of them move things into.
Exit code 0 when all steps hold, 1 when one failed and said why, 2 when one was skipped.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from pumas_tui.core.domain.errors import PumasError
from pumas_tui.core.domain.ids import LibraryId, OperationId
from pumas_tui.core.domain.operations import Step, StepState
from pumas_tui.core.fs import steps, trash

LIBRARY = LibraryId("6c1f0e8e-7f0e-4e0c-9d0e-3a1b2c3d4e5f")


def main(args: Sequence[str]) -> int:
    listed, place = args
    work = [Step(**values) for values in json.loads(Path(listed).read_text())]
    op = OperationId(place.rpartition("/")[2])
    try:
        trash.open_trash(place, trash.Manifest(op, LIBRARY, 0.0, ()))
    except PumasError as error:
        sys.stderr.write(f"{error.message}\n")
        return 1
    results = [result for group in (work[:4], work[4:]) for result in steps.perform_group(group)]
    for result in results:
        if result.state is not StepState.DONE:
            sys.stderr.write(f"{result.message}\n")
    states = {result.state for result in results}
    return 1 if StepState.FAILED in states else 2 if StepState.SKIPPED in states else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
