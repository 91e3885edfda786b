"""S27 (without links), S32: hostile names are shown escaped, stored under a safe name, and kept."""

import json
import os
import unicodedata
from pathlib import Path

import pytest

from tests.support import modelfiles
from tests.support.program import pumas

NAMES = [
    b"new\nline.safetensors",
    b"tab\tbell\x07.safetensors",
    b"\x1b]52;c;aGk=\x07esc\x1b[31m.safetensors",
    "right‮to left.safetensors".encode(),
    "isolate⁦x⁩.safetensors".encode(),
    b"[red]markup[bold].safetensors",
    b"[@click=app.exit()]x.safetensors",
    b"CON.safetensors",
    b"aux.txt.safetensors",
    b"..safetensors",
    b"...safetensors",
    b"-rf.safetensors",
    b"--json.safetensors",
    b"trailing dot..safetensors",
    b" leading space.safetensors",
    b"not utf-8 \xff\xfe\x80.safetensors",
    b"back\\slash.safetensors",
    b"per%20cent$(touch x)`x`;'\".safetensors",
    ("é" * 121).encode()[:243] + b".safetensors",
    b"a" * 243 + b".safetensors",
    "zero​width.safetensors".encode(),
    ("z" + "́" * 100).encode() + b".safetensors",
    "emoji 👩‍👩‍👧‍👦.safetensors".encode(),
    "模型.safetensors".encode(),
    b"c1 \xc2\x9b31m.safetensors",
    b"del\x7f.safetensors",
]


def harmless(text: str) -> bool:
    """Nothing in it but printable characters and line ends."""
    return all(c.isprintable() or c == "\n" for c in text)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[bytes, Path]]:
    """A library with one model per hostile name, imported in one run."""
    top = tmp_path_factory.mktemp("hostile")
    root, inbox = top / "library", top / "inbox"
    inbox.mkdir()
    assert pumas("init", root, root=root).code == 0
    sources = {}
    for n, name in enumerate(NAMES):
        path = Path(os.fsdecode(os.path.join(os.fsencode(inbox), name)))
        plain = top / f"plain{n}.safetensors"
        modelfiles.safetensors_file(plain, {"w": ("F32", [n + 1])})
        plain.rename(path)
        sources[name] = path
    ran = pumas("import", "--json", "--", *sources.values(), root=root)
    assert ran.code == 0, (ran.err, ran.out[-2000:])
    assert harmless(ran.err)
    assert harmless(ran.out)
    assert {m["status"] for m in ran.models} == {"imported"}
    assert len(ran.models) == len(NAMES)
    return root, sources


def test_every_model_is_inside_under_a_legal_name(hostile: tuple[Path, dict[bytes, Path]]) -> None:
    root, _ = hostile
    for directory in (root / "models").glob("*/*/*"):
        if directory.parts[-3].startswith("."):
            continue
        for name in [directory.name, *(p.name for p in directory.iterdir())]:
            assert name.isprintable()
            assert not set(name) & set('<>:"|?*\\')
            assert not name.endswith((".", " "))
            assert name.split(".")[0].upper() not in {"CON", "AUX", "NUL", "PRN"}
            assert len(name.encode()) <= 255
            assert unicodedata.is_normalized("NFC", directory.name)


def test_original_names_are_kept_to_the_byte(hostile: tuple[Path, dict[bytes, Path]]) -> None:
    root, _ = hostile
    kept = set()
    for path in (root / "models").glob("*/*/*/metadata.json"):
        for file in json.loads(path.read_bytes())["files"]:
            raw = file.get("original_name_hex")
            kept.add(bytes.fromhex(raw) if raw else file["original_name"].encode())
    assert kept == set(NAMES)


def test_every_human_output_is_printable(hostile: tuple[Path, dict[bytes, Path]]) -> None:
    root, _ = hostile
    listed = pumas("list", "--limit", "100", root=root)
    assert harmless(listed.out)
    shown_names = ""
    for model in pumas("list", "--limit", "100", "--json", root=root).models:
        shown = pumas("show", model["uid"], root=root)
        assert shown.code == 0
        assert harmless(shown.out)
        shown_names += shown.out
    assert "<1B>" in shown_names
    assert "<202E>" in shown_names


def test_s32_names_that_ntfs_would_fold_into_one(root: Path, inbox: Path) -> None:
    paths = [inbox / "Model:A.safetensors", inbox / "Model*A.safetensors"]
    for n, path in enumerate(paths):
        modelfiles.safetensors_file(path, {"w": ("F32", [n + 1])})
    ran = pumas("import", *paths, "--json", root=root)
    assert ran.code == 0
    names = sorted(m["model_id"].rsplit("/", 1)[1] for m in ran.models)
    suffixed = next(m for m in ran.models if m["model_id"].endswith(names[1]))
    assert names == ["model_a", f"model_a-{suffixed['sha256'][:4]}"]
    assert "model_a holds other content" in suffixed["reason"]
