"""S4: SIGKILL at random moments of an import. Nothing partial is visible, the source is intact, and the next
start clears what it may."""

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

from tests.support import modelfiles
from tests.support.program import argv, environment, pumas
from tests.support.trees import model_dirs, sha256

KILLS = 20
SIZE = 96 << 20


def assert_only_whole_models(root: Path, digest: str) -> None:
    """Every visible model directory is complete and matches its own metadata."""
    for directory in model_dirs(root):
        files = list(directory.iterdir())
        if not files:
            continue  # a claimed name whose process died; nothing to see there
        metadata = json.loads((directory / "metadata.json").read_bytes())
        for file in metadata["files"]:
            assert file["sha256"] == digest
            assert sha256(directory / file["name"]) == digest


def test_killed_at_random_moments(root: Path, inbox: Path) -> None:
    source = inbox / "big.safetensors"
    modelfiles.safetensors_file(source, {"w": ("U8", [SIZE])})
    with source.open("r+b") as file:
        file.seek(SIZE // 2)
        file.write(os.urandom(1 << 20))
    digest = sha256(source)
    began = time.monotonic()
    assert pumas("import", source, "--json", root=root.parent / "scratch-not-there").code == 6
    idle = time.monotonic() - began
    moments = random.Random(20261122)
    for _ in range(KILLS):
        process = subprocess.Popen(
            argv("import", source, "--json", root=root),
            env=environment(root.parent),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(idle * 0.7 + moments.random() * 0.6)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert_only_whole_models(root, digest)
        assert sha256(source) == digest
    done = pumas("import", source, "--json", root=root)
    assert done.code == 0, done.err
    assert_only_whole_models(root, digest)
    assert [d for d in model_dirs(root) if not any(d.iterdir())] == []
    assert list((root / "models" / ".staging").iterdir()) == []
    assert pumas("list", "--json", root=root).data["total"] == 1
