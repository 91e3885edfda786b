"""S34: a download that was cut in the middle goes on from the bytes on the disk; its hash is checked."""

import hashlib
import os
import signal
import subprocess
import time
from pathlib import Path

from tests.hub import behaviours as b
from tests.hub.repos import model
from tests.hub.serving import serving
from tests.support import modelfiles
from tests.support.program import argv, asking, environment, pumas

LAYER = {"a.weight": ("F16", [1024, 1024])}  # 2 MB


def test_interrupted_and_resumed(root: Path, inbox: Path) -> None:
    path = Path(modelfiles.safetensors_file(inbox / "cosy.safetensors", LAYER))
    content = path.read_bytes()
    with serving(model("art/Cosy", {"cosy.safetensors": content})) as hub:
        env = asking(hub.endpoint)
        hub.storage.behave("GET *", b.Slow(bytes_per_s=len(content) / 4), times=1)
        told = start(root, env)
        [part] = until_half(root, len(content))
        told.send_signal(signal.SIGINT)
        _, err = told.communicate(timeout=30)
        assert told.returncode == 130, err
        assert "pumas-tui jobs resume" in err
        have = part.stat().st_size
        assert 0 < have < len(content)

        [job] = pumas("jobs", "--json", root=root, extra=env).data["jobs"]
        assert (job["kind"], job["state"]) == ("download", "paused")
        resumed = pumas("jobs", "resume", str(job["id"]), "--json", root=root, extra=env)
        assert resumed.code == 0, resumed.err
        assert [r.headers.get("range") for r in hub.storage.requests][-1] == f"bytes={have}-"
        [row] = pumas("list", "--json", root=root).models
        assert (row["sha256"], row["trust"]) == (hashlib.sha256(content).hexdigest(), "verified")
        assert not list((root / "models" / ".downloads").iterdir())


def start(root: Path, env: dict[str, str]) -> "subprocess.Popen[str]":
    """The download in a process of its own."""
    return subprocess.Popen(
        argv("hub", "download", "art/Cosy", "--yes", root=root),
        env=environment(root.parent, env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def until_half(root: Path, whole: int) -> list[Path]:
    """Wait until a good part is on the disk; the file."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        found = list((root / "models" / ".downloads").rglob("cosy.safetensors"))
        if found and os.stat(found[0]).st_size > whole // 10:
            return found
        time.sleep(0.02)
    raise AssertionError("nothing came")
