"""Safetensors headers: a little-endian u64 length, then JSON of tensors and `__metadata__`.

Format: https://huggingface.co/docs/safetensors (the reference refuses headers over 100 MB). The JSON is read
entry by entry with linear patterns, so a hostile header costs no more memory than what is kept of it.
"""

import json
import math
import re
from typing import Final

from pumas_tui.core.domain.files import Container, HeaderFacts, TensorFact
from pumas_tui.core.fs.headers.source import Source, UnreadableHeaderError

MAX_HEADER: Final = 100_000_000  # bytes, the format's own limit
MAX_LOOKED_AT: Final = 16 << 20  # bytes; the longest seen are LoRA headers with tag statistics, 5 MB
MAX_TENSORS: Final = 65_536
MAX_METADATA: Final = 4_096  # entries
MAX_VALUE: Final = 256 << 10  # characters of one metadata value that are kept
MAX_KEPT: Final = 1 << 20  # characters of all metadata that are kept

DTYPE_BITS: Final = {
    "BOOL": 8, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8,
    "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "U8": 8, "I8": 8, "U16": 16, "I16": 16, "F16": 16, "BF16": 16,
    "U32": 32, "I32": 32, "F32": 32, "U64": 64, "I64": 64, "F64": 64, "C64": 64,
}  # fmt: skip
"""Bits of one element of each dtype the format knows."""

_SPACE = re.compile(r"[ \t\r\n]*+")
_STRING = re.compile(r'"([^"\\\x00-\x1f]*+(?:\\.[^"\\\x00-\x1f]*+)*+)"[ \t\r\n]*+')
_WHOLE_ESCAPES = re.compile(r"(?:[^\\]++|\\u[0-9a-fA-F]{4}|\\[^u])*+")
_FLAT_ENTRY = re.compile(r"\{[^{}\[\]]{0,200}+(?:\[[\d,\s]{0,400}+\][^{}\[\]]{0,200}+){2}\}")


def read(source: Source, start: bytes) -> HeaderFacts | None:
    """Facts, or None when the file does not begin like safetensors. Raises UnreadableHeaderError."""
    length = int.from_bytes(start[:8], "little")
    if len(start) < 10 or start[8:9] != b"{" or length < 2:
        return None
    if length > MAX_HEADER or 8 + length > source.size:
        raise UnreadableHeaderError(f"a safetensors header of {length} bytes in a file of {source.size}")
    if length > MAX_LOOKED_AT:
        raise UnreadableHeaderError(f"a safetensors header of {length} bytes is longer than is looked at")
    # One character per byte keeps positions and memory exact; strings are decoded one by one.
    text = source.at(8, length).decode("latin-1")
    if len(text) < length:
        raise UnreadableHeaderError("the file became shorter while it was read")
    return _Parser(text, source.size - 8 - length).facts()


