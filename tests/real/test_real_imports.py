"""Real weight files through the real program: every hash equals sha256sum's, types are right or unknown."""

import subprocess
from pathlib import Path

import pytest

from tests.real.corpus import RealFile, real_files
from tests.support.program import Ran, pumas


@pytest.fixture(scope="module")
def files() -> list[RealFile]:
    return real_files()


@pytest.fixture(scope="module")
def imported(files: list[RealFile], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ran]:
    """All real files in one `import --accept-pickle --json`."""
    root = tmp_path_factory.mktemp("real") / "library"
    assert pumas("init", root, root=root).code == 0
    ran = pumas("import", *(f.path for f in files), "--accept-pickle", "--json", root=root)
    return root, ran


def sha256sum(path: str) -> str:
    said = subprocess.run(["sha256sum", "-b", path], capture_output=True, check=True, text=True)
    return said.stdout.lstrip("\\").split()[0]


def test_every_hash_is_what_sha256sum_says(files: list[RealFile], imported: tuple[Path, Ran]) -> None:
    _, ran = imported
    assert ran.code == 0, ran.err
    expected = {sha256sum(f.path) for f in files}
    assert {m["sha256"] for m in ran.models} == expected
    for model in ran.models:
        assert model["status"] in ("imported", "duplicate")


def test_types_and_tiers(files: list[RealFile], imported: tuple[Path, Ran]) -> None:
    _, ran = imported
    truth = {sha256sum(f.path): f for f in files}
    wrong = [
        (truth[m["sha256"]].path, m["model_type"])
        for m in ran.models
        if m["model_type"] not in ("unknown", truth[m["sha256"]].expected_type)
        or m["security_tier"] != truth[m["sha256"]].expected_tier
    ]
    assert wrong == []


def test_what_is_stored_is_what_was_given(imported: tuple[Path, Ran]) -> None:
    root, ran = imported
    for model in ran.models:
        directory = root / "models" / model["model_id"]
        stored = [sha256sum(str(p)) for p in directory.iterdir() if p.name != "metadata.json"]
        assert model["sha256"] in stored
    listed = pumas("list", "--json", "--limit", "500", root=root)
    assert listed.data["total"] == sum(m["status"] == "imported" for m in ran.models)


def test_pth_needs_a_decision(files: list[RealFile], tmp_path: Path) -> None:
    root = tmp_path / "library"
    assert pumas("init", root, root=root).code == 0
    path = next(f.path for f in files if f.path.endswith(".pth"))
    ran = pumas("import", path, "--json", root=root)
    assert ran.code == 4
    assert ran.models[0]["status"] == "needs_you"
    assert pumas("list", "--json", root=root).data["total"] == 0
