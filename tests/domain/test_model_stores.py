"""Where a path lies in other programs' stores, and what Ollama's manifests may say."""

import pytest

from pumas_tui.core.domain import model_stores, ollama_manifests
from pumas_tui.core.domain.files import FileEntry, Origin
from pumas_tui.core.domain.model_stores import HubPlace
from pumas_tui.core.domain.ollama_manifests import BadManifestError

SHA = "ab" * 32
CACHE = "/home/u/.cache/huggingface/hub/models--org--na.me-1"


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (CACHE, HubPlace(CACHE, "org/na.me-1")),
        (f"{CACHE}/snapshots", HubPlace(CACHE, "org/na.me-1", "snapshots")),
        (f"{CACHE}/snapshots/c0/unet/x", HubPlace(CACHE, "org/na.me-1", "snapshots", "c0", "unet/x")),
        (f"{CACHE}/blobs/{SHA}", HubPlace(CACHE, "org/na.me-1", "blobs", inside=SHA)),
        ("/x/models--gpt2/refs/main", HubPlace("/x/models--gpt2", "gpt2", "refs", inside="main")),
        ("/x/models--a--b--c/snapshots/r", None),
        ("/x/models----/snapshots/r", None),
        ("/x/datasets--a--b/snapshots/r", None),
        ("/x/models/y", None),
    ],
)
def test_places_in_a_hub_cache(path: str, place: HubPlace | None) -> None:
    assert model_stores.hub_place(path) == place


def test_a_blob_named_by_its_content() -> None:
    for inside, sha256 in ((SHA, SHA), ("c" * 40, ""), (SHA + ".incomplete", "")):
        assert HubPlace("/c", "r", "blobs", inside=inside).sha256 == sha256


@pytest.mark.parametrize(
    ("text", "revision"),
    [("abc123\n", "abc123"), ("../../x", ""), ("", ""), ("..", ""), ("a/b", ""), ("x" * 129, "")],
)
def test_references(text: str, revision: str) -> None:
    assert model_stores.revision(text) == revision


@pytest.mark.parametrize(
    ("path", "origin"),
    [
        ("/h/.lmstudio/models/pub/mod/x.gguf", Origin("pub/mod", told_by="filename")),
        ("/h/.cache/lm-studio/models/pub/mod/x.gguf", Origin("pub/mod", told_by="filename")),
        ("/h/.lmstudio/models/pub/x.gguf", None),
        (f"{CACHE}/snapshots/c0/x.bin", Origin("org/na.me-1", "c0")),
        ("/h/models/x.gguf", None),
    ],
)
def test_origins(path: str, origin: Origin | None) -> None:
    assert model_stores.origin_of(path) == origin


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("/m/Some Model", "Some Model"),
        ("/m/sd15/unet/", "sd15-unet"),
        ("/m/sd15/text_encoder_2", "sd15-text_encoder_2"),
        (f"{CACHE}/snapshots/c0", "na.me-1"),
        (f"{CACHE}/snapshots/c0/vae", "na.me-1-vae"),
        (f"{CACHE}/snapshots/c0/speech", "speech"),
        ("/unet", ""),
        ("/home/u/Downloads/", ""),
        ("/ComfyUI/models/vae", ""),
        ("/", ""),
    ],
)
def test_names_from_folders(folder: str, name: str) -> None:
    assert model_stores.name_from_folder(folder) == name


# Ollama


def layer(kind: str = "model", digest: str = f"sha256:{SHA}", size: int = 5) -> dict[str, object]:
    return {"mediaType": f"application/vnd.ollama.image.{kind}", "digest": digest, "size": size}


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"layers": "x"},
        {"layers": [1]},
        {"layers": []},
        {"layers": [layer("license")]},
        {"layers": [layer(digest="sha256:../../../etc/passwd")]},
        {"layers": [layer(digest=f"sha256:{SHA}/..")]},
        {"layers": [layer(digest="sha256:" + "AB" * 32)]},
        {"layers": [layer(size=-1)]},
        {"layers": [{**layer(), "size": True}]},
        {"layers": [layer()] * 65},
    ],
)
def test_manifests_that_name_no_model(value: object) -> None:
    with pytest.raises(BadManifestError):
        ollama_manifests.read("registry.ollama.ai/library/llama3/8b", value)


def test_what_a_manifest_becomes() -> None:
    value = {"layers": [layer(), layer("projector", "sha256:" + "cd" * 32), layer("messages")]}
    model = ollama_manifests.read("hf.co/org/Repo/Q4", value)
    blobs = {one.sha256: FileEntry(f"/b/{one.blob}", 5, 0, 1, 1) for one in model.layers}
    candidate = ollama_manifests.candidate(model, blobs)
    assert (candidate.name, candidate.origin) == ("Repo:Q4", Origin("org/Repo", told_by="filename"))
    assert [m.name for m in candidate.members] == ["Repo-Q4.gguf", "mmproj-Repo-Q4.gguf"]
    assert candidate.main.entry.path == f"/b/sha256-{SHA}"
    assert candidate.main.expected_sha256 == SHA


def test_one_content_under_several_names() -> None:
    value = {"layers": [layer()]}
    names = ("library/llama3/latest", "library/llama3/8b", "me/mine/latest")
    models = [ollama_manifests.read(f"registry.ollama.ai/{name}", value) for name in names]
    (merged,) = ollama_manifests.merged(models)
    assert (merged.name, merged.aliases) == ("llama3:8b", ("llama3:latest", "mine:latest"))


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("/data/in/all-MiniLM-L6-v2", "all-MiniLM-L6-v2"),
        ("/data/in/all-MiniLM-L6-v2/model", "all-MiniLM-L6-v2"),
        ("/runs/my-lora/checkpoint-5000", "my-lora-checkpoint-5000"),
        ("/runs/my-lora/final", "my-lora-final"),
        ("/in/FLUX.1-dev/transformer", "FLUX.1-dev-transformer"),
        ("/data/models/model", "model"),
        ("/model", "model"),
        ("/c/models--org--Repo/snapshots/0123456789012345678901234567890123456789", "Repo"),
    ],
)
def test_a_model_folder_without_a_name_of_its_own(folder: str, name: str) -> None:
    assert model_stores.name_of_model_folder(folder) == name
