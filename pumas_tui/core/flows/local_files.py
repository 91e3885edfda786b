"""Files that a model lacks, from this machine: which may be it, and bringing the right one into a download's
folder. A file of the user's is read, and stays where and as it is.
"""

import os
import stat
import threading
from dataclasses import dataclass, field

from pumas_tui.core.domain import found_files, paste
from pumas_tui.core.domain.errors import (
    CancelledError,
    DiskError,
    DiskFullError,
    NotFoundError,
    PumasError,
    RefusedError,
    SourceChangedError,
)
from pumas_tui.core.domain.files import FileEntry
from pumas_tui.core.domain.imports import ImportMode, mode_of
from pumas_tui.core.domain.jobs import Stage
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.domain.refetching import Get, Lacking, Wanted
from pumas_tui.core.domain.text import safe
from pumas_tui.core.flows import preflight
from pumas_tui.core.flows.inspecting import may_be_there
from pumas_tui.core.flows.staging_job import Controls
from pumas_tui.core.fs import copying, ops, reading, sharing, space
from pumas_tui.core.fs.adopting import size_of
from pumas_tui.core.fs.copying import CopiedFile
from pumas_tui.core.fs.failures import told
from pumas_tui.core.fs.hunting import CANCELLED, Hunt

Matches = tuple[tuple[Get, ...], tuple[tuple[Wanted, str], ...]]


def place_of(text: str) -> str:
    """The file or folder whose path was typed or pasted. Raises NotFoundError."""
    read = paste.read(text, may_be_there, os.path.expanduser("~"), space.host_name())
    path = next((source.path for source in read if source.exists), None)
    if path is None:
        raise NotFoundError(f'"{safe(text)}" is not a file or folder here', hint="check the path")
    return os.path.abspath(path)


def at(lacking: Lacking, path: str, stop: threading.Event) -> Matches:
    """What of it may be this file, or lie in this folder; and why not the rest. Reads names and stats only.

    Raises RefusedError where the file is none of them, NotFoundError where the folder has none, DiskError,
    CancelledError.
    """
    with told("look at", path):
        is_folder = stat.S_ISDIR(os.stat(path).st_mode)
    if not is_folder:
        got, left = found_files.matching(lacking, [reading.entry(path)], path)
        if not got:
            why = left[0][1]
            message = why if why.startswith(path) else f"{path} is not taken: {why}"
            raise RefusedError(message, path=path)
        return got, left
    names, sizes = found_files.looked_for(lacking)
    hunt = Hunt(path, names, stop, sizes=sizes)
    entries = next(hunt.levels(), [])
    if hunt.stopped == CANCELLED:
        raise CancelledError(f"stopped while looking through {path}", path=path)
    got, left = found_files.matching(lacking, entries, path)
    if not got:
        hint = (
            "it was looked through only in part: name a folder in it, or the file" if hunt.stopped else None
        )
        raise NotFoundError(f"{left[0][0].name}: {left[0][1]}", path=path, hint=hint)
    return got, left


@dataclass(slots=True)
class Bringing:
    """The files of one job, one after the other, into `folder`."""

    paths: LibraryPaths
    folder: str
    reserve_bytes: int
    controls: Controls
    total: int
    done: int = 0
    ways: list[ImportMode] = field(default_factory=list)
    reasons: list[tuple[str, str]] = field(default_factory=list)
    _read: dict[FileEntry, str] = field(default_factory=dict)

    def bring(self, one: Get) -> CopiedFile | None:
        """Bring the right one of a file's places; None where none of them is it, which `reasons` tells.

        Raises CancelledError, DiskFullError; DiskError and SourceChangedError where one of the places, that
        may be it, could not be read.
        """
        target = f"{self.folder}/{one.file.path}"
        ops.make_dirs(self.paths.models, os.path.dirname(target).removeprefix(f"{self.paths.models}/"))
        failed: DiskError | SourceChangedError | None = None
        for place in one.places:
            try:
                found = self._from(place, target, one, alone=len(one.places) == 1)
            except (CancelledError, DiskFullError):
                raise
            except (DiskError, SourceChangedError) as error:
                failed = failed or error
                continue
            if found is not None:
                self.done += found.size
                return found
        if failed is not None:
            raise failed
        return None

    def problem(self) -> PumasError:
        """Why nothing could be brought."""
        place, message = self.reasons[0]
        return RefusedError(message, path=place, hint="name another file or folder")

    @property
    def mode(self) -> ImportMode:
        """How they came."""
        return mode_of(self.ways)

    def _from(self, place: str, target: str, one: Get, *, alone: bool) -> CopiedFile | None:
        """One place is read once, on the way in; of several each is read first."""
        source = reading.entry(place)
        if source.size != one.file.size:
            self.reasons.append((place, f"{place} has another size by now"))
            return None
        if not alone and self._hash_of(source) != one.sha256:
            self._note_other(place, self._hash_of(source), one)
            return None
        for have in dict.fromkeys((size_of(target), None)):
            copied, way = self._copied(source, target, have)
            if copied.sha256 == one.sha256:
                self.ways.append(way)
                return copied
            ops.forget(target)  # also what a crash left of another file
        self._note_other(place, copied.sha256, one)
        return None

    def _note_other(self, place: str, sha256: str, one: Get) -> None:
        has = f"its SHA-256 is {sha256[:12]}…, {one.sha256[:12]}… is on record"
        self.reasons.append((place, f"{place} is not {one.wanted.name}: {has}"))

    def _hash_of(self, source: FileEntry) -> str:
        if source not in self._read:
            found = copying.hash_file(
                source.path,
                cancel=self.controls.cancel,
                on_bytes=lambda done: self.controls.report(Stage.CHECKING, done, source.size),
                expect=source,
                alone=self.controls.alone(),
            )
            self._read[source] = found.sha256
        return self._read[source]

    def _copied(self, source: FileEntry, target: str, have: int | None) -> tuple[CopiedFile, ImportMode]:
        """A clone where the disk can, else a copy that goes on after what is there of it."""
        cancel, alone, kept = self.controls.cancel, self.controls.alone(), have or 0
        if have is None:
            cloned = sharing.clone_hashed(
                source.path, target, expect=source, cancel=cancel, on_bytes=self._count, alone=alone
            )
            if cloned is not None:
                return cloned, ImportMode.REFLINK
        preflight.check_room(
            self.paths, os.path.basename(target), source.size - kept, self.reserve_bytes, kept
        )
        copied = copying.copy_hashed(
            source.path, target, expect=source, cancel=cancel, on_bytes=self._count, alone=alone, have=have
        )
        return copied, ImportMode.COPY

    def _count(self, done: int) -> None:
        self.controls.report(Stage.STAGING, self.done + done, self.total)
