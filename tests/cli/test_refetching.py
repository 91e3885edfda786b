"""`hub download --missing MODEL` against a local Hub: what is told, asked and done; killed, and gone on."""

import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub import behaviours as b
from tests.hub.repos import model
from tests.hub.serving import Hub, serving
from tests.support import modelfiles
from tests.support.program import argv, asking, environment, pumas


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving() as running:
        yield running


def lost(root: Path, tmp_path: Path, hub: Hub, side: int = 8) -> tuple[Path, bytes]:
    """A model of a repository whose file is gone; its place and its content."""
    file = Path(
        modelfiles.safetensors_file(tmp_path / "cosy.safetensors", {"a.weight": ("F16", [side, side])})
    )
    content = file.read_bytes()
    hub.add(model("art/cosy", {"cosy.safetensors": content}))
    assert pumas("import", file, root=root).code == 0
    assert pumas("identify", "cosy", root=root, extra=asking(hub.endpoint)).code == 0
    [there] = (root / "models").glob("*/*/*/cosy.safetensors")
    there.unlink()
    return there, content


def test_what_is_gone_is_told_asked_for_and_got(root: Path, tmp_path: Path, hub: Hub) -> None:
    there, content = lost(root, tmp_path, hub)
    env, model_id = asking(hub.endpoint), str(there.parent.relative_to(root / "models"))
    [finding] = pumas("health", "--json", root=root).data["findings"]
    assert finding["hint"] == f"pumas-tui hub download --missing {model_id}"
    shown = pumas(*finding["hint"].split()[1:], root=root, extra=env)
    assert shown.code == 4, shown.err
    assert "cosy.safetensors  is gone" in shown.out and "its SHA-256 is the recorded one" in shown.out
    assert "from art/cosy into" in shown.err and "--yes" in shown.err
    ran = pumas("hub", "download", "--missing", model_id, "--yes", "--json", root=root, extra=env)
    assert ran.code == 0, ran.err
    assert (ran.data["status"], ran.data["repo_id"], ran.data["links"]["created"]) == (
        "completed",
        "art/cosy",
        0,
    )
    assert [(f["name"], f["lack"], f["path"]) for f in ran.data["files"]] == [
        ("cosy.safetensors", "gone", "cosy.safetensors")
    ]
    assert there.read_bytes() == content
    again = pumas("hub", "download", "--missing", "cosy", root=root, extra=env)
    assert (again.code, "lacks nothing" in again.out) == (0, True)
    assert pumas("undo", "--yes", root=root).code == 0
    assert not there.exists()


def test_a_file_of_this_machine_fills_the_model(root: Path, tmp_path: Path, hub: Hub) -> None:
    there, content = lost(root, tmp_path, hub)
    file, model_id = tmp_path / "cosy.safetensors", str(there.parent.relative_to(root / "models"))
    [finding] = pumas("health", "--json", root=root).data["findings"]
    assert finding["fill"] == f"pumas-tui import PATH --into {model_id}"
    other = tmp_path / "other.safetensors"
    other.write_bytes(content[:-1] + b"!")
    wrong = pumas("import", other, "--into", model_id, "--json", root=root)
    assert (wrong.code, wrong.data["status"]) == (5, "refused")
    assert "SHA-256" in wrong.data["reason"] and not there.exists()
    other.write_bytes(b"short")
    small = pumas("import", other, "--into", model_id, root=root)
    assert small.code == 5 and "on record" in small.err
    assert pumas("import", tmp_path / "nowhere", "--into", model_id, root=root).code == 3
    looked = pumas("import", tmp_path, "--into", model_id, "--dry-run", root=root)
    assert looked.code == 0 and "is gone" in looked.out and not there.exists()
    ran = pumas("import", file, "--into", model_id, "--json", root=root)
    assert ran.code == 0, ran.err
    assert (ran.data["status"], ran.data["source"], ran.data["repo_id"]) == ("completed", str(file), None)
    assert [(f["name"], f["places"]) for f in ran.data["files"]] == [("cosy.safetensors", [str(file)])]
    assert there.read_bytes() == content == file.read_bytes()
    assert len(pumas("list", "--json", root=root).data["models"]) == 1
    again = pumas("import", file, "--into", "cosy", root=root)
    assert (again.code, "lacks nothing" in again.out) == (0, True)


def test_exit_codes(root: Path, tmp_path: Path, hub: Hub) -> None:
    there, _ = lost(root, tmp_path, hub)
    missing = ("hub", "download", "--missing", there.parent.name, "--yes")
    offline = pumas(*missing, "--offline", root=root)
    assert offline.code == 7, offline.err
    jobs = pumas("jobs", "--json", root=root).data["jobs"]
    assert "download" not in {job["kind"] for job in jobs}, "a command waits for nothing"
    hub.add(model("art/other", {"cosy.safetensors": b"something else"}))
    elsewhere = pumas(*missing, "art/other", root=root, extra=asking(hub.endpoint))
    assert elsewhere.code == 3
    assert "another content" in elsewhere.err
    assert pumas(*missing, "--include", "x", root=root).code == 2
    assert pumas("hub", "download", "--missing", "nobody", root=root).code == 3


def test_killed_in_the_middle_it_goes_on_where_it_was(root: Path, tmp_path: Path, hub: Hub) -> None:
    there, content = lost(root, tmp_path, hub, 1024)
    command = ("hub", "download", "--missing", there.parent.name, "--yes")
    env = asking(hub.endpoint)
    hub.storage.behave("GET *", b.Slow(bytes_per_s=len(content) / 4), times=1)
    with subprocess.Popen(
        argv(*command, root=root),
        env=environment(root.parent, env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as running:
        part = until_some(root, len(content) // 10)
        running.send_signal(signal.SIGKILL)
    have = part.stat().st_size
    assert 0 < have < len(content) and not there.exists()
    ran = pumas(*command, "--json", root=root, extra=env)
    assert ran.code == 0, ran.err
    assert hub.storage.requests[-1].headers["range"] == f"bytes={have}-"
    assert there.read_bytes() == content
    assert not list((root / "models" / ".downloads").iterdir())


def until_some(root: Path, count: int) -> Path:
    """Wait until so many bytes came; the file."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        for found in (root / "models" / ".downloads").rglob("cosy.safetensors"):
            if found.stat().st_size > count:
                return found
        time.sleep(0.02)
    raise AssertionError("nothing came")
