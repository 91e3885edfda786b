"""Hostile headers: each function writes one file that claims more than it is. Names say what is claimed."""

import struct
from collections.abc import Callable
from pathlib import Path

from tests.support.containers import Value, gguf_bytes, safetensors_header, sparse_file

Bomb = Callable[[Path], str]
GIB = 1 << 30


def _safetensors(text: bytes, *, length: int | None = None, data: int = 64) -> Bomb:
    """A safetensors file of this header text; `length` is the announced one."""
    start = struct.pack("<Q", len(text) if length is None else length) + text
    return lambda path: sparse_file(path, start, len(start) + data)


def _entry(shape: str = "[1]", offsets: str = "[0,4]", dtype: str = "F32") -> bytes:
    return f'{{"a":{{"dtype":"{dtype}","shape":{shape},"data_offsets":{offsets}}}}}'.encode()


def _many_entries(count: int) -> bytes:
    entry = '"%x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}'
    return ("{" + ",".join(entry % number for number in range(count)) + "}").encode()


SAFETENSORS: dict[str, Bomb] = {
    "length-2-63": _safetensors(b'{"a":1}', length=1 << 63),
    "length-2-64": _safetensors(b'{"a":1}', length=(1 << 64) - 1),
    "length-beyond-file": _safetensors(b'{"a":1}', length=99_000_000),
    "length-over-limit-sparse": _safetensors(b'{"a":1}', length=101_000_000, data=GIB),
    "length-long-sparse": _safetensors(b'{"a":1}', length=90_000_000, data=GIB),
    "not-json": _safetensors(b"{{{{{{{{{{{{"),
    "array-depth": _safetensors(b'{"a":' + b"[" * 200_000),
    "object-depth": _safetensors(b'{"a":' * 200_000),
    "depth-in-metadata": _safetensors(b'{"__metadata__":' + b'{"x":' * 200_000),
    "depth-in-shape": _safetensors(_entry("[" * 5_000)),
    "unclosed-string": _safetensors(b'{"' + b"a" * 8_000_000),
    "string-of-escapes": _safetensors(b'{"__metadata__":{"a":"' + rb"\n" * 4_000_000 + b'"}}'),
    "string-of-unicode-escapes": _safetensors(b'{"__metadata__":{"a":"' + rb"\u4e2d" * 1_300_000 + b'"}}'),
    "string-of-emoji": _safetensors(('{"__metadata__":{"a":"' + "😀" * 2_000_000 + '"}}').encode()),
    "metadata-entries": _safetensors(b'{"__metadata__":{' + b'"a":"b",' * 1_000_000 + b'"c":"d"}}'),
    "metadata-not-text": _safetensors(b'{"__metadata__":{"a":1}}'),
    "tensors-100000": _safetensors(_many_entries(100_000)),
    "empty-entries": _safetensors(b"{" + b'"a":{},' * 1_000_000 + b"}"),
    "spaces": _safetensors(b"{" + b" " * 8_000_000),
    "shape-2-64": _safetensors(_entry("[18446744073709551616]")),
    "shape-of-5000-digits": _safetensors(_entry("[" + "9" * 5_000 + "]")),
    "shape-of-300-digits": _safetensors(_entry("[" + "9" * 300 + "]")),
    "shape-of-many-axes": _safetensors(_entry("[" + "1," * 100_000 + "1]")),
    "shape-negative": _safetensors(_entry("[-1]")),
    "offsets-swapped": _safetensors(_entry(offsets="[4,0]")),
    "offsets-2-63": _safetensors(_entry(offsets="[9223372036854775804,9223372036854775808]")),
    "offsets-not-the-shape": _safetensors(_entry(offsets="[0,40]")),
    "dtype-unknown": _safetensors(_entry(dtype="Q99")),
    "name-twice": _safetensors(_entry()[:-1] + b"," + _entry()[1:]),
    "not-utf8": _safetensors(b'{"\xff\xfe":1}'),
    "trailing-text": _safetensors(_entry() + b"x"),
}
"""Broken safetensors headers: none may be read as a header."""


def _gguf(head: bytes, size: int = 0) -> Bomb:
    return lambda path: sparse_file(path, head, max(size, len(head)))


def _counts(tensors: int, keys: int, rest: bytes = b"", version: int = 3) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", version, tensors, keys) + rest


def _key(kind: int, rest: bytes) -> bytes:
    return _counts(0, 1, struct.pack("<Q", 1) + b"k" + struct.pack("<I", kind) + rest)


