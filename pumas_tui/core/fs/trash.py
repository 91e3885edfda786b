"""Trashes: where displaced files and deleted models wait until somebody empties them.

    <trash>/<op>/<name>     what was put there by one operation
    <trash>/<op>.json       its manifest: what it is and where it was, written before anything comes in

The library's own is `models/.trash`. What is displaced in an app goes to the first of these to which it can
be renamed; none lies inside a kind folder, where the app would see it:

    <app base>/.pumas-trash
    <parent of the real kind folder>/.pumas-trash
    <top of the target's mount>/.pumas-trash-<uid>

Restoring works by the manifests alone. Nothing is ever emptied by itself.
"""

import contextlib
import json
import os
import stat
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from pumas_tui.core.domain import ids
from pumas_tui.core.domain.app_ground import TRASH_PREFIX
from pumas_tui.core.domain.app_records import App
from pumas_tui.core.domain.errors import DamagedError, DiskError
from pumas_tui.core.domain.history import TrashItem
from pumas_tui.core.domain.ids import LibraryId, OperationId
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.domain.mounts import is_inside
from pumas_tui.core.fs import ops, ops_remove, ops_share, reading, space
from pumas_tui.core.fs.failures import told

_NAME = TRASH_PREFIX
_LIMIT = 64 << 20
_MOST_FILES = 10_000  # of a folder in the trash that are looked at for its size


