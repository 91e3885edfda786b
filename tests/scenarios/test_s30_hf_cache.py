"""S30 (copied): models out of the Hugging Face cache and Ollama's store, which stay exactly as they are."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support import modelfolders
from tests.support.modelfolders import REVISION, snapshot_of
from tests.support.program import Ran, pumas
from tests.support.trees import sha256, snapshot


def metadata(root: Path, ran: Ran) -> dict[str, Any]:
    [model] = ran.models
    document: dict[str, Any] = json.loads((root / "models" / model["model_id"] / "metadata.json").read_text())
    return document


@pytest.fixture(params=["own blobs", "shared blobs"])
def cached(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A cache folder of a language model; with shared blobs each link needs two hops."""
    source = modelfolders.transformers_folder(tmp_path / "made", parts=2)
    shared = tmp_path / "shared" if request.param == "shared blobs" else None
    return modelfolders.hub_cache(tmp_path / "hub", "meta-llama/Llama-3-Tiny", source, shared=shared)


@pytest.mark.parametrize("which", ["model folder", "snapshot", "hub", "link"])
def test_a_cached_model_comes_in_under_its_repository(root: Path, cached: Path, which: str) -> None:
    link = cached.parents[1] / "link"
    link.symlink_to(snapshot_of(cached))
    pasted = {"model folder": cached, "snapshot": snapshot_of(cached), "hub": cached.parent, "link": link}
    before = snapshot(cached.parents[1] / "hub")
    ran = pumas("import", pasted[which], "--json", root=root)
    assert ran.code == 0, (ran.err, ran.out)
    said = metadata(root, ran)
    assert (said["model_id"], said["model_format"]) == ("llm/llama/llama-3-tiny", "folder")
    assert (said["repo_id"], said["repo_revision"]) == ("meta-llama/Llama-3-Tiny", REVISION)
    assert said["field_sources"]["repo_id"] == "hub"
    assert said["trust"] == "pending"
    stored = root / "models" / said["model_id"]
    for file in said["files"]:
        copy = stored / file["name"]
        assert not copy.is_symlink()
        assert sha256(copy) == sha256(snapshot_of(cached) / file["name"]) == file["sha256"]
    assert snapshot(cached.parents[1] / "hub") == before


def test_hard_links_make_no_second_copy(root: Path, cached: Path) -> None:
    before = snapshot(cached)
    said = metadata(root, pumas("import", cached, "--mode", "hardlink", "--json", root=root))
    for file in said["files"]:
        stored = root / "models" / said["model_id"] / file["name"]
        assert not stored.is_symlink()
        assert stored.samefile(snapshot_of(cached) / file["name"])
    assert snapshot(cached) == before


def test_one_file_of_a_snapshot(root: Path, tmp_path: Path) -> None:
    made = modelfolders.transformers_folder(tmp_path / "made")
    cached = modelfolders.hub_cache(tmp_path / "hub", "gpt2", made)
    ran = pumas("import", snapshot_of(cached) / "model.safetensors", "--json", root=root)
    said = metadata(root, ran)
    assert (said["official_name"], said["model_format"], said["repo_id"]) == ("gpt2", "single-file", "gpt2")


def test_a_blob_that_is_not_what_its_name_says_is_refused(root: Path, cached: Path) -> None:
    blob = next(p for p in (cached / "blobs").iterdir() if len(p.name) == 64).resolve()
    content = bytearray(blob.read_bytes())
    content[-1] ^= 1
    blob.write_bytes(content)
    ran = pumas("import", cached, "--json", root=root)
    assert ran.code == 5, ran.out
    assert "is damaged" in ran.out
    assert pumas("list", "--json", root=root).data["total"] == 0


def test_a_blob_that_is_gone_refuses_the_snapshot(root: Path, cached: Path) -> None:
    next(p for p in (cached / "blobs").iterdir() if len(p.name) == 40).unlink()
    ran = pumas("import", cached, "--json", root=root)
    assert ran.code == 5, ran.out
    assert "ENOENT" in ran.out


def test_refs_main_decides_among_snapshots(root: Path, cached: Path) -> None:
    other = cached / "snapshots" / ("0" * 40)
    other.mkdir()
    (other / "config.json").write_text("{}")
    assert metadata(root, pumas("import", cached, "--json", root=root))["repo_revision"] == REVISION
    (cached / "refs/main").unlink()
    ran = pumas("import", cached, "--json", root=root)
    assert "has 2 snapshots and no refs/main" in ran.out


def test_ollama_models_come_in_by_their_names(root: Path, tmp_path: Path) -> None:
    store = tmp_path / ".ollama" / "models"
    llama = modelfolders.gguf_bytes("Llama 3", tmp_path / "a.gguf")
    qwen = modelfolders.gguf_bytes("Other", tmp_path / "b.gguf")
    texts = {"template": "{{ .Prompt }}", "license": "as is"}
    modelfolders.ollama_model(store, "registry.ollama.ai/library/llama3/8b", llama, texts)
    modelfolders.ollama_model(store, "registry.ollama.ai/library/llama3/latest", llama, texts)
    modelfolders.ollama_model(store, "hf.co/someone/Other-GGUF/Q4_K_M", qwen)
    before = snapshot(store)
    ran = pumas("import", store.parent, "--json", root=root)
    assert ran.code == 0, (ran.err, ran.out)
    said = {m["model_id"].split("/")[2]: root / "models" / m["model_id"] for m in ran.models}
    assert sorted(said) == ["llama3_8b", "other-gguf_q4_k_m"]
    assert sorted(p.name for p in said["llama3_8b"].iterdir()) == [
        "llama3-8b.gguf",
        "llama3-8b.license.txt",
        "llama3-8b.template.txt",
        "metadata.json",
    ]
    assert (said["llama3_8b"] / "llama3-8b.gguf").read_bytes() == llama
    document = json.loads((said["llama3_8b"] / "metadata.json").read_text())
    assert document["official_name"] == "llama3:8b"
    other = json.loads((said["other-gguf_q4_k_m"] / "metadata.json").read_text())
    assert (other["repo_id"], other["field_sources"]["repo_id"]) == ("someone/Other-GGUF", "filename")
    assert "also called llama3:latest" in ran.out
    assert snapshot(store) == before


def test_lm_studio_names_publisher_and_model(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / ".lmstudio/models/bartowski/Tiny-GGUF"
    folder.mkdir(parents=True)
    modelfolders.gguf_bytes("x", folder / "Tiny-Q4_K_M.gguf")
    said = metadata(root, pumas("import", tmp_path / ".lmstudio/models", "--json", root=root))
    assert (said["official_name"], said["repo_id"]) == ("Tiny-Q4_K_M", "bartowski/Tiny-GGUF")
