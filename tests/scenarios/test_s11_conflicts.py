"""S11: twelve conflicts, each told with what is there, answered one by one and together; cancelling changes
nothing. By the command line; the dialogs have tests of their own."""

import os
from pathlib import Path
from typing import Any

import pytest

from tests.support import modelfiles
from tests.support.apps import comfyui, links, stamped
from tests.support.program import pumas
from tests.support.trees import snapshot

NAMES = [f"lora-{n:02}" for n in range(12)]


@pytest.fixture
def app(root: Path, inbox: Path, tmp_path: Path) -> Path:
    """Folder for LoRAs of an app where something else has the name of each of twelve models."""
    for name in NAMES:
        modelfiles.lora_sdxl(inbox / f"{name}.safetensors", mark=name.encode())
    ran = pumas("import", inbox, "--json", root=root)
    assert ran.code == 0 and len(ran.models) == 12, ran.err
    models = comfyui(tmp_path / "ComfyUI")
    loras = models / "loras"
    for name in NAMES[:5]:
        (loras / f"{name}.safetensors").write_bytes(f"mine, {name}".encode())
    (tmp_path / "mine.safetensors").write_bytes(b"mine, outside")
    for name in NAMES[5:7]:
        os.symlink(tmp_path / "mine.safetensors", loras / f"{name}.safetensors")
    for name in NAMES[7:9]:
        os.symlink("/gone/for/good.safetensors", loras / f"{name}.safetensors")
    for name in NAMES[9:11]:
        (loras / f"{name}.safetensors").write_bytes((inbox / f"{name}.safetensors").read_bytes())
    (loras / f"{NAMES[11]}.safetensors").mkdir()
    (loras / f"{NAMES[11]}.safetensors" / "inside.txt").write_text("mine")
    assert pumas("app", "add", models.parent, "--no-sync", root=root).code == 0
    return loras


def conflicts(root: Path) -> dict[str, dict[str, Any]]:
    ran = pumas("map", "plan", "--json", root=root)
    assert ran.data["summary"]["conflict"] == 12
    return {a["target"]: a["conflict"] for a in ran.data["actions"] if a["action"] == "conflict"}


def test_each_conflict_tells_what_is_there(app: Path, root: Path, tmp_path: Path) -> None:
    found = conflicts(root)
    kinds = [found[f"loras/{name}.safetensors"]["kind"] for name in NAMES]
    assert kinds == [
        *["other_file"] * 5,
        *["other_link"] * 2,
        *["dead_link"] * 2,
        *["same_file"] * 2,
        "folder",
    ]
    first, link, dead = (found[f"loras/{NAMES[n]}.safetensors"] for n in (0, 5, 7))
    mine = (app / f"{NAMES[0]}.safetensors").stat()
    assert first["there"]["size_bytes"] == mine.st_size and first["there"]["mtime_ns"] == mine.st_mtime_ns
    assert link["there"]["leads_to"] == str(tmp_path / "mine.safetensors")
    assert dead["there"]["leads_to"] == "/gone/for/good.safetensors"
    assert found[f"loras/{NAMES[11]}.safetensors"]["allowed"] == ["skip"]
    shown = pumas("map", "plan", root=root).out
    assert "mine.safetensors" in shown and "same content" in shown and "skip|overwrite|rename" in shown


def test_mixed_answers_do_exactly_that_and_undo_takes_all_back(app: Path, root: Path) -> None:
    before = snapshot(app)
    answers = {0: "overwrite", 1: "rename", 2: "skip", 3: "other_name:mine-too.safetensors", 5: "overwrite",
               6: "rename", 7: "overwrite", 9: "overwrite"}  # fmt: skip
    said = [f"--resolve-target=loras/{NAMES[n]}.safetensors={answer}" for n, answer in answers.items()]
    ran = pumas("map", "apply", *said, "--json", root=root)
    assert ran.code == 4 and "4 conflicts" in ran.err, ran.err
    done = {Path(a["target"]).stem: a["result"] for a in ran.data["actions"]}
    assert [done[NAMES[n]] for n in range(12)] == [
        "done", "done", "skipped", "done", "skipped", "done", "done", "done", "skipped", "done",
        "skipped", "skipped",
    ]  # fmt: skip
    made = links(app)
    models = str(root / "models")
    ours = {name for name in made if os.path.realpath(app / name).startswith(models)}
    assert ours == {f"{NAMES[n]}.safetensors" for n in (0, 1, 5, 6, 7, 9)} | {"mine-too.safetensors"}
    assert (app / f"{NAMES[1]}.safetensors.old").read_bytes() == f"mine, {NAMES[1]}".encode()
    assert os.readlink(app / f"{NAMES[6]}.safetensors.old").endswith("mine.safetensors")
    now = snapshot(app)
    for n in (2, 3, 4, 8, 10, 11):
        assert now[f"{NAMES[n]}.safetensors"] == before[f"{NAMES[n]}.safetensors"]
    assert pumas("undo", root=root).code == 0
    assert snapshot(app) == before


def test_one_answer_for_all_goes_as_far_as_it_may(app: Path, root: Path) -> None:
    ran = pumas("map", "apply", "--resolve", "overwrite", "--json", root=root)
    assert ran.code == 4 and "1 conflict" in ran.err
    assert ran.data["results"] == {"done": 11, "kept": 0, "skipped": 1, "failed": 0}
    assert (app / f"{NAMES[11]}.safetensors" / "inside.txt").read_text() == "mine"
    again = pumas("map", "apply", "--resolve", "skip", "--json", root=root)
    assert again.code == 0 and again.data["results"]["done"] == 0
    assert len(pumas("trash", "list", "--json", root=root).data["items"]) == 11


def test_what_cannot_be_and_what_was_not_asked_changes_nothing(app: Path, root: Path) -> None:
    folder = f"loras/{NAMES[11]}.safetensors"
    before = stamped(app.parent)
    for answer, code in [
        (f"{folder}=overwrite", 2),
        (f"loras/{NAMES[0]}.safetensors=explode", 2),
        (f"loras/{NAMES[0]}.safetensors=other_name:", 2),
        ("loras/nobody.safetensors=skip", 3),
    ]:
        ran = pumas("map", "apply", "--resolve-target", answer, root=root)
        assert (ran.code, ran.err.count("\n")) == (code, 1), ran.err
    assert pumas("map", "apply", root=root).code == 4
    ran = pumas("sync", "--json", root=root)
    assert (ran.code, ran.data["summary"]["conflict"]) == (0, 12)
    assert stamped(app.parent) == before


def test_a_target_is_named_absolutely_too(app: Path, root: Path) -> None:
    target = app / f"{NAMES[0]}.safetensors"
    ran = pumas("map", "apply", f"--resolve-target={target}=overwrite", "--json", root=root)
    assert ran.data["results"]["done"] == 1 and target.is_symlink()
