"""Going on with what an import staged before it was stopped: by the same job later, or by another one.

Adopting is one rename of the staging directory to the name of the new operation, after that one's manifest
is written: of two that want it one wins, with or without locks, and a crash in between leaves what a sweep
knows.

How much of a file is right: after a stop on purpose or a killed process its size, for every write before was
taken by this kernel; after a reboot only what was brought to the disk on purpose (`durable`).
"""

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pumas_tui.core.domain import ids
from pumas_tui.core.domain.errors import DamagedError, DiskError
from pumas_tui.core.domain.ids import BadIdError, OperationId, operation_id
from pumas_tui.core.domain.layout import METADATA, LibraryPaths
from pumas_tui.core.fs import copying, locks, ops, ops_publish, owners, space
from pumas_tui.core.fs.failures import ABSENT, disk_error
from pumas_tui.core.fs.manifest import (
    Manifest,
    StagedCopy,
    lock_path,
    manifest_path,
    manifest_temp,
    read_manifest,
)
from pumas_tui.core.fs.proof import source_differs
from pumas_tui.core.fs.reading import is_there, names

COPY = "copy"
"""The mode of an operation whose files are all plain copies: only these can be gone on with."""


@dataclass(frozen=True, slots=True)
class Found:
    """A staging directory that can be gone on with. `have`: right first bytes, by name of the staged file."""

    manifest: Manifest
    have: Mapping[str, int]

    @property
    def bytes(self) -> int:
        """Of all files."""
        return sum(self.have.values())


def manifests(paths: LibraryPaths) -> Iterator[Manifest]:
    """The manifests in staging that can be read. Raises DiskError when staging cannot be listed."""
    for name in names(paths.staging):
        stem, dot, suffix = name.rpartition(".")
        if dot and suffix == "json":
            with contextlib.suppress(BadIdError, DamagedError, DiskError):
                yield read_manifest(manifest_path(paths, operation_id(stem)))


def find(paths: LibraryPaths, wanted: Manifest) -> Found | None:
    """The staged copy of the same files that is furthest and that nobody works on. Raises DiskError."""
    identities = {copy.identity for copy in wanted.copies}
    best: Found | None = None
    for manifest in manifests(paths):
        if {copy.identity for copy in manifest.copies} == identities and _is_free(paths, manifest):
            found = resumable(paths, manifest)
            if found is not None and found.bytes > (best.bytes if best is not None else 0):
                best = found
    return best


def _is_free(paths: LibraryPaths, manifest: Manifest) -> bool:
    """Nobody holds its lock, and its owner let go of it, is gone, or is this process."""
    me = owners.this_process()
    mine = replace(manifest.owner, since="") == replace(me, since="")
    if not (manifest.parked or mine or not manifest.owner.lives(me.host, me.boot_id)):
        return False
    if manifest.owner.host != me.host:
        return False
    path = lock_path(paths, manifest.op)
    if not is_there(path):
        return True
    fd = ops.open_lock_file(path)
    try:
        return locks.try_lock(fd, path)
    finally:
        os.close(fd)


def resumable(paths: LibraryPaths, manifest: Manifest) -> Found | None:
    """What of this operation is right and worth going on with; None when nothing is. Raises DiskError."""
    # Of a clone that was broken off the size tells nothing, and a hard link has nothing to go on with.
    if manifest.mode != COPY:
        return None
    same_boot = manifest.owner.boot_id == space.boot_id()
    have = {}
    for copy in manifest.copies:
        staged = f"{paths.staged(manifest.op)}/{copy.name}"
        there = size_of(staged)
        if there is None:
            continue
        have[copy.name] = min(there, copy.size if same_boot else copy.durable)
        if have[copy.name] and not _is_right(copy, staged, have[copy.name]):
            return None
    return Found(manifest, have) if any(have.values()) else None


def size_of(path: str) -> int | None:
    """Bytes of a staged file; None when it is not there. Raises DiskError."""
    try:
        return os.lstat(path).st_size
    except OSError as error:
        if error.errno in ABSENT:
            return None
        raise disk_error(error, "look at", path) from error


def _is_right(copy: StagedCopy, staged: str, size: int) -> bool:
    """The source is as it was, and what is staged begins like it wherever one looks."""
    try:
        same_ino = os.stat(copy.source).st_ino == copy.ino
        return same_ino and not source_differs(copy) and copying.same_start(copy.source, staged, size)
    except (OSError, DiskError):
        return False


def take(paths: LibraryPaths, found: Found, op: OperationId) -> bool:
    """Move the staged directory to the new operation, whose manifest stands. False: somebody was faster.

    Raises DiskError; nothing was moved then.
    """
    old = found.manifest
    fd = ops.open_lock_file(lock_path(paths, old.op))
    try:
        if not locks.try_lock(fd, lock_path(paths, old.op)):
            return False
        if not ops_publish.take_staged(paths.staged(old.op), paths.staged(op)):
            return False
        if old.model_id:  # it may have been stopped between claiming its name and taking it
            ops_publish.drop_claim(paths.model_dir(ids.model_id(old.model_id)))
        ops.forget(f"{paths.staged(op)}/{METADATA}")
        ops.forget(f"{paths.staging}/{manifest_temp(old.op)}")
        ops.forget(manifest_path(paths, old.op))
        ops.forget(lock_path(paths, old.op))
    finally:
        os.close(fd)
    return True
