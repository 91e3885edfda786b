"""Which file is a missing part: by its name, by the index, by what its own header says."""

import pytest

from pumas_tui.core.domain.absent_parts import AbsentPart, mismatch
from pumas_tui.core.domain.files import Container, HeaderFacts, TensorFact
from pumas_tui.core.domain.grouping import part_name

GGUF = AbsentPart(2, "llama-00002-of-00003.gguf", 2, 3)
LISTED = AbsentPart(2, "model-00002-of-00003.safetensors", 2, 3, frozenset({"a", "b"}))


def holding(*names: str, **facts: str) -> HeaderFacts:
    tensors = tuple(TensorFact(name, "F32", (1,)) for name in names)
    return HeaderFacts(Container.SAFETENSORS, tensors, refuse=facts.get("refuse"))


@pytest.mark.parametrize(
    ("like", "number", "name"),
    [
        ("llama-00001-of-00012.gguf", 12, "llama-00012-of-00012.gguf"),
        ("llama.fp16-1-of-3.safetensors", 2, "llama.fp16-2-of-3.safetensors"),
        ("big.gguf.part1of3", 3, "big.gguf.part3of3"),
        ("big.gguf.part01", 2, "big.gguf.part02"),
        ("model_00001.pth", 7, "model_00007.pth"),
        ("alone.gguf", 2, "alone.gguf"),
    ],
)
def test_a_part_is_called_like_the_others(like: str, number: int, name: str) -> None:
    assert part_name(like, number) == name


def test_a_gguf_part_says_itself_which_it_is() -> None:
    def says(number: str, total: str) -> str:
        facts = HeaderFacts(Container.GGUF, metadata={"split.no": number, "split.count": total})
        return mismatch(GGUF, GGUF.file_name, facts, Container.GGUF)

    assert says("1", "3") == ""
    assert says("2", "3") == "its header says split.no 2 of 3, counted from 0"
    assert says("1", "4") != "" and says("-1", "x") != ""


def test_the_index_beats_the_name() -> None:
    other = "the index puts 2 tensors into part 2, 1 of them are not in it"
    assert mismatch(LISTED, "any name", holding("a", "b"), Container.SAFETENSORS) == ""
    assert mismatch(LISTED, LISTED.file_name, holding("a", "b", "c"), Container.SAFETENSORS) == ""
    assert "it would be called" in mismatch(LISTED, "x", holding("a", "b", "c"), Container.SAFETENSORS)
    assert mismatch(LISTED, LISTED.file_name, holding("a", "c"), Container.SAFETENSORS) == other


def test_half_a_file_and_another_kind_of_file_are_no_part() -> None:
    half = holding("a", "b", refuse="half a download")
    assert mismatch(LISTED, LISTED.file_name, half, Container.SAFETENSORS) == "half a download"
    assert "this one is not" in mismatch(GGUF, GGUF.file_name, holding("a"), Container.GGUF)
