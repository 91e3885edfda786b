"""Ctrl-C and its relatives pause what runs, say how to go on, and going on completes it."""

import json
import signal
import subprocess
from pathlib import Path

import pytest

from pumas_tui.core.flows import sample_files
from tests.support.program import argv, environment, pumas

COUNT = 150


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_interrupted_import_goes_on_later(number: signal.Signals, root: Path, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for n in range(COUNT):
        content = sample_files.safetensors({"w": ("F32", (n + 1,))}, {}, f"model {n}")
        (inbox / f"model {n}.safetensors").write_bytes(content)
    with subprocess.Popen(
        argv("import", inbox, "--json", "--progress", root=root),
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        lines = []
        for line in child.stdout:
            lines.append(line)
            if json.loads(line).get("state") == "done":
                child.send_signal(number)
                break
        out, err = child.communicate(timeout=60)
    assert child.returncode == 130, err
    answer = json.loads(out.splitlines()[-1])
    states = [m["status"] for m in answer["data"]["models"]]
    paused = [m["job_id"] for m in answer["data"]["models"] if m["status"] == "paused"]
    assert set(states) == {"imported", "paused"}
    assert len(states) == COUNT
    assert f"pumas-tui jobs resume {' '.join(map(str, paused))}" in err

    resumed = pumas("jobs", "resume", *map(str, paused), "--json", root=root)
    assert resumed.code == 0, resumed.err
    assert {job["state"] for job in resumed.data["jobs"]} == {"done"}
    assert pumas("list", "--json", root=root).data["total"] == COUNT
