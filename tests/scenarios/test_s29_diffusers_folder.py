"""S29: a folder that is one model comes in whole, each file hashed, loads again, is linked as a folder."""

import json
from pathlib import Path
from typing import Any

from safetensors.numpy import load_file

from tests.support import containers, modelfiles, modelfolders
from tests.support.apps import comfyui, links
from tests.support.program import pumas
from tests.support.trees import sha256, snapshot


def metadata(root: Path, model_id: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((root / "models" / model_id / "metadata.json").read_text())
    return document


def test_a_diffusers_folder_comes_in_whole_and_loads_again(root: Path, inbox: Path) -> None:
    source = modelfolders.diffusers_folder(inbox / "My Pipeline")
    before = snapshot(source)
    ran = pumas("import", source, "--json", root=root)
    assert ran.code == 0, ran.err
    [model] = ran.models
    assert (model["model_id"], model["model_format"], model["security_tier"]) == (
        "diffusion/stable-diffusion/my_pipeline",
        "diffusion-folder",
        "safe",
    )
    stored = root / "models" / model["model_id"]
    after = snapshot(stored)
    assert "metadata.json" in after
    del after["metadata.json"]
    assert after == before == snapshot(source)
    said = metadata(root, model["model_id"])
    assert {f["name"]: f["sha256"] for f in said["files"]} == {
        str(p.relative_to(source)): sha256(p) for p in source.rglob("*") if p.is_file()
    }
    assert (said["subtype"], said["architecture"], said["base_model"]) == (
        "diffusers",
        "StableDiffusionPipeline",
        "SD 1.x",
    )
    assert said["import"]["source"] == str(source)
    roles = {f["name"]: f["role"] for f in said["files"]}
    assert roles["unet/diffusion_pytorch_model.safetensors"] == "weights"
    assert roles["tokenizer/vocab.json"] == roles["tokenizer/merges.txt"] == "tokenizer"
    assert roles["model_index.json"] == roles["scheduler/scheduler_config.json"] == "config"
    for path in source.rglob("*.safetensors"):
        here, there = load_file(path), load_file(stored / path.relative_to(source))
        assert {k: v.tobytes() for k, v in here.items()} == {k: v.tobytes() for k, v in there.items()}
    for path in source.rglob("*.json"):
        assert json.loads((stored / path.relative_to(source)).read_text()) == json.loads(path.read_text())


def test_it_is_linked_as_one_folder(root: Path, inbox: Path, tmp_path: Path) -> None:
    app = comfyui(tmp_path / "ComfyUI")
    assert pumas("app", "add", app.parent, root=root).code == 0
    source = modelfolders.diffusers_folder(inbox / "My Pipeline")
    ran = pumas("import", source, "--json", root=root)
    assert ran.data["links"] == {"created": 1, "conflicts": 0}, ran.err
    [(target, _)] = links(app).items()
    assert target == "diffusers/my_pipeline" and (app / target).is_dir()
    assert (app / target).samefile(ran.models[0]["path"])
    assert snapshot(source).items() <= snapshot((app / target).resolve()).items()
    assert pumas("undo", root=root).code == 0
    assert links(app) == {} and not Path(ran.models[0]["path"]).exists()


def test_it_is_known_again_and_scanned(root: Path, inbox: Path) -> None:
    source = modelfolders.diffusers_folder(inbox / "p")
    assert pumas("import", source, "--json", root=root).code == 0
    again = pumas("import", source, "--json", root=root)
    assert again.models[0]["status"] == "duplicate", again.out
    report = pumas("scan", "--deep", "--json", root=root)
    assert report.code == 0, report.out
    assert pumas("list", "--json", root=root).data["total"] == 1


def test_a_transformers_folder_with_an_index(root: Path, inbox: Path) -> None:
    source = modelfolders.transformers_folder(inbox / "Llama-3.1-8B", parts=3)
    modelfolders.write_text(source / "README.md", "---\nlicense: mit\n---\n# It\n")
    ran = pumas("import", source, "--json", root=root)
    assert ran.code == 0, ran.err
    [model] = ran.models
    assert (model["model_id"], model["model_format"]) == ("llm/llama/llama-3.1-8b", "folder")
    said = metadata(root, model["model_id"])
    assert (said["context_length"], said["subtype"], said["architecture"]) == (
        131072,
        "transformers",
        "LlamaForCausalLM",
    )
    parts = [(f["shard_index"], f["shard_total"]) for f in said["files"] if f["role"] == "weights"]
    assert parts == [(1, 3), (2, 3), (3, 3)]


def test_a_part_that_the_index_lists_is_missed(root: Path, inbox: Path) -> None:
    source = modelfolders.transformers_folder(inbox / "Cut", parts=3)
    (source / "model-00003-of-00003.safetensors").unlink()
    ran = pumas("import", source, "--json", root=root)
    said = json.dumps(ran.document)
    assert "2 of 3 parts, missing 3" in said
    assert "model-00003-of-00003.safetensors is not there" in said


def test_one_unreadable_entry_refuses_the_whole_folder(root: Path, inbox: Path) -> None:
    source = modelfolders.diffusers_folder(inbox / "p")
    gone = source / "tokenizer/vocab.json"
    gone.unlink()
    gone.symlink_to("/nowhere/vocab.json")
    ran = pumas("import", source, "--json", root=root)
    assert ran.code == 5, ran.out
    assert str(gone) in ran.out
    assert pumas("list", "--json", root=root).data["total"] == 0
    assert not list((root / "models").glob("*/*/*"))


def test_links_inside_are_followed_and_links_outside_are_said(root: Path, inbox: Path) -> None:
    source = modelfolders.diffusers_folder(inbox / "p")
    (source / "unet/diffusion_pytorch_model.fp16.safetensors").symlink_to(
        "diffusion_pytorch_model.safetensors"
    )
    outside = Path(containers.raw_file(inbox / "outside.txt", b"not ours"))
    (source / "notes.txt").symlink_to(outside)
    (source / "loop").symlink_to(".")
    ran = pumas("import", source, "--json", root=root)
    assert ran.code == 0, ran.out
    names = {f["name"] for f in metadata(root, ran.models[0]["model_id"])["files"]}
    assert "unet/diffusion_pytorch_model.fp16.safetensors" in names
    assert not names & {"notes.txt", "loop"}
    for name in ("notes.txt", "loop"):
        assert f"{source / name} is a link and was not followed" in ran.out


def test_a_folder_with_checkpoints_and_a_pipeline_is_both(root: Path, inbox: Path) -> None:
    source = modelfolders.diffusers_folder(inbox / "sd15")
    modelfiles.checkpoint_sd15(source / "v1-5-pruned.safetensors")
    modelfiles.lora_sd15(inbox / "loras" / "style.safetensors")
    ran = pumas("import", inbox, "--json", root=root)
    assert ran.code == 0, ran.out
    assert sorted((m["model_id"].split("/")[2], m["model_format"]) for m in ran.models) == [
        ("sd15", "diffusion-folder"),
        ("style", "single-file"),
        ("v1-5-pruned", "single-file"),
    ]


def test_a_generic_name_gives_way_to_the_folders(root: Path, inbox: Path) -> None:
    folder = inbox / "control-canny"
    folder.mkdir()
    path = modelfiles.controlnet_sd15(folder / "diffusion_pytorch_model.safetensors")
    ran = pumas("import", path, "--json", root=root)
    assert ran.models[0]["model_id"].endswith("/control-canny")
