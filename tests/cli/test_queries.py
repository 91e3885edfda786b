"""The query language as it is typed after `pumas-tui list`, each filter on models that were made for it."""

import json
import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from pumas_tui.cli.main import main
from pumas_tui.core.domain import metadata as metadata_format
from pumas_tui.core.domain.files import ModelFormat, SecurityTier
from pumas_tui.core.domain.metadata import Hashes, Metadata, ModelFile
from pumas_tui.core.domain.vocabulary import Trust
from tests.support.program import pumas

GB, GIB, DAY = 10**9, 2**30, 86400
Find = Callable[..., list[str]]

# fmt: off
MODELS = {
    # short name: (name, type, subtype, family, bytes, days old, trust, tier, tags, notes)
    "llama": (
        "Llama-3.1-8B-Instruct", "llm", "gguf", "llama", 4 * GB, 1,
        "verified", "safe", ["chat"], "",
    ),
    "qwen": (
        "Qwen2.5-72B", "llm", "transformers", "qwen", 40 * GIB, 10,
        "high", "safe", ["chat", "big one"], "",
    ),
    "flux": (
        "FLUX.1-dev Anime", "diffusion", "loras", "flux", 300 * 10**6, 3,
        "low", "safe", ["anime"], "night sky",
    ),
    "sdxl": (
        "sd_xl_base_1.0", "diffusion", "checkpoints", "sdxl", 7 * GB, 40,
        "none", "pickle", [], "old favourite",
    ),
    "vae": (
        "Clear colours VAE", "diffusion", "vae", "unknown", 334_641_190, 400,
        "pending", "unknown", [], "",
    ),
    "ink": (
        "水墨画模型 Ink", "diffusion", "loras", "sdxl", 150 * 10**6, 2,
        "manual", "safe", ["线稿"], "",
    ),
    "conflux": (
        "conflux", "embedding", "gguf", "bert", 20 * 10**6, 5,
        "modified", "safe", ["Anime art"], "",
    ),
}
# fmt: on
LINKED = ("llama", "flux")


