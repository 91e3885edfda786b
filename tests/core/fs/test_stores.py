"""Other programs' stores on a real disk, also hostile ones: nothing hangs, nothing leads out, all is said."""

import json
import os
from pathlib import Path

import pytest

from pumas_tui.core.domain.errors import DiskError, RefusedError
from pumas_tui.core.fs import hub_cache, json_files, ollama, scan
from pumas_tui.core.fs.json_files import UnreadableJsonError
from tests.support import modelfolders
from tests.support.modelfolders import REVISION, snapshot_of


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe{", "not JSON"),
        (b'{"a": 1', "not JSON"),
        (b"[" * 90_000 + b"]" * 90_000, "nested too deep"),
        (b"[" * 200_000, "more values"),
        (b"[" + b"1," * 1_000_001 + b"1]", "more values"),
        (b"[" + b"{}," * 100_001 + b"1]", "more values"),
        (b"9" * 5_000, "not JSON"),
        (b" " * 5_000_000, "longer than"),
    ],
)
def test_json_that_is_not_read(tmp_path: Path, raw: bytes, problem: str) -> None:
    (tmp_path / "x.json").write_bytes(raw)
    with pytest.raises(UnreadableJsonError, match=problem):
        json_files.read_json(str(tmp_path / "x.json"), 4 << 20)


def test_json_that_is_read(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"a": [1, "\\ud800"]}')
    assert json_files.read_json(str(tmp_path / "x.json")) == {"a": [1, "\ud800"]}
    os.mkfifo(tmp_path / "fifo.json")
    with pytest.raises(DiskError):
        json_files.read_json(str(tmp_path / "fifo.json"))


@pytest.fixture
def cached(tmp_path: Path) -> Path:
    made = modelfolders.transformers_folder(tmp_path / "made")
    return modelfolders.hub_cache(tmp_path / "hub", "org/name", made)


def seen(*paths: Path) -> list[str]:
    return [f.path for f in scan.walk([str(p) for p in paths]).files]


def test_a_model_folder_stands_for_its_snapshot_once(cached: Path) -> None:
    snapshot = snapshot_of(cached)
    expected = sorted(str(p) for p in snapshot.iterdir())
    assert seen(cached) == seen(snapshot) == seen(cached.parent) == expected
    assert seen(cached, snapshot, cached.parent) == expected


def test_links_of_a_snapshot_that_leave_the_cache_are_not_followed(cached: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x")
    other = tmp_path / "hub/models--org--other/blobs"
    other.mkdir(parents=True)
    (other / "b").write_text("y")
    for name, target in (("a", secret), ("b", other / "b"), ("c", cached / "refs/main")):
        (snapshot_of(cached) / name).symlink_to(os.path.relpath(target, snapshot_of(cached)))
    result = scan.walk([str(cached)])
    assert not {"a", "b", "c"} & {f.name for f in result.files}
    assert sorted(t.code for t in result.troubles) == ["link_not_followed"] * 3


def test_cyclic_and_dangling_blobs_are_said(cached: Path) -> None:
    for n, name in enumerate(("one", "two")):
        (cached / "blobs" / name).symlink_to(("two", "one")[n])
        (snapshot_of(cached) / name).symlink_to(f"../../blobs/{name}")
    (snapshot_of(cached) / "gone").symlink_to("../../blobs/gone")
    codes = [(t.code, (t.path or "")[-4:]) for t in scan.walk([str(cached)]).troubles]
    assert codes == [("disk", "gone"), ("disk", "/one"), ("disk", "/two")]


@pytest.mark.parametrize("text", ["../../..", "/etc", "x" * 300, "", "0" * 40])
def test_a_reference_that_names_no_snapshot(cached: Path, text: str) -> None:
    (cached / "refs/main").write_text(text)
    (cached / "snapshots/second").mkdir()
    with pytest.raises((RefusedError, DiskError)):
        hub_cache.chosen_snapshot(str(cached))
    (trouble,) = scan.walk([str(cached)]).troubles
    assert trouble.path in (str(cached), f"{cached}/refs/main")


def test_a_snapshot_that_is_a_link_is_none(cached: Path, tmp_path: Path) -> None:
    snapshot_of(cached).rename(tmp_path / "elsewhere")
    snapshot_of(cached).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RefusedError, match=REVISION):
        hub_cache.chosen_snapshot(str(cached))


def test_where_a_file_comes_from(cached: Path, tmp_path: Path) -> None:
    weights = snapshot_of(cached) / "model.safetensors"
    place, sha256 = hub_cache.trace(str(weights))
    assert place is not None
    assert (place.repo_id, place.revision, sha256) == ("org/name", REVISION, weights.resolve().name)
    assert hub_cache.trace(str(snapshot_of(cached) / "config.json"))[1] == ""
    (tmp_path / "link").symlink_to(weights)
    assert hub_cache.trace(str(tmp_path / "link")) == (place, sha256)
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert hub_cache.trace(str(tmp_path / "a")) == (None, "")


# Ollama


@pytest.fixture
def store(tmp_path: Path) -> Path:
    content = modelfolders.gguf_bytes("x", tmp_path / "x.gguf")
    modelfolders.ollama_model(tmp_path / "store", "registry.ollama.ai/library/llama3/8b", content)
    return tmp_path / "store"


def said(store: Path) -> tuple[list[str], list[str]]:
    candidates, troubles = ollama.models(list(scan.walk([str(store)]).ollama))
    return [c.name for c in candidates], [t.message for t in troubles]


@pytest.mark.parametrize("below", ["", "manifests", "manifests/registry.ollama.ai/library/llama3/8b"])
def test_a_store_or_a_part_of_it(store: Path, below: str) -> None:
    assert said(store / below) == (["llama3:8b"], [])


def test_hostile_manifests(store: Path) -> None:
    folder = store / "manifests/registry.ollama.ai/library/llama3"
    value = json.loads((folder / "8b").read_text())
    value["layers"][0]["digest"] = "sha256:../../../../etc/passwd"
    (folder / "up").write_text(json.dumps(value))
    (folder / "deep").write_text("[" * 50_000 + "]" * 50_000)
    (folder / "huge").write_bytes(b" " * ((1 << 20) + 1))
    (folder / "loop").symlink_to(".")
    os.mkfifo(folder / "fifo")
    names, messages = said(store)
    assert names == ["llama3:8b"]
    assert [m.rsplit(" ", 3)[0].split("/")[-1].split(":")[0] for m in messages] == ["deep", "huge", "up"]


def test_blobs_that_are_not_what_the_manifest_says(store: Path) -> None:
    content = modelfolders.gguf_bytes("another", store.parent / "y.gguf")
    path = modelfolders.ollama_model(store, "registry.ollama.ai/library/b/1", content)
    digest = json.loads(path.read_text())["layers"][0]["digest"].replace(":", "-")
    with (store / "blobs" / digest).open("ab") as blob:
        blob.write(b"more")
    names, messages = said(store)
    assert names == ["llama3:8b"]
    assert "its manifest says" in messages[0]
    (store / "blobs" / digest).unlink()
    assert "ENOENT" in said(store)[1][0]


def test_a_folder_called_manifests_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests/x.gguf").write_bytes(b"x")
    assert seen(tmp_path / "manifests") == [str(tmp_path / "manifests/x.gguf")]
