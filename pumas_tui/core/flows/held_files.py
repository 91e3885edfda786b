"""Files of a repository that are in the library already: which they are, and bringing them into a download.

A file is found by the SHA-256 that the Hub tells and the index keeps. What is brought from there is hashed on
the way; one that turned out to be other bytes, or that cannot be read, is left to the network.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from pumas_tui.core.db.index import IndexWriter, KnownFile
from pumas_tui.core.domain import hub_values
from pumas_tui.core.domain.errors import DiskError, DiskFullError, SourceChangedError
from pumas_tui.core.domain.holdings import HeldFile, Holdings
from pumas_tui.core.domain.hub_values import HubFile
from pumas_tui.core.domain.jobs import Stage
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.flows.staging_job import Controls
from pumas_tui.core.fs import copying, ops, reading, sharing
from pumas_tui.core.fs.adopting import size_of
from pumas_tui.core.fs.copying import CopiedFile

_MOST_SMALL = 16 << 20  # bytes; the Hub keeps larger files by their SHA-256


def find(index: IndexWriter, paths: LibraryPaths, files: Iterable[HubFile]) -> Holdings:
    """What the library has of these files of a repository. Those without a SHA-256 are looked for in the
    models that have others of them, and compared byte for byte. Raises the errors of the index."""
    wanted = list(files)
    found = {file.path: tuple(_held(index, paths, file)) for file in wanted if file.sha256}
    holders = {held.uid for helds in found.values() for held in helds}
    there = [known for uid in sorted(holders) for known in index.files_of(uid)]
    for file in wanted:
        if file.blob_id and not file.sha256 and (file.size or 0) <= _MOST_SMALL:
            same = [known for known in there if known.size == file.size and _is_blob(paths, known, file)]
            found[file.path] = tuple(_as_held(file, known) for known in same)
    return {path: helds for path, helds in found.items() if helds}


def _held(index: IndexWriter, paths: LibraryPaths, file: HubFile) -> Iterator[HeldFile]:
    for known in index.by_sha256(file.sha256):
        if known.size == file.size and _stands(paths, known):
            yield _as_held(file, known)


def _as_held(file: HubFile, known: KnownFile) -> HeldFile:
    return HeldFile(file.path, known.model_id, known.uid, known.name, known.size)


def _path(paths: LibraryPaths, known: KnownFile) -> str:
    return f"{paths.model_dir(known.model_id)}/{known.name}"


def _stands(paths: LibraryPaths, known: KnownFile) -> bool:
    """The index may be older than the disk."""
    try:
        return size_of(_path(paths, known)) == known.size
    except DiskError:
        return False


def _is_blob(paths: LibraryPaths, known: KnownFile, file: HubFile) -> bool:
    try:
        return hub_values.blob_id(reading.read_bounded(_path(paths, known), known.size)) == file.blob_id
    except DiskError:
        return False


@dataclass(frozen=True, slots=True)
class Taking:
    """A file that comes from the library into a download. `number`: which of the download's files it is;
    `shares`: it takes no room."""

    number: int
    source: str
    target: str
    sha256: str
    shares: bool

    def take(self, controls: Controls, count_from: int, total: int) -> bool:
        """Bring it, after what is there of it already; False: it has to come over the network after all.

        `count_from`: bytes of the other files, for the report. Raises CancelledError, DiskFullError.
        """

        def on_bytes(done: int) -> None:
            controls.report(Stage.STAGING, count_from + done, total)

        try:
            copied = self._cloned(controls, on_bytes) or self._copied(controls, on_bytes)
        except DiskFullError:
            raise
        except (DiskError, SourceChangedError):
            ops.forget(self.target)
            return False
        if copied.sha256 != self.sha256:
            ops.forget(self.target)
            return False
        return True

    def _cloned(self, controls: Controls, on_bytes: Callable[[int], None]) -> CopiedFile | None:
        if not self.shares:
            return None
        return sharing.clone_hashed(
            self.source,
            self.target,
            expect=reading.entry(self.source),
            cancel=controls.cancel,
            on_bytes=on_bytes,
            alone=controls.alone(),
        )

    def _copied(self, controls: Controls, on_bytes: Callable[[int], None]) -> CopiedFile:
        return copying.copy_hashed(
            self.source,
            self.target,
            expect=reading.entry(self.source),
            cancel=controls.cancel,
            on_bytes=on_bytes,
            alone=controls.alone(),
            have=size_of(self.target),
        )


def takings(
    index: IndexWriter, paths: LibraryPaths, files: Sequence[tuple[HubFile, str, int | None]]
) -> list[Taking]:
    """Those of a download's files that the library can give; of each the file, where it goes, and how many
    bytes of it are there (None: no file is). Raises the errors of the index."""
    found = []
    for number, (file, target, have) in enumerate(files):
        held = None if have == file.size or not file.sha256 else next(_held(index, paths, file), None)
        if held is not None:
            source = f"{paths.model_dir(held.model_id)}/{held.name}"
            shares = have is None and _can_clone(source, os.path.dirname(target))
            found.append(Taking(number, source, target, file.sha256, shares))
    return found


def _can_clone(source: str, folder: str) -> bool:
    try:
        return sharing.can_clone(source, folder)
    except DiskError:
        return False
