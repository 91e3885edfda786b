"""GGUF headers, version 2 and 3, either endianness: keys and values, then tensor infos.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. Arrays (token lists) are stepped over,
never kept; scalar values are kept as text. All counts are bounded before anything is read by them.
"""

import math
import struct
from typing import Final

from pumas_tui.core.domain.files import Container, HeaderFacts, TensorFact
from pumas_tui.core.fs.headers.source import Source, UnreadableHeaderError

MAGIC: Final = b"GGUF"
MAX_KEYS: Final = 16_384
MAX_TENSORS: Final = 65_536
MAX_STRINGS: Final = 3_000_000  # of all arrays; the largest vocabularies have 800,000 with their merges
MAX_KEY_LENGTH: Final = 65_535  # bytes, the format's own limit
MAX_NAME_LENGTH: Final = 1_024  # bytes of a tensor name
MAX_DIMENSIONS: Final = 8
MAX_VALUE: Final = 4_096  # bytes of one string value that are kept
MAX_KEPT: Final = 1 << 20  # characters of all keys and values that are kept
_WINDOW: Final = 256 << 10  # bytes read at a time

_STRING, _ARRAY = 8, 9
_SCALARS: Final = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}

GGML_TYPES: Final = {
    0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20), 6: ("Q5_0", 32, 22),
    7: ("Q5_1", 32, 24), 8: ("Q8_0", 32, 34), 9: ("Q8_1", 32, 40), 10: ("Q2_K", 256, 84),
    11: ("Q3_K", 256, 110), 12: ("Q4_K", 256, 144), 13: ("Q5_K", 256, 176), 14: ("Q6_K", 256, 210),
    15: ("Q8_K", 256, 292), 16: ("IQ2_XXS", 256, 66), 17: ("IQ2_XS", 256, 74), 18: ("IQ3_XXS", 256, 98),
    19: ("IQ1_S", 256, 50), 20: ("IQ4_NL", 32, 18), 21: ("IQ3_S", 256, 110), 22: ("IQ2_S", 256, 82),
    23: ("IQ4_XS", 256, 136), 24: ("I8", 1, 1), 25: ("I16", 1, 2), 26: ("I32", 1, 4), 27: ("I64", 1, 8),
    28: ("F64", 1, 8), 29: ("IQ1_M", 256, 56), 30: ("BF16", 1, 2), 34: ("TQ1_0", 256, 54),
    35: ("TQ2_0", 256, 66), 39: ("MXFP4", 32, 17), 40: ("NVFP4", 64, 36),
    41: ("Q1_0", 128, 18),
}  # fmt: skip
"""ggml's tensor types: name, elements of a block, bytes of a block. Others: `type-N`, size unknown."""


