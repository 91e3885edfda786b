"""`edit`, `tag`, `protect`, `limit`, `scan --adopt`, `duplicates`, `config`, as scripts call them."""

import json
import shutil
import tomllib
from pathlib import Path

import pytest

from tests.support import modelfiles
from tests.support.program import Ran, environment, pumas


@pytest.fixture
def model(root: Path, samples: Path) -> Path:
    """Directory of the one model in the library."""
    ran = pumas("import", samples / "ink-wash-style-xl.safetensors", "--json", root=root)
    assert ran.code == 0, ran.err
    return Path(ran.models[0]["path"])


def test_edit_sets_fields_and_says_so(model: Path, root: Path) -> None:
    ran = pumas(
        "edit", "ink", "--set", "name=Ink Wash", "--set", "notes=has = sign", "--set", "tags=a, b", root=root
    )
    assert ran.code == 0, ran.err
    assert ran.out.endswith(": official_name = Ink Wash, notes = has = sign, tags = a, b\n")
    data = pumas("show", "ink wash", "--json", root=root).data["metadata"]
    assert (data["official_name"], data["notes"], data["tags"]) == ("Ink Wash", "has = sign", ["a", "b"])
    assert {data["field_sources"][name] for name in ("official_name", "notes", "tags")} == {"manual"}
    assert data["trust"] == "pending"
    assert Path(pumas("path", "ink wash", root=root).out.strip()) == model
    answer = pumas("edit", "ink wash", "--set", "notes=", "--json", root=root)
    assert (answer.data["notes"], answer.data["model_type"]) == ("", "diffusion")
    found = pumas("list", "tag:b", "--json", root=root)
    assert found.data["total"] == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["edit", "ink"], "--set"),
        (["edit", "ink", "--set", "notes"], "KEY=VALUE"),
        (["edit", "ink", "--set", "uid=1"], "uid"),
        (["edit", "ink", "--set", "type=spaceship"], "model_type"),
        (["edit", "ink", "--set", "type=llm"], "subtype"),
        (["edit", "ink", "--set", "name=a", "--set", "name=b"], "twice"),
        (["edit", "ink", "--set", "notes=\x1b]0;x\x07"], "notes"),
        (["tag", "ink"], "TAG"),
        (["tag", "ink", "plain"], "+TAG"),
        (["tag", "ink", "+"], "+TAG"),
        (["tag", "ink", "+x", "--jsn"], "--jsn"),
        (["list", "ink", "--sotr=size"], "--sotr"),
        (["limit", "ink", "comfyui", "newest"], "specifier"),
        (["limit", "ink", "", ">=1"], "app"),
        (["config", "set", "import.mode"], "KEY VALUE"),
        (["config", "show", "x"], "nothing more"),
    ],
)
def test_wrong_calls_change_nothing(arguments: list[str], says: str, model: Path, root: Path) -> None:
    before = (model / "metadata.json").read_bytes()
    ran = pumas(*arguments, "--json", root=root)
    assert ran.code == 2
    assert says in ran.err and ran.err.count("\n") == 1
    assert (model / "metadata.json").read_bytes() == before
    assert not (model / "overrides.json").exists()


def test_verbs_that_change_are_refused_readonly(model: Path, root: Path) -> None:
    for arguments in (["edit", "ink", "--set", "notes=x"], ["tag", "ink", "+x"], ["protect", "ink"]):
        assert pumas("--readonly", *arguments, root=root).code == 2
    assert pumas("--readonly", "config", "set", "ui.theme", "nord", root=root).code == 2
    for arguments in (["duplicates"], ["config"]):
        assert pumas("--readonly", *arguments, root=root).code == 0


