"""Bytes that come into the library without being copied: by clone, or as a second name of the same file.

Both are hashed, for the hashes are what the library knows a file by. Errors as in `copying`.
"""

import os
import threading
from collections.abc import Callable

from pumas_tui.core.domain.errors import DiskError, SourceChangedError
from pumas_tui.core.domain.files import FileEntry
from pumas_tui.core.fs import ops, ops_share
from pumas_tui.core.fs.copying import CopiedFile, hash_file, same_as, unchanged
from pumas_tui.core.fs.failures import told
from pumas_tui.core.fs.reading import entry_of, open_regular


def can_clone(source: str, folder: str) -> bool:
    """Files in `folder` can share blocks with this one. Raises DiskError when the source cannot be opened."""
    fd = open_regular(source)
    try:
        return ops_share.can_clone(fd, folder)
    finally:
        os.close(fd)


def clone_hashed(
    source: str,
    target: str,
    *,
    expect: FileEntry,
    cancel: threading.Event,
    on_bytes: Callable[[int], None],
    alone: bool = True,
) -> CopiedFile | None:
    """Make the new file `target` a clone of the source and hash that. None, and no file, where none can be.

    The clone is what the source was at one moment; later changes of the source do not reach it.
    """
    fd = open_regular(source)
    try:
        before = unchanged(fd, source, expect)
        out = ops.create_file(target)
        try:
            if not ops_share.clone(fd, out, target):
                ops.forget(target)
                return None
            after = same_as(before, fd, source)
            ops.fsync_file(out)
        finally:
            os.close(out)
    finally:
        os.close(fd)
    hashes = hash_file(target, cancel=cancel, on_bytes=on_bytes, alone=alone)
    if hashes.size != after.st_size:
        raise SourceChangedError(f"{source} changed while it was cloned", path=source)
    return CopiedFile(hashes.sha256, hashes.xxh3_128, hashes.size, entry_of(source, after))


def link_hashed(
    source: str,
    target: str,
    *,
    expect: FileEntry,
    cancel: threading.Event,
    on_bytes: Callable[[int], None],
    alone: bool = True,
) -> CopiedFile:
    """Make `target` another name of the source's file and hash it. Raises DiskError where that cannot be."""
    fd = open_regular(source)
    try:
        unchanged(fd, source, expect)
        try:
            ops_share.hard_link(fd, target)
        except DiskError as error:
            raise DiskError(
                error.message,
                path=source,
                errno_name=error.errno_name,
                hint="hard links need both places on one file system; use mode auto or copy",
            ) from error
        with told("look at", source):
            linked = os.fstat(fd)  # the new name changed the file's ctime
        ops.fsync_file(fd)
        hashes = hash_file(target, cancel=cancel, on_bytes=on_bytes, alone=alone)
        after = same_as(linked, fd, source)
    finally:
        os.close(fd)
    return CopiedFile(hashes.sha256, hashes.xxh3_128, hashes.size, entry_of(source, after))


def same_file(one: str, other: str) -> bool:
    """Two names, not links, of one file that has at least these two. Raises DiskError."""
    with told("look at", one):
        first = os.lstat(one)
    with told("look at", other):
        second = os.stat(other)
    return (first.st_dev, first.st_ino) == (second.st_dev, second.st_ino) and first.st_nlink >= 2
