"""Disks of this machine, and of tables that name folders of ours."""

import os
from pathlib import Path

from pumas_tui.core.host import drives, processes


def table(folder: Path, *mounts: tuple[Path, str, str]) -> str:
    lines = [
        f"{n} 1 9:{n} / {point} rw - {kind} {source} rw\n" for n, (point, kind, source) in enumerate(mounts)
    ]
    path = folder / "mountinfo"
    path.write_text("".join(lines))
    return str(path)


def test_a_disk_tells_its_room_and_each_file_system_comes_once(tmp_path: Path) -> None:
    long, short = tmp_path / "a" / "longer", tmp_path / "b"
    long.mkdir(parents=True)
    short.mkdir()
    found = drives.drives(table(tmp_path, (long, "ext4", "/dev/x"), (short, "ext4", "/dev/x")))
    [drive] = found.answered
    status = os.statvfs(short)
    assert drive.mount.mount_point == str(short) and drive.dev == short.stat().st_dev
    assert drive.total_bytes == status.f_blocks * status.f_frsize and found.silent == ()


def test_files_and_folders_that_are_gone_are_no_disks(tmp_path: Path) -> None:
    (tmp_path / "hosts").write_text("")
    mounts = ((tmp_path / "hosts", "ext4", "/dev/x"), (tmp_path / "gone", "xfs", "/dev/y"))
    assert drives.drives(table(tmp_path, *mounts)) == drives.Drives((), ())


def test_a_share_is_asked_too(tmp_path: Path) -> None:
    (tmp_path / "nas").mkdir()
    found = drives.drives(table(tmp_path, (tmp_path / "nas", "nfs4", "nas:/models")), patience_s=30)
    assert [drive.mount.type for drive in found.answered] == ["nfs4"]


def test_without_a_table_there_are_no_disks(tmp_path: Path) -> None:
    assert drives.drives(str(tmp_path / "none")) == drives.Drives((), ())


def test_a_made_up_proc_tells_scripts_and_runtimes(tmp_path: Path) -> None:
    for pid, name, argv in (("12", "python", b"python\0main.py\0--listen\0"), ("7", "dockerd", b"dockerd\0")):
        (tmp_path / pid).mkdir()
        (tmp_path / pid / "comm").write_text(name + "\n")
        (tmp_path / pid / "cmdline").write_bytes(argv)
    (tmp_path / "12" / "cwd").symlink_to("/data/ComfyUI")
    (tmp_path / "13").mkdir()  # ended while it was looked at
    assert processes.running(str(tmp_path)) == processes.Running(("/data/ComfyUI",), "Docker")
