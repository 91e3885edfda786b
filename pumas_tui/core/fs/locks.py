"""Locks between processes: flock'ed files in `.locks/` that say who holds them.

A lock file is never removed: removing one that somebody waits for would let two hold it. Where flock(2) does
not exist (some network file systems) a lock holds nobody off; what is written stays whole without it.
"""

import errno
import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from pumas_tui.core.domain.errors import BusyError
from pumas_tui.core.domain.ids import ModelUid
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.fs import ops, owners
from pumas_tui.core.fs.failures import disk_error
from pumas_tui.core.fs.owners import Owner

TIMEOUT_S = 5.0
_POLL_S = 0.02
_NO_FLOCK = frozenset({errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK, errno.EINVAL})


@contextmanager
def library_lock(paths: LibraryPaths, timeout_s: float = TIMEOUT_S) -> Iterator[None]:
    """Hold the library's lock. Raises BusyError saying who has it after `timeout_s`, DiskError."""
    with _held(paths, paths.library_lock, "the library", timeout_s):
        yield


@contextmanager
def mapping_lock(paths: LibraryPaths, timeout_s: float = TIMEOUT_S) -> Iterator[None]:
    """Hold the lock of links and moves. Raises BusyError saying who has it after `timeout_s`, DiskError."""
    with _held(paths, paths.mapping_lock, "mapping", timeout_s):
        yield


@contextmanager
def model_lock(paths: LibraryPaths, uid: ModelUid, timeout_s: float = TIMEOUT_S) -> Iterator[None]:
    """Hold one model's lock. Raises BusyError saying who has it after `timeout_s`, DiskError."""
    with _held(paths, paths.model_lock(uid), "the model", timeout_s):
        yield


@contextmanager
def _held(paths: LibraryPaths, path: str, what: str, timeout_s: float) -> Iterator[None]:
    ops.make_dir(paths.locks, exist_ok=True)
    fd = ops.open_lock_file(path)
    try:
        deadline = time.monotonic() + timeout_s
        while not try_lock(fd, path):
            if time.monotonic() >= deadline:
                raise _busy(fd, what, path)
            time.sleep(_POLL_S)
        ops.rewrite(fd, json.dumps(owners.this_process().to_json()).encode())
        yield
    finally:
        os.close(fd)


def try_lock(fd: int, path: str) -> bool:
    """Take the lock on an open file without waiting; closing the file gives it back. Raises DiskError."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _NO_FLOCK:
            raise disk_error(error, "lock", path) from error
    return True


def holder(fd: int) -> Owner | None:
    """Who wrote itself into an open lock file; None when that cannot be read."""
    try:
        return owners.from_json(json.loads(os.pread(fd, 4096, 0)))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _busy(fd: int, what: str, path: str) -> BusyError:
    who = holder(fd)
    by = "another process" if who is None else f"pid {who.pid} on {who.host} since {who.since}"
    return BusyError(f"{what} is in use by {by}", path=path, hint="wait for it or end it, then retry")
