"""What a person may change of a model, and what metadata.json says afterwards.

Edits work on the JSON document itself, not on the parsed model: whatever this version does not know, a null
included, comes through as it was. Only the fields that are named change, and only they become `manual`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pumas_tui.core.domain.errors import UsageError
from pumas_tui.core.domain.vocabulary import MODEL_TYPES, Trust, subtypes_of

Value = str | Sequence[str]
"""A new value as a person gives it: text, or a list; text for a list is cut at commas, empty text clears."""

ALIASES = {"name": "official_name", "type": "model_type", "base": "base_model"}
"""Short names of fields, as queries have them."""

_LONGEST_LINE = 500
_LONGEST_NOTES = 100_000
_MOST_WORDS = 500
_LARGEST = 2**63 - 1
_DIFFED_INSIDE = ("field_sources", "version_ranges")
_SPOKEN_BLANKS = "\n\t"


class BadFieldError(UsageError):
    """A value that a field cannot have, or no such field; the message names the field."""

    code = "bad_field"

    def __init__(self, field: str, why: str, hint: str | None = None) -> None:
        super().__init__(f"{field}: {why}", hint=hint)
        self.field = field


def _line(field: str, value: Value) -> str:
    text = _text(field, value).strip()
    if len(text) > _LONGEST_LINE:
        raise BadFieldError(field, f"is longer than {_LONGEST_LINE} characters")
    if not text.isprintable():
        raise BadFieldError(field, "must be one line of printable characters")
    return text


def _text(field: str, value: Value) -> str:
    if not isinstance(value, str):
        raise BadFieldError(field, "takes one text, not a list")
    return value


def _something(field: str, value: Value) -> str:
    line = _line(field, value)
    if not line:
        raise BadFieldError(field, "must not be empty")
    return line


def _family(field: str, value: Value) -> str:
    line = _line(field, value)
    if "/" in line:
        raise BadFieldError(field, "must not hold a slash")
    return line or "unknown"


def _model_type(field: str, value: Value) -> str:
    line = _line(field, value).lower()
    if line not in MODEL_TYPES:
        raise BadFieldError(field, f'"{line}" is none', hint=f"one of {', '.join(MODEL_TYPES)}")
    return line


def _notes(field: str, value: Value) -> str:
    text = _text(field, value).replace("\r\n", "\n").strip()
    if len(text) > _LONGEST_NOTES:
        raise BadFieldError(field, f"is longer than {_LONGEST_NOTES} characters")
    if not all(char.isprintable() or char in _SPOKEN_BLANKS for char in text):
        raise BadFieldError(field, "must hold printable characters and line ends only")
    return text


def _words(field: str, value: Value) -> list[str]:
    given = value.split(",") if isinstance(value, str) else list(value)
    words = [_line(field, word) for word in given]
    kept = list(dict.fromkeys(word for word in words if word))
    if len(kept) > _MOST_WORDS:
        raise BadFieldError(field, f"has more than {_MOST_WORDS} entries")
    return kept


def _number(field: str, value: Value) -> int | None:
    line = _line(field, value)
    if not line:
        return None
    if not (line.isascii() and line.isdecimal() and len(line) < 20 and int(line) <= _LARGEST):
        raise BadFieldError(field, f'"{line}" is not a whole number')
    return int(line)


FIELDS: Mapping[str, Callable[[str, Value], Any]] = {
    "official_name": _something,
    "model_type": _model_type,
    "subtype": _line,
    "family": _family,
    "base_model": _line,
    "tags": _words,
    "notes": _notes,
    "trigger_words": _words,
    "variant": _line,
    "precision": _line,
    "quantization": _line,
    "architecture": _line,
    "parameter_count": _number,
    "context_length": _number,
    "license": _line,
    "release_date": _line,
    "compatible_apps": _words,
}
"""Fields that may be edited, each with what makes a value of what a person gave."""


def checked(changes: Mapping[str, Value]) -> dict[str, Any]:
    """Changes by field name, each in its field's type. Raises BadFieldError."""
    found: dict[str, Any] = {}
    for name, value in changes.items():
        field = ALIASES.get(name, name)
        read = FIELDS.get(field)
        if read is None:
            raise BadFieldError(name, "there is no such field to edit", hint=f"one of {', '.join(FIELDS)}")
        if field in found:
            raise BadFieldError(name, "is given twice")
        found[field] = read(field, value)
    return found


