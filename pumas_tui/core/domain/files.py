"""Values that describe files: what a scan saw, what grouping made of it, what headers told.

Paths are `str` as the os module gives them: bytes that are not UTF-8 stand as lone surrogates
(`surrogateescape`). They go to the disk as they are, to people through `text.safe`, to JSON through
`ensure_ascii`, and never into SQLite's text columns raw.
"""

from dataclasses import dataclass, field
from enum import StrEnum


class SourceKind(StrEnum):
    """What a pasted path turned out to be."""

    PATH = "path"  # exists here, or is written like a path of this machine
    CLIENT = "client"  # written like a path of another machine (C:\\…, /Users/… that is not here)
    REMOTE = "remote"  # org/name, a huggingface.co address, another host's file://


@dataclass(frozen=True, slots=True)
class PastedSource:
    """One path read out of pasted text. `exists` is what the caller's probe said (lexists)."""

    path: str
    kind: SourceKind
    exists: bool


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A regular file as `fs.scan` saw it: absolute path and identity. size in bytes, mtime in ns."""

    path: str
    size: int
    mtime_ns: int
    ino: int
    dev: int

    @property
    def name(self) -> str:
        """Last part of the path."""
        return self.path.rsplit("/", 1)[-1]


class Role(StrEnum):
    """What a file is for its model."""

    WEIGHTS = "weights"
    CONFIG = "config"
    TOKENIZER = "tokenizer"
    PREVIEW = "preview"
    OTHER = "other"


class ModelFormat(StrEnum):
    """How a model is laid out."""

    SINGLE_FILE = "single-file"
    SHARDED_SET = "sharded-set"
    DIFFUSION_FOLDER = "diffusion-folder"
    FOLDER = "folder"


class Container(StrEnum):
    """File format by content, never by extension."""

    SAFETENSORS = "safetensors"
    GGUF = "gguf"
    ONNX = "onnx"
    PICKLE = "pickle"  # zip with data.pkl, bare pickle, torch legacy
    UNKNOWN = "unknown"


class SecurityTier(StrEnum):
    """What loading the file can do."""

    SAFE = "safe"
    UNKNOWN = "unknown"
    PICKLE = "pickle"


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a candidate. `name` is its path below the model directory as the source has it."""

    entry: FileEntry
    name: str
    role: Role
    shard_index: int | None = None
    shard_total: int | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """Sources grouped into what would become one model.

    `name` is what a person would call it (main file's stem without shard suffix). `missing` lists the
    shard numbers that are not there; `complete_known` is False where names do not tell the total.
    """

    name: str
    model_format: ModelFormat
    members: tuple[Member, ...]
    missing: tuple[int, ...] = ()
    complete_known: bool = True
    notes: tuple[str, ...] = ()

    @property
    def main(self) -> Member:
        """The file that names and identifies the model: the first weight file by shard number."""
        weights = [m for m in self.members if m.role is Role.WEIGHTS] or list(self.members)
        return min(weights, key=lambda m: (m.shard_index or 0, m.name))

    @property
    def weights(self) -> tuple[Member, ...]:
        """Members that hold weights."""
        return tuple(m for m in self.members if m.role is Role.WEIGHTS)

    @property
    def size_bytes(self) -> int:
        """Bytes of all members."""
        return sum(m.entry.size for m in self.members)


@dataclass(frozen=True, slots=True)
class TensorFact:
    """One tensor named in a header: dtype as the format spells it, shape in the format's order."""

    name: str
    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class HeaderFacts:
    """What a bounded reader learned from a file's first bytes. Nothing here was executed or trusted.

    `metadata` holds `__metadata__` of safetensors or the scalar keys of GGUF, as text.
    `problem` says why a header could not be read, or why the file must not be imported (`refuse`).
    """

    container: Container
    tensors: tuple[TensorFact, ...] = ()
    metadata: dict[str, str] = field(default_factory=dict)
    problem: str | None = None
    refuse: str | None = None
