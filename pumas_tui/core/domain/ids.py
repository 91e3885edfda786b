"""Identifiers as distinct types, each made by one function (parse, don't cast)."""

import re
from typing import NewType
from uuid import UUID, uuid4

ModelId = NewType("ModelId", str)
"""A model's directory below models/, `{model_type}/{family}/{cleaned_name}`, posix separators."""
ModelUid = NewType("ModelUid", str)
"""A model's uuid, lower-case with hyphens; survives moves and renames."""
LibraryId = NewType("LibraryId", str)
"""The library's uuid from its marker file."""
OperationId = NewType("OperationId", str)
"""A change's uuid; names staging and trash folders."""
AppUid = NewType("AppUid", str)
"""A registered app's uuid; survives moves of its folder."""
JobId = NewType("JobId", int)
"""Row id of a job in registry.db."""
Sha256 = NewType("Sha256", str)
"""64 lower-case hex digits."""
Xxh3 = NewType("Xxh3", str)
"""32 lower-case hex digits of XXH3-128, canonical byte order."""

_HEX64 = re.compile(r"[0-9a-f]{64}")


class BadIdError(ValueError):
    """A text is not an identifier of the kind asked for."""


def sha256(text: str) -> Sha256:
    """Parse 64 hex digits (any case). Raises BadIdError."""
    low = text.lower()
    if not _HEX64.fullmatch(low):
        raise BadIdError(f"not a SHA-256: {text!r}")
    return Sha256(low)


def _uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError as error:
        raise BadIdError(f"not a uuid: {text!r}") from error


def model_uid(text: str) -> ModelUid:
    """Parse a model's uuid. Raises BadIdError."""
    return ModelUid(_uuid(text))


def library_id(text: str) -> LibraryId:
    """Parse a library's uuid. Raises BadIdError."""
    return LibraryId(_uuid(text))


def operation_id(text: str) -> OperationId:
    """Parse an operation's uuid. Raises BadIdError."""
    return OperationId(_uuid(text))


def new_model_uid() -> ModelUid:
    """A fresh random uid."""
    return ModelUid(str(uuid4()))


def new_library_id() -> LibraryId:
    """A fresh random library id."""
    return LibraryId(str(uuid4()))


def new_app_uid() -> AppUid:
    """A fresh random app uid."""
    return AppUid(str(uuid4()))


def new_operation_id() -> OperationId:
    """A fresh random operation id."""
    return OperationId(str(uuid4()))


def model_id(text: str) -> ModelId:
    """Parse a path of exactly three plain parts. Raises BadIdError for `..`, empty or absolute parts."""
    parts = text.split("/")
    if len(parts) != 3 or any(p in ("", ".", "..") or "\0" in p or p.startswith(".") for p in parts):
        raise BadIdError(f"not a model id: {text!r}")
    return ModelId(text)
