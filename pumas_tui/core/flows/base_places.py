"""Where models/ lies: what the registry last saw, against what is true at a start, and where it was before.

Only the registry's own record is corrected here, once the library was read by its marker; links on disk
change through a plan that somebody has seen. Places where it was are kept while links may still say them.
"""

import os

from pumas_tui.core.db.registry import Registry
from pumas_tui.core.domain.errors import PumasError
from pumas_tui.core.domain.ids import LibraryId
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.fs import marker

MODELS = "models"
"""Under which name the registry keeps where models/ was last seen."""
_FORMER = "former:"
"""Begins the names of places where it was before."""


def models_dir(paths: LibraryPaths) -> str:
    """Absolute real path of models/."""
    return os.path.realpath(paths.models)


def former(registry: Registry) -> tuple[str, ...]:
    """Places where models/ was, as far as links may still lead there; absolute."""
    return tuple(path for name, path in registry.bases().items() if name.startswith(_FORMER))


def former_name(path: str) -> str:
    """Under which name the registry keeps that models/ was at a place."""
    return f"{_FORMER}{path}"


def forget_former(registry: Registry, path: str) -> None:
    """No link says this place any more."""
    registry.forget_base(former_name(path))


def settle(paths: LibraryPaths, library_id: LibraryId, registry: Registry) -> str | None:
    """Correct the record of where models/ is; the old place where it was moved, else None.

    A library that can be read at its old place too was copied, not moved: links there are the other's.
    Raises the errors of the registry.
    """
    now = models_dir(paths)
    last = registry.bases().get(MODELS)
    if last == now:
        return None
    is_moved = last is not None and not holds(last, library_id)
    if last is not None and is_moved and registry.count_links():
        registry.remember_base(former_name(last), last)
    registry.remember_base(MODELS, now)
    forget_former(registry, now)
    return last if is_moved else None


def holds(models: str, library_id: LibraryId) -> bool:
    """This very library can be read at a place. A place that tells nothing holds nothing."""
    try:
        return marker.read(models).library_id == library_id
    except PumasError:
        return False
