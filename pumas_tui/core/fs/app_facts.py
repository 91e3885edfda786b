"""Registered apps as they are on the disk now: is their disk there, what stands in their folders, which links
those folders can hold. Looks only, but for `probe`.
"""

import fcntl
import os
import stat
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol
from uuid import UUID

from pumas_tui.core.domain.app_records import App, AppState, MountFacts
from pumas_tui.core.domain.apps import AppKind
from pumas_tui.core.domain.errors import DiskError
from pumas_tui.core.domain.mapped import FolderFacts
from pumas_tui.core.domain.mounts import FileSystem, is_inside
from pumas_tui.core.fs import folder_scan, ops, ops_share, reading, space, trash
from pumas_tui.core.fs.failures import ABSENT, disk_error, told

_BY_UUID = "/dev/disk/by-uuid"
_GET_UUID = 0x80111500
"""FS_IOC_GETFSUUID, ioctl_fs(2): a byte with the length, then up to 16 of the id (Linux 6.9)."""
_WITHOUT_LINKS = frozenset({"vfat", "msdos", "exfat"})
_CASELESS = _WITHOUT_LINKS | {"fuseblk", "ntfs", "ntfs3", "cifs", "smb3", "hfs", "hfsplus", "apfs"}


class Able(Protocol):
    """Which links a place was found to hold, and the (file-system type, source) of the disk it was on."""

    @property
    def disk(self) -> tuple[str, ...]: ...
    @property
    def symbolic_links(self) -> bool: ...
    @property
    def hard_links(self) -> bool: ...


def base_of(kind: AppKind, path: str) -> str:
    """The folder below which an app of this kind keeps models, by the app's own folder."""
    return f"{path}/models" if kind is AppKind.COMFYUI else path


def folder_of(app: App) -> str:
    """The app's own folder: the recorded one, else by its base; empty where that tells nothing."""
    folder, _, name = app.base.rpartition("/")
    if app.folder or app.kind is not AppKind.COMFYUI:
        return app.folder or app.base
    return folder if name == "models" else ""


def kind_folders(base: str, folders: Iterable[str]) -> dict[str, str]:
    """Folder, relative to the base, to its real path: of those that are there. Raises DiskError."""
    found = {}
    for folder in folders:
        path = _below(base, folder)
        try:
            found[folder] = os.path.realpath(path, strict=True)
        except OSError as error:
            if error.errno not in ABSENT:
                raise disk_error(error, "resolve", path) from error
    return found


def _below(base: str, folder: str) -> str:
    return f"{base}/{folder}" if folder else base


def mount_facts(path: str) -> MountFacts:
    """The disk that holds `path`, or would hold it. Raises DiskError."""
    mount = space.filesystem(path)
    return MountFacts(mount.mount_point, mount.type, mount.source, _id_of(mount))


def _id_of(mount: FileSystem) -> str:
    """The file system's UUID; empty where it has none that stays, as in memory and on a network."""
    if not mount.source.startswith("/dev/"):
        return ""
    return _asked(mount.mount_point) or _listed(mount.source)