@dataclass(frozen=True, slots=True)
class Trashed:
    """One thing in a trash. `name` below `<trash>/<op>`; `original`: the absolute path it had; `fingerprint`:
    what it was there, with the size of a file; `sha256` where known."""

    name: str
    original: str
    fingerprint: str
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one operation put into a trash. `at` in epoch seconds."""

    op: OperationId
    library_id: LibraryId
    at: float
    items: tuple[Trashed, ...]

    def to_bytes(self) -> bytes:
        """JSON; names that are not UTF-8 stand as escaped surrogates and come back as they were."""
        return (json.dumps(asdict(self), indent=1, ensure_ascii=True) + "\n").encode("ascii")


def candidates(base: str, kind_folder: str) -> tuple[str, ...]:
    """Trashes that could take what stands in the real `kind_folder` of an app, best first.

    Raises DiskError when the folder's disk cannot be looked at.
    """
    top = space.filesystem(kind_folder).mount_point.rstrip("/")
    return (
        f"{base}/{_NAME}",
        f"{os.path.dirname(kind_folder)}/{_NAME}",  # before the top of the disk, which for root is `/`
        f"{top}/{_NAME}-{os.geteuid()}",
    )


def find_place(
    op: OperationId, base: str, kind_folder: str, kind_folders: Collection[str] = ()
) -> str | None:
    """`<trash>/<op>` to which what stands in the real `kind_folder` can be renamed, None where there is none.

    Tried with a file of ours; nothing stays of it. `kind_folders`: real paths of the app's other kind
    folders, in none of which a trash may lie. Raises DiskError when the disk fails or is full.
    """
    for trash in _allowed(base, kind_folder, kind_folders):
        into = trash if reading.is_there(trash) else os.path.dirname(trash)
        if _usable(trash) and ops_share.rename_possible(kind_folder, into):
            return f"{trash}/{op}"
    return None


def likely(base: str, kind_folder: str, kind_folders: Collection[str] = ()) -> bool:
    """A place will probably be found: what can be told by looking, for a preview. Raises DiskError."""
    mount = space.filesystem(kind_folder).mount_point
    return any(
        _usable(trash)
        and space.filesystem(os.path.dirname(trash)).mount_point == mount
        and space.may_write(os.path.dirname(trash))
        for trash in _allowed(base, kind_folder, kind_folders)
    )


def _allowed(base: str, kind_folder: str, kind_folders: Collection[str]) -> Iterator[str]:
    for trash in dict.fromkeys(candidates(base, kind_folder)):
        if not any(is_inside(trash, folder) for folder in (kind_folder, *kind_folders)):
            yield trash


def _usable(trash: str) -> bool:
    """Not there yet, or a folder of this user himself that is no link. Raises DiskError."""
    if not reading.is_there(trash):
        return True
    with told("look at", trash):
        status = os.lstat(trash)
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()


def open_trash(place: str, manifest: Manifest) -> None:
    """Make `<trash>/<op>` ready, readable by this user only, and write its manifest durably. Before anything
    comes in; again after a crash. Raises DiskError."""
    trash = os.path.dirname(place)
    if ops.make_dir(trash, exist_ok=True, mode=0o700):
        ops.fsync_dir(os.path.dirname(trash))
    if not _usable(trash):
        message = f"{trash} is not a folder of your own"
        raise DiskError(message, path=trash, errno_name="EPERM", hint="remove it, then try again")
    _tidy(trash)
    ops.atomic_write(f"{place}.json", manifest.to_bytes())
    if ops.make_dir(place, exist_ok=True, mode=0o700):
        ops.fsync_dir(trash)


def _tidy(trash: str) -> None:
    """Clear what a crash left of a manifest that was being written."""
    for name in reading.names(trash):
        if ops.is_temp_name(name):
            ops_remove.remove_file_of_ours(f"{trash}/{name}")


def read(place: str) -> Manifest:
    """The manifest of `<trash>/<op>`. Raises DamagedError when it is none, DiskError."""
    path = f"{place}.json"
    try:
        values = json.loads(reading.read_bounded(path, _LIMIT))
        return Manifest(
            op=ids.operation_id(values["op"]),
            library_id=ids.library_id(values["library_id"]),
            at=float(values["at"]),
            items=tuple(_trashed(item) for item in values["items"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DamagedError(f"{path} is not a manifest: {error}", path=path) from error


def _trashed(values: Any) -> Trashed:
    if values["name"] in ("", ".", "..") or "/" in values["name"]:
        raise ValueError(f"not a name: {values['name']!r}")
    name, original, fingerprint, sha256 = (
        str(values[key]) for key in ("name", "original", "fingerprint", "sha256")
    )
    return Trashed(name, original, fingerprint, sha256)


def places(paths: LibraryPaths, apps: Iterable[App]) -> tuple[str, ...]:
    """All trashes in which something of this library may lie: its own and those of these apps."""
    found = {paths.trash: None}
    for app in apps:
        for folder in (app.base, *app.kind_folders.values()):
            with contextlib.suppress(DiskError):  # its disk is out
                found.update(dict.fromkeys(candidates(app.base, folder)))
    return tuple(found)


def list_in(trashes: Iterable[str], library: LibraryId | None = None) -> list[TrashItem]:
    """What lies in these trashes. What a manifest does not tell of is listed without its original place.

    A trash that cannot be read now, because its disk is out, is left out.
    """
    items: list[TrashItem] = []
    for trash in dict.fromkeys(trashes):
        with contextlib.suppress(DiskError):
            for op in sorted(reading.names(trash)):
                if _is_operation(op) and not _is_of_another(f"{trash}/{op}", library):
                    items += _items(f"{trash}/{op}")
    return items


def _is_operation(name: str) -> bool:
    try:
        return bool(ids.operation_id(name))
    except ids.BadIdError:
        return False


def _is_of_another(place: str, library: LibraryId | None) -> bool:
    """Its manifest says so: the trash at the top of a disk may be used by several libraries."""
    try:
        return library is not None and read(place).library_id != library
    except (DamagedError, DiskError):
        return False


def _items(place: str) -> Iterator[TrashItem]:
    trash, op = os.path.split(place)
    at, told_of = _told_of(place)
    listed = sorted(reading.names(place))
    for n, name in enumerate(listed, 1):
        size, names = _measured(f"{place}/{name}")
        original = told_of.get(name, "")
        is_model = os.path.basename(trash) == ops_remove.LIBRARY_TRASH
        models = f"{os.path.dirname(trash)}/"
        yield TrashItem(
            ref=op if len(listed) == 1 else f"{op}/{n}",
            kind="model" if is_model else "displaced",
            name=original.removeprefix(models)
            if is_model and original
            else os.path.basename(original) or name,
            place=f"{place}/{name}",
            original=original,
            size_bytes=size,
            at=at,
            op_id=op,
            names=names,
        )


def _told_of(place: str) -> tuple[float, dict[str, str]]:
    """When things came in, and name -> original place of each, as far as a manifest tells."""
    try:
        manifest = read(place)
    except (DamagedError, DiskError):
        with told("look at", place):
            return os.lstat(place).st_mtime, {}
    return manifest.at, {item.name: item.original for item in manifest.items}


def _measured(path: str) -> tuple[int, int]:
    """Bytes of all files, and how many names the largest has. Raises DiskError."""
    with told("look at", path):
        found = [os.lstat(path)]
        if stat.S_ISDIR(found[0].st_mode):
            inside = (f"{path}/{name}" for name, is_dir in reading.tree(path) if not is_dir)
            found = [os.lstat(file) for file, _ in zip(inside, range(_MOST_FILES), strict=False)]
    files = [status for status in found if stat.S_ISREG(status.st_mode)]
    largest = max(files, key=lambda status: status.st_size, default=None)
    return sum(status.st_size for status in files), 1 if largest is None else largest.st_nlink


def empty(item: TrashItem) -> None:
    """Destroy what lies in a trash: its bytes are gone, unless they have other names. Raises DiskError."""
    ops_remove.remove_trashed(item.place)
    forget_if_empty(os.path.dirname(item.place))


def forget_if_empty(place: str) -> None:
    """Take away `<trash>/<op>` with its manifest when nothing is in it any more. Raises DiskError."""
    ops_remove.remove_empty_trash(place)
