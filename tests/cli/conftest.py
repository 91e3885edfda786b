"""A library filled with the sample models of the demo, made once, and a fresh empty one for each test."""

from pathlib import Path

import pytest

from pumas_tui.core.flows import demo
from tests.support.program import pumas


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of small valid model files; tests leave it as it is."""
    folder = tmp_path_factory.mktemp("samples")
    demo.make_samples(str(folder))
    return folder / "downloads"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Root of an empty library."""
    folder = tmp_path / "library"
    made = pumas("init", root=folder)
    assert made.code == 0, made.err
    return folder


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory, samples: Path) -> Path:
    """Root of a library that holds every sample; tests only read it."""
    folder = tmp_path_factory.mktemp("filled") / "library"
    assert pumas("init", root=folder).code == 0
    ran = pumas("import", samples, "--accept-pickle", root=folder)
    assert ran.code == 0, ran.err
    return folder
