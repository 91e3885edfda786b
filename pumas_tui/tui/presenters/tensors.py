"""Comparing the tensors of a Modified file with the published ones: when, how far it is, what came of it."""

from pumas_tui.core.domain import same_tensors
from pumas_tui.core.domain.identification import Identification
from pumas_tui.core.domain.matching import Compared
from pumas_tui.core.domain.same_tensors import TensorAnswer, TensorVerdict
from pumas_tui.core.domain.text import safe, size_of
from pumas_tui.core.domain.vocabulary import Trust
from pumas_tui.tui.presenters.prose import Line, Tone

_MEANS = {
    TensorVerdict.SAME_BYTES: "Proven by SHA-256: not one weight differs.",
    TensorVerdict.OTHER_VALUES: "The model was trained further, merged or altered.",
    TensorVerdict.OTHER_TENSORS: "It is another precision, pruned, or another model.",
}


def is_offered(candidate: Compared | None) -> bool:
    """There is something to compare: right name, other content, and a hash to prove it by."""
    if candidate is None or candidate.file is None:
        return False
    return candidate.trust is Trust.MODIFIED and bool(candidate.file.sha256)


def known(answer: Identification | None, candidate: Compared) -> list[Line]:
    """What an earlier comparison with this candidate's file came to."""
    if answer is None or candidate.file is None:
        return []
    told = same_tensors.told_of(answer.evidence, candidate.repo_id, candidate.file.path)
    return [Line(safe(f"Its tensors {told}."), hang=2)] if told else []


def so_far(candidate: Compared, done: int, total: int) -> list[Line]:
    """What is being done."""
    file = candidate.file.path if candidate.file is not None else ""
    against = Line(f"Against {safe(candidate.repo_id)} {safe(file)}.", hang=2)
    if not total:
        return [against, Line(), Line("Fetching the published header ...")]
    return [against, Line(), Line(f"The headers fit. Reading this file: {size_of(done, total)}.")]


def answer(told: TensorAnswer) -> list[Line]:
    """What came of it."""
    means = _MEANS.get(told.verdict)
    rest = [Line(means), Line("The badge stays as it is.", Tone.DIM)] if means is not None else []
    return [Line(safe(told.line), Tone.STRONG, hang=2), Line(), *rest]


def title(candidate: Compared) -> str:
    """On the border."""
    return f"Tensors of {safe(candidate.file.name if candidate.file is not None else candidate.repo_id)}"
