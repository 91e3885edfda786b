"""What the library holds more than once: recorded content, and one look at each file of it."""

from dataclasses import replace

from pumas_tui.core.db.index import IndexWriter
from pumas_tui.core.domain import duplicates
from pumas_tui.core.domain.duplicates import Duplicates
from pumas_tui.core.domain.errors import DiskError
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.fs import reading


def find(index: IndexWriter, paths: LibraryPaths) -> Duplicates:
    """By recorded SHA-256; names of one inode are one copy."""

    def place(path: str) -> tuple[int, int] | None:
        try:
            entry = reading.entry(path)
        except DiskError:
            return None
        return entry.dev, entry.ino

    files = index.shared_content()
    return duplicates.find(replace(f, place=place(f"{paths.model_dir(f.model_id)}/{f.name}")) for f in files)
