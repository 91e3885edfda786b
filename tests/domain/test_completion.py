"""Completing a typed path as far as the names in its folder agree."""

import pytest

from pumas_tui.core.domain.completion import Completion, complete, split


@pytest.mark.parametrize(
    ("typed", "names", "expected"),
    [
        ("/mnt/na", ["nas/", "usb/"], Completion("/mnt/nas/")),
        ("/mnt/", ["nas1/", "nas2/", ".trash/"], Completion("/mnt/nas", ("nas1/", "nas2/"))),
        ("/mnt/.", [".trash/", "nas/"], Completion("/mnt/.trash/")),
        ("/mnt/x", ["nas/"], Completion("/mnt/x")),
        ("~/mod", ["model a.gguf", "model b.gguf"], Completion("~/model ", ("model a.gguf", "model b.gguf"))),
        ("mod", ["models/"], Completion("models/")),
        ("/m/", ["a\x1b[31m", "a\udce9"], Completion("/m/")),
    ],
)
def test_complete(typed: str, names: list[str], expected: Completion) -> None:
    assert complete(typed, names) == expected


def test_the_folder_is_what_stands_before_the_last_slash() -> None:
    assert split("/mnt/nas/ae") == ("/mnt/nas/", "ae")
    assert split("ae") == ("", "ae")
