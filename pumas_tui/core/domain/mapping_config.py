"""Mapping configs: JSON files of rules that say which models go to which folder of which app.

    {
      "app": "comfyui", "version": "*", "variant": "default",
      "mappings": [
        {"name": "loras", "target_subdir": "loras", "patterns": ["*.safetensors"],
         "filters": {"subtype": "loras", "exclude_tags": ["draft"]}, "conflict": "ask", "priority": 0}
      ]
    }

The models below are the reference of the format. A file is called `{app}_{version}_{variant}.json`; what it
says inside is what counts, and a name that disagrees is an error. Unknown keys are errors too: a misspelt
filter would let every model in. `parse` bounds the size, the parser the depth.
"""

import json
import re
import unicodedata
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    FailFast,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from pumas_tui.core.domain import json_places, link_templates
from pumas_tui.core.domain.apps import AppKind
from pumas_tui.core.domain.files import SecurityTier
from pumas_tui.core.domain.mapped import ConflictPolicy
from pumas_tui.core.domain.vocabulary import MODEL_TYPES, subtypes_of

MAX_BYTES = 256 << 10
ANY_VERSION = "*"
DEFAULT_VARIANT = "default"
_MAX_RULES = 500
_SUBTYPES = subtypes_of("unknown")  # those of every type
_TIERS = tuple(tier.value for tier in SecurityTier)
_HOW = re.compile(r"^(?:Input|String|Tuple) should")
_SAID = {
    "extra_forbidden": "is not known here",
    "missing": "is missing",
    "string_pattern_mismatch": "must be made of letters, digits and . _ - (a version may also be *)",
}
"""What a person is told, by pydantic's type of error."""


class BadConfigError(ValueError):
    """A mapping config that cannot be used. `field` is a path such as `mappings[2].filters.subtype`, empty
    where the whole file is meant; `line` counts from 1."""

    def __init__(self, file: str, field: str, message: str, line: int | None = None) -> None:
        place = file if line is None else f"{file}, line {line}"
        super().__init__(": ".join(part for part in (place, field, message) if part))
        self.file = file
        self.field = field
        self.message = message
        self.line = line


def _printable(value: str) -> str:
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in value):
        raise ValueError("must not hold control characters")
    return value


def _several(value: object) -> object:
    """One text stands for a list of it."""
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


def _among(*known: str) -> AfterValidator:
    def check(values: tuple[str, ...]) -> tuple[str, ...]:
        strange = next((value for value in values if value not in known), None)
        if strange is not None:
            raise ValueError(f'"{strange}" is not known; one of {", ".join(known)}')
        return values

    return AfterValidator(check)


def _date(value: str) -> str:
    if value:
        try:
            datetime.fromisoformat(value)
        except ValueError:
            raise ValueError("must be a date and time of ISO 8601") from None
    return value


_Line = Annotated[str, Field(max_length=200), AfterValidator(_printable)]
_Word = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_printable)]
_Words = Annotated[tuple[_Word, ...], Field(max_length=200), BeforeValidator(_several)]
_Megabytes = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_Date = Annotated[_Line, AfterValidator(_date)]
_Pattern = Annotated[str, Field(min_length=1, max_length=128), AfterValidator(_printable)]


class LinkType(StrEnum):
    """What a rule links: a model's weight files, or its whole folder as one."""

    FILE = "file"
    DIRECTORY = "directory"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Filters(_Part):
    """Which models a rule takes; all that are given must hold, and what is not given holds for every model.

    Of several texts one suffices; `exclude_tags` beats `tags`. Families, tags and base models are compared
    without regard to case. Sizes are those of all files of the model, in units of 10**6 bytes, both
    included.
    """

    model_type: Annotated[_Words, _among(*MODEL_TYPES)] = ()
    subtype: Annotated[_Words, _among(*_SUBTYPES)] = ()
    families: _Words = ()
    tags: _Words = ()
    exclude_tags: _Words = ()
    base_model: _Words = ()
    min_size_mb: _Megabytes | None = None
    max_size_mb: _Megabytes | None = None
    security_tier: Annotated[_Words, _among(*_TIERS)] = ()

    @model_validator(mode="after")
    def _some_size(self) -> Self:
        least, most = self.min_size_mb, self.max_size_mb
        if least is not None and most is not None and least > most:
            raise ValueError("min_size_mb is more than max_size_mb")
        return self


