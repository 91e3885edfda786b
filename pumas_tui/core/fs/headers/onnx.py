"""ONNX by its protobuf frame: a ModelProto with ir_version and graph, walked field by field, never decoded.

Format: onnx.proto of https://github.com/onnx/onnx. The graph itself is stepped over.
"""

from typing import Final

from pumas_tui.core.domain.files import Container, HeaderFacts
from pumas_tui.core.fs.headers.source import Source, UnreadableHeaderError

_VARINT, _BYTES = 0, 2
_IR_VERSION, _GRAPH = 1, 7
_FIELDS: Final = {
    1: _VARINT, 2: _BYTES, 3: _BYTES, 4: _BYTES, 5: _VARINT, 6: _BYTES, 7: _BYTES, 8: _BYTES,
    14: _BYTES, 20: _BYTES, 25: _BYTES, 26: _BYTES,
}  # fmt: skip
"""ModelProto's fields and their wire types."""
_TEXTS: Final = {2: "producer_name", 3: "producer_version", 4: "domain"}
_MAX_FIELDS: Final = 4_096
_MAX_TEXT: Final = 256  # bytes kept of a text


def read(source: Source, start: bytes) -> HeaderFacts | None:
    """Facts, or None when the bytes are no ModelProto. Raises UnreadableHeaderError for a cut-off graph."""
    if len(start) < 3 or start[0] >> 3 not in _FIELDS or start[0] & 7 != _FIELDS[start[0] >> 3]:
        return None
    at = 0
    metadata: dict[str, str] = {}
    for _ in range(_MAX_FIELDS):
        if at == source.size:
            break
        head = source.at(at, 20)
        tag, used = _varint(head, 0)
        value, used = _varint(head, used)
        field, wire = tag >> 3, tag & 7
        if not used or _FIELDS.get(field) != wire:
            return None
        at += used
        if wire == _BYTES:
            if at + value > source.size:
                if field == _GRAPH and {"ir_version", "producer_name"} <= metadata.keys():
                    raise UnreadableHeaderError("an ONNX graph that is longer than the file")
                return None
            _keep(source, field, at, value, metadata)
            at += value
        elif field == _IR_VERSION:
            metadata["ir_version"] = str(value)
    if at != source.size or not {"ir_version", "graph"} <= metadata.keys():
        return None
    del metadata["graph"]
    return HeaderFacts(Container.ONNX, metadata=metadata)


def _keep(source: Source, field: int, at: int, length: int, metadata: dict[str, str]) -> None:
    if field == _GRAPH:
        metadata["graph"] = ""
    elif field in _TEXTS:
        metadata[_TEXTS[field]] = source.at(at, min(length, _MAX_TEXT)).decode("utf-8", "replace")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A protobuf varint at a position, and the position behind it (0: there is none)."""
    value = 0
    for step in range(10):
        if at + step >= len(data):
            break
        value |= (data[at + step] & 0x7F) << (7 * step)
        if data[at + step] < 0x80:
            return value, at + step + 1
    return 0, 0
