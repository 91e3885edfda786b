"""S20: the library's disk is full, at many levels: a clear error, nothing partial, the source intact.

The queue goes on with the next, and all comes in once there is room. The databases are on the same full disk.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import modelfiles
from tests.support.disks import NoDiskError, tmpfs
from tests.support.program import Ran, pumas
from tests.support.trees import model_dirs, sha256

DISK = 96 << 20
BIG = 24 << 20
SMALL = 1 << 20
KIB = 1 << 10

LEVELS = [
    BIG + 40_000 * KIB,
    BIG + SMALL + 64 * KIB,
    BIG + 720 * KIB,
    BIG + 40 * KIB,
    BIG,
    BIG - 4 * KIB,
    8 << 20,
    SMALL // 2,
    64 * KIB,
    8 * KIB,
    0,
]
"""Bytes that are free when the import begins."""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A tmpfs with an empty library on it."""
    try:
        with tmpfs(tmp_path / "disk", DISK) as folder:
            yield folder
    except NoDiskError as error:
        pytest.skip(f"a full disk needs one of its own: {error}")


def fill(disk: Path, free: int) -> Path:
    """Take everything but `free` bytes."""
    filler = disk / "filler"
    status = os.statvfs(disk)
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, status.f_bavail * status.f_frsize - free))
    return filler


def assert_whole(root: Path, digests: set[str]) -> int:
    """Every visible model is one of the sources, whole. How many there are."""
    found = [d for d in model_dirs(root) if any(d.iterdir())]
    for directory in found:
        [stored] = json.loads((directory / "metadata.json").read_bytes())["files"]
        assert stored["sha256"] in digests
        assert sha256(directory / stored["name"]) == stored["sha256"]
    return len(found)


def disk_errors(ran: Ran) -> list[str]:
    """Messages about the full disk."""
    return [e["message"] for e in ran.document["errors"] if e["code"] == "disk_full"]


@pytest.mark.parametrize("free", LEVELS)
def test_at_any_level(disk: Path, inbox: Path, tmp_path: Path, free: int) -> None:
    config = tmp_path / "settings.toml"
    config.write_text("[import]\nreserve_bytes = 0\n")
    root = disk / "library"
    assert pumas("init", root, root=root).code == 0
    big, small = inbox / "big.safetensors", inbox / "small.safetensors"
    modelfiles.safetensors_file(big, {"w": ("U8", [BIG])})
    modelfiles.safetensors_file(small, {"w": ("U8", [SMALL])})
    digests = {sha256(big): big, sha256(small): small}
    filler = fill(disk, free)

    def run(*arguments: str | Path) -> Ran:
        return pumas("--config", str(config), *arguments, "--json", root=root, home=tmp_path)

    ran = run("import", big, small)
    assert ran.code in (0, 6), (ran.code, ran.err)
    if ran.code:
        assert disk_errors(ran), ran.out
        assert all("full" in m or "no space" in m.lower() for m in disk_errors(ran)), ran.out
    whole = assert_whole(root, set(digests))
    assert {sha256(path): path for path in (big, small)} == digests
    if free > BIG + SMALL + (20 << 20):
        assert (ran.code, whole) == (0, 2)
    elif SMALL + (2 << 20) < free < BIG:
        assert (ran.code, whole) == (6, 1), "the queue did not go on with the one that fits"

    filler.unlink()
    again = run("import", big, small)
    assert again.code == 0, again.err
    assert assert_whole(root, set(digests)) == 2
    assert run("list").data["total"] == 2
    assert list((root / "models" / ".staging").iterdir()) == []
