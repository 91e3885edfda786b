"""metadata.json, schema 1: the truth about one model. This pydantic model is the reference of the format.

Unknown keys survive a rewrite at every level. Times are ISO 8601 UTC. A newer `schema_version` is read as
far as it is understood and never rewritten. `parse` bounds the size; the parser itself bounds
depth and number length.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from pumas_tui.core.domain import ids
from pumas_tui.core.domain.files import ModelFormat, Role, SecurityTier
from pumas_tui.core.domain.vocabulary import FieldSource, Trust

SCHEMA_VERSION = 1
MAX_BYTES = 4 << 20


class BadMetadataError(ValueError):
    """The bytes are not a metadata.json; the message says why in one line."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow", validate_assignment=False)


class ModelFile(_Part):
    """One file of the model. `name` is relative to its directory, posix, without `..`.

    `original_name` is what the source was called; bytes that were not UTF-8 are U+FFFD there and whole in
    `original_name_hex`.
    """

    name: str
    original_name: str
    original_name_hex: str | None = None
    size: int = Field(ge=0)
    sha256: str
    xxh3_128: str
    role: Role = Role.WEIGHTS
    shard_index: int | None = None
    shard_total: int | None = None

    @field_validator("name")
    @classmethod
    def _inside(cls, value: str) -> str:
        parts = value.split("/")
        if value.startswith("/") or "\0" in value or any(p in ("", ".", "..") for p in parts):
            raise ValueError("a file name must stay inside the model's directory")
        return value

    @field_validator("sha256")
    @classmethod
    def _sha(cls, value: str) -> str:
        return ids.sha256(value)


class ImportOrigin(_Part):
    """Where the model came from. `other_sources` are paths with the same content that were offered later."""

    source: str
    mode: str
    host: str = ""
    version: str = ""
    at: datetime
    other_sources: list[str] = []


class Match(_Part):
    """The evidence behind a badge."""

    method: Literal["sha256", "filename_exact", "filename_fuzzy", "hash_mismatch", "civitai_sha256", "none"]
    confidence: float = Field(ge=0, le=1)
    source: Literal["auto", "manual"] = "auto"
    evidence: list[str] = []
    checked_at: datetime | None = None


class Acknowledgement(_Part):
    """Who accepted a pickle, when, and which content."""

    by: str
    at: datetime
    sha256: str


class PickleScan(_Part):
    """What an opcode check said; never "safe"."""

    verdict: str
    globals: list[str] = []
    reason: str = ""
    at: datetime | None = None


class Hashes(_Part):
    """Hashes of the main file."""

    sha256: str
    xxh3_128: str


class Metadata(_Part):
    """One model. Field groups follow: identity, what it is, origin, trust, safety, content.

    `declined`: sources on the Hub whose words a person took back; no look-up fills them in again.
    """

    schema_version: int = SCHEMA_VERSION
    model_id: str
    uid: str
    model_type: str = "unknown"
    subtype: str = ""
    family: str = "unknown"
    model_format: ModelFormat
    official_name: str
    cleaned_name: str

    variant: str = ""
    precision: str = ""
    quantization: str = ""
    architecture: str = ""
    parameter_count: int | None = None
    context_length: int | None = None
    base_model: str = ""
    tags: list[str] = []
    trigger_words: list[str] = []
    notes: str = ""
    license: str = ""
    release_date: str = ""
    preview_image: str = ""
    inference_settings: dict[str, Any] = {}
    compatible_apps: list[str] = []
    approx_weight_size_gb: float = 0.0

    repo_id: str = ""
    repo_revision: str = ""
    download_url: str = ""
    model_card: str = ""
    imported: ImportOrigin | None = Field(default=None, alias="import")

    trust: Trust = Trust.PENDING
    match: Match | None = None
    lookup_attempts: int = 0
    last_lookup_attempt: datetime | None = None
    field_sources: dict[str, FieldSource] = {}
    declined: list[str] = []

    security_tier: SecurityTier = SecurityTier.UNKNOWN
    pickle_scan: PickleScan | None = None
    acknowledged: Acknowledgement | None = None

    files: list[ModelFile] = Field(min_length=1)
    hashes: Hashes
    size_bytes: int = Field(ge=0)
    added_date: datetime
    updated_date: datetime

    model_config = ConfigDict(extra="allow", populate_by_name=True)

    @field_validator("uid")
    @classmethod
    def _uid(cls, value: str) -> str:
        return ids.model_uid(value)


def parse(raw: bytes) -> Metadata:
    """Bytes of a metadata.json to a value. Raises BadMetadataError whatever the bytes are."""
    if len(raw) > MAX_BYTES:
        raise BadMetadataError(f"metadata.json is larger than {MAX_BYTES} bytes")
    try:
        return Metadata.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the document"
        raise BadMetadataError(f"{where}: {first['msg']}") from None


def dump(meta: Metadata) -> bytes:
    """The bytes to write: indented, non-ASCII as itself, unset optional groups left out."""
    return dump_document(meta.model_dump(mode="json", by_alias=True, exclude_none=True))


def dump_document(document: Mapping[str, Any]) -> bytes:
    """The bytes to write of a metadata.json kept as a JSON object. Raises BadMetadataError when too large."""
    raw = (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()
    if len(raw) > MAX_BYTES:
        raise BadMetadataError(f"metadata.json would be larger than {MAX_BYTES} bytes")
    return raw
