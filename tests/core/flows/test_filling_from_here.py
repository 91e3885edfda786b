"""Files that a model lacks, from a path of this machine: what is taken, what is refused, what stays."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from pumas_tui.core.domain import refetching
from pumas_tui.core.domain.errors import NotFoundError, RefusedError
from pumas_tui.core.domain.findings import FindingKind
from pumas_tui.core.domain.hub_values import HubModel
from pumas_tui.core.domain.jobs import Job, JobState
from pumas_tui.core.library import Library, RunJobs
from tests.core.flows.test_refetching import (
    bring,
    came,
    document,
    kinds,
    leftovers,
    lora,
    opened,
    part,
    place,
)
from tests.support.apps import comfyui, links

NAME = "cosy.safetensors"


def marks(path: Path) -> tuple[int, ...]:
    """What any change of a file, or of its names, would change."""
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_nlink


async def fill(library: Library, ref: str, path: Path | str) -> Job:
    plan = await library.refetching.plan_from(ref, str(path))
    return await came(library, (await library.refetching.submit(plan)).jobs)


async def test_a_pasted_file_fills_the_model_it_came_from_and_stays_where_it_was(tmp_path: Path) -> None:
    file = lora(tmp_path / "in")
    content = file.read_bytes()
    app = comfyui(tmp_path / "ComfyUI")
    async with opened(tmp_path, RunJobs.ALL) as library:
        await library.mapping.add_app(await library.mapping.propose(str(app.parent)))
        uid = await bring(library, file)
        await library.mapping.sync()
        before, linked = document(library), links(app)
        place(library, NAME).unlink()
        elsewhere = file.rename(tmp_path / "another name.bin")
        seen = marks(elsewhere)

        job = await fill(library, before["model_id"], f"'{elsewhere}'")
        assert job.state is JobState.DONE, job
        assert place(library, NAME).read_bytes() == content
        assert document(library) == before
        assert marks(elsewhere) == seen, "a user's file is read only"
        assert (await kinds(library), links(app)) == (set(), linked)
        assert leftovers(library) == []
        assert (await library.models.get(uid)).row.uid == uid

        await library.history.undo()
        assert not place(library, NAME).exists()
        assert FindingKind.PHANTOM_MODEL in await kinds(library)
        assert elsewhere.read_bytes() == content


async def test_a_file_of_another_size_is_refused_before_anything_is_queued(tmp_path: Path) -> None:
    file = lora(tmp_path / "in")
    async with opened(tmp_path) as library:
        uid = await bring(library, file)
        place(library, NAME).unlink()
        other = tmp_path / NAME
        other.write_bytes(b"short")
        with pytest.raises(RefusedError, match=r"has 5 bytes.*on record"):
            await library.refetching.plan_from(uid, str(other))
        with pytest.raises(NotFoundError, match="not a file or folder"):
            await library.refetching.plan_from(uid, f"{tmp_path}/nowhere.safetensors")


async def test_a_file_of_the_same_size_and_another_content_is_refused_and_nothing_changes(
    tmp_path: Path,
) -> None:
    file = lora(tmp_path / "in")
    other = lora(tmp_path / "other", mark=b"2")
    assert other.stat().st_size == file.stat().st_size
    async with opened(tmp_path) as library:
        uid = await bring(library, file)
        place(library, NAME).unlink()
        job = await fill(library, uid, other)
        assert job.state is JobState.REFUSED
        assert "SHA-256" in (job.error or {})["message"] and str(other) in (job.error or {})["message"]
        assert not place(library, NAME).exists()
        assert leftovers(library) == []
        assert "fetch" not in {str(one.kind) for one in await library.history.list()}


async def test_in_a_folder_the_right_one_is_found_by_name_or_size(tmp_path: Path) -> None:
    file = lora(tmp_path / "in")
    content = file.read_bytes()
    async with opened(tmp_path) as library:
        uid = await bring(library, file)
        place(library, NAME).unlink()
        file.unlink()
        folder = tmp_path / "disk"
        lora(folder / "a", mark=b"3")  # has the name and the size, and is another
        (folder / "b").mkdir()
        (folder / "b" / "renamed").write_bytes(content)
        job = await fill(library, uid, folder)
        assert job.state is JobState.DONE, job
        assert place(library, NAME).read_bytes() == content
        place(library, NAME).unlink()
        (tmp_path / "empty").mkdir()
        with pytest.raises(NotFoundError, match="no file of its size"):
            await library.refetching.plan_from(uid, str(tmp_path / "empty"))


async def test_the_wrong_file_goes_to_the_trash(tmp_path: Path) -> None:
    file = lora(tmp_path / "in")
    async with opened(tmp_path) as library:
        uid = await bring(library, file)
        place(library, NAME).write_bytes(b"wrong")
        job = await fill(library, uid, file)
        assert job.state is JobState.DONE, job
        assert place(library, NAME).read_bytes() == file.read_bytes()
        [item] = await library.history.trash()
        assert item.original == str(place(library, NAME))


async def test_parts_that_are_there_come_in_and_the_others_are_told(tmp_path: Path) -> None:
    parts = [part(tmp_path / "in", n) for n in (1, 2, 3)]
    async with opened(tmp_path) as library:
        uid = await bring(library, tmp_path / "in")
        for one in parts[:2]:
            place(library, one.name).unlink()
        os.truncate(parts[1], 10)
        plan = await library.refetching.plan_from(uid, str(tmp_path / "in"))
        assert [one.wanted.name for one in plan.files] == [parts[0].name]
        [(left, why)] = plan.left
        assert left.name == parts[1].name and "10 bytes" in why
        job = await came(library, (await library.refetching.submit(plan)).jobs)
        assert (job.result or {})["files"] == [parts[0].name]
        assert place(library, parts[0].name).read_bytes() == parts[0].read_bytes()
        assert not place(library, parts[1].name).exists()


async def test_a_part_that_never_came_in_has_nothing_to_be_compared_with(tmp_path: Path) -> None:
    async with opened(tmp_path) as library:
        uid = await bring(library, part(tmp_path / "in", 1), part(tmp_path / "in", 3), missing=True)
        with pytest.raises(RefusedError, match="no SHA-256 of it is on record"):
            await library.refetching.plan_from(uid, str(part(tmp_path / "more", 2)))


async def test_a_job_for_a_path_is_none_that_waits_for_the_hub_and_comes_once(tmp_path: Path) -> None:
    file = lora(tmp_path / "in")
    async with opened(tmp_path) as library:
        uid = await bring(library, file)
        place(library, NAME).unlink()
    async with opened(tmp_path, RunJobs.NONE) as library:
        plan = await library.refetching.plan_from(uid, str(file))
        repo = HubModel("art/cosy")
        hub = await library.refetching.submit(replace(plan, repo=repo, files=(), path="", waits="offline"))
        first = await library.refetching.submit(plan)
        assert first.jobs != hub.jobs
        assert (await library.refetching.submit(plan)).jobs == first.jobs


async def test_a_copy_that_was_stopped_goes_on_and_a_damaged_one_begins_anew(tmp_path: Path) -> None:
    file = lora(tmp_path / "in")
    content = file.read_bytes()
    async with opened(tmp_path) as library:
        uid = await bring(library, file)
    for staged in (content[:50], b"x" * 50):
        async with opened(tmp_path, RunJobs.NONE) as library:
            place(library, NAME).unlink()
            submitted = await library.refetching.submit(await library.refetching.plan_from(uid, str(file)))
            job = await library.jobs.get(submitted.jobs[0])
            assert job is not None
            folder = (
                Path(library.paths.download(job.payload["uid"]))
                / refetching.order_of(job.payload).download.folder_name
            )
            folder.mkdir(parents=True)
            (folder / NAME).write_bytes(staged)
        async with opened(tmp_path, RunJobs.ALL) as library:
            done = await came(library, submitted.jobs)
            assert done.state is JobState.DONE, done
            assert place(library, NAME).read_bytes() == content
            assert leftovers(library) == []
