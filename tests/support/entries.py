"""Whatever can stand at a path: each kind made on disk, and all of a tree as a value that opens nothing."""

import os
import socket
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path


def _file(path: Path) -> None:
    path.write_bytes(b"theirs")


def _empty(path: Path) -> None:
    path.touch()


def _two_names(path: Path) -> None:
    _file(path)
    os.link(path, path.with_name("second name"))


def _read_only(path: Path) -> None:
    _file(path)
    path.chmod(0o444)


def _folder(path: Path) -> None:
    path.mkdir()


def _full_folder(path: Path) -> None:
    path.mkdir()
    _file(path / "inside")


def _link_to_file(path: Path) -> None:
    _file(path.with_name("their file"))
    path.symlink_to("their file")


def _link_to_folder(path: Path) -> None:
    _full_folder(path.with_name("their folder"))
    path.symlink_to("their folder")


def _dangling(path: Path) -> None:
    path.symlink_to("nothing")


def _loop(path: Path) -> None:
    path.symlink_to(path.name)


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as made:
        made.bind(os.path.relpath(path))


KINDS: dict[str, Callable[[Path], None]] = {
    "file": _file,
    "empty file": _empty,
    "file with two names": _two_names,
    "read-only file": _read_only,
    "empty folder": _folder,
    "full folder": _full_folder,
    "link to a file": _link_to_file,
    "link to a folder": _link_to_folder,
    "dangling link": _dangling,
    "loop": _loop,
    "FIFO": _fifo,
    "socket": _socket,
}
"""Twelve kinds of entries that are not ours."""


Facts = tuple[int, int, int, str]
"""Mode, inode, size, and a link's text or a small file's content."""


def tree(*tops: Path) -> dict[str, Facts]:
    """All below these folders, by path; no FIFO is opened."""
    found = {}
    for top in tops:
        for folder, folders, files in os.walk(top):
            for name in (*folders, *files):
                path = os.path.join(folder, name)
                status = os.lstat(path)
                text = ""
                if stat.S_ISLNK(status.st_mode):
                    text = os.readlink(path)
                elif stat.S_ISREG(status.st_mode):
                    text = Path(path).read_bytes().decode("latin-1")
                size = 0 if stat.S_ISDIR(status.st_mode) else status.st_size
                found[path] = (status.st_mode, status.st_ino, size, text)
    return found
