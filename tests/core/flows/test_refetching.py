"""Files of a model got again from a local Hub: which are proven to be right, how they come in, how that is
taken back, what waits when there is no network."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from pumas_tui.core.domain.errors import NotFoundError
from pumas_tui.core.domain.findings import FindingKind
from pumas_tui.core.domain.ids import JobId
from pumas_tui.core.domain.imports import ImportChoices
from pumas_tui.core.domain.jobs import Job, JobState, NeedKind
from pumas_tui.core.domain.refetching import Lack
from pumas_tui.core.library import Library, OpenOptions, RunJobs
from tests.hub import behaviours as b
from tests.hub.repos import lfs, model
from tests.hub.serving import Hub, serving
from tests.support import modelfiles
from tests.support.apps import comfyui, links

REPO = "art/cosy-lights"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with serving() as running:
        monkeypatch.setenv("HF_ENDPOINT", running.endpoint)
        monkeypatch.setenv("HF_HUB_OFFLINE", "")
        for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "HF_HOME"):
            monkeypatch.setenv(name, str(tmp_path / "home"))
        yield running


@asynccontextmanager
async def opened(tmp_path: Path, run: RunJobs = RunJobs.OWN) -> AsyncIterator[Library]:
    options = OpenOptions(str(tmp_path / "library"), create=True, run_jobs=run)
    async with Library.open(options) as library:
        await library.ready()
        yield library


async def bring(library: Library, *paths: Path | str, missing: bool = False) -> str:
    """Import one model; its uid."""
    found = await library.imports.inspect_paths([str(path) for path in paths])
    done = await library.imports.submit(found.candidates, ImportChoices(accept_missing=missing))
    [job] = await library.jobs.wait(done.jobs)
    assert job.state is JobState.DONE, job
    return str((job.result or {})["uid"])


async def came(library: Library, ids: tuple[JobId, ...]) -> Job:
    [job] = await library.jobs.wait(ids)
    return job


def lora(folder: Path, mark: bytes = b"1") -> Path:
    return Path(modelfiles.safetensors_file(folder / "cosy.safetensors", {"a": ("F16", [8, 8])}, mark=mark))


def part(folder: Path, n: int, stem: str = "llama") -> Path:
    tensors = {f"model.layers.{n}.mlp.up_proj.weight": ("F32", [n, 4])}
    return Path(modelfiles.safetensors_file(folder / f"{stem}-{n:05}-of-00003.safetensors", tensors))


def place(library: Library, name: str) -> Path:
    """Where a file of the only model is."""
    [meta] = Path(library.paths.models).glob("*/*/*/metadata.json")
    return meta.parent / name


def document(library: Library) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(place(library, "metadata.json").read_text())
    return loaded


def leftovers(library: Library) -> list[Path]:
    models = Path(library.paths.models)
    return [p for where in (".downloads", ".staging") for p in (models / where).glob("*")]


async def kinds(library: Library) -> set[FindingKind]:
    report = await library.health.check()
    return {f.kind for f in report.findings if f.severity.value == "error"}


async def test_a_file_that_is_gone_comes_again_with_its_links_and_undo_takes_it_away(
    tmp_path: Path, hub: Hub
) -> None:
    file = lora(tmp_path / "in")
    content = file.read_bytes()
    hub.add(model(REPO, {"weights/other-name.safetensors": content, "x.safetensors": b"else"}))
    app = comfyui(tmp_path / "ComfyUI")
    async with opened(tmp_path, RunJobs.ALL) as library:
        await library.mapping.add_app(await library.mapping.propose(str(app.parent)))
        uid = await bring(library, file)
        await library.mapping.sync()
        assert (await library.network.identify(uid)).trust.value == "verified"
        before, linked = document(library), links(app)
        place(library, "cosy.safetensors").unlink()
        assert FindingKind.PHANTOM_MODEL in await kinds(library)
        assert await library.refetching.source(before["model_id"]) == REPO

        plan = await library.refetching.plan(uid)
        [one] = plan.files
        assert (one.wanted.lack, one.file.path) == (Lack.GONE, "weights/other-name.safetensors")
        assert "recorded" in one.why and plan.repo.repo_id == REPO
        job = await came(library, (await library.refetching.submit(plan)).jobs)
        assert job.state is JobState.DONE, job
        assert place(library, "cosy.safetensors").read_bytes() == content
        assert document(library) == before, "recorded hashes are evidence: nothing to write"
        assert await kinds(library) == set()
        assert links(app) == linked
        assert (await library.models.get(uid)).row.uid == uid
        assert leftovers(library) == []

        undone = await library.history.undo()
        assert undone.failed == ()
        assert not place(library, "cosy.safetensors").exists()
        assert FindingKind.PHANTOM_MODEL in await kinds(library)
        [item] = await library.history.trash()
        await library.history.restore(item.ref)
        assert place(library, "cosy.safetensors").read_bytes() == content


@pytest.mark.parametrize("same_size", [True, False])
async def test_a_wrong_file_goes_to_the_trash_and_undo_brings_it_back(
    tmp_path: Path, hub: Hub, same_size: bool
) -> None:
    file = lora(tmp_path / "in")
    content = file.read_bytes()
    hub.add(model(REPO, {"cosy.safetensors": content}))
    async with opened(tmp_path) as library:
        uid = await bring(library, file)
        await library.network.identify(uid)
        wrong = content[:-1] + b"!" if same_size else content + b"more"
        place(library, "cosy.safetensors").write_bytes(wrong)
        if same_size:
            await library.health.verify()
        plan = await library.refetching.plan(uid)
        assert [one.wanted.lack for one in plan.files] == [Lack.CONTENT if same_size else Lack.SIZE]
        job = await came(library, (await library.refetching.submit(plan)).jobs)
        assert job.state is JobState.DONE, job
        assert place(library, "cosy.safetensors").read_bytes() == content
        assert await kinds(library) == set(), "what was read and found changed is found right now"
        [item] = await library.history.trash()
        assert item.original == str(place(library, "cosy.safetensors"))
        await library.history.undo()
        assert place(library, "cosy.safetensors").read_bytes() == wrong


async def test_a_part_that_never_came_in_completes_its_set(tmp_path: Path, hub: Hub) -> None:
    parts = [part(tmp_path / "all", n) for n in (1, 2, 3)]
    hub.add(
        model(
            "meta/llama",
            {f"fp16/model-{n:05}-of-00003.safetensors": p.read_bytes() for n, p in enumerate(parts, 1)},
        )
    )
    async with opened(tmp_path) as library:
        uid = await bring(library, part(tmp_path / "in", 1), part(tmp_path / "in", 3), missing=True)
        [found] = (await library.health.check()).of(FindingKind.PART_MISSING)
        assert (found.severity.value, found.model_uid, found.repair) == ("warning", uid, None)
        assert found.evidence == (f"not here: {parts[1].name}",)
        plan = await library.refetching.plan(uid, "meta/llama")
        [one] = plan.files
        assert (one.wanted.name, one.wanted.lack) == (parts[1].name, Lack.NEVER)
        assert one.file.path == "fp16/model-00002-of-00003.safetensors"
        assert "2 other parts equal by SHA-256" in one.why
        job = await came(library, (await library.refetching.submit(plan)).jobs)
        assert job.state is JobState.DONE, job
        told = document(library)
        assert [(f["name"], f["shard_index"], f["shard_total"]) for f in told["files"]] == [
            (p.name, n, 3) for n, p in enumerate(parts, 1)
        ]
        assert told["files"][1]["sha256"] == lfs(parts[1].read_bytes()).sha256
        assert told["size_bytes"] == sum(p.stat().st_size for p in parts)
        assert place(library, parts[1].name).read_bytes() == parts[1].read_bytes()
        assert (await library.models.get(uid)).row.file_count == 3
        again = await library.refetching.plan(uid)
        assert (again.lacking.wanted, again.files) == ((), ())
        assert (await library.health.check()).of(FindingKind.PART_MISSING) == ()

        await library.history.undo()
        assert len(document(library)["files"]) == 2
        assert not place(library, parts[1].name).exists()
        assert (await library.models.get(uid)).row.file_count == 2


async def test_other_parts_of_another_content_prove_nothing(tmp_path: Path, hub: Hub) -> None:
    first, last = part(tmp_path / "in", 1), part(tmp_path / "in", 3)
    listed = {first.name: first.read_bytes(), last.name: b"other", "llama-00002-of-00003.safetensors": b"2"}
    hub.add(model("meta/llama", listed))
    async with opened(tmp_path) as library:
        uid = await bring(library, first, last, missing=True)
        plan = await library.refetching.plan(uid, "meta/llama")
        assert plan.files == ()
        [(one, why)] = plan.left
        assert one.lack is Lack.NEVER and "not the same other parts" in why


async def test_any_repository_with_the_content_will_do(tmp_path: Path, hub: Hub) -> None:
    file = lora(tmp_path / "in")
    content = file.read_bytes()
    hub.add(model(REPO, {"cosy.safetensors": b"new version"}, downloads=9))
    hub.add(model("copies/cosy", {"cosy.safetensors": content}))
    async with opened(tmp_path) as library:
        uid = await bring(library, file)
        place(library, "cosy.safetensors").unlink()
        plan = await library.refetching.plan(uid)
        assert plan.repo.repo_id == "copies/cosy"
        nowhere = await library.refetching.plan(uid, REPO)
        assert nowhere.files == () and "another content" in nowhere.left[0][1]


async def test_other_bytes_than_promised_change_nothing(tmp_path: Path, hub: Hub) -> None:
    file = lora(tmp_path / "in")
    content = file.read_bytes()
    hub.add(model(REPO, {"cosy.safetensors": content}))
    async with opened(tmp_path) as library:
        uid = await bring(library, file)
        await library.network.identify(uid)
        place(library, "cosy.safetensors").unlink()
        plan = await library.refetching.plan(uid)
        hub.storage.behave("GET *", b.body(content[:-1] + b"!"))
        job = await came(library, (await library.refetching.submit(plan)).jobs)
        assert job.state is JobState.REFUSED and "not the file" in (job.error or {})["message"]
        assert not place(library, "cosy.safetensors").exists()
        assert leftovers(library) == []


async def test_somebody_elses_file_in_the_place_of_a_part_stays(tmp_path: Path, hub: Hub) -> None:
    parts = [part(tmp_path / "all", n) for n in (1, 2, 3)]
    hub.add(model("meta/llama", {p.name: p.read_bytes() for p in parts}))
    async with opened(tmp_path) as library:
        uid = await bring(library, part(tmp_path / "in", 1), part(tmp_path / "in", 3), missing=True)
        plan = await library.refetching.plan(uid, "meta/llama")
        place(library, parts[1].name).write_bytes(b"theirs")
        job = await came(library, (await library.refetching.submit(plan)).jobs)
        assert job.state is JobState.REFUSED and "it stays" in (job.error or {})["message"]
        assert place(library, parts[1].name).read_bytes() == b"theirs"


async def test_without_network_the_job_waits_and_goes_on_by_itself(
    tmp_path: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = lora(tmp_path / "in")
    hub.add(model(REPO, {"cosy.safetensors": file.read_bytes()}))
    async with opened(tmp_path) as library:
        uid = await bring(library, file)
        await library.network.identify(uid)
        place(library, "cosy.safetensors").unlink()
    (tmp_path / "home" / "pumas-tui" / "hub.db").unlink(missing_ok=True)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    async with opened(tmp_path) as library:
        plan = await library.refetching.plan(uid)
        assert plan.waits and plan.repo.repo_id == REPO
        submitted = await library.refetching.submit(plan)
        assert await library.refetching.submit(plan) == submitted, "one job is enough"
        job = await came(library, submitted.jobs)
        assert job.state is JobState.PAUSED
        assert (job.error or {})["code"] == "waits_for_network"
    monkeypatch.setenv("HF_HUB_OFFLINE", "")
    monkeypatch.setattr("pumas_tui.core.flows.network._WAKE_JOBS_EVERY_S", 0.1)
    monkeypatch.setattr("pumas_tui.core.flows.network._LOOK_EVERY_S", 0.05)
    async with opened(tmp_path, RunJobs.ALL) as library:
        library.network.start(library.events())
        while (found := await library.jobs.get(submitted.jobs[0])) and not found.state.final:
            await asyncio.sleep(0.02)
        assert found is not None and found.state is JobState.DONE
        assert place(library, "cosy.safetensors").read_bytes() == file.read_bytes()


async def test_nothing_is_known_of_a_model_that_is_not_there(tmp_path: Path, hub: Hub) -> None:
    async with opened(tmp_path) as library:
        with pytest.raises(NotFoundError):
            await library.refetching.plan("nobody")


async def waiting(library: Library, *paths: Path) -> JobId:
    found = await library.imports.inspect_paths([str(path) for path in paths])
    [job_id] = (await library.imports.submit(found.candidates, ImportChoices())).jobs
    job = await came(library, (job_id,))
    assert [need.kind for need in job.needs] == [NeedKind.MISSING_PART]
    return job_id


async def test_the_parts_an_import_waits_for_come_from_the_hub(tmp_path: Path, hub: Hub) -> None:
    parts = [part(tmp_path / "all", n, "tiny-llama") for n in (1, 2, 3)]
    given = [part(tmp_path / "in", n, "tiny-llama") for n in (1, 3)]
    hub.add(model("org/tiny-llama", {p.name: p.read_bytes() for p in parts}))
    async with opened(tmp_path, RunJobs.ALL) as library:
        job_id = await waiting(library, *given)
        offer = await library.refetching.offer(job_id)
        assert offer is not None
        assert (offer.repo.repo_id, offer.numbers, offer.proven) == ("org/tiny-llama", [2], False)
        got = await came(library, (await library.refetching.submit_parts(offer)).jobs)
        assert got.state is JobState.DONE, got
        job = await came(library, (job_id,))
        assert job.state is JobState.DONE, job
        told = document(library)
        assert [f["shard_index"] for f in told["files"]] == [1, 2, 3]
        assert place(library, parts[1].name).read_bytes() == parts[1].read_bytes()
        assert leftovers(library) == [], "what was fetched for the import went with it"


async def test_a_repository_whose_other_parts_have_other_sizes_is_not_offered(
    tmp_path: Path, hub: Hub
) -> None:
    parts = [part(tmp_path / "all", n, "tiny-llama") for n in (1, 2, 3)]
    listed = {p.name: p.read_bytes() for p in parts}
    hub.add(model("org/tiny-llama", {**listed, parts[2].name: b"shorter"}))
    async with opened(tmp_path, RunJobs.ALL) as library:
        parts[1].unlink()
        job_id = await waiting(library, parts[0], parts[2])
        assert await library.refetching.offer(job_id) is None


async def test_parts_are_given_to_an_import_only_once(tmp_path: Path, hub: Hub) -> None:
    """As after a crash between giving them and saying so."""
    parts = [part(tmp_path / "all", n, "tiny-llama") for n in (1, 2, 3)]
    hub.add(model("org/tiny-llama", {p.name: p.read_bytes() for p in parts}))
    async with opened(tmp_path, RunJobs.ALL) as library:
        job_id = await waiting(library, *(part(tmp_path / "in", n, "tiny-llama") for n in (1, 3)))
        offer = await library.refetching.offer(job_id)
        assert offer is not None
        first = await came(library, (await library.refetching.submit_parts(offer)).jobs)
        await came(library, (job_id,))
        asked = len(hub.storage.requests)
        again = await came(library, (await library.refetching.submit_parts(offer)).jobs)
        assert again.id != first.id and again.state is JobState.DONE
        assert len(hub.storage.requests) == asked


async def test_a_pickle_does_not_become_part_of_a_safe_model(tmp_path: Path, hub: Hub) -> None:
    names = [f"llama-{n:05}-of-00003.safetensors" for n in (1, 2, 3)]
    first, last = part(tmp_path / "in", 1), part(tmp_path / "in", 3)
    pickled = Path(modelfiles.pickle_zip(tmp_path / "p.ckpt")).read_bytes()
    hub.add(model("x/y", dict(zip(names, (first.read_bytes(), pickled, last.read_bytes()), strict=True))))
    async with opened(tmp_path) as library:
        uid = await bring(library, first, last, missing=True)
        plan = await library.refetching.plan(uid, "x/y")
        job = await came(library, (await library.refetching.submit(plan)).jobs)
        assert job.state is JobState.REFUSED and "pickle" in (job.error or {})["message"]
        assert not place(library, names[1]).exists()
        assert leftovers(library) == []
