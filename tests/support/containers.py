"""Files of each container format, and files that must be refused, written byte by byte.

Every function writes one file, makes its folder when needed, and returns the path as `str`. Weights are
a hole in a sparse file, so a header may announce real sizes and nothing large is written.
"""

import json
import math
import struct
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

Tensors = Mapping[str, tuple[str, Sequence[int]]]
"""Tensor name to dtype and shape."""
PathLike = str | Path

_BITS = {"F64": 64, "I64": 64, "F32": 32, "I32": 32, "F16": 16, "BF16": 16, "F8_E4M3": 8, "F8_E5M2": 8,
         "I8": 8, "U8": 8, "BOOL": 8, "F4": 4}  # fmt: skip
GGML_SIZES = {0: (1, 4), 1: (1, 2), 2: (32, 18), 8: (32, 34), 12: (256, 144), 14: (256, 210), 30: (1, 2)}
"""ggml type number to elements and bytes of a block, for the types written here."""


def _place(path: PathLike) -> Path:
    place = Path(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    return place


def raw_file(path: PathLike, content: bytes) -> str:
    """A file of exactly these bytes."""
    place = _place(path)
    place.write_bytes(content)
    return str(place)


def sparse_file(path: PathLike, start: bytes, size: int, end: bytes = b"") -> str:
    """A file of `size` bytes that begins and ends with these bytes and is a hole between."""
    place = _place(path)
    with place.open("wb") as file:
        file.write(start)
        file.truncate(max(size, len(start)))
        if end:
            file.seek(size - len(end))
            file.write(end)
    return str(place)


# ── containers ────────────────────────────────────────────────────────────────────────────────────────────


def safetensors_header(tensors: Tensors, metadata: Mapping[str, str] | None = None) -> tuple[bytes, int]:
    """Length and JSON of a safetensors file, padded to 8 bytes, and the number of data bytes it announces."""
    header: dict[str, object] = {}
    if metadata is not None:
        header["__metadata__"] = dict(metadata)
    at = 0
    for name, (dtype, shape) in tensors.items():
        size = math.prod(shape) * _BITS[dtype] // 8
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text, at


def safetensors_file(
    path: PathLike, tensors: Tensors, metadata: Mapping[str, str] | None = None, *, mark: bytes = b""
) -> str:
    """A safetensors file. `mark` stands at the end of the data, to make files of one kind differ."""
    start, size = safetensors_header(tensors, metadata)
    return sparse_file(path, start, len(start) + size, mark[:size])


Value = str | bool | int | float | Sequence[str] | Sequence[int]


def _gguf_text(text: str, order: str) -> bytes:
    raw = text.encode()
    return struct.pack(order + "Q", len(raw)) + raw


def _gguf_value(value: Value, order: str) -> bytes:
    if isinstance(value, str):
        return struct.pack(order + "I", 8) + _gguf_text(value, order)
    if isinstance(value, bool):
        return struct.pack(order + "I?", 7, value)
    if isinstance(value, int):
        return struct.pack(order + "II", 4, value)
    if isinstance(value, float):
        return struct.pack(order + "If", 6, value)
    items = list(value)
    if all(isinstance(item, int) for item in items):
        return struct.pack(f"{order}IIQ{len(items)}i", 9, 5, len(items), *items)
    texts = b"".join(_gguf_text(str(item), order) for item in items)
    return struct.pack(order + "IIQ", 9, 8, len(items)) + texts


def gguf_bytes(
    keys: Mapping[str, Value],
    tensors: Mapping[str, tuple[int, Sequence[int]]] | None = None,
    *,
    version: int = 3,
    big_endian: bool = False,
) -> tuple[bytes, int]:
    """Header of a GGUF file, padded to 32 bytes, and the number of data bytes it announces.

    Tensors are name to ggml type number and shape in GGUF's own order, innermost first.
    """
    order = ">" if big_endian else "<"
    tensors = tensors or {}
    out = b"GGUF" + struct.pack(order + "IQQ", version, len(tensors), len(keys))
    for key, value in keys.items():
        out += _gguf_text(key, order) + _gguf_value(value, order)
    at = 0
    for name, (kind, shape) in tensors.items():
        block, size = GGML_SIZES[kind]
        out += _gguf_text(name, order) + struct.pack(f"{order}I{len(shape)}Q", len(shape), *shape)
        out += struct.pack(order + "IQ", kind, at)
        at += -(-math.prod(shape) // block) * size
        at += -at % 32
    return out + b"\0" * (-len(out) % 32), at


def gguf_file(
    path: PathLike,
    arch: str = "llama",
    keys: Mapping[str, Value] | None = None,
    tensors: Mapping[str, tuple[int, Sequence[int]]] | None = None,
    *,
    version: int = 3,
    big_endian: bool = False,
    mark: bytes = b"",
) -> str:
    """A GGUF file of an architecture. Without `tensors` it has a token table of two small ones."""
    if tensors is None:
        tensors = {"token_embd.weight": (12, (256, 32)), "blk.0.attn_norm.weight": (0, (256,))}
    all_keys: dict[str, Value] = {"general.architecture": arch, **(keys or {})}
    start, size = gguf_bytes(all_keys, tensors, version=version, big_endian=big_endian)
    return sparse_file(path, start, len(start) + size, mark[:size])


_STATE = b"\x80\x02}q\x00X\x01\x00\x00\x00wq\x01K\x01s."
"""The pickle of {"w": 1}, protocol 2."""
_TORCH_MAGIC = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."


def pickle_zip(path: PathLike, *, mark: bytes = b"") -> str:
    """What torch.save writes since 1.6: a stored zip with archive/data.pkl; `mark` becomes weights in it."""
    place = _place(path)
    with zipfile.ZipFile(place, "w", zipfile.ZIP_STORED) as archive:
        for name, content in (("data.pkl", _STATE), ("version", b"3\n"), ("data/0", b"\0" * 16 + mark)):
            archive.writestr(zipfile.ZipInfo(f"archive/{name}"), content)
    return str(place)


def pickle_legacy(path: PathLike, *, mark: bytes = b"") -> str:
    """What torch.save wrote before 1.6: pickles one after another, the first a magic number."""
    return raw_file(path, _TORCH_MAGIC + b"\x80\x02M\xe9\x03." + _STATE + mark)


def pickle_bare(path: PathLike, protocol: int = 2) -> str:
    """A bare pickle of the given protocol, 2 to 5."""
    return raw_file(path, bytes((0x80, protocol)) + _STATE[2:])


def onnx_file(path: PathLike, *, mark: bytes = b"") -> str:
    """The smallest ModelProto: ir_version 8, a producer, an empty graph with a name, one opset."""
    graph = b"\x12" + bytes((1 + len(mark[:100]),)) + b"g" + mark[:100]
    return raw_file(
        path, b"\x08\x08\x12\x05pumas" + b"\x3a" + bytes((len(graph),)) + graph + b"\x42\x02\x10\x11"
    )


def zip_without_pickle(path: PathLike) -> str:
    """A zip that holds no pickle, such as a NumPy archive."""
    place = _place(path)
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr(zipfile.ZipInfo("arr_0.npy"), b"\x93NUMPY\x01\x00")
    return str(place)


def ggml_file(path: PathLike) -> str:
    """ggml's old container, which is none of the formats that are recognised."""
    return raw_file(path, b"lmgg\x0a\0\0\0" + b"\0" * 64)


# ── files that must be refused ────────────────────────────────────────────────────────────────────────────


def html_file(path: PathLike) -> str:
    """A login page saved under a model's name."""
    return raw_file(path, b"\n<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>\n")


def lfs_pointer(path: PathLike) -> str:
    """What git leaves in place of a file when Git LFS is not installed."""
    oid = b"a" * 64
    return raw_file(
        path, b"version https://git-lfs.github.com/spec/v1\noid sha256:" + oid + b"\nsize 4265380512\n"
    )


def empty_file(path: PathLike) -> str:
    """A file without content."""
    return raw_file(path, b"")


def truncated_safetensors(path: PathLike) -> str:
    """A whole header whose weights end too early."""
    start, size = safetensors_header({"a.weight": ("F32", (64, 64))})
    return raw_file(path, start + b"\0" * (size // 2))
