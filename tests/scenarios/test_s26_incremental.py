"""S26: a model that comes into a library of 5,000 gets its links, and nothing else in the app is touched."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.synthetic import make_library
from tests.support import modelfiles
from tests.support.apps import comfyui, links, stamped
from tests.support.program import pumas

COUNT = 5_000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Root of a large library and the models folder of an app that has the links of none of its models."""
    folder = tmp_path_factory.mktemp("large")
    root, app = folder / "library", comfyui(folder / "ComfyUI")
    assert pumas("init", "--app", app.parent, root=root).code == 0
    make_library(root, COUNT)
    assert pumas("scan", root=root).code == 0
    return root, app


def test_one_import_touches_its_own_targets_only(made: tuple[Path, Path], tmp_path: Path) -> None:
    root, app = made
    os.symlink(tmp_path / "gone", app / "loras/dead.safetensors")  # not ours: stays, whatever it is
    before = stamped(app)
    modelfiles.lora_sdxl(tmp_path / "newcomer.safetensors")
    ran = pumas("import", tmp_path / "newcomer.safetensors", "--json", root=root)
    assert ran.code == 0 and ran.data["links"] == {"created": 1, "conflicts": 0}, ran.err
    after = stamped(app)
    new = "loras/newcomer.safetensors"
    assert after.keys() - before.keys() == {new}
    assert {name for name in before if after[name] != before[name]} == {"loras"}
    with closing(sqlite3.connect(root / "registry.db")) as registry:
        steps = registry.execute(
            "SELECT target FROM steps JOIN operations ON id = op_id WHERE operations.kind = 'sync'"
        ).fetchall()
    assert [os.fsdecode(target) for (target,) in steps] == [str(app / new)]
    again = pumas("tag", "newcomer", "+seen", root=root)
    assert again.code == 0 and stamped(app) == after
    assert set(links(app)) == {new, "loras/dead.safetensors"}
