"""The local Hub is right when the `huggingface_hub` library gets from it what it gets from the Hub.

The library is imported in fixtures and tests only: it takes half a second.
"""

import hashlib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.hub.behaviours import too_many
from tests.hub.conftest import TOKEN, WEIGHTS, stock
from tests.hub.repos import model
from tests.hub.serving import Hub, serving

if TYPE_CHECKING:
    from huggingface_hub import HfApi

SHA256 = hashlib.sha256(WEIGHTS).hexdigest()


@dataclass
class Client:
    """The library, pointed at a local Hub."""

    hub: Hub
    api: "HfApi"
    cache: Path


@pytest.fixture(params=["1.1", "2"])
def client(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Client]:
    """The library over HTTP/1.1 and over HTTP/2 with TLS, with a cache of its own and no token."""
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
    monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
    monkeypatch.setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    with serving(*stock(), tls=request.param == "2") as hub:
        _use_client(hub.client_context())
        from huggingface_hub import HfApi, close_session

        yield Client(hub, HfApi(endpoint=hub.endpoint, token=False), tmp_path / "cache")
        close_session()
        assert {one.http for one in hub.every_request()} == {request.param}


def _use_client(trust: ssl.SSLContext) -> None:
    import httpx
    from huggingface_hub import set_client_factory
    from huggingface_hub.utils._http import hf_request_event_hook

    hooks = {"request": [hf_request_event_hook]}
    set_client_factory(
        lambda: httpx.Client(http2=True, verify=trust, event_hooks=hooks, follow_redirects=True, timeout=5)
    )


def test_search_gets_all_pages_and_what_expand_asks_for(client: Client) -> None:
    client.hub.add(*(model(f"many/tiny-{number:02}", downloads=number) for number in range(7)))
    client.hub.page_size = 3
    found = [*client.api.list_models(search="tiny", author="many", sort="downloads", limit=5)]
    assert [one.id for one in found] == [f"many/tiny-{number:02}" for number in (6, 5, 4, 3, 2)]
    assert client.hub.calls("GET /api/models") == 2
    everything = [*client.api.list_models(search="tiny", expand=["downloads", "sha", "lastModified"])]
    assert len(everything) == 9
    tiny = next(one for one in everything if one.id == "org/tiny")
    assert (tiny.downloads, tiny.sha, tiny.tags) == (500, client.hub.repos["org/tiny"].sha, None)
    assert tiny.last_modified is not None


def test_search_filters_by_tag_and_lists_gated_but_not_private(client: Client) -> None:
    assert [one.id for one in client.api.list_models(filter="gguf")] == ["quants/tiny-GGUF"]
    assert [one.id for one in client.api.list_models(filter="license:mit")] == ["org/tiny"]
    assert {one.id for one in client.api.list_models(full=True)} == {
        "org/tiny",
        "quants/tiny-GGUF",
        "org/gated",
    }
    mine = {one.id for one in client.api.list_models(token=TOKEN)}
    assert "me/secret" in mine


def test_expand_and_full_exclude_each_other(client: Client) -> None:
    from huggingface_hub import get_session

    both = get_session().get(f"{client.hub.endpoint}/api/models", params={"expand": ["sha"], "full": True})
    assert both.status_code == 400 and "expand" in both.json()["error"]
    unknown = get_session().get(f"{client.hub.endpoint}/api/models?expand[]=cardData.license")
    assert unknown.status_code == 400
    assert get_session().get(f"{client.hub.endpoint}/api/models?expand[]=gguf").json()


def test_one_model_with_sizes_and_hashes(client: Client) -> None:
    info = client.api.model_info("org/tiny", files_metadata=True)
    assert info.siblings is not None and info.card_data is not None
    files = {one.rfilename: one for one in info.siblings}
    weights, config = files["model.safetensors"], files["config.json"]
    assert weights.lfs is not None and config.lfs is None
    assert (weights.size, weights.lfs.size, weights.lfs.sha256) == (len(WEIGHTS), len(WEIGHTS), SHA256)
    assert config.blob_id == hashlib.sha1(b'blob 8\0{"a": 1}').hexdigest()
    assert (info.card_data.license, info.downloads, info.gated, info.private) == ("mit", 500, False, False)
    plain = client.api.model_info("org/tiny")
    assert plain.siblings is not None and plain.siblings[0].size is None
    assert client.api.model_info("org/tiny", expand=["likes"]).likes == 7


def test_revisions_by_branch_tag_and_commit(client: Client) -> None:
    from huggingface_hub.errors import RevisionNotFoundError

    tagged = client.api.model_info("org/tiny", revision="v1.0", files_metadata=True)
    assert tagged.siblings is not None and tagged.siblings[0].size == len(b"older weights")
    assert tagged.sha is not None and tagged.sha != client.hub.repos["org/tiny"].sha
    assert client.api.model_info("org/tiny", revision=tagged.sha).sha == tagged.sha
    with pytest.raises(RevisionNotFoundError):
        client.api.model_info("org/tiny", revision="v9")


