"""Look-ups of a real library on a local Hub: badges, what they write, what a person wrote meanwhile."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from pumas_tui.core.db.lookups import Lookups
from pumas_tui.core.domain.errors import NetworkError, NotFoundError
from pumas_tui.core.domain.events import Event, NetworkChanged
from pumas_tui.core.domain.imports import DuplicatePolicy, ImportChoices
from pumas_tui.core.domain.jobs import JobKind
from pumas_tui.core.domain.models import ModelRow
from pumas_tui.core.domain.network_state import NetworkStatus
from pumas_tui.core.domain.vocabulary import Trust
from pumas_tui.core.flows.changing import EditTools
from pumas_tui.core.flows.network import Network, NetworkTools
from pumas_tui.core.fs import ops, space
from pumas_tui.core.library import Library, OpenOptions, RunJobs
from pumas_tui.core.net.session import Options
from tests.hub import behaviours as b
from tests.hub.repos import CivitaiVersion, HubFile, claimed, model
from tests.hub.serving import Hub, serving
from tests.support import modelfiles


class Shelf:
    """A library, its network, and what the network published."""

    def __init__(self, library: Library, hub: Hub, store: Lookups, *, by_hash: bool) -> None:
        self.library = library
        self.events: list[Event] = []
        opened = library._opened
        self.switch = True
        self.network = Network(
            NetworkTools(
                EditTools(opened.paths, opened.index, opened.journal, space.host_name()),
                opened.jobs,
                store,
                Options(hub.endpoint, hub.civitai.endpoint, lambda: self.switch, token="", clock=hub.clock),
                find=library.models.get,
                waiting=self._waiting,
                publish=self.events.append,
                own=lambda batch: None,
                by_hash=by_hash,
                between_s=0,
                first_after_s=0,
            )
        )

    async def _waiting(self, limit: int) -> tuple[ModelRow, ...]:
        return (await self.library.models.search("trust:pending", limit=limit)).rows

    async def bring(self, *paths: str) -> list[str]:
        """Import files; the models' uids."""
        found = await self.library.imports.inspect_paths(paths)
        choices = ImportChoices(duplicates=DuplicatePolicy.IMPORT)
        submitted = await self.library.imports.submit(found.candidates, choices)
        jobs = await self.library.jobs.wait(submitted.jobs)
        return [str((job.result or {})["uid"]) for job in jobs]

    async def document(self, uid: str) -> dict[str, Any]:
        """metadata.json as it is on the disk."""
        detail = await self.library.models.get(uid)
        loaded: dict[str, Any] = json.loads((Path(detail.directory) / "metadata.json").read_text())
        return loaded


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving() as running:
        yield running


@asynccontextmanager
async def shelf(tmp_path: Path, hub: Hub, *, by_hash: bool = False) -> AsyncIterator[Shelf]:
    options = OpenOptions(str(tmp_path / "library"), run_jobs=RunJobs.OWN, create=True)
    store = Lookups(str(tmp_path / "hub.db"), ops.set_aside)
    async with Library.open(options) as library:
        made = Shelf(library, hub, store, by_hash=by_hash)
        try:
            yield made
        finally:
            await made.network.close()
            store.close()


def lora(
    tmp_path: Path, name: str = "Cosy_Lights-v2_fp16.safetensors", mark: bytes = b"1"
) -> tuple[str, bytes]:
    path = modelfiles.safetensors_file(tmp_path / name, {"a.weight": ("F16", [4, 4])}, mark=mark)
    return path, Path(path).read_bytes()


CARD = {"license": "mit", "base_model": "org/base"}


async def test_the_very_file_is_verified_and_fills_the_metadata(tmp_path: Path, hub: Hub) -> None:
    path, content = lora(tmp_path)
    hub.add(
        model(
            "art/Cosy_Lights", {"cosy.safetensors": content}, card=CARD, tags=("flux",), readme="# Warm light"
        ),
        model("x/cosy-lights-copy", {"other.safetensors": b"else"}),
    )
    async with shelf(tmp_path, hub) as s:
        [uid] = await s.bring(path)
        answer = await s.network.identify(uid)
        assert answer.trust is Trust.VERIFIED
        assert answer.filled
        assert answer.best is not None
        assert answer.best.repo_id == "art/Cosy_Lights"
        document = await s.document(uid)
        assert document["trust"] == "verified"
        assert document["match"]["method"] == "sha256"
        assert any("SHA-256 equal" in line for line in document["match"]["evidence"])
        assert (document["license"], document["base_model"]) == ("mit", "org/base")
        assert document["official_name"] == "Cosy Lights"
        assert document["repo_id"] == "art/Cosy_Lights"
        assert document["model_card"] == "# Warm light"
        assert document["field_sources"]["license"] == "hub"
        assert (await s.library.models.search("trust:verified")).total == 1
        assert len(hub.requests) <= 4


