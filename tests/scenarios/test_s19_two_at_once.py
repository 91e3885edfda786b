"""S19: several processes import one file at once, one is killed: one model, everyone says what happened."""

import json
import signal
import subprocess
from pathlib import Path

from tests.support import modelfiles
from tests.support.program import argv, environment, pumas
from tests.support.trees import model_dirs, sha256

PROCESSES = 4
ROUNDS = 2


def start(root: Path, source: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        argv("import", source, "--json", root=root),
        env=environment(root.parent),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def test_one_model_whoever_wins(root: Path, inbox: Path) -> None:
    for n in range(ROUNDS):
        source = inbox / f"shared {n}.safetensors"
        modelfiles.safetensors_file(source, {"w": ("U8", [4_000_000 + n])})
        running = [start(root, source) for _ in range(PROCESSES)]
        if n % 2:
            running[n % PROCESSES].send_signal(signal.SIGKILL)
        told = [p.communicate(timeout=120)[0] for p in running]
        survivors = [
            json.loads(out)["data"]["models"][0]
            for out, p in zip(told, running, strict=True)
            if p.returncode != -signal.SIGKILL
        ]
        assert len(survivors) >= PROCESSES - 1
        statuses = [m["status"] for m in survivors]
        assert set(statuses) <= {"imported", "duplicate"}
        assert statuses.count("imported") <= 1
        assert {m["sha256"] for m in survivors} == {sha256(source)}
        assert len({m["model_id"] for m in survivors}) == 1
    assert len([d for d in model_dirs(root) if any(d.iterdir())]) == ROUNDS
    assert pumas("list", "--json", root=root).data["total"] == ROUNDS
    pumas("scan", "--json", root=root)
    pumas("import", inbox, "--json", root=root)
    assert list((root / "models" / ".staging").iterdir()) == []
