"""Ground truth: what ComfyUI's own workflows say a file is, against what is identified from its tensors.

The package of workflow templates names 354 published files with the folder each belongs into. No file is
downloaded: each is made here with the tensors of its family (`tests.real.families`), whole blocks of them.
"""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pumas_tui.core.domain.files import Candidate, FileEntry, Member, ModelFormat, Role
from pumas_tui.core.domain.identity import Identity, identify
from pumas_tui.core.fs import headers
from tests.real import families, fetch
from tests.real.corpus import real_files
from tests.support.containers import safetensors_file
from tests.support.layouts import tensors

LEAST_RIGHT = 0.95
SURE = 0.9


class Seen(NamedTuple):
    """One file of the ground truth: its true folder and what it was taken for; None: could not be made."""

    folder: str
    name: str
    identity: Identity | None

    @property
    def right(self) -> bool:
        return self.identity is not None and self.identity.subtype == self.folder

    @property
    def wrong(self) -> bool:
        return not self.right and self.identity is not None and self.identity.model_type != "unknown"

    def __str__(self) -> str:
        if self.identity is None:
            return f"{self.folder}/{self.name}: layout not known"
        said = self.identity.subtype or self.identity.model_type
        return f"{self.folder}/{self.name}: {said} {self.identity.confidence:.2f} {self.identity.evidence}"


def named(value: Any) -> Iterator[tuple[str, str]]:
    """(file name, folder) of every model that a workflow names."""
    if isinstance(value, dict):
        name, folder = value.get("name"), value.get("directory")
        if isinstance(name, str) and isinstance(folder, str) and "url" in value:
            yield name, folder
        for inner in value.values():
            yield from named(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from named(inner)


def pairs() -> list[tuple[str, str]]:
    """All pairs, sorted; skips with the reason when the package is not at hand."""
    cache = fetch.cache_directory().absolute()
    if os.environ.get("PUMAS_REAL") == "1":
        fetch.fetch(cache)
    found = fetch.workflows(cache)
    if not found:
        pytest.skip(f"no workflows in {cache}: run `python tests/real/fetch.py`, or set PUMAS_REAL=1")
    return sorted({pair for path in found for pair in named(json.loads(path.read_text(encoding="utf-8")))})


def look(path: Path, name: str) -> Identity:
    status = path.stat()
    entry = FileEntry(str(path), status.st_size, status.st_mtime_ns, status.st_ino, status.st_dev)
    candidate = Candidate(path.stem, ModelFormat.SINGLE_FILE, (Member(entry, name, Role.WEIGHTS),))
    return identify(candidate, headers.read(str(path)))


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> list[Seen]:
    """Every pair, made and looked at."""
    folder, found = tmp_path_factory.mktemp("truth"), []
    for name, kind in pairs():
        recipe = families.recipe(name, kind)
        if recipe is None:
            found.append(Seen(kind, name, None))
            continue
        path = folder / name
        safetensors_file(path, tensors(recipe, name), {"format": "pt"})
        found.append(Seen(kind, name, look(path, name)))
        path.unlink()
    return found


def test_nearly_all_kinds_are_right(seen: list[Seen], capsys: pytest.CaptureFixture[str]) -> None:
    misses = [one for one in seen if not one.right]
    wrong = sum(one.wrong for one in misses)
    made = sum(one.identity is not None for one in seen)
    told = [
        f"ground truth: {len(seen) - len(misses)} of {len(seen)} right, {wrong} wrong, "
        f"{len(misses) - wrong} unknown; {made} could be made",
        *(f"  {one}" for one in misses),
    ]
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(told) + "\n")
    assert len(seen) == 354
    assert len(misses) <= (1 - LEAST_RIGHT) * len(seen)


def test_no_wrong_kind_is_sure(seen: list[Seen]) -> None:
    assert [str(one) for one in seen if one.wrong and one.identity and one.identity.confidence > SURE] == []


def test_what_was_decided_says_why(seen: list[Seen]) -> None:
    for one in seen:
        if one.identity is not None and one.identity.subtype:
            assert one.identity.evidence, one.name


VOCABULARIES = {
    "aquila": ("llm", "llama"),  # its architecture
    "baichuan": ("llm", "baichuan"), "bert-bge": ("embedding", "bert"), "command-r": ("llm", "command-r"),
    "deepseek-coder": ("llm", "deepseek"), "deepseek-llm": ("llm", "deepseek"),
    "deepseek-r1-qwen": ("llm", "qwen"), "falcon": ("llm", "falcon"), "gemma-4": ("llm", "gemma"),
    "gpt-2": ("llm", "gpt2"), "gpt-neox": ("llm", "gpt-neox"), "llama-bpe": ("llm", "llama"),
    "llama-spm": ("llm", "llama"), "mpt": ("llm", "mpt"), "nomic-bert-moe": ("embedding", "nomic-bert"),
    "phi-3": ("llm", "phi"), "qwen2": ("llm", "qwen"), "qwen35": ("llm", "qwen"), "refact": ("llm", "refact"),
    "starcoder": ("llm", "starcoder"),
}  # fmt: skip
"""What each vocabulary of llama.cpp truly is, by the name of its file."""


def test_gguf_vocabularies() -> None:
    """Type and family of every real GGUF file, none unknown and none wrong."""
    files = [Path(file.path) for file in real_files() if file.path.endswith(".gguf")]
    told = {path.stem.removeprefix("ggml-vocab-"): look(path, path.name) for path in files}
    assert told and not set(told) - set(VOCABULARIES)
    assert {name: (identity.model_type, identity.family) for name, identity in told.items()} == {
        name: VOCABULARIES[name] for name in told
    }
