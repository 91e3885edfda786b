"""Links in other programs' folders, and moves there: nothing is ever followed, replaced or lost on the way.

All by open folder and name, so that a folder that is exchanged meanwhile does not lead the call elsewhere.
What is to go is first renamed aside, then looked at, then removed: a file that a user put into its place in
the last moment is found aside and put back. The name aside follows from the name itself, so that whoever goes
on after a crash finds what was left there (`settle`).
"""

import errno
import hashlib
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pumas_tui.core.domain.errors import DiskError
from pumas_tui.core.fs import libc, ops, ops_share
from pumas_tui.core.fs.failures import ABSENT, disk_error, told

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_CLAIM_IN_THE_WAY = frozenset({errno.EEXIST, errno.ENOTEMPTY})

Ours = Callable[[os.stat_result, str], bool]
"""Takes an entry's lstat and, of a link, its text: this is the link that may go."""
Make = Callable[[int, str], None]
"""Takes an open folder and a name that is free there, and makes a link of that name. Raises OSError."""


class LinkInPathError(DiskError):
    """A folder is reached over a link, so it is not the folder that was planned with."""

    code = "link_in_path"

    def __init__(self, path: str, real: str) -> None:
        super().__init__(
            f"{path} is now reached over a link and is really {real}",
            path=path,
            errno_name="ELOOP",
            hint="plan again",
        )


@dataclass(frozen=True, slots=True)
class Place:
    """A name in an open folder; `path` is the whole of it, for messages."""

    folder: int
    name: str
    path: str


@contextmanager
def opened(path: str) -> Iterator[Place]:
    """The place of an absolute path, its folder held open. Raises LinkInPathError when that is reached over
    a link, DiskError."""
    parent, name = os.path.split(path)
    with told("open", parent):
        fd = os.open(parent, _FOLDER)
    try:
        real = ops.name_of(fd)
        if real != parent:
            raise LinkInPathError(parent, real)
        yield Place(fd, name, path)
    finally:
        os.close(fd)


def symbolic(*texts: str) -> Ours:
    """A symbolic link that says one of these."""
    return lambda status, text: stat.S_ISLNK(status.st_mode) and text in texts


def hard(ino: int, source: os.stat_result | None = None) -> Ours:
    """A name of the file of this inode, that is the `source` where given, and has another name still."""

    def is_ours(status: os.stat_result, text: str) -> bool:
        same = source is None or (source.st_dev, source.st_ino) == (status.st_dev, status.st_ino)
        return stat.S_ISREG(status.st_mode) and status.st_ino == ino and same and status.st_nlink > 1

    return is_ours


def symlink(text: str) -> Make:
    """Makes a symbolic link that says this."""
    return lambda folder, name: os.symlink(text, name, dir_fd=folder)


def hard_link(source_fd: int) -> Make:
    """Makes another name of the open file."""
    return lambda folder, name: ops_share.link_open_file(source_fd, name, folder)


