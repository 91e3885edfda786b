"""Copies and hashes: the same bytes, the right digests, and a refusal when the source is not what it was."""

import hashlib
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import xxhash

from pumas_tui.core.domain.errors import CancelledError, DiskError, SourceChangedError
from pumas_tui.core.fs import copying, scan
from pumas_tui.core.fs.copying import CopiedFile
from pumas_tui.core.fs.ring import Source, straight

MIB = 1 << 20
SIZES = [0, 1, (256 << 10) + 1, 8 * MIB - 1, 8 * MIB, 21 * MIB + 3]


def content(size: int) -> bytes:
    return hashlib.shake_128(str(size).encode()).digest(size)


def copy(source: Path, target: Path, **changes: object) -> CopiedFile:
    options: dict[str, object] = {
        "expect": scan.entry(str(source)),
        "cancel": threading.Event(),
        "on_bytes": lambda done: None,
    }
    return copying.copy_hashed(str(source), str(target), **(options | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("size", SIZES)
def test_a_copy_equals_its_source_and_both_hashes_are_right(tmp_path: Path, size: int, alone: bool) -> None:
    source, target, data = tmp_path / "s", tmp_path / "t", content(size)
    source.write_bytes(data)
    done: list[int] = []
    copied = copy(source, target, on_bytes=done.append, alone=alone)
    assert target.read_bytes() == data
    assert copied.sha256 == hashlib.sha256(data).hexdigest()
    assert copied.xxh3_128 == xxhash.xxh3_128_hexdigest(data)
    assert copied.size == size
    assert copied.source_after == scan.entry(str(source))
    assert done == sorted(set(done)) and done[-1:] == ([size] if size else [])
    again = copied.source_after
    hashes = copying.hash_file(
        str(source), cancel=threading.Event(), on_bytes=lambda n: None, alone=alone, expect=again
    )
    assert (hashes.sha256, hashes.xxh3_128, hashes.size) == (copied.sha256, copied.xxh3_128, size)


def append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def overwrite_with_old_mtime(path: Path) -> None:
    status = path.stat()
    with path.open("r+b") as file:
        file.write(b"changed")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.mark.parametrize("change", [append, truncate, overwrite_with_old_mtime])
@pytest.mark.parametrize("size", [MIB, 20 * MIB])
def test_a_source_that_changes_meanwhile_is_refused(
    tmp_path: Path, change: Callable[[Path], None], size: int
) -> None:
    source = tmp_path / "s"
    source.write_bytes(content(size))
    time.sleep(0.02)  # older kernels stamp changes with a clock of 4 to 10 ms
    changed: list[int] = []

    def on_bytes(done: int) -> None:
        if not changed:
            changed.append(done)
            change(source)

    with pytest.raises(SourceChangedError):
        copy(source, tmp_path / "t", on_bytes=on_bytes)


def test_a_source_that_changed_before_is_refused_unread(tmp_path: Path) -> None:
    source = tmp_path / "s"
    source.write_bytes(b"old")
    expect = scan.entry(str(source))
    (tmp_path / "new").write_bytes(b"new")
    (tmp_path / "new").rename(source)
    with pytest.raises(SourceChangedError):
        copy(source, tmp_path / "t", expect=expect)
    assert not (tmp_path / "t").exists()


@pytest.mark.parametrize("size", [MIB, 40 * MIB])
def test_cancel_stops_at_a_buffer_and_leaves_no_thread(tmp_path: Path, size: int) -> None:
    source, cancel = tmp_path / "s", threading.Event()
    source.write_bytes(content(size))
    before = threading.active_count()

    def on_bytes(done: int) -> None:
        cancel.set()

    with pytest.raises(CancelledError):
        copy(source, tmp_path / "t", cancel=cancel, on_bytes=on_bytes)
    assert threading.active_count() == before


def test_an_unreadable_place_in_the_source_is_told_with_its_offset(tmp_path: Path) -> None:
    """/proc/self/mem is a regular file whose first page cannot be read: EIO at byte 0."""
    with open("/proc/self/mem", "rb") as memory:
        source = Source(memory.fileno(), "/proc/self/mem", 4096, threading.Event(), lambda done: None)
        with pytest.raises(DiskError, match="at byte 0") as caught:
            straight(source, None)
    assert caught.value.errno_name == "EIO"


def test_a_target_that_is_there_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "s").write_bytes(b"new")
    (tmp_path / "t").write_bytes(b"kept")
    with pytest.raises(DiskError):
        copy(tmp_path / "s", tmp_path / "t")
    assert (tmp_path / "t").read_bytes() == b"kept"


def test_links_are_followed_and_no_fifo_blocks(tmp_path: Path) -> None:
    (tmp_path / "s").write_bytes(b"data")
    (tmp_path / "link").symlink_to("s")
    copy(tmp_path / "link", tmp_path / "t")
    assert (tmp_path / "t").read_bytes() == b"data"
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(DiskError, match="not a regular file"):
        copying.hash_file(str(tmp_path / "fifo"), cancel=threading.Event(), on_bytes=lambda n: None)


def test_sampled_hash_tells_size_and_the_three_windows_apart(tmp_path: Path) -> None:
    data = bytearray(content(MIB))
    path = tmp_path / "s"

    def sampled() -> str:
        path.write_bytes(data)
        return copying.sampled_hash(str(path), len(data))

    first = sampled()
    assert first == sampled()
    for place in (0, MIB // 2, MIB - 1):
        data[place] ^= 1
        assert sampled() != first
        data[place] ^= 1
    data[200_000] ^= 1  # outside the windows: that is what a whole hash is for
    assert sampled() == first
    data += b"\0"
    assert sampled() != first
