"""S10: a model's folder was moved by hand inside the library: links and metadata follow it."""

import json
import os
from pathlib import Path

from tests.support import modelfiles
from tests.support.apps import comfyui, links
from tests.support.program import pumas


def test_links_and_metadata_follow_the_folder(root: Path, inbox: Path, tmp_path: Path) -> None:
    app = comfyui(tmp_path / "ComfyUI")
    modelfiles.lora_sdxl(inbox / "style.safetensors")
    modelfiles.vae_sd(inbox / "decoder.safetensors")
    ran = pumas("import", inbox, "--json", root=root)
    assert pumas("app", "add", app.parent, "--sync", root=root).code == 0
    model = next(one for one in ran.models if "style" in one["model_id"])
    old = Path(model["path"])
    new = root / "models/diffusion/other family/renamed"
    new.parent.mkdir()
    os.rename(old, new)

    [finding] = [
        one for one in pumas("health", "--json", root=root).data["findings"] if one["severity"] == "error"
    ]
    assert finding["kind"] == "broken_link"
    assert (finding["repair"]["kind"], finding["repair"]["safe"]) == ("repoint", True)
    assert any("same SHA-256" in line and str(new) in line for line in finding["evidence"])
    before = links(app)
    healed = pumas("health", "--repair", "broken_link", "--json", root=root)  # safe: asks nobody
    assert healed.code == 0 and healed.data["repaired"] == 1
    assert (app / "loras/style.safetensors").resolve() == new / "style.safetensors"
    assert links(app)["vae/decoder.safetensors"] == before["vae/decoder.safetensors"]
    told = json.loads((new / "metadata.json").read_text())
    assert told["model_id"] == "diffusion/other family/renamed" and told["uid"] == model["uid"]
    assert pumas("health", "--json", root=root).data["status"] == "healthy"
    assert pumas("map", "plan", "--json", root=root).data["summary"]["keep"] == 2
    again = pumas("health", "--repair", "all", "--json", root=root)
    assert again.data["repaired"] == 0 and again.data["operation"] == ""
    assert pumas("undo", root=root).code == 0
    assert links(app) == before
