"""The marker: made once, never replaced, and without it nothing is a library."""

import json
import os
from pathlib import Path

import pytest

from pumas_tui.core.domain.errors import DamagedError, DiskError, LibraryNotFoundError, NewerLibraryError
from pumas_tui.core.fs import marker, ops


def test_create_makes_one_and_keeps_it(tmp_path: Path) -> None:
    made = marker.create(str(tmp_path))
    assert marker.read(str(tmp_path)) == made
    assert marker.create(str(tmp_path)) == made
    assert [p.name for p in tmp_path.iterdir()] == ["library.json"]


def test_create_clears_what_a_crashed_create_left(tmp_path: Path) -> None:
    (tmp_path / ops.temp_name()).write_text("{")
    (tmp_path / "mine.tmp").write_text("kept")
    marker.create(str(tmp_path))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["library.json", "mine.tmp"]


def test_no_library(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "absent", tmp_path / "absent" / "models"):
        with pytest.raises(LibraryNotFoundError):
            marker.read(str(place))
    with pytest.raises(DiskError):
        marker.create(str(tmp_path / "absent"))


def test_a_newer_format_is_not_opened(tmp_path: Path) -> None:
    made = marker.create(str(tmp_path))
    values = {"library_id": made.library_id, "format_version": 99}
    (tmp_path / "library.json").write_text(json.dumps(values))
    with pytest.raises(NewerLibraryError, match="99"):
        marker.read(str(tmp_path))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b'{"format_version": 1, "library_id": "no"}',
        b'{"format_version": true, "library_id": "00000000-0000-4000-8000-000000000000"}',
        b'{"format_version": 0, "library_id": "00000000-0000-4000-8000-000000000000"}',
        b"[" * 60_000,
        b" " * 100_000,
        b"\xff\xfe",
    ],
)
def test_a_damaged_marker_is_told_and_left(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "library.json").write_bytes(raw)
    with pytest.raises(DamagedError):
        marker.read(str(tmp_path))
    with pytest.raises(DamagedError):
        marker.create(str(tmp_path))
    assert (tmp_path / "library.json").read_bytes() == raw


def test_a_marker_that_is_no_file_is_damaged(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "library.json")
    with pytest.raises(DamagedError):
        marker.read(str(tmp_path))


def test_an_opened_library_stays_the_same_when_its_path_is_swapped(tmp_path: Path) -> None:
    models = tmp_path / "models"
    models.mkdir()
    made = marker.create(str(models))
    (models / "llm").mkdir()
    with marker.opened(str(models)) as fd:
        models.rename(tmp_path / "moved")
        models.mkdir()
        assert marker.read_at(fd, str(models)) == made
        assert "llm" in os.listdir(fd)
    with pytest.raises(LibraryNotFoundError):
        marker.read(str(models))
