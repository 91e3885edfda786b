"""The manifest of an operation that stages: whose it is, and of which files it holds copies.

It stands beside the staging directory as `<op>.json`, with the lock `<op>.lock`.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pumas_tui.core.domain import ids
from pumas_tui.core.domain.errors import DamagedError
from pumas_tui.core.domain.files import FileEntry
from pumas_tui.core.domain.ids import ModelUid, OperationId
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.fs import owners
from pumas_tui.core.fs.owners import Owner
from pumas_tui.core.fs.reading import read_bounded

_MANIFEST_LIMIT = 64 << 20


@dataclass(frozen=True, slots=True)
class StagedCopy:
    """A staged file that is a copy: its name below the staging directory and its source as it was then.

    `durable`: so many of its first bytes are known to be on the disk, whatever happens to the machine.
    """

    name: str
    source: str
    size: int
    mtime_ns: int
    ino: int
    durable: int = 0

    @property
    def identity(self) -> tuple[str, str, int, int, int]:
        """Equal for copies of one state of one source under one name."""
        return self.name, self.source, self.size, self.mtime_ns, self.ino


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an operation stages. `model_id` is where it will be published, empty until that is decided.

    `mode` says what its files are: "copy", "reflink" (clones), "hardlink" (second names of the sources), or
    "auto" (clones and copies). `parked`: its owner stopped on purpose; whoever wants the same may go on.
    """

    op: OperationId
    uid: ModelUid
    mode: str
    owner: Owner
    copies: tuple[StagedCopy, ...]
    model_id: str = ""
    parked: bool = False

    def to_bytes(self) -> bytes:
        """JSON; names that are not UTF-8 stand as escaped surrogates and come back as they were."""
        return (json.dumps(asdict(self), indent=1, ensure_ascii=True) + "\n").encode("ascii")


def new_manifest(
    op: OperationId, mode: str, copies: Mapping[str, FileEntry], uid: ModelUid, model_id: str = ""
) -> Manifest:
    """The manifest of an operation of this process. `copies`: name below the staging directory to source."""
    staged = tuple(StagedCopy(n, e.path, e.size, e.mtime_ns, e.ino) for n, e in copies.items())
    return Manifest(op, uid, mode, owners.this_process(), staged, model_id)


def read_manifest(path: str) -> Manifest:
    """Raises DamagedError when it is not a manifest, DiskError."""
    try:
        values = json.loads(read_bounded(path, _MANIFEST_LIMIT))
        return Manifest(
            op=ids.operation_id(values["op"]),
            uid=ids.model_uid(values["uid"]),
            mode=str(values["mode"]),
            owner=owners.from_json(values["owner"]),
            copies=tuple(_copy(v) for v in values["copies"]),
            model_id=ids.model_id(values["model_id"]) if values["model_id"] else "",
            parked=bool(values.get("parked", False)),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DamagedError(f"{path} is not a manifest: {error}", path=path) from error


def _copy(values: Any) -> StagedCopy:
    numbers = (values["size"], values["mtime_ns"], values["ino"], values.get("durable", 0))
    if any(type(n) is not int for n in numbers):
        raise ValueError("size, mtime_ns, ino and durable must be numbers")
    return StagedCopy(str(values["name"]), str(values["source"]), *numbers)


def manifest_path(paths: LibraryPaths, op: OperationId) -> str:
    """Where an operation's manifest is."""
    return f"{paths.staged(op)}.json"


def lock_path(paths: LibraryPaths, op: OperationId) -> str:
    """Where an operation's lock file is."""
    return f"{paths.staged(op)}.lock"


def manifest_temp(op: OperationId) -> str:
    """Name of a manifest being written; known, so that a crash in the middle can be tidied."""
    return f"{op}.json.tmp"
