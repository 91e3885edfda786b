"""What crashed operations left in `.staging`: proven copies are removed, everything else is told.

An entry is left alone while its lock is held or its process runs: either is enough, so nothing depends on
flock alone. Another host's entries are only told. Sources are proof: a staged file goes only when
its manifest calls it a copy and the source still has the size and mtime it was copied with.
"""

import json
import os
import time
from dataclasses import dataclass, field

from pumas_tui.core.domain import ids
from pumas_tui.core.domain.errors import DamagedError, DiskError
from pumas_tui.core.domain.ids import BadIdError, OperationId
from pumas_tui.core.domain.layout import METADATA, LibraryPaths
from pumas_tui.core.fs import locks, marker, ops, ops_publish, ops_remove, space
from pumas_tui.core.fs.failures import disk_error
from pumas_tui.core.fs.manifest import (
    Manifest,
    StagedCopy,
    lock_path,
    manifest_path,
    manifest_temp,
    read_manifest,
)
from pumas_tui.core.fs.owners import Owner
from pumas_tui.core.fs.reading import is_absent, is_there, names, read_bounded, tree

_METADATA_LIMIT = 4 << 20


@dataclass(frozen=True, slots=True)
class Leftover:
    """Something in staging that was not removed. `op` is empty for what no operation made; age in seconds."""

    op: str
    reason: str
    path: str
    host: str
    age_s: float


@dataclass(frozen=True, slots=True)
class SweepReport:
    """`removed`: operations whose staged copies are gone. `published`: manifests of operations that crashed
    after their model was in place. `leftovers`: what was left, and why."""

    removed: tuple[OperationId, ...]
    published: tuple[Manifest, ...]
    leftovers: tuple[Leftover, ...]


@dataclass(slots=True)
class _Sweep:
    paths: LibraryPaths
    host: str
    boot_id: str
    network: bool
    removed: list[OperationId] = field(default_factory=list)
    published: list[Manifest] = field(default_factory=list)
    leftovers: list[Leftover] = field(default_factory=list)

    def leave(self, op: str, path: str, reason: str, host: str = "") -> None:
        self.leftovers.append(Leftover(op, reason, path, host, _age_s(path)))

    def entry(self, op: OperationId) -> None:
        """Everything of one operation, under its lock when that is free."""
        path = lock_path(self.paths, op)
        fd: int | None = None
        try:
            if is_there(path):
                fd = ops.open_lock_file(path)
                if not locks.try_lock(fd, path):
                    return
            self._unlocked(op, locks.holder(fd) if fd is not None else None)
        except DiskError as error:
            self.leave(op, error.path or path, error.message)
        finally:
            if fd is not None:
                os.close(fd)

    def _unlocked(self, op: OperationId, holder: Owner | None) -> None:
        staged = self.paths.staged(op)
        manifest: Manifest | None = None
        try:
            manifest = read_manifest(manifest_path(self.paths, op))
        except DiskError as error:
            if not is_absent(error):
                raise
        except DamagedError as error:
            self.leave(op, manifest_path(self.paths, op), error.message)
            return
        owner = manifest.owner if manifest is not None else holder
        if owner is not None and owner.lives(self.host, self.boot_id):
            return
        if owner is not None and self._elsewhere(owner):
            self.leave(op, staged, f"is being worked on, or was, by {owner.host}", owner.host)
        elif manifest is not None:
            self._dead(manifest, staged)
        elif is_there(staged):
            self.leave(op, staged, "has no manifest that says what it holds")
        else:
            self._forget(op)

    def _elsewhere(self, owner: Owner) -> bool:
        """Another host's; on a shared file system also one of our name that started another time."""
        return owner.host != self.host or (self.network and owner.boot_id != self.boot_id)

    def _dead(self, manifest: Manifest, staged: str) -> None:
        final = f"{self.paths.models}/{manifest.model_id}" if manifest.model_id else ""
        if is_there(staged):
            reason = _not_proven(manifest, staged)
            if reason:
                self.leave(manifest.op, staged, reason, manifest.owner.host)
                return
            ops_remove.remove_staged_tree(staged)
        elif final and _holds(final, manifest):
            ops.fsync_dir(os.path.dirname(final))
            self._forget(manifest.op)
            self.published.append(manifest)
            return
        if final:
            ops_publish.drop_claim(final)
        self._forget(manifest.op)
        self.removed.append(manifest.op)

    def _forget(self, op: OperationId) -> None:
        ops_remove.remove_file_of_ours(f"{self.paths.staging}/{manifest_temp(op)}")
        ops_remove.remove_file_of_ours(manifest_path(self.paths, op))
        ops_remove.remove_file_of_ours(lock_path(self.paths, op))


def sweep(paths: LibraryPaths, host: str | None = None, boot_id: str | None = None) -> SweepReport:
    """Tidy after operations of this host that died. Touches nothing of a live one. Raises DiskError when
    staging itself cannot be read, and the errors of `marker.read`."""
    marker.tidy(paths.models)
    state = _Sweep(
        paths,
        host if host is not None else space.host_name(),
        boot_id if boot_id is not None else space.boot_id(),
        space.is_network(space.filesystem(paths.models)),
    )
    found: set[OperationId] = set()
    for name in names(paths.staging):
        op = _operation_of(name)
        if op is None:
            state.leave("", f"{paths.staging}/{name}", "was not made by any operation")
        else:
            found.add(op)
    for op in sorted(found):
        state.entry(op)
    return SweepReport(tuple(state.removed), tuple(state.published), tuple(state.leftovers))


def _operation_of(name: str) -> OperationId | None:
    stem = name
    for suffix in (".json.tmp", ".json", ".lock"):
        stem = stem.removesuffix(suffix)
    try:
        op = ids.operation_id(stem)
    except BadIdError:
        return None
    return op if name in (op, f"{op}.json", f"{op}.lock", manifest_temp(op)) else None


def _not_proven(manifest: Manifest, staged: str) -> str:
    """Why the staged files must stay; empty when each is a copy whose source is as it was."""
    copies = {copy.name: copy for copy in manifest.copies}
    for name, is_dir in tree(staged):
        if is_dir or name == METADATA or ops.is_temp_name(name):
            continue  # written by us from what the sources say
        copy = copies.get(name)
        if copy is None:
            return f"holds {name}, which its manifest does not call a copy"
        reason = _source_differs(copy)
        if reason:
            return reason
    return ""


def _source_differs(copy: StagedCopy) -> str:
    try:
        status = os.stat(copy.source)
    except OSError as error:
        return disk_error(error, "find the source", copy.source).message
    if (status.st_size, status.st_mtime_ns) != (copy.size, copy.mtime_ns):
        return f"the source {copy.source} changed since it was copied"
    return ""


def _holds(final: str, manifest: Manifest) -> bool:
    """The model of this operation is in place: publishing is one rename, so all of it is."""
    try:
        values = json.loads(read_bounded(f"{final}/{METADATA}", _METADATA_LIMIT))
        return isinstance(values, dict) and values.get("uid") == manifest.uid
    except (ValueError, RecursionError):
        return False
    except DiskError as error:
        if is_absent(error):
            return False
        raise


def _age_s(path: str) -> float:
    try:
        return max(0.0, time.time() - os.lstat(path).st_mtime)
    except OSError:
        return 0.0
