"""Pipelines that diffusers saved come in, and it loads them from the library: every tensor is equal."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.real import diffusers_env, fetch
from tests.support.program import pumas

NAMES = ("tiny-ddpm", "tiny-sd")
_SCRIPT = Path(__file__).with_name("diffusers_round_trip.py")
_QUIET = {"HF_HUB_OFFLINE": "1", "DIFFUSERS_VERBOSITY": "error", "TRANSFORMERS_VERBOSITY": "error"}


@pytest.fixture(scope="module")
def python() -> Path:
    """The Python that has diffusers; skips the test with the reason when there is none."""
    found = diffusers_env.interpreter(fetch.cache_directory().absolute())
    if not found.exists():
        pytest.skip(f"no diffusers in {found}: run `python -m tests.real.diffusers_env` (1.5 GB)")
    return found


def say(python: Path, *arguments: str | Path) -> Any:
    """What the script answers; it must succeed."""
    command = [python, _SCRIPT, *arguments]
    done = subprocess.run(command, env={**os.environ, **_QUIET}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def made(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with pipelines as diffusers saves them; tests only read it."""
    folder = tmp_path_factory.mktemp("made")
    assert say(python, "make", folder) == list(NAMES)
    return folder


def test_a_saved_pipeline_loads_from_the_library(python: Path, made: Path, tmp_path: Path) -> None:
    root = tmp_path / "library"
    assert pumas("init", root, root=root).code == 0
    pairs: list[str | Path] = []
    for name in NAMES:
        ran = pumas("import", made / name, "--json", root=root)
        assert ran.code == 0, ran.err
        [model] = ran.models
        assert (model["model_format"], model["model_type"]) == ("diffusion-folder", "diffusion")
        pairs += [made / name, model["path"]]
    counts = say(python, "compare", *pairs)
    assert len(counts) == len(NAMES) and min(counts) > 100, counts


def test_the_comparison_sees_one_changed_bit(python: Path, made: Path, tmp_path: Path) -> None:
    other = shutil.copytree(made / "tiny-ddpm", tmp_path / "other")
    weights = other / "unet" / "diffusion_pytorch_model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(AssertionError, match=r"1 of \d+ tensors differ"):
        say(python, "compare", made / "tiny-ddpm", other)
