"""`import --mode`: a reflink takes no space, a hard link is the same file, what cannot be fails clearly."""

import json
import os
from pathlib import Path

import pytest

from tests.support import modelfiles
from tests.support.disks import NoDiskError, used_bytes, xfs
from tests.support.program import Ran, pumas
from tests.support.trees import sha256

SIZE = 64 << 20


def weights(ran: Ran) -> Path:
    """The one weight file of the model that came in."""
    [model] = ran.models
    [file] = [p for p in Path(model["path"]).iterdir() if p.suffix == ".safetensors"]
    return file


def told_mode(ran: Ran) -> tuple[str, str]:
    """The mode in the answer and the one in metadata.json."""
    metadata = json.loads((weights(ran).parent / "metadata.json").read_bytes())
    return ran.models[0]["mode"], metadata["import"]["mode"]


@pytest.fixture
def source(inbox: Path) -> Path:
    path = inbox / "model.safetensors"
    modelfiles.safetensors_file(path, {"w": ("F32", [1000])})
    return path


@pytest.mark.parametrize("mode", ["auto", "reflink"])
def test_a_reflink_takes_no_space(tmp_path: Path, mode: str) -> None:
    try:
        with xfs(tmp_path / "disk") as disk:
            root, source = disk / "library", disk / "model.safetensors"
            assert pumas("init", root, root=root, home=tmp_path).code == 0
            modelfiles.safetensors_file(source, {"w": ("U8", [SIZE])})
            with source.open("r+b") as file:  # real blocks, all of them
                file.seek(1 << 20)
                file.write(os.urandom(SIZE - (1 << 20)))
            pumas("list", root=root, home=tmp_path)
            before = used_bytes(disk)
            ran = pumas("import", source, "--mode", mode, "--json", root=root, home=tmp_path)
            taken = used_bytes(disk) - before
            assert ran.code == 0, ran.err
            assert told_mode(ran) == ("reflink", "reflink")
            assert taken < SIZE // 16, f"{taken} bytes"
            assert ran.models[0]["sha256"] == sha256(source) == sha256(weights(ran))
            assert weights(ran).stat().st_ino != source.stat().st_ino
            full = pumas("import", source, "--mode", "copy", "--json", root=root, home=tmp_path)
            assert full.models[0]["status"] == "duplicate"
    except NoDiskError as error:
        pytest.skip(f"reflinks need an XFS: {error}")


def test_a_reflink_needs_no_room(tmp_path: Path) -> None:
    try:
        with xfs(tmp_path / "disk") as disk:
            root, source = disk / "library", disk / "model.safetensors"
            assert pumas("init", root, root=root, home=tmp_path).code == 0
            modelfiles.safetensors_file(source, {"w": ("U8", [SIZE])})
            status = os.statvfs(disk)
            with (disk / "filler").open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, status.f_bavail * status.f_frsize - SIZE // 2)
            config = tmp_path / "settings.toml"
            config.write_text("[import]\nreserve_bytes = 0\n")
            say = ("--config", str(config), "import", source, "--json")
            copied = pumas(*say, "--mode", "copy", root=root, home=tmp_path)
            assert (copied.code, copied.document["errors"][0]["code"]) == (6, "disk_full")
            assert pumas(*say, root=root, home=tmp_path).models[0]["mode"] == "reflink"
    except NoDiskError as error:
        pytest.skip(f"reflinks need an XFS: {error}")


def test_where_no_reflink_can_be_auto_copies_and_reflink_fails_clearly(root: Path, source: Path) -> None:
    away = Path(f"/dev/shm/pumas-test-{os.getpid()}.safetensors")
    away.write_bytes(source.read_bytes())
    try:
        failed = pumas("import", away, "--mode", "reflink", "--json", root=root)
        assert failed.code == 6
        [error] = failed.document["errors"]
        assert "reflink" in error["message"] and "mode auto or copy" in error["hint"]
        assert list((root / "models" / ".staging").iterdir()) == []
        assert told_mode(pumas("import", away, "--json", root=root)) == ("copy", "copy")
    finally:
        away.unlink()


def test_a_hard_link_is_one_file_and_warned_of(root: Path, source: Path) -> None:
    ran = pumas("import", source, "--mode", "hardlink", "--json", root=root)
    assert ran.code == 0, ran.err
    assert told_mode(ran) == ("hardlink", "hardlink")
    assert weights(ran).stat().st_ino == source.stat().st_ino
    [warning] = [w for w in ran.document["warnings"] if w["code"] == "hardlink"]
    assert "one file" in warning["message"]
    assert source.stat().st_mode & 0o777 == weights(ran).stat().st_mode & 0o777


def test_a_hard_link_to_another_disk_fails_clearly(root: Path, source: Path) -> None:
    away = Path(f"/dev/shm/pumas-test-{os.getpid()}.safetensors")
    away.write_bytes(source.read_bytes())
    if away.stat().st_dev == root.stat().st_dev:
        away.unlink()
        pytest.skip("there is only one file system here")
    try:
        ran = pumas("import", away, "--mode", "hardlink", "--json", root=root)
        assert ran.code == 6
        assert "one file system" in ran.document["errors"][0]["hint"]
    finally:
        away.unlink()


def test_the_setting_is_the_mode_unless_one_is_said(root: Path, source: Path, tmp_path: Path) -> None:
    config = tmp_path / "settings.toml"
    config.write_text("[import]\nmode = 'hardlink'\n")
    ran = pumas("--config", str(config), "import", source, "--json", root=root)
    assert told_mode(ran) == ("hardlink", "hardlink")
    config.write_text("[import]\nmode = 'teleport'\n")
    bad = pumas("--config", str(config), "list", root=root)
    assert bad.code == 2 and "import.mode" in bad.err


def test_a_link_into_the_library_is_refused(root: Path, source: Path, inbox: Path) -> None:
    stored = weights(pumas("import", source, "--json", root=root))
    link = inbox / "other.safetensors"
    link.symlink_to(stored)
    ran = pumas("import", link, "--json", root=root)
    assert ran.models[0]["status"] == "refused"
    assert "library already" in ran.models[0]["reason"]
