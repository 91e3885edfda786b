"""Opening a library: find its root, read its marker, open its databases, mend damaged ones."""

import os
import threading
import time
from typing import TYPE_CHECKING

from pumas_tui.core.db import bases
from pumas_tui.core.db.index import IndexWriter
from pumas_tui.core.db.jobs import JobStore
from pumas_tui.core.db.runtime import RuntimeStore
from pumas_tui.core.domain.errors import DamagedError, LibraryNotFoundError
from pumas_tui.core.domain.ids import LibraryId
from pumas_tui.core.domain.layout import MARKER, LibraryPaths
from pumas_tui.core.fs import locks, marker, ops, reading, space

if TYPE_CHECKING:
    from pumas_tui.core.db.journal import Journal
    from pumas_tui.core.db.registry import Registry


class Opened:
    """An open library's values and stores. `notes` say what had to be mended.

    `last_visit`: when a full-screen session was last open on this host before, epoch seconds. Registry and
    journal are loaded and opened when somebody first asks for them: a list needs neither.
    """

    def __init__(
        self,
        paths: LibraryPaths,
        library_id: LibraryId,
        jobs: JobStore,
        runtime: RuntimeStore,
        index: IndexWriter,
        notes: tuple[str, ...],
    ) -> None:
        self.paths = paths
        self.library_id = library_id
        self.jobs = jobs
        self.runtime = runtime
        self.index = index
        self.notes = notes
        self.last_visit = runtime.last_visit(space.host_name())
        self._lock = threading.Lock()
        self._registry: Registry | None = None
        self._journal: Journal | None = None

    @property
    def registry(self) -> "Registry":
        """Apps and links. Raises PumasError where it cannot be opened, like `journal`."""
        with self._lock:
            if self._registry is None:
                from pumas_tui.core.db.registry import Registry

                self._registry = Registry(self.paths.registry_db, os.path.realpath(self.paths.root))
            return self._registry

    @property
    def journal(self) -> "Journal":
        """Changes and their steps."""
        with self._lock:
            if self._journal is None:
                from pumas_tui.core.db.journal import Journal

                self._journal = Journal(self.paths.registry_db, os.path.realpath(self.paths.root))
            return self._journal

    def close(self) -> None:
        """Close every connection: an open one hangs the interpreter's exit."""
        for store in (self.index, self.runtime, self._journal, self.jobs, self._registry):
            if store is not None:
                store.close()


def root_of(folder: str) -> str:
    """The root that a folder means: itself, or its parent when the folder holds the marker."""
    here = os.path.abspath(folder)
    return os.path.dirname(here) if reading.is_there(f"{here}/{MARKER}") else here


def paths_of(root: str, state_dir: str) -> LibraryPaths:
    """Where everything of this library lies. On a network file system the databases stay on this host.

    Raises LibraryNotFoundError, NewerLibraryError, DamagedError, DiskError.
    """
    plain = LibraryPaths(root)
    found = marker.read(plain.models)
    if space.is_network(space.filesystem(plain.models)) or space.is_network(space.filesystem(root)):
        return LibraryPaths(root, f"{state_dir}/{found.library_id}")
    return plain


def is_library(root: str) -> bool:
    """The marker is there. Raises DiskError when that cannot be known."""
    return reading.is_there(LibraryPaths(root).marker)


def create(folder: str) -> LibraryPaths:
    """Make a library at `folder`, or return the one that is there.

    Raises LibraryNotFoundError where models/ holds something without a marker: somebody else's folder is
    never taken over.
    """
    root = root_of(folder)
    paths = LibraryPaths(root)
    if reading.is_there(paths.marker):
        marker.read(paths.models)
        return paths
    if reading.names(paths.models):
        message = f"{paths.models} is not empty and has no {MARKER}"
        raise LibraryNotFoundError(message, path=paths.models, hint="choose an empty folder")
    for path in (paths.models, paths.mappings):
        ops.make_dirs("/", path.strip("/"))
    for path in (paths.staging, paths.trash, paths.locks):
        ops.make_dir(path, exist_ok=True)
    marker.create(paths.models)
    return paths


def open_library(root: str, state_dir: str) -> Opened:
    """Open all stores. Raises LibraryNotFoundError, NewerLibraryError, DiskError. Run in a worker thread."""
    paths = paths_of(root, state_dir)
    if paths.state is not None:
        ops.make_dirs("/", paths.state.strip("/"))
    library_id = marker.read(paths.models).library_id
    notes: list[str] = []
    jobs = _jobs(paths, notes)
    index = _index(paths, notes)
    runtime = RuntimeStore(paths.runtime_db, ops.set_aside)
    return Opened(paths, library_id, jobs, runtime, index, tuple(notes))


def _jobs(paths: LibraryPaths, notes: list[str]) -> JobStore:
    """Open the registry; a damaged one is replaced by its backup or begun anew, and that is said."""
    try:
        store = JobStore(paths.registry_db)
    except DamagedError:
        from pumas_tui.core.db import backup
        from pumas_tui.core.db.backup import Restored

        with locks.library_lock(paths):
            restored = backup.restore_if_damaged(paths.registry_db, ops.set_aside)
        if restored is Restored.FROM_BACKUP:
            notes.append("The registry was damaged: yesterday's backup is in its place.")
        elif restored is Restored.EMPTY:
            notes.append("The registry was damaged and had no backup: a new one was begun.")
        store = JobStore(paths.registry_db)
    return store


def _index(paths: LibraryPaths, notes: list[str]) -> IndexWriter:
    """Open the index; one that is damaged, empty or new is built from the models before anyone looks."""
    try:
        index = IndexWriter(paths.index_db)
        if index.generation() > 0:
            return index
    except DamagedError:
        from pumas_tui.core.flows import mending

        notes.append(mending.set_index_aside(paths))
        index = IndexWriter(paths.index_db)
    from pumas_tui.core.flows import indexing  # reads metadata.json; an index that stands does without

    with locks.library_lock(paths):
        if index.generation() == 0:  # another process may have built it meanwhile
            indexing.rescan(index, paths, deep=True)
    return index


def is_where_it_was(opened: Opened) -> bool:
    """The library is where it was when it was last opened here."""
    known = bases.recorded(opened.paths.registry_db)
    now = (opened.paths.root, os.path.realpath(opened.paths.models))
    return (known.get("root"), known.get("models")) == now


def back_up_registry(paths: LibraryPaths) -> None:
    """The daily copy; nothing happens when today's is there. Raises PumasError."""
    from pumas_tui.core.db import backup

    with locks.library_lock(paths):
        backup.backup(paths.registry_db, now=time.time())
