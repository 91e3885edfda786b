"""The index is a cache: when it is damaged it is set aside and built anew from the metadata.json files."""

from pumas_tui.core.db import index_schema
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.fs import locks, ops, scan

_BESIDE = ("-wal", "-shm", "-journal")


def set_index_aside(paths: LibraryPaths) -> str:
    """Move a damaged models.db away with what SQLite keeps beside it; a line that says so.

    Under the library lock, and only if another process has not mended it meanwhile. Raises DiskError,
    BusyError.
    """
    with locks.library_lock(paths):
        if index_schema.is_usable(paths.index_db):
            return "The index was damaged and has been rebuilt."
        # A write-ahead log must never meet another database: it goes first.
        for suffix in _BESIDE:
            if scan.is_there(paths.index_db + suffix):
                ops.set_aside(paths.index_db + suffix)
        aside = ops.set_aside(paths.index_db)
    return f"The index was damaged and is being rebuilt; the old one is {aside}."
