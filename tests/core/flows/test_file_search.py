"""Looking on this machine for a file that a model lacks: where it is found, by what, and when it ends."""

from pathlib import Path
from uuid import uuid4

from pumas_tui.core.domain.jobs import JobState
from pumas_tui.core.fs.hunting import TOO_MANY, Limits
from tests.core.flows.test_refetching import bring, came, lora, opened, place

NAME = "cosy.safetensors"


async def test_near_where_it_came_from_by_size_and_proven_by_sha256(tmp_path: Path) -> None:
    file = lora(tmp_path / "in" / "deep", mark=uuid4().bytes)
    content = file.read_bytes()
    async with opened(tmp_path) as library:
        uid = await bring(library, file)
        place(library, NAME).unlink()
        file.unlink()
        file.parent.rmdir()
        lora(tmp_path / "in" / "same size", mark=uuid4().bytes)
        right = tmp_path / "elsewhere" / "no such name"
        right.parent.mkdir()
        right.write_bytes(content)
        search = library.refetching.search(uid)
        found = await search.run()
        [one] = found.plan.files
        assert (one.places, found.plan.path, found.others) == ((str(right),), str(right), 1)
        assert search.so_far[0] >= found.files > 0
        job = await came(library, (await library.refetching.submit(found.plan)).jobs)
        assert job.state is JobState.DONE, job
        assert place(library, NAME).read_bytes() == content == right.read_bytes()


async def test_in_the_librarys_trash_and_the_trash_keeps_it(tmp_path: Path) -> None:
    file = lora(tmp_path / "in", mark=uuid4().bytes)  # nothing that other tests left
    content = file.read_bytes()
    async with opened(tmp_path) as library:
        uid = await bring(library, file)
        file.unlink()
        trashed = Path(library.paths.trash) / "some" / "old"
        trashed.parent.mkdir(parents=True)
        place(library, NAME).rename(trashed)
        found = await library.refetching.search(uid, Limits(entries=2000)).run()
        assert [one.places for one in found.plan.files] == [(str(trashed),)]
        job = await came(library, (await library.refetching.submit(found.plan)).jobs)
        assert job.state is JobState.DONE, job
        assert place(library, NAME).read_bytes() == content == trashed.read_bytes()


async def test_it_ends_at_its_limits_and_when_it_is_stopped(tmp_path: Path) -> None:
    file = lora(tmp_path / "in", mark=uuid4().bytes)  # nothing that other tests left
    async with opened(tmp_path) as library:
        uid = await bring(library, file)
        place(library, NAME).unlink()
        few = await library.refetching.search(uid, Limits(entries=0)).run()
        assert (few.plan.files, few.stopped) == ((), TOO_MANY)
        stopped = library.refetching.search(uid)
        stopped.stop()
        assert (await stopped.run()).stopped == "cancelled"
