"""Values that describe files: what a scan saw, what grouping made of it, what headers told.

Paths are `str` as the os module gives them: bytes that are not UTF-8 stand as lone surrogates
(`surrogateescape`). They go to the disk as they are, to people through `text.safe`, to JSON through
`ensure_ascii`, and never into SQLite's text columns raw.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal


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
    """One file of a candidate. `name` is its path below the model directory as the source has it.

    `expected_sha256` is what its source says its content is (64 hex digits), empty where it says nothing.
    """

    entry: FileEntry
    name: str
    role: Role
    shard_index: int | None = None
    shard_total: int | None = None
    expected_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """The repository a source came from, as where it lies tells. Nothing of it was checked.

    `told_by` is `hub` where a cache of the Hugging Face Hub says so, `filename` where only names do.
    `downloaded`: this program fetched it from there.
    """

    repo_id: str
    revision: str = ""
    told_by: Literal["hub", "filename"] = "hub"
    downloaded: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """Sources grouped into what would become one model.

    `name` is what a person would call it (main file's stem without shard suffix). `missing` lists the
    shard numbers that are not there; `complete_known` is False where names do not tell the total. A folder
    that is one model has its path in `folder` and may name its main file in `main_name`; its `missing` are
    counted over the parts of all its sets, by name.
    """

    name: str
    model_format: ModelFormat
    members: tuple[Member, ...]
    missing: tuple[int, ...] = ()
    complete_known: bool = True
    notes: tuple[str, ...] = ()
    folder: str = ""
    main_name: str = ""
    origin: Origin | None = None

    @property
    def main(self) -> Member:
        """The file that identifies the model: `main_name`, else the first weight file by shard number."""
        weights = [m for m in self.members if m.role is Role.WEIGHTS] or list(self.members)
        return min(weights, key=lambda m: (m.name != self.main_name, m.shard_index or 0, m.name))

    @property
    def source(self) -> str:
        """Absolute path of what a person would point at: the folder, else the main file."""
        return self.folder or self.main.entry.path

    @property
    def is_folder(self) -> bool:
        """A folder that is one model, with everything in it."""
        return self.model_format in (ModelFormat.DIFFUSION_FOLDER, ModelFormat.FOLDER)

    @property
    def parts_present(self) -> int:
        """Parts of sets that are there; 1 where nothing comes in parts."""
        return sum(m.shard_index is not None for m in self.weights) or 1

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
    """One tensor named in a header: dtype as the format spells it, shape in the format's order, and the byte
    of the data at which it begins."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    offset: int = 0


@dataclass(frozen=True, slots=True)
class HeaderFacts:
    """What a bounded reader learned from a file's first bytes. Nothing here was executed or trusted.

    `metadata` holds `__metadata__` of safetensors or the scalar keys of GGUF, as text.
    `problem` says why a header could not be read, or why the file must not be imported (`refuse`).
    `wanted_bytes` is the size that the header announces, where the file is shorter. `data_offset` is where
    the data of tensors begins, in bytes from the start of the file; 0 where that is not known.
    """

    container: Container
    tensors: tuple[TensorFact, ...] = ()
    metadata: dict[str, str] = field(default_factory=dict)
    problem: str | None = None
    refuse: str | None = None
    wanted_bytes: int | None = None
    data_offset: int = 0
