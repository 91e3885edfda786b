"""The look-up of one model as text: what is known, candidates, what a candidate would change, states."""

import time
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from pumas_tui.core.domain.enriching import FieldChange
from pumas_tui.core.domain.identification import Identification
from pumas_tui.core.domain.matching import Compared
from pumas_tui.core.domain.models import ModelDetail
from pumas_tui.core.domain.network_state import NetworkState, NetworkStatus
from pumas_tui.core.domain.text import plural, safe, size
from pumas_tui.core.domain.vocabulary import Trust
from pumas_tui.tui.presenters.cells import cut_end, cut_middle, pad, pad_left
from pumas_tui.tui.presenters.models import day, trust_word
from pumas_tui.tui.presenters.network import clock, header_words, is_offline, when
from pumas_tui.tui.presenters.prose import Hint, Line, Tone

NONE_OF_THESE = "none of these (keep what I have)"
_ROOMY = 100
_EQUAL = {True: "equal", False: "differs", None: "-"}
_LABELS = {
    "official_name": "name",
    "variant": "variant",
    "family": "family",
    "base_model": "base model",
    "tags": "tags",
    "trigger_words": "trigger words",
    "license": "licence",
    "release_date": "released",
    "repo_id": "repository",
}
_WITH_REPO = ("repo_revision", "download_url", "model_card")
"""Fields that nobody chooses apart: they come with the repository's name."""
_MEANS = {
    Trust.VERIFIED: "the SHA-256 of the file equals the published one.",
    Trust.HIGH: "exact file name, size equal or not told; the content could not be compared.",
    Trust.LOW: "similar name only. Nothing is filled in without you.",
    Trust.MODIFIED: "name and size fit this repository, but the content is not the published file. It may be "
    'pruned, merged or altered. Its name will begin with "Modified version of".',
    Trust.NONE: "neither name nor content fits.",
}


_SHORT = {Trust.MODIFIED: "name and size fit, the content is not the published file."}


def title(detail: ModelDetail) -> str:
    """On the border."""
    return f"{safe(detail.row.official_name)} > look up on Hugging Face"


def subject(detail: ModelDetail, trust: Trust, asked: str, width: int) -> list[Line]:
    """What is known of the model itself, its badge by now, and what was asked."""
    meta, row = detail.metadata, detail.row
    name = safe(meta.files[0].original_name if meta.files else row.official_name)
    now = f"{size(row.size_bytes)}   now: {trust_word(trust)}"
    lines = [Line(_ends(name, now, width), clip=True)]
    if width >= _ROOMY:
        sha = f"SHA-256 {row.sha256[:12]}...   added {day(row.added_at)}"
        kind = " ".join(p for p in (row.family, row.subtype or row.model_type) if p and p != "unknown")
        lines.append(
            Line(
                _ends(safe(sha), safe(f"from the file itself: {kind}" if kind else ""), width),
                Tone.DIM,
                clip=True,
            )
        )
    return [*lines, Line(_ends("", asked, width), Tone.DIM, clip=True), Line()]


def asking(many: int, asking_s: float) -> str:
    """What is said while the Hub is asked."""
    return _after_count(many, f"asking, {clock(asking_s, 0)}")


def asked(answer: Identification, state: NetworkState, now: float, width: int) -> str:
    """How many candidates there are, when that was asked and how long it took; else how the network is."""
    many = len(answer.candidates)
    waits = answer.trust is Trust.PENDING and not answer.stale
    if waits or not answer.asked_at:
        return _after_count(
            many, "" if state.status is NetworkStatus.ONLINE else header_words(state, now).least
        )
    if answer.stale:
        return _after_count(many, f"from the cache, {when(answer.asked_at, now)}")
    at = time.strftime("%H:%M:%S", time.localtime(answer.asked_at))
    if width < _ROOMY:
        return _after_count(many, at)
    return _after_count(many, f"asked {at}, {answer.took_s:.1f} s")


def _after_count(many: int, told: str) -> str:
    return f"{plural(many, 'candidate')}   {told}".rstrip() if many else told


def heads(width: int) -> Line:
    """The column heads above the candidates."""
    cells = _cells("Repository", "File", "size", "hash", "name", "trust", width - 2)
    return Line(f"  {cells}", Tone.DIM, clip=True)


def candidate(found: Compared, width: int) -> str:
    """One candidate in `width` cells."""
    file = found.file.name if found.file is not None else ""
    hashes = _EQUAL[found.hash_equal]
    name = f"{found.score:.0%}"
    return _cells(
        safe(found.repo_id),
        safe(file),
        _EQUAL[found.size_equal],
        hashes,
        name,
        trust_word(found.trust),
        width,
    )


def _cells(repo: str, file: str, sizes: str, hashes: str, name: str, trust: str, width: int) -> str:
    facts = f" {pad(sizes, 7)} {pad(hashes, 7)} {pad_left(name, 4)}  {pad(trust, 8)}"
    room = width - len(facts)
    if width < _ROOMY:
        return pad(cut_middle(repo, room, 8), room) + facts
    left = room * 55 // 100
    return (
        pad(cut_middle(repo, left - 1, 8), left) + pad(cut_middle(file, room - left, 16), room - left) + facts
    )


def shown_changes(changes: Sequence[FieldChange]) -> tuple[FieldChange, ...]:
    """Those a person chooses among."""
    return tuple(change for change in changes if change.field in _LABELS)


