"""The search language: text to a `Query`, and names to the tokens that are stored and looked up.

    words        AND-ed; each is the beginning of a token            llama 8b
    "exact"      whole words in this order                           "stable diffusion"
    -word        must not occur (also before a filter)               -inpaint -type:vae
    type: family: subtype: tag: trust: tier: app:                    type:lora tag:"line art"
    size:>4g     bytes; k m g t are decimal, ki mi gi ti binary      size:<=500m
    added:<7d    age; h d w y                                        added:>30d
    unlinked     no app links to it

Nothing is a syntax error: what is not a filter is a word. Stored and looked-up text are cut by the same
functions here, so the database needs no tokenizer of its own: a chunk such as `Llama-3.1-8b` gives its
pieces (`llama`, `3.1`, `8b`) and, from every boundary between letters, digits and separators, the next four
parts without separators (`llama3.18b`, `3.18b`, `8b`, `b`). So a word finds whatever begins at a boundary,
however its separators are written. Between CJK characters every place is a boundary.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache

from pumas_tui.core.domain.text import UNITS

MAX_TEXT = 512
"""Characters of a query that are read; a pasted file must not become a query plan."""
MAX_WORDS = 16
_WINDOW = 4  # parts joined into one token; more would make nearly every token unique, and prefixes slow
_MAX_PARTS = 24  # parts of one chunk; hex digests would give dozens
_MAX_STORED = 4000  # characters of one text that are stored

_MARKS = re.compile("[\u0300-\u036f]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_CHUNK = re.compile(r"[^\W_](?:[\w.\-]*[^\W_])?")
_PIECE = re.compile(r"[^\W_]+(?:(?<=\d)\.(?=\d)[^\W_]+)*")
_CJK = "\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff"


@cache
def _part() -> re.Pattern[str]:
    """A number, a CJK character, or other letters. Made when first used: the wide ranges take 10 ms."""
    return re.compile(rf"\d+(?:\.\d+)*|[{_CJK}]|[^\W\d_{_CJK}]+")


def fold(text: str) -> str:
    """Lower case without accents, in one normal form; what SQLite cannot hold (lone surrogates) is U+FFFD."""
    if text.isascii():
        return text.lower()
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", text))
    return _SURROGATES.sub("\ufffd", unicodedata.normalize("NFKC", plain).casefold())


def pieces(text: str) -> list[str]:
    """Words of a text in order, cut at everything but letters and digits; a dot between digits stays."""
    return _PIECE.findall(fold(text))


def joins(text: str) -> list[str]:
    """For every boundary inside a chunk the next four parts without separators."""
    return _joins(fold(text))


def _joins(folded: str) -> list[str]:
    found: list[str] = []
    for chunk in _CHUNK.findall(folded):
        parts = _part().findall(chunk)
        if len(parts) == 1:
            found.append(parts[0])
        else:
            found += ["".join(parts[n : n + _WINDOW]) for n in range(min(len(parts), _MAX_PARTS))]
    return found


def _looked_up(chunk: str) -> list[str]:
    """The joins that must occur, as beginnings, where a typed chunk occurs: overlapping windows."""
    parts = _part().findall(chunk)[:_MAX_PARTS]
    last = max(0, len(parts) - _WINDOW)
    starts = (*range(0, last, _WINDOW - 1), last)
    return ["".join(parts[n : n + _WINDOW]) for n in starts]


def tokens(text: str) -> list[str]:
    """All tokens by which a text is found, each once: its pieces, then its joins."""
    return list(dict.fromkeys([*pieces(text), *joins(text)]))


@dataclass(frozen=True, slots=True)
class FtsText:
    """What is stored of one model for searching: tokens with blanks between, and the plain text.

    `names` and `words` keep the order of the text (phrases); `joins` has none. `plain` is folded text for
    substring search, one source text a line.
    """

    names: str
    words: str
    joins: str
    plain: str


def _cut(folded: str) -> tuple[str, str]:
    """Pieces and the joins that are no pieces, each with blanks between."""
    words = _PIECE.findall(folded)
    extra = dict.fromkeys(_joins(folded))
    for word in words:
        extra.pop(word, None)
    return " ".join(words), " ".join(extra)


@lru_cache(maxsize=4096)
def _short(text: str) -> tuple[str, str, str]:
    """A text that many models share: cut once."""
    folded = fold(text[:_MAX_STORED])
    return (*_cut(folded), folded)


def fts_text(names: Iterable[str], texts: Iterable[str], notes: Iterable[str] = ()) -> FtsText:
    """The stored form of a model's folded names, its other short texts, and long ones (words only)."""
    named = list(dict.fromkeys(names))
    short = [_short(text) for text in texts if text]
    cut = [_cut(name) for name in named]
    long = [_cut(fold(text[:_MAX_STORED])) for text in notes if text]
    return FtsText(
        names=" ".join([one[0] for one in cut]),
        words=" ".join([*[one[0] for one in short], *[one[0] for one in long]]),
        joins=" ".join([one[1] for one in (*cut, *short, *long) if one[1]]),
        plain="\n".join([*named, *[one[2] for one in short]]),
    )


class FilterField(StrEnum):
    """What a filter looks at. TYPE is model_type or subtype."""

    TYPE = "type"
    FAMILY = "family"
    SUBTYPE = "subtype"
    TAG = "tag"
    TRUST = "trust"
    TIER = "tier"
    SIZE = "size"
    ADDED = "added"
    APP = "app"
    UNLINKED = "unlinked"


