"""Folders that are one model, as the paste sheet and the queue call them."""

from pathlib import Path

import pytest

from pumas_tui.core.domain import import_payload
from pumas_tui.core.domain.ids import new_model_uid
from pumas_tui.core.domain.imports import ImportChoices, Inspected
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.flows.inspecting import inspect_sources, sources_of_paths
from pumas_tui.tui.presenters import imports, paste
from tests.support import modelfolders


def inspected(folder: Path) -> Inspected:
    """The one candidate that pasting this folder comes to."""
    library = LibraryPaths(str(folder.parent / "library"))
    found = inspect_sources(sources_of_paths([str(folder)]), str(folder), library)
    (candidate,) = found.candidates
    assert found.troubles == ()
    return candidate


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a folder is to be made, beside an empty library."""
    (tmp_path / "library/models").mkdir(parents=True)
    return tmp_path / "tiny"


def told(found: Inspected) -> tuple[str, str, str]:
    """Mark and words of the paste sheet, and the name in the queue."""
    payload = import_payload.encode(found, ImportChoices(), new_model_uid())
    return paste.mark(found), paste.what(found), imports.job_name(payload)


def test_a_pipeline(folder: Path) -> None:
    modelfolders.diffusers_folder(folder)
    assert told(inspected(folder)) == ("+", "folder, diffusers", "tiny (folder, diffusers)")


def test_a_folder_and_its_number_of_files(folder: Path) -> None:
    modelfolders.transformers_folder(folder)
    for n in range(209):
        (folder / f"notes-{n}.txt").write_text("x")
    assert told(inspected(folder)) == ("+", "folder, 214 files", "tiny (folder, 214 files)")


def test_a_folder_that_lacks_a_part(folder: Path) -> None:
    modelfolders.transformers_folder(folder, parts=3)
    (folder / "model-00002-of-00003.safetensors").unlink()
    assert told(inspected(folder))[:2] == ("!", "folder, 2 of 3 parts")
