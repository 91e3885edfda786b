"""Bytes of small valid model files: safetensors, GGUF, a torch-style zip. Pure, and the same on every run.

Tensor names are those of real models, and so are the sizes that tell families apart; there are few tensors,
and where only a name counts it is a small one. The pickle inside the zip is written byte by byte and does
nothing.
"""

import hashlib
import io
import json
import struct
from collections.abc import Mapping

_BYTES_OF = {"F16": 2, "BF16": 2, "F32": 4}

Shapes = Mapping[str, tuple[str, tuple[int, ...]]]
"""Tensor name -> (dtype, shape)."""


def safetensors(shapes: Shapes, metadata: Mapping[str, str], seed: str) -> bytes:
    """A safetensors file: u64 header length, JSON header padded to 8 bytes, then the tensors' bytes."""
    header: dict[str, object] = {"__metadata__": dict(metadata)} if metadata else {}
    offset = 0
    for name, (dtype, shape) in shapes.items():
        length = _BYTES_OF[dtype]
        for side in shape:
            length *= side
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [offset, offset + length]}
        offset += length
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + filler(seed, offset)


def filler(seed: str, length: int) -> bytes:
    """`length` bytes that depend on `seed` only: SHAKE-128, quick and the same everywhere."""
    return hashlib.shake_128(seed.encode()).digest(length)


_GGUF_UINT32, _GGUF_STRING, _GGUF_ARRAY = 4, 8, 9
_GGML_F32 = 0
_ALIGNMENT = 32


def gguf(
    keys: Mapping[str, int | str | list[str]], shapes: Mapping[str, tuple[int, ...]], seed: str
) -> bytes:
    """A GGUF version 3 file, little-endian, F32 tensors; shapes in GGUF's order, fastest side first."""
    out = io.BytesIO()
    out.write(struct.pack("<4sIQQ", b"GGUF", 3, len(shapes), len(keys)))
    for key, value in keys.items():
        out.write(_gguf_text(key) + _gguf_value(value))
    offset = 0
    for name, shape in shapes.items():
        out.write(_gguf_text(name) + struct.pack("<I", len(shape)))
        out.write(struct.pack(f"<{len(shape)}Q", *shape) + struct.pack("<IQ", _GGML_F32, offset))
        length = 4
        for side in shape:
            length *= side
        offset += length + -length % _ALIGNMENT
    out.write(b"\0" * (-out.tell() % _ALIGNMENT))
    return out.getvalue() + filler(seed, offset)


def _gguf_text(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def _gguf_value(value: int | str | list[str]) -> bytes:
    if isinstance(value, int):
        return struct.pack("<II", _GGUF_UINT32, value)
    if isinstance(value, str):
        return struct.pack("<I", _GGUF_STRING) + _gguf_text(value)
    items = b"".join(_gguf_text(item) for item in value)
    return struct.pack("<IIQ", _GGUF_ARRAY, _GGUF_STRING, len(value)) + items


_EMPTY_STATE_DICT = b"\x80\x02ccollections\nOrderedDict\nq\x00)Rq\x01."
"""Pickle protocol 2: an empty collections.OrderedDict, as torch writes for a state dict without tensors."""


def torch_zip(seed: str) -> bytes:
    """A zip as `torch.save` writes it, stored without compression: `data.pkl`, one storage, a version."""
    import zipfile  # only a demo needs it, and it would cost every start of the program 10 ms

    members = {
        "archive/data.pkl": _EMPTY_STATE_DICT,
        "archive/data/0": filler(seed, 4096),
        "archive/version": b"3\n",
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, date_time=(2020, 1, 1, 0, 0, 0)), content)
    return out.getvalue()
