"""Files that must not become models: saved web pages, Git LFS pointers, nothing at all, half downloads."""

import errno
import os
import re

from pumas_tui.core.fs.failures import disk_error

_HALF_SUFFIXES = (".part", ".partial", ".incomplete", ".crdownload", ".aria2", ".download", ".opdownload")
_BESIDE_SUFFIXES = (".part", ".incomplete", ".crdownload", ".aria2")
_LFS_POINTER = b"version https://git-lfs.github.com/spec/"
_PAGE = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:\s|<\?xml[^>]*>|<!--.{0,2000}?-->)*<(?:!doctype\s+html|html|head|body)\b",
    re.I | re.S,
)
_SERVER_ERROR = re.compile(rb"\s*(?:\{\s*\"error\"\s*:|<\?xml[^>]*>\s*<Error>)")
_SMALL = 64 << 10  # bytes; error answers of servers are shorter, weights are longer


def refusal(path: str, size: int, start: bytes) -> str | None:
    """Why this file must not be imported, or None. `start` is its first bytes. Raises DiskError."""
    if size == 0:
        return "the file is empty"
    half = _half_download(path)
    if half:
        return half
    if _PAGE.match(start):
        return "a web page was saved instead of the file (a login or error page?)"
    if size <= _SMALL and start.startswith(_LFS_POINTER):
        return "a Git LFS pointer, not the file itself (run `git lfs pull` where it came from)"
    if size <= _SMALL and _SERVER_ERROR.match(start):
        return "a server's error message was saved instead of the file"
    return None


def _half_download(path: str) -> str | None:
    """Downloaders name the unfinished file so, or keep a file of that name beside it."""
    low = path.lower()
    suffix = next((s for s in _HALF_SUFFIXES if low.endswith(s)), None)
    if suffix:
        return f"half a download: its name ends in {suffix}"
    for suffix in _BESIDE_SUFFIXES:
        if _present(path + suffix):
            name = path.rsplit("/", 1)[-1]
            return f"half a download: {name}{suffix} is beside it"
    return None


def _present(path: str) -> bool:
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:  # no file can have this name
            return False
        raise disk_error(error, "look at", path) from error
    return True
