"""Before an import touches the library: can its sources be read, is there a way in, is there room."""

import os
import time

from pumas_tui.core.db.registry import Abilities, Registry
from pumas_tui.core.domain import preflight, resuming
from pumas_tui.core.domain.errors import DiskError, DiskFullError, RefusedError, SourceChangedError, Trouble
from pumas_tui.core.domain.files import Candidate, FileEntry
from pumas_tui.core.domain.imports import ImportMode
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.domain.preflight import Place
from pumas_tui.core.fs import ops, ops_share, reading, sharing, space
from pumas_tui.core.host import sandbox

HARD_LINKS_SHARE = Trouble(
    "hardlink",
    "hard links: the library and the source are two names of one file",
    hint="what changes through one name changes the other",
)
_MODELS = "models"
_BEING_WRITTEN_S = 2.0
"""A source whose last change is younger, and that is not as it was seen before, is still being written."""


def place_of(paths: LibraryPaths) -> Place:
    """The library's disk. Raises DiskError."""
    mount = space.filesystem(paths.models)
    return Place(
        path=paths.models,
        type=mount.type,
        options=mount.options,
        mount_point=mount.mount_point,
        root=mount.root,
        writable=space.may_write(paths.models),
    )


def notes(paths: LibraryPaths) -> tuple[Trouble, ...]:
    """What is worth saying about where the library is. Raises DiskError."""
    return preflight.notes(place_of(paths), sandbox.find())


def try_links(paths: LibraryPaths, registry: Registry) -> None:
    """Find out which links the library's disk can hold and remember it; done once for a disk.

    What cannot be tried now is tried the next time. Raises the errors of the registry.
    """
    try:
        mount = space.filesystem(paths.models)
        known = registry.abilities(_MODELS)
        if known is not None and known.disk == (mount.type, mount.source):
            return
        ops.make_dir(paths.staging, exist_ok=True)
        symbolic, hard = ops_share.links_possible(paths.staging)
    except DiskError:
        return
    registry.remember_abilities(_MODELS, Abilities((mount.type, mount.source), symbolic, hard))


def check_sources(
    seen: Candidate, now: Candidate, paths: LibraryPaths, own: str, *, ours: bool = False
) -> None:
    """The files can be read, stand still, and are none of the library's own, but for downloads: all (`ours`)
    or those in the folder `own`.

    `seen`: as they were submitted.

    Raises SourceChangedError, RefusedError, DiskError.
    """
    before = {member.entry.path: member.entry for member in seen.members}
    models, own = os.path.realpath(paths.models), os.path.realpath(own)
    for member in now.members:
        path, real = member.entry.path, os.path.realpath(member.entry.path)
        if not ours and real.startswith(f"{models}/") and not real.startswith(f"{own}/"):
            raise RefusedError(f"{path} leads into the library already", path=path)
        if _is_being_written(before.get(path), member.entry):
            message = f"{path} is still being written"
            raise SourceChangedError(message, path=path, hint="retry when it is complete")
        reading.check_readable(path)


def _is_being_written(before: FileEntry | None, now: FileEntry) -> bool:
    return before not in (None, now) and abs(time.time() - now.mtime_ns / 1e9) < _BEING_WRITTEN_S


def ways(candidate: Candidate, mode: ImportMode, paths: LibraryPaths) -> dict[str, ImportMode]:
    """How each member (by name) is to come in: `auto` becomes reflink where a try succeeds, else copy.

    Raises DiskError.
    """
    if mode is not ImportMode.AUTO:
        return {member.name: mode for member in candidate.members}
    ops.make_dir(paths.staging, exist_ok=True)
    clones: dict[int, bool] = {}
    for member in sorted(candidate.members, key=lambda m: -m.entry.size):
        if member.entry.dev not in clones:
            clones[member.entry.dev] = sharing.can_clone(member.entry.path, paths.staging)
    return {m.name: ImportMode.REFLINK if clones[m.entry.dev] else ImportMode.COPY for m in candidate.members}


def check_place(paths: LibraryPaths, candidate: Candidate) -> None:
    """The library's disk can take files like these. Raises DiskError."""
    found = preflight.obstacle(place_of(paths), {m.entry.path: m.entry.size for m in candidate.members})
    if found is not None:
        trouble, errno_name = found
        raise DiskError(trouble.message, path=trouble.path, errno_name=errno_name, hint=trouble.hint)


def check_room(paths: LibraryPaths, name: str, needed: int, reserve: int, kept: int) -> None:
    """So many bytes more can be copied and the reserve stays free. `kept` bytes of it are there already.

    Raises DiskFullError with the bytes that are missing.
    """
    free = space.free_bytes(paths.models)
    missing = needed + reserve - free
    if needed > 0 and missing > 0:
        raise DiskFullError(
            resuming.full(paths.models, name, missing, free, kept),
            path=paths.models,
            missing_bytes=missing,
            kept_bytes=kept,
        )