def taken_fields(changes: Sequence[FieldChange], left_out: Collection[str]) -> list[str]:
    """Names of the fields to take over, when some of those that are shown are left out."""
    kept = [change.field for change in changes if change.field not in left_out]
    return [field for field in kept if field not in _WITH_REPO or "repo_id" not in left_out]


def change_line(change: FieldChange, width: int) -> str:
    """`family   unknown -> flux`; in wide windows what stands now and what would stand after in columns."""
    label, now, after = pad(_LABELS[change.field], 14), _value(change.now), _value(change.after)
    if width >= _ROOMY:
        room = (width - 14) // 2
        return label + pad(cut_end(now, room - 2), room) + cut_end(after, room)
    return cut_end(f"{label}-> {after}", width)


def trust_by_now(detail: ModelDetail, answer: Identification | None) -> Trust:
    """The model's badge once the answer is written: a person's stays, and what was proven once."""
    before = detail.row.trust
    if answer is None or answer.stale or answer.trust is Trust.PENDING:
        return before
    return before if before in (Trust.MANUAL, Trust.VERIFIED) else answer.trust


def change_lines(changes: Sequence[FieldChange], width: int, *, filled: bool) -> list[Line]:
    """Below the candidates: what taking this one would change, or what was filled in from it by itself."""
    shown = shown_changes(changes)
    if not shown:
        return [Line("Taking it changes nothing but the badge.")]
    heading = "Filled in; u in the library takes it back" if filled else "Would change"
    if width >= _ROOMY:
        room = (width - 16) // 2
        told, columns = ("Filled in", ("before", "now")) if filled else (heading, ("now", "after"))
        heading = pad(told, 16) + pad(columns[0], room) + columns[1]
    own = "notes         (yours) stay"
    return [
        Line(heading, Tone.STRONG, clip=True),
        *(Line("  " + change_line(c, width - 2), clip=True) for c in shown),
        Line("  " + own),
    ]


_KINDS = {"shard": "part", "vae": "VAE", "config": "config", "quantisation": "quantisation"}


def related(answer: Identification, candidate: Compared) -> list[Line]:
    """What else the repository of a proven match has, by kind; `f` leads to it."""
    if answer.best != candidate or not answer.related:
        return []
    numbers = Counter(one.kind for one in answer.related)
    told = ", ".join(plural(numbers[kind], name) for kind, name in _KINDS.items() if numbers[kind])
    return [Line(f"Also there: {told}   f shows them", clip=True)]


def _value(value: Any) -> str:
    if isinstance(value, list):
        return safe(", ".join(str(one) for one in value)) or "-"
    return safe(str(value)) if value not in (None, "") else "-"


def meaning(trust: Trust, width: int) -> Line:
    """What the badge of a candidate says."""
    says = _MEANS.get(trust, "") if width >= _ROOMY else _SHORT.get(trust, _MEANS.get(trust, ""))
    return Line(f'"{trust_word(trust)}": {says}', hang=2)


def why(answer: Identification) -> list[Line]:
    """The evidence behind the badge, line by line."""
    return [
        Line("Why this badge", Tone.STRONG),
        *(Line(f"  {safe(line)}", hang=4) for line in answer.evidence),
    ]


def declined(detail: ModelDetail, candidate: Compared) -> list[Line]:
    """Why a sure match filled in nothing by itself."""
    if candidate.repo_id not in detail.metadata.declined:
        return []
    return [Line("You took its words back, so none is filled in without you.", Tone.DIM)]


def not_asked(answer: Identification) -> list[Line]:
    """Below candidates that nobody, or not everybody, was asked about now."""
    if answer.stale:
        return [Line(), Line("Nothing was asked and nothing written: this model still waits.", Tone.DIM)]
    if answer.trust is not Trust.PENDING:
        return []
    return [
        Line(),
        Line(f"Not all could be asked: {safe(answer.reason)}. It goes on by itself.", Tone.WARNING),
    ]


def cached_hint(kept: Identification, now: float) -> Hint:
    """What `c` does."""
    at = when(kept.asked_at, now)
    return Hint("c", f"show what the cache has (from {at})", f"cache of {at}")


def nothing(answer: Identification, state: NetworkState, waiting: int, now: float) -> list[Line]:
    """Why there is no candidate: none fits, or nobody could be asked."""
    if answer.trust is not Trust.PENDING:
        return [Line("No repository fits. m keeps your own words, / tries others.")]
    if state.status is NetworkStatus.RATE_LIMITED:
        return [
            Line("Hugging Face asks us to slow down (429)."),
            Line(f"Lookups go on in {clock(state.retry_at, now)}, by themselves."),
            Line("With a token the limit is higher: set HF_TOKEN, or log in with `hf auth login`."),
        ]
    rest = f"this model is on the list of {waiting} that wait, and will be looked up by itself."
    if state.status is NetworkStatus.OFF:
        return [
            Line("Lookups are off: --offline, or network.offline in the settings."),
            Line(f"Nothing is lost: {rest}"),
        ]
    again = f", next try in {clock(state.retry_at, now)}" if state.retry_at is not None else ""
    why = header_words(state, now).least + again if is_offline(state, now) else safe(answer.reason)
    return [Line(f"No answer from Hugging Face: {why}."), Line(f"Nothing is lost: {rest}")]


def _ends(left: str, right: str, width: int) -> str:
    """Both at the ends of the line."""
    room = width - len(right) - 2
    return pad(cut_end(left, max(room, 0)), max(room, 0)) + "  " + right