def test_tags_protection_and_limits(model: Path, root: Path) -> None:
    assert pumas("tag", "ink", "+line art", "+Anime", "--json", root=root).data["tags"] == [
        "line art",
        "Anime",
    ]
    assert pumas("tag", "ink", "-ANIME", "-absent", "--json", root=root).data["tags"] == ["line art"]
    assert pumas("protect", "ink", root=root).out.startswith(model.relative_to(root / "models").as_posix())
    assert pumas("list", "trust:manual", "--json", root=root).data["total"] == 1
    ran = pumas("limit", "ink", "comfyui", ">=0.5,<0.7", "--json", root=root)
    assert ran.data["version_ranges"] == {"comfyui": ">=0.5,<0.7"}
    assert "comfyui >=0.5,<0.7" in pumas("show", "ink", root=root).out
    assert json.loads((model / "overrides.json").read_bytes()) == {
        "version_ranges": {"comfyui": ">=0.5,<0.7"}
    }
    assert pumas("limit", "ink", "comfyui", "", root=root).out.endswith(": all versions\n")


def test_adopt_describes_weights_where_they_lie(root: Path, samples: Path) -> None:
    lora = samples / "ink-wash-style-xl.safetensors"
    stray = root / "models/diffusion/sdxl/found here/Ink Wash.safetensors"
    stray.parent.mkdir(parents=True)
    shutil.copy2(lora, stray)
    (stray.parent / "Ink Wash.txt").write_text("by hand")
    loose = root / "models/loose.safetensors"
    shutil.copy2(lora, loose)
    before = {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in (stray, loose)}
    plain = pumas("scan", "--json", root=root)
    assert [w["code"] for w in plain.document["warnings"]] == ["stray_weights"] * 2
    ran = pumas("scan", "--adopt", "--json", root=root)
    assert ran.code == 5
    [adopted] = ran.data["adopted"]
    assert adopted["model_id"] == "diffusion/sdxl/found here"
    assert [w["path"] for w in ran.document["warnings"]] == ["loose.safetensors"]
    assert "TYPE/FAMILY/NAME" in ran.document["errors"][0]["message"]
    assert {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in before} == before
    shown = pumas("show", "found here", "--json", root=root).data["metadata"]
    assert {f["name"] for f in shown["files"]} == {"Ink Wash.safetensors", "Ink Wash.txt"}
    assert (shown["model_type"], shown["subtype"]) == ("diffusion", "loras")
    assert shown["import"]["mode"] == "in_place"
    loose.unlink()
    again = pumas("scan", "--deep", "--adopt", "--json", root=root)
    assert (again.code, again.data["adopted"], again.data["indexed"]) == (0, [], 1)


def test_adopt_refuses_what_is_not_one_model(root: Path) -> None:
    models = root / "models"
    for name in ("one", "two"):
        path = models / "llm/llama/both" / f"{name}.safetensors"
        path.parent.mkdir(parents=True, exist_ok=True)
        modelfiles.safetensors_file(path, {name: ("F32", [2])})
    ran = pumas("scan", "--adopt", "--json", root=root)
    assert (ran.code, ran.data["adopted"]) == (5, [])
    assert "2 models" in ran.document["errors"][0]["message"]
    assert not (models / "llm/llama/both/metadata.json").exists()


def test_a_pickle_is_adopted_but_not_accepted(root: Path) -> None:
    path = root / "models/unknown/unknown/old/old.ckpt"
    path.parent.mkdir(parents=True)
    modelfiles.pickle_zip(path)
    ran = pumas("scan", "--adopt", "--json", root=root)
    assert ran.code == 0, ran.err
    shown = pumas("show", "old", "--json", root=root).data["metadata"]
    assert (shown["security_tier"], shown["acknowledged"]) == ("pickle", None)