async def test_at_most_four_calls_for_a_file_that_nobody_knows(tmp_path: Path, hub: Hub) -> None:
    path, _ = lora(tmp_path)
    hub.add(*(model(f"o/cosy-lights-{n}", {"x.safetensors": b"%d" % n}) for n in range(9)))
    async with shelf(tmp_path, hub) as s:
        [uid] = await s.bring(path)
        answer = await s.network.identify(uid)
        assert answer.trust is Trust.LOW
        assert len(answer.candidates) == 5
        assert len(hub.requests) == 3, "one search was enough; two lists"
        document = await s.document(uid)
        assert document["trust"] == "low"
        assert document["license"] == document["repo_id"] == ""


async def test_a_batch_of_fifty_stays_under_two_hundred_calls(tmp_path: Path, hub: Hub) -> None:
    files = [lora(tmp_path, f"thing{n}-story{n % 7}.safetensors", b"%d" % n) for n in range(50)]
    hub.add(*(model(f"o/thing{n}-story{n % 7}", {"x.safetensors": b"?"}) for n in range(25)))
    async with shelf(tmp_path, hub) as s:
        await s.bring(*(path for path, _ in files))
        done = await s.network.retry_pending()
        assert (done.settled, done.left) == (50, 0)
        assert len(hub.requests) <= 200
        assert not await s.network.pending()


async def test_s3_imported_offline_enriched_later_and_an_edit_in_between_stays(
    tmp_path: Path, hub: Hub
) -> None:
    path, content = lora(tmp_path)
    hub.add(model("art/Cosy_Lights", {"cosy.safetensors": content}, card=CARD))
    async with shelf(tmp_path, hub) as s:
        hub.down()
        [uid] = await s.bring(path)
        answer = await s.network.identify(uid)
        assert answer.trust is Trust.PENDING
        assert answer.reason
        before = await s.document(uid)
        assert before["trust"] == "pending"
        assert [row.uid for row in await s.network.pending()] == [uid]
        await s.library.editing.edit(uid, {"license": "my own words"})
        hub.up()
        hub.clock.advance(61)
        done = await s.network.retry_pending()
        assert (done.settled, done.left) == (1, 0)
        after = await s.document(uid)
        assert after["trust"] == "verified"
        assert after["license"] == "my own words"
        assert after["field_sources"]["license"] == "manual"
        assert after["base_model"] == "org/base"


async def test_an_edit_while_the_hub_is_asked_stays_too(tmp_path: Path, hub: Hub) -> None:
    path, content = lora(tmp_path)
    hub.add(model("art/Cosy_Lights", {"cosy.safetensors": content}, card=CARD))
    hub.behave("GET /api/models/art/*", b.Slow(first_byte_s=0.3))
    async with shelf(tmp_path, hub) as s:
        [uid] = await s.bring(path)
        asking = asyncio.create_task(s.network.identify(uid))
        await asyncio.sleep(0.1)
        await s.library.editing.edit(uid, {"license": "mine", "name": "My lights"})
        assert (await asking).trust is Trust.VERIFIED
        document = await s.document(uid)
        assert (document["license"], document["official_name"]) == ("mine", "My lights")
        assert document["trust"] == "verified"


async def test_a_protected_model_is_left_alone(tmp_path: Path, hub: Hub) -> None:
    path, content = lora(tmp_path)
    hub.add(model("art/Cosy_Lights", {"cosy.safetensors": content}, card=CARD))
    async with shelf(tmp_path, hub) as s:
        [uid] = await s.bring(path)
        await s.library.editing.protect(uid)
        before = await s.document(uid)
        await s.network.identify(uid)
        assert await s.document(uid) == before


async def test_modified_and_low_wait_for_a_person(tmp_path: Path, hub: Hub) -> None:
    path, content = lora(tmp_path)
    published = claimed(len(content))
    hub.add(model("art/Cosy_Lights", {"Cosy_Lights-v2_fp16.safetensors": published}, card=CARD))
    async with shelf(tmp_path, hub) as s:
        [uid] = await s.bring(path)
        answer = await s.network.identify(uid)
        assert answer.trust is Trust.MODIFIED
        assert answer.best is not None
        assert {change.field for change in answer.would_change} >= {"official_name", "license"}
        assert (await s.document(uid))["license"] == ""
        await s.network.confirm(uid, answer.best, only=["license"])
        document = await s.document(uid)
        assert (document["license"], document["trust"]) == ("mit", "manual")
        assert document["official_name"] != "Modified version of Cosy Lights"