def _tensor(rest: bytes) -> bytes:
    return _counts(1, 0, struct.pack("<Q", 1) + b"t" + rest)


GGUF: dict[str, Bomb] = {
    "keys-2-32": _gguf(_counts(0, 1 << 32), GIB),
    "keys-2-63": _gguf(_counts(0, 1 << 63), GIB),
    "tensors-2-32": _gguf(_counts(1 << 32, 0), GIB),
    "tensors-2-64": _gguf(_counts((1 << 64) - 1, 0), GIB),
    "version-1": _gguf(_counts(0, 0, version=1)),
    "version-2-31": _gguf(_counts(0, 0, version=1 << 31)),
    "cut-after-magic": _gguf(b"GGUF\x03"),
    "key-name-2-40": _gguf(_counts(0, 1, struct.pack("<Q", 1 << 40)), 2 * GIB),
    "string-2-40": _gguf(_key(8, struct.pack("<Q", 1 << 40))),
    "string-2-63": _gguf(_key(8, struct.pack("<Q", 1 << 63))),
    "array-2-63-numbers": _gguf(_key(9, struct.pack("<IQ", 4, 1 << 63)), GIB),
    "array-2-40-strings": _gguf(_key(9, struct.pack("<IQ", 8, 1 << 40)), GIB),
    "array-string-2-64": _gguf(_key(9, struct.pack("<IQQ", 8, 1, (1 << 64) - 1)), GIB),
    "array-of-arrays": _gguf(_key(9, struct.pack("<IQ", 9, 1) * 1_000)),
    "array-unknown-kind": _gguf(_key(9, struct.pack("<IQ", 77, 1)), GIB),
    "unknown-kind": _gguf(_key(77, b"\0" * 64)),
    "zero-keys-in-a-hole": _gguf(_counts(0, 16_384), GIB),
    "zero-strings-in-a-hole": _gguf(_key(9, struct.pack("<IQ", 8, 3_000_000)), 1 << 20),
    "dimensions-2-32": _gguf(_tensor(struct.pack("<I", (1 << 32) - 1)), GIB),
    "shape-2-128": _gguf(_tensor(struct.pack("<IQQIQ", 2, 1 << 63, 1 << 63, 0, 0)), GIB),
    "offset-2-64": _gguf(_tensor(struct.pack("<IQIQ", 1, 1, 0, (1 << 64) - 1)), GIB),
}
"""Broken GGUF headers: none may be read as a header."""


def zip_of_a_million(path: Path) -> str:
    """A zip whose directory lists 1,000,000 members of no content, none of them a pickle."""
    local = b"PK\x03\x04" + b"\0" * 22 + struct.pack("<HH", 1, 0) + b"a"
    member = (
        b"PK\x01\x02" + b"\0" * 24 + struct.pack("<HHH", 1, 0, 0) + b"\0" * 8 + struct.pack("<I", 0) + b"a"
    )
    directory = member * 1_000_000
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 65_535, 65_535, len(directory), len(local), 0)
    path.write_bytes(local + directory + end)
    return str(path)


def _zip(directory_size: int, offset: int, size: int) -> Bomb:
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, directory_size, offset, 0)
    return lambda path: sparse_file(path, b"PK\x03\x04" + b"\0" * 60, size, end)


ZIPS: dict[str, Bomb] = {
    "no-directory": lambda path: sparse_file(path, b"PK\x03\x04" + b"\0" * 60, GIB),
    "directory-before-the-file": _zip(0xFFFFFFF0, 0, 4_096),
    "directory-is-the-file": _zip(0xFFFFFFF0, 0xFFFFFFF0, GIB),
    "directory-of-a-gibibyte": _zip(GIB - 100, 0, GIB),
    "directory-elsewhere": _zip(46, 17, 4_096),
}
"""Zips whose directory cannot be trusted: each must count as a pickle."""


def whole_safetensors() -> bytes:
    """A valid file to be mutated."""
    start, size = safetensors_header(
        {"a.weight": ("F16", (8, 4)), "b.bias": ("BF16", (4,)), "名前": ("I64", ())},
        {"format": "pt", "k": 'a"b'},
    )
    return start + b"\0" * size


def whole_gguf() -> bytes:
    """A valid file to be mutated."""
    keys: dict[str, Value] = {
        "general.architecture": "llama",
        "llama.context_length": 4096,
        "tokens": ["a", "b", "c"],
        "x": 1.5,
    }
    start, size = gguf_bytes(keys, {"token_embd.weight": (0, (8, 4)), "n": (1, (4,))})
    return start + b"\0" * size
