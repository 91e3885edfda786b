"""Header bombs and mutated headers: bounded memory, no exception, never a header out of a broken one."""

import gc
import random
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from pumas_tui.core.domain.files import (
    Candidate,
    Container,
    FileEntry,
    HeaderFacts,
    Member,
    ModelFormat,
    Role,
)
from pumas_tui.core.domain.identity import identify
from pumas_tui.core.domain.vocabulary import MODEL_TYPES
from pumas_tui.core.fs import headers
from tests.core.fs import bombs
from tests.support import containers

MOST_MEMORY = 50 << 20  # bytes


def _read_measured(path: str) -> HeaderFacts:
    """Facts, with the peak of memory that Python took for them below the limit."""
    gc.collect()
    tracemalloc.start()
    try:
        facts = headers.read(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < MOST_MEMORY, f"{peak / (1 << 20):.0f} MiB"
    return facts


@pytest.mark.parametrize("name", bombs.SAFETENSORS)
def test_safetensors_bombs(tmp_path: Path, name: str) -> None:
    facts = _read_measured(bombs.SAFETENSORS[name](tmp_path / "m.safetensors"))
    if name.startswith("string-of-"):  # long, but as the format allows: kept in part
        assert (facts.container, facts.problem) == (Container.SAFETENSORS, None)
        return
    assert (facts.container, facts.tensors) == (Container.UNKNOWN, ())
    assert (facts.problem or "").startswith("unreadable header: ")


@pytest.mark.parametrize("name", bombs.GGUF)
def test_gguf_bombs(tmp_path: Path, name: str) -> None:
    facts = _read_measured(bombs.GGUF[name](tmp_path / "m.gguf"))
    assert (facts.container, facts.tensors) == (Container.UNKNOWN, ())
    assert (facts.problem or "").startswith("unreadable header: ")


@pytest.mark.parametrize("name", bombs.ZIPS)
def test_zips_that_hide_their_directory_count_as_pickles(tmp_path: Path, name: str) -> None:
    facts = _read_measured(bombs.ZIPS[name](tmp_path / "m.pt"))
    assert facts.container is Container.PICKLE
    assert (facts.problem or "").startswith("unreadable header: ")


def test_a_zip_of_a_million_members(tmp_path: Path) -> None:
    facts = _read_measured(bombs.zip_of_a_million(tmp_path / "m.pt"))
    assert facts.container is Container.UNKNOWN


def test_a_pickle_that_begins_like_broken_safetensors_is_a_pickle(tmp_path: Path) -> None:
    # 80 02 | 58 05 00 00 00: BINUNICODE of 5 bytes, and a header length of 89 MB with "{" at byte 8.
    start = b"\x80\x02X\x05\x00\x00\x00\x00{abcq\x00."
    path = containers.sparse_file(tmp_path / "m.safetensors", start, 95_000_000)
    assert headers.read(path).container is Container.PICKLE


def test_overlapping_tensors_do_no_harm(tmp_path: Path) -> None:
    entry = b'{"dtype":"F32","shape":[2],"data_offsets":[0,8]}'
    text = b'{"a":' + entry + b',"b":' + entry + b"}"
    path = containers.raw_file(tmp_path / "m", len(text).to_bytes(8, "little") + text + b"\0" * 8)
    assert len(headers.read(path).tensors) == 2


def _candidate(path: str) -> Candidate:
    entry = FileEntry(path, Path(path).stat().st_size, 0, 1, 1)
    return Candidate("m", ModelFormat.SINGLE_FILE, (Member(entry, "m", Role.WEIGHTS),))


@pytest.mark.parametrize("whole", [bombs.whole_safetensors, bombs.whole_gguf], ids=["safetensors", "gguf"])
@pytest.mark.parametrize("seed", range(4))
def test_mutated_headers(tmp_path: Path, whole: Callable[[], bytes], seed: int) -> None:
    """250 mutations each: bytes flipped, replaced by extremes, cut out, doubled; the file cut."""
    rng = random.Random(seed)
    for _ in range(250):
        content = bytearray(whole())
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(content) + 1)
            match rng.randrange(5):
                case 0:
                    content[at : at + 1] = bytes(
                        byte ^ 1 << rng.randrange(8) for byte in content[at : at + 1]
                    )
                case 1:
                    content[at : at + 8] = rng.choice((b"\xff" * 8, b"\0" * 8, b"\0\0\0\0\0\0\0\x80"))
                case 2:
                    del content[at : at + rng.randint(1, 9)]
                case 3:
                    content[at:at] = content[at : at + rng.randint(1, 30)]
                case _:
                    del content[max(at, 4) :]
        path = containers.raw_file(tmp_path / "m", bytes(content))
        facts = headers.read(path)
        assert identify(_candidate(path), facts).model_type in MODEL_TYPES
        for text in (*facts.metadata, *facts.metadata.values(), *(fact.name for fact in facts.tensors)):
            text.encode()  # no lone surrogates


def test_random_bytes_are_never_a_safe_format(tmp_path: Path) -> None:
    rng = random.Random(7)
    for _ in range(300):
        path = containers.raw_file(tmp_path / "m", rng.randbytes(rng.randint(1, 200)))
        assert headers.read(path).container in (Container.UNKNOWN, Container.PICKLE)
