"""Verifying a file by its blocks: where it changed is told, and a stopped reading goes on where it was.

Blocks are 64 KiB here, so that a file of 1 MiB has enough of them.
"""

import os
import random
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from pumas_tui.core.domain import verification
from pumas_tui.core.domain.findings import FindingKind
from pumas_tui.core.domain.imports import ImportChoices
from pumas_tui.core.domain.verification import VerifyReport
from pumas_tui.core.flows import verifying
from pumas_tui.core.fs import content
from pumas_tui.core.library import Library, OpenOptions, RunJobs, create_library
from tests.support import modelfiles

BLOCK = 64 << 10


@asynccontextmanager
async def opened(tmp_path: Path) -> AsyncIterator[Library]:
    options = OpenOptions(root=str(tmp_path / "library"), run_jobs=RunJobs.OWN)
    async with Library.open(options) as library:
        await library.ready()
        yield library


@pytest.fixture
async def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The weights, a little over 16 blocks, of the only model of a library, just imported."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for module in (verification, content):
        monkeypatch.setattr(module, "BLOCK", BLOCK)
    source = tmp_path / "in/big.safetensors"
    modelfiles.safetensors_file(source, {"w": ("F32", [512, 512])})
    await create_library(str(tmp_path / "library"))
    async with opened(tmp_path) as library:
        inspection = await library.imports.inspect_paths([str(source)])
        await library.jobs.wait((await library.imports.submit(inspection.candidates, ImportChoices())).jobs)
    [found] = (tmp_path / "library/models").glob("*/*/big/big.safetensors")
    assert found.stat().st_size > 16 * BLOCK
    return found


def flip(path: Path, position: int) -> None:
    """One bit, as a disk does it: times stay, as far as anybody can set them."""
    facts = path.stat()
    with path.open("r+b") as file:
        file.seek(position)
        byte = file.read(1)[0]
        file.seek(position)
        file.write(bytes([byte ^ 1]))
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


async def stopped_after(library: Library, blocks: int) -> VerifyReport:
    stop = threading.Event()

    def advanced(done: int, total: int) -> None:
        if done >= blocks * BLOCK:
            stop.set()

    return await library.health.verify(on_progress=advanced, stop=stop)


async def test_a_flipped_bit_anywhere_is_told_with_its_block(path: Path, tmp_path: Path) -> None:
    size = path.stat().st_size
    async with opened(tmp_path) as library:
        assert (await library.health.verify()).findings == ()
        some = [0, size - 1, BLOCK - 1, BLOCK, *(random.Random(5).randrange(size) for _ in range(46))]
        for position in some:
            flip(path, position)
            [found] = (await library.health.verify(["big"])).findings
            block = position // BLOCK
            first, last = block * BLOCK, min((block + 1) * BLOCK, size) - 1
            assert found.kind is FindingKind.HASH_MISMATCH and found.path == str(path)
            where = f"block {block}, bytes {first:,}-{last:,}"
            assert found.message.endswith(f"big.safetensors is not what was imported: it differs in {where}")
            assert (await library.health.check()).of(FindingKind.HASH_MISMATCH) == (found,)
            flip(path, position)
        assert (await library.health.verify()).findings == ()


async def test_places_beside_one_another_are_one_and_all_are_told(path: Path, tmp_path: Path) -> None:
    async with opened(tmp_path) as library:
        await library.health.verify()
        for block in (2, 3, 4, 7, 9):
            flip(path, block * BLOCK + 1)
        [found] = (await library.health.verify()).findings
        assert [line for line in found.evidence if line.startswith("differs")] == [
            "differs in blocks 2-4, bytes 131,072-327,679",
            "differs in block 7, bytes 458,752-524,287",
            "differs in block 9, bytes 589,824-655,359",
        ]
        with path.open("r+b") as file:
            file.truncate(12 * BLOCK)
        [found] = (await library.health.verify()).findings
        assert any(line.startswith("differs in blocks 12-16") for line in found.evidence)


async def test_what_was_changed_before_anybody_read_it_has_no_place(path: Path, tmp_path: Path) -> None:
    flip(path, 5 * BLOCK)
    async with opened(tmp_path) as library:
        [found] = (await library.health.verify()).findings
        assert found.message.endswith("is not what was imported")
        assert "cannot be told" in found.evidence[-1]
        flip(path, 5 * BLOCK)
        assert (await library.health.verify()).findings == ()
        flip(path, 6 * BLOCK)
        [found] = (await library.health.verify()).findings
        assert "block 6," in found.message


async def test_a_stopped_reading_goes_on_at_its_block_also_after_a_restart(
    path: Path, tmp_path: Path
) -> None:
    size = path.stat().st_size
    async with opened(tmp_path) as library:
        await library.health.verify()
        flip(path, 2 * BLOCK)
        report = await stopped_after(library, 5)
        assert report.stopped and (report.files, report.left) == (0, 1)
        assert (report.size_bytes, report.left_bytes) == (5 * BLOCK, size - 5 * BLOCK)
        assert report.findings == ()  # nothing is concluded from a part
    async with opened(tmp_path) as library:
        report = await stopped_after(library, 3)
        assert (report.size_bytes, report.left_bytes) == (3 * BLOCK, size - 8 * BLOCK)
    seen: list[tuple[int, int]] = []
    async with opened(tmp_path) as library:
        report = await library.health.verify(on_progress=lambda done, total: seen.append((done, total)))
        [found] = report.findings
        assert "block 2," in found.message  # read before the first stop
        assert seen[0] == (BLOCK, size - 8 * BLOCK)
        flip(path, 2 * BLOCK)
        assert (await library.health.verify()).findings == ()


async def test_a_file_that_was_written_to_is_read_from_its_start_again(path: Path, tmp_path: Path) -> None:
    size = path.stat().st_size
    async with opened(tmp_path) as library:
        await library.health.verify()
        await stopped_after(library, 5)
        flip(path, BLOCK)
        report = await library.health.verify()
        assert "block 1," in report.findings[0].message
        assert report.size_bytes == 2 * size  # all blocks, then all of it by SHA-256


async def test_what_was_read_is_kept_while_reading(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that is killed loses what it read since it last wrote that down, not all."""
    monkeypatch.setattr(verifying, "_KEEP_EVERY_S", 0.0)
    async with opened(tmp_path) as library:
        await library.health.verify()
        registry, kept = library._opened.registry, list[int]()

        def advanced(done: int, total: int) -> None:
            kept.extend(begun.blocks for begun in registry.begun_readings().values())

        await library.health.verify(on_progress=advanced)
        assert kept == list(range(1, 17))
        assert registry.begun_readings() == {}
