"""Real weight files from PyPI packages are read and identified: rightly, or as unknown, never wrongly."""

from pathlib import Path

import pytest
from gguf import GGUFReader
from safetensors import safe_open

from pumas_tui.core.domain.files import (
    Candidate,
    Container,
    FileEntry,
    HeaderFacts,
    Member,
    ModelFormat,
    Role,
)
from pumas_tui.core.domain.identity import Identity, identify, security_tier
from pumas_tui.core.fs import headers
from tests.real.corpus import RealFile, real_files


@pytest.fixture(scope="module")
def files() -> list[RealFile]:
    return real_files()


def _seen(path: str) -> tuple[HeaderFacts, Identity]:
    status = Path(path).stat()
    entry = FileEntry(path, status.st_size, status.st_mtime_ns, status.st_ino, status.st_dev)
    candidate = Candidate(
        Path(path).stem, ModelFormat.SINGLE_FILE, (Member(entry, entry.name, Role.WEIGHTS),)
    )
    facts = headers.read(path)
    return facts, identify(candidate, facts)


def test_types_are_right_or_unknown(files: list[RealFile]) -> None:
    wrong = []
    for file in files:
        facts, identity = _seen(file.path)
        assert (facts.problem, facts.refuse) == (None, None), file.path
        allowed = {file.expected_type}
        if facts.container in (Container.PICKLE, Container.UNKNOWN, Container.ONNX):
            allowed.add("unknown")
        if identity.model_type not in allowed:
            wrong.append((file.path, identity.model_type, identity.evidence))
    assert not wrong


def test_tiers_are_right(files: list[RealFile]) -> None:
    tiers = {file.path: security_tier(headers.read(file.path).container) for file in files}
    assert tiers == {file.path: file.expected_tier for file in files}


def test_safetensors_agree_with_the_reference(files: list[RealFile]) -> None:
    paths = [file.path for file in files if file.path.endswith(".safetensors")]
    assert paths
    for path in paths:
        facts = headers.read(path)
        with safe_open(path, "np") as reference:
            shapes = {name: tuple(reference.get_slice(name).get_shape()) for name in reference.keys()}  # noqa: SIM118
            assert {fact.name: fact.shape for fact in facts.tensors} == shapes
            assert facts.metadata == (reference.metadata() or {})


def test_gguf_keys_agree_with_the_reference(files: list[RealFile]) -> None:
    """One small vocabulary; the reference reader takes seconds and gigabytes for larger ones."""
    path = next(file.path for file in files if file.path.endswith("ggml-vocab-phi-3.gguf"))
    reference = GGUFReader(path)
    texts = {name: field.contents() for name, field in reference.fields.items()}
    metadata = headers.read(path).metadata
    assert metadata["general.architecture"] == texts["general.architecture"]
    numbers = {
        name: value for name, value in texts.items() if type(value) is int and not name.startswith("GGUF.")
    }
    assert numbers
    assert {name: metadata[name] for name in numbers} == {name: str(value) for name, value in numbers.items()}
