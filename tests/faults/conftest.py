"""The shim, built once for all fault tests."""

import pytest

from tests.faults.harness import Harness, NoCompilerError, build


@pytest.fixture(scope="session")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Harness:
    folder = tmp_path_factory.mktemp("shim")
    try:
        return Harness(build(folder), folder)
    except NoCompilerError as error:
        pytest.skip(f"the fault sweeps need a C compiler: {error}")
