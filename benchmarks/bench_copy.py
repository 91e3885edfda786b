"""Copy with both hashes against what anyone can run on the same file (bars P1, P2, P2b).

    python -m benchmarks.bench_copy [--mib N] [--runs N] [--dir DIR] [--json FILE]

Makes its own data in a temporary folder below --dir (default /dev/shm) and takes it away again.
"""

import argparse
import hashlib
import os
import subprocess
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import xxhash

from benchmarks.measure import Result, paired, report
from pumas_tui.core.fs import copying, scan

_PLAN_CHUNK = 8 << 10


def make_file(path: Path, mib: int) -> None:
    """Incompressible bytes, the same for every run."""
    block = b"".join(hashlib.sha256(n.to_bytes(4, "big")).digest() for n in range(1 << 15))
    with path.open("wb") as out:
        for n in range(mib):
            out.write(n.to_bytes(8, "big") + block[8:])


def plan_loop(source: Path, target: Path) -> None:
    """8 KiB at a time, two hashes, in one thread."""
    sha, xxh = hashlib.sha256(), xxhash.xxh3_128()
    with source.open("rb") as read, target.open("wb") as write:
        while chunk := read.read(_PLAN_CHUNK):
            sha.update(chunk)
            xxh.update(chunk)
            write.write(chunk)
        write.flush()
        os.fsync(write.fileno())


def bars(folder: Path, mib: int, runs: int) -> list[Result]:
    source, target = folder / "model.bin", folder / "copy.bin"
    make_file(source, mib)
    entry = scan.entry(str(source))

    def clear() -> None:
        # Pages that were just freed are handed out again: both sides start with the same memory.
        target.write_bytes(b"")
        with target.open("r+b") as out:
            os.posix_fallocate(out.fileno(), 0, entry.size)
        target.unlink()

    def ours() -> None:
        copying.copy_hashed(
            str(source), str(target), expect=entry, cancel=threading.Event(), on_bytes=lambda done: None
        )

    def shell(*commands: list[str]) -> Callable[[], None]:
        def run() -> None:
            for command in commands:
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

        return run

    sha = ["openssl", "dgst", "-sha256", str(source)]
    copy = ["cp", "--reflink=never", str(source), str(target)]
    return [
        paired("P1 copy + hashes", ours, shell(sha), 1.10, runs, peer_name="openssl alone", before=clear),
        paired(
            "P2 copy + hashes", ours, shell(copy, sha), 0.85, runs, peer_name="cp && openssl", before=clear
        ),
        paired(
            "P2b copy + hashes",
            ours,
            lambda: plan_loop(source, target),
            1 / 1.8,
            runs,
            peer_name="8 KiB loop",
            before=clear,
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description="Ratios of copying with hashes.")
    parser.add_argument("--mib", type=int, default=2048)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--dir", default="/dev/shm")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.dir) as folder:
        results = bars(Path(folder), options.mib, options.runs)
    report(results, options.json)


if __name__ == "__main__":
    main()
