"""S3: an import without a network is complete and pending; later a look-up enriches it, and an edit stays."""

from pathlib import Path

from tests.hub.repos import model
from tests.hub.serving import serving
from tests.support import modelfiles
from tests.support.program import asking, pumas
from tests.support.waiting import later


def test_imported_offline_enriched_later(root: Path, inbox: Path) -> None:
    file = inbox / "Cosy_Lights.safetensors"
    modelfiles.safetensors_file(file, {"a.weight": ("F16", [4, 4])})
    card = {"license": "mit", "base_model": "org/base"}
    with serving(model("art/Cosy_Lights", {"c.safetensors": file.read_bytes()}, card=card)) as hub:
        hub.down()
        env = asking(hub.endpoint)
        [imported] = pumas("import", file, "--json", root=root, extra=env).models
        assert (imported["status"], imported["trust"]) == ("imported", "pending")

        tried = pumas("identify", "--pending", "--json", root=root, extra=env)
        assert tried.code == 7
        assert tried.models[0]["trust"] == "pending"
        assert tried.document["errors"][0]["message"]

        assert pumas("edit", "cosy", "--set", "license=my own words", root=root).code == 0
        hub.up()
        later(root.parent, hub.endpoint, 61)
        done = pumas("identify", "--pending", "--json", root=root, extra=env)
        assert (done.code, done.models[0]["trust"]) == (0, "verified")
        said = pumas("show", "cosy", "--json", root=root).data["metadata"]
        assert said["license"] == "my own words"
        assert said["base_model"] == "org/base"
        assert pumas("identify", "--pending", "--json", root=root, extra=env).models == []
