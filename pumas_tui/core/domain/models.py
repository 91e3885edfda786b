"""What the index says of models: rows, pages, orders, and the whole of one model."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from pumas_tui.core.domain.files import ModelFormat, SecurityTier
from pumas_tui.core.domain.ids import ModelId, ModelUid
from pumas_tui.core.domain.vocabulary import Trust

if TYPE_CHECKING:
    from pumas_tui.core.domain.metadata import Metadata  # lists do without the parser of the format


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One line of the library list. `added_at`: seconds since the epoch; `links`: from the registry."""

    uid: ModelUid
    model_id: ModelId
    official_name: str
    model_type: str
    subtype: str
    family: str
    model_format: ModelFormat
    size_bytes: int
    file_count: int
    trust: Trust
    security_tier: SecurityTier
    acknowledged: bool
    sha256: str
    added_at: float
    tags: tuple[str, ...] = ()
    base_model: str = ""
    precision: str = ""
    quantization: str = ""
    links: int = 0


class OrderBy(StrEnum):
    """What a list is sorted by; RELEVANCE is name order while nothing is searched."""

    RELEVANCE = "relevance"
    NAME = "name"
    SIZE = "size"
    ADDED = "added"
    TRUST = "trust"
    TYPE = "type"
    LINKS = "links"


@dataclass(frozen=True, slots=True)
class Order:
    """A sort order. Descending for SIZE, ADDED and LINKS is `reverse=True`; the caller says which."""

    by: OrderBy = OrderBy.RELEVANCE
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Rows `offset … offset+len(rows)` of `total` hits, and how long the database took."""

    rows: tuple[ModelRow, ...]
    offset: int
    total: int
    query_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class LinkRow:
    """One link of a model into an app."""

    app: str
    target: str
    kind: str


@dataclass(frozen=True, slots=True)
class ModelDetail:
    """All that is known of one model. `directory` is absolute.

    `version_ranges` maps app ids to the versions the model is meant for; None: overrides.json needs repair.
    """

    row: ModelRow
    metadata: "Metadata"
    directory: str
    links: tuple[LinkRow, ...] = ()
    version_ranges: Mapping[str, str] | None = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ScanReport:
    """What a rescan found. Phantoms and unreadable metadata are findings, none fatal."""

    found: int
    indexed: int
    skipped_phantom: int
    errors: int
    seconds: float
    problems: tuple["ScanProblem", ...] = ()

    @property
    def stray_folders(self) -> tuple[str, ...]:
        """Places of weights without metadata, below models/, as `Editing.adopt_stray` takes them."""
        found = (p.path.split("/")[:3] for p in self.problems if p.kind == "stray_weights")
        return tuple(dict.fromkeys("/".join(parts) for parts in found))


@dataclass(frozen=True, slots=True)
class ScanProblem:
    """One model directory that could not be indexed: path below models/. `kind` as in health findings:
    phantom_model | size_mismatch | bad_metadata | duplicate_model | stray_weights; else code of a trouble."""

    kind: str
    path: str
    message: str
