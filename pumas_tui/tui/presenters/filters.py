"""The filter popup as letters and words, what a letter does to a query, and the facts of the search line.

A filter is words of the query, so what the popup writes can be read, edited and copied.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pumas_tui.core.domain.models import Order
from pumas_tui.core.domain.query import FilterField, filter_words, parse, with_filter, without_filters
from pumas_tui.core.domain.text import count, plural, safe
from pumas_tui.tui.presenters.cells import width_of
from pumas_tui.tui.presenters.frame import NARROW, WIDE
from pumas_tui.tui.presenters.models import order_text

Choices = tuple[tuple[str, str], ...]
"""Letters with what they stand for."""
ANY = "x"
_BOX = 40  # cells of the search line that stay for what is typed


@dataclass(frozen=True, slots=True)
class _Kind:
    """One letter of the popup: its fields, and (letter, label, filter word) of what they can be."""

    label: str
    fields: tuple[FilterField, ...]
    words: tuple[tuple[str, str, str], ...]


def _named(field: str, *words: tuple[str, str]) -> tuple[tuple[str, str, str], ...]:
    return tuple((letter, value, f"{field}:{value}") for letter, value in words)


_KINDS: Mapping[str, _Kind] = {
    "t": _Kind(
        "type",
        (FilterField.TYPE, FilterField.SUBTYPE),
        _named(
            "type",
            ("d", "diffusion"),
            ("l", "llm"),
            ("m", "vlm"),
            ("e", "embedding"),
            ("a", "audio"),
            ("i", "vision"),
            ("c", "checkpoint"),
            ("o", "lora"),
            ("n", "controlnet"),
            ("t", "text_encoder"),
            ("v", "vae"),
            ("u", "upscale_model"),
        ),
    ),
    "u": _Kind(
        "trust",
        (FilterField.TRUST,),
        _named(
            "trust",
            ("v", "verified"),
            ("h", "high"),
            ("l", "low"),
            ("m", "modified"),
            ("b", "manual"),
            ("p", "pending"),
            ("n", "none"),
        ),
    ),
    "s": _Kind(
        "safety",
        (FilterField.TIER,),
        (("o", "ok", "tier:safe"), ("p", "pickle", "tier:pickle"), ("u", "unknown", "tier:unknown")),
    ),
    "l": _Kind("links", (FilterField.UNLINKED,), (("n", "none", "unlinked"), ("s", "some", "-unlinked"))),
    "d": _Kind(
        "date added",
        (FilterField.ADDED,),
        (
            ("d", "last day", "added:<1d"),
            ("w", "last week", "added:<7d"),
            ("m", "last month", "added:<30d"),
            ("y", "last year", "added:<1y"),
            ("o", "older", "added:>1y"),
        ),
    ),
}


def filter_choices(text: str) -> Choices:
    """The first level: what can be filtered; `x` where something is."""
    kinds = tuple((letter, f"{kind.label} ...") for letter, kind in _KINDS.items())
    return (*kinds, (ANY, "clear")) if filter_words(text) else kinds


def inner_choices() -> dict[str, tuple[str, Choices]]:
    """The second level: title and choices by the letter that leads there."""
    return {
        letter: (
            f"Filter: {kind.label}",
            (*((key, label) for key, label, _ in kind.words), (ANY, "any")),
        )
        for letter, kind in _KINDS.items()
    }


def filtered(text: str, letters: str) -> str:
    """The query after these letters of the popup (`tl`, `tx`, `x`)."""
    if letters == ANY:
        return without_filters(text)
    kind = _KINDS[letters[0]]
    if letters[1] == ANY:
        return without_filters(text, *kind.fields)
    word = next(word for key, _, word in kind.words if key == letters[1])
    return with_filter(without_filters(text, *kind.fields), word)


_ALWAYS = {FilterField.TYPE: "any", FilterField.TRUST: "any"}
_LABELS = {FilterField.TIER: "safety", FilterField.UNLINKED: "links"}
_LINKED = {"": "none", "-": "some"}


def filter_facts(text: str) -> list[tuple[str, bool]]:
    """`type: lora`, `trust: any`, …: what stands in the search line, and whether it filters."""
    shown: dict[FilterField, Sequence[str]] = dict.fromkeys(_ALWAYS, ())
    for field, value in filter_words(text):
        shown[field] = (*shown.get(field, ()), _said(field, value))
    return [
        (f"{_LABELS.get(field, field.value)}: {' '.join(values) or _ALWAYS[field]}", bool(values))
        for field, values in shown.items()
    ]


def _said(field: FilterField, value: str) -> str:
    if field is FilterField.UNLINKED:
        return _LINKED[value]
    return f"not {safe(value[1:])}" if value.startswith("-") else safe(value)


@dataclass(frozen=True, slots=True)
class Counts:
    """Hits of a search, of how many models, what is searched for, and whether the disk is being read."""

    hits: int
    of: int
    query: str
    scanning: bool


def counts_text(facts: Counts, order: Order, width: int) -> str:
    """`14 of 1,284  order: size down` while searching, else `1,284 models`; wide windows name the filters."""
    searching = bool(facts.query.strip())
    counts = f"{count(facts.hits)} of {count(facts.of)}" if searching else plural(facts.of, "model")
    more = "checking for changes" if facts.scanning else order_text(order)
    if width < WIDE:
        return f"{counts}  {more}" if more and width >= NARROW else counts
    told = filter_facts(facts.query)
    more = more or ("order: best first" if parse(facts.query).words else "order: name up")
    while told and width_of("   ".join([counts, *(text for text, _ in told), more])) > width - _BOX:
        told.remove(next((fact for fact in reversed(told) if not fact[1]), told[-1]))
    return "   ".join([counts, *(text for text, _ in told), more])