def read(source: Source, start: bytes) -> HeaderFacts | None:
    """Facts, or None when the file does not begin with the magic. Raises UnreadableHeaderError."""
    if start[:4] != MAGIC:
        return None
    version = int.from_bytes(start[4:8], "little")
    order = "<"
    if version and version & 0xFFFF == 0:  # a small number seen from the wrong end
        version, order = int.from_bytes(start[4:8], "big"), ">"
    if version not in (2, 3):
        raise UnreadableHeaderError(f"GGUF version {version}")
    cursor = _Cursor(source, 8, order)
    tensor_count, key_count = cursor.count("tensors", MAX_TENSORS), cursor.count("keys", MAX_KEYS)
    metadata = _metadata(cursor, key_count)
    tensors, data_end = _tensors(cursor, tensor_count)
    refuse = wanted = None
    alignment = _alignment(metadata)
    data_offset = -(-cursor.at // alignment) * alignment
    if tensors:
        announced = data_offset + data_end
        if announced > source.size:
            refuse = f"half a download: {announced} bytes announced, {source.size} there"
            wanted = announced
    return HeaderFacts(
        Container.GGUF, tensors, metadata, refuse=refuse, wanted_bytes=wanted, data_offset=data_offset
    )


class _Cursor:
    """Reads numbers and strings onward from a position, through one small window of the file."""

    def __init__(self, source: Source, at: int, order: str) -> None:
        self.at = at
        self.order = order
        self._source = source
        self._window = b""
        self._begin = 0
        self._strings_left = MAX_STRINGS

    def take(self, length: int) -> bytes:
        """The next bytes, at most a window of them. Raises UnreadableHeaderError at the end of the file."""
        offset = self.at - self._begin
        if not 0 <= offset <= len(self._window) - length:
            self._begin, offset = self.at, 0
            self._window = self._source.at(self.at, _WINDOW)
            if len(self._window) < length:
                raise UnreadableHeaderError("the file ends inside the GGUF header")
        self.at += length
        return self._window[offset : offset + length]

    def skip(self, length: int) -> None:
        """Step over bytes without reading them."""
        if self.at + length > self._source.size:
            raise UnreadableHeaderError("the file ends inside the GGUF header")
        self.at += length

    def number(self, code: str) -> int | float:
        """One number or boolean of a struct code."""
        (value,) = struct.unpack(self.order + code, self.take(struct.calcsize(self.order + code)))
        return value  # type: ignore[no-any-return]

    def integer(self, code: str) -> int:
        """One integer of a struct code."""
        return int(self.number(code))

    def count(self, what: str, most: int) -> int:
        """A u64 that counts things. Raises UnreadableHeaderError above `most`."""
        value = self.integer("Q")
        if value > most:
            raise UnreadableHeaderError(f"{value} {what} announced")
        return value

    def text(self, longest: int, keep: int) -> str:
        """A string of at most `longest` bytes (0: bounded by the file only); its first `keep` bytes."""
        length = self.integer("Q")
        if longest and length > longest:
            raise UnreadableHeaderError(f"a name of {length} bytes")
        kept = self.take(min(length, keep))
        self.skip(length - len(kept))
        return kept.decode("utf-8", "replace")

    def skip_strings(self, count: int) -> None:
        """Step over an array of strings, hopping from length to length inside each window."""
        self._strings_left -= count
        if self._strings_left < 0:
            raise UnreadableHeaderError(f"more than {MAX_STRINGS} strings in arrays")
        unpack = struct.Struct(self.order + "Q").unpack_from
        while count > 0:
            window = self._source.at(self.at, _WINDOW)
            at, last = 0, len(window) - 8
            while count > 0 and at <= last:
                at += 8 + unpack(window, at)[0]
                count -= 1
            if at == 0:
                raise UnreadableHeaderError("the file ends inside the GGUF header")
            self.skip(at)


def _metadata(cursor: _Cursor, count: int) -> dict[str, str]:
    metadata: dict[str, str] = {}
    kept = 0
    for _ in range(count):
        key = cursor.text(MAX_KEY_LENGTH, MAX_VALUE)
        if not key:
            raise UnreadableHeaderError("a key without a name")
        value = _value(cursor, cursor.integer("I"))
        if value is not None and key not in metadata and kept + len(key) + len(value) <= MAX_KEPT:
            kept += len(key) + len(value)
            metadata[key] = value
    return metadata


def _value(cursor: _Cursor, kind: int) -> str | None:
    """A scalar as text; None for an array, which is stepped over."""
    if kind == _STRING:
        return cursor.text(0, MAX_VALUE)
    if kind == _ARRAY:
        _skip_array(cursor)
        return None
    if kind not in _SCALARS:
        raise UnreadableHeaderError(f"a value of unknown kind {kind}")
    number = cursor.number(_SCALARS[kind])
    if kind == 7:
        return "true" if number else "false"
    return f"{number:.9g}" if isinstance(number, float) else str(number)


def _skip_array(cursor: _Cursor) -> None:
    kind, count = cursor.integer("I"), cursor.integer("Q")
    if kind == _STRING:
        cursor.skip_strings(count)
    elif kind in _SCALARS:
        cursor.skip(count * struct.calcsize("=" + _SCALARS[kind]))
    else:  # also an array of arrays, which no program writes and llama.cpp refuses
        raise UnreadableHeaderError(f"an array of kind {kind}")


def _tensors(cursor: _Cursor, count: int) -> tuple[tuple[TensorFact, ...], int]:
    """Tensor infos, and where the last one ends, counted from the start of the data."""
    tensors: list[TensorFact] = []
    data_end = 0
    for _ in range(count):
        name = cursor.text(MAX_NAME_LENGTH, MAX_NAME_LENGTH)
        dimensions = cursor.integer("I")
        if dimensions > MAX_DIMENSIONS:
            raise UnreadableHeaderError(f"a tensor of {dimensions} dimensions")
        shape = struct.unpack(f"{cursor.order}{dimensions}Q", cursor.take(8 * dimensions))
        kind, offset = cursor.integer("I"), cursor.integer("Q")
        elements = math.prod(shape)
        if elements >= 1 << 63 or offset >= 1 << 63:
            raise UnreadableHeaderError("a tensor with impossible shape or offset")
        dtype, block, size = GGML_TYPES.get(kind, (f"type-{kind}", 1, 0))
        data_end = max(data_end, offset + -(-elements // block) * size)
        tensors.append(TensorFact(name, dtype, shape, offset))
    return tuple(tensors), data_end


def _alignment(metadata: dict[str, str]) -> int:
    """`general.alignment`, 32 where it is not said or not a power of two."""
    text = metadata.get("general.alignment", "32")
    value = int(text) if text.isdecimal() and len(text) < 10 else 32
    return value if value and value & (value - 1) == 0 else 32
