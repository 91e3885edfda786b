"""`import`: what it says of each candidate, the exit code of several, and what it leaves behind."""

import json
from pathlib import Path

from tests.support.program import pumas
from tests.support.trees import sha256, snapshot

KEYS = {
    "model_id", "uid", "path", "model_format", "model_type", "subtype", "security_tier", "trust", "mode",
    "bytes", "sha256", "status", "reason",
}  # fmt: skip


def test_a_folder_becomes_models(root: Path, samples: Path) -> None:
    ran = pumas("import", samples, "--accept-pickle", "--json", root=root)
    assert ran.code == 0, ran.err
    assert len(ran.models) == 6
    assert ran.data["links"] == {"created": 0, "conflicts": 0}
    hashes = {sha256(path) for path in samples.rglob("*") if path.is_file()}
    for model in ran.models:
        assert set(model) >= KEYS
        assert model["status"] == "imported"
        assert model["sha256"] in hashes
        assert (Path(model["path"]) / "metadata.json").exists()
        assert model["path"].endswith(model["model_id"])
    kinds = {m["model_id"].rsplit("/", 1)[1]: (m["model_type"], m["subtype"]) for m in ran.models}
    assert kinds["ink-wash-style-xl"] == ("diffusion", "loras")
    assert kinds["studio-portrait-v2"] == ("diffusion", "checkpoints")
    assert kinds["clear-colors.vae"] == ("diffusion", "vae")
    assert kinds["tiny-llama-42m.f32"] == ("llm", "gguf")
    assert kinds["story-writer-3part"] == ("llm", "transformers")


def test_for_people_a_table(root: Path, samples: Path) -> None:
    ran = pumas("import", samples / "ink-wash-style-xl.safetensors", root=root)
    heads, row = ran.out.splitlines()
    assert heads.split() == ["STATUS", "MODEL", "TYPE", "SIZE", "SAFETY"]
    assert row.split()[0] == "imported"
    assert row.split()[-1] == "safe"
    assert ran.err == ""


def test_of_several_the_worst_code_counts_and_the_rest_is_imported(
    root: Path, samples: Path, tmp_path: Path
) -> None:
    page = tmp_path / "sdxl.safetensors"
    page.write_text("<!DOCTYPE html><html><body>Access denied</body></html>")
    good, pickle = samples / "ink-wash-style-xl.safetensors", samples / "old-style-mix.ckpt"
    ran = pumas("import", good, pickle, page, tmp_path / "absent.gguf", "--json", root=root)
    assert ran.code == 5
    assert sorted(m["status"] for m in ran.models) == ["imported", "needs_you", "refused"]
    assert {e["code"] for e in ran.document["errors"]} >= {"not_found", "decision_needed"}
    assert all(line.startswith("error: ") for line in ran.err.splitlines())
    reasons = {m["status"]: m["reason"] for m in ran.models}
    assert "web page" in reasons["refused"]
    assert reasons["imported"] is None


def test_a_pickle_leaves_no_question_behind(root: Path, samples: Path) -> None:
    ran = pumas("import", samples / "old-style-mix.ckpt", "--json", root=root)
    assert ran.code == 4
    assert "--accept-pickle" in ran.err
    assert pumas("jobs", "--json", root=root).data["jobs"] == []


def models_of(files: dict[str, str]) -> dict[str, str]:
    """Without databases and lock files, which belong to no model."""
    return {k: v for k, v in files.items() if ".db" not in k and not k.startswith("models/.locks")}


def test_a_dry_run_changes_nothing(root: Path, samples: Path) -> None:
    before = snapshot(root)
    ran = pumas("import", samples, "--dry-run", "--json", root=root)
    assert ran.code == 4  # the pickle would need a word
    assert sorted(m["status"] for m in ran.models) == ["needs_you", *["planned"] * 5]
    assert ran.data["dry_run"] is True
    after = snapshot(root)
    assert models_of(after) == models_of(before)
    planned = {m["model_id"] for m in ran.models if m["status"] == "planned"}
    done = pumas("import", samples, "--json", root=root)
    assert {m["model_id"] for m in done.models if m["status"] == "imported"} == planned


def test_what_the_user_says_beats_what_was_found(root: Path, samples: Path) -> None:
    said = ["--type", "vision", "--family", "mine", "--subtype", "detectors", "--name", "My Own Name"]
    source = samples / "clear-colors.vae.safetensors"
    [planned] = pumas("import", source, *said, "--dry-run", "--json", root=root).models
    [model] = pumas("import", source, *said, "--tag", "a", "--tag", "b c", "--json", root=root).models
    assert planned["model_id"] == model["model_id"] == "vision/mine/my_own_name"
    assert (model["model_type"], model["subtype"]) == ("vision", "detectors")
    metadata = json.loads((Path(model["path"]) / "metadata.json").read_bytes())
    assert metadata["official_name"] == "My Own Name"
    assert metadata["tags"] == ["a", "b c"]
    assert {metadata["field_sources"][k] for k in ("model_type", "family", "tags")} == {"manual"}


def test_one_name_does_not_fit_several(root: Path, samples: Path) -> None:
    ran = pumas("import", samples, "--name", "all of them", root=root)
    assert ran.code == 2
    assert pumas("list", "--json", root=root).data["total"] == 0


def test_a_second_import_is_a_duplicate_and_no_error(root: Path, samples: Path) -> None:
    source = samples / "ink-wash-style-xl.safetensors"
    [first] = pumas("import", source, "--json", root=root).models
    ran = pumas("import", source, "--json", root=root)
    assert ran.code == 0
    assert ran.document["errors"] == []
    [again] = ran.models
    assert again["status"] == "duplicate"
    assert (again["uid"], again["path"]) == (first["uid"], first["path"])
    assert first["model_id"] in again["reason"]


def test_an_argument_is_a_path_to_the_letter(root: Path, samples: Path, tmp_path: Path) -> None:
    names = [
        "~home.safetensors",
        "..dots.safetensors",
        "-v.safetensors",
        "a b.safetensors",
        "%41.safetensors",
    ]
    sources = [tmp_path / name for name in names]
    for source in sources:
        source.write_bytes((samples / "ink-wash-style-xl.safetensors").read_bytes())
    ran = pumas("import", "--json", "--", *sources, root=root)
    assert ran.code == 0, ran.err
    assert sorted(m["sources"] for m in ran.models) == sorted([str(source)] for source in sources)


def test_nothing_to_import(root: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    ran = pumas("import", empty, "--json", root=root)
    assert ran.code == 3
    assert ran.models == []


def test_progress_is_json_lines_before_the_answer(root: Path, samples: Path) -> None:
    ran = pumas("import", samples / "ink-wash-style-xl.safetensors", "--json", "--progress", root=root)
    assert ran.code == 0, ran.err
    *events, answer = [json.loads(line) for line in ran.out.splitlines()]
    assert answer["schema"] == "pumas.import/1"
    assert events
    jobs = [event for event in events if event["event"] == "job_changed"]
    assert {event["id"] for event in jobs} == {answer["data"]["models"][0]["job_id"]}
    assert all({"state", "name", "stage", "bytes_done", "bytes_total", "fraction"} <= set(e) for e in jobs)
