"""What stopped operations left in `.staging`, looked at only: the next start tidies what it may."""

import os
import time
from collections.abc import Collection, Iterator
from contextlib import suppress

from pumas_tui.core.domain import ids
from pumas_tui.core.domain.errors import DamagedError, DiskError
from pumas_tui.core.domain.ids import BadIdError, ModelUid, OperationId
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.domain.spacing import LeftBehind
from pumas_tui.core.fs import ops, proof, reading, space
from pumas_tui.core.fs.manifest import manifest_path, read_manifest


def look(paths: LibraryPaths, wanted: Collection[ModelUid]) -> tuple[LeftBehind, ...]:
    """Left by operations that are over; `wanted` models are those of jobs that will go on with theirs.

    Raises DiskError when staging cannot be listed.
    """
    found = dict.fromkeys(sorted(reading.names(paths.staging)))
    folders = [name for name in found if "." not in name and not ops.is_temp_name(name)]
    return tuple(left for name in folders for left in _left(paths, name, wanted))


def _left(paths: LibraryPaths, name: str, wanted: Collection[ModelUid]) -> Iterator[LeftBehind]:
    path = f"{paths.staging}/{name}"
    try:
        reason = _reason(paths, ids.operation_id(name), wanted)
    except BadIdError:
        reason = "was not made by any operation"
    except (DamagedError, DiskError) as error:
        reason = error.message
    if reason:
        yield LeftBehind(path, _bytes_of(path), f"{reason}; {_age(path)} old")


def _reason(paths: LibraryPaths, op: OperationId, wanted: Collection[ModelUid]) -> str:
    """Why it is there, empty where somebody works on it or will. Raises DamagedError, DiskError, where
    absent means that no manifest says what it holds."""
    manifest = read_manifest(manifest_path(paths, op))
    here = space.host_name()
    if manifest.owner.host != here:
        return f"is being worked on, or was, by {manifest.owner.host}"
    if manifest.owner.lives(here, space.boot_id()) or manifest.uid in wanted:
        return ""
    why = proof.not_proven(manifest, paths.staged(op))
    return why or "was cut off; the next start of the full-screen program tidies it"


def _bytes_of(path: str) -> int:
    """Bytes of all files below, as far as they can be looked at."""
    total = 0
    with suppress(DiskError, OSError):
        for name, is_dir in reading.tree(path):
            total += 0 if is_dir else os.lstat(f"{path}/{name}").st_size
    return total


def _age(path: str) -> str:
    try:
        hours = max(0.0, time.time() - os.lstat(path).st_mtime) / 3600
    except OSError:
        return "some time"
    return f"{hours / 24:.0f} days" if hours >= 48 else f"{hours:.0f} h"
