"""overrides.json beside a model's metadata: for which versions of which apps it is meant.

    {"version_ranges": {"comfyui": ">=0.5.0,<0.7.0"}}

Keys are app ids in lower case, values specifiers of PEP 440. No file, or no range for an app: all versions.
Unknown keys survive a rewrite.
"""

import json
from collections.abc import Mapping
from typing import Any

from pumas_tui.core.domain.editing import BadFieldError

MAX_BYTES = 1 << 20
_RANGES = "version_ranges"
_LONGEST = 200


class BadOverridesError(ValueError):
    """The bytes are not an overrides.json; the message says why in one line."""


def parse(raw: bytes) -> dict[str, Any]:
    """Bytes of an overrides.json to its JSON object. Raises BadOverridesError whatever the bytes are."""
    try:
        values = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadOverridesError(f"not JSON: {error}") from None
    if not isinstance(values, dict):
        raise BadOverridesError("not a JSON object")
    ranges = values.get(_RANGES, {})
    if not isinstance(ranges, dict) or not all(isinstance(text, str) for text in ranges.values()):
        raise BadOverridesError(f"{_RANGES} must map apps to texts")
    return values


def dump(document: Mapping[str, Any]) -> bytes:
    """The bytes to write."""
    return (json.dumps(document, indent=2) + "\n").encode()


def ranges(document: Mapping[str, Any]) -> dict[str, str]:
    """App id -> specifier."""
    return dict(document.get(_RANGES, {}))


def limited(document: Mapping[str, Any], app: str, specifier: str) -> dict[str, Any]:
    """The document with the range of one app; an empty specifier takes it out. Raises BadFieldError."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # 20 ms that only this decision needs

    name, wanted = app.strip().lower(), specifier.strip()
    if not name or not name.isprintable() or len(name) > _LONGEST or " " in name:
        raise BadFieldError("app", "must be the id of an app, such as comfyui")
    known = {key: value for key, value in ranges(document).items() if key != name}
    if wanted:
        try:
            SpecifierSet(wanted)
        except InvalidSpecifier:
            hint = "such as >=0.5,<0.7 (PEP 440)"
            raise BadFieldError("specifier", f'"{wanted}" is not a range of versions', hint) from None
        known[name] = wanted
    return {**document, _RANGES: known}
