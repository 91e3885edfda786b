"""A library that was moved: apps that were moved along with it are found again, and the registry says so.

Relative links between the two still lead to where they should, so nothing on the disk changes. An app is
taken to be at its new place only where its old one is gone and its links on record prove the new one.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from pumas_tui.core.db.registry import Registry
from pumas_tui.core.domain import fingerprints
from pumas_tui.core.domain.app_records import App, AppState
from pumas_tui.core.domain.errors import DiskError
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.domain.mounts import is_inside
from pumas_tui.core.flows import registered_links
from pumas_tui.core.fs import app_facts, reading

ROOT = "root"
"""Under which name the registry keeps where the library was last seen."""


def follow(paths: LibraryPaths, registry: Registry) -> list[App]:
    """Correct the records of apps that came along with a moved library; those that were corrected.

    Raises BusyError, DiskError of the registry.
    """
    last = registry.bases().get(ROOT)
    if last == paths.root:
        return []
    found = []
    if last is not None:
        for app in registry.apps():
            moved = _moved(paths, registry, app, last)
            if moved is not None:
                registry.put_app(moved)
                found.append(moved)
    registry.remember_base(ROOT, paths.root)
    return found


def _moved(paths: LibraryPaths, registry: Registry, app: App, last: str) -> App | None:
    """The app at its new place; None where it is still at its old one, or nowhere to be found."""
    if app_facts.state(app)[0] is AppState.HERE:
        return None
    for base in _candidates(app.base, last, paths.root):
        with suppress(DiskError):
            there = _at(app, base)
            if there is not None and _is_proven(paths, registry, there):
                return there
    return None


def _is_proven(paths: LibraryPaths, registry: Registry, app: App) -> bool:
    """Nothing but our links stands where the registry has them. Raises DiskError."""
    links = registry.links(app_uid=app.uid)
    found = [registered_links.look(paths, app, link) for link in links]
    as_made = [is_ours for there, is_ours in found if there != fingerprints.ABSENT]
    return all(as_made) and (bool(as_made) or not links)


def _candidates(base: str, last: str, now: str) -> Iterator[str]:
    """Where an app may be by now: what lies below the moved folder, or beside it, moved the same way."""
    if is_inside(base, now):  # recorded relative to the library
        yield base
    while last not in ("/", "") and now not in ("/", ""):
        if is_inside(base, last):
            yield now + base[len(last) :]
        last, now = os.path.dirname(last), os.path.dirname(now)


def _at(app: App, base: str) -> App | None:
    """The app as it would be recorded at `base`; None when no folder is there. Raises DiskError."""
    if os.path.realpath(base) != base or not reading.is_folder(base):
        return None
    folders = {
        folder: base + real[len(app.base) :] if is_inside(real, app.base) else real
        for folder, real in app.kind_folders.items()
    }
    return replace(app, base=base, mount=app_facts.mount_facts(base), kind_folders=folders)
