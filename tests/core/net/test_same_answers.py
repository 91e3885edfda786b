"""Our client and the real `huggingface_hub` get the same answers from one Hub; HTTP/2 is what we speak."""

import asyncio
from pathlib import Path

import httpx
import huggingface_hub
import pytest
from huggingface_hub import HfApi
from huggingface_hub.hf_api import RepoFile

from pumas_tui.core.domain.hub_values import HubFile
from pumas_tui.core.net.calls import Asking, Freshness
from pumas_tui.core.net.downloading import Fetch, Pace
from tests.core.net.conftest import TOKEN, Joined
from tests.hub.conftest import WEIGHTS
from tests.hub.serving import Hub


@pytest.fixture
def api(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> HfApi:
    """The real client on the same Hub, with httpx as it comes."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_TELEMETRY", True)
    huggingface_hub.set_client_factory(lambda: httpx.Client(follow_redirects=True))
    return HfApi(endpoint=hub.endpoint, token=False)


def theirs(entries: list[object]) -> dict[str, tuple[int | None, str]]:
    return {e.path: (e.size, e.lfs.sha256 if e.lfs else "") for e in entries if isinstance(e, RepoFile)}


def ours(files: tuple[HubFile, ...]) -> dict[str, tuple[int | None, str]]:
    return {f.path: (f.size, f.sha256) for f in files}


async def test_search_and_its_pages(hub: Hub, api: HfApi, joined: Joined) -> None:
    hub.page_size = 1
    expected = [m.id for m in api.list_models(search="tiny", sort="downloads")]
    async with joined(hub) as session:
        client = await session.hub()
        page = await client.search("tiny", Asking())
        found = [m.repo_id for m in page.models]
        while page.more:
            page = await client.more(page, Asking())
            found += [m.repo_id for m in page.models]
    assert found == expected
    assert len(found) == 2


async def test_model_with_sizes_and_hashes(hub: Hub, api: HfApi, joined: Joined) -> None:
    expected = api.model_info("org/tiny", files_metadata=True)
    async with joined(hub) as session:
        found = await (await session.hub()).model("org/tiny", Asking())
        older = await (await session.hub()).model("org/tiny", Asking(), "v1.0")
    siblings = {s.rfilename: (s.size, s.lfs.sha256 if s.lfs else "") for s in expected.siblings or ()}
    assert ours(found.files) == siblings
    assert (found.revision, found.downloads, found.pipeline) == (
        expected.sha,
        expected.downloads,
        expected.pipeline_tag,
    )
    assert older.revision == api.model_info("org/tiny", revision="v1.0").sha


async def test_tree_paths_and_head(hub: Hub, api: HfApi, joined: Joined) -> None:
    hub.page_size = 2
    async with joined(hub) as session:
        client = await session.hub()
        tree = await client.tree("quants/tiny-GGUF", Asking())
        some = await client.paths_info("org/tiny", ["model.safetensors", "nope"], Asking())
        heads = {p: await client.head("org/tiny", p, Asking()) for p in ("model.safetensors", "config.json")}
    assert ours(tree) == theirs(list(api.list_repo_tree("quants/tiny-GGUF", recursive=True)))
    assert ours(some) == theirs(list(api.get_paths_info("org/tiny", ["model.safetensors", "nope"])))
    for path, head in heads.items():
        told = huggingface_hub.get_hf_file_metadata(
            f"{hub.endpoint}/org/tiny/resolve/main/{path}", token=False
        )
        assert (head.commit, head.etag, head.size) == (told.commit_hash, told.etag, told.size)


class Bytes:
    """A sink in memory."""

    def __init__(self, start: bytes = b"") -> None:
        self.data = bytearray(start)

    def write(self, data: bytes) -> None:
        self.data += data

    def restart(self) -> None:
        self.data.clear()


async def test_download(hub: Hub, api: HfApi, joined: Joined, tmp_path: Path) -> None:
    expected = Path(api.hf_hub_download("org/tiny", "model.safetensors", local_dir=tmp_path)).read_bytes()
    sink = Bytes()
    async with joined(hub) as session:
        url = (await session.hub()).file_url("org/tiny", "model.safetensors", "main")
        await Fetch(url, len(WEIGHTS), 0, sink).run(await session.line(Pace(0)))
    assert bytes(sink.data) == expected == WEIGHTS


async def test_gated_and_private_repos_with_a_token(hub: Hub, joined: Joined) -> None:
    async with joined(hub, token=TOKEN) as session:
        client = await session.hub()
        assert (await client.model("me/secret", Asking())).private
        assert (await client.head("org/gated", "w.safetensors", Asking())).size == len(b"gated")


async def test_twenty_calls_at_once_share_one_http2_connection(secure_hub: Hub, joined: Joined) -> None:
    async with joined(secure_hub) as session:
        client = await session.hub()
        asking = Asking(freshness=Freshness.FRESH)
        found = await asyncio.gather(*(client.model("org/tiny", asking) for _ in range(20)))
    assert {m.repo_id for m in found} == {"org/tiny"}
    assert secure_hub.calls("GET /api/models/org/tiny") == 20
    assert secure_hub.connections() == 1
    assert {request.http for request in secure_hub.requests} == {"2"}