class _Parser:
    """One pass over the header text. `data_size` is the number of bytes behind the header."""

    def __init__(self, text: str, data_size: int) -> None:
        self._text = text
        self._at = 0
        self._data_size = data_size
        self._data_end = 0
        self._tensors: dict[str, TensorFact] = {}
        self._metadata: dict[str, str] = {}

    def facts(self) -> HeaderFacts:
        more = self._opens()
        while more:
            name = self._key()
            if name == "__metadata__":
                self._read_metadata()
            else:
                self._read_tensor(name)
            more = self._continues()
        self._skip_space()
        if self._at != len(self._text):
            raise UnreadableHeaderError("something follows the closing brace of the header")
        refuse = wanted = None
        if self._data_end > self._data_size:
            refuse = f"half a download: {self._data_end} bytes of weights announced, {self._data_size} there"
            wanted = 8 + len(self._text) + self._data_end
        return HeaderFacts(
            Container.SAFETENSORS,
            tuple(self._tensors.values()),
            self._metadata,
            refuse=refuse,
            wanted_bytes=wanted,
            data_offset=8 + len(self._text),
        )

    def _read_metadata(self) -> None:
        kept = count = 0
        more = self._opens()
        while more:
            count += 1
            if count > MAX_METADATA:
                raise UnreadableHeaderError(f"more than {MAX_METADATA} metadata entries")
            key = self._key()
            value = self._string(MAX_VALUE)
            kept += len(key) + len(value)
            if kept <= MAX_KEPT:
                self._metadata[key] = value
            more = self._continues()

    def _read_tensor(self, name: str) -> None:
        if len(self._tensors) >= MAX_TENSORS:
            raise UnreadableHeaderError(f"more than {MAX_TENSORS} tensors")
        match = _FLAT_ENTRY.match(self._text, self._at)
        if not match or not name or name in self._tensors:
            raise UnreadableHeaderError(f"entry {len(self._tensors) + 1} is not a tensor of its own name")
        self._at = match.end()
        try:
            entry = json.loads(match.group())
        except ValueError as error:
            raise UnreadableHeaderError(f"entry {len(self._tensors) + 1} is not JSON") from error
        dtype, shape, (begin, end) = _checked(entry)
        if math.prod(shape) * DTYPE_BITS[dtype] != (end - begin) * 8:
            raise UnreadableHeaderError(f"tensor {len(self._tensors) + 1} has another size than its shape")
        self._data_end = max(self._data_end, end)
        self._tensors[name] = TensorFact(name, dtype, shape, begin)

    def _opens(self) -> bool:
        """Step into an object; False when it is empty."""
        self._expect("{")
        self._skip_space()
        if self._text.startswith("}", self._at):
            self._at += 1
            return False
        return True

    def _continues(self) -> bool:
        """Step over `,` or out of the object over `}`."""
        self._skip_space()
        if self._text.startswith(",", self._at):
            self._at += 1
            self._skip_space()
            return True
        self._expect("}")
        return False

    def _key(self) -> str:
        key = self._string(MAX_VALUE)
        self._expect(":")
        self._skip_space()
        return key

    def _string(self, limit: int) -> str:
        match = _STRING.match(self._text, self._at)
        if not match:
            raise UnreadableHeaderError(f"no text at byte {8 + self._at}")
        begin, end = match.span(1)
        self._at = match.end()
        return _decoded(self._text, begin, min(end, begin + limit))

    def _expect(self, mark: str) -> None:
        if not self._text.startswith(mark, self._at):
            raise UnreadableHeaderError(f"no {mark} at byte {8 + self._at}")
        self._at += 1

    def _skip_space(self) -> None:
        match = _SPACE.match(self._text, self._at)
        self._at = match.end() if match else self._at


def _decoded(text: str, begin: int, end: int) -> str:
    """The JSON string between two positions of the one-character-per-byte text."""
    whole = _WHOLE_ESCAPES.match(text, begin, end)
    raw = text[begin : whole.end() if whole else begin]
    if raw.isascii() and "\\" not in raw:
        return raw
    try:
        value: str = json.loads('"' + raw.encode("latin-1").decode("utf-8", "replace") + '"')
    except ValueError as error:
        raise UnreadableHeaderError(f"a text at byte {8 + begin} is not JSON") from error
    return value.encode("utf-8", "replace").decode("utf-8")  # an escaped lone surrogate becomes "?"


def _checked(entry: object) -> tuple[str, tuple[int, ...], tuple[int, int]]:
    """dtype, shape and offsets of a parsed entry. Raises UnreadableHeaderError."""
    if not isinstance(entry, dict):
        raise UnreadableHeaderError("a tensor is not an object")
    dtype, shape, offsets = entry.get("dtype"), entry.get("shape"), entry.get("data_offsets")
    if not isinstance(dtype, str) or dtype not in DTYPE_BITS:
        raise UnreadableHeaderError("a tensor of a dtype that the format does not know")
    if not isinstance(shape, list) or not isinstance(offsets, list) or len(offsets) != 2:
        raise UnreadableHeaderError("a tensor without shape or offsets")
    begin, end = offsets
    if begin > end or any(size >= 1 << 63 for size in (*shape, end)):
        raise UnreadableHeaderError("a tensor with impossible offsets or shape")
    return dtype, tuple(shape), (begin, end)
