"""Mapping configs on disk: what is read of a folder, and what is said of the rest."""

import os
from pathlib import Path

import pytest

from pumas_tui.core.domain.errors import DiskError, Trouble
from pumas_tui.core.domain.mapping_config import MAX_BYTES
from pumas_tui.core.fs import mapping_files


def test_configs_are_read_by_name_and_nothing_else_is(tmp_path: Path) -> None:
    for name in ("b.json", "a_*_default.json", "notes.txt", ".hidden.json", "b.json~"):
        (tmp_path / name).write_bytes(name.encode())
    assert mapping_files.read_all(str(tmp_path)) == [
        ("a_*_default.json", b"a_*_default.json"),
        ("b.json", b"b.json"),
    ]


def test_without_the_folder_there_are_none(tmp_path: Path) -> None:
    assert mapping_files.read_all(str(tmp_path / "mappings")) == []


def test_what_cannot_be_read_is_said_beside_what_can(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.json")
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "dangling.json").symlink_to(tmp_path / "nowhere")
    (tmp_path / "large.json").write_bytes(b" " * (MAX_BYTES + 1))
    (tmp_path / "good.json").write_bytes(b"{}")
    got = dict(mapping_files.read_all(str(tmp_path)))
    assert got.pop("good.json") == b"{}"
    assert len(got) == 4
    for name, trouble in got.items():
        assert isinstance(trouble, Trouble)
        assert trouble.path == str(tmp_path / name) and trouble.path in trouble.message


def test_a_folder_that_is_none_is_said(tmp_path: Path) -> None:
    (tmp_path / "mappings").symlink_to("mappings")
    ((name, trouble),) = mapping_files.read_all(str(tmp_path / "mappings"))
    assert name == str(tmp_path / "mappings")
    assert isinstance(trouble, Trouble) and "ELOOP" in trouble.message


def test_a_folder_of_very_many_is_read_in_part_and_that_is_said(tmp_path: Path) -> None:
    for n in range(mapping_files.MAX_FILES + 2):
        (tmp_path / f"{n:04}.json").touch()
    *read, (_, last) = mapping_files.read_all(str(tmp_path))
    assert len(read) == mapping_files.MAX_FILES
    assert isinstance(last, Trouble) and "502" in last.message


def test_one_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DiskError) as caught:
        mapping_files.read_one(str(tmp_path / "a.json"))
    assert caught.value.errno_name == "ENOENT"
