"""Drives an edit of metadata.json and one of overrides.json without an event loop: `drive_edit.py ROOT`.

Opens the library and recovers as every start does, then edits its one model. Exit code 0 when both edits are
done, 1 when an error was said.
"""

import sys
from collections.abc import Sequence

from pumas_tui.core.domain import editing, overrides
from pumas_tui.core.domain.errors import PumasError
from pumas_tui.core.flows import opening, recovering
from pumas_tui.core.flows.editing import change_metadata, limit_versions
from pumas_tui.core.flows.opening import Opened
from pumas_tui.core.flows.wiring import Wiring
from pumas_tui.core.fs import space

NOTES = "edited"
RANGE = ">=1.0"


def main(args: Sequence[str]) -> int:
    (root,) = args
    try:
        opened = opening.open_library(root, "/nonexistent")
        try:
            _drive(opened)
        finally:
            opened.close()
    except PumasError as error:
        sys.stderr.write(f"{error.message}\n")
        return 1
    return 0


def _drive(opened: Opened) -> None:
    wiring = Wiring(opened, lambda event: None, space.host_name())
    recovering.recover(wiring.operations, opened.jobs, opened.index)
    tools = wiring.edits
    [(model_id, stamp)] = opened.index.known().items()
    change_metadata(
        tools, model_id, stamp.uid, lambda document: editing.edited(document, {"notes": NOTES, "tags": ["t"]})
    )
    limit_versions(tools, model_id, stamp.uid, lambda document: overrides.limited(document, "comfyui", RANGE))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
