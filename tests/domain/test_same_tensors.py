"""What two headers say of each other, and how the answer is kept among the evidence."""

from pumas_tui.core.domain import same_tensors
from pumas_tui.core.domain.files import Container, HeaderFacts, TensorFact
from pumas_tui.core.domain.same_tensors import HeaderChange, TensorAnswer, TensorVerdict


def facts(*names: str, **words: str) -> HeaderFacts:
    tensors = tuple(TensorFact(name, "F16", (4,), n * 8) for n, name in enumerate(names))
    return HeaderFacts(Container.SAFETENSORS, tensors, words, data_offset=100)


def test_many_names_are_told_as_a_few() -> None:
    own, published = facts(*"abcdefgh"), facts()
    assert same_tensors.difference(own, published) == "8 tensors only in this file (a, b, c, d, e and 3 more)"
    change = same_tensors.change_of(facts(**{"k" * 100: "1"}), facts(note="x"))
    answer = TensorAnswer(TensorVerdict.SAME_BYTES, "o/m", "w.safetensors", change)
    assert answer.line.endswith(f"only the header differs: added {'k' * 60}..., removed note")
    bare = TensorAnswer(TensorVerdict.SAME_BYTES, "o/m", "w.safetensors", HeaderChange())
    assert bare.line.endswith("only the header differs: its lists, or how it is written")


def test_an_answer_takes_the_place_of_the_one_before_and_is_never_cut_off() -> None:
    answer = TensorAnswer(TensorVerdict.OTHER_VALUES, "o/m", "w.safetensors")
    other = TensorAnswer(TensorVerdict.OTHER_VALUES, "o/other", "w.safetensors")
    said = same_tensors.with_answer([f"line {n}" for n in range(20)], answer, 20)
    assert (len(said), said[-1]) == (20, answer.line)
    both = same_tensors.with_answer([answer.line, "x", other.line], answer, 20)
    assert both == ["x", other.line, answer.line]
    assert same_tensors.told_of(both, "o/m", "w.safetensors") == (
        "have the published names, types and shapes, and other values"
    )
    assert [same_tensors.is_told(line) for line in both] == [False, True, True]


def test_the_published_header_has_a_length_that_the_sizes_tell() -> None:
    assert same_tensors.header_bytes(1_100, facts("a"), 1_150) == 150
    assert same_tensors.header_bytes(1_100, facts("a"), 500) < 0
