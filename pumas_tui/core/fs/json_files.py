"""JSON that others wrote, read with bounds: on bytes, on how much Python makes of them, and on depth."""

import json
from typing import Final

from pumas_tui.core.domain.errors import DiskError
from pumas_tui.core.fs.reading import read_bounded

MAX_BYTES: Final = 32 << 20  # the index of a model of a trillion parameters is about 15 MB
_MAX_VALUES: Final = 1_000_000
_MAX_CONTAINERS: Final = 100_000


class UnreadableJsonError(ValueError):
    """The bytes are not JSON, or more of it than is looked at; the message says which, in one line."""


def read_json(path: str, limit: int = MAX_BYTES) -> object:
    """The value in a regular file of at most `limit` bytes. Raises UnreadableJsonError, DiskError.

    A byte of JSON can become a hundred of memory, so values are counted before they are made.
    """
    try:
        raw = read_bounded(path, limit)
    except DiskError as error:
        if error.errno_name != "EFBIG":
            raise
        raise UnreadableJsonError(f"longer than {limit} bytes") from error
    if raw.count(b",") > _MAX_VALUES or raw.count(b"[") + raw.count(b"{") > _MAX_CONTAINERS:
        raise UnreadableJsonError("more values than are looked at")
    try:
        value: object = json.loads(raw)
    except RecursionError as error:
        raise UnreadableJsonError("nested too deep") from error
    except ValueError as error:
        raise UnreadableJsonError(f"not JSON: {error}") from error
    return value
