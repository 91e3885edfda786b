"""Changing an import before it begins: what its model will be called and is, and how its bytes come in."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pumas_tui.core.domain import editing, naming
from pumas_tui.core.domain.editing import BadFieldError, Value
from pumas_tui.core.domain.imports import ImportMode
from pumas_tui.core.domain.jobs import Job, NeedKind
from pumas_tui.core.domain.vocabulary import subtypes_of

FIELDS = ("name", "type", "subtype", "family", "tags", "mode")
"""What may be changed."""

_CHOICES = {"official_name": "name"}  # fields of metadata.json that choices call otherwise
_SHOWN = ("model_type", "subtype", "family")


def checked(changes: Mapping[str, Value]) -> dict[str, Any]:
    """Changes by their names in `ImportChoices`, each in its type; empty family, subtype: as identified.

    Raises BadFieldError.
    """
    strange = next((name for name in changes if name not in FIELDS), None)
    if strange is not None:
        raise BadFieldError(strange, "cannot be changed before an import", hint=f"one of {', '.join(FIELDS)}")
    said = {name: value for name, value in changes.items() if name != "mode"}
    found = {_CHOICES.get(name, name): value for name, value in editing.checked(said).items()}
    if changes.get("family", "unsaid") == "":
        found["family"] = ""
    if "mode" in changes:
        found["mode"] = _mode(changes["mode"])
    return found


def _mode(value: Value) -> str:
    known = [mode.value for mode in ImportMode]
    if value not in known:
        raise BadFieldError("mode", f'"{value}" is none', hint=f"one of {', '.join(known)}")
    return str(value)


def revised_job(job: Job, changes: Mapping[str, Any]) -> Job:
    """An import job after `checked` changes. Raises BadFieldError.

    A question about a taken name is dropped with the name: the import looks again when it begins.
    """
    after = revised(job.payload, changes)
    other = after["model_id"] != job.payload["model_id"]
    needs = tuple(need for need in job.needs if not (other and need.kind is NeedKind.NAME_TAKEN))
    return replace(job, payload=after, needs=needs)


def revised(payload: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The payload of an import job after `checked` changes. Raises BadFieldError.

    A subtype that does not go with a new type is dropped; one that is asked for is refused. What was
    identified is kept beside, for fields that are emptied again.
    """
    identified = payload.get("identified") or {field: payload[field] for field in _SHOWN}
    after = {**payload, "identified": identified, "choices": {**payload["choices"], **changes}}
    after.update({field: changes[field] or identified[field] for field in _SHOWN if field in changes})
    known = subtypes_of(after["model_type"])
    if after["subtype"] and after["subtype"] not in known:
        if changes.get("subtype"):
            why = f'"{after["subtype"]}" does not go with {after["model_type"]}'
            raise BadFieldError("subtype", why, hint=f"one of {', '.join(known)}")
        after["subtype"] = after["choices"]["subtype"] = ""
    name = (
        naming.cleaned_name(changes["name"]) if "name" in changes else payload["model_id"].rsplit("/", 1)[-1]
    )
    after["model_id"] = naming.model_id(after["model_type"], after["family"], name)
    return after