def edited(document: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The document with `checked` changes, and these fields manual. Raises BadFieldError."""
    after = {**document, **{name: value for name, value in changes.items() if value is not None}}
    for name, value in changes.items():
        if value is None:
            after.pop(name, None)
    model_type, subtype = after.get("model_type", "unknown"), after.get("subtype", "")
    if {"model_type", "subtype"} & changes.keys() and subtype and subtype not in subtypes_of(model_type):
        known = ", ".join(subtypes_of(model_type))
        raise BadFieldError("subtype", f'"{subtype}" does not go with {model_type}', hint=f"one of {known}")
    after["field_sources"] = {**_sources(document), **dict.fromkeys(changes, "manual")}
    return after


def tagged(document: Mapping[str, Any], add: Sequence[str], remove: Sequence[str]) -> dict[str, Any]:
    """The document with tags added at the end and taken out, each without regard to case. Raises
    BadFieldError."""
    new, old = _words("tags", add), {tag.casefold() for tag in _words("tags", remove)}
    kept = [tag for tag in document.get("tags", []) if tag.casefold() not in old]
    have = {tag.casefold() for tag in kept}
    tags = [*kept, *(tag for tag in new if tag.casefold() not in have | old)]
    if tags == document.get("tags", []):
        return dict(document)
    if len(tags) > _MOST_WORDS:
        raise BadFieldError("tags", f"has more than {_MOST_WORDS} entries")
    return edited(document, {"tags": tags})


def protected(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with the badge Manual and all fields that say something manual: no look-up changes it."""
    said = [name for name in FIELDS if document.get(name) not in (None, "", [], "unknown")]
    sources = {**_sources(document), **dict.fromkeys(said, "manual")}
    return {**document, "trust": Trust.MANUAL.value, "field_sources": sources}


def stamped(document: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """The document as changed at a time in UTC."""
    return {**document, "updated_date": at.isoformat().replace("+00:00", "Z")}


def _sources(document: Mapping[str, Any]) -> dict[str, Any]:
    return dict(document.get("field_sources") or {})


def unseen(changes: Mapping[str, Any], now: Mapping[str, Any], seen: Mapping[str, Any]) -> tuple[str, ...]:
    """Fields to be changed that somebody else changed since they were `seen`; None, empty and absent are
    one."""
    return tuple(
        name
        for name, value in changes.items()
        if (now.get(name) or None) != (seen.get(name) or None) and now.get(name) != value
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """What an edit changed, both ways: keys that are absent on a side were not there. Where each field is
    from, and the ranges of each app, are told one by one, so that an undo touches nothing of later edits."""

    before: Mapping[str, Any]
    after: Mapping[str, Any]

    def __bool__(self) -> bool:
        return bool(self.before or self.after)


def difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> Difference:
    """The keys in which two documents differ, with both values."""
    before, after = _only_here(old, new), _only_here(new, old)
    for key in _DIFFED_INSIDE:
        inner = _inner(old, key), _inner(new, key)
        sides = ((before, _only_here(*inner)), (after, _only_here(*reversed(inner))))
        for side, changed in sides:
            side.pop(key, None)
            if changed:
                side[key] = changed
    return Difference(before, after)


def _inner(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = document.get(key)
    return value if isinstance(value, dict) else {}


def _only_here(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in one.items() if key not in other or other[key] != value}


def reverted(document: Mapping[str, Any], done: Difference) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The document with a change taken back, and the keys that say something else by now: those stay."""
    new, lost = dict(document), []
    for key in sorted({*done.before, *done.after}):
        if key in _DIFFED_INSIDE:
            inner = Difference(_inner(done.before, key), _inner(done.after, key))
            new[key], inside = _put_back(_inner(document, key), inner)
        else:
            one = Difference(
                {k: v for k, v in done.before.items() if k == key},
                {k: v for k, v in done.after.items() if k == key},
            )
            new, inside = _put_back(new, one)
        lost += [name for name in inside if name != "updated_date"]
    return new, tuple(lost)


def _put_back(document: Mapping[str, Any], done: Difference) -> tuple[dict[str, Any], list[str]]:
    new, lost = dict(document), []
    for key in sorted({*done.before, *done.after}):
        if new.get(key) != done.after.get(key):
            lost.append(key)
        elif key in done.before:
            new[key] = done.before[key]
        else:
            del new[key]
    return new, lost
