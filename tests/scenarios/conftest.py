"""A library made by `init` and folders for sources, fresh for each scenario."""

from pathlib import Path

import pytest

from tests.support.program import pumas


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Root of an empty library."""
    folder = tmp_path / "library"
    made = pumas("init", folder, root=folder)
    assert made.code == 0, made.err
    return folder


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """A folder for files to import."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder
