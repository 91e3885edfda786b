"""What stopped operations left in `.staging`: kept for the job that wants it, removed where it is proven that
nothing is lost, else told.

An entry is left alone while its lock is held or its process runs: either is enough, so nothing depends on
flock alone. Another host's entries are only told. What counts as proof: `proof`.
"""

import contextlib
import json
import os
import time
from collections.abc import Collection
from dataclasses import dataclass, field

from pumas_tui.core.domain import ids
from pumas_tui.core.domain.errors import DamagedError, DiskError
from pumas_tui.core.domain.ids import BadIdError, ModelUid, OperationId
from pumas_tui.core.domain.layout import METADATA, LibraryPaths
from pumas_tui.core.fs import adopting, locks, marker, ops, ops_publish, ops_remove, space
from pumas_tui.core.fs.manifest import (
    Manifest,
    lock_path,
    manifest_path,
    manifest_temp,
    read_manifest,
)
from pumas_tui.core.fs.owners import Owner
from pumas_tui.core.fs.proof import not_proven
from pumas_tui.core.fs.reading import is_absent, is_there, names, read_bounded

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
    after their model was in place. `leftovers`: what was left, and why. `kept`: for jobs that wait."""

    removed: tuple[OperationId, ...]
    published: tuple[Manifest, ...]
    leftovers: tuple[Leftover, ...]
    kept: tuple[OperationId, ...] = ()


@dataclass(slots=True)
class _Sweep:
    paths: LibraryPaths
    host: str
    boot_id: str
    network: bool
    wanted: Collection[ModelUid] = ()
    unwanted: Collection[ModelUid] = ()
    removed: list[OperationId] = field(default_factory=list)
    published: list[Manifest] = field(default_factory=list)
    leftovers: list[Leftover] = field(default_factory=list)
    kept: list[OperationId] = field(default_factory=list)

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
        parked = manifest is not None and manifest.parked and manifest.uid in self.unwanted
        if owner is not None and owner.lives(self.host, self.boot_id) and not parked:
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
            if manifest.uid in self.wanted and adopting.resumable(self.paths, manifest) is not None:
                self.kept.append(manifest.op)
                return
            reason = not_proven(manifest, staged)
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


def sweep(
    paths: LibraryPaths,
    wanted: Collection[ModelUid] = (),
    *,
    host: str | None = None,
    boot_id: str | None = None,
) -> SweepReport:
    """Tidy after operations of this host that died. Touches nothing of a live one, and nothing of models that
    are `wanted` by jobs that can go on. Raises DiskError when staging itself cannot be read, and the errors
    of `marker.read`."""
    marker.tidy(paths.models)
    state = _state(paths, host, boot_id)
    state.wanted = frozenset(wanted)
    found: set[OperationId] = set()
    for name in names(paths.staging):
        op = _operation_of(name)
        if ops.is_temp_name(name):
            ops.forget(f"{paths.staging}/{name}")
        elif op is None:
            state.leave("", f"{paths.staging}/{name}", "was not made by any operation")
        else:
            found.add(op)
    for op in sorted(found):
        state.entry(op)
    return SweepReport(
        tuple(state.removed), tuple(state.published), tuple(state.leftovers), tuple(state.kept)
    )


def drop(paths: LibraryPaths, unwanted: Collection[ModelUid]) -> tuple[OperationId, ...]:
    """Remove what stopped operations staged of these models, which nobody wants any more, with the same proof
    as a sweep. The operations that are gone. Raises DiskError when staging cannot be listed."""
    state = _state(paths)
    state.unwanted = unwanted
    for manifest in list(adopting.manifests(paths)):
        if manifest.uid in unwanted:
            state.entry(manifest.op)
    return tuple(state.removed)


def drop_downloads(paths: LibraryPaths, unwanted: Collection[ModelUid]) -> None:
    """Remove what was downloaded of these models and not committed: copies of ours, by their place.

    What cannot be removed now stays until somebody drops it again. Never raises DiskError.
    """
    for uid in unwanted:
        with contextlib.suppress(DiskError):
            ops_remove.remove_staged_tree(paths.download(uid))


def _state(paths: LibraryPaths, host: str | None = None, boot_id: str | None = None) -> _Sweep:
    return _Sweep(
        paths,
        host if host is not None else space.host_name(),
        boot_id if boot_id is not None else space.boot_id(),
        space.is_network(space.filesystem(paths.models)),
    )


def _operation_of(name: str) -> OperationId | None:
    stem = name
    for suffix in (".json.tmp", ".json", ".lock"):
        stem = stem.removesuffix(suffix)
    try:
        op = ids.operation_id(stem)
    except BadIdError:
        return None
    return op if name in (op, f"{op}.json", f"{op}.lock", manifest_temp(op)) else None


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
