"""What stands in the way of an import, and what is said about the library's place."""

from dataclasses import replace
from pathlib import Path

import pytest

from pumas_tui.core.domain.preflight import FAT_LIMIT, Place, Sandbox, SandboxKind, notes, obstacle
from pumas_tui.core.domain.resuming import full, to_give_back
from pumas_tui.core.host import sandbox

DISK = Place("/data/models", "ext4", frozenset({"rw"}), "/data", "/", True)


def test_an_ordinary_disk_is_no_obstacle_and_not_worth_a_word() -> None:
    assert obstacle(DISK, {"/a": 1 << 40}) is None
    assert notes(DISK, None) == ()


@pytest.mark.parametrize(
    ("change", "errno", "words"),
    [
        ({"options": frozenset({"ro"})}, "EROFS", "mounted read-only"),
        ({"options": frozenset({"ro"}), "type": "ntfs3"}, "EROFS", "ntfsfix"),
        ({"options": frozenset({"ro"}), "type": "fuseblk"}, "EROFS", "ntfsfix"),
        ({"writable": False}, "EACCES", "may not be written"),
        ({"type": "vfat"}, "EFBIG", "4 GiB"),
    ],
)
def test_obstacles_say_what_and_what_to_do(change: dict[str, object], errno: str, words: str) -> None:
    found = obstacle(replace(DISK, **change), {"/small": 1, "/big": FAT_LIMIT + 1})  # type: ignore[arg-type]
    assert found is not None
    trouble, name = found
    assert name == errno
    assert words in f"{trouble.message} {trouble.hint}"
    assert trouble.hint


def test_fat_takes_files_up_to_its_limit() -> None:
    assert obstacle(replace(DISK, type="vfat"), {"/a": FAT_LIMIT}) is None


@pytest.mark.parametrize(
    ("place", "box", "codes"),
    [
        (replace(DISK, type="ntfs3", options=frozenset({"rw", "force"})), None, ["ntfs_dirty"]),
        (replace(DISK, type="vfat"), None, ["fat"]),
        (DISK, Sandbox(SandboxKind.CONTAINER), []),
        (replace(DISK, type="overlay", mount_point="/"), Sandbox(SandboxKind.CONTAINER), ["sandbox"]),
        (replace(DISK, root="/home/me/models"), Sandbox(SandboxKind.CONTAINER), ["sandbox"]),
        (replace(DISK, root="/data"), Sandbox(SandboxKind.CONTAINER), []),
        (DISK, Sandbox(SandboxKind.SNAP), ["sandbox"]),
        (DISK, Sandbox(SandboxKind.FLATPAK, ("xdg-download",)), ["sandbox"]),
        (DISK, Sandbox(SandboxKind.FLATPAK, ("host", "!home")), []),
    ],
)
def test_notes(place: Place, box: Sandbox | None, codes: list[str]) -> None:
    said = notes(place, box)
    assert [note.code for note in said] == codes
    for note in said:
        if note.code == "sandbox":
            assert "same path" in str(note.hint)


def test_the_box_is_found_by_what_it_leaves(tmp_path: Path) -> None:
    assert sandbox.find(str(tmp_path), {}) is None
    assert sandbox.find(str(tmp_path), {"SNAP": "/snap/x/1"}) == Sandbox(SandboxKind.SNAP)
    (tmp_path / "proc" / "1").mkdir(parents=True)
    (tmp_path / "proc" / "1" / "cgroup").write_text("0::/system.slice/docker-12ab.scope\n")
    assert sandbox.find(str(tmp_path), {}) == Sandbox(SandboxKind.CONTAINER)
    (tmp_path / "proc" / "1" / "cgroup").write_text("0::/init.scope\n")
    assert sandbox.find(str(tmp_path), {}) is None
    (tmp_path / ".dockerenv").write_text("")
    assert sandbox.find(str(tmp_path), {}) == Sandbox(SandboxKind.CONTAINER)
    (tmp_path / ".flatpak-info").write_text("[Context]\nshared=network;\nfilesystems=xdg-download;/mnt;\n")
    assert sandbox.find(str(tmp_path), {}) == Sandbox(SandboxKind.FLATPAK, ("xdg-download", "/mnt"))


def test_a_full_disk_names_what_is_missing_and_what_is_kept() -> None:
    said = full("/data/models", "llama", 51 * 10**9, 3_200_000_000, 80 * 10**9)
    assert said == (
        "/data/models is full: llama needs 51.0 GB more, 3.2 GB are free; the 80.0 GB copied so far are kept"
    )
    assert full("/d", "x", 10**9, 0, 0).endswith("free")


def test_what_is_given_back_leaves_the_reserve() -> None:
    assert to_give_back(free=0, reserve=1 << 30) == 1 << 30
    assert to_give_back(free=2 << 30, reserve=1 << 30) == 0
    assert to_give_back(free=0, reserve=0) > 0
