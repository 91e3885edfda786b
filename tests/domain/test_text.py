"""Outside strings made printable, numbers and times as people read them, names made storable."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pumas_tui.core.domain import text

any_char = st.characters(exclude_categories=())
any_text = st.text(any_char, max_size=60)


@given(any_text)
def test_whatever_comes_in_is_printable_on_one_line(raw: str) -> None:
    assert text.safe(raw).isprintable()
    text.safe(raw).encode()


@given(any_text)
def test_safe_text_comes_back_as_it_is(raw: str) -> None:
    shown = text.safe(raw)
    assert text.safe(shown) == shown


@given(any_text, st.integers(0, 70))
def test_the_limit_holds(raw: str, limit: int) -> None:
    cut = text.safe(raw, limit)
    assert len(cut) <= limit
    assert cut == text.safe(raw) or cut.endswith("..."[:limit])


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain name.safetensors", "plain name.safetensors"),
        ("模型 é 🚀.gguf", "模型 é 🚀.gguf"),
        ("a\nb\tc\r", "a<0A>b<09>c<0D>"),
        ("\x1b]52;c;aGk=\x07", "<1B>]52;c;aGk=<07>"),
        ("\x9b31m\x7f", "<9B>31m<7F>"),
        ("gpj\u202egnp.exe", "gpj<202E>gnp.exe"),
        ("a\u2066b\u2069\u200b", "a<2066>b<2069><200B>"),
        ("caf\udce9", "caf<xE9>"),
        ("lone \ud800", "lone <D800>"),
        ("\u2028\u2029\xa0\u3000", "<2028><2029><A0><3000>"),
        ("private \ue000, unassigned \U000e0fff", "private <E000>, unassigned <E0FFF>"),
        ("heart \u2764\ufe0f", "heart \u2764"),
        ("filler \u3164", "filler <3164>"),
        ("[red]not markup[/]", "[red]not markup[/]"),
    ],
)
def test_what_is_shown(raw: str, shown: str) -> None:
    assert text.safe(raw) == shown


def test_marks_cannot_pile_up() -> None:
    assert text.safe("e" + "\u0301" * 200 + "x") == "e" + "\u0301" * 4 + "<+196>x"
    assert text.safe("e\u0301\u0302") == "e\u0301\u0302"


def test_cutting_marks_the_end() -> None:
    assert text.safe("stable-diffusion", 9) == "stable..."
    assert text.safe("stable", 6) == "stable"


@pytest.mark.parametrize(
    ("size_bytes", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (12_345, "12 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (9_960_000, "10 MB"),
        (67_000_000, "67 MB"),
        (254_000_000, "254 MB"),
        (999_600_000, "1.0 GB"),
        (4_683_000_000, "4.7 GB"),
        (131_400_000_000, "131.4 GB"),
        (999_960_000_000, "1.0 TB"),
        (1_100_000_000_000, "1.1 TB"),
    ],
)
def test_sizes(size_bytes: int, shown: str) -> None:
    assert text.size(size_bytes) == shown


def test_counts_and_nouns() -> None:
    assert text.count(1284) == "1,284"
    assert text.plural(1, "model") == "1 model"
    assert text.plural(0, "model") == "0 models"
    assert text.plural(2, "entry", "entries") == "2 entries"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "just now"),
        (-3, "just now"),
        (40, "40 s ago"),
        (125, "2 min ago"),
        (3 * 3600, "3 h ago"),
        (86400, "1 day ago"),
        (5 * 86400 + 1, "5 days ago"),
    ],
)
def test_how_long_ago(seconds: float, shown: str) -> None:
    assert text.ago(seconds) == shown


def test_clock() -> None:
    assert [text.clock(s) for s in (-1, 7.9, 40, 760, 3723)] == ["0:00", "0:07", "0:40", "12:40", "1:02:03"]


@given(st.binary(min_size=1, max_size=40))
def test_any_name_of_a_disk_can_be_stored_and_read_back(raw: bytes) -> None:
    name = os.fsdecode(raw)
    stored, raw_hex = text.storable(name)
    stored.encode()
    assert os.fsencode(text.from_storable(stored, raw_hex)) == raw
    assert (raw_hex is None) == (raw.decode("utf-8", "ignore").encode() == raw)


@given(any_text)
def test_any_text_can_be_stored(name: str) -> None:
    text.storable(name)[0].encode()


def test_a_stored_name_opens_the_file(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/caf\xe9.safetensors"
    with open(raw, "wb"):
        pass
    (name,) = os.listdir(tmp_path)
    stored, raw_hex = text.storable(name)
    assert stored == "caf\ufffd.safetensors"
    os.stat(tmp_path / text.from_storable(stored, raw_hex))


@pytest.mark.parametrize(
    ("written", "bytes_"),
    [
        ("500", 500),
        ("1.5 GB", 1_500_000_000),
        (" 4g ", 4_000_000_000),
        ("256MiB", 268_435_456),
        ("0", 0),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("4 parsecs", None),
        ("1e9", None),
        ("٤g", None),
    ],
)
def test_sizes_as_people_write_them(written: str, bytes_: int | None) -> None:
    assert text.bytes_of(written) == bytes_


def test_a_part_of_bytes_names_its_unit_once() -> None:
    assert text.size_of(4_900_000_000, 9_800_000_000) == "4.9 of 9.8 GB"
    assert text.size_of(12_000_000, 9_800_000_000) == "12 MB of 9.8 GB"
    assert text.size_of(0, 500) == "0 of 500 B"
    assert text.size_of(500, 500) == "500 B"
