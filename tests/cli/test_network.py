"""`identify` and `hub` against a local Hub, and the token of who asks."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub import behaviours as b
from tests.hub.repos import HubFile, claimed, model
from tests.hub.serving import Hub, serving
from tests.support import modelfiles
from tests.support.program import Ran, asking, pumas

CANARY = "hf_CANARY0123456789"
CARD = {"license": "mit", "base_model": "org/base"}


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving() as running:
        yield running


def weights(path: Path, mark: bytes = b"1") -> bytes:
    """Write a small LoRA; its content."""
    modelfiles.safetensors_file(path, {"a.weight": ("F16", [4, 4])}, mark=mark)
    return path.read_bytes()


def test_a_model_is_verified_and_told(root: Path, tmp_path: Path, hub: Hub) -> None:
    file = tmp_path / "Cosy_Lights-v2_fp16.safetensors"
    content = weights(file)
    hub.add(model("art/Cosy_Lights", {"cosy.safetensors": content, "config.json": "{}"}, card=CARD))
    assert pumas("import", file, root=root).code == 0
    shown = pumas("identify", "cosy", "--explain", root=root, extra=asking(hub.endpoint))
    assert shown.code == 0, shown.err
    assert "verified art/Cosy_Lights, details filled in" in shown.out
    assert "SHA-256 equal" in shown.out
    assert "changed license: - -> mit" in shown.out
    assert "also there: config.json" in shown.out
    [told] = pumas("list", "trust:verified", "--json", root=root).models
    assert told["official_name"] == "Cosy Lights"


def test_a_file_is_only_looked_at(root: Path, tmp_path: Path, hub: Hub) -> None:
    file = tmp_path / "Cosy_Lights.safetensors"
    hub.add(model("art/Cosy_Lights", {"Cosy_Lights.safetensors": weights(file)}))
    ran = pumas("identify", file, "--json", root=root, extra=asking(hub.endpoint))
    [told] = ran.models
    assert (told["trust"], told["repo_id"], told["path"]) == ("high", "art/Cosy_Lights", str(file))
    assert (told["model_id"], told["filled"]) == (None, False)
    assert pumas("list", "--json", root=root).data["total"] == 0


def test_a_person_takes_a_candidate(root: Path, tmp_path: Path, hub: Hub) -> None:
    file = tmp_path / "Cosy_Lights.safetensors"
    size = len(weights(file))
    hub.add(model("art/Cosy_Lights", {"Cosy_Lights.safetensors": claimed(size)}, card=CARD))
    assert pumas("import", file, root=root).code == 0
    env = asking(hub.endpoint)
    [told] = pumas("identify", "cosy", "--json", root=root, extra=env).models
    assert (told["trust"], told["filled"]) == ("modified", False)
    wrong = pumas("identify", "cosy", "--confirm", "art/Other", root=root, extra=env)
    assert wrong.code == 3
    assert "art/Cosy_Lights" in wrong.err, "what could be confirmed is named"
    ran = pumas("identify", "cosy", "--confirm", "art/Cosy_Lights", "--json", root=root, extra=env)
    assert ran.models[0]["trust"] == "manual"
    shown = pumas("show", "cosy", "--json", root=root).data["metadata"]
    assert (shown["license"], shown["trust"]) == ("mit", "manual")


def test_what_was_filled_in_is_one_change_that_undo_takes_back(root: Path, tmp_path: Path, hub: Hub) -> None:
    for name in ("Cosy", "Cold"):
        content = weights(tmp_path / f"{name}_Lights.safetensors", name.encode())
        hub.add(model(f"art/{name}_Lights", {f"{name}_Lights.safetensors": content}, card=CARD))
    files = [tmp_path / f"{name}_Lights.safetensors" for name in ("Cosy", "Cold")]
    assert pumas("import", *files, root=root).code == 0
    env = asking(hub.endpoint)
    ran = pumas("identify", "--pending", root=root, extra=env)
    [line] = [line for line in ran.out.splitlines() if "pumas-tui undo" in line]
    assert line.startswith("2 models filled in")
    operation = line.rpartition(" ")[2]

    [newest, *_] = pumas("history", "--json", root=root).data["operations"]
    assert newest["id"].startswith(operation)
    assert newest["title"] == "look-up: 2 models filled in"
    edited = pumas("edit", "cosy", "--set", "license=my own words", root=root)
    assert edited.code == 0, edited.err
    undone = pumas("undo", operation, "--json", root=root)
    assert undone.code == 5, "a field that was edited since stays"
    assert "set license to what it was" in undone.out
    for name, licence in (("cosy", "my own words"), ("cold", "")):
        said = pumas("show", name, "--json", root=root).data["metadata"]
        assert (said["license"], said["base_model"], said["trust"]) == (licence, "", "verified")
    again = pumas("identify", "cosy", "cold", "--json", root=root, extra=env)
    assert [told["filled"] for told in again.models] == [False, False]
    assert again.data["operation"] is None


def test_what_the_cache_has_is_shown_and_nothing_is_asked(root: Path, tmp_path: Path, hub: Hub) -> None:
    file = tmp_path / "Cosy_Lights.safetensors"
    hub.add(model("art/Cosy_Lights", {"Cosy_Lights.safetensors": claimed(len(weights(file)))}, card=CARD))
    assert pumas("import", file, root=root).code == 0
    env = asking(hub.endpoint)
    empty = pumas("identify", "cosy", "--cached", "--json", root=root, extra=env)
    assert (empty.code, empty.document["errors"][0]["code"]) == (3, "not_found")
    assert pumas("hub", "search", "cosy lights", root=root, extra=env).code == 0
    asked = len(hub.requests)
    for subject in ("cosy", str(file)):
        shown = pumas("identify", subject, "--cached", "--offline", root=root, extra=env)
        assert shown.code == 0, shown.err
        assert "art/Cosy_Lights, from the cache of 20" in shown.out
    [told] = pumas("identify", "cosy", "--cached", "--json", root=root, extra=env).models
    assert (told["stale"], told["filled"], told["candidates"][0]["repo_id"]) == (
        True,
        False,
        "art/Cosy_Lights",
    )
    assert len(hub.requests) == asked
    assert pumas("show", "cosy", "--json", root=root).data["metadata"]["trust"] == "pending"


def test_search_files_and_download(root: Path, tmp_path: Path, hub: Hub) -> None:
    content = weights(tmp_path / "x.safetensors")
    files: dict[str, bytes | str | HubFile] = {
        "big.safetensors": content,
        "small.gguf": b"?",
        "config.yaml": "a: 1",
    }
    hub.add(model("org/tiny-llama", files, downloads=7), model("org/other"))
    env = asking(hub.endpoint)
    hub.page_size = 1
    hub.add(model("org/llama-two", downloads=3))
    found = pumas("hub", "search", "llama", "--json", root=root, extra=env)
    assert [m["repo_id"] for m in found.models] == ["org/tiny-llama", "org/llama-two"]

    listed = pumas("hub", "files", "org/tiny-llama", "--json", root=root, extra=env).data
    sizes = {file["path"]: file["size"] for file in listed["files"]}
    assert sizes["big.safetensors"] == len(content)
    assert all(file["sha256"] for file in listed["files"] if file["path"] == "big.safetensors")

    fetch = ("hub", "download", "org/tiny-llama", "--include", "*.safetensors")
    asked = pumas(*fetch, "--json", root=root, extra=env)
    assert asked.code == 4, "nobody said yes"
    assert [(m["status"], m["bytes"]) for m in asked.models] == [("planned", len(content))]
    assert hub.storage.calls() == 0
    ran = pumas(*fetch, "--yes", "--json", root=root, extra=env)
    assert ran.code == 0, ran.err
    [told] = ran.models
    assert (told["status"], told["trust"], told["bytes"]) == ("imported", "verified", len(content))
    assert (Path(told["path"]) / "big.safetensors").read_bytes() == content

    wrong = pumas("hub", "download", "org/tiny-llama", "--include", "*.bin", "--yes", root=root, extra=env)
    assert wrong.code == 3
    assert "*.bin" in wrong.err


def test_what_the_hub_says_is_printable(root: Path, hub: Hub) -> None:
    hub.add(model("org/llama", pipeline="\x1b]0;owned\x07", card={"license": "\x1b[31mred"}))
    ran = pumas("hub", "search", "llama", root=root, extra=asking(hub.endpoint))
    assert ran.code == 0
    assert all(line.isprintable() for line in ran.out.splitlines())


def test_the_token_stays_where_it_belongs(root: Path, tmp_path: Path, hub: Hub) -> None:
    """It goes to the Hub; no file, no output and no other host has it, however a run ends."""
    hub.tokens.add(CANARY)
    content = weights(tmp_path / "x.safetensors")
    granted = frozenset({CANARY})
    hub.add(model("org/gated", {"w.safetensors": content}, gated="manual", granted=granted))
    hub.add(model("org/broken"), model("org/moved"))
    hub.behave("GET /api/models/org/broken*", b.error(500, f"{CANARY} is wrong"))
    hub.behave("GET /api/models/org/moved*", b.moved(f"{hub.stranger.endpoint}/x"))
    env = asking(hub.endpoint, CANARY)
    loud = ("--log-level", "debug")
    runs: list[Ran] = [
        pumas("hub", "download", "org/gated", "--yes", "--progress", *loud, root=root, extra=env),
        pumas("identify", tmp_path / "x.safetensors", "--explain", *loud, root=root, extra=env),
        pumas("hub", "files", "org/moved", *loud, "--json", root=root, extra=env),
        pumas("hub", "files", "org/broken", *loud, root=root, extra=env),
    ]
    assert [ran.code for ran in runs] == [0, 0, 7, 7]
    assert {request.token for request in hub.requests} == {CANARY}
    others = [r for r in hub.every_request() if r.site != "hub"]
    assert others, "the bytes came from another host"
    assert not any(CANARY in json.dumps([r.headers, r.target]) for r in others)
    assert not any(CANARY in ran.out + ran.err for ran in runs)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.name == "hub.db" for path in written)
    assert not [path for path in written if CANARY.encode() in path.read_bytes()]
