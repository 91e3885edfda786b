"""What can be edited as lines of a form: of models in the library, of imports that wait, and back again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pumas_tui.core.domain.models import ModelDetail
from pumas_tui.core.domain.text import plural, safe
from pumas_tui.core.domain.vocabulary import MODEL_TYPES, subtypes_of

_YOURS = "what you change is Manual: look-ups leave it alone"
_DIFFERENT = "not the same in all; what you type counts for all"
_TYPES = f"one of {', '.join(MODEL_TYPES)}"
_KNOWN = "empty: as identified"
_TAGS = "words with commas between"
_LINE_END = r"\n"


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a form. `value` is printable; `hint` says what fits, `ghost` stands in an empty box."""

    name: str
    label: str
    value: str
    hint: str = ""
    ghost: str = ""


def edit_title(names: Sequence[str], what: str = "model") -> str:
    """What stands over the form. `names` as they are on the disk."""
    return f"Edit {safe(names[0])}" if len(names) == 1 else f"Edit {plural(len(names), what)}"


def model_fields(details: Sequence[ModelDetail]) -> list[Field]:
    """The form for these models. Of several, names and notes stay each model's own, and tags are added."""
    metas = [detail.metadata for detail in details]
    kind = _same([meta.model_type for meta in metas])
    several = len(metas) > 1
    subtypes = f"one of {', '.join(subtypes_of(kind))}" if kind else "goes with the type"
    shared = [
        _shared("family", "Family", [meta.family for meta in metas], _YOURS),
        _shared("type", "Type", [meta.model_type for meta in metas], _TYPES),
        _shared("subtype", "Subtype", [meta.subtype for meta in metas], subtypes),
        _shared("base", "Base", [meta.base_model for meta in metas], "the model it was made for or from"),
    ]
    if several:
        return [*shared, Field("tags", "Add tags", "", _TAGS, "added to those each model has")]
    notes = metas[0].notes.replace("\n", _LINE_END)
    return [
        Field("name", "Name", safe(metas[0].official_name), _YOURS),
        *shared,
        Field("tags", "Tags", safe(", ".join(metas[0].tags)), _TAGS),
        Field("notes", "Notes", safe(notes), rf"{_LINE_END} begins a new line"),
    ]


def job_fields(payloads: Sequence[Mapping[str, Any]]) -> list[Field]:
    """The form for imports that have not begun, by their payloads."""
    kind = _same([_text(payload, "model_type") for payload in payloads])
    subtypes = f"one of {', '.join(subtypes_of(kind))}" if kind else "goes with the type"
    chosen = [payload.get("choices") or {} for payload in payloads]
    tags = [", ".join(choices.get("tags") or ()) for choices in chosen]
    fields = [
        _shared("type", "Type", [_text(payload, "model_type") for payload in payloads], _TYPES),
        _shared("subtype", "Subtype", [_text(payload, "subtype") for payload in payloads], subtypes),
        _shared("family", "Family", [_text(payload, "family") for payload in payloads], _KNOWN),
        _shared("tags", "Tags", tags, _TAGS),
    ]
    if len(payloads) > 1:
        return fields
    name = str(chosen[0].get("name") or payloads[0].get("name") or "")
    return [Field("name", "Name", safe(name), "the directory in the library is named after it"), *fields]


def written(values: Mapping[str, str]) -> dict[str, str]:
    """Texts of a form as values: notes with their line ends."""
    return {name: text.replace(_LINE_END, "\n") if name == "notes" else text for name, text in values.items()}


def _text(payload: Mapping[str, Any], key: str) -> str:
    return str(payload.get(key) or "")


def _same(values: Sequence[str]) -> str:
    return values[0] if len(set(values)) == 1 else ""


def _shared(name: str, label: str, values: Sequence[str], hint: str) -> Field:
    different = len(set(values)) > 1
    return Field(name, label, safe(_same(values)), hint, _DIFFERENT if different else "")
