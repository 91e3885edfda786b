"""Values of an import on its way from pasted text to a job: what was inspected, what was chosen."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from pumas_tui.core.domain.errors import Trouble
from pumas_tui.core.domain.files import Candidate, Container, PastedSource, SecurityTier
from pumas_tui.core.domain.ids import JobId, ModelId
from pumas_tui.core.domain.pickle_verdict import PickleVerdict
from pumas_tui.core.domain.text import size

if TYPE_CHECKING:
    from pumas_tui.core.domain.identity import Identity  # its tables are for who identifies


class ImportMode(StrEnum):
    """How the bytes get into the library."""

    AUTO = "auto"  # a clone where the file system can share blocks, else a copy
    COPY = "copy"
    REFLINK = "reflink"  # a clone, or nothing
    HARDLINK = "hardlink"  # a second name of the same file, or nothing


class DuplicatePolicy(StrEnum):
    """What to do with content that the library has already."""

    ASK = "ask"  # the job waits as needs_you
    SKIP = "skip"  # remember the path, import nothing
    IMPORT = "import"  # a second model with a hash suffix


BROUGHT = frozenset({"imported", "completed"})
"""What a job's result says, as its status, of a model that is here now, or whole now: it gets links."""


def mode_of(files: Collection[ImportMode]) -> ImportMode:
    """What is said of a model whose files came in these ways: the dearest of them."""
    order = (ImportMode.COPY, ImportMode.REFLINK, ImportMode.HARDLINK)
    return next((mode for mode in order if mode in files), ImportMode.COPY)


@dataclass(frozen=True, slots=True)
class ShortPart:
    """A part of a set that ends before its own header says: half a download, to be replaced."""

    number: int
    path: str
    size_bytes: int
    wanted_bytes: int

    @property
    def trouble(self) -> Trouble:
        """Why a set with this part does not come in."""
        sizes = f"part {self.number} is {size(self.size_bytes)}, its header says {size(self.wanted_bytes)}"
        hint = "let the download finish, or import with the whole part"
        return Trouble("refused", f"{self.path}: half a download: {sizes}", self.path, hint)


@dataclass(frozen=True, slots=True)
class Inspected:
    """A candidate with what its headers told. `model_id` is where it will go unless the name is taken.

    `refuse` set: it cannot be imported, and why. `warnings` do not block. `pickle_scan` is the verdict on all
    its pickles, None where it has none. `short` are parts to be replaced before any of it comes in.
    """

    candidate: Candidate
    container: Container
    security_tier: SecurityTier
    identity: "Identity"
    model_id: ModelId
    warnings: tuple[Trouble, ...] = ()
    refuse: Trouble | None = None
    pickle_scan: PickleVerdict | None = None
    short: tuple[ShortPart, ...] = ()

    @property
    def needs_you(self) -> bool:
        """A question must be answered before it can run."""
        return self.refuse is None and (
            self.security_tier is SecurityTier.PICKLE or bool(self.candidate.missing) or bool(self.short)
        )

    @property
    def whole_parts(self) -> int:
        """Parts that are there to their last byte; 1 where nothing comes in parts."""
        return self.candidate.parts_present - len(self.short)


@dataclass(frozen=True, slots=True)
class GlobCount:
    """A glob among pasted paths, and how many paths it stands for: these are among the sources."""

    glob: str
    count: int


@dataclass(frozen=True, slots=True)
class Inspection:
    """What pasted text or a list of paths came to.

    `absent` are paths that are not here (client paths, remote names, typing errors); `troubles` are
    entries that could not be read or are no files; `understood` is False when no path was found in the text.
    """

    text: str
    sources: tuple[PastedSource, ...]
    candidates: tuple[Inspected, ...]
    absent: tuple[PastedSource, ...]
    troubles: tuple[Trouble, ...]
    free_bytes: int
    globs: tuple[GlobCount, ...] = ()

    @property
    def understood(self) -> bool:
        """At least one path was read out of the text."""
        return bool(self.sources)


@dataclass(frozen=True, slots=True)
class ImportChoices:
    """What the user decided before the queue. Empty strings mean: as identified.

    `accept_…`: what would be asked is answered with yes. `rename_taken`: a model whose name is taken by other
    content gets a hash suffix, unasked. `link`: the apps get links once the batch is in.
    """

    mode: ImportMode = ImportMode.AUTO
    model_type: str = ""
    subtype: str = ""
    family: str = ""
    name: str = ""
    tags: tuple[str, ...] = ()
    accept_pickle: bool = False
    accept_missing: bool = False
    rename_taken: bool = False
    link: bool = True
    duplicates: DuplicatePolicy = DuplicatePolicy.ASK


@dataclass(frozen=True, slots=True)
class Submitted:
    """Jobs made of candidates, in their order, and those that were refused at once."""

    jobs: tuple[JobId, ...]
    batch_id: str
    refused: tuple[Inspected, ...] = ()
