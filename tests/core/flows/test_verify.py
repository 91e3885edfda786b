"""Verifying contents: a flipped bit is found, named, and stays found; reading goes on where it ended."""

import hashlib
import os
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import xxhash

from pumas_tui.core.domain.findings import FindingKind
from pumas_tui.core.domain.imports import ImportChoices
from pumas_tui.core.fs import content
from pumas_tui.core.fs.content import Content, Pace
from pumas_tui.core.library import Library, OpenOptions, RunJobs, create_library
from tests.support import modelfiles


@pytest.fixture
async def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Library]:
    """A library with three models."""
    monkeypatch.setenv("HOME", str(tmp_path))
    root = tmp_path / "library"
    await create_library(str(root))
    async with Library.open(OpenOptions(root=str(root), run_jobs=RunJobs.OWN)) as opened:
        await opened.ready()
        for n in range(3):
            modelfiles.lora_sdxl(tmp_path / f"in/m{n}.safetensors", mark=b"%d" % n)
        inspection = await opened.imports.inspect_paths([str(tmp_path / "in")])
        submitted = await opened.imports.submit(inspection.candidates, ImportChoices())
        await opened.jobs.wait(submitted.jobs)
        yield opened


def weights(library: Library, name: str) -> Path:
    [found] = Path(library.paths.models).glob(f"*/*/{name}/{name}.safetensors")
    return found


def flip(path: Path) -> None:
    """One bit of the last byte; size and times stay."""
    facts = path.stat()
    with path.open("r+b") as file:
        file.seek(-1, 2)
        byte = file.read(1)[0]
        file.seek(-1, 2)
        file.write(bytes([byte ^ 1]))
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


async def test_a_flipped_bit_is_found_and_stays_found_until_it_is_right(library: Library) -> None:
    path = weights(library, "m1")
    metadata = (path.parent / "metadata.json").read_bytes()
    assert (await library.health.verify()).findings == ()
    flip(path)
    assert (await library.health.check()).status == "healthy"  # names and sizes tell nothing
    report = await library.health.verify()
    [found] = report.findings
    assert (found.kind, found.path, report.files, report.left) == (FindingKind.HASH_MISMATCH, str(path), 3, 0)
    assert (path.parent / "metadata.json").read_bytes() == metadata
    for _ in range(2):
        checked = await library.health.check()
        assert checked.of(FindingKind.HASH_MISMATCH) == (found,) and checked.models_right == 2
    assert (await library.health.verify(["m0"])).findings == ()
    flip(path)
    assert len((await library.health.check()).of(FindingKind.HASH_MISMATCH)) == 1  # nobody has read it again
    assert (await library.health.verify(["m1"])).findings == ()
    assert (await library.health.check()).status == "healthy"


async def test_it_goes_on_with_what_was_never_read(library: Library) -> None:
    flip(weights(library, "m2"))
    size = weights(library, "m0").stat().st_size
    read = [await library.health.verify(limit_bytes=size + 10) for _ in range(3)]
    assert [(one.files, one.left) for one in read] == [(1, 2)] * 3
    assert [len(one.findings) for one in read] == [0, 0, 1]
    assert len((await library.health.verify(limit_bytes=1)).findings) == 1  # m0 again; m2 is known


async def test_what_cannot_be_read_is_neither_good_nor_changed(library: Library) -> None:
    weights(library, "m0").unlink()
    report = await library.health.verify()
    assert report.findings == () and report.files == 3
    assert [Path(one.path or "").name for one in report.not_checked] == ["m0.safetensors"]


async def test_a_stopped_reading_keeps_what_it_has(library: Library) -> None:
    stop = threading.Event()
    report = await library.health.verify(on_progress=lambda done, total: stop.set(), stop=stop)
    assert report.stopped and report.files < 3 and report.left == 3 - report.files
    assert len(library._opened.registry.verified()) == report.files


def test_both_hashes_are_those_of_the_bytes(tmp_path: Path) -> None:
    raw = bytes(range(256)) * 20_000
    path = tmp_path / "file"
    path.write_bytes(raw)
    seen: list[int] = []
    with content.idle():
        assert content.xxh3_128(str(path), Pace(seen.append)).digest == xxhash.xxh3_128(raw).hexdigest()
    assert content.sha256(str(path), Pace(lambda _: None)).digest == hashlib.sha256(raw).hexdigest()
    assert sum(seen) == len(raw)
    path.write_bytes(b"")
    assert content.sha256(str(path), Pace(seen.append)) == Content(hashlib.sha256(b"").hexdigest(), ())
