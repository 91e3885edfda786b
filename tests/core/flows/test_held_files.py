"""Downloads of what the library has already: found by SHA-256, taken from there, checked like the rest."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

import pytest

from pumas_tui.core.db.lookups import Lookups
from pumas_tui.core.domain import downloads
from pumas_tui.core.domain.downloads import Download
from pumas_tui.core.domain.errors import DiskFullError
from pumas_tui.core.domain.hub_values import HubFile, HubModel
from pumas_tui.core.domain.jobs import NeedKind, Stage
from pumas_tui.core.flows import held_files, opening
from pumas_tui.core.fs import ops, space
from pumas_tui.core.jobs.runner import Asks
from tests.core.flows.test_downloads import Depot, finished
from tests.hub import behaviours as b
from tests.hub.repos import Repo, model
from tests.hub.serving import Hub, serving
from tests.support import modelfiles, modelfolders
from tests.support.disks import NoDiskError, used_bytes, xfs


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving() as running:
        yield running


@contextmanager
def depot_at(root: Path, hub: Hub) -> Iterator[Depot]:
    opening.create(str(root))
    opened = opening.open_library(str(root), str(root.parent / "state"))
    store = Lookups(str(root.parent / "hub.db"), ops.set_aside)
    try:
        yield Depot(opened, store, hub.endpoint)
    finally:
        store.close()
        opened.close()


@pytest.fixture
def depot(tmp_path: Path, hub: Hub) -> Iterator[Depot]:
    with depot_at(tmp_path / "library", hub) as made:
        yield made


def parts(tmp_path: Path, count: int = 64) -> dict[str, bytes]:
    """A set of two parts, and a file that belongs to neither."""
    made = {}
    for number, mark in enumerate((b"one", b"two"), 1):
        name = f"llama-{number:05}-of-00002.safetensors"
        tensors = {f"layers.{number}.weight": ("F32", [count, 64])}
        made[name] = Path(modelfiles.safetensors_file(tmp_path / name, tensors, mark=mark)).read_bytes()
    return made


def planned(depot: Depot, repo: Repo, *include: str) -> tuple[Download, ...]:
    """What a download would bring, as `plan_download` says it."""
    files = tuple(
        HubFile(path, f.size, f.sha256 if f.lfs else "", f.blob_id) for path, f in repo.files.items()
    )
    known = HubModel(repo.id, repo.sha, files=files)
    found = downloads.models_of(known, downloads.selected(known, include))
    holdings = held_files.find(depot.opened.index, depot.opened.paths, files)
    return tuple(downloads.with_holdings(one, holdings) for one in found)


def bring(depot: Depot, repo: Repo, *include: str) -> str:
    """Download a repository; the model's id."""
    return str(finished(depot.run(depot.order(repo, *include)))["model_id"])


def test_each_file_and_the_whole_are_found_by_their_hashes(tmp_path: Path, hub: Hub, depot: Depot) -> None:
    files = parts(tmp_path)
    first, second = files
    lone = model("art/Lone", {"other-name.safetensors": files[first]})
    whole = model("org/Set", files)
    hub.add(lone, whole)
    assert [one.held for one in planned(depot, lone)] == [()]
    lone_id = bring(depot, lone)

    [half] = planned(depot, whole)
    assert [(h.path, h.model_id, h.name) for h in half.held] == [(first, lone_id, "other-name.safetensors")]
    assert half.known_as is None, "one part is not the model"
    size = len(files[first])
    assert (half.held_bytes, half.size_bytes) == (size, 2 * size)
    assert downloads.amount([half]) == "16 of 33 kB, 16 kB is here"

    whole_id = bring(depot, whole)
    [again] = planned(depot, model("mirror/Set", files))
    assert again.known_as is not None
    assert again.known_as.model_id == whole_id, "the model that has all, though another one has a part too"
    assert {h.model_id for h in again.held} == {whole_id}

    Path(depot.opened.paths.models, whole_id, second).unlink()
    [gone] = planned(depot, whole)
    assert (gone.known_as, [h.path for h in gone.held]) == (None, [first]), "the index is older than the disk"


def test_a_folder_is_here_when_its_small_files_are_too(tmp_path: Path, hub: Hub, depot: Depot) -> None:
    folder = modelfolders.diffusers_folder(tmp_path / "pipe")
    files = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    repo = model("art/Pipe", files)
    hub.add(repo)
    model_id = bring(depot, repo)
    [here] = planned(depot, model("mirror/Pipe", {**files, "README.md": "another text"}))
    assert here.known_as is not None
    assert here.known_as.model_id == model_id
    changed = {**files, "vae/config.json": files["vae/config.json"].replace(b"4", b"5")}
    [other] = planned(depot, model("art/Other", changed))
    assert other.known_as is None, "a config of the same size says something else"
    assert other.held_bytes == sum(len(c) for p, c in files.items() if p.endswith(".safetensors"))


