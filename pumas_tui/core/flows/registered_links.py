"""Links on record against the disk: what is at a link's place now, and whether it is still ours."""

import os

from pumas_tui.core.domain import links
from pumas_tui.core.domain.app_records import App
from pumas_tui.core.domain.errors import DiskError
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.domain.links import Link, LinkKind
from pumas_tui.core.fs import reading
from pumas_tui.core.fs import steps as disk


def place(app: App, link: Link) -> str:
    """Absolute path of a link, its parent folder real: kind folders may be links themselves."""
    folder, _, name = f"{app.base}/{link.target}".rpartition("/")
    return f"{os.path.realpath(folder)}/{name}"


def look(paths: LibraryPaths, app: App, link: Link) -> tuple[str, bool]:
    """(fingerprint of what is there now, it is the link we made). Raises DiskError where that is unknown."""
    path = place(app, link)
    there = disk.look(path)
    source = f"{os.path.realpath(paths.models)}/{link.source}"
    inode = _inode(source) if link.kind is LinkKind.HARD else None
    return there, links.is_as_made(link, path, there, source, inode)


def _inode(path: str) -> int | None:
    try:
        return reading.entry(path).ino
    except DiskError as error:
        if reading.is_absent(error):
            return None
        raise