class LinkStrategy:
    """How links are made and taken away on Linux; `strategy` gives it. Raises DiskError from every call.

    Nothing here waits for the disk: whoever changed a folder calls `ops.fsync_dir` in the end.
    """

    def make(self, place: Place, make: Make) -> None:
        """Make a link where nothing is: under the name aside, then renamed to its own. EEXIST when taken."""
        with told("make the link", place.path):
            aside = _aside(place.name)
            make(place.folder, aside)
            try:
                renamed = libc.rename(place.folder, aside, place.folder, place.name, libc.NO_REPLACE)
            except OSError:
                os.unlink(aside, dir_fd=place.folder)
                raise
            if not renamed:  # to make it at its place at once replaces nothing anywhere
                os.unlink(aside, dir_fd=place.folder)
                make(place.folder, place.name)

    def swap(self, place: Place, ours: Ours, make: Make, made: Ours) -> bool:
        """Put another link in place of ours, without a moment in which there is none where that can be.

        `made` knows the new link. False when what is there is not ours; it stays, or is back, in its place.
        """
        with told("replace the link", place.path):
            aside = _aside(place.name)
            make(place.folder, aside)
            try:
                exchanged = libc.rename(place.folder, aside, place.folder, place.name, libc.EXCHANGE)
            except OSError as error:
                os.unlink(aside, dir_fd=place.folder)
                if error.errno == errno.ENOENT:
                    return False
                raise
            if not exchanged:
                os.unlink(aside, dir_fd=place.folder)
                return self._swap_in_steps(place, ours, make)
            if _is(place.folder, aside, ours):
                try:
                    os.unlink(aside, dir_fd=place.folder)
                except OSError:  # the disk fails: the old link as it was, so that it can be tried again
                    libc.rename(place.folder, aside, place.folder, place.name, libc.EXCHANGE)
                    os.unlink(aside, dir_fd=place.folder)
                    raise
                return True
            libc.rename(place.folder, aside, place.folder, place.name, libc.EXCHANGE)
            if not _is(place.folder, aside, made):
                raise _kept_aside(place)
            os.unlink(aside, dir_fd=place.folder)
            return False

    def _swap_in_steps(self, place: Place, ours: Ours, make: Make) -> bool:
        if not self._put_aside(place, ours):
            return False
        try:
            make(place.folder, place.name)
        except BaseException:
            _put_back(place)
            raise
        os.unlink(_aside(place.name), dir_fd=place.folder)
        return True

    def take(self, place: Place, ours: Ours) -> bool:
        """Remove a link of ours. False when what is there is not ours: it stays, or is back, in its place.

        Never removes the last name of a file, whatever `ours` says. True also when nothing is there.
        """
        with told("remove the link", place.path):
            try:
                if not self._put_aside(place, ours):
                    return False
            except FileNotFoundError:
                return True
            try:
                os.unlink(_aside(place.name), dir_fd=place.folder)
            except OSError:  # the disk fails: as it was, so that it can be tried again
                _put_back(place)
                raise
            return True

    def _put_aside(self, place: Place, ours: Ours) -> bool:
        aside = _aside(place.name)
        if not _is(place.folder, place.name, ours):
            return False
        _rename_once(place, Place(place.folder, aside, f"{place.path} aside"))
        if _is(place.folder, aside, ours):
            return True
        _put_back(place)
        return False

    def settle(self, place: Place, ours: Ours, *, finish: bool) -> None:
        """Clear up what a crash left aside. A link of ours goes, with `finish` in any case, else only when
        something has its name; anything else is put back, as is a link that was still wanted."""
        aside = _aside(place.name)
        with told("look at", place.path):
            if _lstat(place.folder, aside) is None:
                return
            wanted = not finish and _lstat(place.folder, place.name) is None
            if wanted or not _is(place.folder, aside, ours):
                _put_back(place)
            else:
                os.unlink(aside, dir_fd=place.folder)

    def move(self, place: Place, to: Place) -> None:
        """Give an entry another name, where nothing is, on the same file system. EEXIST, EXDEV, ENOENT."""
        with told(f"move {place.path} to", to.path):
            _rename_once(place, to)

    def make_folder(self, place: Place) -> None:
        """Make a folder where nothing is."""
        with told("make the folder", place.path):
            os.mkdir(place.name, 0o755, dir_fd=place.folder)

    def remove_folder(self, place: Place) -> bool:
        """Remove an empty folder. False when it is not empty or no folder. True also when it is not there."""
        try:
            os.rmdir(place.name, dir_fd=place.folder)
        except FileNotFoundError:
            return True
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                return False
            raise disk_error(error, "remove the folder", place.path) from error
        return True


def strategy(platform: str = sys.platform) -> LinkStrategy:
    """How links are handled on this platform. Raises DiskError (ENOSYS) where that is not built yet."""
    if platform != "linux":
        message = f"links are made on Linux only; not on {platform} yet"
        raise DiskError(message, path=None, errno_name="ENOSYS", hint="nothing was changed")
    return LinkStrategy()


def _aside(name: str) -> str:
    """A temporary name that belongs to this name; `ops.is_temp_name` knows it."""
    return f".{hashlib.blake2b(os.fsencode(name), digest_size=8).hexdigest()}.tmp"


def _lstat(folder: int, name: str) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError as error:
        if error.errno in ABSENT:
            return None
        raise


def _is(folder: int, name: str, ours: Ours) -> bool:
    """`ours` knows what is there, and no bytes can be lost with it."""
    status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if not stat.S_ISLNK(status.st_mode):
        return stat.S_ISREG(status.st_mode) and status.st_nlink > 1 and ours(status, "")
    return ours(status, os.readlink(name, dir_fd=folder))


def _put_back(place: Place) -> None:
    try:
        _rename_once(Place(place.folder, _aside(place.name), place.path), place)
    except FileExistsError:
        raise _kept_aside(place) from None


def _kept_aside(place: Place) -> DiskError:
    kept = f"{os.path.dirname(place.path)}/{_aside(place.name)}"
    return DiskError(
        f"{place.path} was changed by another program again and again; what was there is {kept} now",
        path=place.path,
        errno_name="EEXIST",
        hint="rename it back",
    )


def _rename_once(place: Place, to: Place) -> None:
    """Rename, replacing nothing. Raises OSError."""
    if libc.rename(place.folder, place.name, to.folder, to.name, libc.NO_REPLACE):
        return
    status = os.stat(place.name, dir_fd=place.folder, follow_symlinks=False)
    if stat.S_ISDIR(status.st_mode):
        _rename_folder_once(place, to)
    elif _lstat(to.folder, to.name) is not None:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    else:
        _rename(place, to)


def _rename_folder_once(place: Place, to: Place) -> None:
    """The name is claimed by an empty folder: rename(2) replaces that, and nothing else."""
    os.mkdir(to.name, 0o755, dir_fd=to.folder)
    try:
        _rename(place, to)
    except OSError as error:
        os.rmdir(to.name, dir_fd=to.folder)
        if error.errno not in _CLAIM_IN_THE_WAY:
            raise
        _rename(place, to)  # some FUSE drivers replace no folder at all


def _rename(place: Place, to: Place) -> None:
    os.rename(place.name, to.name, src_dir_fd=place.folder, dst_dir_fd=to.folder)
