"""The first start, the public face: what is on this machine, what a typed path means, and setting up.

Looking reads names, stats and a few small texts; only `set_up` writes.
"""

import asyncio
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pumas_tui.core import settings
from pumas_tui.core.domain import first_start as decide
from pumas_tui.core.domain import paste
from pumas_tui.core.domain.errors import (
    DamagedError,
    DiskError,
    LibraryNotFoundError,
    NewerLibraryError,
    NotFoundError,
    Trouble,
    UsageError,
    trouble,
)
from pumas_tui.core.domain.first_start import App, Choice, Detected, Disk, FirstStartFacts, Place
from pumas_tui.core.domain.lanes import Device, DeviceKind
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.flows import configuring, opening
from pumas_tui.core.fs import app_trees, devices, marker, scan, space
from pumas_tui.core.fs.app_trees import AppTree
from pumas_tui.core.host import drives, processes, sandbox

ROOTS = ("/home", "/opt", "/workspace", "/data")
"""Folders where apps are looked for beside the home."""

_SLOWEST_FIRST = (DeviceKind.NETWORK, DeviceKind.HDD, DeviceKind.UNKNOWN, DeviceKind.SSD)


@dataclass(frozen=True, slots=True)
class FirstStart:
    """Looks at this machine for the first questions. Every method may be called from the event loop.

    `default_root` is the place that needs no settings file, `config` the settings file that was named,
    `mounts` and `proc` are where the kernel tells of disks and processes.
    """

    home: str
    default_root: str
    config: Path | None = None
    roots: tuple[str, ...] = ROOTS
    mounts: str = drives.MOUNTS
    proc: str = "/proc"

    async def facts(self) -> FirstStartFacts:
        """Libraries, places and apps. Raises DiskError when even the home cannot be looked at."""
        return await asyncio.to_thread(self._facts)

    async def detect(self) -> Detected:
        """Apps alone. Never raises for a folder that cannot be read: it is told as a value."""
        return await asyncio.to_thread(lambda: _Look(self).detected())

    async def place_at(self, text: str) -> Place:
        """What typed or pasted text means as a place of a library. Raises UsageError, DiskError, and what
        reading the marker of a library there raises."""
        return await asyncio.to_thread(self._place_at, text)

    async def app_at(self, text: str) -> App:
        """The app in the folder that typed or pasted text means. Raises NotFoundError, UsageError."""
        return await asyncio.to_thread(self._app_at, text)

    async def set_up(self, choice: Choice) -> LibraryPaths:
        """Make the library, or take the one that is there, and remember its place in the settings file.

        May be repeated after a failure. Raises LibraryNotFoundError, DiskError, UsageError.
        """
        return await asyncio.to_thread(self._set_up, choice)

    def _facts(self) -> FirstStartFacts:
        look = _Look(self)
        detected = look.detected()
        home_disk = disk_under(self.default_root)
        home = _first_place((self.default_root, f"{self.home}/pumas"), home_disk) or Place(
            self.default_root, home_disk
        )
        found, troubles = look.libraries()
        taken = {place.disk.dev for place in found}
        disks = [_disk_of(drive) for drive in look.drives.answered if drive.dev not in taken]
        made = (_first_place(decide.roots_on(d, detected.apps, home_disk), d) for d in disks)
        new = [place for place in made if place is not None]
        return FirstStartFacts(
            places=decide.places(found, new, detected.apps, home),
            detected=replace(detected, troubles=(*detected.troubles, *troubles)),
            containers=look.running.containers or _box(),
            home=self.home,
            config=str(self.config or settings.default_config_path()),
            default_root=self.default_root,
        )

    def _path(self, text: str) -> str:
        read = paste.read(text, _may_be_there, self.home, space.host_name())
        path = read[0].path if read else text.strip()
        if not path.startswith("/"):
            raise UsageError(f"{path}: type a path that begins with / or ~/", path=path)
        if path != path.encode("utf-8", "replace").decode("utf-8"):
            raise UsageError("a path in the settings file must be UTF-8", path=path, hint="start with --root")
        return path

    def _place_at(self, text: str) -> Place:
        path = self._path(text)
        root = decide.root_typed(path)
        place = Place(root, disk_under(root))
        if scan.is_there(LibraryPaths(root).marker):
            return _counted(place)
        why = _obstacle(place)
        if why:
            raise UsageError(why, path=place.folder, hint="choose another folder")
        return place

    def _app_at(self, text: str) -> App:
        path = self._path(text)
        tree = app_trees.app_at(path)
        if tree is None:
            raise NotFoundError(f"{path} is no folder of ComfyUI, Forge or a1111", path=path)
        return _app(tree)

    def _set_up(self, choice: Choice) -> LibraryPaths:
        paths = opening.create(choice.root)
        if choice.root != self.default_root:
            configuring.change(self.config, "library.root", choice.root)
        return paths


