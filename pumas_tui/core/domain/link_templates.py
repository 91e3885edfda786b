"""Templates of mapping rules: `{cleaned_name}` and its like, filled with a model's values.

A folder's template is relative to an app's base, posix; empty means the base itself. Literal parts stay as
they are written; a part with a field in it is made legal as a name in the library is (`naming`), so whatever
a value holds, a filled template has as many parts as the template and none of them climbs out.
"""

import re
import unicodedata
from collections.abc import Mapping

from pumas_tui.core.domain.naming import MAX_FILE_NAME_BYTES, safe_file_name

FIELDS = (
    "cleaned_name",
    "family",
    "model_type",
    "subtype",
    "publisher",
    "stem",
    "ext",
    "shard",
)
"""Names that may stand in braces. `stem` and `ext` are a file's name up to and from its last dot, `shard` is
`00001-of-00005`; `ext` and `shard` are empty for a folder, which has its model's name as stem."""

_FIELD = re.compile(r"\{([^{}]*)\}")
_MAX_PARTS = 16


def problem(template: str) -> str | None:
    """Why a text is no template of one name; None where it is one."""
    unknown = next((found[1] for found in _FIELD.finditer(template) if found[1] not in FIELDS), None)
    if unknown is not None:
        return f"{{{unknown}}} is not known; one of {', '.join(f'{{{name}}}' for name in FIELDS)}"
    literal = _FIELD.sub("", template)
    if set(literal) & {"{", "}"}:
        return "a brace without its other one"
    slash = next((word for sign, word in (("/", "slash"), ("\\", "backslash")) if sign in literal), None)
    if slash is not None:
        return f"must not hold a {slash}"
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in literal):
        return "must not hold control characters"
    if len(template.encode()) > MAX_FILE_NAME_BYTES:
        return f"must be at most {MAX_FILE_NAME_BYTES} bytes"
    return None


def folder_problem(template: str) -> str | None:
    """Why a text is no template of a folder below an app's base; None where it is one."""
    if template.startswith("/"):
        return "must be relative to the app's folder"
    parts = template.split("/") if template else []
    if len(parts) > _MAX_PARTS:
        return f"must have at most {_MAX_PARTS} parts"
    if any(part in ("", ".", "..") for part in parts):
        return "must be made of names: no .., no empty part"
    return next((why for why in map(problem, parts) if why is not None), None)


def fill_folder(template: str, values: Mapping[str, str]) -> str:
    """The folder that a template stands for. `values` has every field."""
    return "/".join(fill_name(part, values) if _FIELD.search(part) else part for part in template.split("/"))


def fill_name(template: str, values: Mapping[str, str]) -> str:
    """The name that a template stands for: one legal path part of at most 255 bytes."""
    return safe_file_name(_FIELD.sub(lambda found: values[found[1]], template))
