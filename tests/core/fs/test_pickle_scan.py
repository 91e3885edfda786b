"""The scan of pickles: no trick makes a malicious one look clean, and nothing is ever loaded."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pumas_tui.core.domain.errors import CancelledError
from pumas_tui.core.domain.files import Container
from pumas_tui.core.domain.pickle_verdict import Imported, PickleVerdict, ScanWord, decide, read_facts, worst
from pumas_tui.core.fs import headers, pickle_scan
from tests.core.fs import pickle_samples
from tests.support.containers import raw_file


@pytest.mark.parametrize("write", pickle_samples.MALICIOUS, ids=lambda write: write.__name__)
def test_no_malicious_sample_is_shown_as_clean(tmp_path: Path, write: Callable[[Path], str]) -> None:
    path = write(tmp_path / "model.ckpt")
    verdict = pickle_scan.scan(path)
    assert verdict.verdict is not ScanWord.NOTHING
    assert verdict.reason or verdict.globals
    assert "safe" not in verdict.text


@pytest.mark.parametrize(
    "write",
    [
        pickle_samples.plain_call,
        pickle_samples.old_instance,
        pickle_samples.from_the_memo,
        pickle_samples.cut_off,
        pickle_samples.broken_behind_the_call,
        pickle_samples.second_pickle,
        pickle_samples.behind_the_magic_number,
    ],
)
def test_a_call_that_was_seen_is_named(tmp_path: Path, write: Callable[[Path], str]) -> None:
    verdict = pickle_scan.scan(write(tmp_path / "model.pt"))
    assert (verdict.verdict, verdict.globals) == (ScanWord.CODE, ("os.system",))
    assert verdict.text == "contains code: os.system"


@pytest.mark.parametrize("write", pickle_samples.HARMLESS, ids=lambda write: write.__name__)
def test_plain_state_dicts_have_no_finding(tmp_path: Path, write: Callable[[Path], str]) -> None:
    path = write(tmp_path / "model.ckpt")
    assert headers.read(path).container is Container.PICKLE
    assert pickle_scan.scan(path) == PickleVerdict(ScanWord.NOTHING)


def test_what_is_found_reaches_no_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        pickle_scan.scan(pickle_samples.plain_call(tmp_path / "m"))
        pickle_scan.scan(pickle_samples.broken_before_anything(tmp_path / "n"))
    assert not caplog.records


def test_limits_are_kept_and_told(tmp_path: Path) -> None:
    path = pickle_samples.torch_zip(tmp_path / "m")
    assert pickle_scan.scan(path, max_bytes=50).reason == "more opcodes than the check may read"
    assert pickle_scan.scan(path, max_seconds=-1).verdict is ScanWord.UNKNOWN
    long = raw_file(tmp_path / "n", b"\x80\x02" + b"N0" * 100_000 + b"N.")
    assert pickle_scan.scan(long, max_bytes=4096).reason == "more opcodes than the check may read"
    assert pickle_scan.scan(long).verdict is ScanWord.NOTHING


def test_it_can_be_cancelled(tmp_path: Path) -> None:
    cancel = threading.Event()
    cancel.set()
    path = raw_file(tmp_path / "m", b"\x80\x02" + b"N0" * 5_000 + b"N.")
    with pytest.raises(CancelledError):
        pickle_scan.scan(path, cancel=cancel)


def test_a_file_that_is_gone_is_unknown(tmp_path: Path) -> None:
    assert pickle_scan.scan(str(tmp_path / "gone")).verdict is ScanWord.UNKNOWN


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_have_a_verdict(
    tmp_path_factory: pytest.TempPathFactory, tail: bytes, protocol: bool
) -> None:
    place = tmp_path_factory.getbasetemp() / "any.pkl"
    place.write_bytes((b"\x80\x02" if protocol else b"PK\x03\x04") + tail)
    assert pickle_scan.scan(str(place)).verdict in ScanWord


def test_the_worst_verdict_speaks_for_all() -> None:
    clean, evil = PickleVerdict(ScanWord.NOTHING), PickleVerdict(ScanWord.CODE, ("os.system",))
    unsure = PickleVerdict(ScanWord.UNKNOWN, reason="cut")
    assert worst([clean, unsure, evil]) == evil
    assert worst([clean, unsure]) == unsure
    assert worst([]) is None


def test_findings_are_bounded_and_survive_json() -> None:
    many = decide(Imported("m" * 500, f"f{n}", dangerous=True) for n in range(100))
    assert len(many.globals) <= 40 and all(len(name) <= 120 for name in many.globals)
    assert read_facts(many.facts) == many
    assert read_facts({"verdict": "safe"}) is None and read_facts(None) is None
