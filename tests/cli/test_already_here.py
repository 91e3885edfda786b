"""`hub download` of what the library has, and `identify --tensors`, against a local Hub."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub import behaviours as b
from tests.hub.repos import model
from tests.hub.serving import Hub, serving
from tests.support import modelfiles
from tests.support.program import asking, pumas


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving() as running:
        yield running


def weights(path: Path, mark: bytes = b"1") -> bytes:
    """Write a small LoRA; its content."""
    modelfiles.safetensors_file(path, {"a.weight": ("F16", [4, 4])}, mark=mark)
    return path.read_bytes()


def test_what_is_here_is_not_downloaded_again(root: Path, tmp_path: Path, hub: Hub) -> None:
    mine, other = tmp_path / "mine.safetensors", tmp_path / "other.safetensors"
    content = weights(mine)
    hub.add(model("art/both", {"cosy.safetensors": content, "new.safetensors": weights(other, b"2")}))
    env = asking(hub.endpoint)
    [own] = pumas("import", mine, "--json", root=root).models
    fetch = ("hub", "download", "art/both", "--json")

    asked = pumas(*fetch, root=root, extra=env)
    assert asked.code == 4
    assert [(m["name"], m["status"]) for m in asked.models] == [("cosy", "duplicate"), ("new", "planned")]
    assert "Download 1 model, " in asked.err

    ran = pumas(*fetch, "--yes", root=root, extra=env)
    assert ran.code == 0, ran.err
    here, new = ran.models
    assert (here["status"], here["model_id"], here["uid"]) == ("duplicate", own["model_id"], own["uid"])
    assert (here["path"], here["held_bytes"]) == (own["path"], len(content))
    assert here["held"] == [
        {"path": "cosy.safetensors", "model_id": own["model_id"], "file": "mine.safetensors"}
    ]
    assert new["status"] == "imported"
    assert hub.storage.calls() == 1

    told = pumas("hub", "download", "art/both", root=root, extra=env)
    assert told.code == 0, "nothing is left to be asked about"
    assert f"cosy is already in the library as {own['model_id']}; --second" in told.out

    second = pumas(*fetch, "--include", "cosy*", "--second", "--yes", root=root, extra=env)
    [made] = second.models
    assert (second.code, made["status"], made["trust"]) == (0, "imported", "verified")
    assert made["uid"] != own["uid"]
    assert hub.storage.calls() == 1, "it came from the library"
    assert (Path(made["path"]) / "cosy.safetensors").read_bytes() == content


def test_the_repository_is_remembered_where_the_content_came_meanwhile(
    root: Path, tmp_path: Path, hub: Hub
) -> None:
    """Two downloads of one content in one call: the second finds at its import what the first brought."""
    content = weights(tmp_path / "x.safetensors")
    repo = model("art/twins", {"a.safetensors": content, "b.safetensors": content})
    hub.add(repo)
    ran = pumas("hub", "download", repo.id, "--yes", "--json", root=root, extra=asking(hub.endpoint))
    assert ran.code == 0, ran.err
    assert sorted(m["status"] for m in ran.models) == ["duplicate", "imported"]
    [path] = (root / "models").glob("*/*/*/metadata.json")
    origin = json.loads(path.read_text())["import"]
    assert {origin["source"], *origin["other_sources"]} == {f"{repo.id}@{repo.sha}"}


def test_the_same_tensors_under_another_header_are_proven(root: Path, tmp_path: Path, hub: Hub) -> None:
    mine, theirs = tmp_path / "Cosy_Lights.safetensors", tmp_path / "x.safetensors"
    kinds = {"a.weight": ("F16", [4, 4])}
    modelfiles.safetensors_file(mine, kinds, {"note": "mine"}, mark=b"1")
    modelfiles.safetensors_file(theirs, kinds, {"modelspec.title": "Cosy \x1b[31mLights"}, mark=b"1")
    hub.add(model("art/Cosy_Lights", {"Cosy_Lights.safetensors": theirs.read_bytes()}))
    env = asking(hub.endpoint)
    assert pumas("import", mine, root=root).code == 0
    [before] = pumas("identify", "cosy", "--json", root=root, extra=env).models
    assert (before["trust"], before["tensors"]) == ("modified", None)
    assert hub.storage.calls() == 0

    ran = pumas("identify", "cosy", "--tensors", root=root, extra=env)
    assert ran.code == 0, ran.err
    line = "art/Cosy_Lights Cosy_Lights.safetensors: its tensors are the published ones, byte for byte"
    assert line in ran.out
    [told] = pumas("identify", "cosy", "--tensors", "--json", root=root, extra=env).models
    assert told["tensors"] == {
        "verdict": "same_bytes",
        "repo_id": "art/Cosy_Lights",
        "file": "Cosy_Lights.safetensors",
        "added": ["note"],
        "removed": ["modelspec.title"],
        "changed": [],
        "reason": "",
        "read_bytes": 32,
    }
    assert [line in one for one in told["evidence"]].count(True) == 1
    kept = pumas("show", "cosy", "--json", root=root).data["metadata"]
    assert (kept["trust"], kept["match"]["evidence"]) == ("modified", told["evidence"])

    wrong = pumas("identify", "cosy", "--tensors", "--confirm", "art/Cosy_Lights", root=root, extra=env)
    assert wrong.code == 2
    hub.storage.behave("GET *", b.error(403))
    refused = pumas("identify", "cosy", "--tensors", "--json", root=root, extra=env)
    assert (refused.code, refused.models[0]["trust"]) == (7, "modified"), "the look-up itself is answered"