@dataclass(frozen=True, slots=True)
class Word:
    """One word: `text` folded as typed; `terms` all must occur, as beginnings, or `exact` as one phrase."""

    text: str
    terms: tuple[str, ...]
    exact: bool = False
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter. `values`: folded, any of them. `amount`: bytes for SIZE, seconds of age for ADDED."""

    field: FilterField
    values: tuple[str, ...] = ()
    op: str = ""
    amount: float = 0.0
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query. `name` is the folded text of the plain words: what a name is compared with."""

    words: tuple[Word, ...] = ()
    filters: tuple[Filter, ...] = ()
    name: str = ""

    @property
    def empty(self) -> bool:
        """Everything is asked for."""
        return not self.words and not self.filters


_ITEM = re.compile(r'(?P<neg>-?)(?:(?P<field>[A-Za-z]+):)?(?:"(?P<quoted>[^"]*)"|(?P<plain>\S+))')
_AMOUNT = re.compile(r"(>=|<=|>|<)(\d{1,15}(?:\.\d{1,6})?)([a-z]*)")
_AGES = {"h": 3600, "d": 86400, "w": 7 * 86400, "y": 365 * 86400}
_TRUSTS = frozenset({"verified", "high", "low", "modified", "none", "pending", "manual"})
_TIERS = frozenset({"safe", "unknown", "pickle"})
_OPENINGS = frozenset(f"{field}:" for field in FilterField)


def parse(text: str) -> Query:
    """Read a query. Never raises."""
    words: list[Word] = []
    filters: list[Filter] = []
    for item in _items(text):
        found = _filter(item)
        if found is not None:
            filters.append(found)
        elif (word := _word(item)) is not None:
            words.append(word)
    name = " ".join(word.text for word in words if not word.negated)
    return Query(tuple(words), tuple(filters), name)


def _word(item: re.Match[str]) -> Word | None:
    """A word, or None where there is nothing to look for: a lone dash, a filter without its value yet."""
    negated = bool(item["neg"])
    quoted = item["quoted"]
    if quoted is not None and item["field"] is None:
        terms = tuple(pieces(quoted))
        return (
            Word(fold(quoted).strip(), terms, exact=bool(terms), negated=negated) if quoted.strip() else None
        )
    typed = fold(item[0][1:] if negated else item[0])
    if typed in _OPENINGS:
        return None
    typed = typed.replace('"', " ").strip() or typed
    found = [term for chunk in _CHUNK.findall(typed) for term in _looked_up(chunk)]
    if not found and typed.isascii():
        return None
    return Word(typed, tuple(dict.fromkeys(found)), negated=negated)


def _filter(item: re.Match[str]) -> Filter | None:
    """A filter, or None: unknown names and values that cannot be one are words."""
    negated = bool(item["neg"])
    if item["field"] is None:
        bare = item["plain"] is not None and item["plain"].lower() == FilterField.UNLINKED
        return Filter(FilterField.UNLINKED, negated=negated) if bare else None
    try:
        field = FilterField(item["field"].lower())
    except ValueError:
        return None
    value = fold(item["quoted"] if item["quoted"] is not None else item["plain"]).strip()
    if field in (FilterField.SIZE, FilterField.ADDED):
        return _measure(field, value, negated)
    values = _values(field, value)
    return Filter(field, values, negated=negated) if values else None


def _values(field: FilterField, value: str) -> tuple[str, ...]:
    if not value or field is FilterField.UNLINKED:
        return ()
    if field in (FilterField.TYPE, FilterField.SUBTYPE):
        return type_names(value)
    allowed = {FilterField.TRUST: _TRUSTS, FilterField.TIER: _TIERS}.get(field)
    return (value,) if allowed is None or value in allowed else ()


def _measure(field: FilterField, value: str, negated: bool) -> Filter | None:
    match = _AMOUNT.fullmatch(value)
    unit = (UNITS if field is FilterField.SIZE else _AGES).get(match[3]) if match else None
    if match is None or unit is None:
        return None
    return Filter(field, op=match[1], amount=float(match[2]) * unit, negated=negated)


def type_names(value: str) -> tuple[str, ...]:
    """A type or subtype as it may be spelled in the library: singular and plural, dashes as underscores."""
    name = value.replace("-", "_").replace(" ", "_")
    single = name.removesuffix("s")
    return tuple(dict.fromkeys((name, single, f"{single}s")))


def filter_words(text: str) -> tuple[tuple[FilterField, str], ...]:
    """The filters of a query as typed: field and value, `-` before it where negated; `unlinked` has none."""
    found = []
    for item in _items(text):
        one = _filter(item)
        if one is not None:
            value = (item["quoted"] or item["plain"] or "") if item["field"] else ""
            found.append((one.field, f"-{value}" if one.negated else value))
    return tuple(found)


def without_filters(text: str, *fields: FilterField) -> str:
    """The query without its filters on these fields, on any field where none is named; the rest as typed."""
    kept = []
    for item in _items(text):
        one = _filter(item)
        if one is None or (fields and one.field not in fields):
            kept.append(item[0])
    return " ".join(kept)


def with_filter(text: str, word: str) -> str:
    """The query with this filter instead of those on its field. Filters stand first, and a blank follows, so
    that what is typed next becomes a word of its own."""
    fields = {one.field for one in parse(word).filters}
    filters = [w for w in _items(without_filters(text, *fields)) if _filter(w) is not None]
    words = [w for w in _items(text) if _filter(w) is None]
    return " ".join([*(w[0] for w in filters), word, *(w[0] for w in words)]) + ("" if words else " ")


def _items(text: str) -> list[re.Match[str]]:
    return list(_ITEM.finditer(text[:MAX_TEXT]))[:MAX_WORDS]