class Rule(_Part):
    """Which models go to which folder of the app, and under which name.

    `target_subdir` and `link_name` are templates (`link_templates`). `patterns` are matched with a file's
    name, case aside; `*` and `?` stand for other characters, nothing else does. Rules of one name in several
    files: the most specific file's is taken whole.
    """

    name: _Word
    description: Annotated[str, Field(max_length=2000)] = ""
    target_subdir: Annotated[str, Field(max_length=1000)]
    patterns: Annotated[tuple[_Pattern, ...], Field(min_length=1, max_length=100), BeforeValidator(_several)]
    link_type: LinkType = LinkType.FILE
    filters: Filters = Filters()
    conflict: ConflictPolicy = ConflictPolicy.ASK
    link_name: str | None = None
    enabled: bool = True
    priority: Annotated[int, Field(ge=-1000, le=1000)] = 0

    @field_validator("target_subdir")
    @classmethod
    def _below_the_app(cls, value: str) -> str:
        why = link_templates.folder_problem(value)
        if why is not None:
            raise ValueError(why)
        return value

    @field_validator("link_name")
    @classmethod
    def _one_name(cls, value: str | None) -> str | None:
        why = link_templates.problem(value) if value else None
        if value == "" or why is not None:
            raise ValueError(why or "must not be empty; leave it out to keep the file's own name")
        return value

    @field_validator("patterns")
    @classmethod
    def _names_only(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any("/" in pattern for pattern in value):
            raise ValueError("a pattern is matched with the name of a file and must hold no slash")
        return value


class Layer(StrEnum):
    """Who made a config: it came with the program, which any of the user's beats, or is the user's."""

    PACKAGED = "packaged"
    USER = "user"


class _Document(_Part):
    """What stands in a file."""

    app: str
    version: Annotated[str, Field(pattern=r"^(\*|[0-9A-Za-z][0-9A-Za-z.+!_-]{0,63})$")]
    variant: Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$")]
    description: Annotated[str, Field(max_length=2000)] = ""
    created_at: _Date = ""
    updated_at: _Date = ""
    mappings: Annotated[tuple[Rule, ...], Field(max_length=_MAX_RULES), FailFast(), BeforeValidator(_several)]

    @field_validator("app")
    @classmethod
    def _known_app(cls, value: str) -> str:
        if value not in tuple(AppKind):
            raise ValueError(f'"{value}" is not known; one of {", ".join(AppKind)}')
        return value

    @field_validator("mappings")
    @classmethod
    def _own_names(cls, value: tuple[Rule, ...]) -> tuple[Rule, ...]:
        names = [rule.name for rule in value]
        twice = next((name for at, name in enumerate(names) if name in names[:at]), None)
        if twice is not None:
            raise ValueError(f'two rules are named "{twice}"')
        return value


class MappingConfig(_Document):
    """The rules of one file. `version` is exact, or `*` for all versions; `variant` is `default`, or a name
    that apps are set to. `layer` is where the file was found, and stands not in it."""

    layer: Layer = Layer.USER

    @property
    def file(self) -> str:
        """The name of its file."""
        return f"{self.app}_{self.version}_{self.variant}.json"


def parse(raw: bytes, file: str, *, packaged: bool = False) -> MappingConfig:
    """The config in a file of this name, a last path part. Raises BadConfigError whatever the bytes are."""
    text = _text(raw, file)
    try:
        document = _Document.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = first["loc"]
        message = _SAID.get(first["type"]) or _HOW.sub("must", first["msg"].removeprefix("Value error, "))
        raise BadConfigError(file, _dotted(where), message, json_places.line_of(text, where)) from None
    config = MappingConfig(**dict(document), layer=Layer.PACKAGED if packaged else Layer.USER)
    if file != config.file:
        field = _disagreeing(config, file)
        message = f"the file is called {file}, but what it says inside makes it {config.file}"
        raise BadConfigError(file, field, message, json_places.line_of(text, (field,)))
    return config


def dump(config: MappingConfig) -> bytes:
    """The bytes to write; what is as it is when left out is left out, one text stands for a list of it."""
    document = config.model_dump(mode="json", exclude={"layer"}, exclude_none=True, exclude_defaults=True)
    return (json.dumps(_shortened(document), indent=2, ensure_ascii=False) + "\n").encode()


def _text(raw: bytes, file: str) -> str:
    """The JSON object's text, its syntax checked."""
    if len(raw) > MAX_BYTES:
        raise BadConfigError(file, "", f"larger than {MAX_BYTES} bytes")
    try:
        text = raw.decode("utf-8-sig")
        value = json.loads(text, object_pairs_hook=_no_twins, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise BadConfigError(file, "", f"not UTF-8: byte {error.start}") from None
    except json.JSONDecodeError as error:
        message = f"not JSON: column {error.colno}: {error.msg}"
        raise BadConfigError(file, "", message, error.lineno) from None
    except RecursionError:
        raise BadConfigError(file, "", "nested too deep") from None
    except ValueError as error:
        raise BadConfigError(file, "", f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise BadConfigError(file, "", "must be a JSON object", 1)
    return text


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in pairs:
        if name in values:
            raise ValueError(f'"{name}" stands twice in one object')
        values[name] = value
    return values


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _disagreeing(config: MappingConfig, file: str) -> str:
    """The first field that is not in the file's name where it should be."""
    if not file.startswith(f"{config.app}_"):
        return "app"
    return "variant" if file.startswith(f"{config.app}_{config.version}_") else "version"


def _dotted(where: tuple[str | int, ...]) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in where)
    return "".join(parts).lstrip(".")


def _shortened(value: Any) -> Any:
    """Lists of one text in filters are written as that text."""
    if not isinstance(value, dict):
        return [_shortened(one) for one in value] if isinstance(value, list) else value
    return {
        key: {k: v[0] if isinstance(v, list) and len(v) == 1 else v for k, v in kept.items()}
        if key == "filters" and isinstance(kept, dict)
        else _shortened(kept)
        for key, kept in value.items()
    }
