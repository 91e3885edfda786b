"""What stands in the way of an import, and what is worth saying before one, by facts about disks."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pumas_tui.core.domain.errors import Trouble

FAT_LIMIT = (1 << 32) - 1
"""Bytes of the largest file that FAT12, FAT16 and FAT32 can hold."""

_FAT = frozenset({"vfat", "msdos"})
_NTFS = frozenset({"ntfs3", "ntfs", "fuseblk", "fuse.ntfs-3g", "fuse.ntfs"})
_CONTAINER_LAYERS = frozenset({"overlay", "aufs", "fuse.fuse-overlayfs"})


class SandboxKind(StrEnum):
    """Boxes that hide parts of a machine."""

    FLATPAK = "Flatpak"
    SNAP = "Snap"
    CONTAINER = "container"


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The box that this program runs in. `shown`: what a Flatpak may see, as its metadata spells it."""

    kind: SandboxKind
    shown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """The disk of the library as it was found. `type` and `options` as the kernel spells them.

    `root`: the folder of the file system that is mounted at `mount_point`. `writable`: permissions allow it.
    """

    path: str
    type: str
    options: frozenset[str]
    mount_point: str
    root: str
    writable: bool

    @property
    def read_only(self) -> bool:
        """Nothing can be written there, whoever asks."""
        return "ro" in self.options


def obstacle(place: Place, sizes: Mapping[str, int]) -> tuple[Trouble, str] | None:
    """Why files of these sizes (by path) cannot come to this place, with the errno that a try would give."""
    where = place.path
    if place.read_only:
        ntfs = place.type in _NTFS
        hint = (
            "the NTFS volume was not shut down cleanly (Windows hibernation or fast start): shut Windows down"
            " fully, or run `ntfsfix`, then mount it again"
            if ntfs
            else "mount it read-write again; the kernel log says why it is not"
        )
        return Trouble("disk", f"{where} is mounted read-only", where, hint), "EROFS"
    if not place.writable:
        hint = "check the permissions of the folder and its parents"
        return Trouble("disk", f"{where} may not be written by this user", where, hint), "EACCES"
    too_large = [path for path, size in sizes.items() if place.type in _FAT and size > FAT_LIMIT]
    if too_large:
        message = f"{too_large[0]} is larger than 4 GiB, the most that FAT can hold at {where}"
        return Trouble("disk", message, too_large[0], "put the library on another file system"), "EFBIG"
    return None


def notes(place: Place, sandbox: Sandbox | None) -> tuple[Trouble, ...]:
    """What is worth saying about the library's place once, before anything is imported."""
    found = []
    if place.type == "ntfs3" and "force" in place.options:
        message = f"{place.path} is on an NTFS volume that is marked dirty and was mounted by force"
        found.append(Trouble("ntfs_dirty", message, place.path, "run chkdsk in Windows, or `ntfsfix`"))
    if place.type in _FAT:
        message = f"{place.path} is on FAT: no file above 4 GiB, no links"
        found.append(Trouble("fat", message, place.path))
    if sandbox is not None:
        found += _boxed(place, sandbox)
    return tuple(found)


def _boxed(place: Place, sandbox: Sandbox) -> list[Trouble]:
    same = "mount the library at the same path inside and outside, or links will not resolve for your apps"
    match sandbox.kind:
        case SandboxKind.FLATPAK:
            if {"host", "host:rw"} & set(sandbox.shown):
                return []
            seen = ", ".join(sandbox.shown) or "no folders"
            message = f"runs in a Flatpak that may see {seen}: other files are missing here"
            hint = "flatpak override --user --filesystem=PATH APP, with the same path for the library"
            return [Trouble("sandbox", message, place.path, hint)]
        case SandboxKind.SNAP:
            message = "runs in a Snap: hidden folders of the home and other disks are missing here"
            hint = "snap connect APP:removable-media; keep the library at the same path"
            return [Trouble("sandbox", message, place.path, hint)]
        case SandboxKind.CONTAINER:
            if place.type in _CONTAINER_LAYERS:
                message = f"{place.path} is inside the container and goes when the container goes"
                return [Trouble("sandbox", message, place.path, same)]
            if not place.mount_point.endswith(place.root.rstrip("/")):
                message = f"{place.mount_point} has another path outside of this container ({place.root})"
                return [Trouble("sandbox", message, place.path, same)]
    return []