def test_what_is_here_is_taken_from_the_library_and_the_rest_fetched(
    tmp_path: Path, hub: Hub, depot: Depot
) -> None:
    files = parts(tmp_path)
    first, second = files
    lone, whole = model("art/Lone", {"lone.safetensors": files[first]}), model("org/Set", files)
    hub.add(lone, whole)
    source = Path(depot.opened.paths.models, bring(depot, lone), "lone.safetensors")
    hub.storage.requests.clear()
    depot.told.clear()
    target = Path(depot.opened.paths.models, bring(depot, whole))
    assert [r.path.rpartition("/")[2] for r in hub.storage.requests] == [whole.files[second].sha256]
    assert {name: (target / name).read_bytes() for name in files} == files
    assert (target / first).stat().st_ino != source.stat().st_ino, "two models share no file"
    assert (target / first).stat().st_nlink == source.stat().st_nlink == 1
    fetched = [done for _, done, _ in takewhile(lambda told: told[0] is Stage.STAGING, depot.told)]
    assert fetched == sorted(fetched)
    assert fetched[-1] == whole.files[first].size + whole.files[second].size
    assert depot.leftovers() == []


def test_all_of_it_needs_no_network(tmp_path: Path, hub: Hub, depot: Depot) -> None:
    files = parts(tmp_path)
    lone = model("art/Lone", files)
    hub.add(lone)
    bring(depot, lone)
    hub.down()
    outcome = depot.run(depot.order(model("org/Mirror", files)))
    assert isinstance(outcome, Asks), "the import finds out that it is here"
    assert [need.kind for need in outcome.needs] == [NeedKind.DUPLICATE]
    job = depot.order(model("org/Third", files))
    second = finished(depot.run(replace(job, answers={"duplicate": "import"})))
    assert second["status"] == "imported"
    assert len(list(Path(depot.opened.paths.models).glob("*/*/*/metadata.json"))) == 2


def test_a_copy_that_rotted_in_the_library_is_fetched_instead(tmp_path: Path, hub: Hub, depot: Depot) -> None:
    files = parts(tmp_path)
    first, _ = files
    lone, whole = model("art/Lone", {"lone.safetensors": files[first]}), model("org/Set", files)
    hub.add(lone, whole)
    source = Path(depot.opened.paths.models, bring(depot, lone), "lone.safetensors")
    source.write_bytes(files[first][:-1] + b"\x01")
    target = Path(depot.opened.paths.models, bring(depot, whole))
    assert {name: (target / name).read_bytes() for name in files} == files


def test_a_half_fetched_file_goes_on_from_the_library(tmp_path: Path, hub: Hub, depot: Depot) -> None:
    """It was begun over the network; meanwhile an import brought the same content."""
    files = parts(tmp_path)
    first, _ = files
    lone, whole = model("art/Lone", {"lone.safetensors": files[first]}), model("org/Set", files)
    hub.add(lone, whole)
    job = depot.order(whole)
    place = Path(depot.opened.paths.download(job.payload["uid"]), "Set")
    place.mkdir(parents=True)
    (place / first).write_bytes(files[first][:1000])
    bring(depot, lone)
    hub.storage.requests.clear()
    hub.storage.behave(f"GET *{whole.files[first].sha256}*", b.error(500))
    assert finished(depot.run(job))["status"] == "imported"
    assert hub.storage.calls() == 1


def test_room_is_asked_for_what_is_copied_too(tmp_path: Path, hub: Hub, depot: Depot) -> None:
    files = parts(tmp_path)
    lone = model("art/Lone", files)
    hub.add(lone)
    bring(depot, lone)
    depot.reserve = space.free_bytes(depot.opened.paths.models) + (1 << 30)
    with pytest.raises(DiskFullError):
        depot.run(depot.order(model("org/Mirror", files)))


def test_where_blocks_can_be_shared_it_takes_no_room(tmp_path: Path, hub: Hub) -> None:
    files = parts(tmp_path, 32_768)  # 8 MB each
    first, _ = files
    lone, whole = model("art/Lone", {"lone.safetensors": files[first]}), model("org/Set", files)
    hub.add(lone, whole)
    try:
        with xfs(tmp_path / "disk") as disk, depot_at(disk / "library", hub) as depot:
            bring(depot, lone)
            before = used_bytes(disk)
            bring(depot, whole)
            grown = used_bytes(disk) - before
    except NoDiskError as error:
        pytest.skip(f"shared blocks need an XFS: {error}")
    size = len(files[first])
    assert size <= grown < 1.5 * size, "one part was fetched, the other shares its blocks"