def test_duplicates_say_what_could_go(model: Path, root: Path, samples: Path) -> None:
    assert pumas("duplicates", root=root).out == "no content is there twice\n"
    twin, link = root / "models/diffusion/sdxl/twin", root / "models/diffusion/sdxl/link"
    [weights] = model.glob("*.safetensors")
    for folder in (twin, link):
        folder.mkdir()
    shutil.copy2(weights, twin / "copy.safetensors")
    (link / "same.safetensors").hardlink_to(weights)
    assert pumas("scan", "--adopt", root=root).code == 0
    ran = pumas("duplicates", "--json", root=root)
    [group] = ran.data["groups"]
    size = weights.stat().st_size
    assert len(group["files"]) == 3
    assert (group["size_bytes"], group["spare_bytes"], ran.data["spare_bytes"]) == (size, size, size)
    own = model.relative_to(root / "models").as_posix()
    spare = {one["model_id"]: (one["kept"], one["frees_bytes"]) for one in ran.data["spare_models"]}
    assert spare == {"diffusion/sdxl/twin": (own, size), "diffusion/sdxl/link": (own, 0)}
    assert "could go" in pumas("duplicates", root=root).out


def settings(*arguments: str, root: Path) -> Ran:
    return pumas("config", *arguments, "--json", root=root)


def test_config_tells_where_each_value_comes_from(root: Path) -> None:
    path = Path(settings("path", root=root).data["path"])
    assert path == root.parent / ".config/pumas/settings.toml"
    path.parent.mkdir(parents=True)
    path.write_text("# mine\n[import]\nmode = 'copy' # old disk\n")
    shown = {s["key"]: s for s in settings(root=root).data["settings"]}
    assert (shown["import.mode"]["value"], shown["import.mode"]["origin"]) == ("copy", "file")
    assert shown["import.mode"]["default"] == "auto"
    assert (shown["import.lanes.hdd"]["value"], shown["import.lanes.hdd"]["origin"]) == (1, "default")
    assert (shown["library.root"]["value"], shown["library.root"]["origin"]) == (str(root), "--root")
    assert settings("set", "import.mode", "reflink", root=root).code == 0
    assert settings("set", "import.lanes.sda", "2", root=root).data["setting"]["default"] is None
    assert settings("set", "library.root", "~/models", root=root).code == 0
    text = path.read_text()
    assert text.startswith('# mine\n[import]\nmode = "reflink" # old disk\n')
    assert tomllib.loads(text) == {
        "import": {"mode": "reflink", "lanes": {"sda": 2}},
        "library": {"root": "~/models"},
    }
    assert settings("set", "import.mode", "", root=root).code == 0
    assert settings("set", "import.lanes.sdb", "", root=root).data["setting"] is None
    shown = {s["key"]: s for s in settings(root=root).data["settings"]}
    assert (shown["import.mode"]["value"], shown["import.mode"]["origin"]) == ("auto", "default")
    assert (shown["import.lanes.sda"]["value"], shown["import.lanes.sda"]["origin"]) == (2, "file")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("import.lanes.sda", "0"),
        ("import.lanes.sda", "many"),
        ("import.lanes", "1"),
        ("import.mode", "teleport"),
        ("import.mode.x", "1"),
        ("import.reserve_bytes", "1.5"),
        ("import.nothing", "1"),
        ("nothing", "1"),
        ("ui.search_debounce_ms", "9" * 40),
    ],
)
def test_config_never_writes_an_invalid_file(key: str, value: str, root: Path) -> None:
    path = root.parent / ".config/pumas/settings.toml"
    ran = settings("set", key, value, root=root)
    assert ran.code == 2 and key in ran.err
    assert not path.exists()
    path.parent.mkdir(parents=True)
    path.write_text("[import\n")
    assert settings("set", "ui.theme", "nord", root=root).code == 2
    assert path.read_text() == "[import\n"


def test_config_writes_through_a_link(root: Path, tmp_path: Path) -> None:
    real, link = tmp_path / "dotfiles/pumas.toml", tmp_path / ".config/pumas/settings.toml"
    for path in (real, link):
        path.parent.mkdir(parents=True, exist_ok=True)
    real.write_text("")
    link.symlink_to(real)
    assert environment(tmp_path)["HOME"] == str(root.parent)
    assert settings("set", "ui.theme", "nord", root=root).code == 0
    assert link.is_symlink() and 'theme = "nord"' in real.read_text()
