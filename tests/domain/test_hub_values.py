"""Answers become values whatever their shape: bounded, without what no store could take."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pumas_tui.core.domain import hub_values, network_state
from pumas_tui.core.domain.hub_values import BadAnswerError, HubModel

KEYS = (  # noqa: SIM905 - shorter to read
    "id modelId sha tags siblings rfilename size lfs sha256 oid cardData license base_model downloads gated"
    " createdAt path type model name"
).split()

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.just("org/name"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=25,
)


def texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, tuple):
        return [text for one in value for text in texts(one)]
    if hasattr(value, "__slots__"):
        return [text for name in value.__slots__ for text in texts(getattr(value, name))]
    return []


@given(JSON)
def test_any_json_becomes_a_value_or_is_refused(value: Any) -> None:
    for read in (hub_values.models, hub_values.model, hub_values.files, hub_values.civitai_version):
        try:
            found = read(value)
        except BadAnswerError as error:
            assert str(error)
            continue
        for text in texts(found):
            text.encode("utf-8")
            assert "\0" not in text
            assert len(text) <= 1000


@given(st.binary(max_size=200))
def test_any_bytes_are_json_or_refused(body: bytes) -> None:
    try:
        hub_values.parse_json(body)
    except BadAnswerError:
        return


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a//b", "a/./b", "", "a\x1b[2Jb", "a/../../b"])
def test_a_path_that_leaves_its_folder_or_cannot_be_shown_is_no_file(path: str) -> None:
    assert hub_values.files([{"path": path, "type": "file", "size": 1}]) == ()


def test_a_repository_comes_back_from_a_payload() -> None:
    known = HubModel("org/x", "abc", license="mit", base_model="org/b", tags=("t",), created_at="2024-01-01")
    assert hub_values.model(hub_values.to_json(known)) == known


@pytest.mark.parametrize("repo", ["a/b/c", "../x", "a b", "", "a/..", "x" * 200, "a\n/b"])
def test_what_is_no_repository(repo: str) -> None:
    assert not hub_values.is_repo_id(repo)


@given(st.none() | st.integers() | st.text() | st.dictionaries(st.sampled_from(["breaker", "windows"]), JSON))
def test_a_stored_host_that_makes_no_sense_is_an_unknown_one(value: object) -> None:
    assert isinstance(network_state.from_json(value), network_state.HostState)


def test_a_card_without_its_header() -> None:
    assert hub_values.card_text(b"---\nlicense: mit\n---\n# Title\n\nWords") == "# Title\n\nWords"
    assert hub_values.card_text(b"plain \xff") == "plain \N{REPLACEMENT CHARACTER}"


def test_what_git_calls_a_file_is_read_and_told() -> None:
    empty = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    assert hub_values.blob_id(b"") == empty
    listed = [{"rfilename": "a", "blobId": empty}, {"rfilename": "b", "blobId": "x"}, {"rfilename": "c"}]
    found = hub_values.model({"id": "o/m", "siblings": listed})
    assert [file.blob_id for file in found.files] == [empty, "", ""]
    [in_tree] = hub_values.files([{"type": "file", "path": "a", "oid": empty, "size": 0}])
    assert in_tree.blob_id == empty