def _asked(mount_point: str) -> str:
    try:
        fd = os.open(mount_point, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        answer = fcntl.ioctl(fd, _GET_UUID, bytes(17))
    except OSError:
        return ""
    finally:
        os.close(fd)
    return str(UUID(bytes=answer[1:])) if answer[0] == 16 and any(answer[1:]) else ""


def _listed(source: str) -> str:
    device = os.path.realpath(source)
    try:
        names = sorted(reading.names(_BY_UUID))
    except DiskError:
        return ""
    return next((name for name in names if os.path.realpath(f"{_BY_UUID}/{name}") == device), "")


def state(app: App) -> tuple[AppState, str]:
    """What is true of an app now, and why it is not HERE. Never raises.

    That its folder is gone is concluded only while its disk is the recorded one, before and after the look.
    """
    try:
        away = _away(app)
        if away:
            return AppState.OFFLINE, away
        found = _found(app.base)
        away = _away(app)
    except DiskError as error:
        return AppState.UNREADABLE, error.message
    return (AppState.OFFLINE, away) if away else found


def _found(base: str) -> tuple[AppState, str]:
    """What is at the base. Raises DiskError when it cannot be looked at."""
    if not reading.is_there(base):
        return AppState.GHOST, f"{base} is not there any more"
    real = os.path.realpath(base)
    if real != base:
        return AppState.UNREADABLE, f"{base} is now reached over a link and is really {real}"
    if not reading.is_folder(base):
        return AppState.UNREADABLE, f"{base} is not a folder any more"
    reading.names(base)
    return AppState.HERE, ""


def _away(app: App) -> str:
    """Why the disk that holds the app's place is not the recorded one; empty when it is. Raises DiskError."""
    now, then = mount_facts(app.base), app.mount
    if now.mount_point != then.mount_point:
        return f"its disk is not mounted at {then.mount_point}"
    # Names of devices change at a reboot; those of shares and pools do not.
    may_be = now.source == then.source or then.source.startswith("/dev/")
    same = now.id == then.id if then.id else may_be
    if now.type != then.type or not same:
        return f"another disk is mounted at {then.mount_point}"
    return ""


def facts(
    app: App, folders: Iterable[str], models_dir: str, abilities: Callable[[str], Able | None]
) -> dict[str, FolderFacts]:
    """These target folders of an app, relative to its base, as they are now; what is wrong is said in each.

    `models_dir`: real path of the library's models/. `abilities` gives what was tried, by app uid, or by
    `<uid>:<folder>` of a kind folder. Raises DiskError when the library's own disk cannot be looked at.
    """
    models = space.device_number(models_dir)
    return {folder: _facts(app, folder, models, abilities) for folder in folders}


def _facts(app: App, folder: str, models: int, abilities: Callable[[str], Able | None]) -> FolderFacts:
    path = _below(app.base, folder)
    real = os.path.realpath(path)
    then = recorded(app, folder)
    try:
        exists, problem = _there(path, real)
        scanned = folder_scan.scan(real, folder) if exists and not problem else folder_scan.NOTHING
        mount = space.filesystem(real)
        same = space.device_number(real) == models
        symbolic, hard = _abilities(app, folder, mount, same, abilities)
        return FolderFacts(
            folder=folder,
            real=real,
            exists=exists,
            mount=mount.mount_point,
            missing=() if exists or problem else _missing(real),
            recorded=then,
            same_file_system=same,
            symlinks=symbolic,
            hard_links=hard,
            ignores_case=_ignores_case(real, scanned.top, mount),
            has_trash=exists and trash.likely(app.base, real, app.kind_folders.values()),
            problem=problem or scanned.problem or _not_writable(real),
            entries=scanned.entries,
        )
    except DiskError as error:
        return FolderFacts(folder, real, exists=False, recorded=then, problem=error.message)


def recorded(app: App, folder: str) -> str | None:
    """The real path that was recorded of a folder, or follows from that of a folder it lies in."""
    above = _nearest(folder, app.kind_folders)
    if above is None:
        return app.base if not folder else None
    rest = folder[len(above) :].strip("/")
    return f"{app.kind_folders[above]}/{rest}" if rest else app.kind_folders[above]


def _nearest(folder: str, known: Mapping[str, str]) -> str | None:
    inside = [name for name in known if name == folder or not name or is_inside(folder, name)]
    return max(inside, key=len, default=None)


def _there(path: str, real: str) -> tuple[bool, str]:
    """(the folder is there, why it cannot be used). Raises DiskError."""
    try:
        is_folder = stat.S_ISDIR(os.stat(real).st_mode)
    except OSError as error:
        if error.errno not in ABSENT:
            raise disk_error(error, "look at", real) from error
        if reading.is_there(path):
            return False, f"{path} is a link that leads to {real}, where nothing is"
        return False, ""
    return is_folder, "" if is_folder else f"{path} is not a folder"


def _missing(real: str) -> tuple[str, ...]:
    """The folders that are to be made for this one, outermost first. Raises DiskError."""
    found: list[str] = []
    while not reading.is_there(real):
        found.append(real)
        real = os.path.dirname(real)
    return tuple(reversed(found))


def _abilities(
    app: App, folder: str, mount: FileSystem, same: bool, abilities: Callable[[str], Able | None]
) -> tuple[bool, bool]:
    """(symbolic, hard) links: as they were tried on this disk, else by what its file system is."""
    above = _nearest(folder, app.kind_folders)
    tried = abilities(f"{app.uid}:{above}") if above else abilities(app.uid)
    if tried is not None and tuple(tried.disk) == (mount.type, mount.source):
        return tried.symbolic_links, tried.hard_links
    able = mount.type not in _WITHOUT_LINKS
    return able, able and same


def _ignores_case(real: str, names: frozenset[str], mount: FileSystem) -> bool:
    """Two names that differ in case only are one: seen by a name that is there, else by the file system."""
    name = next((name for name in sorted(names) if name.swapcase() not in names), None)
    if name is None:
        return mount.type in _CASELESS
    try:
        os.lstat(f"{real}/{name.swapcase()}")  # it was not listed, so it is the other one
    except OSError:
        return False
    return True


def _not_writable(real: str) -> str:
    return "" if space.may_write(real) else f"{real} may not be written by this user"


def probe(folder: str, models_dir: str) -> tuple[bool, bool]:
    """(symbolic, hard) links can be made in `folder`, hard ones to files of the library: one of each is made
    and taken away. Only when the user registers an app or applies a plan. Raises DiskError."""
    staging = f"{models_dir}/.staging"
    ops.make_dir(staging, exist_ok=True)
    with told("look at", folder):
        os.stat(folder)
    return ops_share.links_possible(folder, staging)