async def test_civitai_is_asked_by_hash_only_where_that_is_wanted(tmp_path: Path, hub: Hub) -> None:
    import hashlib

    path, content = lora(tmp_path)
    sha256 = hashlib.sha256(content).hexdigest()
    hub.versions.append(
        CivitaiVersion("Cosy Lights", "v2", sha256, "cosy.safetensors", len(content), words=("cosy",))
    )
    async with shelf(tmp_path, hub) as s:
        [uid] = await s.bring(path)
        assert (await s.network.identify(uid)).trust is Trust.NONE
        assert hub.civitai.requests == []
    async with shelf(tmp_path, hub, by_hash=True) as s:
        answer = await s.network.identify(uid)
        assert answer.trust is Trust.VERIFIED
        assert (await s.document(uid))["match"]["method"] == "civitai_sha256"
        assert hub.civitai.calls() == 1
        assert "authorization" not in hub.civitai.requests[0].headers


async def test_before_the_import_the_badge_is_provisional(tmp_path: Path, hub: Hub) -> None:
    path, content = lora(tmp_path)
    hub.add(model("art/Cosy_Lights", {"Cosy_Lights-v2_fp16.safetensors": content}))
    async with shelf(tmp_path, hub) as s:
        found = await s.library.imports.inspect_paths([path])
        answer = await s.network.inspect(found.candidates[0])
        assert answer.trust is Trust.HIGH
        [uid] = await s.bring(path)
        assert (await s.network.identify(uid)).trust is Trust.VERIFIED
        assert hub.calls("GET /api/*") == 2, "the hash is compared with the list that was asked for before"


async def test_searches_are_kept_and_asked_again_when_they_are_old(tmp_path: Path, hub: Hub) -> None:
    hub.add(model("a/one-llama"))
    async with shelf(tmp_path, hub) as s:
        assert await s.network.kept_search("llama") is None
        assert len((await s.network.search("llama")).models) == 1
        hub.add(model("b/two-llama"))
        assert len((await s.network.search("llama")).models) == 1, "young enough"
        hub.clock.advance(700)
        page = await s.network.kept_search("llama")
        assert page is not None
        assert (len(page.models), page.stale) == (1, True)
        assert len(hub.requests) == 1, "what is kept is asked of nobody"
        assert len((await s.network.search("llama", or_older=False)).models) == 2
        hub.down()
        hub.clock.advance(700)
        assert (await s.network.search("llama")).stale
        with pytest.raises(NetworkError):
            await s.network.search("llama", or_older=False)


async def test_by_itself_nothing_is_asked_offline_and_all_is_caught_up_later(
    tmp_path: Path, hub: Hub
) -> None:
    path, content = lora(tmp_path)
    hub.add(model("art/Cosy_Lights", {"cosy.safetensors": content}))
    async with shelf(tmp_path, hub) as s:
        s.switch = False
        s.network.start(s.library.events())
        [uid] = await s.bring(path)
        await s.network.look()
        assert s.network.state().status is NetworkStatus.OFF
        assert hub.requests == []
        s.switch = True
        await s.network.look()
        while (await s.document(uid))["trust"] == "pending":
            await asyncio.sleep(0.05)
        assert (await s.document(uid))["trust"] == "verified"
        assert NetworkStatus.ONLINE in [e.state.status for e in s.events if isinstance(e, NetworkChanged)]


async def test_a_download_becomes_one_job_a_model_with_its_size(tmp_path: Path, hub: Hub) -> None:
    files: dict[str, bytes | str | HubFile] = {
        "m-Q4_K_M.gguf": claimed(700),
        "m-Q8_0.gguf": claimed(900),
        "config.json": "{}",
    }
    hub.add(model("o/M-GGUF", files))
    async with shelf(tmp_path, hub) as s:
        plan = await s.network.plan_download("o/M-GGUF")
        assert [(one.name, one.size_bytes) for one in plan] == [("m-Q4_K_M", 700), ("m-Q8_0", 900)]
        submitted = await s.network.download("o/M-GGUF", ["*Q8*"])
        [view] = await s.library.jobs.list()
        assert (view.job.id,) == submitted.jobs
        assert (view.job.kind, view.job.payload["size_bytes"]) == (JobKind.DOWNLOAD, 900)
        assert view.job.payload["sources"] == ["o/M-GGUF/m-Q8_0.gguf"]
        await s.library.jobs.revise(submitted.jobs, {"name": "Mine", "tags": "a,b"})
        await s.library.jobs.cancel(submitted.jobs)
        with pytest.raises(NotFoundError):
            await s.network.download("o/M-GGUF", ["*.bin"])
