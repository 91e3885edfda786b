"""Parts that an import lacks: looked for around the others, checked, and given to the job that waits."""

import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from pumas_tui.core.domain.absent_parts import FoundPart
from pumas_tui.core.domain.errors import ChangedMeanwhileError, RefusedError, UsageError
from pumas_tui.core.domain.ids import JobId
from pumas_tui.core.domain.imports import ImportChoices
from pumas_tui.core.domain.jobs import Job, JobState, NeedKind
from pumas_tui.core.fs.hunting import Limits
from pumas_tui.core.library import Library, OpenOptions, RunJobs
from tests.support import modelfiles

STEM = f"llama-{uuid4().hex}"
"""Searches go on into folders of other tests: what they leave there has other names."""


@pytest.fixture(autouse=True)
def own_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of one test are not found by the next."""
    monkeypatch.setattr(sys.modules[__name__], "STEM", f"llama-{uuid4().hex}")


def name(n: int) -> str:
    return f"{STEM}-{n:05}-of-00003.safetensors"


def tensors(n: int) -> Mapping[str, tuple[str, list[int]]]:
    return {f"model.layers.{n}.mlp.up_proj.weight": ("F32", [n, 4]), f"model.layers.{n}.b": ("F32", [n])}


def part(folder: Path, n: int) -> str:
    return modelfiles.safetensors_file(folder / name(n), tensors(n))


def cut_off(folder: Path, n: int) -> Path:
    path = Path(part(folder, n))
    path.write_bytes(path.read_bytes()[:-7])
    return path


def index(folder: Path) -> None:
    listed = {tensor: name(n) for n in (1, 2, 3) for tensor in tensors(n)}
    (folder / f"{STEM}.safetensors.index.json").write_text(json.dumps({"weight_map": listed}))


@asynccontextmanager
async def asking(tmp_path: Path, run: RunJobs = RunJobs.ALL) -> AsyncIterator[tuple[Library, JobId]]:
    """A library with one import, of what is in the folder `in`, that waits for an answer."""
    async with Library.open(OpenOptions(str(tmp_path / "lib"), create=True, run_jobs=run)) as library:
        found = await library.imports.inspect_paths([str(tmp_path / "in")])
        done = await library.imports.submit(found.candidates, ImportChoices())
        [job] = await library.jobs.wait(done.jobs)
        assert job.state is JobState.NEEDS_YOU and job.needs[0].kind is NeedKind.MISSING_PART
        yield library, job.id


def files(tmp_path: Path) -> list[Any]:
    [path] = (tmp_path / "lib/models").glob("*/*/*/metadata.json")
    return [(file.get("shard_index"), file["name"]) for file in json.loads(path.read_text())["files"]]


async def ended(library: Library, job_id: JobId) -> Job:
    [job] = await library.jobs.wait([job_id])
    return job


async def test_a_part_in_the_neighbourhood_is_found_and_the_model_comes_in_whole(tmp_path: Path) -> None:
    part(tmp_path / "in", 1), part(tmp_path / "in", 3)
    path = part(tmp_path / "other" / "deep", 2)
    async with asking(tmp_path) as (library, job_id):
        search = await library.imports.part_search(job_id).run()
        assert search.found == (FoundPart(2, path, Path(path).stat().st_size),)
        assert search.top == str(tmp_path) and search.files >= 3 and search.stopped == ""
        job = await library.imports.add_parts(job_id, search.found)
        assert job.payload["missing"] == [] and job.payload["shards"] == {"present": 3, "total": 3}
        assert (await ended(library, job_id)).state is JobState.DONE
    assert files(tmp_path) == [(n, name(n)) for n in (1, 2, 3)]


async def test_of_several_missing_parts_what_is_found_is_kept_and_the_rest_asked_for(tmp_path: Path) -> None:
    part(tmp_path / "in", 3)
    path = part(tmp_path / "b", 1)
    async with asking(tmp_path, RunJobs.NONE) as (library, job_id):
        found = await library.imports.part_at(job_id, f"'{path}'")
        job = await library.imports.add_parts(job_id, [found])
        assert job.state is JobState.NEEDS_YOU
        assert job.needs[0].facts["missing"] == [2] and job.needs[0].facts["present"] == 2
        part(tmp_path / "in", 2)
        [two] = (await library.imports.part_search(job_id).run()).found
        assert (await library.imports.add_parts(job_id, [two])).state is JobState.WAITING
        with pytest.raises(RefusedError, match="no part is missing any more"):
            await library.imports.part_at(job_id, path)


async def test_the_index_tells_a_part_of_another_model_and_one_of_another_name(tmp_path: Path) -> None:
    part(tmp_path / "in", 1), part(tmp_path / "in", 3)
    index(tmp_path / "in")
    other = modelfiles.safetensors_file(tmp_path / "near" / name(2), {"model.layers.2.b": ("F32", [2])})
    renamed = modelfiles.safetensors_file(tmp_path / "near" / "download(2)", tensors(2))
    async with asking(tmp_path) as (library, job_id):
        search = await library.imports.part_search(job_id, Limits(entries=200)).run()
        assert search.found == ()
        why = "the index puts 2 tensors into part 2, 1 of them are not in it"
        assert search.not_it == ((other, why),)
        with pytest.raises(RefusedError, match="is not part 2: the index puts 2 tensors into part 2"):
            await library.imports.part_at(job_id, other)
        await library.imports.add_parts(job_id, [await library.imports.part_at(job_id, renamed)])
        await ended(library, job_id)
    assert (2, name(2)) in files(tmp_path)


async def test_a_path_that_is_no_such_part_is_refused_with_the_reason(tmp_path: Path) -> None:
    part(tmp_path / "in", 1), part(tmp_path / "in", 3)
    (tmp_path / "lib/models").mkdir(parents=True)
    text = Path(tmp_path / name(2))
    async with asking(tmp_path, RunJobs.NONE) as (library, job_id):
        wrong = modelfiles.safetensors_file(tmp_path / "x.safetensors", tensors(2))
        with pytest.raises(RefusedError, match=f"is not part 2: it would be called {name(2)}"):
            await library.imports.part_at(job_id, wrong)
        with pytest.raises(UsageError, match='"/nowhere/at/all" is not a file here'):
            await library.imports.part_at(job_id, "/nowhere/at/all")
        text.write_text("<html>not found</html>")
        with pytest.raises(RefusedError, match="is not part 2"):
            await library.imports.part_at(job_id, str(text))
        text.write_bytes(cut_off(tmp_path / "cut", 2).read_bytes())
        with pytest.raises(RefusedError, match="half a download"):
            await library.imports.part_at(job_id, str(text))


async def test_a_search_is_bounded_and_can_be_stopped(tmp_path: Path) -> None:
    part(tmp_path / "in", 1), part(tmp_path / "in", 3)
    part(tmp_path / "z", 2)
    for n in range(300):
        (tmp_path / "in" / f"{n}.txt").touch()
    async with asking(tmp_path, RunJobs.NONE) as (library, job_id):
        search = await library.imports.part_search(job_id, Limits(entries=100)).run()
        assert (search.found, search.stopped) == ((), "too many") and search.files <= 100
        search = await library.imports.part_search(job_id, Limits(seconds=0)).run()
        assert (search.found, search.stopped) == ((), "too long")
        hunt = library.imports.part_search(job_id)
        hunt.stop()
        search = await hunt.run()
        assert (search.found, search.stopped, search.top) == ((), "cancelled", str(tmp_path / "in"))


async def test_a_link_to_another_file_system_is_no_part(tmp_path: Path) -> None:
    part(tmp_path / "in", 1), part(tmp_path / "in", 3)
    (tmp_path / "in" / "sub").mkdir()
    (tmp_path / "in" / "sub" / name(2)).symlink_to("/proc/self/status")
    async with asking(tmp_path, RunJobs.NONE) as (library, job_id):
        search = await library.imports.part_search(job_id, Limits(entries=50)).run()
        assert search.found == () and search.not_it == ()


async def test_what_a_model_of_the_library_holds_is_told_and_not_taken(tmp_path: Path) -> None:
    for n in (1, 2):
        part(tmp_path / "in", n)
    async with asking(tmp_path) as (library, job_id):
        await library.jobs.answer(job_id, NeedKind.MISSING_PART, "import")
        model_id = ((await ended(library, job_id)).result or {})["model_id"]
        (tmp_path / "in" / name(2)).unlink()
        modelfiles.safetensors_file(tmp_path / "in" / name(3), tensors(3))
        found = await library.imports.inspect_paths([str(tmp_path / "in")])
        [again] = (await library.imports.submit(found.candidates, ImportChoices())).jobs
        search = await library.imports.part_search(again, Limits(entries=300)).run()
        assert (search.found, search.in_library) == ((), (model_id,))
        with pytest.raises(RefusedError, match="inside the library"):
            await library.imports.part_at(again, str(tmp_path / "lib/models" / model_id / name(2)))


async def test_a_part_that_ends_too_early_is_asked_about_and_replaced(tmp_path: Path) -> None:
    part(tmp_path / "in", 1), part(tmp_path / "in", 2)
    half = cut_off(tmp_path / "in", 3)
    async with asking(tmp_path) as (library, job_id):
        asked = (await ended(library, job_id)).needs[0]
        size = half.stat().st_size
        short = {"number": 3, "path": str(half), "size_bytes": size, "wanted_bytes": size + 7}
        assert asked.choices == ("refuse",) and asked.facts["short"] == [short]
        assert (asked.facts["present"], asked.facts["total"]) == (2, 3)
        whole = part(tmp_path / "b", 3)
        search = await library.imports.part_search(job_id).run()
        assert [one.path for one in search.found] == [whole]
        await library.imports.add_parts(job_id, search.found)
        assert (await ended(library, job_id)).state is JobState.DONE
    assert files(tmp_path) == [(n, name(n)) for n in (1, 2, 3)]


async def test_a_part_of_a_folder_goes_where_its_index_says(tmp_path: Path) -> None:
    top = tmp_path / "in"
    for n in (1, 3):
        modelfiles.safetensors_file(top / f"model-{n:05}-of-00003.safetensors", tensors(n))
    listed = {tensor: f"model-{n:05}-of-00003.safetensors" for n in (1, 2, 3) for tensor in tensors(n)}
    (top / "model.safetensors.index.json").write_text(json.dumps({"weight_map": listed}))
    (top / "config.json").write_text('{"model_type": "llama", "architectures": ["LlamaForCausalLM"]}')
    near = tmp_path / "cache" / "model-00002-of-00003.safetensors"
    modelfiles.safetensors_file(near, tensors(2))
    async with asking(tmp_path) as (library, job_id):
        search = await library.imports.part_search(job_id).run()
        assert [(one.number, one.path) for one in search.found] == [(2, str(near))]
        await library.imports.add_parts(job_id, search.found)
        assert (await ended(library, job_id)).state is JobState.DONE
    assert (2, near.name) in files(tmp_path) and len(files(tmp_path)) == 5


async def test_an_import_that_was_changed_or_has_begun_is_left_alone(tmp_path: Path) -> None:
    part(tmp_path / "in", 1), part(tmp_path / "in", 3)
    found = [FoundPart(2, part(tmp_path / "b", 2), 0)]
    async with asking(tmp_path) as (library, job_id):
        await library.jobs.answer(job_id, NeedKind.MISSING_PART, "import")
        assert (await ended(library, job_id)).state is JobState.DONE
        with pytest.raises(ChangedMeanwhileError, match="has begun meanwhile"):
            await library.imports.add_parts(job_id, found)
