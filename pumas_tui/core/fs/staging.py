"""Work in progress: `.staging/<op>/` with its manifest `<op>.json` and its lock `<op>.lock` beside it.

The order keeps every crash harmless. Begin: lock, manifest (atomically), directory; so a directory always has
a manifest that tells whose it is and of what it holds copies. Commit: one rename, then manifest, then lock.
Discard: directory, manifest, lock. Park: the directory stays for whoever wants the same files. What a crash
leaves is judged by `sweep`.
"""

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import replace

from pumas_tui.core.domain import ids, resuming
from pumas_tui.core.domain.errors import BusyError, DiskError
from pumas_tui.core.domain.ids import ModelId, OperationId
from pumas_tui.core.domain.layout import METADATA, LibraryPaths
from pumas_tui.core.fs import adopting, locks, ops, ops_publish, ops_remove, proof
from pumas_tui.core.fs.adopting import Found as Found
from pumas_tui.core.fs.adopting import find as find
from pumas_tui.core.fs.manifest import Manifest as Manifest
from pumas_tui.core.fs.manifest import StagedCopy as StagedCopy
from pumas_tui.core.fs.manifest import lock_path, manifest_path, manifest_temp
from pumas_tui.core.fs.manifest import new_manifest as new_manifest
from pumas_tui.core.fs.ops_publish import NameTakenError as NameTakenError
from pumas_tui.core.fs.reading import is_there, tree
from pumas_tui.core.fs.sweeping import Leftover as Leftover
from pumas_tui.core.fs.sweeping import SweepReport as SweepReport
from pumas_tui.core.fs.sweeping import drop as drop
from pumas_tui.core.fs.sweeping import sweep as sweep


def is_under_way(paths: LibraryPaths, op: OperationId) -> bool:
    """Something of the operation is in staging. Raises DiskError."""
    return is_there(manifest_path(paths, op)) or is_there(paths.staged(op))


class Staging:
    """An operation that stages. `dir` is its directory; the lock is held until one of the four ends.

    `have`: right first bytes of files that an earlier operation staged, by name; the others are not there.
    """

    def __init__(self, paths: LibraryPaths, manifest: Manifest, lock_fd: int) -> None:
        self.paths = paths
        self.manifest = manifest
        self.have: Mapping[str, int] = {}
        self.dir = paths.staged(manifest.op)
        self._lock_fd: int | None = lock_fd

    def close(self) -> None:
        """Let go and leave everything for a later sweep."""
        if self._lock_fd is not None:
            os.close(self._lock_fd)
            self._lock_fd = None

    def discard(self) -> None:
        """Remove the staged files: they are copies or our own. A hard link that has become the last name of
        its file stays, and a sweep tells of it.

        Never raises DiskError: whatever stopped the operation is what must be told, and what cannot be
        removed now a sweep finds by its manifest.
        """
        try:
            with contextlib.suppress(DiskError):
                if self.manifest.mode != proof.HARD_LINKS or not proof.not_proven(self.manifest, self.dir):
                    ops_remove.remove_staged_tree(self.dir)
                    self._forget()
        finally:
            self.close()

    def park(self, give_back: int = 0) -> int:
        """Stop, and keep what was copied but for its last `give_back` bytes; the bytes kept.

        Brought to the disk, so that they count after a reboot. Where nothing can be gone on with, or a disk
        error comes, everything is discarded. Never raises DiskError.
        """
        try:
            return self._parked(give_back)
        except DiskError:
            self.discard()
            return 0
        finally:
            self.close()

    def _parked(self, give_back: int) -> int:
        files = [(copy, adopting.size_of(f"{self.dir}/{copy.name}")) for copy in self.manifest.copies]
        keep = resuming.kept([size or 0 for _, size in files], give_back)
        if self.manifest.mode != adopting.COPY or not sum(keep):
            self.discard()
            return 0
        for (copy, size), left in zip(files, keep, strict=True):
            if size is not None:
                ops.settle_file(f"{self.dir}/{copy.name}", left)
        copies = tuple(replace(copy, durable=n) for (copy, _), n in zip(files, keep, strict=True))
        self.manifest = replace(self.manifest, copies=copies, parked=True)
        # Without the new manifest only this process, or one after it on this boot, can go on: good enough.
        with contextlib.suppress(DiskError):
            _write_manifest(self.paths, self.manifest)
        return sum(keep)

    def _forget(self) -> None:
        op = self.manifest.op
        ops_remove.remove_file_of_ours(manifest_path(self.paths, op))
        ops_remove.remove_file_of_ours(lock_path(self.paths, op))


