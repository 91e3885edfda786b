"""The staging of one import: pre-flight, going on with what was kept, bringing files in, keep or discard."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pumas_tui.core.domain import describing, resuming
from pumas_tui.core.domain.describing import StagedFile
from pumas_tui.core.domain.errors import CancelledError, DiskError, DiskFullError, PumasError, RefusedError
from pumas_tui.core.domain.files import Candidate, Member
from pumas_tui.core.domain.ids import OperationId
from pumas_tui.core.domain.import_payload import ImportOrder
from pumas_tui.core.domain.imports import ImportMode, mode_of
from pumas_tui.core.domain.jobs import Stage
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.flows import preflight
from pumas_tui.core.fs import copying, ops, sharing, space, staging
from pumas_tui.core.fs.copying import CopiedFile
from pumas_tui.core.fs.staging import Found, Manifest, Staging

Report = Callable[[Stage, int, int], None]


@dataclass(frozen=True, slots=True)
class Controls:
    """How a running import is steered and what it tells.

    `cancel`: stop soon; `unwanted`: and throw away what was copied, else it is kept. `alone`: no other import
    runs here, so one file may use two cores.
    """

    cancel: threading.Event
    unwanted: threading.Event
    report: Report
    alone: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class StagingPlan:
    """What will be staged, decided before anything is written. `ways`: by name of the member."""

    paths: LibraryPaths
    candidate: Candidate
    manifest: Manifest
    ways: Mapping[str, ImportMode]
    names: Mapping[str, str]
    found: Found | None
    reserve: int

    @property
    def to_copy(self) -> int:
        """Bytes of the members that will be copied."""
        return sum(m.entry.size for m in self.candidate.members if self.ways[m.name] is ImportMode.COPY)


def plan(order: ImportOrder, op: OperationId, paths: LibraryPaths, reserve: int) -> StagingPlan:
    """Look before the leap. Raises DiskFullError, DiskError."""
    candidate = order.candidate
    preflight.check_place(paths, candidate)
    ways = preflight.ways(candidate, order.choices.mode, paths)
    names = describing.staged_names(candidate.members)
    copies = {names[m.name]: m.entry for m in candidate.members}
    manifest = staging.new_manifest(op, _manifest_mode(ways), copies, order.uid)
    found = staging.find(paths, manifest) if manifest.mode == ImportMode.COPY else None
    planned = StagingPlan(paths, candidate, manifest, ways, names, found, reserve)
    kept = found.bytes if found is not None else 0
    preflight.check_room(paths, candidate.name, planned.to_copy - kept, reserve, kept)
    return planned


def _manifest_mode(ways: Mapping[str, ImportMode]) -> str:
    kinds = set(ways.values())
    return (kinds.pop() if len(kinds) == 1 else ImportMode.AUTO).value


def fill(staged: Staging, planned: StagingPlan, controls: Controls) -> tuple[list[StagedFile], ImportMode]:
    """Bring every member into the staged directory; the files, and how they came.

    Raises SourceChangedError, CancelledError, DiskError, DiskFullError.
    """
    candidate = planned.candidate
    total, before = candidate.size_bytes, 0
    files: list[StagedFile] = []
    done: list[ImportMode] = []
    controls.report(Stage.RESUMING if staged.have else Stage.STAGING, 0, total)
    for member in candidate.members:
        name = planned.names[member.name]
        if "/" in name:
            ops.make_dirs(staged.dir, name.rpartition("/")[0])
        bringing = _Bringing(member, f"{staged.dir}/{name}", staged.have.get(name), before, total, controls)
        copied, way = bringing.bring(planned.ways[member.name])
        _check_expected(member, copied)
        files.append(StagedFile(member, name, copied.sha256, copied.xxh3_128))
        done.append(way)
        before += member.entry.size
    return files, mode_of(done)


def _check_expected(member: Member, copied: CopiedFile) -> None:
    """A cache that names its files by their content tells when it is damaged. Raises RefusedError."""
    if member.expected_sha256 and copied.sha256 != member.expected_sha256:
        path = member.entry.path
        message = (
            f"{path} is damaged: its content is not the {member.expected_sha256[:12]}… its name promises"
        )
        raise RefusedError(message, path=path, hint="let the program it belongs to fetch it again")


@dataclass(frozen=True, slots=True)
class _Bringing:
    """One member on its way to `target`. `have`: bytes that are there already, None: no file is."""

    member: Member
    target: str
    have: int | None
    before: int
    total: int
    controls: Controls

    def bring(self, way: ImportMode) -> tuple[CopiedFile, ImportMode]:
        source, target = self.member.entry, self.target
        cancel, count, alone = self.controls.cancel, self._count, self.controls.alone()
        if way is ImportMode.HARDLINK:
            linked = sharing.link_hashed(
                source.path, target, expect=source, cancel=cancel, on_bytes=count, alone=alone
            )
            return linked, way
        if way is ImportMode.REFLINK:
            cloned = sharing.clone_hashed(
                source.path, target, expect=source, cancel=cancel, on_bytes=count, alone=alone
            )
            if cloned is None:
                raise _cannot_clone(source.path)
            return cloned, way
        copied = copying.copy_hashed(
            source.path, target, expect=source, cancel=cancel, on_bytes=count, alone=alone, have=self.have
        )
        return copied, ImportMode.COPY

    def _count(self, done: int) -> None:
        """Progress of one file as progress of all."""
        again = done <= (self.have or 0)
        self.controls.report(Stage.RESUMING if again else Stage.STAGING, self.before + done, self.total)


def _cannot_clone(path: str) -> DiskError:
    return DiskError(
        f"{path} cannot share its blocks with the library (no reflink here)",
        path=path,
        errno_name="EOPNOTSUPP",
        hint="reflinks need both places on one XFS, Btrfs or bcachefs; use mode auto or copy",
    )


def stopped(
    error: CancelledError | DiskFullError, staged: Staging, planned: StagingPlan, controls: Controls
) -> PumasError:
    """Keep what is staged, or discard it where nobody wants it; the error to raise in place of `error`.

    Of a full disk the last bytes are given back, so that the rest of the machine works on.
    """
    if isinstance(error, CancelledError):
        if controls.unwanted.is_set():
            staged.discard()
        else:
            staged.park()
        return error
    models = planned.paths.models
    kept = staged.park(resuming.to_give_back(space.free_bytes(models), planned.reserve))
    free = space.free_bytes(models)
    missing = planned.to_copy - kept + planned.reserve - free
    if missing <= 0:  # a quota, no inodes, or somebody made room meanwhile: the call itself tells best
        error.kept_bytes = kept
        return error
    said = resuming.full(models, planned.candidate.name, missing, free, kept)
    return DiskFullError(said, path=models, missing_bytes=missing, kept_bytes=kept)