def test_tree_with_folders_in_pages(client: Client) -> None:
    from huggingface_hub.errors import RemoteEntryNotFoundError
    from huggingface_hub.hf_api import RepoFile, RepoFolder

    top = [*client.api.list_repo_tree("quants/tiny-GGUF")]
    assert [(type(one), one.path) for one in top] == [(RepoFolder, "transformer"), (RepoFolder, "vae")]
    client.hub.page_size = 2
    deep = [*client.api.list_repo_tree("quants/tiny-GGUF", recursive=True, expand=True)]
    files = {one.path: one for one in deep if isinstance(one, RepoFile)}
    assert [*files] == ["transformer/config.json", "transformer/part-1.safetensors", "vae/v.gguf"]
    gguf = files["vae/v.gguf"]
    assert gguf.lfs is not None and gguf.last_commit is not None and gguf.security is not None
    assert (gguf.size, gguf.lfs.sha256) == (3, hashlib.sha256(b"two").hexdigest())
    inside = [*client.api.list_repo_tree("quants/tiny-GGUF", "vae")]
    assert [one.path for one in inside] == ["vae/v.gguf"]
    with pytest.raises(RemoteEntryNotFoundError):
        [*client.api.list_repo_tree("quants/tiny-GGUF", "nowhere")]


def test_paths_info_leaves_out_what_is_not_there(client: Client) -> None:
    from huggingface_hub.hf_api import RepoFile

    told = client.api.get_paths_info("quants/tiny-GGUF", ["vae", "vae/v.gguf", "missing"])
    assert [one.path for one in told] == ["vae", "vae/v.gguf"]
    assert isinstance(told[1], RepoFile) and told[1].lfs is not None and told[1].lfs.size == 3


def test_head_of_large_and_small_files(client: Client) -> None:
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.errors import RemoteEntryNotFoundError

    repo, hub = client.hub.repos["org/tiny"], client.hub
    large = get_hf_file_metadata(hf_hub_url("org/tiny", "model.safetensors", endpoint=hub.endpoint))
    assert (large.etag, large.size, large.commit_hash) == (SHA256, len(WEIGHTS), repo.sha)
    assert large.location.startswith(hub.storage.endpoint)
    small = get_hf_file_metadata(hf_hub_url("org/tiny", "config.json", endpoint=hub.endpoint))
    assert (small.etag, small.size) == (repo.files["config.json"].blob_id, 8)
    assert small.commit_hash == repo.sha
    with pytest.raises(RemoteEntryNotFoundError):
        get_hf_file_metadata(hf_hub_url("org/tiny", "nothing", endpoint=hub.endpoint))


def test_downloads_arrive_whole_and_storage_gets_no_token(client: Client) -> None:
    allowed = client.api.hf_hub_download("org/gated", "w.safetensors", token=TOKEN, cache_dir=client.cache)
    assert Path(allowed).read_bytes() == b"gated"
    folder = Path(client.api.snapshot_download("org/tiny", cache_dir=client.cache, token=TOKEN))
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS
    assert (folder / "config.json").read_text() == '{"a": 1}'
    assert (folder / "README.md").read_text().endswith("# Tiny")
    assert {one.token for one in client.hub.requests} == {TOKEN}
    assert client.hub.storage.requests and not any(one.token for one in client.hub.storage.requests)


def test_gated_private_and_missing_repos_are_the_right_errors(client: Client) -> None:
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError

    client.hub.tokens.add("hf_somebody")
    assert client.api.model_info("org/gated").gated == "manual"
    for token, status in ((False, 401), ("hf_somebody", 403)):
        with pytest.raises(GatedRepoError) as refused:
            client.api.hf_hub_download("org/gated", "w.safetensors", token=token, cache_dir=client.cache)
        assert refused.value.response.status_code == status
    for repo in ("me/secret", "no/such"):
        with pytest.raises(RepositoryNotFoundError):
            client.api.model_info(repo, token="hf_somebody")
        # For nobody the Hub says 401 without a code; the library makes "not found" of it on https only.
        secure = client.hub.endpoint.startswith("https")
        with pytest.raises(RepositoryNotFoundError if secure else HfHubHTTPError, match="401"):
            client.api.model_info(repo)
    assert client.api.model_info("me/secret", token=TOKEN).private
    with pytest.raises(HfHubHTTPError, match="Invalid credentials"):
        client.api.model_info("org/tiny", token="hf_never_given_out")


def test_a_renamed_repo_is_found_under_its_old_names(client: Client) -> None:
    for name in ("tiny", "old-org/tiny", "Org/Tiny"):
        assert client.api.model_info(name, files_metadata=True).id == "org/tiny"
    moved = client.api.hf_hub_download("old-org/tiny", "model.safetensors", cache_dir=client.cache)
    assert Path(moved).read_bytes() == WEIGHTS


def test_rate_limit_headers_parse_and_run_down(client: Client) -> None:
    from huggingface_hub.errors import HfHubHTTPError
    from huggingface_hub.utils._http import get_session, parse_ratelimit_headers

    hub = client.hub
    hub.limits.api.quota = 2
    told = parse_ratelimit_headers(get_session().get(f"{hub.endpoint}/api/models/no/such").headers)
    assert told is not None
    assert (told.resource_type, told.remaining, told.limit, told.window_seconds) == ("api", 1, 2, 300)
    hub.clock.advance(100)
    client.api.model_info("org/tiny")
    with pytest.raises(HfHubHTTPError, match="Retry after 200 seconds"):
        client.api.model_info("org/tiny")
    resolver = get_session().head(
        f"{hub.endpoint}/org/tiny/resolve/main/model.safetensors", follow_redirects=False
    )
    told = parse_ratelimit_headers(resolver.headers)
    assert told is not None and (told.resource_type, told.remaining) == ("resolvers", 2999)
    hub.clock.advance(200)
    assert client.api.model_info("org/tiny").id == "org/tiny"
    hub.behave("GET /api/*", too_many("30"))
    with pytest.raises(HfHubHTTPError, match="429"):
        client.api.model_info("org/tiny")
