"""Plans in a file of the user's choice: written to be looked at, kept, and applied later."""

import os
from collections.abc import Sequence

from pumas_tui.core.domain import plan_json
from pumas_tui.core.domain.errors import UsageError
from pumas_tui.core.domain.plan import Plan
from pumas_tui.core.fs import ops, reading


def write(path: str, plans: Sequence[Plan]) -> None:
    """Write plans to a new file, or over an older plan. Raises UsageError where the file is anything else,
    DiskError."""
    real = os.path.realpath(path)
    data = plan_json.encode(plans).encode("ascii")
    if ops.write_once(real, data):
        return
    try:
        read(real)
    except UsageError as error:
        raise UsageError(f"{path} is there and is no plan", path=path, hint="name a new file") from error
    ops.atomic_write(real, data)


def read(path: str) -> tuple[Plan, ...]:
    """The plans of a file. Raises UsageError for what is none, DiskError."""
    try:
        return plan_json.parse(reading.read_bounded(path, plan_json.MAX_BYTES))
    except UsageError as error:
        raise UsageError(f"{path}: {error.message}", path=path, hint=error.hint) from error