def _box() -> str:
    inside = sandbox.find()
    return f"A {inside.kind.value}" if inside is not None else ""


class _Look:
    """One look at the machine; what is expensive is looked at once."""

    def __init__(self, start: FirstStart) -> None:
        self._start = start
        self.drives = drives.drives(start.mounts)
        self.running = processes.running(start.proc)
        local = [d.mount.mount_point for d in self.drives.answered if not space.is_network(d.mount)]
        self._searched = decide.search_order(start.home, start.roots, local)
        self._found = app_trees.search(self._searched, avoid=self.drives.silent)
        self._started = app_trees.search(self.running.folders, depth=0, avoid=self.drives.silent)

    def detected(self) -> Detected:
        """Apps with what is in them, those with most files first."""
        trees = {tree.path: tree for tree in (*self._found.apps, *self._started.apps)}
        apps, gone = [], []
        for tree in trees.values():
            try:
                apps.append(_app(tree))
            except DiskError as error:
                gone.append(trouble(error))
        apps.sort(key=lambda app: (-app.files, app.path))
        told = decide.told_as(self._start.home, self._searched)
        unread = [Trouble("unread", f"{path} cannot be looked into", path) for path in self._found.unread]
        unread += [Trouble("silent", f"{path} does not answer", path) for path in self.drives.silent]
        return Detected(tuple(apps), told, (*unread, *gone))

    def libraries(self) -> tuple[list[Place], list[Trouble]]:
        """Libraries in the folders that were searched, and at usual places of disks that were not."""
        tops = [d.mount.mount_point for d in self.drives.answered]
        usual = decide.usual_roots(self._start.home, self._start.default_root, (*self._start.roots, *tops))
        roots = dict.fromkeys(os.path.dirname(folder) for folder in self._found.libraries)
        roots.update(dict.fromkeys(os.path.realpath(root) for root in usual if _has_marker(root)))
        found, troubles = [], []
        for root in roots:
            try:
                found.append(_counted(Place(root, disk_under(root))))
            except (DiskError, DamagedError, NewerLibraryError, LibraryNotFoundError) as error:
                troubles.append(trouble(error))
        return found, troubles


def _may_be_there(path: str) -> bool:
    try:
        return scan.is_there(path)
    except DiskError:
        return True


def _has_marker(root: str) -> bool:
    try:
        return scan.is_there(LibraryPaths(root).marker)
    except DiskError:
        return False


def _counted(place: Place) -> Place:
    """The place of a library that is there. Raises what reading its marker raises."""
    marker.read(place.folder)
    listing = scan.model_dirs(place.folder)
    return replace(place, models=sum(entry.metadata is not None for entry in listing.entries))


def _first_place(roots: Iterable[str], disk: Disk) -> Place | None:
    """The first of these roots where a library can be made."""
    places = (Place(root, disk) for root in roots)
    return next((place for place in places if not _obstacle(place) and not _has_marker(place.root)), None)


def _obstacle(place: Place) -> str:
    """Why no library can be made there, or empty."""
    try:
        if scan.names(place.folder):
            return f"{place.folder} is not empty and is no library"
        if "ro" in space.filesystem(place.root).options or not space.may_write(place.folder):
            return f"{place.root} may not be written by this user"
    except DiskError as error:
        return error.message
    return ""


def _app(tree: AppTree) -> App:
    files = app_trees.model_files(tree)
    return App(
        kind=tree.kind,
        version=tree.version,
        path=tree.path,
        disk=disk_under(f"{tree.path}/models"),
        files=files.count,
        size_bytes=files.size_bytes,
        folders=files.folders,
        complete=files.complete,
    )


def disk_under(path: str) -> Disk:
    """The file system that holds `path`, or would hold it. Raises DiskError."""
    mount = space.filesystem(path)
    free, total = space.room(path)
    return Disk(
        mount_point=mount.mount_point,
        type=mount.type,
        device=_slowest(devices.devices_under(path)),
        dev=space.device_number(path),
        free_bytes=free,
        total_bytes=total,
    )


def _disk_of(drive: drives.Drive) -> Disk:
    """Raises DiskError."""
    point = drive.mount.mount_point
    device = _slowest(devices.devices_under(point))
    return Disk(point, drive.mount.type, device, drive.dev, drive.free_bytes, drive.total_bytes)


def _slowest(found: Sequence[Device]) -> DeviceKind:
    kinds = {device.kind for device in found}
    return next((kind for kind in _SLOWEST_FIRST if kind in kinds), DeviceKind.UNKNOWN)
