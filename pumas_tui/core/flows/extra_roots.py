"""Folders that an app reads beside its own: what its file says now, and which wanted files are in them.

The file is read when it is asked for, and only where it is there does anything cost time.
"""

import os
import threading
from collections.abc import Sequence

from pumas_tui.core.domain import extra_model_paths
from pumas_tui.core.domain.app_kinds import folders_of_kind, models_kind
from pumas_tui.core.domain.app_records import App
from pumas_tui.core.domain.apps import AppKind
from pumas_tui.core.domain.errors import CancelledError, DiskError, trouble
from pumas_tui.core.domain.extra_roots import ExtraRoots, SeenRoot
from pumas_tui.core.domain.mapped import RootFacts, WantedLink
from pumas_tui.core.fs import app_facts
from pumas_tui.core.fs import extra_roots as disk

NONE = ExtraRoots()


def of_app(app: App, models_dir: str) -> ExtraRoots:
    """What an app's file names, and what is true of each folder now. Never raises.

    `models_dir`: path of the library's models/. The app's own folders are not among them.
    """
    folder = app_facts.folder_of(app)
    file = disk.file_of(folder) if folder and app.kind is AppKind.COMFYUI else ""
    if not file:
        return NONE
    try:
        text = disk.text_of(file)
    except DiskError as error:
        return ExtraRoots(file, troubles=(trouble(error),))
    if text is None:
        return ExtraRoots(file)
    said = extra_model_paths.parse(text, file, home=os.path.expanduser("~"), environ=os.environ)
    models = os.path.realpath(models_dir)
    seen = tuple(disk.seen(root, models) for root in said.roots)
    return ExtraRoots(
        file,
        tuple(one for one in seen if not _is_own(app, one)),
        said.troubles,
        frozenset(root.section for root in said.roots),
    )


def _is_own(app: App, seen: SeenRoot) -> bool:
    """The app reads this kind from there anyway."""
    own = (os.path.realpath(f"{app.base}/{name}") for name in folders_of_kind(app.kind, seen.root.kind))
    return (seen.real or seen.root.path) in own


def look(
    app: App,
    extra: ExtraRoots,
    wanted: Sequence[WantedLink],
    models_dir: str,
    stop: threading.Event | None = None,
) -> tuple[RootFacts, ...]:
    """What is in the extra roots of the kinds that these links belong to, as far as they are wanted.

    Raises CancelledError.
    """
    kinds = {models_kind(app.kind, link.folder) for link in wanted}
    roots = [seen for seen in extra.roots if seen.root.kind in kinds]
    if not roots:
        return ()
    places = frozenset(link.place for link in wanted if link.place is not None)
    search = disk.Search(os.path.realpath(models_dir), places, stop)
    found = tuple(search.look(seen) for seen in roots)
    if stop is not None and stop.is_set():
        raise CancelledError("planning was stopped")
    return found