def begin(paths: LibraryPaths, manifest: Manifest, found: Found | None = None) -> Staging:
    """Start to stage, with what was `found` of the same files if nobody else took it. Raises DiskError,
    DiskFullError."""
    ops.make_dir(paths.staging, exist_ok=True)
    staging = Staging(paths, manifest, _lock(paths, manifest))
    try:
        if found is None or not _taken(staging, found):
            _write_manifest(paths, manifest)
            ops.make_dir(staging.dir)
    except BaseException:
        staging.discard()
        raise
    return staging


def _taken(staging: Staging, found: Found) -> bool:
    durable = {copy.name: copy.durable for copy in found.manifest.copies}
    copies = tuple(replace(copy, durable=durable[copy.name]) for copy in staging.manifest.copies)
    _write_manifest(staging.paths, replace(staging.manifest, copies=copies))
    if not adopting.take(staging.paths, found, staging.manifest.op):
        return False
    staging.manifest = replace(staging.manifest, copies=copies)
    staging.have = found.have
    return True


def _lock(paths: LibraryPaths, manifest: Manifest) -> int:
    path = lock_path(paths, manifest.op)
    fd = ops.open_lock_file(path)
    try:
        # A sweep that saw the file before it was locked may hold it or have removed it.
        if not locks.try_lock(fd, path) or os.fstat(fd).st_nlink == 0:
            raise BusyError(f"{path} was taken while it was made", path=path, hint="retry")
        ops.rewrite(fd, json.dumps(manifest.owner.to_json()).encode())
    except BaseException:
        os.close(fd)
        raise
    return fd


def _write_manifest(paths: LibraryPaths, manifest: Manifest) -> None:
    temp = manifest_temp(manifest.op)
    ops.atomic_write(manifest_path(paths, manifest.op), manifest.to_bytes(), temp=temp)


def commit(staging: Staging, final_dir: str) -> None:
    """Publish the staged directory as `final_dir` (three levels below models/) and end the operation.

    The content of every staged file must be on the disk, metadata.json among them. Raises NameTakenError
    (nothing changed: choose another name, commit again), DiskError. After it returns the model survives
    a power cut.
    """
    model_id = ids.model_id(os.path.relpath(final_dir, staging.paths.models))
    if not is_there(f"{staging.dir}/{METADATA}"):
        raise DiskError(f"{staging.dir} has no {METADATA}", path=staging.dir, errno_name="ENOENT")
    for folder, is_dir in tree(staging.dir):
        if is_dir:
            ops.fsync_dir(f"{staging.dir}/{folder}")
    ops.fsync_dir(staging.dir)
    _note_model_id(staging, model_id)
    ops.make_dirs(staging.paths.models, model_id.rpartition("/")[0])
    ops_publish.publish_dir(staging.dir, final_dir)
    # The model is published and durable now: a manifest that cannot be removed is tidied by a sweep.
    staging.discard()


def _note_model_id(staging: Staging, model_id: ModelId) -> None:
    """The manifest knows the final place before it is claimed, so that a sweep can free an empty claim."""
    if staging.manifest.model_id != model_id:
        staging.manifest = replace(staging.manifest, model_id=model_id)
        _write_manifest(staging.paths, staging.manifest)
