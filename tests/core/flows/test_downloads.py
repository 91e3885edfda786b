"""Downloads as jobs: fetched, checked, imported, described; cut, killed, paused, refused, asked about."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pumas_tui.core.db.jobs import NewJob
from pumas_tui.core.db.lookups import Lookups
from pumas_tui.core.domain import downloads
from pumas_tui.core.domain.downloads import DownloadOrder
from pumas_tui.core.domain.errors import CancelledError, DiskFullError, RefusedError
from pumas_tui.core.domain.hub_values import HubFile, HubModel
from pumas_tui.core.domain.ids import new_model_uid
from pumas_tui.core.domain.imports import ImportChoices
from pumas_tui.core.domain.jobs import Job, JobKind, NeedKind, Stage
from pumas_tui.core.flows import opening
from pumas_tui.core.flows.downloading import DownloadRun, DownloadTools
from pumas_tui.core.flows.import_job import ImportTools
from pumas_tui.core.flows.opening import Opened
from pumas_tui.core.flows.staging_job import Controls
from pumas_tui.core.fs import ops
from pumas_tui.core.jobs.runner import Asks, Finished, Outcome
from pumas_tui.core.net.downloading import Pace
from pumas_tui.core.net.session import Options
from tests.hub import behaviours as b
from tests.hub.repos import Repo, claimed, model
from tests.hub.serving import Hub, serving
from tests.support import modelfiles, modelfolders


@dataclass
class Depot:
    """A library without an event loop, and the way downloads go into it."""

    opened: Opened
    store: Lookups
    endpoint: str
    pace: int = 0
    reserve: int = 0
    cancel: threading.Event = field(default_factory=threading.Event)
    unwanted: threading.Event = field(default_factory=threading.Event)
    told: list[tuple[Stage, int, int]] = field(default_factory=list)

    def order(self, repo: Repo, *include: str) -> Job:
        """The job of the one model that these files of a repo make."""
        files = tuple(HubFile(path, f.size, f.sha256 if f.lfs else "") for path, f in repo.files.items())
        known = HubModel(repo.id, repo.sha, license="mit", files=files)
        [one] = downloads.models_of(known, downloads.selected(known, include))
        payload = downloads.encode(DownloadOrder(one, new_model_uid(), ImportChoices(tags=("fetched",))))
        [job_id] = self.opened.jobs.add_many(JobKind.DOWNLOAD, [NewJob(json.loads(json.dumps(payload)))])
        return self.opened.jobs.get(job_id)

    def run(self, job: Job) -> Outcome:
        """One attempt."""
        o = self.opened
        imports = ImportTools(o.paths, o.index, o.journal, self.reserve, "host", "me")
        options = Options(self.endpoint, self.endpoint, lambda: True, token="")
        tools = DownloadTools(imports, self.store, options, Pace(self.pace))
        controls = Controls(self.cancel, self.unwanted, lambda *said: self.told.append(said), lambda: True)
        return DownloadRun(job, tools, controls).run()

    def there(self) -> dict[str, Any]:
        """metadata.json of the only model."""
        [path] = Path(self.opened.paths.models).glob("*/*/*/metadata.json")
        loaded: dict[str, Any] = json.loads(path.read_text())
        return {**loaded, "folder": str(path.parent)}

    def leftovers(self) -> list[str]:
        """What lies in staging and among downloads."""
        models = Path(self.opened.paths.models)
        return [str(p) for place in (".staging", ".downloads") for p in (models / place).glob("*")]


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving() as running:
        yield running


@pytest.fixture
def depot(tmp_path: Path, hub: Hub) -> Iterator[Depot]:
    root = str(tmp_path / "library")
    opening.create(root)
    opened = opening.open_library(root, str(tmp_path / "state"))
    store = Lookups(str(tmp_path / "hub.db"), ops.set_aside)
    yield Depot(opened, store, hub.endpoint)
    store.close()
    opened.close()


def weights(tmp_path: Path, count: int = 64) -> bytes:
    return Path(
        modelfiles.safetensors_file(tmp_path / "w.st", {"a.weight": ("F32", [count, 64])})
    ).read_bytes()


def finished(outcome: Outcome) -> dict[str, Any]:
    assert isinstance(outcome, Finished)
    return dict(outcome.result)


def test_a_file_becomes_a_verified_model_with_its_origin(tmp_path: Path, hub: Hub, depot: Depot) -> None:
    repo = model("art/Cosy_Lights", {"cosy.safetensors": weights(tmp_path), "notes.txt": "x"})
    hub.add(repo)
    result = finished(depot.run(depot.order(repo, "*.safetensors")))
    assert (result["status"], result["mode"]) == ("imported", "download")
    document = depot.there()
    assert (document["trust"], document["repo_id"], document["license"]) == ("verified", repo.id, "mit")
    assert document["import"]["mode"] == "download"
    assert document["import"]["source"] == f"{repo.id}@{repo.sha}"
    assert document["tags"] == ["fetched"]
    content = Path(document["folder"], "cosy.safetensors")
    assert content.read_bytes() == repo.files["cosy.safetensors"].content
    assert content.stat().st_nlink == 1
    assert depot.leftovers() == []
    stages = [stage for stage, _, _ in depot.told]
    assert stages[0] is Stage.STAGING
    assert stages[-1] is Stage.INDEXING


def test_s34_killed_in_the_middle_it_goes_on_from_the_bytes_on_disk(
    tmp_path: Path, hub: Hub, depot: Depot
) -> None:
    repo = model("art/Big", {"big.safetensors": weights(tmp_path, 4096)})
    hub.add(repo)
    size = repo.files["big.safetensors"].size
    hub.storage.behave("GET *", b.Slow(bytes_per_s=size / 4), times=1)
    job = depot.order(repo)
    part = Path(depot.opened.paths.download(job.payload["uid"]), "Big", "big.safetensors")
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, depot.opened.paths.root, str(tmp_path), hub.endpoint, str(job.id)]
    )
    deadline = time.monotonic() + 20
    while not (part.exists() and part.stat().st_size > size // 8) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    kept = part.stat().st_size
    assert 0 < kept < size
    assert finished(depot.run(job))["status"] == "imported"
    assert [r.headers.get("range") for r in hub.storage.requests] == [None, f"bytes={kept}-"]
    document = depot.there()
    assert document["hashes"]["sha256"] == hashlib.sha256(repo.files["big.safetensors"].content).hexdigest()
    assert depot.leftovers() == []


_CHILD = """
import sys
from pathlib import Path
from pumas_tui.core.db.lookups import Lookups
from pumas_tui.core.flows import opening
from pumas_tui.core.fs import ops
from tests.core.flows.test_downloads import Depot
root, tmp, endpoint, job = sys.argv[1:]
opened = opening.open_library(root, tmp + "/state")
Depot(opened, Lookups(tmp + "/hub.db", ops.set_aside), endpoint).run(opened.jobs.get(int(job)))
"""


def test_paused_it_keeps_what_it_has_and_cancelled_it_keeps_nothing(
    tmp_path: Path, hub: Hub, depot: Depot
) -> None:
    repo = model("art/Big", {"big.safetensors": weights(tmp_path, 4096)})
    hub.add(repo)
    hub.storage.behave("GET *", b.Stalls(50_000))
    job = depot.order(repo)
    for unwanted, left in ((False, 1), (True, 0)):
        if unwanted:
            depot.unwanted.set()
        depot.cancel.clear()
        timer = threading.Timer(0.4, depot.cancel.set)
        timer.start()
        began = time.monotonic()
        with pytest.raises(CancelledError):
            depot.run(job)
        assert time.monotonic() - began < 2, "a stalled line does not hold up who stops it"
        assert len(depot.leftovers()) == left


def test_other_bytes_than_the_hub_promised_never_become_a_model(
    tmp_path: Path, hub: Hub, depot: Depot
) -> None:
    content = weights(tmp_path)
    repo = model("art/Lies", {"lies.safetensors": content})
    hub.add(repo)
    hub.storage.behave("GET *", b.body(content[:-1] + b"\x01", "binary/octet-stream"), times=1)
    job = depot.order(repo)
    with pytest.raises(RefusedError):
        depot.run(job)
    assert depot.leftovers() == []
    assert finished(depot.run(job))["status"] == "imported", "a retry fetches it anew"


def test_a_pickle_asks_before_it_comes_in_and_is_not_fetched_twice(
    tmp_path: Path, hub: Hub, depot: Depot
) -> None:
    content = Path(modelfiles.pickle_zip(tmp_path / "p.pt")).read_bytes()
    repo = model("old/net", {"net.pt": content})
    hub.add(repo)
    job = depot.order(repo)
    outcome = depot.run(job)
    assert isinstance(outcome, Asks)
    assert [need.kind for need in outcome.needs] == [NeedKind.PICKLE]
    answered = Job(**{**{f: getattr(job, f) for f in job.__slots__}, "answers": {"pickle": "accept"}})
    assert finished(depot.run(answered))["status"] == "imported"
    assert hub.storage.calls() == 1


def test_a_whole_repo_comes_in_as_one_folder(tmp_path: Path, hub: Hub, depot: Depot) -> None:
    folder = modelfolders.diffusers_folder(tmp_path / "pipe")
    files = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    repo = model("art/Pipe", files)
    hub.add(repo)
    result = finished(depot.run(depot.order(repo)))
    assert result["status"] == "imported"
    document = depot.there()
    assert document["model_format"] == "diffusion-folder"
    assert {f["name"] for f in document["files"]} == set(files)


def test_room_is_looked_for_before_a_byte_is_fetched(tmp_path: Path, hub: Hub, depot: Depot) -> None:
    repo = model("art/Huge", {"huge.safetensors": claimed(1 << 60)})
    hub.add(repo)
    with pytest.raises(DiskFullError):
        depot.run(depot.order(repo))
    assert hub.every_request() == []


def test_what_a_selection_becomes() -> None:
    def repo(*paths: str) -> HubModel:
        return HubModel("o/Tiny-GGUF", files=tuple(HubFile(p, 10, "a" * 64) for p in paths))

    quants = repo("t-Q4_K_M.gguf", "t-Q8_0-00001-of-00002.gguf", "t-Q8_0-00002-of-00002.gguf", "config.json")
    made = downloads.models_of(quants, downloads.selected(quants))
    assert [(m.name, len(m.files), m.folder) for m in made] == [("t-Q4_K_M", 1, False), ("t-Q8_0", 2, False)]
    only = downloads.selected(quants, ["*Q4*"])
    assert [f.path for f in only] == ["t-Q4_K_M.gguf"]
    whole = repo("config.json", "model.safetensors", "tokenizer.json", ".gitattributes")
    [one] = downloads.models_of(whole, downloads.selected(whole))
    assert (one.folder, one.size_bytes) == (True, 30)
    [lone] = downloads.models_of(repo("model.safetensors"), repo("model.safetensors").files)
    assert lone.name == "Tiny-GGUF"
