"""A Hugging Face Hub cache, read only: which snapshot a model's folder stands for, what its links lead to."""

import os
import stat

from pumas_tui.core.domain import model_stores
from pumas_tui.core.domain.errors import DiskError, RefusedError
from pumas_tui.core.domain.model_stores import HubPlace
from pumas_tui.core.fs.failures import told
from pumas_tui.core.fs.reading import is_absent, names, read_bounded

_MAX_REF = 256  # bytes; a commit has 40
_MAX_HOPS = 8


def is_model_folder(path: str, listed: set[str]) -> bool:
    """Whether a folder with these names in it is one model of a cache."""
    return "snapshots" in listed and bool(model_stores.repo_of(path.rpartition("/")[2]))


def chosen_snapshot(folder: str) -> str:
    """The snapshot of `main`; where no such reference is, the only one. Raises RefusedError, DiskError."""
    snapshots = f"{folder}/snapshots"
    there = sorted(name for name in names(snapshots) if _is_folder(f"{snapshots}/{name}"))
    main = _main(folder)
    if main in there:
        return f"{snapshots}/{main}"
    if not main and len(there) == 1:
        return f"{snapshots}/{there[0]}"
    if main:
        reason, hint = f"its refs/main names {main}, which is not among its snapshots", "fetch it again"
    elif there:
        reason, hint = f"it has {len(there)} snapshots and no refs/main", "paste one of the snapshots"
    else:
        reason, hint = "it has no snapshot", "let the download finish, then paste it again"
    raise RefusedError(f"{folder}: {reason}", path=folder, hint=hint)


def _main(folder: str) -> str:
    try:
        return model_stores.revision(read_bounded(f"{folder}/refs/main", _MAX_REF).decode("ascii", "replace"))
    except DiskError as error:
        if is_absent(error):
            return ""
        raise


def _is_folder(path: str) -> bool:
    with told("look at", path):
        return stat.S_ISDIR(os.lstat(path).st_mode)


def leads_to_blob(link: str) -> bool:
    """A link of a snapshot that leads into its own cache folder's blobs, as the Hub's client makes them.

    What a blob itself links to (a cache shared by several) is the cache's own affair. Raises DiskError.
    """
    place = model_stores.hub_place(link)
    if place is None or place.part != "snapshots" or not place.inside:
        return False
    target = model_stores.hub_place(_next(link))
    return target is not None and target.part == "blobs" and target.folder == place.folder


def trace(path: str) -> tuple[HubPlace | None, str]:
    """Where in a cache a file lies or leads to, and the SHA-256 its blob's name claims, or empty.

    The first place in a cache counts, so a link to a snapshot keeps its commit. Raises DiskError.
    """
    place: HubPlace | None = None
    for _ in range(_MAX_HOPS):
        here = model_stores.hub_place(path)
        place = place or here
        if here is not None and here.sha256:
            return place, here.sha256
        with told("look at", path):
            if not stat.S_ISLNK(os.lstat(path).st_mode):
                break
        path = _next(path)
    return place, ""


def _next(link: str) -> str:
    """Absolute path that a link's text names, `..` taken from the link's own folder."""
    with told("look at", link):
        return os.path.normpath(os.path.join(os.path.dirname(link), os.readlink(link)))