def _metadata(number: int, key: str) -> Metadata:
    name, model_type, subtype, family, size, days, trust, tier, tags, notes = MODELS[key]
    sha = f"{number:064x}"
    file = ModelFile(name=f"{key}.bin", original_name=f"{key}.bin", size=1, sha256=sha, xxh3_128=sha[:32])
    at = datetime.fromtimestamp(time.time() - days * DAY - 60, UTC)
    return Metadata(
        model_id=f"{model_type}/{family}/{key}",
        uid=str(UUID(int=number)),
        model_type=model_type,
        subtype=subtype,
        family=family,
        model_format=ModelFormat.SINGLE_FILE,
        official_name=name,
        cleaned_name=key,
        tags=tags,
        notes=notes,
        trust=Trust(trust),
        security_tier=SecurityTier(tier),
        files=[file],
        hashes=Hashes(sha256=sha, xxh3_128=sha[:32]),
        size_bytes=size,
        added_date=at,
        updated_date=at,
    )


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Root of a library of all `MODELS`, two of them linked into ComfyUI."""
    root = tmp_path_factory.mktemp("queries") / "library"
    assert pumas("init", root=root).code == 0
    for number, key in enumerate(MODELS, 1):
        meta = _metadata(number, key)
        folder = root / "models" / meta.model_id
        folder.mkdir(parents=True)
        (folder / meta.files[0].name).write_bytes(b"x")
        (folder / "metadata.json").write_bytes(metadata_format.dump(meta))
    assert pumas("scan", root=root).code == 0
    with sqlite3.connect(root / "registry.db") as conn:
        conn.execute(
            "INSERT INTO apps (uid, app, name, version, base, base_relative, kind, mount, kind_folders,"
            " created_at, rev) VALUES ('a', 'comfyui', 'ComfyUI-main', '', x'', 0, '', '{}', '{}', 0, 1)"
        )
        for number, key in enumerate(MODELS, 1):
            if key in LINKED:
                conn.execute(
                    "INSERT INTO links VALUES (?, ?, 'a', ?, x'', 'symlink', 'rule', 'r', '', NULL, 0)",
                    (number, str(UUID(int=number)), key.encode()),
                )
    conn.close()
    return root


@pytest.fixture
def find(library: Path, capsys: pytest.CaptureFixture[str]) -> Find:
    """`pumas-tui list … --json` in this process: the short names found, in their order."""

    def run(*query: str) -> list[str]:
        assert main(["--root", str(library), "list", "--json", *query]) == 0
        document = json.loads(capsys.readouterr().out)
        names = [one["model_id"].rsplit("/", 1)[1] for one in document["data"]["models"]]
        assert document["data"]["total"] >= len(names)
        return names

    return run


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("type:llm", "llama qwen"),
        ("type:lora", "flux ink"),
        ("type:LoRAs", "flux ink"),
        ("type:checkpoint", "sdxl"),
        ("type:embeddings", "conflux"),
        ("subtype:gguf", "llama conflux"),
        ("subtype:loras", "flux ink"),
        ("family:flux", "flux"),
        ("family:SDXL", "sdxl ink"),
        ("tag:chat", "llama qwen"),
        ('tag:"big one"', "qwen"),
        ("tag:anime", "flux"),
        ("tag:线稿", "ink"),
        ("trust:verified", "llama"),
        ("trust:manual", "ink"),
        ("trust:modified", "conflux"),
        ("tier:pickle", "sdxl"),
        ("tier:unknown", "vae"),
        ("size:>4g", "qwen sdxl"),
        ("size:>=4g", "llama qwen sdxl"),
        ("size:<300m", "ink conflux"),
        ("size:<=300mb", "flux ink conflux"),
        ("size:>39gib", "qwen"),
        ("size:>40gi", ""),
        ("size:<0.1t size:>30g", "qwen"),
        ("size:<334641190", "flux ink conflux"),
        ("added:<7d", "llama flux ink conflux"),
        ("added:>=1y", "vae"),
        ("added:>5w", "sdxl vae"),
        ("added:<36h", "llama"),
        ("app:comfyui", "llama flux"),
        ("app:comfyui-main", "llama flux"),
        ("app:forge", ""),
        ("unlinked", "qwen sdxl vae ink conflux"),
        ("-unlinked", "llama flux"),
        ("-app:comfyui type:lora", "ink"),
        ("-type:llm -type:diffusion", "conflux"),
        ("-tag:chat family:qwen", ""),
        ("type:lora family:flux tag:anime trust:low tier:safe size:>200m added:<7d app:comfyui", "flux"),
    ],
)
def test_filters(query: str, found: str, find: Find) -> None:
    assert sorted(find(query)) == sorted(found.split())


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("llama", "llama"),
        ("LLAMA 8b", "llama"),
        ("llama3", "llama"),
        ("3.1", "llama"),
        ("llama-3.1-8b", "llama"),
        ("inst lla", "llama"),
        ("llama qwen", ""),
        ("xl base", "sdxl"),
        ("sdxl", "sdxl ink"),
        ('"base 1.0"', "sdxl"),
        ('"1.0 base"', ""),
        ('"night sky"', "flux"),
        ("favourite", "sdxl"),
        ("flux", "flux conflux"),
        ("flux -anime", ""),
        ("-flux -llm -diffusion", "conflux"),
        ('colours -"clear colours"', ""),
        ("水墨", "ink"),
        ("墨画模", "ink"),
        ("模型 ink", "ink"),
        ("画", "ink"),
        ("线", "ink"),
        ("水 型", "ink"),
        ("q", "qwen"),
        ("8b", "llama"),
        ("vae colours", "vae"),
        ("72", "qwen"),
    ],
)
def test_words(query: str, found: str, find: Find) -> None:
    assert sorted(find(*query.split(" "))) == sorted(found.split())
    assert sorted(find(query)) == sorted(found.split())


@pytest.mark.parametrize(
    "query",
    [
        "type:", "size:", "size:>", "size:>4x", "added:<soon", '"', "-", "(", "AND", "NEAR(a b)", "a*",
        "^a", "names:llama", "colour:red", "trust:perhaps", "'; DROP TABLE models", "\udcff", "\x1b[31m", "%",
        "_", "x" * 10_000, "a b " * 1000, "tag:" + "t" * 600,
    ],
)  # fmt: skip
def test_nothing_is_a_syntax_error(query: str, find: Find) -> None:
    find("--", query)


@pytest.mark.parametrize(
    ("sort", "first", "last"),
    [
        ("name", "vae", "ink"),
        ("size", "qwen", "conflux"),
        ("added", "llama", "vae"),
        ("trust", "llama", "conflux"),
        ("type", "sdxl", "qwen"),
        ("relevance", "vae", "ink"),
    ],
)
def test_orders(sort: str, first: str, last: str, find: Find) -> None:
    found = find("--sort", sort)
    assert (found[0], found[-1], len(found)) == (first, last, len(MODELS))
    pages = [find("--sort", sort, "--limit", "3", "--offset", str(n)) for n in (0, 3, 6)]
    assert [one for page in pages for one in page] == found


def test_the_best_match_comes_first(find: Find) -> None:
    assert find("conflux") == ["conflux"]
    assert find("flux") == ["flux", "conflux"]
